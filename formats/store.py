"""The sessions in a home: which there are, and which one a person means.

The player's side. What a person typed is compared with the names that lie in the folder, and never
becomes part of a path. Lists from the summaries; a log is read only when its summary is missing
or older than the log.
"""

from __future__ import annotations

import math
import os
import time
from typing import TYPE_CHECKING, NamedTuple

from formats.errors import (
    AmbiguousSessionError,
    BadSessionIdError,
    LogError,
    NoSuchSessionError,
    printable,
)
from formats.layout import META, USER, parse_log_name
from formats.locks import is_held
from formats.meta import ENDED, RECORDING, Meta, Tally, read_meta, rebuild, write_meta
from formats.session import Session, is_log_path

if TYPE_CHECKING:
    from formats.layout import Home
    from formats.meta import State

SHORTEST_PREFIX = 4
_ID_LENGTH = 36
_ID_CHARACTERS = frozenset("0123456789abcdef-")
_LAST = "last"
_MOST_DIGITS = 9
_SHOWN_CANDIDATES = 3
_SHOWN_CHARACTERS = 8
_FORMS = "a session is an id, its first 4 or more characters, last, last~N or a path"


class Listed(NamedTuple):
    """One session of a listing. `live` says that a recorder writes it now.

    `disk_bytes` is what its segments take on disk, sealed ones as compressed. `meta` has the title
    and the tags that a person gave it with `cs-meta`; `pinned` says that `cs-pin` keeps it. Unless
    `counted`, the numbers of entries, bytes and markers in `meta` are not known and 0.
    """

    session: Session
    meta: Meta
    live: bool
    disk_bytes: int
    pinned: bool = False

    @property
    def counted(self) -> bool:
        """Whether its log was read, now or before."""
        return bool(self.meta.version)


def resolve(home: Home, text: str) -> Session:
    """The session that `text` names: id, unique prefix of 4+, `last`, `last~N`, or a path.

    Anything with a slash or the ending of a log is a path; a file in the current folder is found
    by its bare name where no session answers to it. Raises BadSessionIdError,
    NoSuchSessionError, AmbiguousSessionError, LogError (a path to what is no log) and, unless it
    is a path, UnsafeHomeError.
    """
    if "/" in text or is_log_path(text):
        return _at_path(text)
    if text == _LAST or text.startswith(_LAST + "~"):
        return _nth_last(home, text)
    session_id = _by_prefix(home, text) if _can_be_prefix(text) else None
    if session_id is not None:
        return Session(session_id, home.logs)
    if os.path.isfile(text):
        return _at_path(text)
    shown = printable(text)
    if not _can_be_prefix(text):
        raise BadSessionIdError(f"{shown!r} names no session: {_FORMS}")
    if not _scan(home):
        raise _nothing_recorded(home)
    raise NoSuchSessionError(f"no session {shown} in {printable(home.path, 200)}; cs-ls shows them")


def listing(home: Home, *, rebuild_s: float | None = None) -> list[Listed]:
    """All sessions of the home, the newest first by start; none when the home is not there.

    Summaries that are missing are rebuilt and written back where that can be, for `rebuild_s`
    seconds at most; those that are still missing then are made of a log's first and last lines
    (`Listed.counted`). Raises UnsafeHomeError.
    """
    until_s = None if rebuild_s is None else time.monotonic() + rebuild_s
    found = [_listed(home, session_id, files, until_s) for session_id, files in _scan(home).items()]
    found.sort(key=lambda listed: (listed.meta.start_us, listed.session.id), reverse=True)
    return found


def listed(home: Home, session: Session) -> Listed:
    """One session as it would be listed. Raises LogError when it lies elsewhere and is no log."""
    files = _scan(home).get(session.id) if session.path == home.log(session.id) else None
    if files is not None:
        return _listed(home, session.id, files, None)
    meta = rebuild(session)
    return Listed(session, meta, live=False, disk_bytes=session.size_bytes())


