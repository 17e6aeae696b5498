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
from collections import deque
from typing import TYPE_CHECKING

from recorder.signals import leave_signals_to_the_main_thread
from recorder.terminal import BACKGROUND_MS

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.child import Child
    from recorder.clock import Clock
    from recorder.log import Log
    from recorder.options import HotKeys
    from recorder.terminal import Terminal

_READ_BYTES = 4096
# A paste of a megabyte while the disk stalls is kept; more is counted.
_MOST_PENDING_BYTES = 1 << 20
# A paste that goes on and on leaves no pause in which to log it.
_MANY_BYTES = 1 << 16
_JOIN_S = 1.0
# An echo is back within a millisecond; until then nothing else of ours should run.
_ECHO_MS = 2
# Between one end of input and the next, for a command that reads on.
_FIRST_AGAIN_MS, _LAST_AGAIN_MS = 100, 1000
_TIOCGPTN = 0x80045430


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
        own = ((hot_keys.mark, self._mark), (hot_keys.pause, self._pause))
        self._own_keys = [(bytes((key,)), act) for key, act in own if key is not None]
        self._record = record
        self._marks = 0
        self._pausing = False
        self._masking = False
        self._side = _SideLog(log)
        self._stop_fd, self._stop_write_fd = os.pipe2(os.O_CLOEXEC)
        self._room = select.poll()
        self._room.register(child.fd, select.POLLOUT)
        self._room.register(self._stop_fd, select.POLLIN)
        self._stopped = select.poll()
        self._stopped.register(self._stop_fd, select.POLLIN)
        self._reading = allocate_lock()

    def start(self) -> None:
        """Begin to read, where there is anything to read from."""
        self._side.start()
        if self._fd is not None:
            self._reading.acquire()
            start_new_thread(self._run, (self._fd,))

    def stop(self) -> None:
        """Stop reading; return when everything typed is logged."""
        os.close(self._stop_write_fd)
        self._reading.acquire(timeout=_JOIN_S)
        self._side.stop()

    def flush(self) -> None:
        """Log what was typed and is not logged yet; called before output is logged."""
        self._side.flush()

    def _run(self, fd: int) -> None:
        leave_signals_to_the_main_thread()
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
        wait_ms = None
        while True:
            ready = dict(poller.poll(wait_ms))
            if not ready:
                self._side.wake()
                wait_ms = None
                continue
            if self._stop_fd in ready:
                return
            try:
                data = os.read(fd, _READ_BYTES)
            except BlockingIOError:  # another process made it non-blocking
                continue
            except OSError:
                if self._is_tty and not ready[fd] & select.POLLHUP:  # in the background
                    self._stopped.poll(BACKGROUND_MS)
                    continue
                data = b""
            if not data:
                break
            self._take(data)
            wait_ms = _ECHO_MS
            last = data
        self._side.wake()
        if not self._is_tty:
            self._end_input(last.endswith(b"\n"))

    def _take(self, data: bytes) -> None:
        """Pass typed bytes on, then see to the log; our own keys are cut out."""
        for key, act in self._own_keys:
            if key in data:
                before, _, after = data.partition(key)
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
            try:
                data = data[os.write(self._child.fd, data) :]
            except BlockingIOError:  # until the command reads, or the session ends
                self._side.wake()
                if self._stop_fd in [fd for fd, _ in self._room.poll()]:
                    return

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
        """A pipe or file has ended: say so the way a PTY can, again to everyone who reads on.

        Not before the command has read what came earlier. Once is not enough: a character that
        comes while a shell's job has the PTY in line mode is a NUL to the shell, which reads
        keys. And a pipe that has ended has ended for whoever reads it next, too.
        """
        stop = self._stopped
        again_ms = _FIRST_AGAIN_MS
        while True:
            wait_ms = 10
            while self._unread():
                if stop.poll(wait_ms):
                    return
                wait_ms = min(2 * wait_ms, 100)
            self._pass_on(self._end_characters(at_line_start=at_line_start))
            if sys.platform != "linux" or stop.poll(again_ms):
                return
            again_ms = min(2 * again_ms, _LAST_AGAIN_MS)

    def _end_characters(self, *, at_line_start: bool) -> bytes:
        end = self._child.end_of_input()
        if at_line_start:
            return end
        # In line mode the first one ends the unfinished line. Who reads keys needs a newline.
        return end + end if self._child.is_in_line_mode() else b"\n" + end

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
    """What was typed, on its way into the log: in order, behind a bound, never in a key's way.

    The out pump takes it along just before it logs the echo: the log then says "typed" before
    "echoed", and no other thread is awake while the echo is on its way. What causes no output the
    in pump has written, a moment later, by a thread of its own.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._waiting: deque[tuple[int, Callable[[], None]]] = deque()
        self._waiting_bytes = 0
        self._counting = allocate_lock()
        self._lost_entries = self._lost_bytes = 0
        self._writing = allocate_lock()
        self._wake: SimpleQueue[bool] = SimpleQueue()
        self._running = allocate_lock()

    def start(self) -> None:
        self._running.acquire()
        start_new_thread(self._run, ())

    def stop(self) -> None:
        self._wake.put(False)
        self._running.acquire(timeout=_JOIN_S)

    def put(self, size: int, write: Callable[[], None]) -> None:
        """Have `write` called soon. Never blocks; drops and counts when too much is waiting."""
        with self._counting:
            if self._waiting_bytes + size > _MOST_PENDING_BYTES:
                self._lost_entries += 1
                self._lost_bytes += size
                return
            self._waiting_bytes += size
            self._waiting.append((size, write))
            many = self._waiting_bytes > _MANY_BYTES
        if many:
            self._wake.put(True)

    def wake(self) -> None:
        """Have the thread write what is waiting, if anything still is."""
        if self._waiting:
            self._wake.put(True)

    def flush(self) -> None:
        """Write what is waiting. Blocks as long as the disk does."""
        if not self._waiting:
            return
        with self._writing:
            while self._waiting:
                size, write = self._waiting.popleft()
                write()
                with self._counting:
                    self._waiting_bytes -= size
                    lost = self._lost_entries, self._lost_bytes
                    self._lost_entries = self._lost_bytes = 0
                if lost[0]:
                    self._log.lost_input(*lost, "the log was stalled")

    def _run(self) -> None:
        leave_signals_to_the_main_thread()
        while self._wake.get():
            self.flush()
        self.flush()
        self._running.release()
