"""The text of a session as a person would read it. Pure: screen lines in, lines of text out.

Frames of boxes, rules, turns of spinners and what stood too shortly to be read are left out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

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
_MOST_REMEMBERED: Final = 400_000
"""Texts that are known to have been given, 80 bytes each: a flood has millions. One that comes
again after that many others is given again."""
_MOST_STANDING: Final = 20_000


class Read(NamedTuple):
    """A line as it is read: its text without the box that it stood in."""

    text: str
    line: ScreenLine


def transcript(
    lines: Iterable[ScreenLine], since_us: int | None = None, until_us: int | None = None
) -> Iterator[Read]:
    """The lines that were first to be seen in that time, in the order in which they came.

    Takes no more memory the longer it goes on; of a text that comes again only the first is given.
    What differs in digits and signs only from a line that it took the place of is the same spinner
    or counter, and left out; lines that stood beside each other are never folded.
    """
    return Transcriber(since_us, until_us).reads(lines)


class Transcriber:
    """A transcript whose lines come in several goes."""

    def __init__(self, since_us: int | None = None, until_us: int | None = None) -> None:
        self._since_us, self._until_us = since_us, until_us
        self._given = _Given()
        self._standing = _Standing()

    def reads(self, lines: Iterable[ScreenLine]) -> Iterator[Read]:
        """What is to be read of the next lines."""
        since_us, until_us = self._since_us, self._until_us
        for line in lines:
            if line.transient or (since_us is not None and line.first_us < since_us):
                continue
            if until_us is not None and line.first_us > until_us:
                continue
            text = _without_box(line.text)
            if _BARE.fullmatch(text):
                continue
            replaces = self._standing.replaces(text, line)
            if self._given.again(line.text) or (replaces and not line.typed):
                continue
            yield Read(text, line)


class _Given:
    """The texts that were given, as far as there is room for them."""

    def __init__(self) -> None:
        self._new: set[int] = set()
        self._old: set[int] = set()

    def again(self, text: str) -> bool:
        """Whether the text was there already; it is from now on."""
        sign = hash(text)
        if sign in self._new:
            return True
        if len(self._new) >= _MOST_REMEMBERED // 2:
            self._old, self._new = self._new, set()
        self._new.add(sign)
        return sign in self._old


class _Standing:
    """Until when a line of some letters stood: what takes its place says the same in numbers."""

    def __init__(self) -> None:
        self._until_us: dict[str, int] = {}

    def replaces(self, text: str, line: ScreenLine) -> bool:
        """Whether the line took the place of such a one; it is one itself from now on."""
        letters = _NO_LETTERS.sub("", text)
        if len(letters) < _FEWEST_LETTERS:
            return False
        before_us = self._until_us.get(letters)
        if before_us is None and len(self._until_us) >= _MOST_STANDING:
            self._forget(line.first_us - _TURN_US)
        self._until_us[letters] = max(before_us or 0, line.last_us)
        return before_us is not None and 0 <= line.first_us - before_us <= _TURN_US

    def _forget(self, recent_us: int) -> None:
        """What left long ago; in a flood, where nothing did, those that were new first."""
        recent = [(known, until) for known, until in self._until_us.items() if until >= recent_us]
        self._until_us = dict(recent[-_MOST_STANDING // 2 :])


def entered(text: str) -> str:
    """What the user typed on a line: without the prompt before it."""
    return _PROMPT.sub("", text, count=1).strip()


def _without_box(text: str) -> str:
    left = _LEFT.match(text)
    if left is None:
        return text.rstrip()
    return _RIGHT.sub("", text[left.end() :]).rstrip()
