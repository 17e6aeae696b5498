"""A process of our own kind that works for this one: what it makes comes through a pipe.

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
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")

_LENGTH: Final = struct.Struct("<Q")
_READ_BYTES: Final = 1 << 18
_PIPE_BYTES: Final = 1 << 20
# The most that Linux gives to everybody: so far a process may be ahead of who takes its parts.
_TELL_EVERY_S: Final = 0.2


class Worker(Generic[T]):
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

    def has_begun(self) -> bool:
        """Whether something of a part is there, or the process has died; does not wait."""
        return bool(self._pending) or bool(select.select([self._fd], [], [], 0)[0])

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


class Later(Generic[T]):
    """A value that another process works out meanwhile: something that marshal can hold.

    Begins at once. `close` ends the process when nobody wants the value any more.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._worker = Worker(lambda _: (work(),), range(1))

    def is_there(self) -> bool:
        """Whether `value` need not wait; once it was asked for it is so no more."""
        return self._worker.has_begun()

    def value(self) -> T:
        """The value, when it is there; to be asked once.

        Raises SessionsError when the other process has died.
        """
        return next(self._worker.parts(0, None))

    def close(self) -> None:
        """Let go of it."""
        self._worker.end()


def _write(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]
