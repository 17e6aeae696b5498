"""The relay between a terminal and a command under a PTY, with a log in between.

Two pumps. The out pump (the caller's thread) reads the PTY, writes the log, then the screen: what
was seen had been handed to the kernel first. Nothing is queued: when the screen or the log's disk
stalls, the pump waits in `write`, the PTY fills and the kernel holds the command back. The in pump
(`recorder.keyboard`) has a thread of its own, so what is typed never waits for either.
"""

from __future__ import annotations

import os
import select
import signal
import time
from typing import TYPE_CHECKING

from recorder.signals import MARKED
from recorder.terminal import BACKGROUND_MS

if TYPE_CHECKING:
    from formats.size import Size
    from recorder.child import Child, Ending
    from recorder.keyboard import Keyboard
    from recorder.log import Log
    from recorder.notice import Notice
    from recorder.presence import Presence
    from recorder.sealing import Sealing
    from recorder.signals import Signals
    from recorder.terminal import Terminal

# The most that one entry holds, and all the memory that output takes.
READ_BYTES = 8192
# What one read of a PTY's master gives at most (n_tty). A full one under a flood has a successor:
# two of them in one entry halve the number of entries.
_FULL_READ_BYTES = 4095
# A background job may still hold the PTY when the command has ended: its last words are waited
# for this long, and a job that never stops talking for this long altogether.
_QUIET_MS = 50
_LONGEST_DRAIN_S = 1.0
# From a signal that ends us to the next, harder one to the command.
_LADDER_S = ((1.0, signal.SIGHUP), (5.0, signal.SIGKILL))
# A tty that polls writable takes this much without blocking.
_SURE_BYTES = 256
_STALLED_MS = 100
# No event tells that a PTY whose other side is closed was opened again: it has to be asked.
_HUNG_UP_MS = 100


