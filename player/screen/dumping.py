"""The bytes that make another terminal show what a screen of the engine shows, and go on alike.

Pieces of it come from the engine's own formatter (modes, tab stops, region, pen, charsets). The
cells are written here: the formatter leaves out rows that have only a background, hyperlinks, and
what lies under the alternate screen, and it writes its text after modes that change it.

What is not carried is listed in docs/playing.md.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from player.screen.binding import ScreenEngineError
from player.screen.formatter import Formatter
from player.screen.inked import Ink
from player.screen.values import CursorShape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from player.screen._ghostty import GhosttyScreen

_REGION: Final = re.compile(rb"\x1b\[([0-9]+);([0-9]+)([rs])")

_ORIGIN, _MARGINS, _SAVED, _SYNCHRONIZED = b"?6", b"?69", b"?1048", b"?2026"
# They change the size, wipe the screen, or decide how wide characters are: before any of those.
_FIRST: Final = (b"?40", b"?3", b"?2027")
_ALTERNATE: Final = (b"?1049", b"?1047", b"?47")
_IN_THEIR_PLACE: Final = frozenset((*_FIRST, *_ALTERNATE, _ORIGIN, _MARGINS, _SAVED, _SYNCHRONIZED))

# Whatever was set before (margins, region, insert mode, pen) does not reach the text.
_BLANK = b"\x1b[!p\x1b[4l\x1b[20l\x1b[?6l\x1b[?7h\x1b[?69l\x1b[r\x1b[m\x1b[2J\x1b[H"
_PEN_OFF = b'\x1b[?6l\x1b[m\x1b[0"q\x1b(B\x1b)B\x1b*B\x1b+B\x0f'
_LINK_OFF = b"\x1b]8;;\x1b\\"
_PEN_AT_REST = b"\x1b[0m"
_BREAK_OFF = b"\x18"
_ST = b"\x1b\\"
_ACTING: Final = re.compile("[\x00-\x1f\x7f-\x9f]")
_SHAPES: Final = {"block": 1, "underline": 3, "bar": 5}


class Place(NamedTuple):
    """A cursor with all that DECSC keeps of it.

    `last` writes the character before it once more, from `col` on: a program may have it repeated
    (REP), and where the row is full the next character wraps. `pen` is style, link, protection and
    charsets; `origin` the mode, where it is set.
    """

    row: int
    col: int
    last: bytes
    pen: bytes
    origin: bytes

    @property
    def as_new(self) -> bool:
        """Whether a new terminal's cursor is the same."""
        return not any(self)

    def bytes(self, region: bytes = b"") -> bytes:
        """Goes there and takes the pen, which is at rest; `region` is what was set before."""
        top, left = _corner(region) if self.origin else (0, 0)
        goto = b"\x1b[%d;%dH" % (max(0, self.row - top) + 1, max(0, self.col - left) + 1)
        return self.origin + goto + self.last + self.pen


def dumped(screen: GhosttyScreen) -> bytes:
    """See `Screen.dump`."""
    modes = Formatter(screen.engine, screen.terminal).modes()
    return b"".join((*_drawn(screen, modes), *_set(screen, modes)))


def _drawn(screen: GhosttyScreen, modes: dict[bytes, bytes]) -> Iterator[bytes]:
    """The screens' cells, and the cursors that were saved on them."""
    yield _BLANK
    yield from (_mode(modes, mode) for mode in _FIRST)
    yield Formatter(screen.engine, screen.terminal).said("tabstops")
    if screen.alternate:
        entered = [mode for mode in _ALTERNATE if modes.get(mode) == b"h"] or [_ALTERNATE[0]]
        below = _clone(screen, b"\x1b[%bl" % entered[0])
        if below is not None:
            yield _cells(below)
            yield from _saved(below, modes)
            yield _place(below).bytes()
            yield Formatter(below.engine, below.terminal).said("kitty_keyboard")
        yield from (b"\x1b[%bh" % mode for mode in entered)
        yield _PEN_OFF + _LINK_OFF + b"\x1b[2J\x1b[H"
    yield _cells(screen)
    yield from _saved(screen, modes)


def _saved(screen: GhosttyScreen, modes: dict[bytes, bytes]) -> Iterator[bytes]:
    kept = _clone(screen, b"\x1b8")
    by_mode = modes.get(_SAVED) == b"h"
    if kept is None or ((place := _place(kept, screen)).as_new and not by_mode):
        return
    yield place.bytes()
    yield b"\x1b[%bh" % _SAVED if by_mode else b"\x1b7"
    yield _PEN_OFF + _LINK_OFF


