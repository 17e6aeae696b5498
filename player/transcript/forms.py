"""A transcript as it is written down: plain, with times, or as Markdown under what was typed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from player.console import escaped
from player.lines.lineblock import lines_in
from player.times import clock, date_and_clock, elapsed
from player.transcript.transcript import entered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from formats.meta import Meta
    from player.lines.lineblock import Batch

_FENCE: Final = "`````"
_ACTS: Final = re.compile(r"[\\`*_<\[]|(?<!\S)#+(?!\S)")


def plain(reads: Iterable[Batch]) -> Iterator[str]:
    """The lines alone, many in a piece, each with its newline."""
    for read in reads:
        if read.texts:
            text = "\n".join((*read.texts, ""))
            # What a line has of ASCII is printable: a screen shows nothing else.
            if not text.isascii() and not "".join(read.texts).isprintable():
                text = "".join([f"{escaped(one)}\n" for one in read.texts])
            yield text


def timed(reads: Iterable[Batch], start_us: int) -> Iterator[str]:
    """Each line behind the moment at which it was first to be seen."""
    for line in lines_in(reads):
        when = f"{elapsed(max(0, line.first_us - start_us))} {clock(line.first_us)}"
        yield f"{when}  {escaped(line.text)}"


def title_of(meta: Meta) -> str:
    """What a session is called: its title, else its command, else its id."""
    return meta.title or " ".join(meta.command) or meta.session_id


def markdown(
    title: str, meta: Meta, reads: Iterable[Batch], *, headings: bool = True
) -> Iterator[str]:
    """Typed lines as headings, what came after each in a block; all in one without `headings`.

    The fence is longer than any run of backticks that a screen is likely to show.
    """
    yield f"# {_as_text(title)}\n\n{date_and_clock(meta.start_us)}, session {meta.session_id}\n"
    inside = False
    for line in lines_in(reads):
        if headings and line.typed:
            if inside:
                yield f"{_FENCE}\n"
            inside = False
            yield f"## {clock(line.first_us)}  {_as_text(entered(line.text))}\n"
            continue
        if not inside:
            yield f"{_FENCE}text"
            inside = True
        yield escaped(line.text)
    if inside:
        yield _FENCE


def _as_text(text: str) -> str:
    """So that nothing in it is Markdown: what was typed is often a command."""
    return _ACTS.sub(r"\\\g<0>", escaped(text))
