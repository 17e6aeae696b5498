"""The end of a log whose recorder wrote none: it was killed, or the machine stopped.

The last line becomes an `exit` event of reason `recorder died`, at the time of the last entry.
Each step leaves a log from which the next run goes on, and in which every entry is there once:

    half a line at the end is cut off; a whole entry that lacks its newline only gets it
    an open segment without any whole line, which a rotation had just begun, is removed
    the last line is written and synced; what it was cut to meanwhile is cut off by the next run
    checkpoints and the summary follow: both can be made again

Only a log of ours, and one that nobody has locked, is touched.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NamedTuple

from formats.damage import Damage
from formats.entry import Decoder, LineError
from formats.errors import LiveSessionError
from formats.files import FILES, Files
from formats.holding import seal_lock
from formats.layout import SEALED
from formats.line import LineEncoder
from formats.lines import LONGEST_LINE_BYTES
from formats.locks import is_at, is_held, taken
from formats.meta import rebuild, write_meta
from formats.place import Place
from formats.segment import last_line_start, read_segment, stated_number
from formats.session import Session
from formats.timestamp import Stamper
from recorder.digest import Digest
from recorder.seal import seal_segment

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import BinaryIO

    from formats.entry import Entry
    from formats.layout import Home

DIED = "recorder died"
_BY_US = ("start", "segment")
_STAMP = slice(14, 38)
"""Where a line's timestamp stands."""
# Who asks whether a log is locked holds a lock himself, for a few microseconds.
_TRIES, _PAUSE_S = 5, 0.01


class _Last(NamedTuple):
    """The last segment of a session, plain and locked by us."""

    number: int
    path: str
    file: BinaryIO
    is_open: bool


class _End(NamedTuple):
    """How a segment ends: so many bytes are whole lines; `unended`: and the last lacks a newline.

    `last_us` is the time of its last entry, None where there is none.
    """

    whole_bytes: int
    unended: bool
    last_us: int | None
    has_exit: bool


def close_dead(
    home: Home, session_id: str, files: Files = FILES, sign_key: str | None = None
) -> bool:
    """Write the end of a session's log, and its summary; whether its end was missing.

    What was the open segment is signed with the key in the file `sign_key`.
    Raises LiveSessionError when a recorder or a sealer is at work on it, OSError and LogError when
    it cannot be read or written: the next time goes on.
    """
    with _last_segment(home, session_id, files) as last:
        if last is None or not _is_ours(last.file, last.path, session_id):
            return False
        end = _end_of(last.file, last.path, session_id)
        time_us = end.last_us
        if time_us is None:  # damaged throughout
            time_us = Session(session_id, home.logs).last_us()
        if time_us is None:
            return False
        if not end.has_exit:
            _write_end(last, end, session_id, time_us, files)
            _cover(home, session_id, last, sign_key or "")
        meta = rebuild(Session(session_id, home.logs))
        write_meta(home.meta(session_id), meta, files)
        return not end.has_exit


def remove_empty(home: Home, session_id: str, files: Files = FILES) -> bool:
    """Remove the log of a recorder that died before its first line was whole; whether it had.

    To be asked of a log that is not new: for a moment every log is. Raises as `close_dead` does.
    """
    with _last_segment(home, session_id, files) as last:
        if last is None or last.number != 1 or not last.is_open:
            return False
        data = os.pread(last.file.fileno(), LONGEST_LINE_BYTES, 0)
        if b"\n" in data or _is_entry(data) or not _begins_ours(data, session_id):
            return False
        files.unlink(last.path)
        files.sync_folder(home.logs)
        return True


def seal_whole(home: Home, session_id: str, files: Files = FILES) -> bool:
    """Seal the last segment of a session that has ended too; whether there was one to seal.

    The open segment gets its number first, as at a rotation. Raises as `close_dead` does.
    """
    with _last_segment(home, session_id, files) as last:
        if last is None or not _end_of(last.file, last.path, session_id).has_exit:
            return False
        if last.is_open:
            target = home.segment(session_id, last.number)
            if os.path.lexists(target) or os.path.lexists(target + SEALED):  # never over anything
                return False
            files.rename(last.path, target)
            files.sync_folder(home.logs)
        seal_segment(home, session_id, last.number, files)
        return True


