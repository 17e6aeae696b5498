"""Which bytes of a session are masked, and by what: as many bytes, and as many cells."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from formats.line import INPUT, OUTPUT
from formats.stretch import Stretch

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

    def applied(self, parts: Iterable[Entry | Stretch]) -> Iterator[Entry | Stretch]:
        """The entries with what is marked masked; sizes and times are what they were."""
        if not self.output and not self.input:
            yield from parts
            return
        output, typed = _Places(self.output), _Places(self.input)
        for part in parts:
            if not isinstance(part, Stretch):
                data = (typed if part.direction == INPUT else output).masked(part.data)
                yield part if data is part.data else part._replace(data=data)
                continue
            if output.are_in(part.outputs()) or typed.are_in(part.inputs()):
                of = {INPUT: typed, OUTPUT: output}
                pairs = zip(part.directions, part.data, strict=True)
                masked = [of[direction].masked(data) for direction, data in pairs]
                yield part._replace(data=masked)
            else:
                output.pass_over(part.outputs())
                typed.pass_over(part.inputs())
                yield part


class _Places:
    """What is marked in one direction, gone through from the beginning."""

    def __init__(self, marked: Iterable[int]) -> None:
        self._marked = sorted(marked)
        self._offset = 0

    def are_in(self, some: Iterable[bytes]) -> bool:
        """Whether any is in these bytes, which come next."""
        first = bisect_left(self._marked, self._offset)
        end = self._offset + sum(map(len, some))
        return first < len(self._marked) and self._marked[first] < end

    def pass_over(self, some: Iterable[bytes]) -> None:
        """Go past these bytes."""
        self._offset += sum(map(len, some))

    def masked(self, data: bytes) -> bytes:
        """Go past these bytes, of which the marked ones are masked."""
        begin, end = self._offset, self._offset + len(data)
        self._offset = end
        first = bisect_left(self._marked, begin)
        last = bisect_left(self._marked, end, first)
        if first == last:
            return data
        return _masked(data, [place - begin for place in self._marked[first:last]])


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
