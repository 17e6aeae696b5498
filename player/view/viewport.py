"""Which part of a recorded screen a window shows, and where. Pure geometry."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from formats.size import Size
    from player.screen import Cursor

# The bar takes two rows where they are to spare, one where the recording fills the window.
_TALL_ROWS = 16
_FRAME = 1


class Pan(NamedTuple):
    """The corner that a person has moved the view to; None follows the cursor."""

    left: int | None = None
    top: int | None = None


class Viewport(NamedTuple):
    """`room` columns and rows of the window, showing the screen from (`left`, `top`) on."""

    left: int
    top: int
    room: Size
    recorded: Size

    @property
    def cols(self) -> int:
        """The columns of the screen that are shown."""
        return min(self.room.cols, self.recorded.cols - self.left)

    @property
    def rows(self) -> int:
        """The rows of the screen that are shown."""
        return min(self.room.rows, self.recorded.rows - self.top)

    @property
    def whole(self) -> bool:
        """Whether all of the screen is shown."""
        return self.cols == self.recorded.cols and self.rows == self.recorded.rows

    def cursor(self, cursor: Cursor) -> Cursor | None:
        """Where the screen's cursor stands in the window, None if it is out of sight."""
        col, row = cursor.col - self.left, cursor.row - self.top
        if 0 <= col < self.cols and 0 <= row < self.rows:
            return cursor._replace(col=col, row=row)
        return None

    def words(self) -> str:
        """What is shown, in words; empty if it is all."""
        parts: list[str] = []
        if self.cols < self.recorded.cols:
            parts.append(f"cols {self.left + 1}-{self.left + self.cols}/{self.recorded.cols}")
        if self.rows < self.recorded.rows:
            parts.append(f"rows {self.top + 1}-{self.top + self.rows}/{self.recorded.rows}")
        return " ".join(parts)


def bar_rows(window: Size, recorded: Size) -> int:
    """How many rows the bar takes: never one of the recording's where that can be helped."""
    spare = window.rows - recorded.rows
    if spare >= 2:  # noqa: PLR2004
        return 2
    return 1 if spare >= 0 or window.rows < _TALL_ROWS else 2


def viewport(room: Size, recorded: Size, cursor: Cursor, pan: Pan, before: Viewport) -> Viewport:
    """What to show in `room`: where the person panned to, else where the cursor is.

    The view moves only when the cursor leaves it: `before` is what was shown last.
    """
    left = _edge(pan.left, before.left, cursor.col, room.cols, recorded.cols)
    top = _edge(pan.top, before.top, cursor.row, room.rows, recorded.rows)
    return Viewport(left, top, room, recorded)


def _edge(panned: int | None, before: int, cursor: int, room: int, recorded: int) -> int:
    last = max(0, recorded - room)
    if panned is not None:
        return max(0, min(panned, last))
    edge = min(before, last)
    if cursor < edge:
        edge = cursor
    elif cursor >= edge + room:
        edge = cursor - room + 1
    return max(0, min(edge, last))


def frame_lines(view: Viewport, label: str) -> tuple[bool, str]:
    """Whether there is room for a line right of the screen, and the line below it, if any."""
    right = view.room.cols - view.recorded.cols >= _FRAME
    if view.room.rows - view.recorded.rows < _FRAME:
        return right, ""
    cols = min(view.cols, view.recorded.cols)
    text = label if len(label) + 4 <= cols else ""
    return right, f"{'─' * (cols - len(text))}{text}" + ("┘" if right else "")
