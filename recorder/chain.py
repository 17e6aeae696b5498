"""The SHA-256 of the open segment, computed while it grows, so that rotation does not wait for it.

Each later segment states the hash of the one before. Hashing reads the file back in a thread that
holds no lock of the interpreter; the relay only says how far the file has come.
"""

from __future__ import annotations

import os
from _thread import allocate_lock, start_new_thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _hashlib import HASH

_STEP_BYTES = 1 << 20
_READ_BYTES = 1 << 16


class SegmentHash:
    """The running hash of one file, read through its descriptor."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._hashed_bytes = 0
        self._started_bytes = 0
        self._busy = allocate_lock()
        self._sha256: HASH | None = None

    def advance(self, size: int) -> None:
        """The file holds `size` bytes now: hash what is a whole step, in the background."""
        if size - self._started_bytes >= _STEP_BYTES and self._busy.acquire(blocking=False):
            self._started_bytes = size
            start_new_thread(self._work, (size,))

    def hexdigest(self, size: int) -> str:
        """The hash of the first `size` bytes. At most two steps are left to do."""
        with self._busy:
            self._catch_up(size)
            return self._sha256.hexdigest() if self._sha256 is not None else ""

    def wait(self) -> None:
        """Return when no thread reads the descriptor any more."""
        with self._busy:
            return

    def _work(self, size: int) -> None:
        try:
            self._catch_up(size)
        finally:
            self._busy.release()

    def _catch_up(self, size: int) -> None:
        digest = self._sha256
        if digest is None:
            from hashlib import sha256  # noqa: PLC0415  3 ms and 2 MiB that short sessions save

            digest = self._sha256 = sha256()
        while self._hashed_bytes < size:
            wanted = min(_READ_BYTES, size - self._hashed_bytes)
            data = os.pread(self._fd, wanted, self._hashed_bytes)
            if not data:
                return
            digest.update(data)
            self._hashed_bytes += len(data)
