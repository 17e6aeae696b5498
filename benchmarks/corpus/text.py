"""Text of a session, made of words that are made up: prose, code, log lines, wide characters."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random

_STARTS: Final = tuple("bcdfghjklmnprstvwz")
_VOWELS: Final = ("a", "e", "i", "o", "u", "ai", "ea", "ee", "ou")
_ENDS: Final = ["", "", "n", "r", "s", "t", "l", "m", "ck", "nd", "st", "ng"]
_COMMON: Final = [
    "the", "a", "of", "to", "and", "in", "is", "it", "for", "on", "with", "this", "that",
    "not", "from", "are", "be", "as", "at", "or", "an", "if", "was", "no", "into", "error",
    "file", "line", "test", "value", "read", "write", "open", "call", "check", "failed",
    "connection", "request", "token",
]  # fmt: skip
_WIDE: Final = [
    "測試", "終端", "漢字", "データ", "検索", "한국어", "설정", "文件", "e\u0301tat", "nai\u0308ve",
    "cafe\u0301", "👍", "✅", "🚀", "größe", "ž\u0323lutý", "→", "─", "⚠\ufe0f",
]  # fmt: skip
_WORDS: Final = 3000
_MESSAGES, _PATHS = 60, 80


class Text:
    """One session's source of text; `wide` mixes in wide and combining characters."""

    def __init__(self, rng: random.Random, *, wide: bool = False) -> None:
        self.rng = rng
        made = [self._word() for _ in range(_WORDS)]
        # As in any language few words are most of the text.
        weights = [1 / (place + 8) for place in range(_WORDS)]
        self._words = [*_COMMON, *made]
        first = sum(weights) / len(_COMMON) / 2
        if wide:
            self._words += _WIDE * 12
            weights += [weights[60]] * (len(_WIDE) * 12)
        self._weights = list(accumulate([first] * len(_COMMON) + weights))
        # A program has some messages, a project some files, and both come again and again.
        self._messages = [" ".join(self.words(rng.randint(2, 7))) for _ in range(_MESSAGES)]
        self._paths = [self._new_path() for _ in range(_PATHS)]
        self._log_ms = rng.randrange(80_000_000)

    def _new_path(self) -> str:
        folders = "/".join(self.words(self.rng.randint(1, 3)))
        return folders + self.rng.choice((".py", ".ts", ".md", "/"))

    def _word(self) -> str:
        choice = self.rng.choice
        syllables = self.rng.choice((1, 1, 2, 2, 3))
        return "".join(choice(_STARTS) + choice(_VOWELS) for _ in range(syllables)) + choice(_ENDS)

    def words(self, count: int) -> list[str]:
        """So many words."""
        return self.rng.choices(self._words, cum_weights=self._weights, k=count)

    def sentence(self, fewest: int = 6, most: int = 16) -> str:
        """Words with a capital and a stop."""
        words = self.words(self.rng.randint(fewest, most))
        if len(words) > 9:
            words[4] += ","
        text = " ".join(words)
        return text[:1].upper() + text[1:] + "."

    def paragraph(self) -> str:
        """A few sentences."""
        return " ".join(self.sentence() for _ in range(self.rng.randint(1, 5)))

    def code(self) -> str:
        """A line of a program."""
        name, value, other = self.words(3)
        indent = " " * self.rng.choice((0, 4, 4, 8, 8, 12))
        number = self.rng.randrange(10_000)
        form = self.rng.choice(
            (
                "def {name}(self, {value}: int = {number}) -> {other}:",
                "{name}.{value}({other}, {number})",
                "if {name} is not {value}: return {other}[{number}]",
                "{name} = {value} + {other} * {number}",
                "raise {name}Error(f'{value} {{{other}}} {number}')",
                "# {name} {value} {other} {number}",
            )
        )
        return indent + form.format(name=name, value=value, other=other, number=number)

    def log(self) -> str:
        """A line that a program says of what it does: one of its messages, and of what."""
        rng = self.rng
        self._log_ms += rng.choice((0, 1, 3, 40, 700, 9000))
        level = rng.choices(("INFO", "DEBUG", "WARN", "ERROR"), (6, 3, 1, 1))[0]
        message = rng.choice(self._messages)
        what = f"{self.words(1)[0]} {rng.randrange(10_000)}"
        seconds = self._log_ms // 1000
        at = f"{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        return f"{at}.{self._log_ms % 1000:03d} {level:<5} {self.path()}: {message} {what}"

    def path(self) -> str:
        """Of a file of the project."""
        return self.rng.choice(self._paths)

    def command(self) -> str:
        """What a person types."""
        name = self.rng.choice(("git", "make", "pytest", "ls", "grep", "cargo", "npm", "cat"))
        return " ".join([name, *self.words(self.rng.randint(1, 3)), self.path()])
