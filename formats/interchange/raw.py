"""Raw: the bytes that were written to the screen, and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from formats.entry import Entry
from formats.interchange.fields import side, start_entry
from formats.interchange.left_out import INPUT
from formats.line import OUTPUT
from formats.stretch import Stretch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from formats.damage import Damage
    from formats.interchange.left_out import LeftOut
    from formats.interchange.source import Source

_PIECE_BYTES: Final = 64 << 10
# As asciinema's raw format begins.
_SIZE = re.compile(rb"\x1b\[8;(\d{1,5});(\d{1,5})t")


def write_raw(parts: Iterable[Entry | Stretch], left_out: LeftOut) -> Iterator[bytes]:
    """The bytes of the output."""
    for part in parts:
        if isinstance(part, Stretch):
            yield b"".join(part.outputs())
            left_out.add(INPUT, len(part.inputs()))
        elif part.event is None and part.direction == OUTPUT:
            yield part.data
        else:
            left_out.add(INPUT if part.event is None else part.event["type"])


def read_raw(file: Source, _name: str, _damage: Damage, start_us: int) -> Iterator[Entry]:
    """All of it at once; its size, if it begins with it."""
    match = _SIZE.match(file.peek(_PIECE_BYTES))
    rows, cols = (side(int(match[1])), side(int(match[2]))) if match else (0, 0)
    if match:
        file.exactly(match.end())
    yield start_entry(start_us, source="raw", cols=cols, rows=rows)
    while data := file.exactly(_PIECE_BYTES):
        yield Entry(start_us, "", OUTPUT, data)
