"""How far long work has come: one line on a terminal, redrawn, gone at the end."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

_FIRST_S = 1.0
_EVERY_S = 0.1
_BAR_CELLS = 30


class Progress:
    """Says nothing where stderr is no terminal, and nothing of work that takes less than a second.

    `with Progress("cs-export", total) as progress: progress.add(n)`, in any unit.
    """

    def __init__(
        self, prog: str, total: int, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._prog = prog
        self._total = max(1, total)
        self._done = 0
        self._clock_s = clock_s
        self._next_s = clock_s() + _FIRST_S if sys.stderr.isatty() else float("inf")
        self._drawn = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def add(self, count: int) -> None:
        """So much more is done."""
        self._done += count
        now_s = self._clock_s()
        if now_s >= self._next_s:
            self._next_s = now_s + _EVERY_S
            self._draw()

    def _draw(self) -> None:
        # An estimate may be exceeded; it is not done before it is done.
        part = min(0.99, self._done / self._total)
        cells = int(part * _BAR_CELLS)
        bar = "#" * cells + "." * (_BAR_CELLS - cells)
        sys.stderr.write(f"\r{self._prog}: [{bar}] {part:3.0%}\x1b[K")
        sys.stderr.flush()
        self._drawn = True
