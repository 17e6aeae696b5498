"""What the user types: passed to the command at once, logged on the side.

One thread reads and passes on; another logs, so that typing never waits for the disk. What waits
to be logged is bounded; beyond the bound it is counted and stated as a gap.
"""

from __future__ import annotations

import fcntl
import os
import select
import struct
import sys
from _queue import SimpleQueue
from _thread import allocate_lock, start_new_thread
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.child import Child
    from recorder.clock import Clock
    from recorder.log import Log
    from recorder.terminal import Terminal

_READ_BYTES = 4096
# A paste of a megabyte while the disk stalls is kept; more is counted.
_MOST_PENDING_BYTES = 1 << 20
_JOIN_S = 1.0
_TIOCGPTN = 0x80045430


class HotKeys(NamedTuple):
    """Keys that the recorder keeps for itself: byte values, None where there is none."""

    mark: int | None = None
    pause: int | None = None


class Keyboard:
    """The in pump. `paused` is read by the out pump: while it is true nothing is logged."""

    def __init__(
        self,
        *,
        child: Child,
        terminal: Terminal,
        log: Log,
        clock: Clock,
        hot_keys: HotKeys,
        record: bool,
    ) -> None:
        self.paused = False
        self._child = child
        self._fd = terminal.input_fd
        self._is_tty = terminal.input_is_tty
        self._log = log
        self._clock = clock
        self._hot_keys = hot_keys
        self._record = record
        self._marks = 0
        self._pausing = False
        self._masking = False
        self._side = _SideLog(log)
        self._stop_fd, self._stop_write_fd = os.pipe2(os.O_CLOEXEC)
        self._reading = allocate_lock()

    def start(self) -> None:
        """Begin to read, where there is anything to read from."""
        self._side.start()
        if self._fd is not None:
            self._reading.acquire()
            start_new_thread(self._run, (self._fd,))

    def stop(self) -> None:
        """Stop reading; return when everything typed is logged.

        A thread that is blocked writing to a command that does not read is left behind: it ends
        with the process.
        """
        os.close(self._stop_write_fd)
        self._reading.acquire(timeout=_JOIN_S)
        self._side.stop()

    def _run(self, fd: int) -> None:
        try:
            self._pump(fd)
        except OSError:  # the command's side is gone: the out pump sees the end
            pass
        finally:
            self._reading.release()

    def _pump(self, fd: int) -> None:
        poller = select.poll()
        poller.register(fd, select.POLLIN)
        poller.register(self._stop_fd, select.POLLIN)
        last = b"\n"
        while True:
            ready = [ready_fd for ready_fd, _ in poller.poll()]
            if self._stop_fd in ready:
                return
            try:
                data = os.read(fd, _READ_BYTES)
            except BlockingIOError:  # another process made it non-blocking
                continue
            except OSError:
                data = b""
            if not data:
                break
            self._take(data)
            last = data
        if not self._is_tty:
            self._end_input(last.endswith(b"\n"))

    def _take(self, data: bytes) -> None:
        """Pass typed bytes on, then see to the log; our own keys are cut out."""
        for key, act in ((self._hot_keys.mark, self._mark), (self._hot_keys.pause, self._pause)):
            if key is not None and key in data:
                before, _, after = data.partition(bytes((key,)))
                if before:
                    self._take(before)
                act()
                if after:
                    self._take(after)
                return
        masked = self._record and self._child.reads_a_password()
        time_us = self._clock.now_us()
        self._pass_on(data)
        if masked:
            if not self._masking and not self._pausing:
                self._side.put(0, self._log.masked)
            # One event a password: an event a key would tell its length.
            self._masking = not data.endswith((b"\r", b"\n"))
        else:
            self._masking = False
            if self._record and not self._pausing:
                self._side.put(len(data), lambda: self._log.input(data, time_us))

    def _pass_on(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._child.fd, data) :]

    def _mark(self) -> None:
        self._marks += 1
        event = {"type": "marker", "label": f"mark {self._marks}"}
        self._side.put(0, lambda: self._log.event(event))

    def _pause(self) -> None:
        self._pausing = not self._pausing
        self._side.put(0, self._enter_pause if self._pausing else self._leave_pause)

    def _enter_pause(self) -> None:
        self._log.event({"type": "pause"})
        self.paused = True

    def _leave_pause(self) -> None:
        self._log.event({"type": "resume"})
        self.paused = False

    def _end_input(self, at_line_start: bool) -> None:  # noqa: FBT001
        """A pipe or file has ended: say so the way a PTY can, as script(1) does.

        Not before the command has read what came earlier: one that switches line mode off in
        between would read the character as a key.
        """
        wait_ms = 10
        stop = select.poll()
        stop.register(self._stop_fd, select.POLLIN)
        while self._unread():
            if stop.poll(wait_ms):
                return
            wait_ms = min(2 * wait_ms, 100)
        end = self._child.end_of_input()
        self._pass_on(end if at_line_start else end + end)

    def _unread(self) -> bool:
        """Whether the command has input that it has not read (Linux; elsewhere nobody can tell)."""
        if sys.platform != "linux":
            return False
        number = struct.unpack("I", fcntl.ioctl(self._child.fd, _TIOCGPTN, bytes(4)))[0]
        try:
            slave = os.open(f"/dev/pts/{number}", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            poller = select.poll()
            poller.register(slave, select.POLLIN)
            return bool(poller.poll(0))
        finally:
            os.close(slave)


class _SideLog:
    """A thread that writes what was typed into the log, in order, behind a bounded queue."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._queue: SimpleQueue[tuple[int, Callable[[], None]] | None] = SimpleQueue()
        self._pending_bytes = 0
        self._counting = allocate_lock()
        self._lost_entries = self._lost_bytes = 0
        self._running = allocate_lock()

    def start(self) -> None:
        self._running.acquire()
        start_new_thread(self._run, ())

    def stop(self) -> None:
        self._queue.put(None)
        self._running.acquire(timeout=_JOIN_S)

    def put(self, size: int, write: Callable[[], None]) -> None:
        """Have `write` called soon. Never blocks; drops and counts when too much is waiting."""
        with self._counting:
            if self._pending_bytes + size > _MOST_PENDING_BYTES:
                self._lost_entries += 1
                self._lost_bytes += size
                return
            self._pending_bytes += size
        self._queue.put((size, write))

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            size, write = item
            write()
            with self._counting:
                self._pending_bytes -= size
                lost = self._lost_entries, self._lost_bytes
                self._lost_entries = self._lost_bytes = 0
            if lost[0]:
                self._log.lost_input(*lost, "the log was stalled")
        self._running.release()
