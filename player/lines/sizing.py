"""The terminal's size when a log does not say it: inferred from what was drawn. Pure.

Other writers of the five-field format leave the size out. A program that draws a screen gives it
away: it addresses the last row and column, sets scrolling regions, paints bars and rules from
margin to margin. All of these are lower bounds, and the largest is the answer: a screen too small
breaks every row (recall 0.26 to 0.69), one too large almost nothing (1.00; facts measured on
120x40 recordings).
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from unicodedata import combining, east_asian_width

from formats.entry import OUTPUT, event_size
from formats.size import DEFAULT_SIZE, Size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from formats.entry import Entry

LONGEST_LOOK_BYTES: Final = 2 << 20
"""So much of the output is looked at, 0.2 s, where nothing tells a size: a shell, which may start
an editor later."""

_MORE_BYTES: Final = 64 << 10
_SURE_OF_BOTH_SIDES, _SURE_OF_ONE_SIDE = 1, 4
# Programs show their frame at once: when so many times so much more says the same, it is that.

# Programs that ask for the size move to 999;999 or beyond and ask where they are.
_LARGEST = Size(500, 300)
_SHORTEST_RULE: Final = 20
_NARROWEST_BAR: Final = 40
# Rows painted to the same column so often were painted to the margin.
_BARS_THAT_CONVINCE: Final = 3
_MARGINS_THAT_CONVINCE: Final = 2
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
    rb"|([\r\n\x08\t])"
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
# What terminals report, in what was typed: CSI 8 (or 48) ; rows ; cols t, and the cursor's place.
_REPORTED_SIZE = re.compile(rb"\x1b\[4?8;(\d{1,4});(\d{1,4})[;t]")
_REPORTED_PLACE = re.compile(rb"\x1b\[(\d{1,4});(\d{1,4})R")


def initial_size(entries: Iterable[Entry]) -> Size:
    """The size at the beginning of a session, stated by its first event or else inferred."""
    output = bytearray()
    reported: list[Size] = []
    evidence = _Evidence()
    for entry in entries:
        size = None if entry.event is None else event_size(entry.event)
        if size is not None:
            if not output or entry.event is None or entry.event["type"] != "resize":
                return size
            # What follows was drawn for another size.
            break
        if entry.direction != OUTPUT:
            reported += _sizes(_REPORTED_SIZE, entry.data)
            for place in _sizes(_REPORTED_PLACE, entry.data):
                evidence.addressed(place.rows, place.cols)
        else:
            output += entry.data
            if len(output) >= LONGEST_LOOK_BYTES:
                break
    if reported:
        return reported[0]
    _Reader(evidence).read(bytes(output[:LONGEST_LOOK_BYTES]))
    return evidence.size()


def infer_size(entries: Iterable[Entry]) -> Size:
    """The size inferred from what was drawn, whatever the events say; at least 80x24."""
    return initial_size(entry._replace(event=None) for entry in entries)


def _sizes(pattern: re.Pattern[bytes], data: bytes) -> list[Size]:
    found = (Size(int(cols), int(rows)) for rows, cols in pattern.findall(data))
    return [
        size for size in found if 0 < size.cols <= _LARGEST.cols and 0 < size.rows <= _LARGEST.rows
    ]


class _Evidence:
    """The farthest places that a recording names.

    `cols` and `rows` are sure. `addressed_cols` is the farthest that the cursor was sent,
    `loose_cols` the farthest that a text went, which may be before the margin or beyond. `margins`
    counts at which columns programs made sure that the terminal had wrapped, `bars` to which they
    painted blanks.
    """

    def __init__(self) -> None:
        self.cols = self.rows = self.addressed_cols = self.loose_cols = 0
        self.bars: Counter[int] = Counter()
        self.margins: Counter[int] = Counter()

    def addressed(self, row: int, col: int) -> None:
        """The cursor was put there, counting from 1; 0 for what was not said."""
        if row <= _LARGEST.rows and col <= _LARGEST.cols:
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
        return Size(max(cols, DEFAULT_SIZE.cols), max(self.rows, DEFAULT_SIZE.rows))


class _Settled:
    """Told again and again what the evidence says by then, knows when it will not change."""

    def __init__(self) -> None:
        self._size, self._times = DEFAULT_SIZE, 0

    def is_at(self, size: Size) -> bool:
        """Whether it has been so often enough: a full screen tells both sides, other output one."""
        self._times = self._times + 1 if size == self._size else 0
        self._size = size
        wide, high = size.cols > DEFAULT_SIZE.cols, size.rows > DEFAULT_SIZE.rows
        if not wide and not high:
            return False
        return self._times >= (_SURE_OF_BOTH_SIDES if wide and high else _SURE_OF_ONE_SIDE)


class _Reader:
    """Follows the cursor's column, and how far it went up, through the bytes of a recording."""

    def __init__(self, evidence: _Evidence) -> None:
        self._evidence = evidence
        self._col = self._up = self._frame_lines = 0
        # Whether the column was addressed, and whether it can no longer be told.
        self._placed = self._lost = False
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
        waiting, settled, ask_at = "", _Settled(), _MORE_BYTES
        for token in _TOKEN.finditer(_COLORS.sub(b"", output)):
            if token.start() >= ask_at:
                if settled.is_at(self._evidence.size()):
                    break
                ask_at += _MORE_BYTES
            prefix, parameters, between, final, control, text = token.groups(b"")
            if waiting:
                home = final == b"H" and parameters.endswith(b";1")
                self._print(waiting, back=control in (b"\b", b"\r"), home=home)
            waiting = text.decode(errors="replace")
            if control:
                self._move(control)
            elif final and not between:
                self._sequence(prefix, parameters, final)
        if waiting:
            self._print(waiting, back=False, home=False)

    def _print(self, text: str, *, back: bool, home: bool) -> None:
        """Some text, and whether the cursor then goes back or to the first column of a row."""
        evidence, start = self._evidence, self._col
        for rule in _RULE.finditer(text):
            if rule.end() - rule.start() >= _SHORTEST_RULE:
                end = start + _width(text[: rule.end()])
                if end <= _LARGEST.cols:
                    evidence.cols = max(evidence.cols, end)
        col = self._col = start + _width(text)
        past_all = col > max(evidence.cols, DEFAULT_SIZE.cols)
        if col > _LARGEST.cols:
            self._lost = True
        elif past_all and self._makes_wrap(text, back=back, home=home):
            evidence.margins[col - 1] += 2 if back else 1
            self._lost = True
        elif not self._lost:
            if text.endswith("  ") and col >= _NARROWEST_BAR:
                evidence.bars[col] += 1
            if self._placed or self._frame_lines:
                evidence.loose_cols = max(evidence.loose_cols, col)
            elif past_all:
                # It may have wrapped: a shell's long line.
                self._lost = True

    def _makes_wrap(self, text: str, *, back: bool, home: bool) -> bool:
        """Whether one character too many makes the terminal wrap before the cursor goes back.

        Shells and pagers write a blank, vim the last character twice.
        """
        last = text[-1]
        return (back and last == " ") or (
            home and not self._placed and last != " " and last == text[-2:-1]
        )

    def _move(self, control: bytes) -> None:
        if control == b"\r":
            self._go_to(0)
        elif control == b"\n":
            self._up = max(0, self._up - 1)
            self._frame_lines = max(0, self._frame_lines - 1)
            self._placed = False
        elif control == b"\t":
            self._col += _TAB_WIDTH - self._col % _TAB_WIDTH
        else:
            self._col = max(0, self._col - 1)

    def _go_to(self, col: int) -> None:
        self._col = min(col, _LARGEST.cols)
        self._lost = False
        # From the left margin a program may write a line that wraps; from elsewhere it does not.
        self._placed = col > 0

    def _sequence(self, prefix: bytes, parameters: bytes, final: bytes) -> None:
        if prefix:
            if final == b"h" and parameters == b"2026":
                self._frame_lines = _LINES_OF_A_FRAME
            return
        follow = self._followed.get(final)
        if follow is not None:
            numbers = [int(part[:5] or 0) for part in parameters.replace(b":", b";").split(b";")]
            follow(max(1, numbers[0]), numbers[1] if len(numbers) > 1 else 0)

    def _to_row_and_column(self, row: int, col: int) -> None:
        self._up = 0
        self._evidence.addressed(row, max(1, col))
        self._go_to(max(1, col) - 1)

    def _to_column(self, col: int, _: int) -> None:
        self._evidence.addressed(0, col)
        self._go_to(col - 1)

    def _to_row(self, row: int, _: int) -> None:
        self._evidence.addressed(row, 0)

    def _set_region(self, _: int, bottom: int) -> None:
        self._evidence.addressed(bottom, 0)

    def _right(self, cols: int, _: int) -> None:
        if not self._lost and self._col + cols < _LARGEST.cols:
            self._to_column(self._col + cols + 1, 0)

    def _left(self, cols: int, _: int) -> None:
        self._col = max(0, self._col - cols)

    def _go_up(self, rows: int, _: int) -> None:
        self._up = min(self._up + rows, _LARGEST.rows)
        self._evidence.addressed(self._up + 1, 0)

    def _go_up_to_margin(self, rows: int, _: int) -> None:
        self._go_up(rows, 0)
        self._go_to(0)

    def _go_down(self, rows: int, _: int) -> None:
        self._up = max(0, self._up - rows)

    def _erase_in_line(self, what: int, _: int) -> None:
        if what == _WHOLE_LINE:
            self._frame_lines = _LINES_OF_A_FRAME


@lru_cache(maxsize=4096)  # what is painted again and again is the same text
def _width(text: str) -> int:
    """The columns of a text, near enough: emoji of several code points count too many."""
    others = "" if text.isascii() else _NARROW.sub("", text)
    return (
        len(text)
        - len(others)
        + sum(
            0 if combining(char) or char in "\u200d\ufe0f" else 1 + (east_asian_width(char) in "WF")
            for char in others
        )
    )
