"""Raw: the bytes that were written to the screen, and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from formats.entry import Entry
from formats.interchange.fields import side, start_entry
from formats.interchange.left_out import INPUT
from formats.line import OUTPUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from formats.damage import Damage
    from formats.interchange.left_out import LeftOut
    from formats.interchange.source import Source

_PIECE_BYTES: Final = 64 << 10
# As asciinema's raw format begins.
_SIZE = re.compile(rb"\x1b\[8;(\d{1,5});(\d{1,5})t")


def write_raw(entries: Iterable[Entry], left_out: LeftOut) -> Iterator[bytes]:
    """The bytes of the output."""
    for entry in entries:
        if entry.event is None and entry.direction == OUTPUT:
            yield entry.data
        else:
            left_out.add(INPUT if entry.event is None else entry.event["type"])


def read_raw(file: Source, _name: str, _damage: Damage, start_us: int) -> Iterator[Entry]:
    """All of it at once; its size, if it begins with it."""
    match = _SIZE.match(file.peek(_PIECE_BYTES))
    rows, cols = (side(int(match[1])), side(int(match[2]))) if match else (0, 0)
    if match:
        file.exactly(match.end())
    yield start_entry(start_us, source="raw", cols=cols, rows=rows)
    while data := file.exactly(_PIECE_BYTES):
        yield Entry(start_us, "", OUTPUT, data)
