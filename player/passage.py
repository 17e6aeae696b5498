"""A way through a session: draws its entries in order, stretches of them at once, and stops.

Where it stops, a keyframe can be made; what was not drawn can be taken from there on.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from formats.stretch import Stretch
from player.seeking import LINE_BYTES, SPACING_BYTES, Start
from player.timeline import Moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from formats.entry import Entry
    from formats.segment import Place
    from formats.stretch import Part
    from player.painter import Painter


class Stop(NamedTuple):
    """Before a line: the position of the one before it, its place, and its entry."""

    at_us: int
    place: Place
    entry: Entry


class Passage:
    """Draws `parts`, the log from `start` on, by `painter`. Position 0 is the time `origin_us`."""

    def __init__(
        self, parts: Iterable[Part], painter: Painter, start: Start, origin_us: int
    ) -> None:
        self.start = start
        """The line that comes next; where there is none, the last one and its position."""
        self._parts = iter(parts)
        self._painter = painter
        self._origin_us = origin_us
        self._at_us = start.at_us
        self._passed_bytes = 0

    def stops(self, until_us: int | None = None) -> Iterator[Stop]:
        """Draw up to a position, or all; stop before a line each `SPACING_BYTES`, all being drawn.

        Whoever cannot use a stop calls `again`: then the next one is a line later.
        """
        for part in self._parts:
            if isinstance(part, Stretch):
                end = len(part.data) if until_us is None else self._due(part, until_us)
                yield from self._draw(part, end)
                if end < len(part.data):
                    self._leave(part.behind(end), part.place(end))
                    break
                continue
            place, entry = part
            # Our own logs never run backwards. In others an entry is played with that before it.
            at_us = max(self._at_us, entry.time_us - self._origin_us)
            if until_us is not None and at_us > until_us:
                self._leave(part, place)
                break
            if self._passed_bytes >= SPACING_BYTES:
                yield self._stop(place, entry)
            self._painter.add(Moment(at_us, entry))
            self._at_us = at_us
            self._passed_bytes += LINE_BYTES + len(entry.data)
            self.start = Start(at_us, place)
        self._painter.flush()

    def again(self) -> None:
        """This stop was of no use."""
        self._passed_bytes = SPACING_BYTES

    def rest(self) -> Iterator[Part]:
        """What was not drawn."""
        return self._parts

    def _leave(self, part: Part, place: Place) -> None:
        self._parts = chain((part,), self._parts)
        self.start = Start(self._at_us, place)

    def _due(self, stretch: Stretch, until_us: int) -> int:
        """How many lines of a stretch come up to a position."""
        latest_us = until_us + self._origin_us
        if max(stretch.times_us) <= latest_us:
            return len(stretch.data)
        return next(number for number, at in enumerate(stretch.times_us) if at > latest_us)

    def _draw(self, stretch: Stretch, end: int) -> Iterator[Stop]:
        """The first lines of a stretch."""
        begin = 0
        while begin < end:
            if self._passed_bytes >= SPACING_BYTES:
                yield self._stop(stretch.place(begin), stretch.entry(begin))
            until = self._reach(stretch.data, begin, end)
            self._painter.draw(stretch.data[begin:until])
            latest_us = max(stretch.times_us[begin:until]) - self._origin_us
            self._at_us = max(self._at_us, latest_us)
            begin = until
        if end:
            self.start = Start(self._at_us, stretch.place(end - 1))

    def _reach(self, data: list[bytes], begin: int, end: int) -> int:
        """Where the next stop is due, `end` at the latest; it is taken to be passed."""
        all_bytes = LINE_BYTES * (end - begin) + sum(map(len, data[begin:end]))
        if self._passed_bytes + all_bytes < SPACING_BYTES:
            self._passed_bytes += all_bytes
            return end
        for number in range(begin, end):
            self._passed_bytes += LINE_BYTES + len(data[number])
            if self._passed_bytes >= SPACING_BYTES:
                return number + 1
        return end

    def _stop(self, place: Place, entry: Entry) -> Stop:
        self._painter.flush()
        self._passed_bytes = 0
        return Stop(self._at_us, place, entry)
