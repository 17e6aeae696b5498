"""Taking the lines that scroll off a screen, each once and whole.

The engine keeps them until they are taken, so that its memory stays small however long the
recording is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from player.screen import LONGEST_LINE_ROWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from player.screen import Screen, State


class Taken(NamedTuple):
    """Lines in UTF-8, oldest first, and the rows `first_row` to `end_row` that they were in.

    Rows are counted from the first that ever scrolled off.
    """

    lines: list[bytes]
    first_row: int
    end_row: int


class History:
    """What has scrolled off the main screen of `screen`, which must have been given scrollback."""

    __slots__ = ("_forgotten_rows", "_screen", "_taken_rows")

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._forgotten_rows = 0
        # Of those that the engine still keeps.
        self._taken_rows = 0

    def state(self) -> tuple[int, int]:
        """What `restore` needs, for JSON."""
        return self._forgotten_rows, self._taken_rows

    def restore(self, state: Sequence[int]) -> None:
        """Go on where another left off, on a screen that keeps what its screen kept."""
        self._forgotten_rows, self._taken_rows = state

    def first_row_kept(self) -> int:
        """The oldest row that the engine has, counted from the first that ever scrolled off."""
        return self._forgotten_rows

    def goes_on(self, state: State) -> bool:
        """Whether of the last line that scrolled off more is, or was, in the screen."""
        return state.history_rows > 0 and self._screen.goes_on(state.history_rows - 1)

    def take(self, state: State | None = None, *, all_of_it: bool = False) -> Taken:
        """The lines that have scrolled off since the last taking.

        `state` is the screen's now, if it is known.

        A line that goes on in the screen is left for later, unless it is longer than
        LONGEST_LINE_ROWS or `all_of_it` is wanted. Nothing on the alternate screen.
        """
        if state is None:
            state = self._screen.state()
        rows = state.history_rows
        start = min(self._taken_rows, rows)
        end = rows if all_of_it else self._end_of_whole_lines(start, rows)
        base = self._forgotten_rows
        lines = self._screen.history(start, end).split(b"\n") if end > start else []
        if not state.alternate:
            self._taken_rows = end
            if rows and end == rows:
                self._forget(rows)
        return Taken(lines, base + start, base + end)

    def after_resize(self) -> None:
        """Rows were wrapped anew: what was taken before is in others now.

        Drops all that scrolled off by this; it was on the screen before.
        """
        state = self._screen.state()
        rows = state.history_rows
        if rows and not state.alternate:
            self._taken_rows = self._end_of_whole_lines(0, rows)
            if self._taken_rows == rows:
                self._forget(rows)

    def _forget(self, rows: int) -> None:
        self._screen.forget_history()
        self._forgotten_rows += rows
        self._taken_rows = 0

    def _end_of_whole_lines(self, start: int, rows: int) -> int:
        if rows <= start or not self._screen.goes_on(rows - 1):
            return rows
        head = self._screen.start_of_line(rows - 1)
        return rows if rows - head >= LONGEST_LINE_ROWS else max(start, head)
