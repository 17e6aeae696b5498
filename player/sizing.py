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
from typing import TYPE_CHECKING, Final
from unicodedata import combining, east_asian_width

from formats.entry import OUTPUT, event_size
from formats.size import DEFAULT_SIZE, Size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from formats.entry import Entry

LONGEST_LOOK_BYTES: Final = 2 << 20
"""So much of the output is looked at: 0.2 s, and programs show their frame at once."""

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
    evidence.read(bytes(output[:LONGEST_LOOK_BYTES]))
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
    """Follows the column, and the rows up and down, of a cursor; keeps the farthest places.

    `_cols` and `_rows` are sure; `_addressed_cols` is the farthest that the cursor was sent,
    `_loose_cols` the farthest that a text went, which may be before the margin or beyond. `_margins` counts at which columns programs made sure that the
    terminal had wrapped, `_bars` to which they painted blanks.
    """

    def __init__(self) -> None:
        self._cols = self._rows = self._addressed_cols = self._loose_cols = 0
        self._bars: Counter[int] = Counter()
        self._margins: Counter[int] = Counter()
        self._col = self._up = self._frame_lines = 0
        self._placed = self._lost = False
        self._text = ""

    def size(self) -> Size:
        """What all of it says together."""
        # One beyond a margin is no bar but vim's blank that makes the terminal wrap.
        bars = [
            col
            for col, times in self._bars.items()
            if times >= _BARS_THAT_CONVINCE and not self._margins[col - 1]
        ]
        cols = max(self._cols, *bars, 0)
        margin, times = max(self._margins.items(), key=lambda item: item[::-1], default=(0, 0))
        if times >= _MARGINS_THAT_CONVINCE and margin >= max(cols, self._addressed_cols):
            cols = margin
        else:
            loose = max(self._loose_cols, self._addressed_cols)
            loose += -loose % _ROUND if -loose % _ROUND <= _SLACK else 0
            cols = max(cols, loose) if loose - _SLACK > cols else cols
        return Size(max(cols, DEFAULT_SIZE.cols), max(self._rows, DEFAULT_SIZE.rows))

    def addressed(self, row: int, col: int) -> None:
        """The cursor was put there, counting from 1; 0 for what was not said."""
        if row <= _LARGEST.rows and col <= _LARGEST.cols:
            self._rows = max(self._rows, row)
            self._addressed_cols = max(self._addressed_cols, col)

    def read(self, output: bytes) -> None:
        """Go through the bytes that were written to the terminal."""
        for token in _TOKEN.finditer(_COLORS.sub(b"", output)):
            prefix, parameters, between, final, control, text = token.groups(b"")
            if text:
                self._text += text.decode(errors="replace")
                continue
            if self._text:
                home = final == b"H" and parameters.endswith(b";1")
                self._print(self._text, back=control in (b"\b", b"\r"), home=home)
                self._text = ""
            if control:
                self._move(control)
            elif final and not between:
                self._sequence(prefix, parameters, final)
        self._print(self._text, back=False, home=False)

    def _print(self, text: str, *, back: bool, home: bool) -> None:
        """Some text, and whether the cursor then goes back or to the first column of a row."""
        start = self._col
        for rule in _RULE.finditer(text):
            if rule.end() - rule.start() >= _SHORTEST_RULE:
                end = start + _width(text[: rule.end()])
                if end <= _LARGEST.cols:
                    self._cols = max(self._cols, end)
        self._col = start + _width(text)
        if self._col > _LARGEST.cols:
            self._lost = True
        elif self._is_past_all() and (
            (back and text[-1] == " ")
            or (home and not self._placed and text[-1] != " " and text[-1] == text[-2:-1])
        ):
            # One character too many and back: so shells and pagers (a blank) and vim (the last
            # one twice) make the terminal wrap.
            self._margins[self._col - 1] += 2 if back else 1
            self._lost = True
        elif not self._lost:
            if text.endswith("  ") and self._col >= _NARROWEST_BAR:
                self._bars[self._col] += 1
            if self._placed or self._frame_lines:
                self._loose_cols = max(self._loose_cols, self._col)
            # Otherwise it may have wrapped: a shell's long line.
            elif self._is_past_all():
                self._lost = True

    def _is_past_all(self) -> bool:
        return self._col > max(self._cols, DEFAULT_SIZE.cols)

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
        self._col = col
        self._lost = False
        # From the left margin a program may write a line that wraps; from elsewhere it does not.
        self._placed = col > 0

    def _sequence(self, prefix: bytes, parameters: bytes, final: bytes) -> None:
        if prefix:
            if final == b"h" and parameters == b"2026":
                self._frame_lines = _LINES_OF_A_FRAME
            return
        numbers = [int(number[:5] or 0) for number in parameters.replace(b":", b";").split(b";")]
        first = max(1, numbers[0])
        if final in b"Hf":
            col = max(1, numbers[1]) if len(numbers) > 1 else 1
            self._address(first, col)
        elif final in b"G`":
            self._address(0, first)
        elif final == b"d":
            self.addressed(first, 0)
        elif final == b"r" and len(numbers) > 1:
            self.addressed(numbers[1], 0)
        elif final == b"C":
            if not self._lost and self._col + first < _LARGEST.cols:
                self._address(0, self._col + first + 1)
        elif final == b"D":
            self._col = max(0, self._col - first)
        elif final in b"AF":
            self._go_up(first, to_margin=final == b"F")
        elif final in b"BE":
            self._up = max(0, self._up - first)
        elif final == b"K" and numbers[0] == 2:  # noqa: PLR2004  erase the whole line
            self._frame_lines = _LINES_OF_A_FRAME

    def _address(self, row: int, col: int) -> None:
        self.addressed(row, col)
        self._go_to(min(col, _LARGEST.cols) - 1)
        if row:
            self._up = 0

    def _go_up(self, rows: int, *, to_margin: bool) -> None:
        self._up += rows
        self.addressed(self._up + 1, 0)
        if to_margin:
            self._go_to(0)


def _width(text: str) -> int:
    """The columns of a text, near enough: emoji of several code points count too many."""
    if text.isascii():
        return len(text)
    return sum(
        0 if combining(char) or char in "\u200d\ufe0f" else 1 + (east_asian_width(char) in "WF")
        for char in text
    )
