"""Output on its way to the screen: fed step by step; what scrolls off by it is taken at once.

Output of one time is one step. It waits until somebody needs to know how the screen is after it, or
until it makes a block. Rows that scroll off are taken whole, each with the moment at which it was
to be seen, before the engine or the program throws them away.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from player.lines.history import History
from player.lines.seen import Seen

if TYPE_CHECKING:
    from collections.abc import Callable

    from formats.size import Size
    from player.screen import Screen, State

SCROLLBACK_ROWS: Final = 20_000
"""What the screen must have: more than can scroll off in a block and wait there for its end."""

BLOCK_BYTES: Final = 8 << 10
"""Fed at once; what scrolls off by it, at most 8192 rows, is taken before the next."""

_LONGEST_MODE: Final = 16
# Of a sequence that was begun so much may stand before what ends it.

_ROWS_WORTH_TAKING: Final = 512

# What moves rows up, and so off the screen, beside a newline. A text that wraps does so too, but in
# a line that is still being written.
_SCROLLERS: Final = re.compile(rb"\x1b(?:[DE]|\[[0-9]*S)|\x0b|\x0c")

_END_OF_UPDATE: Final = b"\x1b[?2026l"
# What takes the main screen's history away, or the main screen from sight.
_ERASERS: Final = re.compile(rb"\x1b(?:\[3J|c|\[\?(?:1049|1047|47)h)")
_SWITCHES: Final = re.compile(rb"\x1b(?:c|\[\?(?:1049|1047|47)([hl]))")
_LASTING_ERASERS: Final = (b"\x1b[3J", b"\x1bc")


class Feeder:
    """Feeds `screen`. `scrolled` is told which lines scroll off, the moment of each, and now.

    And whether of the last of them the rest is on the screen, and all is to be cleared.
    """

    __slots__ = (
        "_alternate", "_earlier_bytes", "_earlier_us", "_history", "_scrolled", "_seen",
        "frame_ended", "pending", "screen", "scrolls", "step_us",
    )  # fmt: skip

    def __init__(
        self, screen: Screen, scrolled: Callable[[list[bytes], list[int], int, bool], None]
    ) -> None:
        self.screen = screen
        self._history = History(screen)
        self._seen = Seen()
        self._scrolled = scrolled
        self.step_us: int | None = None
        """The time of this step; None before the first."""
        self.pending = bytearray()
        """What is not drawn yet."""
        self.scrolls = False
        """Whether rows may go up by what is pending."""
        self.frame_ended = False
        """Whether a synchronized update has ended since the last look."""
        # So much of what is pending is of steps before this one, the last of which was then.
        self._earlier_bytes = self._earlier_us = 0
        # Whether the alternate screen is shown, as far as is known before `pending` is drawn.
        self._alternate = False

    def state(self) -> dict[str, Any]:
        """What `restore` needs, for JSON, beside a snapshot of the screen."""
        return {
            "history": self._history.state(),
            "pending": self.pending.decode("latin-1"),
            "seen": self._seen.state(),
            "step": (
                self.step_us,
                self.frame_ended,
                self._alternate,
                self._earlier_bytes,
                self._earlier_us,
                self.scrolls,
            ),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where another left off, on a screen that is as its screen was."""
        self._history.restore(state["history"])
        self.pending = bytearray(state["pending"].encode("latin-1"))
        self._seen.restore(state["seen"])
        self.step_us, self.frame_ended, self._alternate, *earlier = state["step"]
        self._earlier_bytes, self._earlier_us, self.scrolls = earlier

    def may_scroll(self, data: bytes) -> bool:
        """Whether rows may go up by this output, which follows."""
        return not self._alternate and (b"\n" in data or _SCROLLERS.search(data) is not None)

    def expect_scrolling(self) -> None:
        """Output follows that `may_scroll`: draw what is left of the steps before this one."""
        if self._earlier_bytes:
            written = bytes(self.pending[: self._earlier_bytes])
            self._mark(self.feed_first(self._earlier_bytes), self._earlier_us, written)
        self.scrolls = True

    def add(self, data: bytes) -> None:
        """Output of this step."""
        pending = self.pending
        if self._alternate and _may_leave_alternate(bytes(pending[-_LONGEST_MODE:]) + data):
            self._alternate = False
        pending += data

    def feed_blocks(self) -> None:
        """Draw of what is pending the blocks that it makes, one or more."""
        self._flush(whole_blocks=True)
        self._earlier_bytes = 0

    def feed_first(self, count: int) -> State:
        """Draw that many bytes of what is pending; how the screen is then."""
        self._feed_block(bytes(self.pending[:count]))
        del self.pending[:count]
        self._earlier_bytes = max(0, self._earlier_bytes - count)
        return self.screen.state()

    def set_aside(self, step_us: int) -> None:
        """A step has ended after which nobody needs to know the screen: draw it with the next."""
        self._earlier_us, self._earlier_bytes = step_us, len(self.pending)

    def finish_step(self, step_us: int) -> State:
        """Draw what is left of the step of that time; how the screen is then."""
        written = bytes(self.pending)
        if len(written) < BLOCK_BYTES:
            self.pending.clear()
            self._feed_block(written)
        else:
            self._flush()
        self._earlier_bytes, self.scrolls = 0, False
        state = self.screen.state()
        self._alternate = state.alternate
        if not state.alternate:
            self._mark(state, step_us, written)
            if state.history_rows >= _ROWS_WORTH_TAKING:
                self.take_history(state)
                return self.screen.state()
        return state

    def resize(self, size: Size) -> None:
        """The screen has another size from here on."""
        self._flush()
        self.screen.resize(size)
        self._history.after_resize()
        self._seen.clear()

    def looked(self) -> None:
        """Somebody has looked at the screen: what was to be seen until now is known by its text."""
        self.frame_ended = False
        self._seen.clear()

    def shows_alternate(self) -> bool:
        """Whether the alternate screen is shown when all is drawn that was written."""
        switches = _SWITCHES.findall(self.pending)
        return switches[-1] == b"h" if switches else self.screen.state().alternate

    def take_history(self, state: State, *, all_of_it: bool = False) -> bool:
        """Take the lines that have scrolled off; whether there were some."""
        if not state.history_rows:
            return False
        breaks = all_of_it and self._history.goes_on(state)
        taken = self._history.take(state, all_of_it=all_of_it)
        if taken.lines:
            now_us = self.step_us or 0
            times = self._seen.times(taken, now_us, state.cols)
            self._scrolled(taken.lines, times, now_us, breaks)
        return bool(taken.lines)

    def _mark(self, state: State, time_us: int, written: bytes) -> None:
        if not state.alternate:
            top = self._history.first_row_kept() + state.history_rows
            self._seen.mark(time_us, top, state.cursor_row, written)

    def _flush(self, *, whole_blocks: bool = False) -> None:
        pending = self.pending
        end = len(pending) - len(pending) % BLOCK_BYTES if whole_blocks else len(pending)
        for start in range(0, end, BLOCK_BYTES):
            self._feed_block(bytes(pending[start : min(start + BLOCK_BYTES, end)]))
            if start + BLOCK_BYTES <= end:
                self.take_history(self.screen.state())
        del pending[:end]

    def _feed_block(self, block: bytes) -> None:
        screen = self.screen
        if _END_OF_UPDATE in block:
            self.frame_ended = True
        start = 0
        for eraser in _ERASERS.finditer(block):
            screen.feed(block[start : eraser.start()])
            self.take_history(screen.state(), all_of_it=eraser[0] in _LASTING_ERASERS)
            start = eraser.start()
        screen.feed(block[start:] if start else block)


def _may_leave_alternate(data: bytes) -> bool:
    """Whether a sequence in it may show the main screen."""
    return b"9l" in data or b"7l" in data or b"\x1bc" in data
