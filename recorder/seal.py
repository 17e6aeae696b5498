"""`python -m recorder.seal HOME SESSION_ID`: seal the closed segments of one session.

Run by the recorder, at the lowest priority. Order matters: the plain file is removed only when
the sealed one is complete, verified and durable, so that no crash in between loses an entry. Both
present is normal; readers take the plain one, and the next run finishes the job.
"""

from __future__ import annotations

import os
import sys
import time
from hashlib import sha256
from typing import TYPE_CHECKING

from formats.errors import LogError
from formats.files import FILES, Files
from formats.holding import seal_lock
from formats.layout import Home, is_session_id, parse_log_name
from formats.locks import taken
from formats.sealed import SealedWriter, read_sealed

if TYPE_CHECKING:
    from typing import BinaryIO

TEMPORARY = ".tmp"
"""What the name of a sealed file ends in while it is being written."""
_CHUNK_BYTES = 1 << 18
# A burst closes segment after segment, and whoever causes one is waiting for it: compressing begins
# when none was closed for this long, or when it was put off for long enough.
_QUIET_S = 1.0
_LONGEST_WAIT_S = 60.0


def seal_session(home: Home, session_id: str, files: Files = FILES, *, wait: bool = True) -> int:
    """Seal every closed plain segment of a session that another follows; the number of them.

    The last one stays as it is: a recorder that dies in mid-rotation leaves it to be closed. One
    sealer a session: a second one waits for the first, then finds what is left; without `wait` it
    raises BlockingIOError.
    """
    with taken(seal_lock(home, session_id), wait=wait):
        numbers = _unsealed(home, session_id)
        for number in numbers:
            seal_segment(home, session_id, number, files)
        return len(numbers)


def seal_segment(home: Home, session_id: str, number: int, files: Files = FILES) -> None:
    """Seal one closed plain segment, with the session's seal lock held. Raises as `seal_file`."""
    plain = home.segment(session_id, number)
    seal_file(plain, home.segment(session_id, number, sealed=True), files)


def _unsealed(home: Home, session_id: str) -> list[int]:
    names = [
        name
        for name in map(parse_log_name, os.listdir(home.logs))
        if name is not None and name.session_id == session_id
    ]
    last = max((name.number or sys.maxsize for name in names), default=0)
    return sorted(
        name.number for name in names if name.number and not name.sealed and name.number < last
    )


def _wait_for_quiet(home: Home, session_id: str) -> None:
    give_up_at = time.monotonic() + _LONGEST_WAIT_S
    before: list[int] = []
    while (found := _unsealed(home, session_id)) != before and time.monotonic() < give_up_at:
        before = found
        time.sleep(_QUIET_S)


def seal_file(plain: str, sealed: str, files: Files = FILES) -> None:
    """Turn one closed segment into its sealed form, then remove the plain one.

    Raises LogError, the plain file untouched, when what was written does not read back the same.
    """
    temporary = sealed + TEMPORARY
    try:
        files.unlink(temporary)  # left by a sealer that died
    except FileNotFoundError:
        pass
    folder = os.path.dirname(plain)
    with open(plain, "rb") as source:
        fd = files.open_new(temporary, os.O_RDWR)
        try:
            expected = _write(source, fd, files)
            files.sync(fd)
            _check(fd, expected)
        except BaseException:
            files.close(fd)
            files.unlink(temporary)
            raise
    files.close(fd)
    files.rename(temporary, sealed)
    files.sync_folder(folder)
    files.unlink(plain)
    files.sync_folder(folder)


def _write(source: BinaryIO, fd: int, files: Files) -> bytes:
    writer, digest = SealedWriter(), sha256()
    while chunk := source.read(_CHUNK_BYTES):
        digest.update(chunk)
        files.write_all(fd, writer.feed(chunk))
    files.write_all(fd, writer.finish())
    return digest.digest()


def _check(fd: int, expected: bytes) -> None:
    """Raise LogError unless what was sealed reads back with that SHA-256."""
    digest = sha256()

    def damaged(what: str, _offset: int) -> None:
        raise LogError(f"what was sealed does not read back: {what}")

    with open(fd, "rb", closefd=False) as file:
        for _, data in read_sealed(file, 0, damaged):
            digest.update(data)
    if digest.digest() != expected:
        damaged("other bytes", 0)


def main(argv: list[str]) -> int:
    """Seal the session that the two arguments name; 0 when all is sealed."""
    path, session_id = argv
    if not is_session_id(session_id):
        return 2
    home = Home(path)
    try:
        _wait_for_quiet(home, session_id)
        seal_session(home, session_id)
    except (OSError, LogError):  # the plain files stay: nothing is lost, the next run tries again
        return 1
    _go_on_as_indexer(path, session_id)
    return 0


def _go_on_as_indexer(path: str, session_id: str) -> None:
    """Become the process that makes lines and keyframes, at our priority: by name, never by import.

    Where it cannot be, they are made by whoever asks for them.
    """
    arguments = ("player.index.indexing", "--background", path, session_id)
    try:
        os.execv(sys.executable, (sys.executable, "-P", "-m", *arguments))  # noqa: S606  ours
    except OSError:
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
