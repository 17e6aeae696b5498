"""Making sure that nobody writes a session while its files are moved or replaced."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from formats.belongings import belongings
from formats.errors import LiveSessionError, LogError, printable
from formats.layout import parse_log_name
from formats.locks import NO_LOCKS, is_held, taken

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


def seal_lock(home: Home, session_id: str) -> str:
    """The file that is locked by whoever seals a session's segments, or keeps sealers out."""
    return os.path.join(home.run, f"{session_id}.seal")


@contextmanager
def _sealer_kept_out(home: Home, session_id: str) -> Generator[None]:
    path = seal_lock(home, session_id)
    with ExitStack() as stack:
        try:
            stack.enter_context(taken(path, wait=False))
        except BlockingIOError:
            message = f"{session_id[:8]} is being compressed just now: try again in a moment"
            raise LiveSessionError(message) from None
        except OSError as error:
            if error.errno not in NO_LOCKS:  # there nobody can tell
                shown = printable(path, 200)
                raise LogError(f"cannot lock {shown}: {error.strerror}") from None
        yield


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
