"""What a screen can be asked, whatever engine draws it; and which engine that is here.

There are two: `player.screen._ghostty`, libghostty-vt, and where that cannot be had
`player.screen._avt`, pyavt, which knows less.
"""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

from player.screen.binding import LIBRARY_VARIABLE, ScreenEngineError

if TYPE_CHECKING:
    from formats.size import Size
    from player.screen.values import Colors, Cursor, CursorShape, Row, State

Width = Literal["grapheme", "legacy"]
GRAPHEME: Final = "grapheme"
ENGINE_VARIABLE: Final = "CS_SCREEN_ENGINE"
"""`ghostty` or `avt`: takes this engine or none."""

# Magic, version of this header, width, rows of scrollback, length of the engine's id that follows.
_HEADER: Final = struct.Struct("<4sBBIB")
_MAGIC, _VERSION = b"CSSN", 1


class Screen:
    """The screen of a terminal of `size`, clamped to what the engine bears.

    `scrollback` is the count of rows kept after they scrolled off; the engine frees them by pages
    of some hundred rows. `width` "grapheme": characters are as wide as Unicode's grapheme clusters
    say (mode 2027), which is what today's terminals do and what agents' interfaces reckon with. A
    program can still switch it off; a reset (RIS) switches it on again. "legacy": each code point
    has its own width, as in older terminals.

    Raises ScreenEngineError when no engine can be loaded. Not to be shared between threads.
    """

    __slots__ = ("_scrollback", "_width")

    def __new__(  # noqa: PYI034  an engine's class, mostly not this one
        cls,
        size: Size,  # noqa: ARG004  all three are for `__init__`
        scrollback: int = 0,  # noqa: ARG004
        width: Width = GRAPHEME,  # noqa: ARG004
    ) -> Screen:
        """A screen of the engine that there is here; `__init__` of its class is what comes next."""
        return object.__new__(engine_class() if cls is Screen else cls)

    def __init__(self, size: Size, scrollback: int = 0, width: Width = GRAPHEME) -> None:
        self._scrollback, self._width = scrollback, width
        self._begin(size)

    def _begin(self, size: Size) -> None:
        raise NotImplementedError

    def _pack(self) -> bytes:
        raise NotImplementedError

    def _unpack(self, packed: bytes) -> None:
        raise NotImplementedError

    def _keep(self, scrollback: int) -> None:
        raise NotImplementedError

    @staticmethod
    def loaded_engine_id() -> str:
        """The id of the engine that there is here. Raises ScreenEngineError when there is none."""
        return engine_class().engine_id()

    @classmethod
    def engine_id(cls) -> str:
        """Names the engine and its build: what one has stored, only the same can restore."""
        raise NotImplementedError

    @property
    def size(self) -> Size:
        """The size in use: the one asked for or the nearest possible, or what DECCOLM made."""
        raise NotImplementedError

    @property
    def cursor(self) -> Cursor:
        """Where the next character goes."""
        raise NotImplementedError

    @property
    def cursor_visible(self) -> bool:
        """Whether the program shows the cursor (DECTCEM)."""
        raise NotImplementedError

    @property
    def cursor_shape(self) -> CursorShape:
        """How the program has the cursor drawn (DECSCUSR)."""
        raise NotImplementedError

    @property
    def title(self) -> str:
        """The window title that the program has set last; empty before that."""
        raise NotImplementedError

    @property
    def alternate(self) -> bool:
        """Whether the alternate screen is shown."""
        raise NotImplementedError

    def state(self) -> State:
        """What can be told without looking at the text; 1 us."""
        raise NotImplementedError

    def mode(self, number: int, *, ansi: bool = False) -> bool:
        """Whether a mode is set: a DEC private one (`CSI ? number h`), or an ANSI one."""
        raise NotImplementedError

    def colors(self) -> Colors:
        """The colours that the program has set itself (OSC 4, 10, 11, 12)."""
        raise NotImplementedError

    def feed(self, data: bytes) -> None:
        """Do what the bytes say. They may begin and end anywhere in a sequence or character."""
        raise NotImplementedError

    def resize(self, size: Size) -> None:
        """Change the size, as the window did: the main screen's lines are wrapped anew."""
        raise NotImplementedError

    def text(self) -> list[str]:
        """The rows of the screen as drawn, one string each, without their trailing blanks."""
        raise NotImplementedError

    def rows(self, *, changed_only: bool = False) -> list[tuple[int, Row]]:
        """(Row number from 0, its runs) from top to bottom.

        With `changed_only` those that may look different since the last call of this method; all,
        when the screen has scrolled as a whole, was switched or resized.
        """
        raise NotImplementedError

    def history_rows(self, first: int, end: int) -> list[Row]:
        """The rows `first` to `end` (exclusive) from the oldest that is kept, as runs.

        Those that scrolled off come first, those on the screen behind them: row
        `state().history_rows` is the first on the screen. The alternate screen has no history.
        """
        raise NotImplementedError

    def lines(self) -> bytes:
        r"""The lines on the screen in UTF-8, one for each `\n`, trailing blanks off.

        A line that was wrapped to several rows is whole, also what of it has scrolled off, up to
        LONGEST_LINE_ROWS of it; thus a change of the width changes no line.
        """
        raise NotImplementedError

    def history(self, first: int, end: int) -> bytes:
        """The lines in the rows `first` to `end` (exclusive) of those that scrolled off.

        As in `lines`; row 0 is the oldest that is kept.
        """
        raise NotImplementedError

    def goes_on(self, row: int) -> bool:
        """Whether the line in this row was wrapped to the next; row 0 is the oldest kept."""
        raise NotImplementedError

    def start_of_line(self, row: int) -> int:
        """The row in which the line in `row` begins, at most LONGEST_LINE_ROWS before it."""
        raise NotImplementedError

    def forget_history(self) -> None:
        """Drop all rows that have scrolled off. Not to be called on the alternate screen."""
        raise NotImplementedError

    def snapshot(self) -> bytes:
        """All of its state, also that of a sequence that has begun and not ended.

        Only for `restore` by the same build of the same engine: a cache, never an archive. Raises
        ScreenEngineError where the engine cannot write its state now (half a wide character at a
        margin, a sequence of more than 1 MiB): a little later it can.
        """
        engine = self.engine_id().encode()
        width = self._width == GRAPHEME
        header = _HEADER.pack(_MAGIC, _VERSION, width, self._scrollback, len(engine))
        return header + engine + self._pack()

    def dump(self) -> bytes:
        """What makes any terminal of the same size show this screen, and go on from it alike.

        Text, style, links, cursor, modes, region, tab stops, title, folder, colours, the main
        screen under the alternate one, and a sequence that has begun and not ended. Not what has
        scrolled off, and not what docs/playing.md lists. Any terminal: one of another width model
        draws some characters wider. What was on it before is erased.
        """
        raise NotImplementedError

    @classmethod
    def restore(cls, snapshot: bytes, scrollback: int | None = None) -> Screen:
        """The screen as it was when it gave this snapshot; from now on with another scrollback.

        Raises ScreenEngineError for a snapshot of another build, or none at all. A snapshot that
        somebody else made may crash the process: give this method nothing that came from outside.
        """
        made = object.__new__(engine_class())
        payload, made._scrollback, made._width = _opened(snapshot, made.engine_id())
        made._unpack(payload)
        if scrollback is not None and scrollback != made._scrollback:
            made._scrollback = scrollback
            made._keep(scrollback)
        return made


