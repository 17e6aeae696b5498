"""The sessions that lie in a home: finding the one that is meant, listing all of them.

What a person typed is compared with the names in the folder and never joined into a path.
"""

from __future__ import annotations

import fcntl
import os
from typing import NamedTuple

from formats.errors import (
    AmbiguousSessionError,
    BadSessionIdError,
    LogError,
    NoSuchSessionError,
    printable,
)
from formats.layout import Home, parse_log_name
from formats.meta import ENDED, RECORDING, Meta, read_meta, rebuild, write_meta
from formats.session import Session, is_log_path

_SHORTEST_PREFIX, _ID_LENGTH = 4, 36
_LONGEST_PATH = 4096
_LAST = "last"
_MOST_NAMED = 3


class Listed(NamedTuple):
    """A session in a list: its log, its summary, whether it is being recorded now."""

    session: Session
    meta: Meta
    live: bool


def resolve(home: Home, text: str) -> Session:
    """The session that `text` names: full id, unique prefix of 4+, `last`, `last~N`, or a path.

    Raises BadSessionIdError, NoSuchSessionError, AmbiguousSessionError, LogError (a path that is
    no log), UnsafeHomeError.
    """
    shown = printable(text)
    if not text or "\0" in text or len(text) > _LONGEST_PATH:
        raise BadSessionIdError(f"{shown!r} names no session: cs-ls shows their ids")
    back = _steps_back(text)
    if back is not None:
        return _last(home, back, text)
    prefix = text.lower()
    looks_like_an_id = len(text) <= _ID_LENGTH and not prefix.strip("0123456789abcdef-")
    if looks_like_an_id and len(text) >= _SHORTEST_PREFIX:
        found = [name for name in session_ids(home) if name.lower().startswith(prefix)]
        if len(found) == 1:
            return Session(found[0], home.logs)
        if found:
            some = ", ".join(name[:13] for name in sorted(found)[:_MOST_NAMED])
            raise AmbiguousSessionError(f"{shown} begins {len(found)} ids ({some}, ...): say more")
    if "/" in text or is_log_path(text) or os.path.exists(text):
        return Session.at(text)
    if looks_like_an_id:
        if len(text) < _SHORTEST_PREFIX:
            raise BadSessionIdError(f"{shown} is too short: give 4 or more characters of an id")
        raise NoSuchSessionError(f"no session begins with {shown} in {home.logs}: see cs-ls")
    raise BadSessionIdError(f"{shown} is no id, no 'last' and no file: cs-ls shows the ids")


def session_ids(home: Home) -> list[str]:
    """The ids of all sessions in a home, in no order. Raises UnsafeHomeError, LogError."""
    home.check()
    found: set[str] = set()
    try:
        with os.scandir(home.logs) as files:
            for file in files:
                name = parse_log_name(file.name)
                if name is not None and file.is_file(follow_symlinks=False):
                    found.add(name.session_id)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise LogError(f"cannot list {printable(home.logs, 200)}: {error.strerror}") from None
    return list(found)


def listing(home: Home) -> list[Listed]:
    """All sessions, newest first. Reads summaries; a log only when its summary is stale."""
    listed: list[Listed] = []
    for session_id in session_ids(home):
        session = Session(session_id, home.logs)
        found = look_up(session, home.meta(session_id))
        if found is not None:
            listed.append(found)
    listed.sort(key=lambda one: (one.meta.start_us, one.meta.session_id), reverse=True)
    return listed


def look_up(session: Session, meta_path: str) -> Listed | None:
    """One session with its summary, rebuilt where it is missing or stale; None for an empty log."""
    meta = read_meta(meta_path)
    if meta is not None and meta.session_id == session.id:
        if meta.state == RECORDING and is_recording(session):
            return Listed(session, meta, live=True)
        if meta.state == ENDED and _size(session.path) in (None, meta.open_bytes):
            return Listed(session, meta, live=False)
    try:
        meta = rebuild(session)
    except LogError:
        return None
    live = is_recording(session)
    if not live:
        try:
            write_meta(meta_path, meta)
        except OSError:  # a store that can only be read: rebuilt again next time
            pass
    return Listed(session, meta, live)


def is_recording(session: Session) -> bool:
    """Whether a recorder holds the session's open segment (by its lock) at this moment."""
    try:
        fd = os.open(session.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(fd)
    return False


def _steps_back(text: str) -> int | None:
    if text == _LAST:
        return 0
    digits = text.removeprefix(_LAST + "~")
    if digits == text:
        return None
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):  # noqa: PLR2004
        raise BadSessionIdError(f"{printable(text)!r}: say last~1 for the one before the last")
    return int(digits)


def _last(home: Home, back: int, text: str) -> Session:
    listed = listing(home)
    if not listed:
        raise NoSuchSessionError(f"no session is recorded yet in {home.logs}: cs-rec makes one")
    if back >= len(listed):
        raise NoSuchSessionError(f"{text}: there are only {len(listed)} sessions")
    return listed[back].session


def _size(path: str) -> int | None:
    try:
        return os.lstat(path).st_size
    except OSError:
        return None
