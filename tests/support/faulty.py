"""A file system that fails at the n-th change: with an error, a short write, or the end of all."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from formats.files import Files

if TYPE_CHECKING:
    from collections.abc import Callable

    How = Literal["none", "EIO", "ENOSPC", "short", "exit"]

_ERRORS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "short": errno.ENOSPC}


class Exited(BaseException):
    """The process is gone: nothing that it would still do happens."""


class Faulty(Files):
    """Fails at the n-th operation, and `times` in all. Counts operations; none fails unless told.

    A write that the process does not survive is half done, as is a short one.
    """

    def __init__(self, at: int = 0, how: How = "none", times: int = 1) -> None:
        self.count = 0
        self.dead = False
        self.at, self.how, self.times = at, how, times
        self._opened: set[int] = set()

    def abandon(self) -> None:
        """The process is gone: nothing that it had made is open, or locked, any more."""
        while self._opened:
            os.close(self._opened.pop())

    def open_new(self, path, flags):
        if self._step():
            self._fail()
        fd = Files.open_new(path, flags)
        self._opened.add(fd)
        return fd

    def close(self, fd):
        os.close(fd)
        self._opened.discard(fd)

    def _step(self) -> bool:
        if self.dead:  # what `finally` and `except` do does not happen either
            raise Exited
        self.count += 1
        return self.at <= self.count < self.at + self.times

    def _fail(self) -> NoReturn:
        if self.how == "exit":
            self.dead = True
            raise Exited
        number = _ERRORS[self.how]
        raise OSError(number, os.strerror(number))

    def write(self, fd, data):
        if not self._step():
            return os.write(fd, data)
        if self.how in ("short", "exit") and len(data) > 1:
            written = os.write(fd, data[: len(data) // 2])
            if self.how == "short":
                return written
        return self._fail()

    def sync_data(self, fd):  # never really: thousands of them would take minutes
        if self._step():
            self._fail()

    sync = sync_data

    def make_folder(self, path):
        if self._step():
            self._fail()
        super().make_folder(path)


def _guarded(name: str) -> Callable[..., Any]:
    def operation(self: Faulty, *arguments: Any, **options: Any) -> Any:
        if self._step():
            self._fail()
        return getattr(Files, name)(*arguments, **options)

    return operation


for _name in ("truncate", "rename", "link", "unlink", "remove_folder"):
    setattr(Faulty, _name, _guarded(_name))
