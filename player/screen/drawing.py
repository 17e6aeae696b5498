"""A terminal's rows as styled runs, and which of them changed since the last look.

By the engine's render state: one call gives all cells of a row as 64-bit words, and a style is
asked for once per row and style id (ids are local to a page of the engine, so never longer).
"""

from __future__ import annotations

from sys import byteorder
from typing import TYPE_CHECKING, Any, Final

from player.screen.binding import checked
from player.screen.styles import style_of
from player.screen.values import DEFAULT_STYLE, LARGEST_SIZE, Row, Run, Style, without_blanks
from player.screen.words import (
    CELL_BYTES,
    CLUSTER,
    CODE_POINT,
    KIND,
    LINK,
    LOOK,
    SPACER,
    STYLE,
    TAIL,
    TEXT,
    WIDE,
    WIDTH,
    background_of,
    character_of,
    code_of,
    has_tail,
    looks_of,
    width_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CELL: Final = (1 << 8 * CELL_BYTES) - 1


def _in_each_cell(word: int) -> int:
    """A mask for the cells of the longest row there can be, taken as one number."""
    return int.from_bytes(word.to_bytes(CELL_BYTES, byteorder) * LARGEST_SIZE.cols, byteorder)


_LOWEST_BITS: Final = _in_each_cell(1)
_UNUSUAL: Final = _in_each_cell(WIDTH | LINK)
_OTHER_THAN_TEXT: Final = _in_each_cell(KIND | WIDTH | LINK)
_LOOKS: Final = _in_each_cell(LOOK)
# What cells of a width must have in common to look alike; one that was left blank has no link.
_LOOKS_BY_WIDTH: Final = (LOOK, LOOK, LOOK, STYLE | WIDTH)
_CODE_POINTS: Final = _in_each_cell(CODE_POINT)
_UTF_32, _FIRST_HALF = ("utf-32-le", 0) if byteorder == "little" else ("utf-32-be", 1)
_JOINER: Final = "\u200d"
# No script needs as many; a recording may pile up 60,000 marks on one cell.
_LONGEST_CLUSTER: Final = 32
_LONGEST_LINK_BYTES: Final = 4096
_MOST_STYLES: Final = 4096


class Drawing:
    """Reads the rows of one terminal. `changed` counts from the last reading of this object."""

    __slots__ = (
        "_all",
        "_cells",
        "_codes",
        "_dirty",
        "_ffi",
        "_iterator",
        "_length",
        "_lib",
        "_link",
        "_point",
        "_ref",
        "_row",
        "_state",
        "_style",
        "_styles",
        "_terminal",
        "_view",
    )  # fmt: skip

    def __init__(self, ffi: Any, lib: Any, terminal: Any) -> None:  # noqa: ANN401  cffi has no types
        self._ffi, self._lib, self._terminal = ffi, lib, terminal
        self._state = self._made("GhosttyRenderState*", "ghostty_render_state")
        self._iterator = self._made(
            "GhosttyRenderStateRowIterator*", "ghostty_render_state_row_iterator"
        )
        self._cells = self._made("GhosttyRenderStateRowCells*", "ghostty_render_state_row_cells")
        self._view, self._dirty = ffi.new("GhosttyCellsView*"), ffi.new("int*")
        self._row, self._length = ffi.new("uint16_t*"), ffi.new("size_t*")
        self._style = ffi.new("GhosttyStyle*")
        self._style.size = ffi.sizeof("GhosttyStyle")
        self._codes = ffi.new("uint32_t[]", 64)
        self._link = ffi.new("uint8_t[]", _LONGEST_LINK_BYTES)
        self._point, self._ref = ffi.new("GhosttyPoint*"), ffi.new("GhosttyGridRef*")
        self._ref.size = ffi.sizeof("GhosttyGridRef")
        self._styles: dict[bytes, Style] = {}
        self._all = True

    def _made(self, kind: str, name: str) -> Any:  # noqa: ANN401
        place = self._ffi.new(kind)
        checked(getattr(self._lib, name + "_new")(self._ffi.NULL, place))
        return self._ffi.gc(place, _freer(getattr(self._lib, name + "_free")))

    def rows(self, *, changed_only: bool) -> list[tuple[int, Row]]:
        """(Row number from 0, its runs) from top to bottom; all rows, or those that changed."""
        found = [
            (number, self._runs(number)) for number in self._numbers(changed_only=changed_only)
        ]
        checked(self._lib.ghostty_render_state_clean(self._state[0]))
        self._all = False
        return found

    def _numbers(self, *, changed_only: bool) -> Iterator[int]:
        """The numbers of the rows to read; the iterator stands at the one that was given last."""
        lib, state = self._lib, self._state[0]
        checked(lib.ghostty_render_state_update(state, self._terminal))
        checked(
            lib.ghostty_render_state_get(state, lib.GHOSTTY_RENDER_STATE_DATA_DIRTY, self._dirty)
        )
        every = self._all or self._dirty[0] == lib.GHOSTTY_RENDER_STATE_DIRTY_FULL
        if not every and changed_only and not self._dirty[0]:
            return
        what = lib.GHOSTTY_RENDER_STATE_DATA_ROW_ITERATOR
        checked(lib.ghostty_render_state_get(state, what, self._iterator))
        yield from self._every() if every or not changed_only else self._changed()

    def forget(self) -> None:
        """Let the next reading give all rows: the terminal shows something else now."""
        self._all = True

    def cursor_look(self) -> tuple[int, bool]:
        """The cursor's visual style as the engine numbers it, and whether it blinks."""
        lib, state = self._lib, self._state[0]
        kind, blinking = self._ffi.new("int*"), self._ffi.new("bool*")
        checked(lib.ghostty_render_state_update(state, self._terminal))
        get = lib.ghostty_render_state_get
        checked(get(state, lib.GHOSTTY_RENDER_STATE_DATA_CURSOR_VISUAL_STYLE, kind))
        checked(get(state, lib.GHOSTTY_RENDER_STATE_DATA_CURSOR_BLINKING, blinking))
        return kind[0], bool(blinking[0])

    def _every(self) -> Iterator[int]:
        number, more = 0, self._lib.ghostty_render_state_row_iterator_next
        while more(self._iterator[0]):
            yield number
            number += 1

    def _changed(self) -> Iterator[int]:
        more = self._lib.ghostty_render_state_row_iterator_next_dirty
        while more(self._iterator[0], self._row):
            yield self._row[0]

    def _runs(self, number: int) -> Row:
        """The runs of the row at which the iterator stands."""
        raw = self._raw()
        if not raw:
            return ()
        cells = int.from_bytes(raw, byteorder)
        if not cells & _OTHER_THAN_TEXT:
            return self._joined_plain(number, cells, 0, len(raw))
        blanks = cells >> 1 & _LOWEST_BITS  # the kinds that are a background alone
        clusters = cells & _LOWEST_BITS & ~blanks
        if clusters or cells & _UNUSUAL:
            return self._joined(number, memoryview(raw).cast("Q").tolist())
        return self._joined_plain(number, cells, blanks, len(raw))

    def _raw(self) -> bytes:
        """The cells of the row at which the iterator stands, without the blank ones at its end."""
        lib, view, iterator = self._lib, self._view, self._iterator[0]
        get = lib.ghostty_render_state_row_get
        checked(get(iterator, lib.GHOSTTY_RENDER_STATE_ROW_DATA_CELLS_RAW, view))
        raw = bytes(self._ffi.buffer(view.ptr, view.len * CELL_BYTES)) if view.len else b""
        length = -(-len(raw.rstrip(b"\0")) // CELL_BYTES)
        if not length:
            return b""
        checked(get(iterator, lib.GHOSTTY_RENDER_STATE_ROW_DATA_CELLS, self._cells))
        return raw[: length * CELL_BYTES]

    def _words(self) -> list[int]:
        """The same, as a number for each cell."""
        return memoryview(self._raw()).cast("Q").tolist()

    def _joined(self, number: int, words: list[int]) -> Row:
        runs: list[Run] = []
        looks: dict[int, Style] = {}
        style, text, cols = DEFAULT_STYLE, "", 0
        seen = -1
        previous_wide = False
        for col, word in enumerate(words):
            width = width_of(word)
            if width == TAIL and previous_wide:
                previous_wide = False
                continue
            kind = word & KIND
            if kind > CLUSTER:
                look, character = word & ~WIDTH, " "
            else:
                look = word & _LOOKS_BY_WIDTH[width]
                code = code_of(word)
                character = character_of(code) if kind == TEXT else self._cluster(col, code)
            # Of a wide character that was cut in half nothing can be shown.
            previous_wide = width == WIDE and has_tail(words, col)
            if width and not previous_wide:
                character = " "
            if look != seen:
                seen = look
                if look not in looks or look & LINK:
                    looks[look] = self._look(number, col, word) if look else DEFAULT_STYLE
                found = looks[look]
                if found != style:
                    if cols:
                        runs.append(Run(text, cols, style))
                    style, text, cols = found, "", 0
            elif look & LINK and (found := self._look(number, col, word)) != style:
                runs.append(Run(text, cols, style))
                style, text, cols = found, "", 0
            # A joiner at a cell's end joins nothing here; in the text of a run it would.
            text += character.removesuffix(_JOINER) if kind == CLUSTER else character
            cols += 2 if previous_wide else 1
        return without_blanks([*runs, Run(text, cols, style)])

    def _joined_plain(self, number: int, cells: int, blanks: int, size_bytes: int) -> Row:
        """As `_joined`, where every cell is one character or a background, of one column.

        All cells at once, as one number: that takes a tenth of the time that one by one takes.
        `blanks` holds a 1 in each cell that is a background.
        """
        runs: list[Run] = []
        style, text = DEFAULT_STYLE, ""
        colors = cells & blanks * _CELL  # all bits of those cells
        words = cells ^ colors
        # Of each cell's eight bytes four are its code point, and four are none.
        codes = (words >> 2 & _CODE_POINTS).to_bytes(size_bytes, byteorder)
        characters = codes.decode(_UTF_32, "surrogatepass")[_FIRST_HALF::2].replace("\0", " ")
        looked = (words & _LOOKS | colors).to_bytes(size_bytes, byteorder)
        styles = {0: DEFAULT_STYLE}
        col = 0
        for look, cols in looks_of(looked):
            end = col + cols
            found = styles.get(look)
            if found is None:
                found = styles[look] = self._look(number, col, look)
            piece = characters[col:end]
            col = end
            if not piece.isprintable():
                piece = "".join(character_of(ord(character)) for character in piece)
            if found != style:
                if text:
                    runs.append(Run(text, len(text), style))
                style, text = found, ""
            text += piece
        return without_blanks([*runs, Run(text, len(text), style)])

    def _look(self, number: int, col: int, word: int) -> Style:
        kind = word & KIND
        if kind > CLUSTER:
            return Style(bg=background_of(word))
        style = self._styled(col) if word & STYLE else DEFAULT_STYLE
        if width_of(word) == SPACER:  # nothing was written there
            return Style(bg=style.bg)
        if word & LINK and (link := self._link_at(number, col)):
            style = style._replace(link=link)
        return style

    def _styled(self, col: int) -> Style:
        lib, cells = self._lib, self._cells[0]
        checked(lib.ghostty_render_state_row_cells_select(cells, col))
        what = lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_STYLE
        checked(lib.ghostty_render_state_row_cells_get(cells, what, self._style))
        key = bytes(self._ffi.buffer(self._style))
        style = self._styles.get(key)
        if style is None:
            if len(self._styles) >= _MOST_STYLES:
                self._styles.clear()
            style = self._styles[key] = style_of(self._style)
        return style

    def _cluster(self, col: int, code: int) -> str:
        if character_of(code) == " ":  # marks on nothing: the engine's own text leaves them off too
            return " "
        lib, cells = self._lib, self._cells[0]
        checked(lib.ghostty_render_state_row_cells_select(cells, col))
        get = lib.ghostty_render_state_row_cells_get
        checked(get(cells, lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_GRAPHEMES_LEN, self._length))
        if self._length[0] > len(self._codes):
            self._codes = self._ffi.new("uint32_t[]", self._length[0])
        checked(get(cells, lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_GRAPHEMES_BUF, self._codes))
        codes = self._codes[0 : min(self._length[0], _LONGEST_CLUSTER)]
        return "".join(map(character_of, codes)) or character_of(code)

    def _link_at(self, row: int, col: int) -> str:
        """The address of the hyperlink at a cell of the viewport; empty when it is too long."""
        lib, point = self._lib, self._point
        point.tag, point.value.x, point.value.y = lib.GHOSTTY_POINT_TAG_VIEWPORT, col, row
        if lib.ghostty_terminal_grid_ref(self._terminal, point[0], self._ref):
            return ""
        got = lib.ghostty_grid_ref_hyperlink_uri(
            self._ref, self._link, _LONGEST_LINK_BYTES, self._length
        )
        if got:
            return ""
        return bytes(self._ffi.buffer(self._link, self._length[0])).decode(errors="replace")


def _freer(free: Any) -> Callable[[Any], None]:  # noqa: ANN401
    def freed(place: Any) -> None:  # noqa: ANN401
        free(place[0])

    return freed
