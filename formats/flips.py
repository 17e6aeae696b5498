"""A flipped bit, found and put right: where a SHA-256 proves which one it was.

Disks and memory flip single bits. A checkpoint's hash cannot say which, but it can be asked for
each: the one whose return makes the hash fit was it, and no other can be (that would be a collision
of SHA-256). So nothing is guessed, and nothing invented.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_BITS = tuple(1 << bit for bit in range(8))
_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")


class Flip(NamedTuple):
    """One bit: `offset` of its byte in the data, and the value that the byte had."""

    offset: int
    byte: int


class Budget:
    """How much may still be hashed, in bytes: a search costs half the square of the data."""

    def __init__(self, size: int) -> None:
        self.left = size

    def take(self, size: int) -> bool:
        """Spend it; false when there is not so much left."""
        self.left -= size
        return self.left >= 0


def find_flip(
    data: bytes, sha256_hex: str, budget: Budget, start: int = 0, end: int | None = None
) -> Flip | None:
    """The single bit between `start` and `end` whose return gives `data` this hash.

    None when there is none, or when the budget is spent before it is found.
    """
    stop = len(data) if end is None else min(end, len(data))
    wanted = bytes.fromhex(sha256_hex)
    for likely in (True, False):
        found = _search(data, wanted, budget, range(start, stop), likely=likely)
        if found is not None:
            return found
    return None


def _search(
    data: bytes, wanted: bytes, budget: Budget, places: range, *, likely: bool
) -> Flip | None:
    view = memoryview(data)
    before = sha256(view[: places.start])
    for place in places:
        rest = view[place + 1 :]
        for byte in _candidates(data, place, likely=likely):
            if not budget.take(len(rest)):
                return None
            digest = before.copy()
            digest.update(bytes((byte,)))
            digest.update(rest)
            if digest.digest() == wanted:
                return Flip(place, byte)
        before.update(view[place : place + 1])
    return None


def _candidates(data: bytes, place: int, *, likely: bool) -> Iterator[int]:
    """What the byte may have been: between characters of base64, another one, most likely."""
    around = data[max(0, place - 2) : place] + data[place + 1 : place + 3]
    inside = _BASE64.issuperset(around)
    for bit in _BITS:
        was = data[place] ^ bit
        if (not inside or was in _BASE64) == likely:
            yield was
