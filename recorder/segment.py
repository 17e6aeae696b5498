"""The file that a session is written to now: whole lines or nothing, and whether it is ours."""

from __future__ import annotations

import errno
import fcntl
import os
from typing import TYPE_CHECKING

from recorder.ring import payload_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formats.files import Files

_PIECE_BYTES = 1 << 18


class OpenSegment:
    """A new file, locked for us. Raises OSError where there is anything by its name.

    `size` counts the bytes of whole lines; what stands behind them is half a line, to be cut back.
    """

    __slots__ = (
        "_torn",
        "entries",
        "fd",
        "files",
        "new",
        "number",
        "path",
        "payload_bytes",
        "seen",
        "size",
    )

    def __init__(self, files: Files, path: str, number: int) -> None:
        self.files = files
        self.path = path
        self.number = number
        self.size = self.entries = self.payload_bytes = 0
        self.seen = (0, 0, 0)
        """Size, entries and payload when the file was last seen in its place."""
        self._torn = False
        self.new = True
        """Whether its name is not durable yet."""
        # Readable too: what a fault leaves of it may have to be read again.
        self.fd = files.open_new(path, os.O_RDWR | os.O_APPEND)
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX)  # a reader may be asking just now
        except OSError:
            self.remove()
            raise

    def append(self, line: bytes, payload: int) -> None:
        """Write one whole line, or raise OSError; then half a line may be left to be cut back."""
        self._torn = True
        written = self.files.write(self.fd, line)
        while written < len(line):  # a disk that fills up takes a part; the next try says why
            more = self.files.write(self.fd, memoryview(line)[written:])
            if not more:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            written += more
        self._torn = False
        self.size += len(line)
        self.entries += 1
        self.payload_bytes += payload

    def cut_back(self) -> None:
        """Remove the half line at the end, where we left one. Raises OSError."""
        if self._torn and self.files.fstat(self.fd).st_size > self.size:
            self.files.truncate(self.fd, self.size)
        self._torn = False

    def astray(self) -> str | None:
        """Why this is not the log any more, in words; None when it lies in its place, whole."""
        own = self.files.fstat(self.fd)
        try:
            found = self.files.stat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            return "the log was moved away" if own.st_nlink else "the log was removed"
        if (found.st_dev, found.st_ino) != (own.st_dev, own.st_ino):
            return "the log was replaced" if own.st_nlink else "the log was removed"
        if own.st_size != self.size:
            return "the log was cut" if own.st_size < self.size else "the log was written by others"
        self.seen = (self.size, self.entries, self.payload_bytes)
        return None

    def is_in_place(self) -> bool:
        """Whether its name is still its own."""
        try:
            found = self.files.stat(self.path)
        except FileNotFoundError:
            return False
        own = self.files.fstat(self.fd)
        return (found.st_dev, found.st_ino) == (own.st_dev, own.st_ino)

    def lines(self, start: int = 0) -> Iterator[bytes]:
        """The lines that are really in the file, from byte `start` on, where a line begins."""
        rest = b""
        while piece := os.pread(self.fd, _PIECE_BYTES, start):
            start += len(piece)
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                yield line + b"\n"

    def lost(self) -> tuple[int, int]:
        """(Entries, bytes) that were written and are not in the file any more."""
        left = [payload_bytes(line) for line in self.lines()]
        return max(0, self.entries - len(left)), max(0, self.payload_bytes - sum(left))

    def file_bytes(self) -> int:
        """What the file really holds."""
        return self.files.fstat(self.fd).st_size

    def identity(self) -> tuple[int, int]:
        """Device and inode: the file, whatever its name."""
        own = self.files.fstat(self.fd)
        return own.st_dev, own.st_ino

    def close(self) -> None:
        """Let go of it, and of its lock."""
        self.files.close(self.fd)

    def remove(self) -> None:
        """Undo its making."""
        self.files.close(self.fd)
        try:
            self.files.unlink(self.path)
        except OSError:
            return
