"""Clocks for logs that are written in a test's own time."""

from __future__ import annotations

import itertools

from tests.support.logs import BEGINNING_US


class Ticking:
    """A recorder's clock that goes on a millisecond whenever it is asked."""

    def __init__(self) -> None:
        self._ticks = itertools.count(BEGINNING_US, 1000)

    def now_us(self) -> int:
        return next(self._ticks)

    def offset_us(self) -> int:
        """Nobody sets it."""
        return 0
