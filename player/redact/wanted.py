"""What a reading of a session looks for, and what it has found: rules, and values known before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from player.redact.finder import Finder
    from player.redact.gate import Gate
    from player.redact.known import Known

KNOWN: Final = "known"


class Hit(NamedTuple):
    """A secret, where it was found first."""

    rule: str
    value: bytes
    at_us: int


class Wanted:
    """The rules' secrets, and with `parts` also all that stands of the values known so far.

    What the rules find is learnt into `known`. `hits` are the distinct secrets and parts of them.
    With `only_one` the reading may end when there is one.
    """

    def __init__(
        self, finder: Finder, known: Known, *, parts: bool, only_one: bool = False
    ) -> None:
        self.hits: dict[bytes, Hit] = {}
        self.at_us = 0
        self._finder, self._known, self._parts = finder, known, parts
        self._only_one = only_one

    @property
    def has_enough(self) -> bool:
        """Whether nothing more need be found."""
        return self._only_one and bool(self.hits)

    @property
    def learnt(self) -> int:
        """Grows when there is more to look for."""
        return len(self._known) if self._parts else 0

    def find(self, text: bytes) -> list[tuple[int, int]]:
        """The secrets in a text; what is new of them is learnt."""
        spans: list[tuple[int, int]] = []
        for found in self._finder.find(text):
            spans.append((found.start, found.end))
            value = text[found.start : found.end]
            self.hits.setdefault(value, Hit(found.rule, value, self.at_us))
            self._known.add(found, text)
        if self._parts:
            for start, end in self._known.spans(text):
                spans.append((start, end))
                value = text[start:end]
                self.hits.setdefault(value, Hit(KNOWN, value, self.at_us))
        return spans

    def may_stand_in(self, text: bytes) -> bool:
        """Whether a search of the text, which holds no sequences, may find anything."""
        if self._finder.in_text.first(text) >= 0:
            return True
        return self._parts and self._known.gate.first(text) >= 0

    def first_in_text(self, text: bytes, start: int) -> int:
        """The first place from `start` on where in such a text anything may begin; -1 for none."""
        return self._first(self._finder.in_text, text, start)

    def first_in(self, data: bytes, start: int) -> int:
        """The same for a stream."""
        return self._first(self._finder.in_stream, data, start)

    def _first(self, gate: Gate, data: bytes, start: int) -> int:
        place = gate.first(data, start)
        if self._parts:
            other = self._known.gate.first(data, start)
            place = other if place < 0 else place if other < 0 else min(place, other)
        return place
