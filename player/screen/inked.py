"""The cells of a terminal as bytes that write them again."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from player.screen.drawing import Drawing
from player.screen.sgr import sgr
from player.screen.values import DEFAULT_STYLE
from player.screen.words import (
    CLUSTER,
    KIND,
    LOOK,
    PROTECTED,
    TAIL,
    WIDE,
    code_of,
    has_tail,
    width_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from player.screen.values import Style


class Cell(NamedTuple):
    """What stands in one or two columns; `text` is empty where nothing was written.

    Without a text it may still have a background.
    """

    text: str
    cols: int
    style: Style
    protected: bool = False


class Ink(Drawing):
    """Writes the rows of one terminal again. Another `Drawing` of it then misses what changed."""

    def screen(self, cols: int, goes_on: Callable[[int], bool]) -> bytes:
        """All rows, for a blank screen; the cursor may be anywhere, the pen comes out at rest.

        `goes_on` tells of a row whether its line was wrapped to the next: so will it be again.
        """
        out = _Out(cols)
        rows = [self._read(number) for number in self._numbers(changed_only=False)]
        wraps = 0
        for number, (cells, following) in enumerate(zip(rows, (*rows[1:], None), strict=True)):
            # The end of the row before waits for a character of so many columns.
            if cells and not (cells[0].text and cells[0].cols >= wraps > 0):
                out.move(number, 0)
            full = out.row(cells) == cols and bool(cells[-1].text)
            wraps = 0
            if following is None or not goes_on(number):
                continue
            first = following[0] if following and following[0].text else None
            wide = first is not None and first.cols > 1
            if full and first is None:
                out.wrap_to_blank(number + 1)
            elif full:
                wraps = 1
            elif wide:
                # What did not fit in the last column has left it blank.
                out.move(number, cols - 1)
                wraps = 2
        return out.bytes()

    def ending_at(self, row: int, col: int, *, blank: bool) -> tuple[int, bytes]:
        """The columns and the bytes of what ends in this column.

        Where nothing was written a blank if `blank`, else (0, b""). The pen comes out at rest.
        """
        out = _Out(0)
        cell = Cell(" ", 1, DEFAULT_STYLE)
        for number in self._numbers(changed_only=False):
            if number == row:
                end = 0
                for found in self._read(number):
                    end += found.cols
                    if end == col + 1:
                        cell, blank = found, blank or bool(found.text)
        if not blank:
            return 0, b""
        out.row([cell if cell.text else cell._replace(text=" ")])
        return cell.cols, out.bytes()

    def _read(self, number: int) -> list[Cell]:
        words = self._words()
        cells: list[Cell] = []
        after_wide = False
        for col, word in enumerate(words):
            width = width_of(word)
            if after_wide and width == TAIL:
                after_wide = False
                continue
            after_wide = width == WIDE and has_tail(words, col)
            cells.append(self._cell(number, col, word, wide=after_wide))
        return cells

    def _cell(self, number: int, col: int, word: int, *, wide: bool) -> Cell:
        kind, code, width = word & KIND, code_of(word), width_of(word)
        style = self._look(number, col, word) if kind > CLUSTER or word & LOOK else DEFAULT_STYLE
        if kind > CLUSTER or not code:
            return Cell("", 1, style)
        # Of a wide character that was cut in half nothing can be shown.
        text = " " if width and not wide else self._cluster(col, code)
        if wide and text == " ":
            text = "  "  # what a character set has made of a wide one
        return Cell(text, 2 if wide else 1, style, bool(word & PROTECTED))


class _Out:
    """Collects what goes to a terminal of so many columns, and knows the pen there."""

    def __init__(self, cols: int) -> None:
        self._cols = cols
        self._parts: list[str] = []
        self._style = DEFAULT_STYLE
        self._protected = False

    def move(self, row: int, col: int) -> None:
        self._parts.append(f"\x1b[{row + 1};{col + 1}H")

    def wrap_to_blank(self, row: int) -> None:
        """Let the full row before `row` go on in it, though it begins with nothing."""
        self._take(DEFAULT_STYLE, protected=False)
        self._parts.append(" ")
        self.move(row, 0)
        self._parts.append("\x1b[X")

    def row(self, cells: Iterable[Cell]) -> int:
        """The cells, from the first column on. Gives the column behind the last."""
        at = col = 0
        for (style, protected, written), group in groupby(cells, _alike):
            run = list(group)
            end = col + sum(map(itemgetter(1), run))
            if written:
                self._go(col - at)
                self._take(style, protected=protected)
                self._write(run, col)
                at = end
            elif style != DEFAULT_STYLE:
                self._go(col - at)
                self._take(style, protected=False)
                self._parts.append(f"\x1b[{end - col}X")
                at = col
            col = end
        return col

    def bytes(self) -> bytes:
        self._take(DEFAULT_STYLE, protected=False)
        return "".join(self._parts).encode("utf-8", "replace")

    def _write(self, cells: Iterable[Cell], col: int) -> None:
        for cell in cells:
            self._parts.append(cell.text)
            col += cell.cols
            if len(cell.text) > 1 and col < self._cols:
                # Terminals do not agree on how wide a cluster is.
                self._parts.append(f"\x1b[{col + 1}G")

    def _go(self, cols: int) -> None:
        if cols:
            self._parts.append(f"\x1b[{cols}C")

    def _take(self, style: Style, *, protected: bool) -> None:
        if style != self._style:
            self._parts.append(sgr(style))
            if style.link != self._style.link:
                self._parts.append(f"\x1b]8;;{style.link}\x1b\\")
            self._style = style
        if protected != self._protected:
            self._parts.append(f'\x1b[{int(protected)}"q')
            self._protected = protected


def _alike(cell: Cell) -> tuple[Style, bool, bool]:
    return cell.style, cell.protected, bool(cell.text)
