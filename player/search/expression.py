"""Regular expressions as people type them."""

from __future__ import annotations

import re
import warnings

from formats.errors import SessionsError, printable


class PatternError(SessionsError):
    """The pattern is no regular expression, or one that takes too long."""


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
