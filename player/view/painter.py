"""Painting a window: of the rows that are wanted, those that differ from what stands there.

All of it lies in one synchronized update (mode 2026), so that no terminal shows half of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from player.screen import Cursor

ENTER = b"\x1b[?1049h\x1b[?7l\x1b[?25l\x1b[m\x1b[2J\x1b[H"
"""A screen of our own, without wrapping, so that the last column is a column like any other."""

LEAVE = b"\x1b[?2026l\x1b[m\x1b[?7h\x1b[?25h\x1b[?1049l"
MOUSE_ON = b"\x1b[?1000h\x1b[?1006h"
"""Clicks and the wheel, as SGR reports."""

MOUSE_OFF = b"\x1b[?1006l\x1b[?1000l"


class Painter:
    """Knows what stands in the window, and gives the bytes that make it something else."""

    def __init__(self) -> None:
        self._shown: list[str] = []
        self._cursor: Cursor | None = None

    def forget(self) -> None:
        """Nothing is known: the window has another size, or somebody else wrote on it."""
        self._shown = []

    def paint(self, lines: Sequence[str], cursor: Cursor | None) -> bytes:
        """What makes the window show `lines`, one for each of its rows, and the cursor.

        A line is as `player.view.cells.line_of` makes it. The cursor is None where none is shown.
        Empty when that is what it shows already.
        """
        shown = self._shown
        if len(shown) != len(lines):
            parts = ["\x1b[m\x1b[2J"]
            shown = [""] * len(lines)
        else:
            parts = []
        parts += [
            f"\x1b[{row};1H{line}"
            for row, (line, before) in enumerate(zip(lines, shown, strict=True), 1)
            if line != before
        ]
        if not parts and cursor == self._cursor:
            return b""
        self._shown, self._cursor = list(lines), cursor
        if cursor is not None:
            parts.append(f"\x1b[{cursor.row + 1};{cursor.col + 1}H\x1b[?25h")
        return "".join(("\x1b[?2026h\x1b[?25l", *parts, "\x1b[?2026l")).encode("utf-8", "replace")
