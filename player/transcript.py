"""The text of a session as a person would read it. Pure: screen lines in, lines of text out.

Frames of boxes, rules, turns of spinners and what stood too shortly to be read are left out.
"""

from __future__ import annotations

import re
import sys
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from player.lineblock import ScreenLine

_BOX = "\u2500-\u257f\u2580-\u259f"
# The edges of a box around a text, and lines that hold nothing but its parts.
_LEFT = re.compile(rf"\A\s*[|{_BOX}]+(?:\s|\Z)")
_RIGHT = re.compile(rf"\s*[|{_BOX}]+\s*\Z")
# So are a bullet that nothing follows yet, and the number of an item.
_BARE = re.compile(r"[\s|+=*~_.$%#>\u203a\u2022\u00b7\u2190-\u2bff-]*|\s*\d{1,3}\.\s*")
# What is at work says so again and again: a sign that turns, and dots.
_AT_WORK = re.compile(r"\A\s*[^\w\s\x00-\x7f]\s\S.*(?:\u2026|\.\.\.)")
_PROMPT = re.compile(r"\A\s*(?:[>$%#\u276f\u203a\u25b6]|\.\.\.|\S{1,60}[$#%>\u276f])\s+")

_NO_LETTERS = re.compile(r"(?:[^\w\n]|[\d_])+")
# Takes all but letters from ASCII, ten times as fast.
_LETTERS = {
    ord(sign): None for sign in map(chr, range(0x80)) if not sign.isalpha() and sign != "\n"
}
_FEWEST_LETTERS = 4
_TURN_US = 2_000_000
_MOST_REMEMBERED: Final = 400_000
"""Texts that are known to have been given, 80 bytes each: a flood has millions. One that comes
again after that many others is given again."""
_MOST_STANDING: Final = 20_000
_BATCH: Final = 500


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
    or counter, and left out; so is what says once more that something is at work (`* Thinking...`).
    Lines that stood beside each other are never folded.
    """
    return Transcriber(since_us, until_us).reads(lines)


class Transcriber:
    """A transcript whose lines come in several goes."""

    def __init__(self, since_us: int | None = None, until_us: int | None = None) -> None:
        self._since_us = -1 if since_us is None else since_us
        self._until_us = sys.maxsize if until_us is None else until_us
        # Signs of the texts that were given: the newest, and those before them.
        self._new: set[int] = set()
        self._old: set[int] = set()
        # Until when a line of some letters stood: what takes its place says the same in numbers.
        self._stood_us: dict[str, int] = {}

    def reads(self, lines: Iterable[ScreenLine]) -> Iterator[Read]:
        """What is to be read of the next lines."""
        since_us, until_us = self._since_us, self._until_us
        iterator = iter(lines)
        while batch := list(islice(iterator, _BATCH)):
            for line, letters in zip(batch, _letters(batch), strict=True):
                whole, first_us, last_us, _, _, typed, transient = line
                if transient or first_us < since_us or first_us > until_us:
                    continue
                head = whole.lstrip()[:1]
                text = whole if head < "\u2500" and head != "|" else _without_box(whole)
                replaces = False
                if len(letters) >= _FEWEST_LETTERS:
                    replaces = self._replaces(text, letters, first_us, last_us)
                elif not letters and _BARE.fullmatch(text):
                    continue
                if self._is_new(whole) and (typed or not replaces):
                    yield Read(text, line)

    def _replaces(self, text: str, letters: str, first_us: int, last_us: int) -> bool:
        """Whether a line took the place of one of these letters; it is one itself from now on.

        What says that something is at work does so however long ago the one before was.
        """
        stood_us = self._stood_us
        before_us = stood_us.get(letters)
        if before_us is None:
            if len(stood_us) >= _MOST_STANDING:
                self._forget(first_us - _TURN_US)
            stood_us[letters] = last_us
            return False
        if last_us > before_us:
            stood_us[letters] = last_us
        gap_us = first_us - before_us
        return 0 <= gap_us <= _TURN_US or (gap_us > 0 and _AT_WORK.match(text) is not None)

    def _is_new(self, text: str) -> bool:
        """Whether the text was never given, as far as there is room to know."""
        sign = hash(text)
        if sign in self._new:
            return False
        if len(self._new) >= _MOST_REMEMBERED // 2:
            self._old, self._new = self._new, set()
        self._new.add(sign)
        return sign not in self._old

    def _forget(self, recent_us: int) -> None:
        """What left long ago; in a flood, where nothing did, those that were new first."""
        known = self._stood_us
        recent = [(letters, until) for letters, until in known.items() if until >= recent_us]
        known.clear()
        known.update(recent[-_MOST_STANDING // 2 :])


def _letters(lines: Sequence[ScreenLine]) -> list[str]:
    """The letters of each, from all of them at once; the edges of boxes are none."""
    text = "\n".join([line.text for line in lines])
    letters = text.translate(_LETTERS) if text.isascii() else _NO_LETTERS.sub("", text)
    return letters.split("\n")


def entered(text: str) -> str:
    """What the user typed on a line: without the prompt before it."""
    return _PROMPT.sub("", text, count=1).strip()


def _without_box(text: str) -> str:
    left = _LEFT.match(text)
    if left is None:
        return text.rstrip()
    return _RIGHT.sub("", text[left.end() :]).rstrip()
