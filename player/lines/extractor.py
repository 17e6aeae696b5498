"""Screen lines: every line of text that stood on a recorded screen, and when. Pure: entries in.

Stripping escape codes does not give what a person saw: today's interfaces place words by cursor
moves, draw only the cells that changed and paint the rest again and again. So the bytes go through
the screen engine and the screen is looked at whenever it is at rest: after a synchronized update
or when nothing comes for a while. What scrolls off is taken from the engine's history, so that
plain output of any speed is whole. Which text is the same line as before, `standing` knows.

Entries of one time are one step: how bytes are cut into entries changes nothing.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Final

import orjson

from formats.entry import INPUT, OUTPUT, event_size
from player.lines.activity import Activity
from player.lines.history import History
from player.lines.lifetime import SETTLE_US
from player.lines.lineblock import ScreenLine
from player.lines.look import Look
from player.lines.seen import Seen
from player.lines.standing import Standing
from player.screen import SMALLEST_SIZE, Screen, ScreenEngineError, clamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from formats.entry import Entry
    from formats.size import Size
    from player.lines.lineblock import Settled
    from player.lines.signals import Marker
    from player.screen import State

__all__ = ["LOOK_EVERY_US", "LineExtractor", "ScreenLine", "screen_lines"]

LOOK_EVERY_US: Final = 400_000
"""While nothing but a spinner turns, a counter counts or a line grows, what stands half a second is
seen all the same."""

_LOOK_AGAIN_US: Final = 100_000
# Where a line was new, it is soon seen whether it stays.

_REST_US: Final = 10_000
# Programs write a frame in one go; a gap that long is between frames.

_PATIENCE_US: Final = 150_000
# Output without any rest is looked at in the middle of what it draws, so much later.

_LONGEST_UPDATE_US: Final = 1_000_000
# Terminals stop waiting for the end of a synchronized update after about a second.

_BLOCK_BYTES: Final = 8 << 10
# Fed at once; what scrolls off by it, at most 8192 rows, is taken before the next.

_SCROLLBACK_ROWS: Final = 20_000
# More than can scroll off in a block and wait there for its end.

_LONGEST_MODE: Final = 16
# Of a sequence that was begun so much may stand before what ends it.

_ROWS_WORTH_TAKING: Final = 512
_HELD_BYTES: Final = 48 << 20
# Lines are given out early when they take more memory than that; asked now and then.
_ENTRIES_AT_ONCE: Final = 64

# What moves rows up, and so off the screen, beside a newline. A text that wraps does so too, but in
# a line that is still being written.
_SCROLLERS: Final = re.compile(rb"\x1b(?:[DE]|\[[0-9]*S)|\x0b|\x0c")

_END_OF_UPDATE: Final = b"\x1b[?2026l"
# What takes the main screen's history away, or the main screen from sight.
_ERASERS: Final = re.compile(rb"\x1b(?:\[3J|c|\[\?(?:1049|1047|47)h)")
_SWITCHES: Final = re.compile(rb"\x1b(?:c|\[\?(?:1049|1047|47)([hl]))")
_LASTING_ERASERS: Final = (b"\x1b[3J", b"\x1bc")


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

    __slots__ = (
        "_activity", "_alternate", "_earlier_bytes", "_earlier_us", "_end_us", "_frame_ended",
        "_history", "_looked_us", "_pending", "_screen", "_scrolls", "_seen", "_standing",
        "_state_us", "_wait_us",
    )  # fmt: skip

    def __init__(self, size: Size, screen: Screen | None = None) -> None:
        self._screen = screen or Screen(size, _SCROLLBACK_ROWS)
        self._history = History(self._screen)
        self._standing = Standing()
        self._activity = Activity()
        self._seen = Seen()
        self._pending = bytearray()
        # So much of it is of steps before this one, the last of which was then.
        self._earlier_bytes = self._earlier_us = 0
        # Whether rows may go up by it.
        self._scrolls = False
        self._state_us: int | None = None
        self._end_us = 0
        self._looked_us = 0
        self._wait_us = _LOOK_AGAIN_US
        # Whether the alternate screen is shown, as far as is known before `_pending` is drawn.
        self._alternate = self._frame_ended = False

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
        time_us = self._end_us = max(self._end_us, time_us)
        scrolls = not self._alternate and (b"\n" in data or _SCROLLERS.search(data) is not None)
        if time_us != self._state_us:
            self._step_to(time_us, scrolls=scrolls or self._scrolls)
        elif scrolls and self._earlier_bytes:
            self._finish_earlier()
        self._scrolls |= scrolls
        self._activity.output(time_us, data)
        pending = self._pending
        if self._alternate and _may_leave_alternate(bytes(pending[-_LONGEST_MODE:]) + data):
            self._alternate = False
        pending += data
        if self._activity.waits:
            self._look_at_echo(time_us)
        if len(pending) >= _BLOCK_BYTES:
            self._flush(whole_blocks=True)
            self._earlier_bytes = 0

    def typed(self, time_us: int, data: bytes) -> None:
        """As `feed`, of keys: of an Enter it is asked which line it ended."""
        end_us = self._end_us = max(self._end_us, time_us)
        if not data:
            return
        entered = self._activity.typed(end_us, data, alternate=self._shows_alternate())
        if not entered:
            return
        shown_us = end_us if self._state_us is None else self._state_us
        state = self._screen.state() if self._state_us is None else self._finish_step()
        lines = self._screen.lines().split(b"\n")
        row = self._screen.text()[state.cursor_row].encode(errors="replace")
        found = self._activity.entered(entered, lines, row)
        if found and not state.synchronized:
            # What answers may take the line away at once.
            self._look(state, shown_us, end_us, sure=end_us - shown_us >= _REST_US)
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
            screen = self._screen.snapshot()
        except ScreenEngineError:
            return b""
        rest = {
            "history": self._history.state(),
            "standing": self._standing.state(),
            "activity": self._activity.state(),
            "pending": self._pending.decode("latin-1"),
            "seen": self._seen.state(),
            "times": (
                self._state_us,
                self._end_us,
                self._looked_us,
                self._wait_us,
                self._frame_ended,
                self._alternate,
                self._earlier_bytes,
                self._earlier_us,
                self._scrolls,
            ),
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
        made._history.restore(rest["history"])
        made._standing.restore(rest["standing"])
        made._activity.restore(rest["activity"])
        made._pending = bytearray(rest["pending"].encode("latin-1"))
        made._seen.restore(rest["seen"])
        made._state_us, made._end_us, made._looked_us, *more = rest["times"]
        made._wait_us, made._frame_ended, made._alternate, *more = more
        made._earlier_bytes, made._earlier_us, made._scrolls = more
        return made

    def finish(self) -> list[ScreenLine]:
        """The lines that were not taken yet; what stands now stood at the end."""
        return self.finish_settled().lines()

    def finish_settled(self) -> Settled:
        """As `finish`, as they are packed."""
        if self._state_us is not None:
            state = self._finish_step()
            self._look(state, self._state_us, self._end_us, sure=True)
        return self._standing.take(self._end_us)

    def _step_to(self, time_us: int, *, scrolls: bool = True) -> None:
        """Output of this time follows: what is on the screen stood until then.

        `scrolls`: rows may go up by it, or by what is not drawn yet. Where none does, nobody asks
        for the moment in between, and steps between two looks are drawn together.
        """
        state_us = self._state_us
        self._state_us = time_us
        if state_us is None:
            self._looked_us = time_us
        elif (
            scrolls or time_us - self._looked_us >= self._wait_us or time_us - state_us >= SETTLE_US
        ):
            state = self._finish_step(state_us)
            self._look_if_at_rest(state, state_us, time_us)
        else:
            self._earlier_us, self._earlier_bytes = state_us, len(self._pending)

    def _finish_earlier(self) -> None:
        """Draw what is left of the steps before this one, and remember what stood then."""
        written = bytes(self._pending[: self._earlier_bytes])
        del self._pending[: self._earlier_bytes]
        self._feed_block(written)
        self._mark(self._screen.state(), self._earlier_us, written)
        self._earlier_bytes = 0

    def _shows_alternate(self) -> bool:
        """Whether the alternate screen is shown when all is drawn that was written."""
        switches = _SWITCHES.findall(self._pending)
        return switches[-1] == b"h" if switches else self._screen.state().alternate

    def _resize(self, size: Size) -> None:
        state_us, end_us = self._state_us, self._end_us
        if end_us != state_us:
            self._step_to(end_us)
        if clamp(size) == self._screen.size:
            return
        if state_us is not None and max(state_us, self._looked_us) < end_us:
            # Before its rows are wrapped anew.
            state = self._finish_step(state_us)
            self._look(state, state_us, end_us, sure=end_us - state_us >= _REST_US)
        self._flush()
        self._screen.resize(size)
        self._history.after_resize()
        self._seen.clear()

    def _look_if_at_rest(self, state: State, state_us: int, until_us: int) -> None:
        rest_us, unseen_us = until_us - state_us, until_us - self._looked_us
        held = state.synchronized
        if held:
            if unseen_us < _LONGEST_UPDATE_US:
                return
        elif unseen_us < self._wait_us and rest_us < SETTLE_US:
            return
        rests = rest_us >= _REST_US or (self._frame_ended and not held)
        if rests or unseen_us >= self._wait_us + _PATIENCE_US:
            self._look(state, state_us, until_us, sure=rests)

    def _look(self, state: State, shown_us: int, until_us: int, *, sure: bool) -> None:
        scrolled = self._take_history(state)
        standing = self._standing
        before = standing.rows
        if standing.look(Look(self._screen.lines(), shown_us, until_us, sure)):
            self._activity.looked(before, standing.rows, shown_us, alternate=state.alternate)
            self._mark_awaited(standing.rows, shown_us)
        self._looked_us = until_us
        # What is new in output that scrolls is not lost when it goes.
        self._wait_us = _LOOK_AGAIN_US if standing.stirred and not scrolled else LOOK_EVERY_US
        self._frame_ended = False
        # What was to be seen until now is known by its text.
        self._seen.clear()

    def _look_at_echo(self, now_us: int) -> None:
        """What was typed ahead is echoed and obeyed in one go: look in between."""
        pending = self._pending
        while end := self._activity.end_of_echo(pending):
            self._feed_block(bytes(pending[:end]))
            del pending[:end]
            self._earlier_bytes = max(0, self._earlier_bytes - end)
            state = self._screen.state()
            if not state.synchronized:
                self._look(state, now_us, now_us, sure=False)

    def _mark_awaited(self, lines: list[bytes], now_us: int) -> None:
        """Of lines that have just appeared, those that show what was typed ahead."""
        if self._activity.waits:
            for line in self._activity.appeared(lines, now_us):
                self._standing.mark_typed(line)

    def _finish_step(self, state_us: int | None = None) -> State:
        """Draw what is left of the step of that time, or of now; how the screen is then."""
        written = bytes(self._pending)
        if len(written) < _BLOCK_BYTES:
            self._pending.clear()
            self._feed_block(written)
        else:
            self._flush()
        self._earlier_bytes, self._scrolls = 0, False
        state = self._screen.state()
        self._alternate = state.alternate
        if not state.alternate:
            self._mark(state, (self._state_us or 0) if state_us is None else state_us, written)
            if state.history_rows >= _ROWS_WORTH_TAKING:
                self._take_history(state)
                return self._screen.state()
        return state

    def _mark(self, state: State, time_us: int, written: bytes) -> None:
        if not state.alternate:
            top = self._history.first_row_kept() + state.history_rows
            self._seen.mark(time_us, top, state.cursor_row, written)

    def _flush(self, *, whole_blocks: bool = False) -> None:
        pending = self._pending
        if len(pending) < _BLOCK_BYTES:
            if pending and not whole_blocks:
                self._feed_block(bytes(pending))
                pending.clear()
            return
        end = len(pending) - len(pending) % _BLOCK_BYTES if whole_blocks else len(pending)
        for start in range(0, end, _BLOCK_BYTES):
            self._feed_block(bytes(pending[start : min(start + _BLOCK_BYTES, end)]))
            if start + _BLOCK_BYTES <= end:
                self._take_history(self._screen.state())
        del pending[:end]

    def _feed_block(self, block: bytes) -> None:
        screen = self._screen
        if _END_OF_UPDATE in block:
            self._frame_ended = True
        start = 0
        for eraser in _ERASERS.finditer(block):
            screen.feed(block[start : eraser.start()])
            self._take_history(screen.state(), all_of_it=eraser[0] in _LASTING_ERASERS)
            start = eraser.start()
        screen.feed(block[start:] if start else block)

    def _take_history(self, state: State, *, all_of_it: bool = False) -> bool:
        """Take the lines that have scrolled off; whether there were some."""
        if not state.history_rows:
            return False
        taken = self._history.take(state, all_of_it=all_of_it)
        if taken.lines:
            now_us = self._state_us or 0
            self._mark_awaited(taken.lines, now_us)
            times = self._seen.times(taken, now_us, state.cols)
            self._standing.scrolled(taken.lines, times)
        return bool(taken.lines)


def _may_leave_alternate(data: bytes) -> bool:
    """Whether a sequence in it may show the main screen."""
    return b"9l" in data or b"7l" in data or b"\x1bc" in data
