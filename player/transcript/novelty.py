"""Which lines a transcript is made of, and which of their texts it has not given yet. Pure.

By itself, so that another process can find out what is new: that is a third of the work.
"""

from __future__ import annotations

import sys
from itertools import islice
from typing import TYPE_CHECKING, Final

from player.lines.columns import PASSING, TRANSIENT, TYPED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from player.lines.lineblock import Batch

    News = tuple[int, bytes]
    """How many lines of a batch are wanted, and `Novelty.new` of them."""

_UNBROKEN: Final = "\u00a0"
_MOST_REMEMBERED: Final = 100_000
"""Texts that are known to have been given, 100 bytes each: a flood has millions. Then all are
forgotten: one that comes again is given again."""


class Novelty:
    """Of lines that were first to be seen in some time."""

    def __init__(self, since_us: int | None, until_us: int | None) -> None:
        self._since_us = -1 if since_us is None else since_us
        self._until_us = sys.maxsize if until_us is None else until_us
        self._always = since_us is None and until_us is None
        # Signs of the texts that were given, in their order.
        self._given: dict[int, None] = {}

    def wanted(self, batch: Batch) -> Batch:
        """The next lines of that time that stood long enough to be read."""
        since_us, until_us = self._since_us, self._until_us
        if not batch.texts or (self._always and batch.columns.scrolled_by):
            return batch
        columns = batch.columns.unpacked()
        return batch.only(
            [
                since_us <= first_us <= until_us
                and not flag & TRANSIENT
                and (flag & TYPED or not flag & PASSING) != 0
                for first_us, flag in zip(columns.firsts_us, columns.flags, strict=True)
            ]
        )

    def new(self, batch: Batch) -> Sequence[int]:
        """Which of the texts were never given, as far as there is room to know; empty for all."""
        if len(self._given) >= _MOST_REMEMBERED:
            self._given = {}
        given, known = self._given, len(self._given)
        signs = list(map(hash, _as_compared(batch.texts)))
        given |= dict.fromkeys(signs)
        added = len(given) - known
        if added == len(signs):
            return ()
        left = set(islice(reversed(given), added))
        new: list[int] = []
        for sign in signs:
            new.append(sign in left)
            left.discard(sign)  # of those that are there twice the first is new
        return new


def news_of(batches: Iterable[Batch], since_us: int | None, until_us: int | None) -> Iterator[News]:
    """What `transcript` is to be told of the same batches."""
    novelty = Novelty(since_us, until_us)
    for batch in map(novelty.wanted, batches):
        if batch.texts:
            yield len(batch.texts), bytes(novelty.new(batch))


def _as_compared(texts: Sequence[str]) -> Sequence[str]:
    """A prompt has a blank that does not break while it is typed at, and another later."""
    if _UNBROKEN in "".join(texts):
        return [text.replace(_UNBROKEN, " ") for text in texts]
    return texts
