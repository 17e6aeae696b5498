"""A terminal's screen as a value to ask: bytes go in, rows of text come out.

The engine is libghostty-vt. It answers no query, opens nothing, sets no clipboard: no callback is
registered, so a recording, even a hostile one, reaches nothing but the cells of its own grid. It
may crash for reasons of its own, so a process that feeds it must be one that may die.

What has scrolled off is kept as long as asked for; `player.lines.history` takes it line by line.
"""

from __future__ import annotations

from player.screen.binding import ScreenEngineError
from player.screen.face import GRAPHEME, Screen, Width
from player.screen.values import (
    DEFAULT_STYLE,
    LARGEST_SIZE,
    LONGEST_LINE_ROWS,
    RGB,
    SMALLEST_SIZE,
    Colors,
    Cursor,
    CursorShape,
    Row,
    Run,
    State,
    Style,
    clamp,
)

__all__ = ["DEFAULT_STYLE", "GRAPHEME", "LARGEST_SIZE", "LONGEST_LINE_ROWS", "RGB", "SMALLEST_SIZE"]
__all__ += ["Colors", "Cursor", "CursorShape", "Row", "Run", "State", "Style", "Width"]
__all__ += ["Screen", "ScreenEngineError", "clamp"]
