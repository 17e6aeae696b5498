"""Skims a long session for secrets: what was sent and typed, and the lines that stood.

To draw a long session and look at it takes ten times as long as to read it. Where its screen lines
are known already, they tell whether there is anything to be masked: what is on none of them was not
sent in one go and stood too shortly to be noticed.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from formats.line import INPUT
from formats.stretch import Stretch
from player.redact.flows import squeezed_each
from player.redact.sent import Sent
from player.redact.shown import NEIGHBOURS, Shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from formats.entry import Entry
    from formats.stretch import Part
    from player.redact.wanted import Wanted

_PIECE_BYTES: Final = 256 << 10
_OVERLAP_BYTES: Final = 12 << 10
# A private key of 8192 bits takes a hundred lines, 6.4 KB.
_LONGEST_ROWS: Final = 120
_MOSTLY_ROWS: Final = 12


def skim_stream(parts: Iterable[Part], wanted: Wanted, told: Callable[[Entry], None]) -> int:
    """Search what was sent and typed. How many entries there are; of events it is `told`."""
    sent = Sent(wanted, None)
    count = 0
    for part in parts:
        if isinstance(part, Stretch):
            count += len(part.data)
            wanted.at_us = part.entry(0).time_us
            sent.shown(b"".join(part.outputs()))
            sent.typed(b"".join(part.inputs()))
            continue
        count += 1
        _, entry = part
        wanted.at_us = entry.time_us
        if entry.event or entry.extra:
            told(entry)
        (sent.typed if entry.direction == INPUT else sent.shown)(entry.data)
    sent.finish()
    return count


def skim_lines(texts: Iterable[bytes], wanted: Wanted, cols: int) -> None:
    r"""Search lines that stood on a screen of so many columns, each with its `\n`."""
    shown = Shown(wanted, cols)
    for text in texts:
        for rows in _pieces(text):
            for first, end in _windows(wanted, rows):
                shown.look([row.decode(errors="replace") for row in rows[first:end]])


def _pieces(text: bytes) -> Iterator[list[bytes]]:
    """The lines, some at a time; the last of them come again with those that follow."""
    begin = 0
    while begin < len(text):
        end = text.find(b"\n", begin + _PIECE_BYTES) + 1 or len(text)
        yield text[begin:end].splitlines()
        if end == len(text):
            return
        begin = text.rfind(b"\n", begin, end - _OVERLAP_BYTES) + 1 or end


def _windows(wanted: Wanted, rows: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Which rows are worth a look: those around each place where a secret may begin."""
    end = 0
    flowing = squeezed_each(rows)
    for row in sorted({*_begins(wanted, rows, b"\n"), *_begins(wanted, flowing, b"")}):
        if row + NEIGHBOURS < end:
            continue
        is_key = any(b"PRIVATE KEY" in one for one in rows[row : row + _MOSTLY_ROWS])
        first, end = max(0, row - NEIGHBOURS), row + (_LONGEST_ROWS if is_key else _MOSTLY_ROWS)
        yield first, end


def _begins(wanted: Wanted, rows: Sequence[bytes], between: bytes) -> Iterator[int]:
    """The rows in which a secret may begin, were they one text; each with those behind it once."""
    text = between.join(rows)
    place = wanted.first_in_text(text, 0)
    if place < 0:
        return
    starts = list(accumulate((len(row) + len(between) for row in rows), initial=0))
    while place >= 0:
        row = bisect_right(starts, place) - 1
        yield row
        place = wanted.first_in_text(text, starts[min(row + NEIGHBOURS, len(rows))])
