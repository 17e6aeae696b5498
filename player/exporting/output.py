"""Where an export goes: a new file that appears when it is complete, or stdout."""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import TYPE_CHECKING, Protocol

from formats.errors import printable
from formats.layout import FILE_MODE, open_private
from player.exporting.forms import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from player.exporting.clearance import Clearance

_BATCH_BYTES = 256 << 10


class NotClearedError(Exception):
    """What was written is not to be seen."""


class Output:
    """A file without a name until the block is left without an error: what dies leaves nothing.

    Where the file system knows no such files it has a temporary name, `.tmp` at its end.
    Only its owner can read it: what was recorded is private until somebody decides otherwise.
    `-` is stdout; a pipe or device is written to as it is. An existing file is replaced only with
    `replace`. Raises ExportError when there is one, OSError when it cannot be written.

    With a `clearance` it must be given when all is written. Where it is denied, or if not a byte
    can be hidden until then, NotClearedError is raised, and nothing is left.
    """

    def __init__(
        self, path: str, *, replace: bool = False, clearance: Clearance | None = None
    ) -> None:
        self.path = path
        self._clearance = clearance
        self._temporary: str | None = None
        self._complete_at_end = False
        self._replace = replace
        self._fd = -1
        self._pieces: list[bytes] = []
        self._held_bytes = 0

    def __enter__(self) -> Self:
        self._open()
        if self._clearance is not None and not (self._complete_at_end and self._temporary is None):
            self._close()
            raise NotClearedError
        return self

    def _open(self) -> None:
        if self.path == "-":
            sys.stdout.flush()
            self._fd = os.dup(1)
            return
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            pass
        else:
            if stat.S_ISDIR(found.st_mode):
                raise ExportError(f"{printable(self.path, 200)} is a folder: give a file's name")
            if not stat.S_ISREG(found.st_mode):
                self._fd = os.open(self.path, os.O_WRONLY | os.O_CLOEXEC)
                return
            if not self._replace:
                raise self._exists()
        try:
            self._fd = _nameless(os.path.dirname(self.path) or ".")
            if self._fd < 0:
                self._temporary = self._other_name()
                self._fd = open_private(self._temporary, os.O_RDWR)
        except OSError as error:
            message = f"cannot write {printable(self.path, 200)}: {error.strerror}"
            raise ExportError(message) from None
        self._complete_at_end = True

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            if kind is None:
                self.flush()
                if self._clearance is not None and not self._clearance.is_given():
                    raise NotClearedError
                if self._complete_at_end:
                    self._give_name()
        finally:
            self._close()

    def _close(self) -> None:
        os.close(self._fd)
        if self._temporary is not None:
            os.unlink(self._temporary)

    def _give_name(self) -> None:
        """The file is complete: from now on it can be seen. Raises ExportError."""
        name = self._other_name() if self._replace else self.path
        try:
            if self._temporary is None:
                # Only with a folder, which does not matter here, does Python follow the link.
                os.link(f"/proc/self/fd/{self._fd}", name, src_dir_fd=self._fd)
                self._temporary = name if self._replace else None
            elif not self._replace:
                os.link(self._temporary, name)
        except FileExistsError:
            raise self._exists() from None
        if self._replace and self._temporary is not None:
            os.replace(self._temporary, self.path)
            self._temporary = None

    def _other_name(self) -> str:
        return f"{self.path}.{os.urandom(4).hex()}.tmp"

    def _exists(self) -> ExportError:
        return ExportError(f"{printable(self.path, 200)} exists already: --force replaces it")

    def write(self, data: bytes) -> None:
        """Write, in larger pieces."""
        self._pieces.append(data)
        self._held_bytes += len(data)
        if self._held_bytes >= _BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        left = memoryview(b"".join(self._pieces))
        self._pieces.clear()
        self._held_bytes = 0
        while left:
            left = left[os.write(self._fd, left) :]
        if self._clearance is not None and self._clearance.is_denied():
            raise NotClearedError


def _nameless(folder: str) -> int:
    """A new file in the folder that only we can read, and that has no name yet; -1 if none can be.

    Raises OSError for a folder that is none, or cannot be written.
    """
    flag = getattr(os, "O_TMPFILE", 0)
    if not flag or not os.path.isdir("/proc/self/fd"):
        return -1
    try:
        return os.open(folder, flag | os.O_RDWR | os.O_CLOEXEC, FILE_MODE)
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL):
            return -1
        raise


def compressed(pieces: Iterator[bytes], ending: str) -> Iterator[bytes]:
    """The bytes as gzip, zstd or xz, by the ending of a file; the same each time."""
    packer = _packer(ending)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


class _Packer(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


def _packer(ending: str) -> _Packer:
    if ending == ".zst":
        import zstandard  # noqa: PLC0415  as each below

        return zstandard.ZstdCompressor(level=6, write_checksum=True).compressobj()
    if ending == ".gz":
        import zlib  # noqa: PLC0415

        # gzip's header holds no time and no name this way.
        return zlib.compressobj(6, zlib.DEFLATED, 31)
    import lzma  # noqa: PLC0415

    return lzma.LZMACompressor(preset=3)
