"""The stage: a recording's screen at any moment, and from there on. Runs where it may crash.

Entries go in by their time, frames come out. Knows no clock: how fast time passes, and what of it
is drawn, the player decides.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from formats.entry import OUTPUT
from player.playing.frames import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from player.playing.source import Source
    from player.replay.painter import Painter
    from player.replay.timeline import Moment
    from player.screen import Row, Screen

# Fed in one go at most, so that a key is obeyed soon, whatever the speed.
_TURN_S = 0.05
_TURN_BYTES = 4 << 20
# How far back a step looks, in turns: the entry before is mostly a moment ago, seldom hours.
_WINDOWS_US = (2_000_000, 60_000_000, 3_600_000_000)
_CHANGE_WINDOWS = (64, 1024, 16_384)
# Farther from the end than this, jumping is cheaper than drawing all in between.
_NEAR_US = 10_000_000
_HISTORY_ROWS = 5000
_END_OF_TIME_US = 1 << 62
# What may have scrolled off in as many bytes is shown; more would make a page wait.
_HISTORY_BYTES = 24 << 20


class Stage:
    """Stands at one moment of a session. `end_us`: nothing after it is shown.

    With `fresh_at_us` it stands there at first, on an empty screen.
    """

    def __init__(
        self, source: Source, end_us: int | None = None, *, fresh_at_us: int | None = None
    ) -> None:
        self._source = source
        self._limit_us = end_us
        self._rows: list[Row] = []
        # The rows as the last frame had them.
        self._sent: list[Row] = []
        self._history: tuple[tuple[int, int], Screen] | None = None
        self._end_us = 0
        self._at_us = self._last_us = 0
        # How many outputs of the time `_last_us` are on the screen.
        self._nth = 0
        self._screen: Screen
        self._painter: Painter
        self._following: Iterator[Moment]
        self._next: Moment | None = None
        if fresh_at_us is None:
            self.seek(-1)
        else:
            self._stand(self._source.empty(), fresh_at_us)

    # Moving -----------------------------------------------------------------------------------

    def seek(self, at_us: int) -> None:
        """To the state after everything up to `at_us`; -1 is before everything."""
        if self._limit_us is not None:
            at_us = min(at_us, self._limit_us)
        self._stand(self._source.seek(at_us), at_us)

    def _stand(self, screen: Screen, at_us: int) -> None:
        self._screen = screen
        self._painter = self._source.painter(screen)
        self._following = self._output(self._source.from_here(at_us))
        self._next = next(self._following, None)
        self._at_us = max(0, at_us)
        self._last_us, self._nth = max(0, at_us), 0
        self._rows = []

    def advance(self, at_us: int) -> None:
        """On to `at_us`, or as far as one turn comes."""
        self._source.prepare()
        if self._next is None:
            self._look_for_more()
        began_s = time.monotonic()
        size_bytes = 0
        while (said := self._next) is not None and said.at_us <= at_us:
            self._painter.add(said)
            size_bytes += len(said.entry.data)
            self._take(said)
            if size_bytes > _TURN_BYTES or time.monotonic() - began_s > _TURN_S:
                break
        self._painter.flush()
        self._at_us = self._last_us if self._due(at_us) else max(self._at_us, at_us)

    def to_the_end(self) -> None:
        """On to what was written last, as far as one turn comes; after a seek, at once."""
        if self._source.end_us() - self._at_us > _NEAR_US:
            self.seek(self._source.end_us())
        self.advance(_END_OF_TIME_US)
        self._at_us = self._last_us

    def skip(self, at_us: int) -> bool:
        """On to `at_us`, and if nothing has changed by then, to the next visible change."""
        self.advance(at_us)
        if self._due(at_us) or self._changed():
            return True
        began_s = time.monotonic()
        while self._next is not None and time.monotonic() - began_s < 2 * _TURN_S:
            self._feed_one()
            if self._changed():
                return True
        return False

    def step(self, count: int) -> bool:
        """An output on (1) or back (-1). Whether there was one."""
        if count > 0:
            while self._next is not None:
                if self._feed_one():
                    return True
            self._look_for_more()
            return False
        before = self._outputs_before()
        if len(before) > 1:
            self._go_to(before[-2])
            return True
        if before:
            self._go_to((before[0][0], 0))
        return bool(before)

    def change(self, count: int) -> bool:
        """A visible change on (1) or back (-1). Whether there was one."""
        if count > 0:
            self._changed()
            while self._next is not None:
                if self._feed_one() and self._changed():
                    return True
            return False
        before: list[tuple[int, int]] = []
        for window in _CHANGE_WINDOWS:
            before = self._outputs_before(window)
            if not before:
                return False
            places = self._changes_among(before)
            if len(places) > 1:
                self._go_to(places[-2])
                return True
            if len(before) < window:
                break
        self._go_to((before[0][0], 0))
        return True

    # Telling ----------------------------------------------------------------------------------

    def frame(self, *, moved: bool = True, whole: bool = False) -> Frame:
        """The screen as it is; only the rows that differ from the frame before, unless `whole`."""
        screen = self._screen
        size = screen.size
        self._changed()
        sent = self._sent
        whole = whole or len(sent) != size.rows
        rows = [
            (number, row) for number, row in enumerate(self._rows) if whole or row != sent[number]
        ]
        self._sent = list(self._rows)
        cursor = screen.cursor
        following = self._next
        return Frame(
            at_us=self._at_us,
            last_us=self._last_us,
            next_us=None if following is None else following.at_us,
            end_us=self._known_end_us(),
            size=size,
            cursor=(cursor.col, cursor.row),
            cursor_shown=screen.cursor_visible,
            title=screen.title,
            alternate=screen.alternate,
            live=self._limit_us is None and self._source.is_live(),
            moved=moved,
            whole=whole,
            rows=rows,
        )

    def history(self, back: int, count: int) -> Frame:
        """`count` rows that end `back` rows above the bottom of the screen."""
        frame = self.frame(whole=True)
        screen = self._screen_with_history()
        above = screen.state().history_rows
        back = max(0, min(back, above))
        first = max(0, above + frame.size.rows - back - count)
        rows = screen.history_rows(first, first + count)
        return frame._replace(rows=list(enumerate(rows)), whole=True, above=first, moved=above > 0)

    # ------------------------------------------------------------------------------------------

    def _output(self, moments: Iterator[Moment]) -> Iterator[Moment]:
        for moment in moments:
            if self._limit_us is not None and moment.at_us > self._limit_us:
                return
            if moment.entry.direction == OUTPUT:
                yield moment

    def _look_for_more(self) -> None:
        if self._limit_us is None:
            self._following = self._output(self._source.tail())
            self._next = next(self._following, None)

    def _due(self, at_us: int) -> bool:
        return self._next is not None and self._next.at_us <= at_us

    def _feed_one(self) -> bool:
        """The next entry. Whether it was output."""
        said = self._next
        if said is None:
            return False
        self._painter.add(said)
        self._painter.flush()
        self._take(said)
        self._at_us = max(self._at_us, said.at_us)
        return bool(said.entry.data)

    def _take(self, said: Moment) -> None:
        if said.entry.data:
            self._nth = self._nth + 1 if said.at_us == self._last_us else 1
            self._last_us = said.at_us
        self._end_us = max(self._end_us, said.at_us)
        self._next = next(self._following, None)

    def _known_end_us(self) -> int:
        end_us = max(self._end_us, self._at_us, self._source.end_us())
        return end_us if self._limit_us is None else min(end_us, self._limit_us)

    def _outputs_before(self, most: int = 4096) -> list[tuple[int, int]]:
        """(time, how manyth of that time) of the outputs up to now, the last at the end."""
        # After a seek all of that time are on the screen.
        now = (self._last_us, self._nth) if self._nth else (self._last_us + 1, 0)
        found: deque[tuple[int, int]] = deque(maxlen=most)
        for window_us in (*_WINDOWS_US, None):
            found.clear()
            since_us = -1 if window_us is None else max(-1, self._last_us - window_us)
            last_us, nth = -1, 0
            for at_us, entry in self._source.after(since_us):
                if not entry.data or entry.direction != OUTPUT:
                    continue
                nth = nth + 1 if at_us == last_us else 1
                last_us = at_us
                if (at_us, nth) > now:
                    break
                found.append((at_us, nth))
            if len(found) == most or (most > _CHANGE_WINDOWS[0] // 8 and since_us < 0):
                break
            if len(found) > 1 and most == 4096:  # noqa: PLR2004  a step needs but the two last
                break
        return list(found)

    def _changes_among(self, places: list[tuple[int, int]]) -> list[tuple[int, int]]:
        self._go_to((places[0][0], places[0][1] - 1))
        self._changed()
        found: list[tuple[int, int]] = []
        for place in places:
            while self._next is not None and not self._feed_one():
                pass
            if self._changed():
                found.append(place)
        return found

    def _go_to(self, place: tuple[int, int]) -> None:
        """To the state after the first n outputs of a time."""
        at_us, nth = place
        self.seek(at_us - 1)
        fed = 0
        while fed < nth and self._next is not None:
            fed += self._feed_one()
        self._at_us = max(0, at_us)
        self._last_us, self._nth = at_us, nth

    def _changed(self) -> bool:
        """Whether the screen looks other than when this was last asked."""
        rows = self._screen.size.rows
        if len(self._rows) != rows:
            self._rows = [()] * rows
            for number, row in self._screen.rows():
                self._rows[number] = row
            return True
        changed = False
        for number, row in self._screen.rows(changed_only=True):
            if self._rows[number] != row:
                self._rows[number] = row
                changed = True
        return changed

    def _screen_with_history(self) -> Screen:
        here = (self._last_us, self._nth)
        if self._history is None or self._history[0] != here:
            self._history = (here, self._source.with_history(*here, _HISTORY_ROWS, _HISTORY_BYTES))
        return self._history[1]
