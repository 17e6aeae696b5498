"""What is looked for in the player: it has the same matches, in lines and on the screen.

They are those of `cs-grep -S`: capitals count where the pattern has one, and words are found over
the ends of rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from player.search.expression import PatternError
from player.search.matching import matches
from player.search.pattern import How, Pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from player.search.matching import Matched
    from player.view.canvas import Marks


class Query:
    """One pattern, as it was typed. Raises PatternError for what is none."""

    def __init__(self, text: str) -> None:
        self._patterns = (Pattern(text, How(smart_case=True)),)

    def matches(self, text: bytes) -> Iterator[Matched]:
        """The matches in some lines, from top to bottom. Raises PatternError when it takes long."""
        return matches(text, self._patterns)


class Highlight:
    """Finds on a screen what is looked for. What is no pattern, or takes long, marks nothing."""

    def __init__(self, text: str) -> None:
        self._query: Query | None = None
        try:
            self._query = Query(text)
        except PatternError:  # the search says so
            return

    def __call__(self, rows: Sequence[str]) -> Marks:
        """For each row that a match is in, where: from and to which of its characters."""
        if self._query is None:
            return {}
        text = "".join(f"{row}\n" for row in rows).encode(errors="replace")
        marks: dict[int, list[tuple[int, int]]] = {}
        try:
            for match in self._query.matches(text):
                for number, spans in zip(match.numbers, match.spans, strict=True):
                    found = [span for span in spans if span[0] < span[1]]
                    if found:
                        marks.setdefault(number, []).extend(found)
        except PatternError:
            self._query = None
            return {}
        return marks