def stored(home: Home) -> list[tuple[Session, bool]]:
    """All sessions of the home by id, and whether a recorder writes each now. Opens no log.

    Raises UnsafeHomeError.
    """
    return [
        (Session(session_id, home.logs), _is_live(home, session_id, files))
        for session_id, files in sorted(_scan(home).items())
    ]


def is_live(home: Home, session: Session) -> bool:
    """Whether a recorder writes the session now. Raises UnsafeHomeError."""
    if not session.stored:
        return _is_locked(session.path)
    files = _scan(home).get(session.id)
    return files is not None and _is_live(home, session.id, files)


class _Files:
    """What lies in the folder of one session."""

    __slots__ = (
        "disk_bytes", "has_meta", "has_user", "last_closed", "last_number", "open_bytes", "paths",
    )  # fmt: skip

    def __init__(self) -> None:
        self.open_bytes: int | None = None
        self.disk_bytes = 0
        self.has_meta = self.has_user = False
        self.last_number = 0
        self.last_closed: str | None = None
        self.paths: dict[float, str] = {}

    def in_order(self) -> list[str]:
        """Its files; a plain one goes before a sealed one of the same segment."""
        return [self.paths[number] for number in sorted(self.paths)]


def _scan(home: Home) -> dict[str, _Files]:
    """The sessions that have a log, by id, from one pass over the folder. Links are ignored."""
    home.check()
    sessions: dict[str, _Files] = {}
    metas: set[str] = set()
    users: set[str] = set()
    try:
        with os.scandir(home.logs) as items:
            for item in items:
                if not item.is_file(follow_symlinks=False):
                    continue
                if item.name.endswith(META):
                    metas.add(item.name.removesuffix(META))
                    continue
                if item.name.endswith(USER):
                    users.add(item.name.removesuffix(USER))
                    continue
                _note(sessions, item)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise LogError(f"cannot list {printable(home.logs, 200)}: {error.strerror}") from None
    for session_id, files in sessions.items():
        files.has_meta = session_id in metas
        files.has_user = session_id in users
    return sessions


def _note(sessions: dict[str, _Files], item: os.DirEntry[str]) -> None:
    name = parse_log_name(item.name)
    if name is None:
        return
    try:
        size = item.stat(follow_symlinks=False).st_size
    except FileNotFoundError:  # renamed by a rotation or sealed just now: its other name counts
        size = 0
    files = sessions.setdefault(name.session_id, _Files())
    files.disk_bytes += size
    number = math.inf if name.number is None else name.number
    if not name.sealed or number not in files.paths:
        files.paths[number] = item.path
    if name.number is None and not name.sealed:
        files.open_bytes = size
    elif name.number is not None and not name.sealed and name.number > files.last_number:
        files.last_number, files.last_closed = name.number, item.path


def _listed(home: Home, session_id: str, files: _Files, until_s: float | None = None) -> Listed:
    listed = _as_recorded(home, session_id, files, until_s)
    if not files.has_user:
        return listed
    from formats.user import read_user  # noqa: PLC0415  most sessions have none

    said = read_user(home.user(session_id))
    return listed._replace(meta=said.over(listed.meta), pinned=said.pinned)


def _as_recorded(home: Home, session_id: str, files: _Files, until_s: float | None) -> Listed:
    session = Session(session_id, home.logs)
    meta = read_meta(home.meta(session_id)) if files.has_meta else None
    if meta is not None and meta.session_id == session_id:
        unchanged = files.open_bytes in (None, meta.open_bytes)
        if meta.state == ENDED and unchanged:
            return Listed(session, meta, live=False, disk_bytes=files.disk_bytes)
    else:
        meta = None
    live = _is_live(home, session_id, files)
    if meta is None or not live or meta.state != RECORDING:
        in_time = until_s is None or time.monotonic() < until_s
        meta = (_rebuilt if in_time else _brief)(home, session_id, files, live=live)
    return Listed(session, meta, live, files.disk_bytes)


