"""The same work for many things on all cores, the results in order.

Forks: what is loaded need not be loaded again, and a result comes as soon as its turn has come.
"""

from __future__ import annotations

import marshal
import os
import select
import signal
import struct
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from formats.errors import SessionsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


T = TypeVar("T")

_LENGTH: Final = struct.Struct("<Q")
_READ_BYTES: Final = 1 << 18
_TELL_EVERY_S: Final = 0.2


def cores() -> int:
    """How many processes can work at once."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        return os.cpu_count() or 1


def in_order(
    work: Callable[[int], T],
    count: int,
    processes: int,
    waiting: Callable[[int], None] | None = None,
) -> Iterator[T]:
    """`work(0)` to `work(count - 1)`: what marshal can hold: numbers, texts, tuples, lists.

    With more than one process each does every so-manieth; `waiting(number)` is called now and then
    while the result of that number is waited for. Closing the generator ends them.
    """
    if min(processes, count) < 2:  # noqa: PLR2004
        for number in range(count):
            if waiting:
                waiting(number)
            yield work(number)
        return
    workers = [_Worker(work, range(first, count, processes)) for first in range(processes)]
    try:
        for number in range(count):
            worker = workers[number % processes]
            while not worker.has_one(_TELL_EVERY_S):
                if waiting:
                    waiting(number)
            yield worker.result()
    finally:
        for worker in workers:
            worker.end()


class _Worker(Generic[T]):
    """A forked process that does some of the work and writes the results into a pipe."""

    def __init__(self, work: Callable[[int], T], numbers: range) -> None:
        self._fd, writing = os.pipe()
        self._pending = bytearray()
        self._pid = os.fork()
        if self._pid:
            os.close(writing)
            return
        code = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.close(self._fd)
            for number in numbers:
                result: Any = work(number)
                data = marshal.dumps(result)
                _write(writing, _LENGTH.pack(len(data)) + data)
            code = 0
        finally:
            os._exit(code)  # nothing of the process that we are a copy of is to be done twice

    def has_one(self, timeout_s: float) -> bool:
        """Whether a result is there, after waiting for it a little."""
        pending = self._pending
        while len(pending) < _LENGTH.size or len(pending) < self._size():
            if not select.select([self._fd], [], [], timeout_s)[0]:
                return False
            data = os.read(self._fd, _READ_BYTES)
            if not data:
                raise SessionsError("a process that searched has died; CS_DEBUG=1 shows more")
            pending += data
        return True

    def result(self) -> T:
        """The next result, which is there."""
        size = self._size()
        data = bytes(self._pending[_LENGTH.size : size])
        del self._pending[:size]
        done: T = marshal.loads(data)  # noqa: S302  from our own process
        return done

    def _size(self) -> int:
        return _LENGTH.size + int(_LENGTH.unpack_from(self._pending)[0])

    def end(self) -> None:
        """End it if it still runs."""
        os.close(self._fd)
        try:
            os.kill(self._pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        os.waitpid(self._pid, 0)


def _write(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]
