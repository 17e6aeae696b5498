"""A session's screen with, for each cell, which byte of the output wrote it.

The engine does not tell who wrote a cell. So two more screens get the same sequences, but for each
printed character one of 700,000 of the same width that stand for nothing: what is read from a cell
of theirs is the place of the byte in the output, its low and its high digits. They go through the
same moves, wraps, scrolls and insertions as the screen itself, by the same engine.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from player.redact.stream import Cutter, is_keycap
from player.screen import Screen

if TYPE_CHECKING:
    from formats.size import Size

# Planes 4 to 13 are unassigned, and one cell wide; their last two characters are no characters.
_FIRST, _PLANES, _PER_PLANE = 0x40000, 10, 0xFFFE
_DIGITS: Final = _PLANES * _PER_PLANE
_UTF8_BYTES: Final = 4
_MOST_TOLD: Final = 4000


@cache
def _alphabet() -> bytes:
    """All digits in UTF-8, one after another."""
    planes = [_FIRST + plane * 0x10000 for plane in range(_PLANES)]
    return b"".join("".join(map(chr, range(at, at + _PER_PLANE))).encode() for at in planes)


def _digit(character: str) -> int | None:
    plane, place = divmod(ord(character) - _FIRST, 0x10000)
    return plane * _PER_PLANE + place if 0 <= plane < _PLANES and place < _PER_PLANE else None


class Provenance:
    """Which byte of the output wrote each cell.

    Begins with a stored screen after so many bytes of output, all sequences among them whole. Where
    it is asked for a cell that was written before, `late` is set.
    """

    def __init__(self, snapshot: bytes, offset: int = 0) -> None:
        self._low, self._high = Screen.restore(snapshot), Screen.restore(snapshot)
        self._cutter = Cutter(offset)
        self.late = False
        self._drawn: list[str] = []
        self._drawn_high: list[str] | None = None
        self._told: set[tuple[str, str, frozenset[int]]] = set()

    def resize(self, size: Size) -> None:
        """Change the size, as the window did."""
        self._low.resize(size)
        self._high.resize(size)

    def feed(self, data: bytes) -> None:
        """Go on by some output."""
        low: list[bytes] = []
        high: list[bytes] = []
        offset = self._cutter.offset
        alphabet = _alphabet()
        parts = self._cutter.cut(data)
        for place, part in enumerate(parts):
            size = len(part)
            if place % 2:
                low.append(part)
                high.append(part)
            elif size:
                kept = place + 1 < len(parts) and is_keycap(parts[place + 1])
                first, count = offset % _DIGITS, size - kept
                if first + count <= _DIGITS:
                    low.append(alphabet[first * _UTF8_BYTES : (first + count) * _UTF8_BYTES])
                    high.append(_repeated(offset // _DIGITS, count))
                else:
                    for one in range(offset, offset + count):
                        low.append(_repeated(one % _DIGITS, 1))
                        high.append(_repeated(one // _DIGITS, 1))
                if kept:
                    low.append(part[-1:])
                    high.append(part[-1:])
            offset += size
        self._low.feed(b"".join(low))
        self._high.feed(b"".join(high))

    def look(self) -> bool:
        """See who wrote what stands now; whether that has changed since the last look."""
        drawn = self._low.text()
        if drawn == self._drawn:
            return False
        self._drawn, self._drawn_high = drawn, None
        return True

    def writers(self, row: int, cells: set[int], of: str) -> list[int]:
        """The places in the output of the bytes that wrote these characters of a row.

        `of` is the row as the screen shows it, without the blanks at its end. Blanks and characters
        whose writer is not known are left out, all of them when the row does not look as it should;
        so is what was told before.
        """
        if self._drawn_high is None:
            self._drawn_high = self._high.text()
        low, high = self._drawn[row], self._drawn_high[row]
        told = (low, high, frozenset(cells))
        if told in self._told or len(low) != len(high) or len(low) < len(of):
            return []
        if len(self._told) >= _MOST_TOLD:
            self._told.clear()
        self._told.add(told)
        found: list[int] = []
        for cell in cells:
            if low[cell] == of[cell] and "!" <= of[cell] <= "~":
                self.late = True
            low_digit, high_digit = _digit(low[cell]), _digit(high[cell])
            if low_digit is not None and high_digit is not None and not of[cell].isspace():
                found.append(high_digit * _DIGITS + low_digit)
        return found


def _repeated(digit: int, count: int) -> bytes:
    return _alphabet()[digit * _UTF8_BYTES : (digit + 1) * _UTF8_BYTES] * count
