"""`python -m player.index.indexing HOME SESSION_ID ...`: make the screen lines of sessions.

The screen engine may crash, so nobody else's process runs it: the recorder starts this command at
the lowest priority when a segment is sealed and when a session ends, and who needs lines at once
starts it without arguments as a worker (`player.index.workers`).

A worker reads jobs, one JSON object a line (`workers.job_of`), and answers with messages that
`player.index.workers` describes.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
import time
from typing import TYPE_CHECKING, Any, Final

import orjson

from formats.errors import SessionsError
from formats.layout import Home, is_session_id, open_own, open_private
from formats.locks import take
from formats.session import Session
from formats.size import Size
from player.index.extending import Extension
from player.index.logfiles import signature_of
from player.index.pieces import Sidecar, path_of, read_pieces
from player.index.summary import summary_of, write_summary
from player.index.workers import DONE, FAILED, HEADER, PIECE, PROGRESS
from player.lines.columns import BlockError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from player.index.pieces import Piece

_MOST_MEMORY_BYTES: Final = 4 << 30
"""A hostile recording costs its own lines, never the machine's memory."""

_PROGRESS_EVERY_S: Final = 0.1
_COLLECT_AFTER: Final = 200_000
# Values more than were freed; Python's own rule is 700.


def index_session(
    home: Home,
    session: Session,
    *,
    wait: bool = True,
    emit: Callable[[bytes], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> bool:
    """Make the sidecar of a session complete; whether it was stored.

    It is not when another process is at it (unless `wait`) or where the home cannot be written.
    `emit` is given its pieces as they lie in the file, those that still hold first. Raises
    LogError when the log cannot be read, ScreenEngineError.
    """
    path = path_of(home, session.id)
    lock = _lock(home, session.id, wait=wait)
    try:
        old = _resumable(path, session.id)
        extension = Extension(session, old, signature_of(session.files()), progress=progress)
        if emit:
            for piece in _as_they_lie(path, session.id, extension.kept_bytes):
                emit(piece)
        target = _Target(path, extension.kept_bytes) if lock is not None else None
        try:
            for piece in extension.pieces():
                if emit:
                    emit(piece)
                if target:
                    target.write(piece)
            if target is None or not target.finish():
                return False
            _summarise(home, session.id, path)
            return True
        finally:
            if target:
                target.close()
    finally:
        if lock is not None:
            os.close(lock)


def _summarise(home: Home, session_id: str, path: str) -> None:
    summary = summary_of(piece for piece, _ in _pieces_of(path, session_id))
    if summary is not None:
        try:
            write_summary(home, session_id, summary)
        except OSError:  # lists say less
            return


def _resumable(path: str, session_id: str) -> Sidecar:
    """What there is of a file: the last piece with a state, and the last; none if damaged."""
    resumable: list[Piece] = []
    last: list[Piece] = []
    resumable_bytes = end = 0
    for piece, end in _pieces_of(path, session_id):
        try:
            if piece.lines:
                piece.block()
        except BlockError:
            return Sidecar([], 0, 0)
        last = [piece]
        if piece.state:
            resumable, last, resumable_bytes = last, [], end
    return Sidecar(resumable + last, resumable_bytes, end)


def _pieces_of(path: str, session_id: str) -> Iterator[tuple[Piece, int]]:
    """The pieces of a file, and where each ends; in the memory of one."""
    file = open_own(path)
    if file is not None:
        with file:
            yield from read_pieces(file, session_id)


def _as_they_lie(path: str, session_id: str, size: int) -> Iterator[bytes]:
    """The pieces in the first `size` bytes of a file, as they lie there."""
    if not size:
        return
    with open(path, "rb") as file:
        for _, end in _pieces_of(path, session_id):
            if end > size:
                return
            yield file.read(end - file.tell())


def _lock(home: Home, session_id: str, *, wait: bool) -> int | None:
    """The right to write the sidecar of a session; None when it cannot be had."""
    try:
        home.create()
        return take(os.path.join(home.run, f"{session_id}.lines"), wait=wait)
    except (OSError, SessionsError):  # somebody is at it, or a store that is only lent to us
        return None


class _Target:
    """The file that is written: the old one from `kept_bytes` on, or a new one in its place.

    Derived data: nothing is synced, what a power cut tears is made again; where it cannot be
    written it is only given to who asked.
    """

    def __init__(self, path: str, kept_bytes: int) -> None:
        self._path = path
        self._temporary = None if kept_bytes else f"{path}.tmp"
        self._fd: int | None = None
        try:
            self._fd = self._open(kept_bytes)
        except OSError:
            pass

    def _open(self, kept_bytes: int) -> int:
        if self._temporary is None:
            fd = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW)
            os.ftruncate(fd, kept_bytes)
            return fd
        try:
            os.unlink(self._temporary)  # left by one that died
        except FileNotFoundError:
            pass
        return open_private(self._temporary, os.O_WRONLY)

    def write(self, data: bytes) -> None:
        """Append."""
        rest = memoryview(data)
        try:
            while rest and self._fd is not None:
                rest = rest[os.write(self._fd, rest) :]
        except OSError:  # the disk is full: what is written so far is torn, and known to be
            self.close()

    def finish(self) -> bool:
        """All is written: from now on this is the file. Whether it could be."""
        if self._fd is None:
            return False
        if self._temporary is not None:
            try:
                os.rename(self._temporary, self._path)
            except OSError:  # there is a folder of that name
                return False
            self._temporary = None
        return True

    def close(self) -> None:
        """Let go of it; a new one that was not finished is removed."""
        if self._fd is None:
            return
        os.close(self._fd)
        self._fd = None
        if self._temporary is not None:
            os.unlink(self._temporary)


def _serve() -> None:
    """Do the jobs that come on standard input until there are none."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us ends us, by closing the pipe
    while line := sys.stdin.buffer.readline():
        job: dict[str, Any] = orjson.loads(line)
        try:
            stored = _do(job)
        except SessionsError as error:
            _send(FAILED, str(error).encode())
        except MemoryError:
            _send(FAILED, b"its lines take more memory than 4 GiB")
        else:
            _send(DONE, b"1" if stored else b"0")


def _do(job: dict[str, Any]) -> bool:
    progress = _Progress()

    def emit(piece: bytes) -> None:
        _send(PIECE, piece)

    if job["home"] is not None:
        session, home = Session(job["session_id"], Home(job["home"]).logs), Home(job["home"])
        return index_session(home, session, wait=job["wait"], emit=emit, progress=progress.tell)
    if job["path"] is not None:
        session = Session.at(job["path"])
    else:
        session = Session(job["session_id"], job["folder"])
    size = None if job["size"] is None else Size(*job["size"])
    extension = Extension(session, Sidecar([], 0, 0), (), size=size, progress=progress.tell)
    for piece in extension.pieces():
        emit(piece)
    return False


def _send(kind: int, data: bytes) -> None:
    out = sys.stdout.buffer
    out.write(HEADER.pack(kind, len(data)))
    out.write(data)
    out.flush()


class _Progress:
    def __init__(self) -> None:
        self._next_s = 0.0

    def tell(self, done_bytes: int, total_bytes: int) -> None:
        now_s = time.monotonic()
        if now_s >= self._next_s:
            self._next_s = now_s + _PROGRESS_EVERY_S
            _send(PROGRESS, orjson.dumps((done_bytes, total_bytes)))


def _in_background(path: str, session_id: str) -> int:
    """Lines, then keyframes, which have a process of their own: each may crash."""
    from player.replay.keying import start_keying  # noqa: PLC0415

    if not is_session_id(session_id):
        return 2
    home = Home(path)
    start_keying(home, session_id)
    try:
        index_session(home, Session(session_id, home.logs))
    except (OSError, SessionsError, MemoryError):  # made by whoever asks for them
        return 1
    return 0


def collect_seldom() -> None:
    """Look for cycles of values seldom: lines make none, and looking took an eighth of a flood."""
    gc.set_threshold(_COLLECT_AFTER)


def main(argv: list[str]) -> int:
    """Index the sessions of a home that are named, or serve; 0 when all was done."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY_BYTES, _MOST_MEMORY_BYTES))
    collect_seldom()
    if argv[:1] == ["--background"]:
        return _in_background(*argv[1:])
    if not argv:
        try:
            _serve()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    home, failed = Home(argv[0]), False
    for session_id in argv[1:]:
        if not is_session_id(session_id):
            return 2
        try:
            index_session(home, Session(session_id, home.logs))
        except (OSError, SessionsError, MemoryError):  # made by whoever asks for them
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
