"""Finds secrets in bytes of text, in time linear in their length."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from formats.errors import ConfigError, printable
from player.redact.gate import Gate, re2
from player.redact.rules import LONGEST_SECRET, RULES, Rule, is_masked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from formats.config import Config

_OWN: Final = "your own"


class Found(NamedTuple):
    """A secret at `start` to `end` in the bytes that were searched.

    `public` is what comes before it in its own word and is no secret, as `ghp_`.
    """

    start: int
    end: int
    rule: str
    public: bytes = b""


class Finder:
    """The built-in rules, and the patterns and words of the config.

    Patterns are RE2's, which knows no expression that takes longer on one text than on another;
    where there is no RE2 for the machine they are Python's. What they match is masked: their group
    1, or all of it. Raises ConfigError for a pattern that cannot be understood.
    """

    def __init__(self, patterns: Iterable[str] = (), words: Iterable[str] = ()) -> None:
        encoded = [pattern.encode("utf-8", "surrogateescape") for pattern in patterns]
        self._patterns = [_compiled(pattern) for pattern in encoded]
        self._words = [word.encode("utf-8", "surrogateescape") for word in words]
        self._literals = [(rule, literal) for rule in RULES for literal in rule.literals]
        self._present_set = self._made_set()
        gates = [rule.gate for rule in RULES] + [re.escape(word) for word in self._words]
        self.in_text = Gate(gates, encoded)
        """Of texts, as rows of a screen."""
        self.in_stream = Gate(None) if encoded else self.in_text
        """Of what is sent. It sees through what is not shown, which patterns of others cannot."""

    @classmethod
    def of(cls, config: Config) -> Finder:
        """With what the config says beyond the built-in rules."""
        return cls(config.redact, config.redact_words)

    def find(self, text: bytes) -> list[Found]:
        """The secrets in `text` by their place; none overlaps another."""
        found: list[Found] = []
        if self.in_text.first(text) < 0:
            return found
        for rule, literal in self._present(text):
            found += _tried(rule, literal, text)
        for pattern in self._patterns:
            found += _matched(pattern, text)
        for word in self._words:
            found += _at_words(word, text)
        if len(found) > 1:
            found.sort(key=lambda one: (one.start, -one.end))
            found = list(_without_overlaps(found))
        return found

    def _made_set(self) -> Any:  # noqa: ANN401  re2 has no types
        """One automaton for the literals of all rules: 200 MB/s, where each by itself gives 10."""
        engine = re2()
        if engine is None:
            return None
        made = engine.Set.SearchSet()
        for rule, literal in self._literals:
            made.Add((b"(?i)" if rule.lower else b"") + engine.escape(literal))
        made.Compile()
        return made

    def _present(self, text: bytes) -> list[tuple[Rule, bytes]]:
        """The rules of which a literal stands in the text."""
        if self._present_set is not None:
            return [self._literals[place] for place in sorted(self._present_set.Match(text) or ())]
        lowered = text.lower()
        return [
            (rule, literal)
            for rule, literal in self._literals
            if literal in (lowered if rule.lower else text)
        ]


def _tried(rule: Rule, literal: bytes, text: bytes) -> Iterator[Found]:
    """The rule at each place of its literal, but not inside what it has found."""
    searched = text.lower() if rule.lower else text
    place = searched.find(literal)
    while place >= 0:
        end = place + len(literal)
        limit = end + LONGEST_SECRET
        if rule.behind:
            match = rule.pattern.search(text, max(0, place - rule.behind), limit)
        else:
            match = rule.pattern.match(text, place, limit)
        if match and match.start() <= place < match.end():
            value = match[1]
            if not is_masked(value) and rule.accepts(value):
                named = rule.behind or rule.lower
                public = b"" if named else text[match.start() : match.start(1)]
                yield Found(match.start(1), match.end(1), rule.name, public)
                end = max(end, match.end(1))
        place = searched.find(literal, end)


def _matched(pattern: Any, text: bytes) -> Iterator[Found]:  # noqa: ANN401
    for match in pattern.finditer(text):
        group = 1 if match.re.groups and match.start(1) >= 0 else 0
        start, end = match.span(group)
        if end > start and not is_masked(text[start:end]):
            yield Found(start, end, _OWN)


def _at_words(word: bytes, text: bytes) -> Iterator[Found]:
    place = text.find(word)
    while place >= 0:
        yield Found(place, place + len(word), _OWN)
        place = text.find(word, place + len(word))


def _without_overlaps(found: list[Found]) -> Iterator[Found]:
    end = 0
    for one in found:
        if one.start >= end:
            yield one
        elif one.end > end:
            # Two rules share a word: what the second has more is its own.
            yield Found(end, one.end, one.rule)
        end = max(end, one.end)


def _compiled(pattern: bytes) -> Any:  # noqa: ANN401
    engine = re2()
    errors: tuple[type[Exception], ...] = (re.error,) if engine is None else (engine.error,)
    try:
        if engine is None:
            return re.compile(pattern)
        options = engine.Options()
        options.log_errors = False
        return engine.compile(pattern, options=options)
    except errors as error:
        shown = printable(pattern.decode("utf-8", "replace"))
        why = printable(str(error), 100)
        raise ConfigError(f"redact: {shown!r} is no pattern: {why}") from None
