"""How the engine packs a cell into 64 bits.

Bits 0-1 kind, 2-22 its code point or 2-25 its colour, 26-41 style id, 42-43 width, 44 protected,
45 link.
"""

from __future__ import annotations

from typing import Final

KIND: Final = 3
TEXT, CLUSTER, PALETTE_BLANK = 0, 1, 2
"""Kinds: a character, a character with more of its cluster elsewhere, a background alone."""

CODE_POINT: Final = 0x1FFFFF
STYLE: Final = 0xFFFF << 26
PROTECTED: Final = 1 << 44
LINK: Final = 1 << 45
LOOK: Final = STYLE | LINK
WIDTH: Final = 3 << 42
WIDE, TAIL = 1, 2
"""Widths: two columns, the second of the two; 3 is the last column where a wide one did not fit."""


def code_of(word: int) -> int:
    """The code point of a cell."""
    return word >> 2 & CODE_POINT


def width_of(word: int) -> int:
    """0, WIDE, TAIL, or 3."""
    return word >> 42 & 3


def has_tail(words: list[int], col: int) -> bool:
    """Whether both halves of the wide character at `col` are there."""
    return col + 1 < len(words) and width_of(words[col + 1]) == TAIL
