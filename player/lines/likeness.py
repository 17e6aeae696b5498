"""When a text on the screen goes on with another that stood in its place. Pure, on UTF-8 bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

_FEWEST_LETTERS: Final = 4
# In letters alone, shorter texts are like each other by chance.

_SHORTEST_HEAD: Final = 2
# A prompt and a blank.

_NARROWEST_SCREEN: Final = 40
# What has wrapped lost that much at least when its first row is gone.

# One box or block character: at the right end the border of a box or a cursor that is painted.
_RIGHT_END = re.compile(rb"(?:\||\xe2[\x94-\x97][\x80-\xbf])\Z")
# What is no letter: of ASCII, and U+2000..U+2FFF, which are punctuation, arrows, boxes, symbols,
# braille.
_ASCII_SIGNS: Final = bytes(code for code in range(0x80) if not chr(code).isalpha())
_ASCII_SIGNS_IN_ROWS: Final = _ASCII_SIGNS.replace(b"\n", b"")
_SIGNS = re.compile(rb"\xe2[\x80-\xbf][\x80-\xbf]")
_WORD: Final = re.compile(rb"[A-Za-z]+")
_NO_WORDS: Final = bytes(code for code in range(0x80) if not chr(code).isalnum())
# Bullets, spinners, markers of a choice, borders: what stands before the first letter or digit.
_LEADING = re.compile(rb"\A(?:[^A-Za-z0-9\x80-\xff]|\xe2[\x80-\xbf][\x80-\xbf]|\xc2[\x80-\xbf])*")
_FIRST_OF_SIGNS: Final = (b"\xe2", b"\xc2")


def trimmed(text: bytes) -> bytes:
    """The text without its right border and the blanks before that."""
    text = text.rstrip(b" ")
    return text[: -len(end[0])].rstrip(b" ") if (end := _RIGHT_END.search(text[-3:])) else text


def grows(old: bytes, text: bytes) -> bool:
    """Whether `text` is `old` with more behind it: a line that is being written or typed.

    A number with more digits is another number.
    """
    if old[:_SHORTEST_HEAD] != text[:_SHORTEST_HEAD]:
        return False
    head = old if text.startswith(old) else trimmed(old)
    if len(head) < _SHORTEST_HEAD or not text.startswith(head):
        return False
    return not (head[-1:].isdigit() and text[len(head) : len(head) + 1].isdigit())


def letters_of(text: bytes) -> bytes:
    """What is left of it without digits and signs; empty where that is too little to go by."""
    letters = text.translate(None, _ASCII_SIGNS)
    if b"\xe2" in letters:
        letters = _SIGNS.sub(b"", letters)
    return letters if len(letters) >= _FEWEST_LETTERS else b""


def letters_of_each(texts: Sequence[bytes]) -> list[bytes]:
    """Of each what `letters_of` gives, in one go; too little to go by is not left out."""
    letters = b"\n".join(texts).translate(None, _ASCII_SIGNS_IN_ROWS)
    if b"\xe2" in letters:
        letters = _SIGNS.sub(b"", letters)
    return letters.split(b"\n")


def longest_word(text: bytes) -> bytes:
    """Its longest run of ASCII letters; empty where there is none."""
    return max(_WORD.findall(text), key=len, default=b"")


def varies(old: bytes, text: bytes) -> bool:
    """Whether at least half of it is as it was, from the left, from the right or both."""
    most = max(len(old), len(text))
    same = _alike(old, text, "big")
    if same * 2 < most:
        same += _alike(old[same:], text[same:], "little")
    return same * 2 >= most


def _alike(one: bytes, other: bytes, order: Literal["big", "little"]) -> int:
    """How many bytes are the same, from the left ("big") or from the right ("little")."""
    count = min(len(one), len(other))
    if order == "big":
        one, other = one[:count], other[:count]
    else:
        one, other = one[len(one) - count :], other[len(other) - count :]
    differ = int.from_bytes(one, order) ^ int.from_bytes(other, order)
    return count - (differ.bit_length() + 7) // 8


def same_value(old: bytes, text: bytes) -> bool:
    """Whether they differ only before the first letter or digit: a spinner, a blinking bullet."""
    if old[-1:] != text[-1:] and (old[-1:].isalnum() or text[-1:].isalnum()):
        return False
    return _said(old) == _said(text)


def _said(text: bytes) -> bytes:
    """The text from its first letter or digit on."""
    said = text.lstrip(_NO_WORDS)
    # Mostly: the expression is slower.
    if said[:1] not in _FIRST_OF_SIGNS:
        return said
    found = _LEADING.match(text)
    return text[found.end() :] if found else text


def is_bare(text: bytes) -> bool:
    """Whether only blanks stand before the first letter or digit."""
    return _said(text) == text.lstrip(b" ")


def is_end_of(old: bytes, text: bytes) -> bool:
    """Whether `text` is what is left of a wrapped line that has scrolled off in part."""
    return len(old) >= len(text) + _NARROWEST_SCREEN and old.endswith(text)
