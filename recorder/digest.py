"""`python -m recorder.digest HOME SESSION_ID KEY`: hash a log for the recorder that writes it.

Lines on descriptor 0 tell what to do: `open NUMBER DEVICE INODE` a segment, `look` what is new,
`close SIZE` the segment (its SHA-256 goes out on 1), `end SIZE` the session. When nobody can ask
any more, all whole lines are covered: the recorder may have been killed. What is closed is signed,
where KEY names a key (it is empty where none does).
"""

from __future__ import annotations

import fcntl
import os
import select
import sys
from hashlib import sha256

from formats.checkpoints import GROWN_BYTES, Block, encode, read_checkpoints, sums_path
from formats.layout import FILE_MODE, Home, is_session_id

_READ_BYTES = 1 << 18
# Under a flood it reads along, else it sleeps until it is told to look.
_FLOOD_BYTES = 1 << 20
_LOOK_EACH_MS = 50
_NO_HASH = "-" * 64


class Digest:
    """One segment after another, and the file of checkpoints beside them."""

    def __init__(self, home: Home, session_id: str) -> None:
        self._home = home
        self._session_id = session_id
        self._sums = _SumsFile(home, session_id)
        self._fd = -1
        self._number = 0

    def open(self, number: int, device: int, inode: int) -> None:
        """Go on with another segment: the file that is meant, whatever its name is by now."""
        self.leave()
        paths = (
            self._home.log(self._session_id),
            self._home.segment(self._session_id, number),
            self._home.log(self._session_id),
        )
        for path in paths:
            try:
                fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            except OSError:
                continue
            found = os.fstat(fd)
            if (found.st_dev, found.st_ino) == (device, inode):
                self.begin(number, fd)
                return
            os.close(fd)

    def begin(self, number: int, fd: int) -> None:
        """Go on with another segment that is open already."""
        self._fd, self._number = fd, number
        self._whole = sha256()
        self._offset = 0
        self._begun, self._block = self._sums.begin(number), sha256()
        self._stated = self._begun

    def read_along(self) -> int:
        """Take the whole lines that are there, and state them; how many bytes that were.

        Only a line's beginning may be cut back again.
        """
        begun = self._offset
        while self._fd >= 0 and (data := os.pread(self._fd, _READ_BYTES, self._offset)):
            end = data.rfind(b"\n") + 1
            if not end:
                break
            self._take(data[:end])
        self._state()
        return self._offset - begun

    def close(self, size: int) -> str:
        """Hash to the end, and state it; the hash of the segment, dashes where there is none."""
        while self._fd >= 0 and self._offset < size:
            data = os.pread(self._fd, min(_READ_BYTES, size - self._offset), self._offset)
            if not data:
                break
            self._take(data)
        whole = self._fd >= 0 and self._offset == size
        self._state()
        return self._whole.hexdigest() if whole else _NO_HASH

    def sign(self, key_path: str, size: int, sha256_hex: str, *, last: bool) -> None:
        """Sign the segment, which is complete by now, where there is a key and a hash."""
        if key_path and sha256_hex != _NO_HASH:
            from formats.signatures import Signature  # noqa: PLC0415  for who signs alone
            from recorder.signing import sign  # noqa: PLC0415

            said = Signature(self._number, size, sha256_hex, last, b"", b"")
            sign(self._home, self._session_id, key_path, said)

    def leave(self) -> None:
        """Let go of the segment."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def end(self) -> None:
        """Let go of everything."""
        self.leave()
        self._sums.close()

    def _take(self, data: bytes) -> None:
        self._whole.update(data)
        self._offset += len(data)
        # What a process before this one has stated is hashed into the whole only.
        new = self._offset - self._begun
        if new > 0:
            self._block.update(data[-new:] if new < len(data) else data)

    def _state(self) -> None:
        if self._fd < 0 or self._offset <= max(self._begun, self._stated):
            return
        digest = self._block.hexdigest()
        self._sums.state(Block(self._number, self._begun, self._offset, digest))
        self._stated = self._offset
        if self._offset - self._begun >= GROWN_BYTES:
            self._begun, self._block = self._offset, sha256()
            self._sums.complete()


class _SumsFile:
    """`<uuid>.sums`. Made when there is something to state; the last line grows in its place."""

    def __init__(self, home: Home, session_id: str) -> None:
        self._path = sums_path(home, session_id)
        found = read_checkpoints(home.logs, session_id)
        self._blocks = found.blocks if found else {}
        self._fd = -1
        self._end = self._last = 0

    def begin(self, number: int) -> int:
        """The byte of a segment from which on nothing is stated yet."""
        self.complete()
        blocks = self._blocks.get(number)
        return blocks[-1].end if blocks else 0

    def state(self, block: Block) -> None:
        if self._fd < 0:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            self._fd = os.open(self._path, flags, FILE_MODE)
            os.fchmod(self._fd, FILE_MODE)
            # A killed recorder's process may still be at it when another closes the log.
            fcntl.flock(self._fd, fcntl.LOCK_EX)
            self._last = self._end = self._after_last_line()
        line = encode(block)
        self._end = self._last + os.pwrite(self._fd, line, self._last)

    def complete(self) -> None:
        """What is stated next has a line of its own."""
        self._last = self._end

    def close(self) -> None:
        """Let go of the file; what is stated next opens it again."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _after_last_line(self) -> int:
        """Behind what others have stated; over half a line."""
        size = os.fstat(self._fd).st_size
        begin = max(0, size - 4096)
        tail = os.pread(self._fd, 4096, begin)
        return begin + tail.rfind(b"\n") + 1 if b"\n" in tail else 0


def _serve(digest: Digest, key_path: str) -> None:
    asked = select.poll()
    asked.register(0, select.POLLIN)
    rest, wait_ms = b"", None
    while True:
        if not asked.poll(wait_ms):
            wait_ms = _LOOK_EACH_MS if digest.read_along() > _FLOOD_BYTES // 20 else None
            continue
        data = os.read(0, 65536)
        if not data:
            digest.read_along()
            return
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            command, *numbers = line.split()
            if command == b"end":
                size = int(numbers[0])
                digest.sign(key_path, size, digest.close(size), last=True)
                return
            if command == b"open":
                digest.open(*map(int, numbers))
            elif command == b"close":
                size = int(numbers[0])
                found = digest.close(size)
                os.write(1, found.encode("ascii"))  # the recorder waits for it
                digest.sign(key_path, size, found, last=False)
        if digest.read_along() > _FLOOD_BYTES:
            wait_ms = _LOOK_EACH_MS


def main(argv: list[str]) -> int:
    """Serve one recorder to its end."""
    path, session_id, key_path = argv
    if not is_session_id(session_id):
        return 2
    try:
        _serve(Digest(Home(path), session_id), key_path)
    except OSError:  # a full disk: what is not covered stays so
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
