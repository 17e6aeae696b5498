"""The recorder's side of `recorder.digest`: hashes and checkpoints, made by a process of its own.

It reads along what was written, so that rotation waits for the last few lines only, and the
recorder never loads a cryptography library (4 MiB). It is started when there is something to read
for a while, or at the end, and ends by itself when the recorder does.
"""

from __future__ import annotations

import os
import select
from typing import TYPE_CHECKING

from recorder.background import start_module

if TYPE_CHECKING:
    from formats.layout import Home
    from recorder.segment import OpenSegment

# What is left of the segment when the process is told to keep up: time enough for a Python to start
# (30 ms) under the heaviest flood that a PTY can carry.
_HEADSTART_BYTES = 2 << 20
_PATIENCE_MS = 2000
_HEX_DIGITS = 64
# A machine without processes to spare stays usable.
_MOST_STARTS = 3


class Sums:
    """The hashing process of one session. Called with the log's lock held."""

    def __init__(
        self, home: Home, session_id: str, full_bytes: int, sign_key: str | None = None
    ) -> None:
        self._home = home
        self._sign_key = sign_key
        self._session_id = session_id
        self._near_full: float = max(full_bytes - _HEADSTART_BYTES, full_bytes * 3 // 4)
        self._look_at: float = self._near_full
        self._starts = 0
        self._pid: int | None = None
        self._ask_fd = self._answer_fd = -1
        self._opened = b""

    def open(self, number: int, segment: OpenSegment) -> None:
        """A new segment is written from now on."""
        self._look_at = self._near_full
        self._opened = b"open %d %d %d\n" % (number, *segment.identity())
        if self._pid is not None:
            self._ask(self._opened)

    def advance(self, size: int) -> None:
        """The segment holds `size` bytes now. Costs a comparison, but for once a segment."""
        if size >= self._look_at:
            self._look_at = float("inf")
            self.look()

    def look(self) -> None:
        """Make a checkpoint soon."""
        if self._pid is None:
            self._start()
        else:
            self._ask(b"look\n")

    def close_segment(self, size: int) -> str | None:
        """The hash of the segment's `size` bytes, in hexadecimal; None when it cannot be had."""
        if self._pid is None:
            self._start()
        if self._pid is None or not self._ask(b"close %d\n" % size):
            return None
        answer = b""
        poller = select.poll()
        poller.register(self._answer_fd, select.POLLIN)
        while len(answer) < _HEX_DIGITS and poller.poll(_PATIENCE_MS):
            piece = os.read(self._answer_fd, _HEX_DIGITS - len(answer))
            if not piece:
                break
            answer += piece
        if len(answer) == _HEX_DIGITS:
            return None if answer.startswith(b"-") else answer.decode("ascii")
        self._let_go()  # a late answer must not be taken for that to the next question
        return None

    def end(self, size: int) -> None:
        """The log is complete: have the rest covered. Waits for nothing."""
        if self._pid is None:
            self._start()
        if self._pid is not None:
            self._ask(b"end %d\n" % size)
            self._let_go()

    def _ask(self, question: bytes) -> bool:
        try:
            return os.write(self._ask_fd, question) == len(question)
        except BlockingIOError:  # it is stopped, or behind: it will look anyway
            return False
        except OSError:  # it died
            self._let_go()
            return False

    def _let_go(self) -> None:
        """It ends by itself when nobody can ask any more, or has died before."""
        if self._pid is None:
            return
        os.close(self._ask_fd)
        os.close(self._answer_fd)
        self._pid = None

    def _start(self) -> None:
        if self._starts >= _MOST_STARTS:
            return
        self._starts += 1
        ask_read, self._ask_fd = os.pipe2(os.O_CLOEXEC)
        self._answer_fd, answer_write = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._ask_fd, False)
        arguments = (self._home.path, self._session_id, self._sign_key or "")
        try:
            self._pid = start_module("recorder.digest", arguments, (ask_read, answer_write))
        except OSError:
            os.close(self._ask_fd)
            os.close(self._answer_fd)
        else:
            self._ask(self._opened)
        finally:
            os.close(ask_read)
            os.close(answer_write)
