"""The log of a session that is being recorded: one owner, one `write(2)` an entry.

This side knows what an entry is and when it happened; `recorder.writer` knows files and faults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formats.errors import LogError, printable
from formats.files import Files
from formats.line import FORMAT_VERSION, INPUT, OUTPUT, LineEncoder
from formats.timestamp import US_PER_S, Stamper
from recorder.sums import Sums
from recorder.watch import Watch
from recorder.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from formats.layout import Home
    from formats.line import Buffer, Direction
    from formats.size import Size
    from recorder.clock import Clock

EACH = 0.0
"""`sync_s` of a log of which each entry is durable before it is shown."""
_CLOCK_STEP_US = US_PER_S
_CHECKPOINT_US = US_PER_S


def _nothing() -> None:
    pass


class Log:
    """Owns a session's log from its start to its end.

    Two threads write: the lock makes "stamp, then write" one step, so times never run backwards
    in the file and lines never mix. `on_rotated` is told when a segment was closed, `on_fault` when
    something could not be written. `sync_s` is the time between syncs, EACH or None (never).
    Closed segments are signed with the key in the file `sign_key`.
    """

    def __init__(
        self,
        *,
        home: Home,
        session_id: str,
        clock: Clock,
        rotate_bytes: int,
        on_rotated: Callable[[], None] = _nothing,
        on_fault: Callable[[], None] = _nothing,
        sync_s: float | None = 1.0,
        sign_key: str | None = None,
        files: Files | None = None,
    ) -> None:
        self.path = home.log(session_id)
        self.markers = 0
        self.start_us = self.last_us = 0
        self._input_bytes = self._output_bytes = 0
        self._clock = clock
        self._now_us = clock.now_us
        self._look_at_clock_us = 0
        self._offset_us = 0
        self._encoder = LineEncoder(session_id)
        self._stamp = Stamper().stamp
        self._sums = Sums(home, session_id, rotate_bytes, sign_key)
        try:
            self._writer = Writer(
                files=files or Files(),
                home=home,
                session_id=session_id,
                rotate_bytes=rotate_bytes,
                keeps_unsynced=sync_s is not None,
                sums=self._sums,
                encode=self._encode,
                on_rotated=on_rotated,
                on_fault=on_fault,
            )
        except OSError as error:
            shown = printable(self.path, 200)
            raise LogError(f"cannot write {shown}: {error.strerror}") from None
        self._lock = self._writer.lock
        self._syncs_each = sync_s == EACH
        self._watch = Watch(self, sync_s or None)
        self._awake = False
        self._attended_entries = self._covered_entries = 0
        self._cover_at_us = 0

    @property
    def entries(self) -> int:
        """Lines in the log, and those that wait for the disk."""
        return self._writer.entries

    @property
    def input_bytes(self) -> int:
        """What was typed and is not lost."""
        return self._input_bytes - self._writer.lost_input_bytes

    @property
    def output_bytes(self) -> int:
        """What the command wrote and is not lost."""
        return self._output_bytes - self._writer.lost_output_bytes

    @property
    def log_bytes(self) -> int:
        """The bytes of all segments."""
        return self._writer.log_bytes

    @property
    def open_bytes(self) -> int:
        """The bytes of the open segment."""
        return self._writer.current.size

    @property
    def segment(self) -> int:
        """The number of the open segment."""
        return self._writer.current.number

    @property
    def fault(self) -> str | None:
        """Why the log could not be written at some time; None if it always could."""
        return self._writer.fault

    @property
    def has_gaps(self) -> bool:
        """Whether something is lost."""
        return self._writer.has_gaps

    @property
    def failing(self) -> bool:
        """Whether something waits for the disk now."""
        return self._writer.failing

    @property
    def sync_backoff(self) -> int:
        """How many times longer than usual to wait for the next sync."""
        return self._writer.backoff

    def start(self, size: Size, fields: dict[str, Any]) -> None:
        """The first line. Raises LogError when it cannot be written: nothing is lost yet."""
        self._writer.has_size(*size)
        event = {"type": "start", "version": FORMAT_VERSION, "cols": size.cols, "rows": size.rows}
        self.event(event | fields)
        self.start_us = self.last_us
        if self.fault is not None:
            self.discard()
            raise LogError(f"cannot write {printable(self.path, 200)}: {self.fault}")

    def watch(self) -> None:
        """From now on keep it durable and in its place. After the command was started."""
        with self._lock:
            self._watch.start()
            self._awaken()

    def output(self, data: Buffer) -> None:
        """Log what the command wrote."""
        with self._lock:
            self._output_bytes += len(data)
            self._write(self._encoder.output(self._next_stamp(), data), len(data))

    def input(self, data: bytes, time_us: int) -> None:
        """Log what the user typed at `time_us`."""
        with self._lock:
            self._input_bytes += len(data)
            self._write(self._encoder.input(self._next_stamp(time_us), data), len(data))

    def event(self, event: dict[str, Any], direction: Direction = OUTPUT) -> None:
        """Log what bytes cannot say."""
        with self._lock:
            if event["type"] == "marker":
                self.markers += 1
            self._write(self._encoder.event(self._next_stamp(), event, direction), 0)

    def masked(self) -> None:
        """Log that a password was typed, and nothing of it."""
        self.event({"type": "masked"}, INPUT)

    def resize(self, size: Size) -> None:
        """Log a new size of the window."""
        event = {"type": "resize", "cols": size.cols, "rows": size.rows}
        with self._lock:
            self._write(self._encoder.event(self._next_stamp(), event), 0)
            self._writer.has_size(*size)

    def lost_input(self, entries: int, size: int, reason: str) -> None:
        """State a gap for typed input that could not be kept until the disk took it."""
        self.event({"type": "gap", "entries": entries, "bytes": size, "reason": reason}, INPUT)

    def attend(self, *, sync: bool) -> bool:
        """Look after the log; false when nothing is to be done until more is written."""
        writer = self._writer
        with self._lock:
            writer.look()
            due = self._now_us() >= self._cover_at_us
            if due and writer.entries != self._covered_entries:
                self._cover()
        if sync or writer.current.new:
            writer.sync()
        with self._lock:
            busy = writer.failing or writer.entries != self._attended_entries
            self._attended_entries = writer.entries
            self._awake = busy or writer.is_unsynced
            if not self._awake and writer.entries != self._covered_entries:
                self._cover()
            return self._awake

    def discard(self) -> None:
        """Remove the log of a session that never began."""
        self._watch.stop()
        self._writer.remove()

    def close(self) -> None:
        """Make the log durable and let go of it. The last event was written before."""
        self._watch.stop()
        with self._lock:
            self._writer.look()
        self._writer.sync()
        with self._lock:
            self._sums.end(self._writer.current.size)
            self._writer.close()

    def _write(self, line: bytes, payload_bytes: int) -> None:
        self._writer.write(line, payload_bytes)
        if self._syncs_each:
            self._writer.sync_entry()
        if not self._awake:
            self._awaken()

    def _awaken(self) -> None:
        self._awake = True
        self._watch.wake()

    def _cover(self) -> None:
        self._covered_entries = self._writer.entries
        self._cover_at_us = self._now_us() + _CHECKPOINT_US
        self._sums.look()

    def _encode(self, event: dict[str, Any], stamp: bytes | None) -> bytes:
        """An event of the writer's own, at a given time or now."""
        return self._encoder.event(stamp or self._stamp(self.last_us), event)

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
            self._write(self._encoder.event(self._stamp(self.last_us), event), 0)
