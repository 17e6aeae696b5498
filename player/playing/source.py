"""Where the stage takes a session from: its state at any moment, and the entries behind it."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from formats.entry import OUTPUT
from formats.run import read_run
from player.replay.replay import Replay
from player.replay.seeking import BEGINNING
from player.screen import GRAPHEME, Screen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formats.layout import Home
    from formats.place import Place
    from formats.session import Session
    from formats.size import Size
    from player.replay.painter import Painter
    from player.replay.timeline import Moment
    from player.screen import Width

# How old the length of a session that grows may be: asking reads the end of its log.
_MEASURE_S = 0.5


class Source:
    """A session, as long as it is played; one that is still written grows in the meantime."""

    def __init__(
        self,
        home: Home,
        session: Session,
        *,
        size: Size | None,
        live: bool,
        width: Width = GRAPHEME,
    ) -> None:
        self._home, self._session = home, session
        self._width: Width = width
        self._replay = Replay(session, size=size, width=width)
        self._duration_us = self._replay.duration_us
        self._measured_s = time.monotonic()
        self._live = live
        # How far the stage has come: the last entry that it was given, its place and time.
        self._last: tuple[Place, int] = (BEGINNING.place, 0)
        self._from_us = -1
        self._seen: object = None
        self._ended = self._last_look = False

    def seek(self, at_us: int) -> Screen:
        """The screen after everything up to `at_us`; -1 is before everything."""
        screen = self._replay.seek(at_us)
        self._last = self._replay.reached
        return screen

    def prepare(self) -> None:
        """What is played on will be sought in: not before its first screen stands."""
        self._replay.prepare()

    def empty(self) -> Screen:
        """A screen on which nothing was drawn yet."""
        return self._replay.new_screen()

    def painter(self, screen: Screen) -> Painter:
        """What draws the session's entries on a screen of it."""
        return self._replay.painter(screen)

    def after(self, at_us: int) -> Iterator[Moment]:
        """The entries later than `at_us`, to look at."""
        return self._replay.entries_from(at_us)

    def from_here(self, at_us: int) -> Iterator[Moment]:
        """The same, to be drawn on the screen of that time; behind the last of them is `tail`."""
        self._from_us = at_us
        return self._drawn(self._replay.located(at_us))

    def tail(self) -> Iterator[Moment]:
        """What has been written behind the last entry that was given to be drawn."""
        if not self._live or not self._has_grown():
            return
        if self._last[0] == BEGINNING.place:  # nothing was given yet
            yield from self._drawn(self._replay.located(self._from_us))
        else:
            yield from self._drawn(self._replay.after(*self._last))

    def _drawn(self, found: Iterator[tuple[Place, Moment]]) -> Iterator[Moment]:
        for place, moment in found:
            self._last = (place, moment.at_us)
            event = moment.entry.event
            if event is not None and event["type"] == "exit":
                self._ended = True
            yield moment

    def end_us(self) -> int:
        """The time of the last entry that is known; of a live session it is asked for again."""
        if self._live and not self._ended and time.monotonic() > self._measured_s + _MEASURE_S:
            self._duration_us, self._measured_s = self._replay.duration_us, time.monotonic()
        return max(self._duration_us, self._last[1])

    def is_live(self) -> bool:
        """Whether more may come: a recorder is writing."""
        if self._live and not self._ended:
            run = read_run(self._home, self._session.id)
            # What it wrote before it ended is still to be read: once more after the last look.
            self._ended, self._last_look = self._last_look, run is None or not run.live
        return self._live and not self._ended

    def with_history(self, at_us: int, nth: int, rows: int, most_bytes: int) -> Screen:
        """The screen after the first `nth` outputs of a time (0: all), with what scrolled off.

        Of a long session only what did so in about the last `most_bytes`.
        """
        since_us = -1
        total = self._session.log_bytes()
        if total > most_bytes and at_us > 0:
            since_us = round(at_us * (1 - most_bytes / total))
        screen = Screen(self._replay.seek(since_us).size, rows, self._width)
        painter = self.painter(screen)
        found = 0
        for moment in self.after(since_us):
            if moment.at_us > at_us:
                break
            if moment.entry.direction != OUTPUT:
                continue
            painter.add(moment)
            found += bool(moment.entry.data) and moment.at_us == at_us
            if nth and found == nth:
                break
        painter.flush()
        return screen

    def _has_grown(self) -> bool:
        """Whether the open segment is another than at the last look: a few calls, no reading."""
        try:
            now = os.stat(self._session.path)
        except OSError:  # ended, and sealed
            return True
        seen, self._seen = self._seen, (now.st_ino, now.st_size)
        return seen != self._seen
