"""Work in other processes, the results in order: the same for many things on all cores, or ahead.

Where all is done in this process, what starts others (`player.forked`) is not loaded.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from typing import TypeVar

    T = TypeVar("T")


def cores() -> int:
    """How many processes can work at once."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        return os.cpu_count() or 1


def in_order(
    work: Callable[[int], Iterable[T]],
    count: int,
    processes: int,
    waiting: Callable[[int], None] | None = None,
) -> Iterator[tuple[int, T]]:
    """Each number with each part of `work(0)` to `work(count - 1)`, in order.

    A part is what marshal can hold: numbers, texts, tuples, lists. With more than one process each
    does every so-manieth; `waiting(number)` is called now and then while a part of that number is
    waited for. Closing the generator ends them.
    """
    if min(processes, count) < 2:  # noqa: PLR2004
        for number in range(count):
            if waiting:
                waiting(number)
            for part in work(number):
                yield number, part
                if waiting:
                    waiting(number)
        return
    from player.forked import Worker  # noqa: PLC0415  see above

    workers = [Worker(work, range(first, count, processes)) for first in range(processes)]
    try:
        for number in range(count):
            for part in workers[number % processes].parts(number, waiting):
                yield number, part
    finally:
        for worker in workers:
            worker.end()


def made_ahead(items: Iterable[T]) -> Generator[T]:
    """The same items, made by another process while those before them are worked on.

    Each is what marshal can hold. With a single core they are made here. Raises SessionsError when
    the other process has died, of an exception of the iterable's too.
    """
    if cores() < 2:  # noqa: PLR2004
        yield from items
        return
    from player.forked import Worker  # noqa: PLC0415  see above

    worker = Worker(lambda _: items, range(1))
    try:
        yield from worker.parts(0, None)
    finally:
        worker.end()