def _set(screen: GhosttyScreen, modes: dict[bytes, bytes]) -> Iterator[bytes]:
    """What the program has set, and where it goes on; in this order nothing undoes another."""
    said = Formatter(screen.engine, screen.terminal).said
    yield from _named(screen)
    region = said("scrolling_region")
    yield _mode(modes, _MARGINS) + region
    yield _place(screen).bytes(region)
    yield from (_mode(modes, mode) for mode in modes if mode not in _IN_THEIR_PLACE)
    yield _shape(screen.cursor_shape)
    yield said("keyboard") + said("kitty_keyboard") + _mode(modes, _SYNCHRONIZED)
    yield screen.unfinished()


def _cells(screen: GhosttyScreen) -> bytes:
    above = screen.state().history_rows
    ink = Ink(screen.engine.ffi, screen.engine.lib, screen.terminal)
    return ink.screen(screen.size.cols, lambda row: screen.goes_on(above + row))


def _clone(screen: GhosttyScreen, then: bytes) -> GhosttyScreen | None:
    """Another screen in the same state, that has been fed `then`; None if none can be made."""
    try:
        clone = screen.clone()
    except ScreenEngineError:
        return None
    clone.feed(_BREAK_OFF + then)
    return clone


def _place(screen: GhosttyScreen, cells: GhosttyScreen | None = None) -> Place:
    """Where the cursor is; `cells` has the characters, if not `screen`."""
    formatter = Formatter(screen.engine, screen.terminal)
    pen = b"".join(map(formatter.said, ("style", "hyperlink", "protection", "charsets")))
    origin = _mode(formatter.modes(), _ORIGIN)
    (col, row), last = screen.cursor, b""
    # A tab back leaves the engine waiting in mid-row: no other terminal can be brought to that.
    full = screen.wraps_next() and col + 1 in _ends(formatter.said("scrolling_region"), screen)
    if full or col:
        drawn = cells or screen
        ink = Ink(drawn.engine.ffi, drawn.engine.lib, drawn.terminal)
        cols, found = ink.ending_at(row, col if full else col - 1, blank=full)
        # A wide one that begins a row would let the row before forget why its last column is blank.
        if full or cols == 1 or col > cols:
            last = found
            col -= cols - full
    return Place(row, col, last, b"" if pen == _PEN_AT_REST else pen, origin)


def _ends(region: bytes, screen: GhosttyScreen) -> set[int]:
    """The columns, counted from 1, after which a line is wrapped."""
    margins = {int(last) for _, last, kind in _REGION.findall(region) if kind == b"s"}
    return {screen.size.cols, *margins}


def _corner(region: bytes) -> tuple[int, int]:
    """Top and left of what DECSTBM and DECSLRM have set."""
    starts = {kind: int(first) - 1 for first, _, kind in _REGION.findall(region)}
    return starts.get(b"r", 0), starts.get(b"s", 0)


def _mode(modes: dict[bytes, bytes], mode: bytes) -> bytes:
    return b"\x1b[" + mode + modes[mode] if mode in modes else b""


def _named(screen: GhosttyScreen) -> Iterator[bytes]:
    """The title, the folder and the colours, where the program has said them."""
    for number, text in ((2, screen.title), (7, screen.folder)):
        if text:
            yield b"\x1b]%d;" % number + _ACTING.sub("", text).encode("utf-8", "replace") + _ST
    colors = screen.colors()
    for number, color in sorted(colors.palette.items()):
        yield b"\x1b]4;%d;" % number + _rgb(color) + _ST
    dynamic = (colors.foreground, colors.background, colors.cursor)
    for number, dynamic_color in zip((10, 11, 12), dynamic, strict=True):
        if dynamic_color is not None:
            yield b"\x1b]%d;" % number + _rgb(dynamic_color) + _ST


def _rgb(color: int) -> bytes:
    return b"rgb:%02x/%02x/%02x" % (color >> 16 & 255, color >> 8 & 255, color & 255)


def _shape(shape: CursorShape) -> bytes:
    if shape == CursorShape("block", blinking=False):
        return b""
    return b"\x1b[%d q" % (_SHAPES[shape.kind] + (not shape.blinking))
