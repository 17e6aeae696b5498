"""Rows of styled text, cut and marked by columns, and as one line of text and style for a terminal.

Nothing but text, style and moves within the row comes out, whatever the text holds: characters
that act on a terminal are shown as a blank. So a recording cannot reach the terminal through here.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from player.screen.sgr import sgr
from player.screen.values import DEFAULT_STYLE, Run, Style

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from player.screen.values import Row

# C0, DEL, C1; line and paragraph separators, bidirectional controls (Trojan Source), surrogates.
_ACTING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
# What joins nothing and is one column wide in any case.
_EVEN = re.compile(
    "[ -~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f"
    "\u2010-\u2027\u2190-\u2319\u2500-\u259f]*"
)
_LONGEST_LINK = 2000
_LINK = re.compile(r"https?://[\x21-\x7e]+")
_JOINER = "\u200d"
_EMOJI_STYLE = "\ufe0f"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAGS = range(0x1F1E6, 0x1F200)
_WIDE = 2


class Span(NamedTuple):
    """Columns `first` up to `end`, exclusive."""

    first: int
    end: int


def shown_text(text: str) -> str:
    """`text` with a blank for each character that acts instead of standing there."""
    # What is printable to Python acts on nothing, and that is known sooner.
    return text if text.isprintable() else _ACTING.sub(" ", text)


def text_of(row: Iterable[Run]) -> str:
    """The text of a row."""
    return "".join(run.text for run in row)


def width_of(row: Iterable[Run]) -> int:
    """The columns of a row that are written."""
    return sum([cols for _, cols, _ in row])


def is_even(run: Run) -> bool:
    """Whether each character stands in one column; of signs that are seldom it may say no.

    That they are as many as the columns does not tell: a flag is two in two.
    """
    return len(run.text) == run.cols and _EVEN.fullmatch(run.text) is not None


def clusters(run: Run) -> list[tuple[str, int]]:
    """What stands in the cells of a run: (characters, columns) each.

    Where it cannot be told from Unicode alone, the engine's total decides: the last ones give way.
    """
    text, cols = run.text, run.cols
    if is_even(run):
        return [(character, 1) for character in text]
    found: list[tuple[str, int]] = []
    for character in text:
        if found and _joins(found[-1][0], character):
            before, before_cols = found[-1]
            wide = _WIDE if character in (_EMOJI_STYLE, _JOINER) else before_cols
            found[-1] = (before + character, max(before_cols, wide))
        else:
            found.append((character, _width(character)))
    left = cols
    for place, (characters, width) in enumerate(found):
        width = min(width, left)  # noqa: PLW2901
        found[place] = (characters, width)
        left -= width
    if left:
        found.append((" " * left, left))
    return found


def _joins(before: str, character: str) -> bool:
    code = ord(character)
    if unicodedata.category(character) in ("Mn", "Me", "Cf") or code in _SKIN_TONES:
        return True
    one_flag = len(before) == 1 and ord(before) in _FLAGS
    return before.endswith(_JOINER) or (one_flag and code in _FLAGS)


def _width(character: str) -> int:
    wide = unicodedata.east_asian_width(character) in "WF" or ord(character) in _FLAGS
    return _WIDE if wide else 1


def clip(row: Row, first: int, end: int) -> Row:
    """The columns `first` up to `end`. Half of a wide character is a blank."""
    kept: list[Run] = []
    col = 0
    for run in row:
        after = col + run.cols
        if after > first and col < end:
            inside = first <= col and after <= end
            kept.append(run if inside else _part(run, first - col, end - col))
        col = after
        if col >= end:
            break
    return tuple(kept)


def _part(run: Run, first: int, end: int) -> Run:
    if is_even(run):
        text = run.text[max(0, first) : max(0, end)]
        return Run(text, len(text), run.style)
    col = cols = 0
    parts: list[str] = []
    for characters, width in clusters(run):
        shown = min(end, col + width) - max(first, col)
        if shown > 0:
            parts.append(characters if shown == width else " " * shown)
            cols += shown
        col += width
    return Run("".join(parts), cols, run.style)


def marked(row: Row, spans: Iterable[Span]) -> Row:
    """The row with these columns inverted, so that they are seen on any background."""
    for span in spans:
        missing = span.first - width_of(row)
        wide = (*row, Run(" " * missing, missing, DEFAULT_STYLE)) if missing > 0 else row
        inside = clip(wide, *span)
        row = (
            *clip(wide, 0, span.first),
            *(run._replace(style=_MARKED) for run in inside),
            *clip(wide, span.end, width_of(wide)),
        )
    return row


_MARKED = Style(fg=0, bg=3, bold=True)


def column_spans(row: Row, spans: Sequence[tuple[int, int]]) -> list[Span]:
    """In which columns these characters of a row's text stand: from the first up to the end."""
    if not spans:
        return []
    starts: list[int] = []
    col = 0
    for run in row:
        for characters, width in clusters(run):
            starts += [col] * len(characters)
            col += width
    starts.append(col)
    return [Span(starts[first], max(starts[end], starts[first] + 1)) for first, end in spans]


def line_of(row: Row, width: int, *, links: bool = False) -> str:
    """A row as text and style for a terminal of `width` columns; it must fit.

    Begins at the left margin with any style, ends with none; what it does not write it erases.
    """
    col = 0
    style = DEFAULT_STYLE
    erase_first = [len(text) for text, _, _ in row] != [cols for _, cols, _ in row]
    parts = ["\x1b[m\x1b[K" if erase_first else "\x1b[m"]
    for written, cols, wanted in row:
        if wanted != style:
            style = wanted
            parts.append(style_sequence(style, links=links))
        text = shown_text(written)
        parts.append(text)
        col += cols
        if not text.isascii():
            # Terminals do not agree on the width of all that is not ASCII.
            parts.append(f"\x1b[{col + 1}G" if col < width else "")
    if style != DEFAULT_STYLE:
        parts.append(style_sequence(DEFAULT_STYLE, links=links and bool(style.link)))
    if col < width and not erase_first:
        parts.append("\x1b[K")
    return "".join(parts)


@lru_cache(maxsize=4096)
def style_sequence(style: Style, *, links: bool = False) -> str:
    """What makes a terminal write in this style, whatever it wrote in before."""
    sequence = sgr(style)
    if not links:
        return sequence
    return f"{sequence}\x1b]8;;{safe_link(style)}\x1b\\"


def safe_link(style: Style) -> str:
    """The address that a style links to; empty unless it is plain http or https."""
    safe = len(style.link) <= _LONGEST_LINK and _LINK.fullmatch(style.link)
    return style.link if safe else ""
