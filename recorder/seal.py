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
from formats.layout import Home, is_session_id, open_private, parse_log_name
from formats.locks import take
from formats.sealed import SealedWriter, read_sealed

if TYPE_CHECKING:
    from typing import BinaryIO

_CHUNK_BYTES = 1 << 18
# A burst closes segment after segment, and whoever causes one is waiting for it: compressing begins
# when none was closed for this long, or when it was put off for long enough.
_QUIET_S = 1.0
_LONGEST_WAIT_S = 60.0


def seal_session(home: Home, session_id: str) -> int:
    """Seal every closed plain segment of a session; the number of them.

    One sealer a session: a second one waits for the first, then finds what is left.
    """
    lock = take(os.path.join(home.run, f"{session_id}.seal"), wait=True)
    try:
        numbers = _unsealed(home, session_id)
        for number in numbers:
            plain = home.segment(session_id, number)
            seal_file(plain, home.segment(session_id, number, sealed=True))
        return len(numbers)
    finally:
        os.close(lock)


def _unsealed(home: Home, session_id: str) -> list[int]:
    names = [parse_log_name(name) for name in os.listdir(home.logs)]
    return sorted(
        name.number
        for name in names
        if name and name.session_id == session_id and name.number and not name.sealed
    )


def _wait_for_quiet(home: Home, session_id: str) -> None:
    give_up_at = time.monotonic() + _LONGEST_WAIT_S
    before: list[int] = []
    while (found := _unsealed(home, session_id)) != before and time.monotonic() < give_up_at:
        before = found
        time.sleep(_QUIET_S)


def seal_file(plain: str, sealed: str) -> None:
    """Turn one closed segment into its sealed form, then remove the plain one.

    Raises LogError, the plain file untouched, when what was written does not read back the same.
    """
    temporary = sealed + ".tmp"
    try:
        os.unlink(temporary)  # left by a sealer that died
    except FileNotFoundError:
        pass
    folder = os.open(os.path.dirname(plain), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with open(plain, "rb") as source, open(open_private(temporary, os.O_RDWR), "r+b") as target:
            expected = _write(source, target)
            target.flush()
            os.fsync(target.fileno())
            if _digest(target) != expected:
                os.unlink(temporary)
                raise LogError(f"{sealed} does not read back as it was written")
        os.rename(temporary, sealed)
        os.fsync(folder)
        os.unlink(plain)
        os.fsync(folder)
    finally:
        os.close(folder)


def _write(source: BinaryIO, target: BinaryIO) -> bytes:
    writer, digest = SealedWriter(), sha256()
    while chunk := source.read(_CHUNK_BYTES):
        digest.update(chunk)
        target.write(writer.feed(chunk))
    target.write(writer.finish())
    return digest.digest()


def _digest(file: BinaryIO) -> bytes:
    digest = sha256()

    def damaged(what: str, _offset: int) -> None:
        raise LogError(what)

    for _, data in read_sealed(file, 0, damaged):
        digest.update(data)
    return digest.digest()


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
    arguments = ("player.indexing", "--background", path, session_id)
    try:
        os.execv(sys.executable, (sys.executable, "-P", "-m", *arguments))  # noqa: S606  ours
    except OSError:
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