def _rebuilt(home: Home, session_id: str, files: _Files, *, live: bool) -> Meta:
    state: State = RECORDING if live else ENDED
    # Listing the folder anew for each session would take the square of their number.
    session = Session(session_id, home.logs, at_rest=() if live else files.in_order())
    try:
        meta = rebuild(session, state)
    except LogError:  # one log that cannot be read must not hide the others
        return Tally().meta(session_id, state, 0, 0)
    if not live:  # a recorder writes its own
        try:
            write_meta(home.meta(session_id), meta)
        except OSError:  # a store that is only lent to us
            pass
    return meta


def _brief(home: Home, session_id: str, files: _Files, *, live: bool) -> Meta:
    from formats.brief import brief  # noqa: PLC0415  mostly not needed

    state: State = RECORDING if live else ENDED
    try:
        return brief(Session(session_id, home.logs), files.in_order(), state)
    except LogError:
        return Tally().meta(session_id, state, 0, 0)


def _is_live(home: Home, session_id: str, files: _Files) -> bool:
    """Whether a recorder holds its lock: on the open segment, or in mid-rotation on the last."""
    for path in (home.log(session_id), files.last_closed):
        if path is not None and _is_locked(path):
            return True
    return False


def _is_locked(path: str) -> bool:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        return is_held(fd)
    finally:
        os.close(fd)


def _can_be_prefix(text: str) -> bool:
    return SHORTEST_PREFIX <= len(text) <= _ID_LENGTH and _ID_CHARACTERS.issuperset(text.lower())


def _by_prefix(home: Home, text: str) -> str | None:
    """The one session whose id begins so; None when there is none."""
    names = _scan(home)
    if text in names:
        return text
    wanted = text.lower()
    found = sorted(name for name in names if name.lower().startswith(wanted))
    if len(found) > 1:
        length = max(_SHOWN_CHARACTERS, len(text) + 2)
        shown = ", ".join(name[:length] for name in found[:_SHOWN_CANDIDATES])
        more = ", ..." if len(found) > _SHOWN_CANDIDATES else ""
        raise AmbiguousSessionError(
            f"{printable(text)} begins {len(found)} sessions ({shown}{more}); cs-ls shows them"
        )
    if not found:
        _refuse_link(home, wanted)
    return found[0] if found else None


def _refuse_link(home: Home, wanted: str) -> None:
    """Raise LogError when what is meant is a link among the logs: it may lead anywhere."""
    try:
        names = os.listdir(home.logs)
    except OSError:
        return
    for name in names:
        path = os.path.join(home.logs, name)
        if name.lower().startswith(wanted) and parse_log_name(name) and os.path.islink(path):
            shown = printable(path, 200)
            raise LogError(f"{shown} is a link, and not read: name the file that it leads to")


def _nth_last(home: Home, text: str) -> Session:
    digits = text[len(_LAST) + 1 :] if text != _LAST else "0"
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS):
        raise BadSessionIdError(f"{printable(text)!r} names no session: {_FORMS}")
    sessions = listing(home)
    if not sessions:
        raise _nothing_recorded(home)
    if int(digits) >= len(sessions):
        count = "is only 1 session" if len(sessions) == 1 else f"are only {len(sessions)} sessions"
        where = printable(home.path, 200)
        raise NoSuchSessionError(f"no session {text}: there {count} in {where}; cs-ls shows them")
    return sessions[int(digits)].session


def _nothing_recorded(home: Home) -> NoSuchSessionError:
    where = printable(home.path, 200)
    return NoSuchSessionError(f"no session recorded yet in {where}: cs-rec records one")


def _at_path(path: str) -> Session:
    if "\0" in path or not os.path.exists(path):
        raise NoSuchSessionError(f"there is no file {printable(path, 200)}")
    return Session.at(path)
