"""How far long work has come: one line on a terminal, redrawn, gone at the end."""

from __future__ import annotations

import sys
import time
from itertools import islice
from typing import TYPE_CHECKING, Final

from formats.stretch import Stretch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Self

    from formats.entry import Entry

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
        self.clear()

    def restart(self) -> None:
        """All is to be done anew."""
        self._done = 0

    def clear(self) -> None:
        """Take the line away, so that something else can be said; it comes back by itself."""
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._drawn = False

    def add(self, count: int) -> None:
        """So much more is done."""
        self._done += count
        now_s = self._clock_s()
        if now_s >= self._next_s:
            self._next_s = now_s + _EVERY_S
            self._draw()

    def reach(self, done: int, _total: int = 0) -> None:
        """So much is done in all."""
        self.add(done - self._done)

    def _draw(self) -> None:
        # An estimate may be exceeded; it is not done before it is done.
        part = min(0.99, self._done / self._total)
        cells = int(part * _BAR_CELLS)
        bar = "#" * cells + "." * (_BAR_CELLS - cells)
        sys.stderr.write(f"\r{self._prog}: [{bar}] {part:3.0%}\x1b[K")
        sys.stderr.flush()
        self._drawn = True


# What a line of the log holds beside its base64, to guess how much of the log an entry is.
_LINE_BYTES: Final = 130
_BATCH: Final = 256


def along(entries: Iterable[Entry], told: Callable[[int], None]) -> Iterator[Entry]:
    """The entries; `told` learns about how many bytes of a log they were."""
    iterator = iter(entries)
    while batch := list(islice(iterator, _BATCH)):
        yield from batch
        told(sum([len(entry.data) for entry in batch]) * 4 // 3 + _LINE_BYTES * len(batch))


def along_parts(
    parts: Iterable[Entry | Stretch], told: Callable[[int], None]
) -> Iterator[Entry | Stretch]:
    """The same where most come in stretches. None is taken before it is asked for.

    Else whoever reads ahead would wait for us as long as we wait for him.
    """
    for part in parts:
        yield part
        if isinstance(part, Stretch):
            told(sum(part.lengths))
        else:
            told(len(part.data) * 4 // 3 + _LINE_BYTES)