@contextmanager
def _last_segment(home: Home, session_id: str, files: Files) -> Generator[_Last | None]:
    """Within it the last segment is ours alone; None where it is sealed, or there is none."""
    session = Session(session_id, home.logs)
    with ExitStack() as stack:
        try:
            stack.enter_context(taken(seal_lock(home, session_id), wait=False))
        except BlockingIOError:
            raise LiveSessionError(f"{session_id[:8]} is being worked on") from None
        closed, opened = session.numbered()
        plain = [path for path in (*closed.values(), opened) if path and not path.endswith(SEALED)]
        locked = {path: stack.enter_context(_locked(path, session_id)) for path in plain}
        if session.numbered() != (closed, opened):
            raise _live(session_id)
        if opened in locked and closed and not _whole_lines(locked[opened]):
            files.unlink(opened)
            files.sync_folder(home.logs)
            opened = None
        number = max(closed, default=0)
        path = opened or closed.get(number)
        if path not in locked:
            yield None
            return
        file = locked[path]
        if opened is not None:
            number = max(number + 1, stated_number(file, path))
        yield _Last(number, path, file, opened is not None)


@contextmanager
def _locked(path: str, session_id: str) -> Generator[BinaryIO]:
    """The file, open and locked as its recorder locks it. LiveSessionError when that has it.

    OSError on a file system without locks: nobody can tell there whether it is being written.
    """
    flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        fd = os.open(path, flags)
    except FileNotFoundError:
        raise _live(session_id) from None
    with open(fd, "rb", buffering=0) as file:
        for tries_left in reversed(range(_TRIES)):
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not tries_left or is_held(fd):
                    raise _live(session_id) from None
            time.sleep(_PAUSE_S)
        if not is_at(path, fd):
            raise _live(session_id)
        yield file


def _live(session_id: str) -> LiveSessionError:
    return LiveSessionError(f"{session_id[:8]} is being recorded")


def _begins_ours(data: bytes, session_id: str) -> bool:
    """Whether these bytes may be the beginning of a `start` event of ours, or none at all."""
    stamp = data[_STAMP]
    start = LineEncoder(session_id).event(stamp.ljust(24), {"type": "start"}).rstrip(b"}\n")
    return start.startswith(data[: len(start)]) and not stamp.strip(b"0123456789-T:.Z")


def _is_ours(file: BinaryIO, path: str, session_id: str) -> bool:
    """Whether it begins as our recorder begins a segment. Other writers may hold no lock."""
    first = next(_entries(file, path, session_id, 0), None)
    return first is not None and first.event is not None and first.event["type"] in _BY_US


def _entries(file: BinaryIO, path: str, session_id: str, start: int) -> Iterator[Entry]:
    place = Place(1, start)
    for _, entry in read_segment(file, path, 1, begin=place, expect=session_id, damage=Damage()):
        yield entry


def _whole_lines(file: BinaryIO) -> bool:
    return b"\n" in os.pread(file.fileno(), LONGEST_LINE_BYTES, 0)


def _end_of(file: BinaryIO, path: str, session_id: str) -> _End:
    size = os.fstat(file.fileno()).st_size
    begin = max(0, size - LONGEST_LINE_BYTES)
    tail = os.pread(file.fileno(), LONGEST_LINE_BYTES, begin)
    rest = tail[tail.rfind(b"\n") + 1 :]
    # Nothing is cut off that is longer than a line: it is damage, and stays for cs-verify.
    unended = bool(rest) and (len(rest) == len(tail) == LONGEST_LINE_BYTES or _is_entry(rest))
    entries = list(_entries(file, path, session_id, last_line_start(file, path)))
    return _End(
        size if unended else size - len(rest),
        unended,
        max((entry.time_us for entry in entries), default=None),
        any(entry.event is not None and entry.event["type"] == "exit" for entry in entries),
    )


def _is_entry(line: bytes) -> bool:
    try:
        Decoder().decode(line)
    except LineError:
        return False
    return True


def _write_end(last: _Last, end: _End, session_id: str, time_us: int, files: Files) -> None:
    fd = last.file.fileno()
    event = {"type": "exit", "reason": DIED}
    line = LineEncoder(session_id).event(Stamper().stamp(time_us), event)
    if os.fstat(fd).st_size > end.whole_bytes:
        files.truncate(fd, end.whole_bytes)
    files.write_all(fd, b"\n" + line if end.unended else line)
    files.sync_data(fd)


def _cover(home: Home, session_id: str, last: _Last, sign_key: str) -> None:
    """Checkpoints to the end: what the recorder had no time to cover, and what is new."""
    digest = Digest(home, session_id)
    try:
        digest.begin(last.number, os.dup(last.file.fileno()))
        size = os.fstat(last.file.fileno()).st_size
        digest.sign(sign_key, size, digest.close(size), last=True)
    except OSError:  # a full disk: what is not covered stays so
        pass
    finally:
        digest.end()
