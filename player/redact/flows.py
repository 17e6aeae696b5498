"""Rows of a screen read as a person reads them: what was wrapped to the next row goes on there.

Programs wrap by themselves, in boxes and behind indentations, where no terminal knows of it. A row
goes on in the next when the next one's first word would not have fitted behind it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# What boxes are drawn with, and blanks: no part of what stands in the box.
_LEFT: Final = re.compile(r"[\s│┃║|▌▐▏▕┆┊╎⎿]*(?=\S)")
_BORDERS: Final = "│┃║|▌▐▏▕┆┊╎"
_MARGIN: Final = 4


class Flow(NamedTuple):
    """Text of several rows; `cells` says for each character (row, character of that row)."""

    text: str
    cells: list[tuple[int, int]]
    seams: list[int]
    """Places in the text where a row begins."""


class _Content(NamedTuple):
    """What stands in a row: from `start` to `end`, its first word, what is free behind it."""

    start: int
    end: int
    word: int
    border: int


def flows(rows: Sequence[str], cols: int) -> Iterator[Flow]:
    """The runs of two or more rows that go on in each other."""
    contents = [_content(row) for row in rows]
    place, last = 0, len(rows) - 1
    while place < last:
        end = place
        while end < last and _goes_on(contents[end], contents[end + 1], cols):
            end += 1
        if end > place:
            yield _joined(rows, contents, place, end)
        place = end + 1


def _goes_on(here: _Content, below: _Content, cols: int) -> bool:
    if here.end <= here.start or below.end <= below.start:
        return False
    edge = here.border if here.border >= 0 else cols
    return edge - here.end <= max(below.word, _MARGIN)


def _joined(rows: Sequence[str], contents: Sequence[_Content], first: int, last: int) -> Flow:
    parts: list[str] = []
    cells: list[tuple[int, int]] = []
    seams: list[int] = []
    for row in range(first, last + 1):
        start, end = contents[row].start, contents[row].end
        if row > first:
            seams.append(len(cells))
        parts.append(rows[row][start:end])
        cells += [(row, place) for place in range(start, end)]
    return Flow("".join(parts), cells, seams)


@lru_cache(maxsize=4096)
def _content(row: str) -> _Content:
    match = _LEFT.match(row)
    if match is None:
        return _Content(0, 0, 0, -1)
    start, end = match.end(), len(row.rstrip())
    border = -1
    if end > start and row[end - 1] in _BORDERS:
        border = end - 1
        end = len(row[:border].rstrip(_BORDERS + " "))
    word = start
    while word < end and not row[word].isspace():
        word += 1
    return _Content(start, end, word - start, border)
