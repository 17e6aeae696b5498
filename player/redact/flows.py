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
_EDGES: Final = _BORDERS + "⎿ \t\u00a0\u3000"
_MARGIN: Final = 4


class Flow(NamedTuple):
    """Text of several rows; of each row its number, where its text begins in it, and in `text`."""

    text: str
    rows: list[tuple[int, int, int]]

    def crosses(self, start: int, end: int) -> bool:
        """Whether the characters `start` to `end` stand in more than one row."""
        return any(start < begin < end for _, _, begin in self.rows)

    def cells(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The characters `start` to `end`: (row, character of that row)."""
        ends = [begin for _, _, begin in self.rows[1:]] + [len(self.text)]
        for (row, first, begin), stop in zip(self.rows, ends, strict=True):
            for place in range(max(start, begin), min(end, stop)):
                yield row, first + place - begin


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
            yield _joined(rows, contents[place : end + 1], place)
        place = end + 1


def squeezed(rows: Sequence[str]) -> str:
    """The rows as if each went on in the next: what `flows` gives of them is in this text."""
    text = "".join(map(str.strip, rows))
    # To look for edges that are no blanks takes ten times as long.
    return text if text.isascii() and "|" not in text else "".join(map(_without_edges, rows))


def squeezed_each(rows: Sequence[bytes]) -> list[bytes]:
    """Of each row what it has in the text of `squeezed`, in UTF-8."""
    joined = b"".join(rows)
    if joined.isascii() and b"|" not in joined:
        return list(map(bytes.strip, rows))
    return [_without_edges(row.decode(errors="replace")).encode() for row in rows]


def _without_edges(row: str) -> str:
    return row.strip().strip(_EDGES)


def _goes_on(here: _Content, below: _Content, cols: int) -> bool:
    if here.end <= here.start or below.end <= below.start:
        return False
    edge = here.border if here.border >= 0 else cols
    return edge - here.end <= max(below.word, _MARGIN)


def _joined(rows: Sequence[str], contents: Sequence[_Content], first: int) -> Flow:
    """The flow of the rows from `first` on that have these contents."""
    parts: list[str] = []
    places: list[tuple[int, int, int]] = []
    length = 0
    for row, (start, end, _, _) in enumerate(contents, first):
        places.append((row, start, length))
        parts.append(rows[row][start:end])
        length += end - start
    return Flow("".join(parts), places)


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
    word = len(row[start:end].split(None, 1)[0]) if end > start else 0
    return _Content(start, end, word, border)
