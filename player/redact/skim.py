"""Skims a long session for secrets: what was sent and typed, and the lines that stood.

To draw a long session and look at it takes ten times as long as to read it. Where its screen lines
are known already, they tell whether there is anything to be masked: what is on none of them was not
sent in one go and stood too shortly to be noticed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from formats.line import INPUT
from formats.stretch import Stretch
from player.redact.flows import squeezed_each
from player.redact.sent import Sent
from player.redact.shown import NEIGHBOURS, Shown
from player.redact.spots import Spots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from formats.entry import Entry
    from player.lines.lineblock import LineBlock, ScreenLine
    from player.redact.wanted import Wanted

    Stay = tuple[int, int]
    """From when until when a line stood, in microseconds since the epoch."""

_PIECE_BYTES: Final = 256 << 10
_OVERLAP_BYTES: Final = 12 << 10
# A private key of 8192 bits takes a hundred lines, 6.4 KB.
_LONGEST_ROWS: Final = 120
_AROUND_US: Final = 1_000_000
# A line was drawn a little before somebody saw the whole of it, and may have been taken away later.
_MOSTLY_ROWS: Final = 12


class Skim:
    """A session of which `blocks` gives all screen lines, each time anew.

    `parts` reads the session. The lines are those of a screen of so many columns.
    """

    def __init__(
        self,
        parts: Callable[[], Iterable[Entry | Stretch]],
        blocks: Callable[[], Iterable[LineBlock]],
        cols: int,
    ) -> None:
        self._parts, self._blocks, self._cols = parts, blocks, cols

    def search_lines(self, wanted: Wanted) -> None:
        """Search all screen lines. Raises BlockError."""
        search_lines(self._blocks(), wanted, self._cols)

    def spots(self, wanted: Wanted) -> Spots:
        """The entries that came while any of it stood on the screen. Raises BlockError."""
        return _spots_of(search_lines(self._blocks(), wanted, self._cols), self._parts())


def search_sent(parts: Iterable[Entry | Stretch], wanted: Wanted) -> Iterator[Entry | Stretch]:
    """Search what was sent and typed; gives each part on."""
    sent = Sent(wanted, None)
    for part in parts:
        if isinstance(part, Stretch):
            wanted.at_us = part.entry(0).time_us
            sent.shown(b"".join(part.outputs()))
            sent.typed(b"".join(part.inputs()))
        else:
            wanted.at_us = part.time_us
            (sent.typed if part.direction == INPUT else sent.shown)(part.data)
        if wanted.has_enough:
            return
        yield part
    sent.finish()


def search_lines(blocks: Iterable[LineBlock], wanted: Wanted, cols: int) -> list[Stay]:
    """Search lines that stood on a screen of so many columns. When those stood that show any of it.

    Raises BlockError when the lines cannot be read.
    """
    shown = Shown(wanted, cols)
    stays: list[Stay] = []
    for block in blocks:
        for number, rows in _pieces(block.text):
            if wanted.has_enough:
                return stays
            for first, end in _windows(wanted, rows):
                wanted.at_us = block.line(number + first).first_us
                some = [row.decode(errors="replace") for row in rows[first:end]]
                if shown.look(some):
                    places = shown.bad_cells(some)
                    stays += (_stay(block.line(number + first + place)) for place in places)
    return stays


def _spots_of(stays: Iterable[Stay], parts: Iterable[Entry | Stretch]) -> Spots:
    """The entries of a session that came while any of these lines stood, and those between them."""
    spots, stood, number = Spots(), _joined(stays), 0
    lasts_us = [last_us for _, last_us in stood]
    for part in parts:
        times_us = part.times_us() if isinstance(part, Stretch) else (part.time_us,)
        latest_us = max(times_us)
        there: list[int] = []
        for first_us, last_us in stood[bisect_left(lasts_us, min(times_us)) :]:
            if first_us > latest_us:
                break
            there += [n for n, us in enumerate(times_us, number) if first_us <= us <= last_us]
        if there:
            spots.add(min(there), max(there))
        number += len(times_us)
    return spots


def _stay(line: ScreenLine) -> Stay:
    """When a line stood, from its first character on."""
    grown_us = line.steps[0][1] if line.steps else line.first_us
    return min(grown_us, line.first_us) - _AROUND_US, line.last_us + _AROUND_US


def _joined(stays: Iterable[Stay]) -> list[Stay]:
    """In order; those that overlap as one."""
    joined: list[Stay] = []
    for first_us, last_us in sorted(stays):
        if joined and first_us <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(last_us, joined[-1][1])
        else:
            joined.append((first_us, last_us))
    return joined


def _pieces(text: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """The lines, some at a time, and the number of their first.

    The last of them come again with those that follow.
    """
    begin = number = 0
    while begin < len(text):
        end = text.find(b"\n", begin + _PIECE_BYTES) + 1 or len(text)
        yield number, text[begin:end].splitlines()
        if end == len(text):
            return
        next_begin = text.rfind(b"\n", begin, end - _OVERLAP_BYTES) + 1 or end
        number += text.count(b"\n", begin, next_begin)
        begin = next_begin


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
