"""Goes through a session once and finds the secrets in it: sent, shown and typed.

In its `spots`, and as long as it has looks to spend, it looks at the screen after every entry, and
inside one wherever a program ends a frame or takes the screen away: what a person could have
stopped at is seen. A look costs 50 us, so of a long session elsewhere only those states are looked
at that stood for a while or were about to be taken away, and one for each two kilobytes.
"""

from __future__ import annotations

import re
from math import inf
from typing import TYPE_CHECKING, Final

from formats.entry import event_size
from formats.line import INPUT
from formats.stretch import Stretch
from player.redact.sent import Sent
from player.redact.shown import Shown
from player.redact.writers import Writers
from player.screen import Screen, clamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from formats.entry import Entry
    from formats.line import Direction
    from formats.size import Size
    from player.redact.marks import Marks
    from player.redact.spots import Spots
    from player.redact.wanted import Wanted

# What takes the screen away, before which it is looked at; and ends of frames, group 1.
_ERASERS: Final = re.compile(rb"\x1b(?:\[[23]?J|c|\[\?(?:1049|1047|47)[hl])")
_FRAMES: Final = re.compile(
    rb"\x1b(?:(\[\?(?:2026l|25h))|\[[23]?J|\[(?:1;1)?H|c|\[\?(?:1049|1047|47)[hl])"
)
_MOST_LOOKS_AN_ENTRY: Final = 64
_FREE_LOOKS: Final = 3000
# A fifth of a second: whole sessions of a few hundred kilobytes.
_BYTES_A_LOOK: Final = 2 << 10
_STOOD_US: Final = 250_000


class Search:
    """One reading of a session. With `marks` it notes where the secrets stand.

    `spots` gathers the entries during which any stood on the screen; with `closely` only those are
    looked at, but all of their states; so they are all where it is not to be `sparing`.
    """

    def __init__(
        self,
        wanted: Wanted,
        size: Size | None,
        spots: Spots,
        *,
        closely: bool = False,
        sparing: bool = True,
        marks: Marks | None = None,
    ) -> None:
        self.wanted = wanted
        self._spots, self._closely, self._marks = spots, closely, marks
        self._sent = Sent(wanted, marks)
        self._screen = None if size is None else Screen(size)
        self._writers = None
        if self._screen is not None and marks is not None:
            self._writers = Writers(self._screen, always=not sparing)
        self._shown = Shown(wanted, 0 if size is None else clamp(size).cols)
        self._unfed: list[bytes] = []
        self._unseen_bytes = 0
        self._bad = False
        self._drawn_us = 0
        self._looked_at = 0
        self._looks_left = float(_FREE_LOOKS) if sparing else inf

    @property
    def late(self) -> bool:
        """Whether of a secret's cells some were written before their writers were known.

        Then nothing that it has marked is of use; one that is not `sparing` knows all of them.
        """
        return self._writers is not None and self._writers.late

    def read(self, parts: Iterable[Entry | Stretch]) -> Search:
        """Read all of it, entry by entry or in stretches."""
        number = 0
        for part in parts:
            if not isinstance(part, Stretch):
                if part.event is not None:
                    self._resize(number, event_size(part.event))
                if part.data:
                    self._go_on(number, part.time_us, part.direction, part.data)
                number += 1
                continue
            end = number + len(part.data)
            if self._closely and not self._spots.any_of(number, end):
                self._pass_over(part)
            else:
                for at, (time_us, direction, data) in enumerate(part.steps(), number):
                    self._go_on(at, time_us, direction, data)
            number = end
        self._look(number - 1)
        self._sent.finish()
        return self

    def _go_on(self, number: int, time_us: int, direction: Direction, data: bytes) -> None:
        """By what was sent or typed in the entry of that number."""
        if self._unseen_bytes and time_us - self._drawn_us >= _STOOD_US:
            self._look(number - 1)
        self.wanted.at_us = time_us
        if direction == INPUT:
            self._sent.typed(data)
            return
        self._drawn_us = time_us
        self._sent.shown(data)
        if self._screen is not None:
            self._draw(number, data)

    def _pass_over(self, part: Stretch) -> None:
        """By many entries, after none of which the screen is looked at."""
        self._drawn_us = self.wanted.at_us = part.latest_us()
        self._sent.typed(b"".join(part.inputs()))
        shown = b"".join(part.outputs())
        self._sent.shown(shown)
        self._feed(shown, asked=False)

    def _resize(self, number: int, size: Size | None) -> None:
        if size is None or self._screen is None:
            return
        self._look(number)
        self._screen.resize(size)
        self._shown.cols = clamp(size).cols
        if self._writers is not None:
            self._writers.resize(size)
        self._look(number)

    def _draw(self, number: int, data: bytes) -> None:
        if self._closely and number not in self._spots:
            self._feed(data, asked=False)
            return
        self._looks_left += len(data) / _BYTES_A_LOOK
        close = self._closely or self._looks_left >= 1
        if not close and len(data) < _BYTES_A_LOOK and not _ERASERS.search(data):
            # Most entries of a long session.
            self._unfed.append(data)
            self._unseen_bytes += len(data)
            if self._unseen_bytes >= _BYTES_A_LOOK:
                self._look(number)
            return
        for piece, looked in _pieces(data, close=close):
            self._unfed.append(piece)
            self._unseen_bytes += len(piece)
            if looked or self._unseen_bytes >= _BYTES_A_LOOK:
                self._look(number)

    def _look(self, number: int) -> None:
        """See what stands there now, in the entry of that number."""
        if self._screen is None:
            return
        self._feed(b"".join(self._unfed))
        self._unfed.clear()
        self._unseen_bytes = 0
        if self._closely and number not in self._spots:
            return
        self._looks_left = max(0.0, self._looks_left - 1)
        rows = self._screen.text()
        bad = self._shown.look(rows)
        if (bad or self._bad) and not self._closely:
            self._spots.add(self._looked_at, number)
        self._bad, self._looked_at = bad, number
        if bad and self._marks is not None and self._writers is not None and self._writers.look():
            for row, cells in self._shown.bad_cells(rows).items():
                self._marks.output.update(self._writers.of(row, cells, rows[row]))

    def _feed(self, data: bytes, *, asked: bool = True) -> None:
        if data and self._screen is not None:
            self._screen.feed(data)
            if self._writers is not None:
                self._writers.feed(data, asked=asked)


def _pieces(data: bytes, *, close: bool) -> Iterator[tuple[bytes, bool]]:
    """An entry in pieces, and whether the screen is to be looked at after each."""
    begin = 0
    for count, match in enumerate((_FRAMES if close else _ERASERS).finditer(data)):
        if count >= _MOST_LOOKS_AN_ENTRY:
            break
        end = match.end() if match.lastindex else match.start()
        if end > begin:
            yield data[begin:end], True
            begin = end
    while len(data) - begin > _BYTES_A_LOOK:
        yield data[begin : begin + _BYTES_A_LOOK], True
        begin += _BYTES_A_LOOK
    if begin < len(data):
        yield data[begin:], close
