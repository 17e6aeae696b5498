"""Every change of the store's files, in one place: the seam of the fault tests.

They pass an object with the same methods that fails, writes short or ends the process at the n-th
operation. The methods are the system's own functions: no cost. What only reads needs no seam.
"""

from __future__ import annotations

import os
from typing import Final

from formats.layout import FOLDER_MODE, open_private


class Files:
    """The file system. All methods raise OSError."""

    write = staticmethod(os.write)
    truncate = staticmethod(os.ftruncate)
    # macOS has no fdatasync; its fsync gives the data to the drive as Linux's does.
    sync_data = staticmethod(getattr(os, "fdatasync", os.fsync))
    sync = staticmethod(os.fsync)
    rename = staticmethod(os.rename)
    link = staticmethod(os.link)
    unlink = staticmethod(os.unlink)
    close = staticmethod(os.close)
    fstat = staticmethod(os.fstat)
    stat = staticmethod(os.lstat)
    """Never follows a link."""
    open_new = staticmethod(open_private)
    remove_folder = staticmethod(os.rmdir)

    def make_folder(self, path: str) -> None:
        """A new folder that only we can read."""
        os.mkdir(path, FOLDER_MODE)

    def sync_folder(self, path: str) -> None:
        """Make the names in a folder durable."""
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            self.sync(fd)
        finally:
            os.close(fd)

    def write_all(self, fd: int, data: bytes) -> None:
        """Write all of it, in as many pieces as the disk takes."""
        rest = memoryview(data)
        while rest:
            rest = rest[self.write(fd, rest) :]

    def remove_tree(self, path: str) -> None:
        """A folder and all in it. Links are removed, none is followed."""
        for folder, folders, names in os.walk(path, topdown=False):
            for name in names:
                self.unlink(os.path.join(folder, name))
            for name in folders:
                inside = os.path.join(folder, name)
                (self.unlink if os.path.islink(inside) else self.remove_folder)(inside)
        self.remove_folder(path)

    def replace(self, path: str, data: bytes, *, durable: bool = False) -> None:
        """Replace a file at once: readers see the old one or the new one, both 0600.

        `durable`: what it holds is on the disk before it has the name.
        """
        # Two may replace it at the same time.
        temporary = f"{path}.{os.urandom(4).hex()}.tmp"
        fd = self.open_new(temporary, os.O_WRONLY)
        try:
            try:
                self.write_all(fd, data)
                if durable:
                    self.sync(fd)
            finally:
                self.close(fd)
            self.rename(temporary, path)
        except BaseException:
            self.unlink(temporary)
            raise


FILES: Final = Files()
"""The file system itself."""
