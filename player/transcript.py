"""The text of a session as a person would read it. Pure: screen lines in, lines of text out.

Frames of boxes, rules, turns of spinners and what stood too shortly to be read are left out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from player.lineblock import ScreenLine

_BOX = "\u2500-\u257f\u2580-\u259f"
# The edges of a box around a text, and lines that hold nothing but its parts.
_LEFT = re.compile(rf"\A\s*[|{_BOX}]+(?:\s|\Z)")
_RIGHT = re.compile(rf"\s*[|{_BOX}]+\s*\Z")
_BARE = re.compile(rf"[\s|+=*~_.$%#>\u276f\u203a{_BOX}\u2800-\u28ff-]*")
_PROMPT = re.compile(r"\A\s*(?:[>$%#\u276f\u203a\u25b6]|\S{1,60}[$#%>\u276f])\s+")

_NO_LETTERS = re.compile(r"[\W\d_]+")
_FEWEST_LETTERS = 4
_TURN_US = 2_000_000


class Read(NamedTuple):
    """A line as it is read: its text without the box that it stood in."""

    text: str
    line: ScreenLine


def transcript(
    lines: Iterable[ScreenLine], since_us: int | None = None, until_us: int | None = None
) -> Iterator[Read]:
    """The lines that were first to be seen in that time, in the order in which they came.

    What differs in digits and signs only from a line that it took the place of is the same spinner
    or counter, and left out; lines that stood beside each other are never folded.
    """
    stood_us: dict[str, int] = {}
    for line in lines:
        if line.transient or (since_us is not None and line.first_us < since_us):
            continue
        if until_us is not None and line.first_us > until_us:
            continue
        text = _without_box(line.text)
        if _BARE.fullmatch(text):
            continue
        letters = _NO_LETTERS.sub("", text)
        before_us = stood_us.get(letters)
        stood_us[letters] = max(before_us or 0, line.last_us)
        replaces = before_us is not None and 0 <= line.first_us - before_us <= _TURN_US
        if not (replaces and len(letters) >= _FEWEST_LETTERS and not line.typed):
            yield Read(text, line)


def entered(text: str) -> str:
    """What the user typed on a line: without the prompt before it."""
    return _PROMPT.sub("", text, count=1).strip()


def _without_box(text: str) -> str:
    left = _LEFT.match(text)
    if left is None:
        return text.rstrip()
    return _RIGHT.sub("", text[left.end() :]).rstrip()
