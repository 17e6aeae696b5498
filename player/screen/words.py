"""How the engine packs a cell into 64 bits.

Bits 0-1 kind, 2-22 its code point or 2-25 its colour, 26-41 style id, 42-43 width, 44 protected,
45 link.
"""

from __future__ import annotations

from itertools import groupby
from typing import Final

from player.screen.values import RGB

CELL_BYTES: Final = 8
KIND: Final = 3
TEXT, CLUSTER, PALETTE_BLANK = 0, 1, 2
"""Kinds: a character, a character with more of its cluster elsewhere, a background alone."""

CODE_POINT: Final = 0x1FFFFF
STYLE: Final = 0xFFFF << 26
PROTECTED: Final = 1 << 44
LINK: Final = 1 << 45
LOOK: Final = STYLE | LINK
WIDTH: Final = 3 << 42
WIDE, TAIL, SPACER = 1, 2, 3
"""Widths: two columns, the second of the two, the last column where a wide one did not fit."""

_FIRST_PRINTABLE, _DELETE, _LAST_C1 = 0x20, 0x7F, 0x9F
_SURROGATES: Final = range(0xD800, 0xE000)


def code_of(word: int) -> int:
    """The code point of a cell."""
    return word >> 2 & CODE_POINT


def width_of(word: int) -> int:
    """0, WIDE, TAIL or SPACER."""
    return word >> 42 & 3


def has_tail(words: list[int], col: int) -> bool:
    """Whether both halves of the wide character at `col` are there."""
    return col + 1 < len(words) and width_of(words[col + 1]) == TAIL


def character_of(code: int) -> str:
    """What a cell shows. The engine keeps DEL as a character; nothing of that kind gets out."""
    if code < _FIRST_PRINTABLE or _DELETE <= code <= _LAST_C1:
        return " "
    return "\ufffd" if code in _SURROGATES else chr(code)


def background_of(word: int) -> int:
    """The background of a cell that has no character: one of the palette, or RGB and a colour."""
    color = word >> 2
    if word & KIND == PALETTE_BLANK:
        return color & 0xFF
    # The cell's red is in the lowest byte.
    return RGB | (color & 0xFF) << 16 | color & 0xFF00 | color >> 16 & 0xFF


def looks_of(looked: bytes) -> list[tuple[int, int]]:
    """The looks of cells that stand beside each other, and how many cells have each."""
    cells = memoryview(looked).cast("Q")
    if looked == looked[:CELL_BYTES] * len(cells):  # as most rows of text are
        return [(cells[0], len(cells))]
    return [(look, len(list(alike))) for look, alike in groupby(cells.tolist())]
