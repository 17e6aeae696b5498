"""The recorded screen as it stands in the window: cropped, framed, hits marked. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from player.screen.values import DEFAULT_STYLE, Run, Style
from player.view.cells import Span, clip, column_spans, line_of, marked, text_of, width_of
from player.view.viewport import frame_lines

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

    from formats.size import Size
    from player.screen.values import Row
    from player.view.viewport import Viewport

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

    def lines(self, view: Viewport, pattern: re.Pattern[str] | None, hit: str) -> list[str]:
        """One line for each row of the view's room, with what matches `pattern` marked.

        Where none of the rows does, those that are a part of `hit`, a line that was wrapped.
        """
        made_for = (view, pattern, hit)
        if made_for != self._made_for:
            self._lines.clear()
            self._made_for = made_for
        right, below = frame_lines(view, f" {view.recorded.cols}x{view.recorded.rows} ")
        parts = bool(pattern and hit and not any(self._matches(pattern)))
        found: list[str] = []
        for number in range(view.top, view.top + view.rows):
            line = self._lines.get(number)
            if line is None:
                row = self._marked(self.rows[number], pattern, hit if parts else "")
                line = self._lines[number] = self._line(row, view, framed=right)
            found.append(line)
        if below:
            found.append(line_of((Run(below, len(below), _FRAME),), view.room.cols))
        blank = line_of((), view.room.cols)
        return found + [blank] * (view.room.rows - len(found))

    def _matches(self, pattern: re.Pattern[str]) -> Iterable[bool]:
        return (bool(pattern.search(text_of(row))) for row in self.rows)

    def _marked(self, row: Row, pattern: re.Pattern[str] | None, hit: str) -> Row:
        if pattern is None:
            return row
        spans = column_spans(row, pattern)
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
