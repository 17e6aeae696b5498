"""The hits of a search put together: each text once, by time, the values of a counter as one. Pure.

A text may lie in several blocks of lines; what is known of it is then the sum of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from player.search.matching import Spans
    from player.search.results import Hit, Wanted

    Said = tuple[str, ...]

_UNBROKEN = "\u00a0"
_DIGITS = r"\d+"


class Gathered:
    """What was found in a session and is to be given. What was given is not given again."""

    __slots__ = ("_found", "_given", "_wanted")

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._found: dict[Said, Hit] = {}
        self._given: set[Said] = set()

    def __bool__(self) -> bool:
        """Whether there was a hit, given or not."""
        return bool(self._found or self._given)

    def __len__(self) -> int:
        """How many hits are to be given."""
        return len(self._found)

    @property
    def is_enough(self) -> bool:
        """Whether as many were given as are wanted."""
        return self._wanted.most is not None and len(self._given) >= self._wanted.most

    def add(self, hit: Hit) -> None:
        """One more, unless its text was given."""
        said = said_in(hit.texts)
        if said not in self._given:
            known = self._found.get(said)
            self._found[said] = hit if known is None else _joined(known, hit)

    def take(self) -> list[Hit]:
        """So many as are still wanted; those of one time in the order in which they are read."""
        wanted = self._wanted
        most = None if wanted.most is None else max(0, wanted.most - len(self._given))
        hits = sorted(self._found.values(), key=_when)
        if not wanted.values and any(hit.passing for hit in hits):
            hits = _folded(hits)
        self._given.update(self._found)
        self._found.clear()
        return hits[:most]


def said_in(texts: Said) -> Said:
    """What tells a hit from others: to a person a blank that does not break is one."""
    return tuple([text.replace(_UNBROKEN, " ") for text in texts])


def _when(hit: Hit) -> int:
    return hit.at_us


def _folded(hits: Sequence[Hit]) -> list[Hit]:
    """Of the values of a counter that match the last, which counts the others too.

    `hits` and what is returned are in the order of time.
    """
    from player.lines.likeness import letters_of  # noqa: PLC0415  for counters alone

    def shared_by(text: str, spans: Spans) -> tuple[bytes, str]:
        """What values of a counter share: the letters of the line, what matches but for digits."""
        matched = "\n".join(text[start:end] for start, end in spans)
        return letters_of(text.encode(errors="replace")), without_digits("", matched)

    without_digits = re.compile(_DIGITS).sub
    waiting: dict[tuple[tuple[bytes, str], ...], Hit] = {}
    folded: list[Hit] = []
    for hit in hits:
        if not (hit.passing or waiting):
            folded.append(hit)
            continue
        shared = tuple(map(shared_by, hit.texts, hit.spans))
        earlier = waiting.pop(shared, None)
        counted = hit if earlier is None else hit._replace(count=earlier.count + hit.count)
        if hit.passing:
            waiting[shared] = counted
        else:
            folded.append(counted)
    return sorted([*folded, *waiting.values()], key=_when) if waiting else folded


def _joined(one: Hit, other: Hit) -> Hit:
    first = min(one, other)
    return first._replace(
        passing=max(one, other, key=lambda hit: hit.last_us).passing,
        last_us=max(one.last_us, other.last_us),
        count=one.count + other.count,
        typed=one.typed or other.typed,
    )
