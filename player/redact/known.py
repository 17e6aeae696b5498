"""Secrets of which the value is known: found again wherever they stand, whole or in parts.

A secret that was found once stood in other places too: growing while it was typed or printed,
wrapped, cut at the edge of a box. There no rule would find what is left of it, the value does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from player.redact.rules import looks_random

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from player.redact.finder import Found

# Four neighbouring characters of a value lead to it; more that agree around them make a part of it.
_SEED: Final = 4
_SHORTEST_PART: Final = 7
# A value that could be a word is taken for itself only when so much of its beginning stands there.
_LEAST_OF_A_WORD: Final = 2 / 3
_SHORTEST_VALUE: Final = 6
_SHORTEST_LINE_OF_A_KEY: Final = 16
_MOST_VALUES: Final = 2000
_FEW_SEEDS: Final = 40


class Known:
    """The values found so far."""

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {}
        self._parts: dict[bytes, list[tuple[bytes, int]]] = {}

    def __len__(self) -> int:
        return len(self._values)

    def add(self, found: Found, text: bytes) -> bool:
        """Take what was found in `text`; whether anything of it is new."""
        value = text[found.start : found.end]
        values = value.split() if b"\n" in value else [value]
        least = _SHORTEST_LINE_OF_A_KEY if len(values) > 1 else _SHORTEST_VALUE
        before = len(self._values)
        for one in values:
            if len(one) >= least and one not in self._values and before < _MOST_VALUES:
                self._take(one, found.public)
        return len(self._values) > before

    def spans(self, text: bytes) -> list[tuple[int, int]]:
        """Where in `text` values stand, or parts of them; by their place, without overlaps."""
        found = sorted(
            {span for seed in self._parts if seed in text for span in self._at(seed, text)}
        )
        joined: list[tuple[int, int]] = []
        for start, end in found:
            if joined and start <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        return joined

    def without_parts(self) -> Known:
        """The values that are not part of another: of one that was seen to grow, the last."""
        kept = Known()
        values = b""
        for value in sorted(self._values, key=len, reverse=True):
            if value not in values:
                values += value + b"\0"
                kept._take(value, self._values[value])
        return kept

    def _seeds(self, text: bytes) -> Iterable[bytes]:
        """The seeds that stand in the text, by whichever way is shorter."""
        if len(self._parts) < _FEW_SEEDS:
            return [seed for seed in self._parts if seed in text]
        last = len(text) - _SEED + 1
        return self._parts.keys() & {text[place : place + _SEED] for place in range(last)}

    def _take(self, value: bytes, public: bytes) -> None:
        self._values[value] = public
        last = len(value) - _SEED
        for place in {*range(0, last, _SEED), last}:
            self._parts.setdefault(value[place : place + _SEED], []).append((value, place))
        if public:
            # What follows `sk-ant-` is the secret from its first character on.
            seed = public[1 - _SEED :] + value[: max(1, _SEED - len(public[1 - _SEED :]))]
            self._parts.setdefault(seed, []).append((value, -len(public[1 - _SEED :])))

    def _at(self, seed: bytes, text: bytes) -> Iterator[tuple[int, int]]:
        """The parts of values around each place where the seed stands."""
        place = text.find(seed)
        while place >= 0:
            for value, offset in self._parts[seed]:
                span = self._around(text, place - offset, value, max(0, offset))
                if span is not None:
                    yield span
            place = text.find(seed, place + 1)

    def _around(self, text: bytes, base: int, value: bytes, seed: int) -> tuple[int, int] | None:
        """As much as agrees with `value`, would it begin at `base`; None if that is too little."""
        start = seed
        while start > 0 and base + start > 0 and text[base + start - 1] == value[start - 1]:
            start -= 1
        end = seed
        while end < len(value) and base + end < len(text) and text[base + end] == value[end]:
            end += 1
        public = self._values[value]
        if start == 0 and public and base >= len(public) and text.endswith(public, 0, base):
            return (base, base + end)
        if start == 0 and end >= len(value) * _LEAST_OF_A_WORD:
            return (base, base + end)
        part = value[start:end]
        if len(part) >= _SHORTEST_PART and looks_random(part):
            return (base + start, base + end)
        return None
