"""Work in other processes, the results in order: the same for many things on all cores, or ahead.

Forks: what is loaded need not be loaded again, and a part of a result comes as soon as its turn has
come.
"""

from __future__ import annotations

import contextlib
import fcntl
import marshal
import os
import select
import signal
import struct
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from formats.errors import SessionsError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator


T = TypeVar("T")

_LENGTH: Final = struct.Struct("<Q")
_READ_BYTES: Final = 1 << 18
_PIPE_BYTES: Final = 1 << 20
# The most that Linux gives to everybody: so far a process may be ahead of who takes its parts.
_TELL_EVERY_S: Final = 0.2


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
    workers = [_Worker(work, range(first, count, processes)) for first in range(processes)]
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
    worker = _Worker(lambda _: items, range(1))
    try:
        yield from worker.parts(0, None)
    finally:
        worker.end()


class Later(Generic[T]):
    """A value that another process works out meanwhile: something that marshal can hold.

    Begins at once. `close` ends the process when nobody wants the value any more.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._worker = _Worker(lambda _: (work(),), range(1))

    def value(self) -> T:
        """The value, when it is there. Raises SessionsError when the other process has died."""
        return next(self._worker.parts(0, None))

    def close(self) -> None:
        """Let go of it."""
        self._worker.end()


class _Worker(Generic[T]):
    """A forked process that does some of the work and writes the parts into a pipe.

    Behind the parts of each number comes one without a byte.
    """

    def __init__(self, work: Callable[[int], Iterable[T]], numbers: range) -> None:
        self._fd, writing = os.pipe()
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            with contextlib.suppress(OSError):  # many pipes of this user are large already
                fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
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
                for part in work(number):
                    value: Any = part
                    data = marshal.dumps(value)
                    _write(writing, _LENGTH.pack(len(data)) + data)
                _write(writing, _LENGTH.pack(0))
            code = 0
        finally:
            os._exit(code)  # nothing of the process that we are a copy of is to be done twice

    def parts(self, number: int, waiting: Callable[[int], None] | None) -> Iterator[T]:
        """The parts of its next number, which is `number`, as they come."""
        while True:
            while not self._has_one():
                if waiting:
                    waiting(number)
            size = self._size()
            if size == _LENGTH.size:
                del self._pending[:size]
                return
            with memoryview(self._pending) as view, view[_LENGTH.size : size] as data:
                part: T = marshal.loads(data)  # noqa: S302  from our own process
            del self._pending[:size]
            yield part

    def _has_one(self) -> bool:
        """Whether a part is there, after waiting for it a little."""
        pending = self._pending
        while len(pending) < _LENGTH.size or len(pending) < self._size():
            if not select.select([self._fd], [], [], _TELL_EVERY_S)[0]:
                return False
            data = os.read(self._fd, _READ_BYTES)
            if not data:
                raise SessionsError(
                    "a process that worked for this one has died; CS_DEBUG=1 shows more"
                )
            pending += data
        return True

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
