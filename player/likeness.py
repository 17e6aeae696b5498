"""When a text on the screen goes on with another that stood in its place. Pure, on UTF-8 bytes."""

from __future__ import annotations

import re
from typing import Final

_FEWEST_LETTERS: Final = 4
# In letters alone, shorter texts are like each other by chance.

_SHORTEST_HEAD: Final = 2
# A prompt and a blank.

_NARROWEST_SCREEN: Final = 40
# What has wrapped lost that much at least when its first row is gone.

# One box or block character: at the right end the border of a box or a cursor that is painted.
_RIGHT_END = re.compile(rb"(?:\||\xe2[\x94-\x97][\x80-\xbf])\Z")
# Everything but letters; U+2000..U+2FFF are punctuation, arrows, boxes, symbols, braille.
_NO_LETTERS = re.compile(rb"[^A-Za-z\x80-\xff]+|\xe2[\x80-\xbf][\x80-\xbf]")
# Bullets, spinners, markers of a choice, borders: what stands before the first letter or digit.
_LEADING = re.compile(rb"\A(?:[^A-Za-z0-9\x80-\xff]|\xe2[\x80-\xbf][\x80-\xbf]|\xc2[\x80-\xbf])*")


def trimmed(text: bytes) -> bytes:
    """The text without its right border and the blanks before that."""
    text = text.rstrip(b" ")
    return text[: -len(end[0])].rstrip(b" ") if (end := _RIGHT_END.search(text[-3:])) else text


def grows(old: bytes, text: bytes) -> bool:
    """Whether `text` is `old` with more behind it: a line that is being written or typed.

    A number with more digits is another number.
    """
    head = old if text.startswith(old) else trimmed(old)
    if len(head) < _SHORTEST_HEAD or not text.startswith(head):
        return False
    return not (head[-1:].isdigit() and text[len(head) : len(head) + 1].isdigit())


def same_letters(old: bytes, text: bytes) -> bool:
    """Whether they differ in digits and signs only: a counter, a bar, a spinner."""
    letters = _NO_LETTERS.sub(b"", text)
    return len(letters) >= _FEWEST_LETTERS and letters == _NO_LETTERS.sub(b"", old)


def same_value(old: bytes, text: bytes) -> bool:
    """Whether they differ only before the first letter or digit: a spinner, a blinking bullet."""
    return _LEADING.sub(b"", old, count=1) == _LEADING.sub(b"", text, count=1)


def is_bare(text: bytes) -> bool:
    """Whether only blanks stand before the first letter or digit."""
    found = _LEADING.match(text)
    return not (found and found[0].strip())


def is_end_of(old: bytes, text: bytes) -> bool:
    """Whether `text` is what is left of a wrapped line that has scrolled off in part."""
    return len(old) >= len(text) + _NARROWEST_SCREEN and old.endswith(text)
