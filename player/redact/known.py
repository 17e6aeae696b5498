"""Secrets of which the value is known: found again wherever they stand, whole or in parts.

A secret that was found once stood in other places too: growing while it was typed or printed,
wrapped, cut at the edge of a box. There no rule would find what is left of it, the value does.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from operator import itemgetter
from typing import TYPE_CHECKING, Final, Literal

from player.redact.gate import Gate
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
_MOST_SEEDS: Final = 4000
_LONGEST_COMPARED: Final = 256
_INSIDE: Final = re.compile(rb"\x01+")


class Known:
    """The values found so far."""

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {}
        self._parts: dict[bytes, dict[int, list[bytes]]] = {}
        """By seed and its place in them, the values in the order of what follows that place."""
        self._joined = b""
        self._gate: Gate | None = None

    def __len__(self) -> int:
        return len(self._values)

    def add(self, found: Found, text: bytes) -> bool:
        """Take what was found in `text`; whether anything of it is new."""
        value = text[found.start : found.end]
        values = value.split() if b"\n" in value else [value]
        least = _SHORTEST_LINE_OF_A_KEY if len(values) > 1 else _SHORTEST_VALUE
        before = len(self._values)
        for one in values:
            # What is a part of another is found by that.
            if len(one) >= least and one not in self._joined and before < _MOST_VALUES:
                self._take(one, found.public)
        return len(self._values) > before

    @property
    def gate(self) -> Gate:
        """Where any of them, or a part of one, may begin."""
        if self._gate is None:
            few = len(self._parts) <= _MOST_SEEDS
            self._gate = Gate(map(re.escape, self._parts) if few else None)
        return self._gate

    def spans(self, text: bytes) -> list[tuple[int, int]]:
        """Where in `text` values stand, or parts of them; by their place, without overlaps."""
        inside = bytearray(len(text))
        for seed in self._seeds(text):
            for start, end in self._at(seed, text, inside):
                inside[start:end] = b"\1" * (end - start)
        return [match.span() for match in _INSIDE.finditer(inside)]

    def without_parts(self) -> Known:
        """The values that are not part of another: of one that was seen to grow, the last."""
        kept = Known()
        for value in sorted(self._values, key=len, reverse=True):
            if value not in kept._joined:
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
        self._joined += value + b"\0"
        self._gate = None
        last = len(value) - _SEED
        # One that repeats itself has each seed many times: the first and the last of them do.
        seeds = [(value[place : place + _SEED], place) for place in (*range(0, last, _SEED), last)]
        for seed, place in dict(reversed(seeds)).items() | dict(seeds).items():
            self._add_seed(seed, value, place)
        if public:
            # What follows `sk-ant-` is the secret from its first character on.
            seed = public[1 - _SEED :] + value[: max(1, _SEED - len(public[1 - _SEED :]))]
            self._add_seed(seed, value, -len(public[1 - _SEED :]))

    def _add_seed(self, seed: bytes, value: bytes, offset: int) -> None:
        values = self._parts.setdefault(seed, {}).setdefault(offset, [])
        insort(values, value, key=itemgetter(slice(max(0, offset), None)))

    def _at(self, seed: bytes, text: bytes, inside: bytearray) -> Iterator[tuple[int, int]]:
        """The parts of values around each place where the seed stands, unless it is in one."""
        place = text.find(seed)
        while place >= 0:
            if not (inside[place] and inside[place + len(seed) - 1]):
                for value, offset in self._nearest(seed, text, place):
                    span = self._around(text, place - offset, value, max(0, offset))
                    if span is not None:
                        yield span
            place = text.find(seed, place + 1)

    def _nearest(self, seed: bytes, text: bytes, place: int) -> Iterator[tuple[bytes, int]]:
        """Of the values with this seed those that may agree longest with the text there.

        Tokens of one kind begin alike: a hundred may share a seed.
        """
        for offset, values in self._parts[seed].items():
            begin = max(0, offset)
            first, last = 0, len(values)
            if last > 2:  # noqa: PLR2004  both are looked at anyway
                rest = text[place + begin - offset :][:_LONGEST_COMPARED]
                after = bisect_left(values, rest, key=itemgetter(slice(begin, None)))
                first, last = max(0, after - 1), after + 1
            for value in values[first:last]:
                yield value, offset

    def _around(self, text: bytes, base: int, value: bytes, seed: int) -> tuple[int, int] | None:
        """As much as agrees with `value`, would it begin at `base`; None if that is too little."""
        before = min(seed, base + seed)
        start = seed - _agreeing(
            text[base + seed - before : base + seed], value[seed - before : seed], "little"
        )
        end = seed + _agreeing(text[base + seed : base + len(value)], value[seed:], "big")
        public = self._values[value]
        if start == 0 and public and base >= len(public) and text.endswith(public, 0, base):
            return (base, base + end)
        if start == 0 and end >= len(value) * _LEAST_OF_A_WORD:
            return (base, base + end)
        part = value[start:end]
        if len(part) >= _SHORTEST_PART and looks_random(part):
            return (base + start, base + end)
        return None


def _agreeing(one: bytes, other: bytes, order: Literal["big", "little"]) -> int:
    """How many bytes at the beginning (big) or at the end (little) of both are the same."""
    length = min(len(one), len(other))
    if order == "big":
        one, other = one[:length], other[:length]
    else:
        one, other = one[len(one) - length :], other[len(other) - length :]
    differing = int.from_bytes(one, order) ^ int.from_bytes(other, order)
    return length - (differing.bit_length() + 7) // 8
