"""The lines on a screen, read again and again: what did not change is not read anew.

The engine says which rows may have changed since it was asked last (its render state, as for
`player.screen.drawing`): asking costs 1 us, reading a row 5, reading a screen of 40 rows 22.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from player.screen.binding import checked

if TYPE_CHECKING:
    from player.screen._ghostty import GhosttyScreen
    from player.screen.values import State

# Of more pieces than that, all between the first and the last is read as quickly.
_MOST_PIECES: Final = 3


class Reading:
    """Reads the lines of one screen."""

    __slots__ = ("_all", "_dirty", "_iterator", "_lib", "_lines", "_number", "_screen", "_state")

    def __init__(self, ffi: Any, lib: Any, screen: GhosttyScreen) -> None:  # noqa: ANN401
        self._lib, self._screen = lib, screen
        self._state = _made(ffi, lib, "GhosttyRenderState*", "ghostty_render_state")
        name = "ghostty_render_state_row_iterator"
        self._iterator = _made(ffi, lib, "GhosttyRenderStateRowIterator*", name)
        self._dirty, self._number = ffi.new("int*"), ffi.new("uint16_t*")
        self._lines: list[bytes] = []
        # Whether lines are not rows, because one is wrapped or because nothing was read yet.
        self._all = True

    def read(self, terminal: Any, now: State) -> tuple[list[bytes], list[int] | None]:  # noqa: ANN401
        """As `Screen.read_lines`."""
        lib, state, dirty = self._lib, self._state[0], self._dirty
        checked(lib.ghostty_render_state_update(state, terminal))
        checked(lib.ghostty_render_state_get(state, lib.GHOSTTY_RENDER_STATE_DATA_DIRTY, dirty))
        rows = None
        if not (self._all or now.history_rows or dirty[0] == lib.GHOSTTY_RENDER_STATE_DIRTY_FULL):
            rows = self._changed_rows() if dirty[0] else []
        if dirty[0]:
            checked(lib.ghostty_render_state_clean(state))
        if rows is None or (rows and not self._read_rows(rows)):
            self._read_all(now)
            return self._lines, None
        return self._lines, rows

    def _read_all(self, now: State) -> None:
        lines = self._screen.lines().split(b"\n")
        short = now.rows - len(lines)
        self._all = bool(now.history_rows or (short and self._are_wrapped(lines, 0, now.rows - 1)))
        self._lines = lines + [b""] * short

    def _read_rows(self, rows: list[int]) -> bool:
        """Read these rows anew; False when a line is in several of them."""
        screen, lines = self._screen, self._lines.copy()
        for first, last in _pieces(rows):
            found = screen.row_texts(first, last, unwrap=True)
            short = last - first + 1 - len(found)
            if screen.is_wrapped(last) or (short and self._are_wrapped(found, first, last)):
                return False
            lines[first : last + 1] = found + [b""] * short
        self._lines = lines
        return True

    def _are_wrapped(self, lines: list[bytes], first: int, last: int) -> bool:
        """Whether fewer lines than rows are so for a line in several rows, not for blank rows."""
        return self._screen.row_texts(first, last, unwrap=False) != lines

    def _changed_rows(self) -> list[int]:
        lib, iterator, number = self._lib, self._iterator, self._number
        what = lib.GHOSTTY_RENDER_STATE_DATA_ROW_ITERATOR
        checked(lib.ghostty_render_state_get(self._state[0], what, iterator))
        found: list[int] = []
        at, more = iterator[0], lib.ghostty_render_state_row_iterator_next_dirty
        while more(at, number):
            found.append(number[0])
        return found


def _made(ffi: Any, lib: Any, kind: str, name: str) -> Any:  # noqa: ANN401
    place, free = ffi.new(kind), getattr(lib, name + "_free")
    checked(getattr(lib, name + "_new")(ffi.NULL, place))
    return ffi.gc(place, lambda place: free(place[0]))


def _pieces(rows: list[int]) -> list[tuple[int, int]]:
    """Neighbouring rows as (first, last)."""
    pieces: list[tuple[int, int]] = []
    first = last = rows[0]
    for row in rows:
        if row > last + 1:
            pieces.append((first, last))
            first = row
        last = row
    pieces.append((first, last))
    return pieces if len(pieces) <= _MOST_PIECES else [(pieces[0][0], last)]