def _opened(snapshot: bytes, engine_id: str) -> tuple[bytes, int, Width]:
    """(Payload, scrollback, width) of a snapshot, if it is of this engine."""
    if len(snapshot) >= _HEADER.size:
        magic, version, width, scrollback, length = _HEADER.unpack_from(snapshot)
        end = _HEADER.size + length
        if (magic, version) == (_MAGIC, _VERSION):
            if snapshot[_HEADER.size : end] != engine_id.encode():
                raise ScreenEngineError("this snapshot is of another screen engine: make it anew")
            return snapshot[end:], scrollback, GRAPHEME if width else "legacy"
    raise ScreenEngineError("this is no snapshot of a screen")


@cache
def engine_class() -> type[Screen]:
    """The engine that can be loaded here.

    Raises ScreenEngineError, saying what to install, when there is none.
    """
    wanted = os.environ.get(ENGINE_VARIABLE)
    try:
        if wanted == "avt":
            return _avt()
        from player.screen._ghostty import GhosttyScreen  # noqa: PLC0415  loaded when first used

        GhosttyScreen.engine_id()
    except ScreenEngineError:
        # What a person has asked for by name is not replaced by something else.
        if wanted or LIBRARY_VARIABLE in os.environ:
            raise
        with suppress(ScreenEngineError):
            return _avt()
        raise
    return GhosttyScreen


def _avt() -> type[Screen]:
    from player.screen._avt import AvtScreen  # noqa: PLC0415

    return AvtScreen
