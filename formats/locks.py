"""Locks of whole files (flock): they end with the process that holds them, however it ends."""

from __future__ import annotations

import fcntl
import os

from formats.layout import FILE_MODE


def take(path: str, *, wait: bool) -> int:
    """Lock a file that is there for nothing else; closing the descriptor lets go of it.

    Raises BlockingIOError when another process has it (unless `wait`), or any OSError.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE)
    try:
        os.fchmod(fd, FILE_MODE)  # whatever the umask: the next one must be able to open it
        fcntl.flock(fd, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(fd)
        raise
    return fd


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
