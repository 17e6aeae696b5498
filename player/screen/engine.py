"""The screen on libghostty-vt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from formats.size import Size
from player.screen.binding import ScreenEngineError, load
from player.screen.values import LONGEST_LINE_ROWS, Colors, Cursor, CursorShape, State, clamp

if TYPE_CHECKING:
    from player.screen.drawing import Drawing
    from player.screen.values import Row

_KIB: Final = 1 << 10
_APC_BYTES: Final = 64 * _KIB
_UNFINISHED_SEQUENCE_BYTES: Final = 1 << 20
_FIRST_TEXT_BYTES: Final = 64 * _KIB
# A full screen of hostile combining marks is the largest text there can be.
_LARGEST_TEXT_BYTES: Final = 256 << 20
# Only for programs that ask for the size in pixels, and those get no answer.
_CELL_WIDTH_PX, _CELL_HEIGHT_PX = 8, 16
_TRAILING_BLANKS: Final = re.compile(rb" +$", re.MULTILINE)
_GRAPHEME_CLUSTERS: Final = 2027
_SYNCHRONIZED_OUTPUT: Final = 2026


class Screen:
    """The screen of a terminal of `size`, clamped to what the engine bears.

    `scrollback` is the count of rows kept after they scrolled off; the engine frees them by pages
    of some hundred rows. Characters are as wide as Unicode's grapheme clusters say (mode 2027):
    that is what today's terminals do and what agents' interfaces reckon with. A program can still
    switch it off; a reset (RIS) switches it on again.

    Raises ScreenEngineError when the engine cannot be loaded. Not to be shared between threads.
    """

    __slots__ = (
        "_buffer", "_drawing", "_end", "_ffi", "_get_state", "_length", "_lib",
        "_options", "_places", "_point", "_selection", "_start", "_terminal",
    )  # fmt: skip

    def __init__(self, size: Size, scrollback: int = 0) -> None:
        engine = load()
        self._ffi, self._lib = engine.ffi, engine.lib
        self._terminal = self._new_terminal(clamp(size), scrollback)
        self._make_places()
        self._drawing: Drawing | None = None

    def _new_terminal(self, size: Size, scrollback: int) -> Any:  # noqa: ANN401  cffi has no types
        ffi, lib = self._ffi, self._lib
        made = ffi.new("GhosttyTerminal*")
        if lib.ghostty_terminal_new(ffi.NULL, made, *size):
            raise ScreenEngineError(f"no memory for a screen of {size.cols}x{size.rows}")
        terminal = ffi.gc(made[0], lib.ghostty_terminal_free)

        def limit(option: int, value: int, unit: str = "size_t*") -> None:
            self._check(lib.ghostty_terminal_set(terminal, option, ffi.new(unit, value)))

        # All before the first byte: some have no effect later.
        if scrollback:
            # Whichever of bytes and lines is reached first wins: NULL leaves the lines alone.
            option = lib.GHOSTTY_TERMINAL_OPT_SCROLLBACK_MAX_BYTES
            self._check(lib.ghostty_terminal_set(terminal, option, ffi.NULL))
            limit(lib.GHOSTTY_TERMINAL_OPT_SCROLLBACK_MAX_LINES, scrollback)
        else:
            limit(lib.GHOSTTY_TERMINAL_OPT_SCROLLBACK_MAX_BYTES, 0)
        limit(lib.GHOSTTY_TERMINAL_OPT_KITTY_IMAGE_STORAGE_LIMIT, 0, "uint64_t*")
        limit(lib.GHOSTTY_TERMINAL_OPT_APC_MAX_BYTES, _APC_BYTES)
        limit(lib.GHOSTTY_TERMINAL_OPT_CLIPBOARD_WRITE_MAX_BYTES, 0)
        limit(lib.GHOSTTY_TERMINAL_OPT_CONTINUATION_MAX_BYTES, _UNFINISHED_SEQUENCE_BYTES)
        clusters = ffi.new("GhosttyTerminalModeConfig*", (_GRAPHEME_CLUSTERS, True))
        option = lib.GHOSTTY_TERMINAL_OPT_MODE_DEFAULT
        self._check(lib.ghostty_terminal_set(terminal, option, clusters))
        return terminal

    def _make_places(self) -> None:
        """Make once what each reading writes to: a reading then costs 13 us, not 45."""
        ffi, lib = self._ffi, self._lib
        self._point, self._length = ffi.new("GhosttyPoint*"), ffi.new("size_t*")
        self._buffer = ffi.new("uint8_t[]", _FIRST_TEXT_BYTES)
        selection = self._selection = ffi.new("GhosttySelection*")
        selection.size = ffi.sizeof("GhosttySelection")
        selection.start.size = selection.end.size = ffi.sizeof("GhosttyGridRef")
        self._start, self._end = ffi.addressof(selection.start), ffi.addressof(selection.end)
        options = self._options = ffi.new("GhosttyTerminalSelectionFormatOptions*")
        options.size = ffi.sizeof("GhosttyTerminalSelectionFormatOptions")
        options.emit, options.trim = lib.GHOSTTY_FORMATTER_FORMAT_PLAIN, True
        options.selection = selection
        mode = ffi.new("GhosttyTerminalModeConfig*", (_SYNCHRONIZED_OUTPUT, False))
        keys = ffi.new(
            "GhosttyTerminalData[]",
            [
                lib.GHOSTTY_TERMINAL_DATA_ACTIVE_SCREEN,
                lib.GHOSTTY_TERMINAL_DATA_MODE,
                lib.GHOSTTY_TERMINAL_DATA_SCROLLBACK_ROWS,
                lib.GHOSTTY_TERMINAL_DATA_CURSOR_Y,
                lib.GHOSTTY_TERMINAL_DATA_COLS,
                lib.GHOSTTY_TERMINAL_DATA_ROWS,
            ],
        )
        short = [ffi.new("uint16_t*") for _ in range(3)]
        places = [ffi.new("int*"), mode, ffi.new("size_t*"), *short]
        values = ffi.new("void*[]", places)
        self._places = (values, *places)
        self._get_state = (len(places), keys, values, ffi.NULL)

    @staticmethod
    def _check(result: int) -> None:
        if result:
            raise ScreenEngineError(f"the screen engine fails with {result}")

    @property
    def size(self) -> Size:
        """The size in use: the one asked for or the nearest possible, or what DECCOLM made."""
        state = self.state()
        return Size(state.cols, state.rows)

    @property
    def cursor(self) -> Cursor:
        """Where the next character goes."""
        col, row = self._ffi.new("uint16_t*"), self._ffi.new("uint16_t*")
        self._get(self._lib.GHOSTTY_TERMINAL_DATA_CURSOR_X, col)
        self._get(self._lib.GHOSTTY_TERMINAL_DATA_CURSOR_Y, row)
        return Cursor(col[0], row[0])

    @property
    def title(self) -> str:
        """The window title that the program has set last; empty before that."""
        title = self._ffi.new("GhosttyString*")
        self._get(self._lib.GHOSTTY_TERMINAL_DATA_TITLE, title)
        if not title.len:
            return ""
        return str(self._ffi.buffer(title.ptr, title.len)[:].decode(errors="replace"))

    @property
    def alternate(self) -> bool:
        """Whether the alternate screen is shown."""
        return self.state().alternate

    def state(self) -> State:
        """What can be told without looking at the text; one call, 1 us."""
        result = self._lib.ghostty_terminal_get_multi(self._terminal, *self._get_state)
        if result:
            self._check(result)
        _, active, mode, history_rows, cursor_row, cols, rows = self._places
        return State(active[0] == 1, mode.value, history_rows[0], cursor_row[0], cols[0], rows[0])

    def feed(self, data: bytes) -> None:
        """Do what the bytes say. They may begin and end anywhere in a sequence or character."""
        self._lib.ghostty_terminal_vt_write(self._terminal, data, len(data))

    def resize(self, size: Size) -> None:
        """Change the size, as the window did: the main screen's lines are wrapped anew."""
        size = clamp(size)
        if size == self.size:
            return
        result = self._lib.ghostty_terminal_resize(
            self._terminal, size.cols, size.rows, _CELL_WIDTH_PX, _CELL_HEIGHT_PX
        )
        self._check(result)

    def text(self) -> list[str]:
        """The rows of the screen as drawn, one string each, without their trailing blanks."""
        state = self.state()
        tag = self._lib.GHOSTTY_POINT_TAG_ACTIVE
        text = self._format(tag, 0, state.rows - 1, state.cols, unwrap=False)
        rows = text.decode(errors="replace").split("\n")
        return rows + [""] * (state.rows - len(rows))

    def lines(self) -> bytes:
        r"""The lines on the screen in UTF-8, one for each `\n`, trailing blanks off.

        A line that was wrapped to several rows is whole, also what of it has scrolled off, up to
        LONGEST_LINE_ROWS of it; thus a change of the width changes no line.
        """
        _, _, history_rows, _, cols, rows = self.state()
        if not history_rows:
            tag = self._lib.GHOSTTY_POINT_TAG_ACTIVE
            return self._format(tag, 0, rows - 1, cols, unwrap=True)
        tag, last = self._lib.GHOSTTY_POINT_TAG_SCREEN, history_rows + rows - 1
        return self._format(tag, self.start_of_line(history_rows), last, cols, unwrap=True)

    def history(self, first: int, end: int) -> bytes:
        """The lines in the rows `first` to `end` (exclusive) of those that scrolled off.

        As in `lines`; row 0 is the oldest that is kept.
        """
        tag = self._lib.GHOSTTY_POINT_TAG_SCREEN
        return self._format(tag, first, end - 1, self.state().cols, unwrap=True)

    def rows(self, *, changed_only: bool = False) -> list[tuple[int, Row]]:
        """(Row number from 0, its runs) from top to bottom.

        With `changed_only` those that may look different since the last call of this method; all,
        when the screen has scrolled as a whole, was switched or resized.
        """
        return self._draw().rows(changed_only=changed_only)

    def history_rows(self, first: int, end: int) -> list[Row]:
        """The rows `first` to `end` (exclusive) from the oldest that is kept, as runs.

        Those that scrolled off come first, those on the screen behind them: row
        `state().history_rows` is the first on the screen. The alternate screen has no history.
        """
        state = self.state()
        end = min(end, state.history_rows + state.rows)
        found: list[Row] = []
        ffi, lib = self._ffi, self._lib
        move = ffi.new("GhosttyTerminalScrollViewport*")
        draw = self._draw()
        try:
            while (row := first + len(found)) < end:
                # The viewport cannot be lower than the screen.
                top = min(row, state.history_rows)
                move.tag, move.value.row = lib.GHOSTTY_SCROLL_VIEWPORT_ROW, top
                lib.ghostty_terminal_scroll_viewport(self._terminal, move[0])
                draw.forget()
                shown = draw.rows(changed_only=False)[row - top :]
                found += [runs for _, runs in shown[: end - row]]
        finally:
            move.tag = lib.GHOSTTY_SCROLL_VIEWPORT_BOTTOM
            lib.ghostty_terminal_scroll_viewport(self._terminal, move[0])
            draw.forget()
        return found

    def _draw(self) -> Drawing:
        if self._drawing is None:
            from player.screen.drawing import Drawing  # noqa: PLC0415  text alone needs none

            self._drawing = Drawing(self._ffi, self._lib, self._terminal)
        return self._drawing

    def mode(self, number: int, *, ansi: bool = False) -> bool:
        """Whether a mode is set: a DEC private one (`CSI ? number h`), or an ANSI one."""
        mode = self._ffi.new("GhosttyTerminalModeConfig*", (number & 0x7FFF | ansi << 15, False))
        data = self._lib.GHOSTTY_TERMINAL_DATA_MODE
        # A mode that the engine does not know is never set.
        return not self._lib.ghostty_terminal_get(self._terminal, data, mode) and bool(mode.value)

    @property
    def cursor_visible(self) -> bool:
        """Whether the program shows the cursor (DECTCEM)."""
        return self.mode(25)

    @property
    def cursor_shape(self) -> CursorShape:
        """How the program has the cursor drawn (DECSCUSR)."""
        kind, blinking = self._draw().cursor_look()
        return CursorShape(("bar", "block", "underline", "block")[kind & 3], blinking)

    def colors(self) -> Colors:
        """The colours that the program has set itself (OSC 4, 10, 11, 12)."""
        lib = self._lib

        def single(data: int) -> int | None:
            color = self._ffi.new("GhosttyColorRgb*")
            missing = lib.ghostty_terminal_get(self._terminal, data, color)
            return None if missing else _rgb(color[0])

        now, default = (self._ffi.new("GhosttyColorRgb[256]") for _ in range(2))
        self._get(lib.GHOSTTY_TERMINAL_DATA_COLOR_PALETTE, now)
        self._get(lib.GHOSTTY_TERMINAL_DATA_COLOR_PALETTE_DEFAULT, default)
        palette: dict[int, int] = {}
        if bytes(self._ffi.buffer(now)) != bytes(self._ffi.buffer(default)):
            pairs = enumerate(zip(map(_rgb, now), map(_rgb, default), strict=True))
            palette = {number: new for number, (new, old) in pairs if new != old}
        return Colors(
            single(lib.GHOSTTY_TERMINAL_DATA_COLOR_FOREGROUND),
            single(lib.GHOSTTY_TERMINAL_DATA_COLOR_BACKGROUND),
            single(lib.GHOSTTY_TERMINAL_DATA_COLOR_CURSOR),
            palette,
        )

    def goes_on(self, row: int) -> bool:
        """Whether the line in this row was wrapped to the next; row 0 is the oldest kept."""
        return self._flag(row, self._lib.GHOSTTY_ROW_DATA_WRAP)

    def start_of_line(self, row: int) -> int:
        """The row in which the line in `row` begins, at most LONGEST_LINE_ROWS before it."""
        lowest = max(0, row - LONGEST_LINE_ROWS)
        while row > lowest and self._flag(row, self._lib.GHOSTTY_ROW_DATA_WRAP_CONTINUATION):
            row -= 1
        return row

    def forget_history(self) -> None:
        """Drop all rows that have scrolled off. Not to be called on the alternate screen."""
        # Pruning by a limit, unlike CSI 3J, may be done in the middle of a sequence.
        option = self._lib.GHOSTTY_TERMINAL_OPT_SCROLLBACK_MAX_BYTES
        none = self._ffi.new("size_t*", 0)
        self._check(self._lib.ghostty_terminal_set(self._terminal, option, none))
        self._check(self._lib.ghostty_terminal_set(self._terminal, option, self._ffi.NULL))

    def _get(self, data: int, place: Any) -> None:  # noqa: ANN401
        self._check(self._lib.ghostty_terminal_get(self._terminal, data, place))

    def _flag(self, row: int, data: int) -> bool:
        """A flag of a row, counted from the oldest that is kept."""
        lib = self._lib
        self._refer(self._start, lib.GHOSTTY_POINT_TAG_SCREEN, 0, row)
        found, value = self._ffi.new("GhosttyRow*"), self._ffi.new("bool*")
        self._check(lib.ghostty_grid_ref_row(self._start, found))
        self._check(lib.ghostty_row_get(found[0], data, value))
        return bool(value[0])

    def _refer(self, place: Any, tag: int, col: int, row: int) -> None:  # noqa: ANN401
        point = self._point
        point.tag, point.value.x, point.value.y = tag, col, row
        result = self._lib.ghostty_terminal_grid_ref(self._terminal, point[0], place)
        if result:
            self._check(result)

    def _format(self, tag: int, first: int, last: int, cols: int, *, unwrap: bool) -> bytes:
        """Rows `first` to `last` in UTF-8; trailing blank rows are left off."""
        self._refer(self._start, tag, 0, first)
        self._refer(self._end, tag, cols - 1, last)
        self._options.unwrap = unwrap
        lib, length = self._lib, self._length
        while True:
            result = lib.ghostty_terminal_selection_format_buf(
                self._terminal, self._options[0], self._buffer, len(self._buffer), length
            )
            if result != lib.GHOSTTY_OUT_OF_SPACE or length[0] > _LARGEST_TEXT_BYTES:
                break
            self._buffer = self._ffi.new("uint8_t[]", 2 * length[0])
        self._check(result)
        text = bytes(self._ffi.buffer(self._buffer, length[0]))
        # The engine keeps DEL as the character of a cell; no terminal shows it.
        return _TRAILING_BLANKS.sub(b"", text.replace(b"\x7f", b"")) if b"\x7f" in text else text


def _rgb(color: Any) -> int:  # noqa: ANN401
    return int(color.r << 16 | color.g << 8 | color.b)
