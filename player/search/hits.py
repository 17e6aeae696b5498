"""Searching screen lines. Pure: lines in, hits out."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, NamedTuple

from formats.errors import SessionsError, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from player.lines.extractor import ScreenLine


class PatternError(SessionsError):
    """The pattern is no regular expression."""


class Hit(NamedTuple):
    """A screen line that matches, and where: (start, end) in characters of its text."""

    line: ScreenLine
    spans: tuple[tuple[int, int], ...]

    @property
    def at_us(self) -> int:
        """When what matches first stood there: the rest of the line may have come later."""
        return self.line.seen_us(self.spans[0][1])


def compile_pattern(
    text: str, *, literal: bool = False, ignore_case: bool = False
) -> re.Pattern[str]:
    """A pattern to search lines for: a regular expression of Python's `re`, or literal text.

    Raises PatternError with one line that says what is wrong with it.
    """
    flags = re.IGNORECASE if ignore_case else re.NOFLAG
    try:
        with warnings.catch_warnings():
            # "Possible nested set": what a future Python may read otherwise, a person meant so.
            warnings.simplefilter("ignore")
            return re.compile(re.escape(text) if literal else text, flags)
    except (re.error, OverflowError, RecursionError) as error:
        what = str(error) or type(error).__name__
        message = f"{printable(text)!r} is no regular expression: {what}; -F takes it as plain text"
        raise PatternError(message) from None


def hits(lines: Iterable[ScreenLine], pattern: re.Pattern[str]) -> Iterator[Hit]:
    """Each line that matches, in the order in which the lines come."""
    for line in lines:
        spans = tuple(match.span() for match in pattern.finditer(line.text))
        if spans:
            yield Hit(line, spans)
