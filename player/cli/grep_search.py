"""What the options of `cs-grep` mean for the search in a session."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from player.search.results import Wanted

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator, Sequence

    from formats.layout import Home
    from player.index.grams import Sought
    from player.search.matching import Matched
    from player.search.pattern import Pattern


def finder(
    typed: Namespace, home: Home, patterns: Sequence[Pattern]
) -> Callable[[bytes], Iterator[Matched]]:
    """What finds matches in the text of some lines."""
    if not typed.secrets:
        from player.search.matching import matches  # noqa: PLC0415

        return lambda text: matches(text, patterns, invert=typed.invert_match)
    from formats.config import load  # noqa: PLC0415
    from player.redact.finder import Finder  # noqa: PLC0415
    from player.search.secrets import secrets  # noqa: PLC0415

    rules = Finder.of(load(home, os.environ))
    return lambda text: secrets(text, rules)


def needed(typed: Namespace, patterns: Sequence[Pattern]) -> Sought | None:
    """What a text must have to be searched at all; None where all are searched."""
    if typed.secrets or typed.invert_match or not all(pattern.grams for pattern in patterns):
        return None
    from player.index.grams import Sought  # noqa: PLC0415

    return Sought(one for pattern in patterns for one in pattern.grams)


def wanted(typed: Namespace) -> Wanted:
    """Which lines count, and how many hits."""
    return Wanted(
        typed=True if typed.input else False if typed.output else None,
        transient=typed.transient,
        raw=typed.raw,
        since_us=typed.since,
        until_us=typed.until,
        before=typed.context if typed.before_context is None else typed.before_context,
        after=typed.context if typed.after_context is None else typed.after_context,
        most=typed.max_count,
        size=typed.size,
        values=typed.transient or typed.only_matching or typed.secrets,
        counted=typed.count and typed.play is None,
        one=typed.play is None
        and (typed.quiet or typed.files_with_matches or typed.files_without_match),
    )
