"""The screen on libghostty-vt."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from formats.size import Size
from player.screen.binding import ScreenEngineError, checked, load
from player.screen.face import Screen
from player.screen.terminals import (
    keep_history,
    new_terminal,
    packed_terminal,
    taken,
    unpacked_terminal,
)
from player.screen.values import LONGEST_LINE_ROWS, Colors, Cursor, CursorShape, State, clamp

if TYPE_CHECKING:
    from player.screen.binding import Engine
    from player.screen.drawing import Drawing
    from player.screen.values import Row

_FIRST_TEXT_BYTES: Final = 64 << 10
# A full screen of hostile combining marks is the largest text there can be.
_LARGEST_TEXT_BYTES: Final = 256 << 20
# Only for programs that ask for the size in pixels, and those get no answer.
_CELL_WIDTH_PX, _CELL_HEIGHT_PX = 8, 16
_TRAILING_BLANKS: Final = re.compile(rb" +$", re.MULTILINE)
_SYNCHRONIZED_OUTPUT: Final = 2026


class GhosttyScreen(Screen):
    """See the face."""

    __slots__ = (
        "_buffer", "_drawing", "_end", "_ffi", "_flag_places", "_get_state", "_length", "_lib",
        "_options", "_places", "_point", "_point_value", "_selection", "_start",
        "_terminal", "engine",
    )  # fmt: skip

    _drawing: Drawing | None

    def _begin(self, size: Size) -> None:
        engine = load()
        self._adopt(engine, new_terminal(engine, clamp(size), self._scrollback, self._width))

    def _pack(self) -> bytes:
        return packed_terminal(load(), self._terminal)

    def _unpack(self, packed: bytes) -> None:
        engine = load()
        self._adopt(engine, unpacked_terminal(engine, packed))

    def _keep(self, scrollback: int) -> None:
        keep_history(load(), self._terminal, scrollback)

    def _adopt(self, engine: Engine, terminal: Any) -> None:  # noqa: ANN401  cffi has no types
        self.engine = engine
        self._ffi, self._lib, self._terminal = engine.ffi, engine.lib, terminal
        self._drawing = None
        self._make_places()

    @classmethod
    def engine_id(cls) -> str:
        return load().id

    @property
    def terminal(self) -> Any:  # noqa: ANN401
        """The engine's own terminal."""
        return self._terminal

    def clone(self) -> GhosttyScreen:
        """Another screen in the same state. Raises ScreenEngineError where `snapshot` would."""
        made: GhosttyScreen = object.__new__(type(self))
        made._scrollback, made._width = self._scrollback, self._width
        made._unpack(self._pack())
        return made

    def dump(self) -> bytes:
        from player.screen.dumping import dumped  # noqa: PLC0415  most screens are never dumped

        try:
            return dumped(self)
        finally:
            # What has changed since the last reading was told to others: begin anew.
            self._drawing = None

    def wraps_next(self) -> bool:
        """Whether the row is full, and the next character goes to the next one."""
        waits = self._ffi.new("bool*")
        self._get(self._lib.GHOSTTY_TERMINAL_DATA_CURSOR_PENDING_WRAP, waits)
        return bool(waits[0])

    def unfinished(self) -> bytes:
        """What was fed last of a sequence or character that has not ended."""
        return taken(self.engine, self._lib.ghostty_terminal_continuation_alloc, self._terminal)

    def _make_places(self) -> None:
        """Make once what each reading writes to: a reading then costs 13 us, not 45."""
        ffi, lib = self._ffi, self._lib
        self._point, self._length = ffi.new("GhosttyPoint*"), ffi.new("size_t*")
        self._point_value = self._point.value
        self._flag_places = ffi.new("GhosttyRow*"), ffi.new("bool*")
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

    @property
    def size(self) -> Size:
        state = self.state()
        return Size(state.cols, state.rows)

    @property
    def cursor(self) -> Cursor:
        col, row = self._ffi.new("uint16_t*"), self._ffi.new("uint16_t*")
        self._get(self._lib.GHOSTTY_TERMINAL_DATA_CURSOR_X, col)
        self._get(self._lib.GHOSTTY_TERMINAL_DATA_CURSOR_Y, row)
        return Cursor(col[0], row[0])

    @property
    def title(self) -> str:
        return self._string(self._lib.GHOSTTY_TERMINAL_DATA_TITLE)

    @property
    def folder(self) -> str:
        """The working directory that the program has told (OSC 7), as it did; mostly a URL."""
        return self._string(self._lib.GHOSTTY_TERMINAL_DATA_PWD)

    @property
    def alternate(self) -> bool:
        return self.state().alternate

    def state(self) -> State:
        result = self._lib.ghostty_terminal_get_multi(self._terminal, *self._get_state)
        if result:
            checked(result)
        _, active, mode, history_rows, cursor_row, cols, rows = self._places
        return State(active[0] == 1, mode.value, history_rows[0], cursor_row[0], cols[0], rows[0])

    def feed(self, data: bytes) -> None:
        self._lib.ghostty_terminal_vt_write(self._terminal, data, len(data))

    def resize(self, size: Size) -> None:
        size, state = clamp(size), self.state()
        if size == (state.cols, state.rows):
            return
        if state.alternate and size.cols > state.cols:
            # Where the engine has room for the columns it leaves rows marked as wrapped, else not;
            # how much room there is depends on the past. A stored screen has none.
            with suppress(ScreenEngineError):
                self._unpack(self._pack())
        result = self._lib.ghostty_terminal_resize(
            self._terminal, size.cols, size.rows, _CELL_WIDTH_PX, _CELL_HEIGHT_PX
        )
        checked(result)

    def text(self) -> list[str]:
        state = self.state()
        tag = self._lib.GHOSTTY_POINT_TAG_ACTIVE
        text = self._format(tag, 0, state.rows - 1, state.cols, unwrap=False)
        rows = text.decode(errors="replace").split("\n")
        return rows + [""] * (state.rows - len(rows))

    def lines(self) -> bytes:
        _, _, history_rows, _, cols, rows = self.state()
        if not history_rows:
            tag = self._lib.GHOSTTY_POINT_TAG_ACTIVE
            return self._format(tag, 0, rows - 1, cols, unwrap=True)
        tag, last = self._lib.GHOSTTY_POINT_TAG_SCREEN, history_rows + rows - 1
        return self._format(tag, self.start_of_line(history_rows), last, cols, unwrap=True)

    def history(self, first: int, end: int) -> bytes:
        tag = self._lib.GHOSTTY_POINT_TAG_SCREEN
        return self._format(tag, first, end - 1, self.state().cols, unwrap=True)

    def rows(self, *, changed_only: bool = False) -> list[tuple[int, Row]]:
        return self._draw().rows(changed_only=changed_only)

    def history_rows(self, first: int, end: int) -> list[Row]:
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
        mode = self._ffi.new("GhosttyTerminalModeConfig*", (number & 0x7FFF | ansi << 15, False))
        data = self._lib.GHOSTTY_TERMINAL_DATA_MODE
        # A mode that the engine does not know is never set.
        return not self._lib.ghostty_terminal_get(self._terminal, data, mode) and bool(mode.value)

    @property
    def cursor_visible(self) -> bool:
        return self.mode(25)

    @property
    def cursor_shape(self) -> CursorShape:
        kind, blinking = self._draw().cursor_look()
        return CursorShape(("bar", "block", "underline", "block")[kind & 3], blinking)

    def colors(self) -> Colors:
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
        return self._flag(row, self._lib.GHOSTTY_ROW_DATA_WRAP)

    def start_of_line(self, row: int) -> int:
        lowest = max(0, row - LONGEST_LINE_ROWS)
        while row > lowest and self._flag(row, self._lib.GHOSTTY_ROW_DATA_WRAP_CONTINUATION):
            row -= 1
        return row

    def forget_history(self) -> None:
        # Pruning by a limit, unlike CSI 3J, may be done in the middle of a sequence.
        option = self._lib.GHOSTTY_TERMINAL_OPT_SCROLLBACK_MAX_BYTES
        none = self._ffi.new("size_t*", 0)
        checked(self._lib.ghostty_terminal_set(self._terminal, option, none))
        checked(self._lib.ghostty_terminal_set(self._terminal, option, self._ffi.NULL))

    def _get(self, data: int, place: Any) -> None:  # noqa: ANN401
        checked(self._lib.ghostty_terminal_get(self._terminal, data, place))

    def _string(self, data: int) -> str:
        text = self._ffi.new("GhosttyString*")
        self._get(data, text)
        if not text.len:
            return ""
        return str(self._ffi.buffer(text.ptr, text.len)[:].decode(errors="replace"))

    def _flag(self, row: int, data: int) -> bool:
        """A flag of a row, counted from the oldest that is kept."""
        lib = self._lib
        self._refer(self._start, lib.GHOSTTY_POINT_TAG_SCREEN, 0, row)
        found, value = self._flag_places
        checked(lib.ghostty_grid_ref_row(self._start, found))
        checked(lib.ghostty_row_get(found[0], data, value))
        return bool(value[0])

    def _refer(self, place: Any, tag: int, col: int, row: int) -> None:  # noqa: ANN401
        point, value = self._point, self._point_value
        point.tag, value.x, value.y = tag, col, row
        result = self._lib.ghostty_terminal_grid_ref(self._terminal, point[0], place)
        if result:
            checked(result)

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
        checked(result)
        text = bytes(self._ffi.buffer(self._buffer, length[0]))
        # The engine keeps DEL as the character of a cell; no terminal shows it.
        return _TRAILING_BLANKS.sub(b"", text.replace(b"\x7f", b"")) if b"\x7f" in text else text


def _rgb(color: Any) -> int:  # noqa: ANN401
    return int(color.r << 16 | color.g << 8 | color.b)
