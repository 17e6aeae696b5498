"""The sessions in a home: which there are, from one pass over the folder.

The player's side. Lists from the summaries; a log is read only when its summary is missing or older
than the log. Which session a person means, `formats.meant` says.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from formats.errors import LogError, printable
from formats.layout import META, USER, parse_log_name
from formats.locks import is_held
from formats.meta import ENDED, RECORDING, Meta, Tally, read_meta, rebuild, write_meta
from formats.session import Session

if TYPE_CHECKING:
    from formats.layout import Home
    from formats.meta import State


_OPEN: Final = float("inf")
"""The number of the open segment, which comes last."""


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


def session_ids(home: Home) -> list[str]:
    """The ids of the sessions of the home. Raises UnsafeHomeError."""
    return list(_scan(home))


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
    number = _OPEN if name.number is None else name.number
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
