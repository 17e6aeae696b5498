"""Screen lines: every line of text that stood on a recorded screen, and when. Pure: entries in.

Stripping escape codes does not give what a person saw: today's interfaces place words by cursor
moves, draw only the cells that changed and paint the rest again and again. So the bytes go through
the screen engine (`feeder`) and the screen is looked at whenever it is at rest (`onlooker`). What
scrolls off is taken from the engine's history, so that plain output of any speed is whole. Which
text is the same line as before, `standing` knows; what else happens, `activity`.

Entries of one time are one step: how bytes are cut into entries changes nothing.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

import orjson

from formats.entry import INPUT, OUTPUT, event_size
from player.lines.activity import Activity
from player.lines.feeder import BLOCK_BYTES, SCROLLBACK_ROWS, Feeder
from player.lines.lineblock import ScreenLine
from player.lines.onlooker import REST_US, Onlooker
from player.lines.standing import Standing
from player.screen import SMALLEST_SIZE, Screen, ScreenEngineError, clamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from formats.entry import Entry
    from formats.size import Size
    from player.lines.lineblock import Settled
    from player.lines.signals import Marker

__all__ = ["LineExtractor", "ScreenLine", "screen_lines"]

_HELD_BYTES: Final = 48 << 20
# Lines are given out early when they take more memory than that; asked now and then.
_ENTRIES_AT_ONCE: Final = 64


def screen_lines(
    entries: Iterable[Entry], size: Size, *, transient: bool = False
) -> Iterator[ScreenLine]:
    """The screen lines of a whole session that begins at `size`, by the time they first stood.

    Each text comes once with its first and last time and its count; of a session with more than
    some 80,000 different lines they come in several such rows. `transient` ones are only given
    where asked for. Raises ScreenEngineError where there is no screen engine.
    """
    extractor = LineExtractor(size)
    feed = extractor.feed
    for number, entry in enumerate(entries):
        feed(entry)
        if not number % _ENTRIES_AT_ONCE and extractor.held_bytes > _HELD_BYTES:
            yield from _wanted(extractor.take(standing=False), transient=transient)
    yield from _wanted(extractor.finish(), transient=transient)


def _wanted(lines: Iterable[ScreenLine], *, transient: bool) -> Iterator[ScreenLine]:
    return (line for line in lines if transient or not line.transient)


class LineExtractor:
    """Entries of one session go in, in order; what stood on its screen comes out."""

    __slots__ = ("_activity", "_end_us", "_feeder", "_onlooker", "_standing")

    def __init__(self, size: Size, screen: Screen | None = None) -> None:
        self._standing = Standing()
        self._activity = Activity()
        self._onlooker = Onlooker(self._standing, self._activity)
        self._feeder = Feeder(screen or Screen(size, SCROLLBACK_ROWS), self._onlooker.scrolled)
        self._end_us = 0

    @property
    def held_bytes(self) -> int:
        """About how much memory the lines take that were not taken yet."""
        return self._standing.held_bytes

    def feed(self, entry: Entry) -> None:
        """Go on by one entry. What was typed is not drawn: only output and sizes count."""
        time_us = self._end_us = max(self._end_us, entry.time_us)
        if entry.event is not None:
            self._activity.event(entry)
            size = event_size(entry.event)
            if size is not None:
                self._resize(size)
        data = entry.data
        if not data:
            return
        if entry.direction == INPUT:
            self.typed(time_us, data)
        elif entry.direction == OUTPUT:
            self.output(time_us, data)

    def output(self, time_us: int, data: bytes) -> None:
        """As `feed`, of an entry of output."""
        feeder, activity = self._feeder, self._activity
        time_us = self._end_us = max(self._end_us, time_us)
        scrolls = feeder.may_scroll(data)
        if time_us != feeder.step_us:
            self._onlooker.step_to(feeder, time_us, scrolls=scrolls)
        if scrolls:
            feeder.expect_scrolling()
        feeder.add(data)
        activity.output(time_us, data)
        if activity.waits:
            self._onlooker.look_at_echo(feeder, time_us)
        if len(feeder.pending) >= BLOCK_BYTES:
            feeder.feed_blocks()

    def typed(self, time_us: int, data: bytes) -> None:
        """As `feed`, of keys: of an Enter it is asked which line it ended."""
        end_us = self._end_us = max(self._end_us, time_us)
        if not data:
            return
        feeder = self._feeder
        entered = self._activity.typed(end_us, data, alternate=feeder.shows_alternate())
        if not entered:
            return
        screen, step_us = feeder.screen, feeder.step_us
        shown_us = end_us if step_us is None else step_us
        state = screen.state() if step_us is None else feeder.finish_step(step_us)
        lines = screen.lines().split(b"\n")
        row = screen.text()[state.cursor_row].encode(errors="replace")
        found = self._activity.entered(entered, lines, row)
        if found and not state.synchronized:
            # What answers may take the line away at once.
            sure = end_us - shown_us >= REST_US
            self._onlooker.look(feeder, state, shown_us, end_us, sure=sure)
        for line in found:
            self._standing.mark_typed(line)

    def take_markers(self) -> list[Marker]:
        """What happened so far beside the text, by time."""
        return self._activity.take()

    def take(self, *, standing: bool = True) -> list[ScreenLine]:
        """The lines so far, by the time they first stood; with or without those that stand now.

        What stands goes on standing and is given again, with its later last time and with a count
        that goes on where this one ends.
        """
        return self.take_settled(standing=standing).lines()

    def take_settled(self, *, standing: bool = True) -> Settled:
        """As `take`, as they are packed."""
        return self._standing.take() if standing else self._standing.take_settled()

    def state(self) -> bytes:
        """What `restored` needs to go on from here, lines and markers apart: take them before.

        Empty where the engine cannot tell its state just now.
        """
        try:
            screen = self._feeder.screen.snapshot()
        except ScreenEngineError:
            return b""
        fed = self._feeder.state()
        step_us, *flags = fed["step"]
        # As it lies in the sidecars, also in those that were made before.
        rest = {
            "history": fed["history"],
            "standing": self._standing.state(),
            "activity": self._activity.state(),
            "pending": fed["pending"],
            "seen": fed["seen"],
            "times": (step_us, self._end_us, *self._onlooker.state(), *flags),
        }
        return zlib.compress(len(screen).to_bytes(8, "little") + screen + orjson.dumps(rest))

    @classmethod
    def restored(cls, state: bytes) -> LineExtractor:
        """The extractor whose `state` this was.

        Raises ScreenEngineError for a state of another engine, ValueError for what is none. Not to
        be given what came from outside: the engine trusts it.
        """
        raw = zlib.decompress(state)
        end = 8 + int.from_bytes(raw[:8], "little")
        rest = orjson.loads(raw[end:])
        made = cls(SMALLEST_SIZE, Screen.restore(raw[8:end]))
        made._standing.restore(rest["standing"])
        made._activity.restore(rest["activity"])
        step_us, made._end_us, looked_us, wait_us, *flags = rest["times"]
        made._onlooker.restore((looked_us, wait_us))
        made._feeder.restore({**rest, "step": (step_us, *flags)})
        return made

    def finish(self) -> list[ScreenLine]:
        """The lines that were not taken yet; what stands now stood at the end."""
        return self.finish_settled().lines()

    def finish_settled(self) -> Settled:
        """As `finish`, as they are packed."""
        feeder, step_us = self._feeder, self._feeder.step_us
        if step_us is not None:
            state = feeder.finish_step(step_us)
            self._onlooker.look(feeder, state, step_us, self._end_us, sure=True)
        return self._standing.take(self._end_us)

    def _resize(self, size: Size) -> None:
        feeder, onlooker = self._feeder, self._onlooker
        step_us, end_us = feeder.step_us, self._end_us
        if end_us != step_us:
            onlooker.step_to(feeder, end_us)
        if clamp(size) == feeder.screen.size:
            return
        if step_us is not None and max(step_us, onlooker.looked_us) < end_us:
            # Before its rows are wrapped anew.
            state = feeder.finish_step(step_us)
            onlooker.look(feeder, state, step_us, end_us, sure=end_us - step_us >= REST_US)
        feeder.resize(size)
