"""The text of a session as a person would read it. Pure: screen lines in, lines of text out.

Frames of boxes, rules, turns of spinners and what stood too shortly to be read are left out.
"""

from __future__ import annotations

import re
import sys
from itertools import compress, repeat
from typing import TYPE_CHECKING, Final

from formats.errors import LogError
from player.lines.columns import TYPED
from player.lines.lineblock import Batch
from player.transcript.novelty import Novelty

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from player.transcript.novelty import News

_BOX = "\u2500-\u257f\u2580-\u259f"
# The edges of a box around a text, and lines that hold nothing but its parts.
_LEFT = re.compile(rf"\A\s*[|{_BOX}]+(?:\s|\Z)")
_RIGHT = re.compile(rf"\s*[|{_BOX}]+\s*\Z")
# So are a bullet that nothing follows yet, and the number of an item.
_BARE = re.compile(r"[\s|+=*~_.$%#>\u203a\u2022\u00b7\u2190-\u2bff-]*|\s*\d{1,3}\.\s*")
# What is at work says so again and again: a sign that turns, and dots.
_AT_WORK = re.compile(r"\A\s*[^\w\s\x00-\x7f]\s\S.*(?:\u2026|\.\.\.)")
# A sign, a word that ends with one, or words of which the first is user@host; what a debugger is
# called, or the environment before all that, in parentheses.
_SIGN = r"[$#%>\u276f]"
_PROMPT = re.compile(
    rf"""\A\s* (?:\(\w[^\s()]*\)\s+)? (?:
        [>$%#\u276f\u203a\u25b6] | \.\.\. | \S{{1,60}}{_SIGN} |
        \[?[^\s@]{{1,60}}@\S{{1,60}}? (?:\s\S{{1,60}}?){{0,4}}? \s?{_SIGN}
    )\s+ | \A\s*\(\w[^\s()]*\)\s+""",
    re.VERBOSE,
)

_NO_LETTERS = re.compile(r"(?:[^\w\n]|[\d_])+")
# What of ASCII is none; to take it away from bytes is ten times as fast again.
_NO_ASCII_LETTERS = bytes(
    byte for byte in range(0x80) if not chr(byte).isalpha() and byte != ord("\n")
)
_FEWEST_LETTERS = 4
_TURN_US = 2_000_000
_ALWAYS: Final = sys.maxsize
_MOST_STANDING: Final = 20_000


def transcript(
    batches: Iterable[Batch],
    since_us: int | None = None,
    until_us: int | None = None,
    news: Iterator[News] | None = None,
) -> Iterator[Batch]:
    """The lines that were first to be seen in that time, in the order in which they came.

    Each is as it is read: its text without the box that it stood in. Takes no more memory the
    longer it goes on; of a text that comes again only the first is given, and where the user
    entered it.
    What differs in digits and signs only from a line that it took the place of is the same spinner
    or counter, and left out; so is what says once more that something is at work (`* Thinking...`).
    Lines that stood beside each other are never folded.
    `news` tells what is new in these batches, where somebody else finds that out (`news_of`).
    """
    return map(Transcriber(since_us, until_us, news).read, batches)


class Transcriber:
    """A transcript whose lines come in several goes."""

    def __init__(
        self,
        since_us: int | None = None,
        until_us: int | None = None,
        news: Iterator[News] | None = None,
    ) -> None:
        self._novelty = Novelty(since_us, until_us)
        self._news = news
        # Until when a line of some letters stood: what takes its place says the same in numbers.
        self._stood_us: dict[str, int] = {}

    def read(self, batch: Batch) -> Batch:
        """What is to be read of the next lines. Looks at all of them at once as far as it can."""
        batch = self._novelty.wanted(batch)
        if not batch.texts:
            return batch
        new = self._new(batch)
        joined = "\n".join(batch.texts)
        letters = _letters(joined)
        plain = joined.isascii() and "|" not in joined
        texts = batch.texts if plain else list(map(_unframed, batch.texts))
        if "" in letters:
            said = [
                bool(key) or not _BARE.fullmatch(text)
                for key, text in zip(letters, texts, strict=True)
            ]
            batch, texts = batch.only(said), list(compress(texts, said))
            letters, new = list(compress(letters, said)), new and list(compress(new, said))
            if not texts:
                return batch
        replaced = self._replaced(batch, texts, letters)
        read = Batch(texts, batch.columns)
        if not new and not any(replaced):
            return read
        flags = batch.columns.unpacked().flags
        return read.only(
            [
                bool(flag & TYPED) or (bool(is_new) and not replaces)
                for flag, is_new, replaces in zip(flags, new or repeat(1), replaced, strict=False)
            ]
        )

    def _new(self, batch: Batch) -> Sequence[int]:
        """As `Novelty.new`."""
        if self._news is None:
            return self._novelty.new(batch)
        count, new = next(self._news, (0, b""))
        if count != len(batch.texts):
            raise LogError("the index of its lines is another than a moment ago: try again")
        return new

    def _replaced(self, batch: Batch, texts: Sequence[str], letters: Sequence[str]) -> list[bool]:
        """Which of the lines took the place of one of the same letters; all are such from now on.

        What says that something is at work does so however long ago the one before was. What
        scrolls by between two looks was never replaced, and where some of the same letters do so
        they are a list and no counter.
        """
        stood_us, replaced = self._stood_us, [False] * len(texts)
        if batch.columns.scrolled_by:
            # A flood, in which to look at each line by itself takes twice as long.
            if not stood_us.keys().isdisjoint(letters):
                stood_us |= dict.fromkeys(stood_us.keys() & letters, _ALWAYS)
            return replaced
        firsts_us, lasts_us, *_ = batch.columns.unpacked()
        for number, (key, first_us, last_us) in enumerate(
            zip(letters, firsts_us, lasts_us, strict=True)
        ):
            before_us = stood_us.get(key)
            if first_us == last_us:
                if before_us is not None:
                    stood_us[key] = _ALWAYS
            elif before_us is None:
                if len(key) >= _FEWEST_LETTERS:
                    if len(stood_us) >= _MOST_STANDING:
                        self._forget(first_us - _TURN_US)
                    stood_us[key] = last_us
            else:
                stood_us[key] = max(before_us, last_us)
                gap_us = first_us - before_us
                replaced[number] = 0 <= gap_us <= _TURN_US or (
                    gap_us > 0 and _AT_WORK.match(texts[number]) is not None
                )
        return replaced

    def _forget(self, recent_us: int) -> None:
        """What left long ago; in a flood, where nothing did, those that were new first."""
        known = self._stood_us
        recent = [(letters, until) for letters, until in known.items() if until >= recent_us]
        known.clear()
        known.update(recent[-_MOST_STANDING // 2 :])


def _letters(text: str) -> list[str]:
    """The letters of each line, from all of them at once; the edges of boxes are none."""
    if text.isascii():
        letters = text.encode().translate(None, _NO_ASCII_LETTERS).decode("ascii")
    else:
        letters = _NO_LETTERS.sub("", text)
    return letters.split("\n")


def entered(text: str) -> str:
    """What the user typed on a line: without the prompt before it."""
    return _PROMPT.sub("", text, count=1).strip()


def _unframed(text: str) -> str:
    """The text without the box that it stood in, if there was one."""
    head = text.lstrip()[:1]
    if head < "\u2500" and head != "|":
        return text
    left = _LEFT.match(text)
    if left is None:
        return text.rstrip()
    return _RIGHT.sub("", text[left.end() :]).rstrip()
