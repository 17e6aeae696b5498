"""Comparing screens: all that can be asked of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from player.screen import Screen

MODES = (1, 5, 6, 7, 12, 25, 45, 66, 69, 1000, 1002, 1003, 1004, 1006, 2004, 2026, 2027)


def seen(screen: Screen) -> dict[str, Any]:
    """What a person sees of it."""
    return {
        "size": screen.size,
        "rows": screen.rows(),
        "cursor": screen.cursor,
        "visible": screen.cursor_visible,
    }


def told(screen: Screen) -> dict[str, Any]:
    """All that it tells."""
    return seen(screen) | {
        "state": screen.state(),
        "title": screen.title,
        "modes": {mode: screen.mode(mode) for mode in MODES},
        "insert": screen.mode(4, ansi=True),
        "shape": screen.cursor_shape,
        "colors": screen.colors(),
    }