class Relay:
    """Carries one command's session from its start to its end."""

    def __init__(
        self,
        *,
        child: Child,
        terminal: Terminal,
        log: Log,
        keyboard: Keyboard,
        signals: Signals,
        sealing: Sealing,
        presence: Presence,
        notice: Notice,
        size: Size,
        fixed_size: bool,
        strict: bool,
    ) -> None:
        self._child = child
        self._terminal = terminal
        self._log = log
        self._keyboard = keyboard
        self._signals = signals
        self._sealing = sealing
        self._presence = presence
        self._notice = notice
        self._strict = strict
        self._fixed_size = fixed_size
        # What the command was started with: a change since then must be seen as one.
        self._size = size
        self._screen_fd = terminal.output_fd
        self._in_background = not terminal.is_ours
        self._buffer = memoryview(bytearray(READ_BYTES))
        self._flooded = False
        self._more = select.poll()
        self._more.register(child.fd, select.POLLIN)
        self._asked_to_end_at: float | None = None
        self._rungs = list(_LADDER_S)

    def run(self) -> Ending:
        """Relay until the command has ended and its last byte is logged and shown; then reap it."""
        self._follow_size()
        self._keyboard.start()
        poller = select.poll()
        poller.register(self._child.fd, select.POLLIN)
        poller.register(self._signals.fd, select.POLLIN)
        try:
            alive = True
            while alive:
                for fd, _ in poller.poll(self._timeout_ms()):
                    if fd == self._child.fd:
                        alive = self._forward_all() or self._outlives_its_terminal()
                    else:
                        alive = self._obey()
                    if not alive:
                        break
                self._climb()
                if self._in_background and self._terminal.is_ours:
                    self._take_terminal()
            self._drain()
        finally:
            self._keyboard.stop()
        self._take_marks()
        return self._child.reap()

    def _forward_all(self) -> bool:
        """Forward, in a flood without asking in between whether there is more; false at the end."""
        while self._forward():
            # `run` asks harder when the time has come, and whether we are in front again.
            is_due = self._asked_to_end_at is not None or self._in_background
            if not self._flooded or self._signals.pending or is_due:
                return True
        return False

    def _forward(self) -> bool:
        """Move what can be read now into the log and onto the screen; false at the end."""
        buffer, fd = self._buffer, self._child.fd
        try:
            size = os.readv(fd, (buffer,))
        except BlockingIOError:
            self._flooded = False
            return True
        except OSError:  # EIO: every descriptor of the other side is closed
            return False
        if not size:
            return False
        self._flooded = size >= _FULL_READ_BYTES
        if self._flooded:
            try:
                size += os.readv(fd, (buffer[size:],))
            except OSError:  # nothing more now; or the end, seen again by the next read
                pass
        data = buffer[:size]
        self._keyboard.flush()
        if not self._keyboard.paused:
            self._log.output(data)
        if self._notice.due and self._refuses():
            return True
        if self._screen_fd is not None:
            self._show(data)
            if self._notice.due:
                self._say(data)
        return True

    def _refuses(self) -> bool:
        """Whether the session ends because its log failed: then nothing more is shown."""
        if not self._strict:
            return False
        if self._asked_to_end_at is None:
            self._end(signal.SIGHUP)
        return True

    def _say(self, data: memoryview) -> None:
        line = self._notice.line(data, self._child, self._log.fault)
        if line is not None:
            self._show(memoryview(line))

    def _outlives_its_terminal(self) -> bool:
        """The command has let go of the PTY: wait for its end, or until the PTY is opened again.

        Gives whether the command lives. Signals still reach it.
        """
        signalled = select.poll()
        signalled.register(self._signals.fd, select.POLLIN)
        while not self._child.is_over():
            if not any(event & select.POLLHUP for _, event in self._more.poll(0)):
                return True
            timeout_ms = self._timeout_ms()
            wait_ms = _HUNG_UP_MS if timeout_ms is None else min(timeout_ms, _HUNG_UP_MS)
            if signalled.poll(wait_ms) and not self._obey():
                return False
            self._climb()
        return False

    def _show(self, data: memoryview) -> None:
        fd, signals = self._screen_fd, self._signals
        if fd is None:
            return
        if signals.ending is not None:
            self._show_while_ending(fd, data)
            return
        signals.writing_fd = fd
        written = 0
        try:
            while written < len(data):
                written += os.write(fd, data[written:])
        except BlockingIOError:  # another process made the terminal non-blocking, or a signal
            signals.writing_fd = None
            self._show_later(fd, data[written:])
        except OSError:  # hung up, or a pipe that nobody reads: the recording goes on without
            self._screen_fd = None
        finally:
            signals.writing_fd = None

    def _show_later(self, fd: int, data: memoryview) -> None:
        """Write to a terminal that does not block, as much as it takes at a time."""
        writable = select.poll()
        writable.register(fd, select.POLLOUT)
        while data and self._signals.ending is None:
            writable.poll(_STALLED_MS)
            try:
                data = data[os.write(fd, data) :]
            except BlockingIOError:
                continue
            except OSError:
                self._screen_fd = None
                return
        self._show_while_ending(fd, data)

    def _show_while_ending(self, fd: int, data: memoryview) -> None:
        """Write in pieces that cannot block: a stopped terminal must not keep us from ending."""
        writable = select.poll()
        writable.register(fd, select.POLLOUT)
        while data:
            if not writable.poll(_STALLED_MS):
                self._screen_fd = None
                return
            try:
                data = data[os.write(fd, data[:_SURE_BYTES]) :]
            except OSError:
                self._screen_fd = None
                return

    def _obey(self) -> bool:
        """Do what the signals ask for; false when the command has ended."""
        received = self._signals.received()
        if signal.SIGTSTP in received and self._signals.ending is None:
            self._terminal.restore()
            self._signals.stop()
            self._take_terminal()
        elif signal.SIGCONT in received:  # stopped by SIGSTOP: the shell has set its own mode
            self._terminal.restore(drain=False)
            self._take_terminal()
        if signal.SIGWINCH in received:
            self._follow_size()
        if MARKED in received:
            self._take_marks()
        if self._signals.ending is not None and self._asked_to_end_at is None:
            self._end(self._signals.ending)
        if self._notice.due:
            self._refuses()
        if signal.SIGCHLD in received:
            self._sealing.reap()
            return not self._child.is_over()
        return True

    def _take_terminal(self) -> None:
        """Go on after a stop, in front or in the background.

        There keys and mode are the shell's; what the command writes is shown as any job's.
        """
        self._in_background = not self._terminal.is_ours
        self._terminal.make_raw()
        self._follow_size()

    def _take_marks(self) -> None:
        """Log the marks that other commands left."""
        for label in self._presence.marks():
            self._log.event({"type": "marker", "label": label})

    def _follow_size(self) -> None:
        size = None if self._fixed_size else self._terminal.size()
        if size is not None and size != self._size:
            self._size = size
            self._log.resize(size)
            self._child.resize(size)

    def _end(self, number: int) -> None:
        """Ask the command to end; `_climb` asks harder."""
        self._asked_to_end_at = time.monotonic()
        self._child.signal(number)

    def _timeout_ms(self) -> int | None:
        wait_ms = BACKGROUND_MS if self._in_background else None
        if self._asked_to_end_at is None or not self._rungs:
            return wait_ms
        due = self._asked_to_end_at + self._rungs[0][0] - time.monotonic()
        due_ms = max(0, round(due * 1000) + 1)
        return due_ms if wait_ms is None else min(wait_ms, due_ms)

    def _climb(self) -> None:
        """A command that did not end when asked to is asked harder."""
        if self._asked_to_end_at is None:
            return
        while self._rungs and time.monotonic() >= self._asked_to_end_at + self._rungs[0][0]:
            _, number = self._rungs.pop(0)
            self._child.signal(number)
            self._child.signal(signal.SIGCONT)

    def _drain(self) -> None:
        """Take what is left in the PTY: to its end, or until a background job falls silent."""
        end = time.monotonic() + _LONGEST_DRAIN_S
        while self._more.poll(_QUIET_MS) and self._forward() and time.monotonic() < end:
            pass
