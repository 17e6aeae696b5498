"""Locks of whole files (flock): they end with the process that holds them, however it ends."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from formats.layout import FILE_MODE

if TYPE_CHECKING:
    from collections.abc import Generator

NO_LOCKS = frozenset((errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK))
"""What locking fails with on a file system that has none."""


def take(path: str, *, wait: bool) -> int:
    """Lock a file that is there for nothing else; closing the descriptor lets go of it.

    Raises BlockingIOError when another process has it (unless `wait`), or any OSError.
    """
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE)
        try:
            os.fchmod(fd, FILE_MODE)  # whatever the umask: the next one must be able to open it
            fcntl.flock(fd, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            if is_at(path, fd):
                return fd
        except BaseException:
            os.close(fd)
            raise
        # Whoever had it has removed it since: the next to come would make a new one.
        os.close(fd)


@contextmanager
def taken(path: str, *, wait: bool) -> Generator[None]:
    """Within it the lock is ours; its file is removed at the end. Raises as `take` does."""
    fd = take(path, wait=wait)
    try:
        yield
    finally:
        try:
            os.unlink(path)
        except OSError:
            pass
        os.close(fd)


def is_at(path: str, fd: int) -> bool:
    """Whether an open file still has that name; a link is not followed."""
    try:
        return os.path.samestat(os.lstat(path), os.fstat(fd))
    except FileNotFoundError:
        return False


def is_held(fd: int) -> bool:
    """Whether another process holds the lock of an open file. False where nobody can tell."""
    try:
        # Shared: another who asks at the same time is no holder.
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks
        return False
    return False
