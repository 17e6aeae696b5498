"""The log of a session that is being recorded: one owner, one `write(2)` an entry, rotation.

A fault of the disk never reaches the session: what could not be written is counted, a half-written
line is cut back, and a `gap` event states the count as soon as writing works again.
"""

from __future__ import annotations

import fcntl
import os
import time
from _thread import allocate_lock
from typing import TYPE_CHECKING

from formats.errors import LogError, printable
from formats.layout import open_private
from formats.line import FORMAT_VERSION, INPUT, OUTPUT, LineEncoder
from formats.timestamp import US_PER_S, Stamper
from recorder.chain import SegmentHash

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from formats.layout import Home
    from formats.line import Buffer, Direction
    from formats.size import Size
    from recorder.clock import Clock

_RETRY_S = 0.1
_CLOCK_STEP_US = US_PER_S


class Log:
    """Owns the open segment's descriptor from the session's start to its end.

    Two threads write: the lock makes "stamp, then write" one step, so times never run backwards
    in the file and lines never mix. `on_rotated` is told when a segment was closed.
    """

    def __init__(
        self,
        *,
        home: Home,
        session_id: str,
        clock: Clock,
        rotate_bytes: int,
        on_rotated: Callable[[], None],
    ) -> None:
        self.path = home.log(session_id)
        self.entries = self.input_bytes = self.output_bytes = self.log_bytes = self.markers = 0
        self.segment = 1
        self.start_us = self.last_us = 0
        self.fault: str | None = None
        """Why the log could not be written at some time; None if it always could."""
        self._home = home
        self._session_id = session_id
        self._clock = clock
        self._now_us = clock.now_us
        self._look_at_clock_us = 0
        self._offset_us = 0
        self._rotate_bytes = rotate_bytes
        self._on_rotated = on_rotated
        self._lock = allocate_lock()
        self._encoder = LineEncoder(session_id)
        self._stamp = Stamper().stamp
        self._size: Size | None = None
        self._lost_entries = self._lost_bytes = 0
        self._reason = ""
        self._retry_at = 0.0
        self._open()

    def _open(self) -> None:
        try:
            # Readable too: the hash of a segment is made of what is really in it.
            self._fd = open_private(self.path, os.O_RDWR | os.O_APPEND)
            fcntl.flock(self._fd, fcntl.LOCK_EX)  # a reader may be asking just now
        except OSError as error:
            shown = printable(self.path, 200)
            raise LogError(f"cannot write {shown}: {error.strerror}") from None
        self.open_bytes = 0
        self._hash = SegmentHash(self._fd, self._rotate_bytes)

    def start(self, size: Size, fields: dict[str, Any]) -> None:
        """The first line. Raises LogError when it cannot be written: nothing is lost yet."""
        self._size = size
        event = {"type": "start", "version": FORMAT_VERSION, "cols": size.cols, "rows": size.rows}
        self.event(event | fields)
        self.start_us = self.last_us
        if self.fault is not None:
            self.discard()
            raise LogError(f"cannot write {printable(self.path, 200)}: {self.fault}")

    def output(self, data: Buffer) -> None:
        """Log what the command wrote."""
        with self._lock:
            line = self._encoder.output(self._next_stamp(), data)
            if self._write(line, len(data)):
                self.output_bytes += len(data)

    def input(self, data: bytes, time_us: int) -> None:
        """Log what the user typed at `time_us`."""
        with self._lock:
            line = self._encoder.input(self._next_stamp(time_us), data)
            if self._write(line, len(data)):
                self.input_bytes += len(data)

    def event(self, event: dict[str, Any], direction: Direction = OUTPUT) -> None:
        """Log what bytes cannot say."""
        with self._lock:
            if event["type"] == "marker":
                self.markers += 1
            if event["type"] == "exit":
                self._retry_at = 0.0  # there is no later try
            self._write(self._encoder.event(self._next_stamp(), event, direction), 0)

    def masked(self) -> None:
        """Log that a password was typed, and nothing of it."""
        self.event({"type": "masked"}, INPUT)

    def resize(self, size: Size) -> None:
        """Log a new size of the window."""
        event = {"type": "resize", "cols": size.cols, "rows": size.rows}
        with self._lock:
            self._write(self._encoder.event(self._next_stamp(), event), 0)
            self._size = size

    def lost_input(self, entries: int, size: int, reason: str) -> None:
        """State a gap for typed input that could not be kept until the disk took it."""
        self.event({"type": "gap", "entries": entries, "bytes": size, "reason": reason}, INPUT)

    def discard(self) -> None:
        """Remove the log of a session that never began."""
        os.close(self._fd)
        try:
            os.unlink(self.path)
        except OSError:
            pass

    def close(self) -> None:
        """Let go of the file. The last event was written before."""
        self._hash.close()
        os.close(self._fd)

    def _next_stamp(self, time_us: int | None = None) -> bytes:
        now_us = self._now_us() if time_us is None else time_us
        self.last_us = max(self.last_us, now_us)
        if now_us >= self._look_at_clock_us:
            self._look_at_clock()
        return self._stamp(self.last_us)

    def _look_at_clock(self) -> None:
        """Once a second at most: has the wall clock been set? Times of the log do not follow it."""
        self._look_at_clock_us = self.last_us + US_PER_S
        offset_us = self._clock.offset_us()
        if abs(offset_us - self._offset_us) > _CLOCK_STEP_US and self.entries:
            self._offset_us = offset_us
            event = {"type": "clock", "offset_ms": round(offset_us / 1000)}
            if self._append(self._encoder.event(self._stamp(self.last_us), event)):
                self.entries += 1

    def _write(self, line: bytes, payload_bytes: int) -> bool:
        if self._lost_entries and not self._state_gap():
            self._lose(payload_bytes)
            return False
        if self.open_bytes >= self._rotate_bytes:
            self._rotate()  # not before there is more to write: the exit is the last line of all
        if not self._append(line):
            self._lose(payload_bytes)
            return False
        self.entries += 1
        self._hash.advance(self.open_bytes)
        return True

    def _append(self, line: bytes) -> bool:
        """Write one whole line, or nothing."""
        try:
            written = os.write(self._fd, line)
            while written < len(line):  # a disk that fills up takes a part; the next try says why
                written += os.write(self._fd, memoryview(line)[written:])
        except OSError as error:
            self._reason = error.strerror or "write error"
            self.fault = self._reason
            self._cut_back()
            return False
        self.open_bytes += len(line)
        self.log_bytes += len(line)
        return True

    def _cut_back(self) -> None:
        try:
            os.ftruncate(self._fd, self.open_bytes)
        except OSError:  # a reader skips the torn line
            return

    def _lose(self, payload_bytes: int) -> None:
        self._lost_entries += 1
        self._lost_bytes += payload_bytes

    def _state_gap(self) -> bool:
        """Try, ten times a second at most, to write what was lost; true when writing works."""
        now = time.monotonic()
        if now < self._retry_at:
            return False
        self._retry_at = now + _RETRY_S
        event = {
            "type": "gap",
            "entries": self._lost_entries,
            "bytes": self._lost_bytes,
            "reason": self._reason,
        }
        # The line that comes next has its time already: this one must not be later.
        if not self._append(self._encoder.event(self._stamp(self.last_us), event)):
            return False
        self.entries += 1
        self._lost_entries = self._lost_bytes = 0
        return True

    def _rotate(self) -> None:
        """Close this segment under its number and go on in a new one, or go on as before."""
        closed = self._home.segment(self._session_id, self.segment)
        previous_sha256 = self._hash.hexdigest(self.open_bytes)
        old_fd, old_hash, old_bytes = self._fd, self._hash, self.open_bytes
        try:
            if os.path.lexists(closed):  # never over anything
                raise FileExistsError(17, "the next segment's name is taken")
            os.rename(self.path, closed)
            try:
                self._open()
            except LogError:
                os.rename(closed, self.path)
                raise
        except (OSError, LogError) as error:
            self.fault = str(error)
            self._rotate_bytes += old_bytes  # try again after as much again
            return
        event: dict[str, Any] = {"type": "segment", "number": self.segment + 1}
        if self._size is not None:
            event |= {"cols": self._size.cols, "rows": self._size.rows}
        event["previous_sha256"] = previous_sha256
        if not self._append(self._encoder.event(self._stamp(self.last_us), event)):
            self._undo_rotation(closed, old_fd, old_hash, old_bytes)
            return
        os.close(old_fd)
        self.segment += 1
        self.entries += 1
        self._on_rotated()

    def _undo_rotation(self, closed: str, fd: int, old_hash: SegmentHash, size: int) -> None:
        """The new file does not take its first line: a segment must never begin without it."""
        self._hash.close()
        os.close(self._fd)
        self._fd, self._hash, self.open_bytes = fd, old_hash, size
        self._rotate_bytes += size
        try:
            os.rename(closed, self.path)
        except OSError:
            return
