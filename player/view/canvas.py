"""The recorded screen as it stands in the window: cropped, framed, hits marked. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from player.screen.values import DEFAULT_STYLE, Run, Style
from player.view.cells import Span, clip, column_spans, line_of, marked, text_of, width_of
from player.view.viewport import frame_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from formats.size import Size
    from player.screen.values import Row
    from player.view.viewport import Viewport

    Marks = Mapping[int, Sequence[tuple[int, int]]]
    Find = Callable[[Sequence[str]], Marks]

_FRAME = Style(fg=240)
# A row that is a part of the hit's line is marked as a whole, unless it is next to nothing.
_LEAST_PART = 8


class Canvas:
    """The rows of a screen, and the lines of a window that show them."""

    def __init__(self, *, links: bool = False) -> None:
        self.rows: list[Row] = []
        self._links = links
        self._lines: dict[int, str] = {}
        self._made_for: object = None
        self._marks: Marks = {}

    def apply(self, rows: Iterable[tuple[int, Row]], size: Size) -> None:
        """Take rows that are other than before; those beyond the size are gone."""
        missing = size.rows - len(self.rows)
        if missing:
            self.rows = [*self.rows[: size.rows], *[()] * missing]
            self._lines.clear()
        for number, row in rows:
            if number < size.rows:
                self.rows[number] = row
                self._lines.pop(number, None)

    def lines(self, view: Viewport, find: Find | None, hit: str) -> list[str]:
        """One line for each row of the view's room, with what `find` finds in the rows marked.

        Where that is nothing, those that are a part of `hit`, a line that was wrapped.
        """
        made_for = (view, find, hit)
        if made_for != self._made_for:
            self._lines.clear()
            self._made_for = made_for
        self._mark(find(list(map(text_of, self.rows))) if find else {})
        right, below = frame_lines(view, f" {view.recorded.cols}x{view.recorded.rows} ")
        parts = hit if find and not self._marks else ""
        found: list[str] = []
        for number in range(view.top, view.top + view.rows):
            line = self._lines.get(number)
            if line is None:
                row = self._marked(number, parts)
                line = self._lines[number] = self._line(row, view, framed=right)
            found.append(line)
        if below:
            found.append(line_of((Run(below, len(below), _FRAME),), view.room.cols))
        blank = line_of((), view.room.cols)
        return found + [blank] * (view.room.rows - len(found))

    def _mark(self, marks: Marks) -> None:
        """What is to be marked now. A row may have a match by what stands in the next one."""
        before, self._marks = self._marks, marks
        if not before or not marks:  # the parts of a hit may be to be marked now, or no more
            if before or marks:
                self._lines.clear()
            return
        for number in before.keys() | marks.keys():
            if before.get(number) != marks.get(number):
                self._lines.pop(number, None)

    def _marked(self, number: int, hit: str) -> Row:
        row = self.rows[number]
        spans = column_spans(row, self._marks.get(number, ()))
        text = text_of(row).strip()
        if not spans and len(text) >= _LEAST_PART and text in hit:
            width = width_of(row)
            spans = [Span(width - len(text_of(row).lstrip()), width)]
        return marked(row, spans) if spans else row

    def _line(self, row: Row, view: Viewport, *, framed: bool) -> str:
        row = clip(row, view.left, view.left + view.cols)
        if framed:
            missing = view.cols - width_of(row)
            row = (*row, Run(" " * missing, missing, DEFAULT_STYLE), Run("│", 1, _FRAME))
        return line_of(row, view.room.cols, links=self._links)
