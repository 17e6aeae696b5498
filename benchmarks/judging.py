"""How good the lines are that were found: recall, hits per true line, phrases of recordings."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

PHRASES: Final = 300
_WORDS: Final = 3
_LETTERS: Final = re.compile(r"\w[^\s]*")


class Judged(NamedTuple):
    """Of some lines: how many of the true ones are among them, how many hits a true one has.

    `hits` and `rows` are sums over the phrases: stored lines that contain it, true lines that do.
    `missing` are some true lines that are nowhere.
    """

    true_lines: int
    found: int
    hits: int
    rows: int
    missing: list[str]

    @property
    def recall(self) -> float:
        """Of the true lines."""
        return self.found / self.true_lines if self.true_lines else 1.0

    @property
    def hits_per_line(self) -> float:
        """Stored lines with a phrase for each true line with it."""
        return self.hits / self.rows if self.rows else 1.0


def phrases_of(true_lines: Sequence[str], seed: int = 1) -> list[str]:
    """Some runs of three words that stand in true lines."""
    rng = random.Random(seed)
    found: list[str] = []
    for _ in range(PHRASES * 4):
        line = rng.choice(true_lines)
        words = list(_LETTERS.finditer(line))
        if len(words) >= _WORDS and len(found) < PHRASES:
            first = rng.randrange(len(words) - _WORDS + 1)
            found.append(line[words[first].start() : words[first + _WORDS - 1].end()])
    return found


def judged(stored: Collection[str], true_lines: Sequence[str], *, repeated: bool = False) -> Judged:
    """Compare the lines that were stored with those that stood.

    `repeated`: a text that is stored several times is a hit each time.
    """
    known = set(stored)
    text = "\n".join(stored if repeated else known)
    missing = [line for line in true_lines if line not in known and line.strip() not in text]
    true_text = "\n".join(true_lines)
    hits = rows = 0
    for phrase in phrases_of(true_lines) if true_lines else ():
        hits += _rows_with(phrase, text)
        rows += _rows_with(phrase, true_text)
    found = len(true_lines) - len(missing)
    return Judged(len(true_lines), found, hits, rows, missing[:5])


def _rows_with(phrase: str, text: str) -> int:
    """The rows of a text that contain the phrase."""
    count = place = 0
    while (place := text.find(phrase, place)) >= 0:
        count += 1
        place = text.find("\n", place)
        if place < 0:
            break
    return count
