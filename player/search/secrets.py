"""Secrets in screen lines, for `cs-grep --secrets`: which lines show one, with the secret masked.

Pure: the text of a block in, matches out. What a secret is, `player.redact` says. Only its first
characters are given, so that the list of what leaked leaks nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from player.search.matching import Matched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from player.redact.finder import Finder, Found

_SHOWN_BYTES: Final = 4
_SHOWN_PART: Final = 4
# Of a secret its first four bytes, and a quarter of it at most.
_MASK: Final = "****"


def secrets(text: bytes, finder: Finder) -> Iterator[Matched]:
    """The lines that show a secret, from top to bottom, each once; what it is, is their label."""
    number = place = 0
    for group in _by_lines(text, finder.find(text)):
        first = text.rfind(b"\n", 0, group[0].start) + 1
        number += text.count(b"\n", place, first)
        place = first
        end = text.find(b"\n", group[-1].end)
        lines = _masked(text[first : len(text) if end < 0 else end], group, first)
        label = ", ".join(dict.fromkeys(found.rule for found in group))
        numbers = tuple(range(number, number + len(lines)))
        texts, spans = zip(*lines, strict=True)
        yield Matched(numbers, texts, spans, label)


def _by_lines(text: bytes, found: list[Found]) -> Iterator[list[Found]]:
    """Those that share a line together."""
    group: list[Found] = []
    for one in found:
        if group and b"\n" in text[group[-1].end : one.start]:
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _masked(
    text: bytes, group: list[Found], offset: int
) -> list[tuple[str, tuple[tuple[int, int], ...]]]:
    """Each line of `text`, which lies at `offset`, without its secrets, and where these stood."""
    lines: list[tuple[str, tuple[tuple[int, int], ...]]] = []
    shown, spans, place = "", list[tuple[int, int]](), 0
    for found in group:
        start, end = found.start - offset, found.end - offset
        before = text[place:start].decode(errors="replace")
        shown += before
        for number, part in enumerate(text[start:end].split(b"\n")):
            if number:
                lines.append((shown, tuple(spans)))
                shown, spans = "", []
            begin = len(shown) - len(found.public) * (not number)
            shown += (_beginning(part) if not number else "") + _MASK
            spans.append((begin, len(shown)))
        place = end
    lines.append((shown + text[place:].decode(errors="replace"), tuple(spans)))
    return lines


def _beginning(secret: bytes) -> str:
    return secret[: min(_SHOWN_BYTES, len(secret) // _SHOWN_PART)].decode(errors="replace")
