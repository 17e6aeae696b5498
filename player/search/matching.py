"""Matching a block of lines. Pure: a block and patterns in, numbers of lines and places out.

The text of a block is searched in one piece for what every match must hold; a line is made only of
what was found.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from player.search.sieve import has_all, line_starts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from player.search.pattern import Pattern

    Spans = tuple[tuple[int, int], ...]

# Blanks and the edges of a box, at the beginning of a line.
_EDGES = rb"(?:[ \t|]|\xe2[\x94-\x96][\x80-\xbf]|\xc2\xa0)*"
_BOX = rb"\xe2[\x94-\x96][\x80-\xbf]"
_UNBROKEN = b"\xc2\xa0"


class Matched(NamedTuple):
    """Lines `number` and following that match, and where in each.

    One line, unless the match flows over the end of a line. `texts` and `spans` belong together;
    `numbers` are those of the lines. `label`: what was found, where that is not the pattern.
    """

    numbers: tuple[int, ...]
    texts: tuple[str, ...]
    spans: tuple[Spans, ...]
    label: str = ""


def matches(text: bytes, patterns: Sequence[Pattern], *, invert: bool = False) -> Iterator[Matched]:
    """The matches in a block's text, from top to bottom, each line once."""
    if invert:
        yield from _lines_without(text, patterns)
        return
    patterns = [pattern for pattern in patterns if has_all(text, pattern.words)]
    single = _in_lines(text, patterns)
    flowing = [pattern for pattern in patterns if pattern.flow]
    if not flowing:
        yield from single
        return
    from heapq import merge  # noqa: PLC0415  single words need it not

    found = [list(single), *(_over_lines(text, pattern) for pattern in flowing)]
    taken: set[int] = set()
    for match in merge(*found, key=lambda one: one.numbers[0]):
        known = taken.intersection(match.numbers)
        if not known or len(match.numbers) > 1 >= len(known):
            taken.update(match.numbers)
            yield match


def _in_lines(text: bytes, patterns: Sequence[Pattern]) -> Iterator[Matched]:
    for number, line in _candidates(text, patterns):
        decoded = line.decode(errors="replace")
        spans = _spans(decoded, patterns)
        if spans is not None:
            yield Matched((number,), (decoded,), (spans,))


def _lines_without(text: bytes, patterns: Sequence[Pattern]) -> Iterator[Matched]:
    for number, line in enumerate(text.split(b"\n")[:-1]):
        decoded = line.decode(errors="replace")
        if _spans(decoded, patterns) is None:
            yield Matched((number,), (decoded,), ((),))


def _spans(line: str, patterns: Sequence[Pattern]) -> Spans | None:
    """Where a line matches, from left to right; None when it does not."""
    if len(patterns) == 1:
        return patterns[0].spans(line) or None
    found = sorted(span for pattern in patterns for span in pattern.spans(line))
    kept = found[:1]
    for span in found[1:]:
        if span[0] >= kept[-1][1]:
            kept.append(span)
    return tuple(kept) or None


def _candidates(text: bytes, patterns: Sequence[Pattern]) -> Iterator[tuple[int, bytes]]:
    """(Number, line) of the lines that may match."""
    if not all(pattern.seeks for pattern in patterns):
        yield from enumerate(text.split(b"\n")[:-1])
        return
    number = place = 0
    starts = [line_starts(text, seek) for pattern in patterns for seek in pattern.seeks]
    for start in starts[0] if len(starts) == 1 else _merged(starts):
        if start < place:
            continue
        number += text.count(b"\n", place, start)
        end = text.find(b"\n", start)
        yield number, text[start:end]
        number += 1
        place = end + 1


def _merged(starts: Sequence[Iterator[int]]) -> Iterator[int]:
    from heapq import merge  # noqa: PLC0415  as above

    return merge(*starts)


def _over_lines(text: bytes, pattern: Pattern) -> Iterator[Matched]:
    """The matches with more than one blank between words; most go over the end of a line."""
    if pattern.flow is None:
        return
    number = place = 0
    for match in pattern.flow.finditer(text):
        start, end = match.span()
        if start == end or text[start:end].lower() == pattern.plain:  # found within its line
            continue
        first = text.rfind(b"\n", 0, start) + 1
        number += text.count(b"\n", place, first)
        place = first
        yield _flowing(text, number, first, start, end)


def _flowing(text: bytes, number: int, first: int, start: int, end: int) -> Matched:
    """The match from byte `start` to `end`, in the line that begins at `first` and later ones."""
    breaks = [first - 1]
    while (at := text.find(b"\n", breaks[-1] + 1)) < end:
        breaks.append(at)
    breaks.append(at)
    texts: list[str] = []
    spans: list[Spans] = []
    for before, after in pairwise(breaks):
        line = text[before + 1 : after]
        left = start - before - 1 if before < start else _indent(line)
        right = max(left, _end_of_words(line)) if after < end else end - before - 1
        texts.append(line.decode(errors="replace"))
        spans.append(((_characters(line, left), _characters(line, right)),))
    numbers = tuple(range(number, number + len(texts)))
    return Matched(numbers, tuple(texts), tuple(spans))


def _indent(line: bytes) -> int:
    found = re.match(_EDGES, line)
    return found.end() if found else 0


def _end_of_words(line: bytes) -> int:
    """Where blanks and the edge of a box begin, at the end of a line."""
    end = len(line.rstrip(b" "))
    while end:
        if line[end - 1] in b" \t|":
            end -= 1
        elif line[end - 2 : end] == _UNBROKEN:
            end -= 2
        elif re.match(_BOX, line[max(0, end - 3) : end]):
            end -= 3
        else:
            break
    return end


def _characters(line: bytes, length: int) -> int:
    return len(line[:length].decode(errors="replace"))
