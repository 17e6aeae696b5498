"""Every operation on files that the log, its rotation and its sealing make, in one place.

The seam of the fault tests: they pass an object with the same methods that fails, writes short or
ends the process at the n-th operation. The methods are the system's own functions: no cost.
"""

from __future__ import annotations

import os

from formats.layout import open_private


class Files:
    """The file system. All methods raise OSError."""

    write = staticmethod(os.write)
    truncate = staticmethod(os.ftruncate)
    # macOS has no fdatasync; its fsync gives the data to the drive as Linux's does.
    sync_data = staticmethod(getattr(os, "fdatasync", os.fsync))
    sync = staticmethod(os.fsync)
    rename = staticmethod(os.rename)
    unlink = staticmethod(os.unlink)
    close = staticmethod(os.close)
    fstat = staticmethod(os.fstat)
    stat = staticmethod(os.lstat)
    """Never follows a link."""
    open_new = staticmethod(open_private)

    def sync_folder(self, path: str) -> None:
        """Make the names in a folder durable."""
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self.sync(fd)
        finally:
            os.close(fd)
