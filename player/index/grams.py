"""Which groups of five characters the words of a text are made of: a filter before the text. Pure.

A text of megabytes takes milliseconds to unpack; its grams take a few kilobytes and tell of most
words that are not in it. Of one that is they never say that it is not: what they say is "it may
be". A word is ASCII letters, digits and `_`, and all bytes beyond ASCII. The grams of `Error 404`
are `_erro error rror_` and `_404_`, case ignored, `_` being whatever parts the words: no word of
fewer than three characters has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zlib import crc32

import zstandard

if TYPE_CHECKING:
    from collections.abc import Iterable

SHORTEST_TEXT_BYTES: Final = 32 << 10
"""A shorter text is unpacked before its grams would be worth their room."""

_GRAM_BYTES: Final = 5
_TEXT_AT_ONCE_BYTES: Final = 32 << 10
# The words of so much stay in the processor's cache: of megabytes at once half the time was misses.
_SLOTS_PER_GRAM: Final = 4
# One in five slots is then taken, so four grams of a word by chance in one text in five hundred.
_MOST_GRAMS: Final = 1 << 17
# More than 6 MB of any language: noise, which a filter as large as the text would hold.
_MOST_PACKED_BYTES: Final = _MOST_GRAMS * _SLOTS_PER_GRAM // 8 + 1

_BEYOND_ASCII: Final = 0x80
_IN_WORDS: Final = {ord("_"), *(code for code in range(_BEYOND_ASCII) if chr(code).isalnum())}
_FOLDED: Final = bytes(
    byte if byte >= _BEYOND_ASCII else ord(chr(byte).lower()) if byte in _IN_WORDS else ord(" ")
    for byte in range(256)
)
# Letters beyond ASCII that are another case of one in it: U+0130, U+0131, U+017F, U+212A.
_OTHER_CASES: Final = (
    ("\u0130".encode(), b"i"),
    ("\u0131".encode(), b"i"),
    ("\u017f".encode(), b"s"),
    ("\u212a".encode(), b"k"),
)


def packed_grams(text: bytes) -> bytes:
    """The grams of lines of text in UTF-8; nothing where they are too many."""
    words = _words(text)
    if sum(map(len, words)) > _MOST_GRAMS * _GRAM_BYTES:
        return b""
    grams = _grams(b" %b " % word for word in words)
    if len(grams) > _MOST_GRAMS:
        return b""
    taken = bytearray(len(grams) * _SLOTS_PER_GRAM // 8 + 1)
    slots = len(taken) * 8
    for gram in grams:
        slot = crc32(gram) % slots
        taken[slot >> 3] |= 1 << (slot & 7)
    return zstandard.ZstdCompressor().compress(taken)


def grams_of(text: bytes) -> frozenset[bytes]:
    """The grams that any line has in which this text stands, in any case of its letters."""
    first, *others = _folded(text).split(b" ")
    if not others:
        return frozenset(_grams([first]))
    last = others.pop()
    return frozenset(_grams([first + b" ", *(b" %b " % word for word in others), b" " + last]))


def _words(text: bytes) -> set[bytes]:
    """The words of lines of text, each once."""
    words: set[bytes] = set()
    place = 0
    while place < len(text):
        end = text.find(b"\n", place + _TEXT_AT_ONCE_BYTES)
        end = len(text) if end < 0 else end
        words.update(_folded(text[place:end]).split())
        place = end
    return words


def _grams(words: Iterable[bytes]) -> set[bytes]:
    return {
        word[end - _GRAM_BYTES : end] for word in words for end in range(_GRAM_BYTES, len(word) + 1)
    }


def _folded(text: bytes) -> bytes:
    for other, letter in _OTHER_CASES:
        if other in text:
            text = text.replace(other, letter)
    return text.translate(_FOLDED)


class Sought:
    """What a text must have to be worth unpacking: all grams of one of the `alternatives`.

    Where one of these is empty, any text may be worth it.
    """

    def __init__(self, alternatives: Iterable[frozenset[bytes]]) -> None:
        self._alternatives = [[crc32(gram) for gram in grams] for grams in alternatives]

    def may_be_in(self, packed: bytes) -> bool:
        """Whether it may be in the text that has these grams (`packed_grams`).

        Raises ValueError when they are damaged.
        """
        if not packed:
            return True
        taken = _unpacked(packed)
        slots = len(taken) * 8
        return any(
            all(taken[slot >> 3] >> (slot & 7) & 1 for slot in (one % slots for one in hashes))
            for hashes in self._alternatives
        )


def _unpacked(packed: bytes) -> bytes:
    try:
        if not 0 < zstandard.frame_content_size(packed) <= _MOST_PACKED_BYTES:
            raise ValueError("larger than any of ours")
        return zstandard.ZstdDecompressor().decompress(packed)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from None
