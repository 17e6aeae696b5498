"""The SHA-256 of the open segment, ready when it is closed: each segment states the one before.

A process of its own (`recorder.digest`) is started shortly before the segment is full. It reads
along, so that rotation waits for the last few lines only, and the recorder never loads a
cryptography library (4 MiB).
"""

from __future__ import annotations

import os
import select

from recorder.background import start_module

# What is left of the segment when the process is started: time enough for a Python to start
# (30 ms) under the heaviest flood that a PTY can carry.
_HEADSTART_BYTES = 2 << 20
_PATIENCE_MS = 2000
_HEX_DIGITS = 64


class SegmentHash:
    """The hash of one file, which is being written through `fd` until it holds `full_bytes`."""

    def __init__(self, fd: int, full_bytes: int) -> None:
        self._fd = fd
        self._start_at: float = max(full_bytes - _HEADSTART_BYTES, full_bytes * 3 // 4)
        self._pid: int | None = None
        self._ask_fd = self._answer_fd = -1

    def advance(self, size: int) -> None:
        """The file holds `size` bytes now. Costs a comparison, but for once a segment."""
        if size >= self._start_at and self._pid is None:
            self._start()

    def hexdigest(self, size: int) -> str | None:
        """The hash of the first `size` bytes, in hexadecimal; None when it could not be had."""
        if self._pid is None:
            self._start()
        answer = b""
        try:
            os.write(self._ask_fd, b"%d\n" % size)
            poller = select.poll()
            poller.register(self._answer_fd, select.POLLIN)
            while len(answer) < _HEX_DIGITS and poller.poll(_PATIENCE_MS):
                piece = os.read(self._answer_fd, _HEX_DIGITS)
                if not piece:
                    break
                answer += piece
        except OSError:  # it died, or could not be started
            answer = b""
        self.close()
        return answer.decode("ascii") if len(answer) == _HEX_DIGITS else None

    def close(self) -> None:
        """End the process if there is one: it ends by itself when nobody can ask any more."""
        if self._pid is None:
            return
        os.close(self._ask_fd)
        os.close(self._answer_fd)
        try:
            os.waitpid(self._pid, 0)
        except ChildProcessError:
            pass
        self._pid = None
        self._start_at = float("inf")

    def _start(self) -> None:
        self._start_at = float("inf")  # tried once: a machine without processes stays usable
        ask_read, ask_write = os.pipe2(os.O_CLOEXEC)
        answer_read, answer_write = os.pipe2(os.O_CLOEXEC)
        try:
            self._pid = start_module(
                "recorder.digest", (), (ask_read, answer_write, None, self._fd)
            )
        except OSError:
            os.close(ask_write)
            os.close(answer_read)
        else:
            self._ask_fd, self._answer_fd = ask_write, answer_read
        finally:
            os.close(ask_read)
            os.close(answer_write)
