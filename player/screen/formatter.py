"""What the engine's own formatter tells of a terminal beside its text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from player.screen.binding import checked
from player.screen.terminals import taken

if TYPE_CHECKING:
    from player.screen.binding import Engine

_OF_TERMINAL: Final = frozenset(("modes", "tabstops", "scrolling_region", "keyboard"))
_MODE: Final = re.compile(rb"\x1b\[(\??[0-9]+)([hl])")


class Formatter:
    """Asks the formatter of one terminal. What is as in a new terminal it does not tell."""

    def __init__(self, engine: Engine, terminal: Any) -> None:  # noqa: ANN401  cffi has no types
        self._engine, self._terminal = engine, terminal
        ffi, lib = engine.ffi, engine.lib
        # Something must be formatted along: the first cell, which is cut off again.
        self._cell = ffi.new("GhosttySelection*")
        self._cell.size = ffi.sizeof("GhosttySelection")
        point = ffi.new("GhosttyPoint*")
        point.tag = lib.GHOSTTY_POINT_TAG_ACTIVE
        for end in ("start", "end"):
            place = ffi.addressof(self._cell, end)
            place.size = ffi.sizeof("GhosttyGridRef")
            checked(lib.ghostty_terminal_grid_ref(terminal, point[0], place))
        self._text = self._formatted("")

    def said(self, extra: str) -> bytes:
        """The sequences for one thing.

        `modes`, `tabstops`, `scrolling_region` or `keyboard` of the terminal; of the screen that is
        shown `style`, `hyperlink`, `protection`, `kitty_keyboard` or `charsets`.
        """
        found = self._formatted(extra)
        if found.startswith(self._text):
            return found[len(self._text) :]
        return found[: len(found) - len(self._text)]

    def modes(self) -> dict[bytes, bytes]:
        """`h` or `l` for each mode that is not as in a new terminal; private ones as `?7`."""
        return dict(_MODE.findall(self.said("modes")))

    def _formatted(self, extra: str) -> bytes:
        ffi, lib = self._engine.ffi, self._engine.lib
        options = ffi.new("GhosttyFormatterTerminalOptions*")
        options.size = ffi.sizeof("GhosttyFormatterTerminalOptions")
        options.extra.size = ffi.sizeof("GhosttyFormatterTerminalExtra")
        options.extra.screen.size = ffi.sizeof("GhosttyFormatterScreenExtra")
        options.emit, options.trim = lib.GHOSTTY_FORMATTER_FORMAT_VT, True
        options.selection = self._cell
        if extra:
            setattr(options.extra if extra in _OF_TERMINAL else options.extra.screen, extra, True)
        made = ffi.new("GhosttyFormatter*")
        checked(lib.ghostty_formatter_terminal_new(ffi.NULL, made, self._terminal, options[0]))
        try:
            return taken(self._engine, lib.ghostty_formatter_format_alloc, made[0])
        finally:
            lib.ghostty_formatter_free(made[0])
