"""Making sure that nobody writes a session while its files are moved or replaced."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from formats.belongings import belongings
from formats.errors import LiveSessionError, LogError, printable
from formats.layout import FILE_MODE, parse_log_name
from formats.locks import is_held

if TYPE_CHECKING:
    from collections.abc import Generator

    from formats.layout import Home


@contextmanager
def held(home: Home, session_id: str) -> Generator[None]:
    """Within it no sealer works on the session; a session that is recorded cannot be held.

    Raises LiveSessionError when a recorder holds its lock, or a sealer is at work just now.
    """
    with _sealer_kept_out(home, session_id):
        logs = _plain_logs(home, session_id)
        try:
            for path, fd in logs:
                _check_unlocked(path, fd, session_id)
            yield
        finally:
            for _, fd in logs:
                os.close(fd)


@contextmanager
def _sealer_kept_out(home: Home, session_id: str) -> Generator[None]:
    path = os.path.join(home.run, f"{session_id}.seal")
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        lock = os.open(path, flags, FILE_MODE)
    except OSError as error:
        raise LogError(f"cannot lock {printable(path, 200)}: {error.strerror}") from None
    try:
        os.fchmod(lock, FILE_MODE)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"{session_id[:8]} is being compressed just now: try again in a moment"
            raise LiveSessionError(message) from None
        except OSError:  # a file system without locks: nobody can tell
            pass
        yield
        # Whoever waits for it finds nothing left to seal; the name has served.
        os.unlink(path)
    finally:
        os.close(lock)


def _plain_logs(home: Home, session_id: str) -> list[tuple[str, int]]:
    """The files that a recorder may hold a lock on: the open segment, or the last in rotation."""
    opened: list[tuple[str, int]] = []
    for folder, name, _ in belongings(home, session_id).get(session_id, ()):
        parsed = parse_log_name(name) if folder == "logs" else None
        if parsed is None or parsed.sealed:
            continue
        path = os.path.join(home.logs, name)
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            opened.append((path, os.open(path, flags)))
        except FileNotFoundError:  # rotated just now: it is live, and its other name says so
            raise _live(session_id) from None
        except OSError as error:
            for _, fd in opened:
                os.close(fd)
            raise LogError(f"cannot read {printable(path, 200)}: {error.strerror}") from None
    return opened


def _check_unlocked(path: str, fd: int, session_id: str) -> None:
    if is_held(fd) or not os.path.exists(path):
        raise _live(session_id)


def _live(session_id: str) -> LiveSessionError:
    return LiveSessionError(f"{session_id[:8]} is being recorded: end it first")
