"""The size of a terminal in character cells. Knows nothing of the terminal itself."""

from __future__ import annotations

from typing import NamedTuple


class Size(NamedTuple):
    """Columns and rows, always in this order (TIOCSWINSZ wants rows first)."""

    cols: int
    rows: int


# What a VT100 had, and what every program expects where nobody can tell.
DEFAULT_SIZE = Size(80, 24)
# `struct winsize` holds unsigned shorts.
LARGEST_SIDE = 0xFFFF


def parse_size(text: str) -> Size:
    """The size in `COLSxROWS`, as `120x40`.

    Raises ValueError when the text has another form or a side is not in 1..65535.
    """
    cols, cross, rows = text.lower().partition("x")
    if not (cross and cols.isascii() and cols.isdigit() and rows.isascii() and rows.isdigit()):
        message = f"{text!r} is not COLSxROWS, as 120x40"
        raise ValueError(message)
    size = Size(int(cols), int(rows))
    if not all(1 <= side <= LARGEST_SIDE for side in size):
        message = f"{text!r}: columns and rows go from 1 to {LARGEST_SIDE}"
        raise ValueError(message)
    return size
