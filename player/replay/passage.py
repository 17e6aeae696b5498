"""A way through a session: draws its entries in order, stretches of them at once, and stops.

Where it stops, a keyframe can be made; what was not drawn can be taken from there on.
"""

from __future__ import annotations

from itertools import accumulate, chain
from typing import TYPE_CHECKING, NamedTuple

from formats.place import Place
from formats.stretch import Stretch
from player.replay.seeking import LINE_BYTES, SPACING_BYTES, Start
from player.replay.timeline import Moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from formats.entry import Entry
    from formats.stretch import Part
    from player.replay.painter import Painter


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
        self._parts = iter(parts)
        self._painter = painter
        self._origin_us = origin_us
        self._start = start
        self._at_us = start.at_us
        # The line that comes next, or else the last: a number of a stretch, or a place.
        self._here: tuple[Stretch, int] | Place | None = None
        self._passed_bytes = 0

    @property
    def start(self) -> Start:
        """The line that comes next and the position before it; or the last line and its own."""
        here = self._here
        if here is None:
            return self._start
        return Start(self._at_us, here if isinstance(here, Place) else here[0].place(here[1]))

    def stops(self, until_us: int | None = None) -> Iterator[Stop]:
        """Draw up to a position, or all; stop before a line each `SPACING_BYTES`, all being drawn.

        Whoever cannot use a stop calls `again`: then the next one is a line later.
        """
        latest_us = None if until_us is None else until_us + self._origin_us
        for part in self._parts:
            if isinstance(part, Stretch):
                count = len(part.data)
                end = count if latest_us is None else _due(part, latest_us)
                yield from self._draw(part, end)
                self._here = part, min(end, count - 1)
                if end < count:
                    self._parts = chain((part.part(end),), self._parts)
                    break
                continue
            self._here, entry = part
            # Our own logs never run backwards. In others an entry is played with that before it.
            at_us = max(self._at_us, entry.time_us - self._origin_us)
            if until_us is not None and at_us > until_us:
                self._parts = chain((part,), self._parts)
                break
            if self._passed_bytes >= SPACING_BYTES:
                yield self._stop(*part)
            self._painter.add(Moment(at_us, entry))
            self._at_us = at_us
            self._passed_bytes += LINE_BYTES + len(entry.data)
        self._painter.flush()

    def again(self) -> None:
        """This stop was of no use."""
        self._passed_bytes = SPACING_BYTES

    def rest(self) -> Iterator[Part]:
        """What was not drawn."""
        return self._parts

    def _draw(self, stretch: Stretch, end: int) -> Iterator[Stop]:
        """The first lines of a stretch."""
        begin = 0
        while begin < end:
            if self._passed_bytes >= SPACING_BYTES:
                yield self._stop(stretch.place(begin), stretch.entry(begin))
            drawn = stretch.part(begin, end)
            cost = _cost(drawn)
            if self._passed_bytes + cost >= SPACING_BYTES:
                # One line at least: it may be reached already, where a stop was of no use.
                first, *others = [LINE_BYTES + size for size in map(len, drawn.data)]
                passed = accumulate(others, initial=self._passed_bytes + first)
                count = 1 + next(n for n, so_many in enumerate(passed) if so_many >= SPACING_BYTES)
                drawn = drawn.part(0, count)
                cost = _cost(drawn)
            self._painter.draw(drawn.outputs())
            self._at_us = max(self._at_us, drawn.latest_us() - self._origin_us)
            self._passed_bytes += cost
            begin += len(drawn.data)

    def _stop(self, place: Place, entry: Entry) -> Stop:
        self._painter.flush()
        self._passed_bytes = 0
        return Stop(self._at_us, place, entry)


def _cost(stretch: Stretch) -> int:
    """What drawing its lines costs, in bytes of output."""
    return LINE_BYTES * len(stretch.data) + sum(map(len, stretch.data))


def _due(stretch: Stretch, latest_us: int) -> int:
    """How many lines of a stretch come before the first that is later."""
    if stretch.latest_us() <= latest_us:
        return len(stretch.data)
    return next(number for number, at in enumerate(stretch.times_us()) if at > latest_us)
