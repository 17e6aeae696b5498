"""`python -m recorder.digest`: hash a file that is still being written, for its recorder.

Descriptor 3 is the file; a number of bytes comes on 0; the SHA-256 of that many bytes goes out
on 1. Until it is asked it reads along. Ends when nobody can ask any more.
"""

from __future__ import annotations

import os
import select
import sys
from hashlib import sha256

_FILE_FD = 3
_READ_BYTES = 1 << 18
_LOOK_EACH_MS = 50


class _Reading:
    def __init__(self) -> None:
        self._digest = sha256()
        self._offset = 0

    def read_along(self) -> None:
        """Take the whole lines that are there: only a line's beginning may be cut back again."""
        while data := os.pread(_FILE_FD, _READ_BYTES, self._offset):
            end = data.rfind(b"\n") + 1
            if not end:
                return
            self._take(data[:end])

    def finish(self, size: int) -> str:
        while self._offset < size:
            data = os.pread(_FILE_FD, min(_READ_BYTES, size - self._offset), self._offset)
            if not data:
                return ""
            self._take(data)
        return self._digest.hexdigest()

    def _take(self, data: bytes) -> None:
        self._digest.update(data)
        self._offset += len(data)


def main() -> int:
    """Serve one question."""
    reading = _Reading()
    asked = select.poll()
    asked.register(0, select.POLLIN)
    while not asked.poll(_LOOK_EACH_MS):
        reading.read_along()
    question = os.read(0, 64)
    if question:
        os.write(1, reading.finish(int(question)).encode("ascii"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
