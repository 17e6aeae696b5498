"""Which bytes of a session are masked, and by what: as many bytes, and as many cells."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from formats.line import INPUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from formats.entry import Entry

MASK: Final = b"*"
_ASCII_MASK: Final = MASK[0]
_BLANK, _DELETE = 0x20, 0x7F
# Of as many bytes and cells as what they replace: narrow, wide.
_STAND_INS: Final = {
    2: ("\u00b7".encode(), "\u00b7".encode()),
    3: ("\u2022".encode(), "\uff0a".encode()),
    4: ("\U0001d7d8".encode(), "\U00020000".encode()),
}


class Marks:
    """Places of bytes in all the output, and in all the input, of a session."""

    def __init__(self) -> None:
        self.output: set[int] = set()
        self.input: set[int] = set()

    def __len__(self) -> int:
        return len(self.output) + len(self.input)

    def add(self, other: Marks) -> None:
        """Those of another too."""
        self.output |= other.output
        self.input |= other.input

    def applied(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """The entries with what is marked masked; sizes and times are what they were."""
        if not self.output and not self.input:
            yield from entries
            return
        places = {False: sorted(self.output), True: sorted(self.input)}
        offsets = {False: 0, True: 0}
        for entry in entries:
            data = entry.data
            if not data:
                yield entry
                continue
            typed = entry.direction == INPUT
            begin = offsets[typed]
            offsets[typed] = begin + len(data)
            marked = places[typed]
            first = bisect_left(marked, begin)
            if first < len(marked) and marked[first] < begin + len(data):
                last = bisect_left(marked, begin + len(data), first)
                data = _masked(data, [place - begin for place in marked[first:last]])
            yield entry if data is entry.data else entry._replace(data=data)


def _masked(data: bytes, places: list[int]) -> bytes:
    made = bytearray(data)
    for place in places:
        byte = data[place]
        if _BLANK <= byte < _DELETE:
            made[place] = _ASCII_MASK
        elif byte >= 0xC2:  # noqa: PLR2004  the first of several bytes; the others come along
            _mask_character(made, data, place)
    return bytes(made)


def _mask_character(made: bytearray, data: bytes, place: int) -> None:
    import unicodedata  # noqa: PLC0415  secrets are mostly ASCII

    size = 2 if data[place] < 0xE0 else 3 if data[place] < 0xF0 else 4  # noqa: PLR2004
    try:
        character = data[place : place + size].decode()
    except UnicodeDecodeError:  # cut between two entries
        return
    if not unicodedata.combining(character):
        wide = unicodedata.east_asian_width(character) in "WF"
        made[place : place + size] = _STAND_INS[size][wide]
