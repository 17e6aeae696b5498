"""How far the cursor of a recording went, and what that says of the terminal's size. Pure.

A program that draws a screen gives its size away: it addresses the last row and column, sets
scrolling regions, paints bars and rules from margin to margin. All of these are lower bounds.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from unicodedata import combining, east_asian_width

from formats.size import DEFAULT_SIZE, Size

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST: Final = Size(500, 300)
"""Programs that ask for the size move to 999;999 or beyond and ask where they are."""

_MORE_BYTES: Final = 64 << 10
# Programs show their frame at once: when so much more says the same, it is that.

_SHORTEST_RULE: Final = 20
_NARROWEST_BAR: Final = 40
# Rows painted to the same column so often were painted to the margin.
_BARS_THAT_CONVINCE: Final = 3
_MARGINS_THAT_CONVINCE: Final = 2
# Screens drawn from the first row on, of the same number of lines: the last was the last row.
_SCREENS_THAT_CONVINCE: Final = 2
# So many lines after a repaint began belong to it.
_LINES_OF_A_FRAME: Final = 60
# An addressed word that ends this near below a round width ends before the margin.
_ROUND, _SLACK = 10, 2
_TAB_WIDTH: Final = 8
_WHOLE_LINE: Final = 2

_TOKEN = re.compile(
    rb"\x1b\[([<-?]?)([0-9;:]*)([ -/]*)([@-~])"
    rb"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"
    rb"|\x1b[ -/]*[0-~]"
    rb"|(\r*\n|[\r\x08\t])"
    rb"|([^\x00-\x1f\x7f\x1b]+)"
)
# More than half of all sequences, and they say nothing here.
_COLORS = re.compile(rb"\x1b\[[0-9;:]*m")
# Box drawing from left to right, with the corners and tees at its ends.
_RULE = re.compile("[\u2500-\u257f\u2580\u2581\u2584\u2594]+")
# Most of what is on a screen, of which no character takes another width: Latin, punctuation,
# arrows, boxes, blocks, dingbats, braille. Asking Unicode for each takes most of the time.
_NARROW = re.compile(
    "[ -\u02ff\u2010-\u203a\u2190-\u2319\u2460-\u25fc\u270c-\u2727\u2729-\u274b\u27c0-\u28ff]+"
)
# What stands in the columns of the character before it.
_JOINED = re.compile("\u200d.?|\ufe0f|[\U0001f3fb-\U0001f3ff]", re.DOTALL)
_ALTERNATE_SCREENS: Final = (b"1049", b"1047", b"47")
_SYNCHRONIZED: Final = b"2026"


class Evidence:
    """The farthest places that a recording names.

    `cols` and `rows` are sure. `risen_rows` is as far as the cursor went up, `addressed_cols` the
    farthest that it was sent, `loose_cols` the farthest that a text went or that it was moved from
    there, which may be before the margin or beyond. `margins` counts at which columns programs made
    sure that the terminal had wrapped, `bars` to which they painted blanks, `screens` how many
    lines they drew from the first row on.
    """

    def __init__(self) -> None:
        self.cols = self.rows = self.risen_rows = self.addressed_cols = self.loose_cols = 0
        self.bars: Counter[int] = Counter()
        self.margins: Counter[int] = Counter()
        self.screens: Counter[int] = Counter()

    def addressed(self, row: int, col: int) -> None:
        """The cursor was put there, counting from 1; 0 for what was not said."""
        if row <= LARGEST.rows and col <= LARGEST.cols:
            self.rows = max(self.rows, row)
            self.addressed_cols = max(self.addressed_cols, col)

    def size(self) -> Size:
        """What all of it says together."""
        # One beyond a margin is no bar but vim's blank that makes the terminal wrap.
        bars = [
            col
            for col, times in self.bars.items()
            if times >= _BARS_THAT_CONVINCE and not self.margins[col - 1]
        ]
        cols = max(self.cols, *bars, 0)
        margin, times = max(self.margins.items(), key=lambda item: item[::-1], default=(0, 0))
        if times >= _MARGINS_THAT_CONVINCE and margin >= max(cols, self.addressed_cols):
            cols = margin
        else:
            loose = max(self.loose_cols, self.addressed_cols)
            loose += -loose % _ROUND if -loose % _ROUND <= _SLACK else 0
            cols = max(cols, loose) if loose - _SLACK > cols else cols
        rows = max(self._drawn_rows(), self.risen_rows)
        # Text may end one beyond the margin, but nobody puts the cursor there.
        cols = max(cols, self.addressed_cols, DEFAULT_SIZE.cols)
        return Size(cols, max(rows, DEFAULT_SIZE.rows))

    def is_whole(self) -> bool:
        """Whether a full screen tells both sides; a program that goes up may go farther later."""
        return self.size().cols > DEFAULT_SIZE.cols and self._drawn_rows() > DEFAULT_SIZE.rows

    def _drawn_rows(self) -> int:
        drawn = (rows for rows, times in self.screens.items() if times >= _SCREENS_THAT_CONVINCE)
        return max(self.rows, *drawn, 0)


class Reader:
    """Follows the cursor through the bytes of a recording.

    Its column, how far it went up, and how many lines were drawn since it was in the first row.
    """

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._col = self._up = self._frame_lines = 0
        # Whether the column was addressed, and whether it can no longer be told.
        self._placed = self._lost = False
        self._alternate = False
        # So many lines were drawn from the first row on, and nothing was put anywhere else.
        self._lines_down: int | None = None
        self._followed: dict[bytes, Callable[[int, int], None]] = {
            b"H": self._to_row_and_column,
            b"f": self._to_row_and_column,
            b"G": self._to_column,
            b"`": self._to_column,
            b"d": self._to_row,
            b"r": self._set_region,
            b"A": self._go_up,
            b"F": self._go_up_to_margin,
            b"B": self._go_down,
            b"C": self._right,
            b"D": self._left,
            b"K": self._erase_in_line,
        }

    def read(self, output: bytes) -> None:
        """Go through the bytes that were written to the terminal."""
        waiting, said, ask_at = "", DEFAULT_SIZE, _MORE_BYTES
        for token in _TOKEN.finditer(_COLORS.sub(b"", output)):
            if token.start() >= ask_at:
                before, said = said, self._evidence.size()
                if said == before and self._evidence.is_whole():
                    break
                ask_at += _MORE_BYTES
            prefix, parameters, between, final, control, text = token.groups(b"")
            if waiting:
                home = final == b"H" and parameters.endswith(b";1")
                self._print(waiting, control, home=home)
            waiting = text.decode(errors="replace")
            if control:
                self._move(control)
            elif final and not between:
                self._sequence(prefix, parameters, final)
        if waiting:
            self._print(waiting, b"", home=False)

    def _print(self, text: str, then: bytes, *, home: bool) -> None:
        """Some text, the control that follows, or whether the first column of a row is addressed.

        Text that the cursor goes back in, and no new line follows, is to stay in its row.
        """
        evidence, start = self._evidence, self._col
        back, padded = then in (b"\b", b"\r"), text.endswith("  ")
        is_drawn = self._placed or self._frame_lines > 0 or (back and padded)
        for rule in _RULE.finditer(text):
            if rule.end() - rule.start() >= _SHORTEST_RULE:
                end = start + _width(text[: rule.end()])
                if end <= LARGEST.cols:
                    evidence.cols = max(evidence.cols, end)
        col = self._col = start + _width(text)
        past_all = col > max(evidence.cols, DEFAULT_SIZE.cols)
        if col > LARGEST.cols:
            self._lost = True
        elif past_all and not self._lost and self._makes_wrap(text, back=back, home=home):
            evidence.margins[col - 1] += 2 if back else 1
            self._lost = True
        elif not self._lost:
            if padded and col >= _NARROWEST_BAR and (is_drawn or not then.endswith(b"\n")):
                evidence.bars[col] += 1
            if is_drawn:
                evidence.loose_cols = max(evidence.loose_cols, col)
            elif past_all:
                # It may have wrapped: a shell's long line.
                self._lost = True

    def _makes_wrap(self, text: str, *, back: bool, home: bool) -> bool:
        """Whether one character too many makes the terminal wrap before the cursor goes back.

        Shells and pagers write a blank, vim the last character twice. More blanks are there to
        cover what stood in the row.
        """
        last, before = text[-1], text[-2:-1]
        return (back and last == " " != before) or (
            home and not self._placed and last != " " and last == before
        )

    def _move(self, control: bytes) -> None:
        if control == b"\r":
            self._go_to(0)
            # A pager's prompt goes, and lines follow that move all others up.
            self._lines_down = None
        elif control.endswith(b"\n"):
            if len(control) > 1:
                self._go_to(0)
            self._up = max(0, self._up - 1)
            self._frame_lines = max(0, self._frame_lines - 1)
            self._placed = False
            if self._lines_down is not None:
                self._lines_down += 1
        elif control == b"\t":
            self._col += _TAB_WIDTH - self._col % _TAB_WIDTH
        else:
            self._col = max(0, self._col - 1)

    def _go_to(self, col: int) -> None:
        self._col = min(col, LARGEST.cols)
        self._lost = False
        # From the left margin a program may write a line that wraps; from elsewhere it does not.
        self._placed = col > 0

    def _sequence(self, prefix: bytes, parameters: bytes, final: bytes) -> None:
        if prefix:
            if final in (b"h", b"l"):
                self._set_mode(parameters, on=final == b"h")
            return
        follow = self._followed.get(final)
        if follow is not None:
            numbers = [int(part[:5] or 0) for part in parameters.replace(b":", b";").split(b";")]
            follow(max(1, numbers[0]), numbers[1] if len(numbers) > 1 else 0)

    def _set_mode(self, mode: bytes, *, on: bool) -> None:
        if mode == _SYNCHRONIZED:
            self._frame_lines = _LINES_OF_A_FRAME if on else 0
        elif mode in _ALTERNATE_SCREENS:
            self._end_screen()
            self._alternate = on

    def _end_screen(self) -> None:
        """What was drawn line by line is over; on the main screen it may have scrolled."""
        if self._alternate and self._lines_down:
            self._evidence.screens[self._lines_down + 1] += 1
        self._lines_down = None

    def _to_row_and_column(self, row: int, col: int) -> None:
        if row == 1 and col <= 1:
            self._end_screen()
            self._lines_down = 0
        else:
            self._lines_down = None
        self._up = 0
        self._evidence.addressed(row, max(1, col))
        self._go_to(max(1, col) - 1)

    def _to_column(self, col: int, _: int) -> None:
        self._evidence.addressed(0, col)
        self._go_to(col - 1)

    def _to_row(self, row: int, _: int) -> None:
        self._lines_down = None
        self._evidence.addressed(row, 0)

    def _set_region(self, _: int, bottom: int) -> None:
        self._evidence.addressed(bottom, 0)

    def _right(self, cols: int, _: int) -> None:
        if not self._lost and self._col + cols < LARGEST.cols:
            self._go_to(self._col + cols)
            self._evidence.loose_cols = max(self._evidence.loose_cols, self._col + 1)

    def _left(self, cols: int, _: int) -> None:
        self._col = max(0, self._col - cols)

    def _go_up(self, rows: int, _: int) -> None:
        self._up = min(self._up + rows, LARGEST.rows)
        self._lines_down = None
        if self._up < LARGEST.rows:
            self._evidence.risen_rows = max(self._evidence.risen_rows, self._up + 1)

    def _go_up_to_margin(self, rows: int, _: int) -> None:
        self._go_up(rows, 0)
        self._go_to(0)

    def _go_down(self, rows: int, _: int) -> None:
        self._up = max(0, self._up - rows)

    def _erase_in_line(self, what: int, _: int) -> None:
        if what == _WHOLE_LINE:
            # Of a single line the rest of what comes is no part: it may wrap.
            self._frame_lines = _LINES_OF_A_FRAME if self._up else max(self._frame_lines, 1)


@lru_cache(maxsize=4096)  # what is painted again and again is the same text
def _width(text: str) -> int:
    """The columns of a text, or fewer: not all terminals join emoji of several code points."""
    others = "" if text.isascii() else _NARROW.sub("", text)
    return (
        len(text)
        - len(others)
        + sum(
            0 if combining(char) else 1 + (east_asian_width(char) in "WF")
            for char in _JOINED.sub("", others)
        )
    )
