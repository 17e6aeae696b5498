"""A transcript as it is written down: plain, with times, or as Markdown under what was typed."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from player.console import escaped
from player.times import clock, date_and_clock, elapsed
from player.transcript.transcript import entered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from formats.meta import Meta
    from player.transcript.transcript import Read

_BATCH: Final = 500
_FENCE: Final = "`````"
_ACTS: Final = re.compile(r"[\\`*_<\[]|(?<!\S)#+(?!\S)")


def plain(reads: Iterable[Read]) -> Iterator[str]:
    """The lines alone."""
    iterator = iter(reads)
    while batch := list(islice(iterator, _BATCH)):
        texts = [read.text for read in batch]
        yield from texts if "".join(texts).isprintable() else map(escaped, texts)


def timed(reads: Iterable[Read], start_us: int) -> Iterator[str]:
    """Each line behind the moment at which it was first to be seen."""
    for read in reads:
        first_us = read.line.first_us
        when = f"{elapsed(max(0, first_us - start_us))} {clock(first_us)}"
        yield f"{when}  {escaped(read.text)}"


def title_of(meta: Meta) -> str:
    """What a session is called: its title, else its command, else its id."""
    return meta.title or " ".join(meta.command) or meta.session_id


def markdown(
    title: str, meta: Meta, reads: Iterable[Read], *, headings: bool = True
) -> Iterator[str]:
    """Typed lines as headings, what came after each in a block; all in one without `headings`.

    The fence is longer than any run of backticks that a screen is likely to show.
    """
    yield f"# {_as_text(title)}\n\n{date_and_clock(meta.start_us)}, session {meta.session_id}\n"
    inside = False
    for read in reads:
        if headings and read.line.typed:
            if inside:
                yield f"{_FENCE}\n"
            inside = False
            yield f"## {clock(read.line.first_us)}  {_as_text(entered(read.text))}\n"
            continue
        if not inside:
            yield f"{_FENCE}text"
            inside = True
        yield escaped(read.text)
    if inside:
        yield _FENCE


def _as_text(text: str) -> str:
    """So that nothing in it is Markdown: what was typed is often a command."""
    return _ACTS.sub(r"\\\g<0>", escaped(text))
