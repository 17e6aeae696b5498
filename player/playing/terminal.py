"""The player's own terminal: raw while playing, and as it was afterwards, on every path.

Reads keys and signals and waits for both at once. What is drawn is not its concern.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import termios
import time
from typing import TYPE_CHECKING

from player.playing.keys import SUSPEND, KeyParser

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType, TracebackType
    from typing import Any, Self

_READ_BYTES = 4096
_ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
_IFLAG, _OFLAG, _LFLAG, _CC = 0, 1, 3, 6

# A question that every terminal answers, after all that a recording may have asked it before. How
# long the answer may take, and how long silence must last after it: a recording can ask the same.
QUESTION = b"\x1b[5n"
_ANSWER = b"\x1b[0n"
_ANSWER_S, _SILENCE_S = 0.5, 0.03


RESIZED = "resized"


class Stopped(BaseException):
    """A signal, or a terminal that is gone, ends the replay. Raised where the player waits."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def clock_us() -> int:
    """Microseconds that never run backwards."""
    return time.monotonic_ns() // 1000


def open_keyboard() -> int | None:
    """A descriptor to read keys from: stdin if it is a terminal, else the controlling terminal.

    None if there is neither.
    """
    if os.isatty(0):
        return os.dup(0)
    try:
        return os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None


def reopened(output: int) -> tuple[int, bool]:
    """A descriptor of our own that never waits, if `output` is a terminal, and whether it waits.

    Not by a flag on `output` itself: that would hold for every process that shares it.
    """
    try:
        flags = os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
        return os.open(os.ttyname(output), flags), False
    except OSError:
        return output, True


class Terminal:
    """Keys, signals and raw mode, from `with` to its end.

    Raw means: no echo, no lines, no output processing, for a recording has its line ends already.
    Signal characters stay on, so that Ctrl-C and Ctrl-Z work as everywhere. Signals that would end
    us are turned into `Stopped`, one that was ignored before stays ignored.
    """

    def __init__(self, keyboard: int | None, output: int, keys: KeyParser | None = None) -> None:
        self._keyboard = keyboard
        self._output = output
        self._keys = keys or KeyParser()
        # Only who draws for a window of a certain size wants to know that it has another.
        self._resizes = (signal.SIGWINCH,) if keys else ()
        self._saved: list[tuple[int, list[Any]]] = []
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._wakeup, self._woken = os.pipe()
        os.set_blocking(self._wakeup, False)
        os.set_blocking(self._woken, False)
        self._old_wakeup = signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        for number in (*_ENDING, signal.SIGTSTP, signal.SIGCONT, *self._resizes):
            if signal.getsignal(number) != signal.SIG_IGN:
                self._handlers[number] = signal.signal(number, _wake)
        for fd in (self._keyboard, self._output):
            if fd is not None and os.isatty(fd):
                self._saved.append((fd, termios.tcgetattr(fd)))
        self._enter_raw()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._leave_raw()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._old_wakeup)
        os.close(self._wakeup)
        os.close(self._woken)

    @property
    def has_keyboard(self) -> bool:
        """Whether keys can come at all."""
        return self._keyboard is not None

    def wait(self, timeout_us: int | None, *, for_room: bool) -> list[str]:
        """Until a key, a signal, room on the output if that is asked for, or the timeout.

        The keys that came. Raises Stopped.
        """
        keys, _ = self.wait_for(timeout_us, for_room=self._output if for_room else None)
        return keys

    def wait_for(
        self, timeout_us: int | None, *, for_room: int | None = None, also: Sequence[int] = ()
    ) -> tuple[list[str], list[int]]:
        """As `wait`, also for the descriptors `also` to be read: with those that can be.

        `for_room` is the descriptor that room is waited for on. RESIZED is among the keys when the
        window has another size or stands as somebody else has left it.
        """
        now_us = clock_us()
        pending_us = self._keys.pending(now_us)
        if pending_us is not None:
            timeout_us = pending_us if timeout_us is None else min(timeout_us, pending_us)
        timeout_s = None if timeout_us is None else timeout_us / 1_000_000
        readers = [fd for fd in (self._wakeup, self._keyboard, *also) if fd is not None]
        writers = [] if for_room is None else [for_room]
        ready, _, _ = select.select(readers, writers, [], timeout_s)
        keys: list[str] = []
        if self._wakeup in ready:
            keys += self._signalled(os.read(self._wakeup, _READ_BYTES))
        if self._keyboard is not None and self._keyboard in ready:
            keys += self._keys.feed(_read_keyboard(self._keyboard), clock_us())
        keys += self._keys.expire(clock_us())
        return keys, [fd for fd in also if fd in ready]

    def _signalled(self, numbers: bytes) -> list[str]:
        keys: list[str] = []
        for number in numbers:
            if number in _ENDING:
                raise Stopped(number)
            if number == signal.SIGTSTP:
                keys.append(SUSPEND)
            elif number == signal.SIGCONT:  # after SIGSTOP: someone else had the terminal
                self._enter_raw()
            if self._resizes and number in (signal.SIGCONT, signal.SIGWINCH):
                keys.append(RESIZED)
        return keys

    def suspend(self, *, answer_due: bool) -> None:
        """Stop, as Ctrl-Z does, with the terminal as it was; back when we are continued."""
        if answer_due:
            self.swallow_answers()
        self._leave_raw()
        handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, handler)
        self._enter_raw()

    def swallow_answers(self) -> None:
        """After QUESTION was written: read until it is answered, so that nothing else is to come.

        What a recording asked is answered before it, and would be typed into the shell.
        """
        if self._keyboard is None:
            return
        tail = b""
        until_s = time.monotonic() + _ANSWER_S
        while (left_s := until_s - time.monotonic()) > 0:
            ready, _, _ = select.select([self._keyboard], [], [], left_s)
            if not ready:
                return
            try:
                data = os.read(self._keyboard, _READ_BYTES)
            except OSError:
                return
            if not data:
                return
            tail = (tail + data)[-_READ_BYTES:]
            if _ANSWER in tail:
                until_s = time.monotonic() + _SILENCE_S
                tail = _ANSWER

    def _enter_raw(self) -> None:
        for fd, attributes in self._saved:
            raw = list(attributes)
            raw[_IFLAG] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR | termios.ISTRIP)
            raw[_OFLAG] &= ~termios.OPOST
            raw[_LFLAG] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
            raw[_CC] = list(attributes[_CC])
            raw[_CC][termios.VMIN], raw[_CC][termios.VTIME] = 1, 0
            # In the background of an orphaned group it is refused: then it is played without keys.
            with contextlib.suppress(termios.error):
                termios.tcsetattr(fd, termios.TCSADRAIN, raw)

    def _leave_raw(self) -> None:
        """Never waits for output, which may be stopped; drops input, which was meant for us."""
        for fd, attributes in reversed(self._saved):
            with contextlib.suppress(termios.error):  # the terminal may be gone
                termios.tcflush(fd, termios.TCIFLUSH)
                termios.tcsetattr(fd, termios.TCSANOW, attributes)


def _wake(_number: int, _frame: FrameType | None) -> None:
    """Nothing: the wakeup descriptor has told `wait` already."""


def _read_keyboard(keyboard: int) -> bytes:
    try:
        data = os.read(keyboard, _READ_BYTES)
    except BlockingIOError:  # someone made the shared descriptor non-blocking
        return b""
    except OSError:
        data = b""
    if not data:
        raise Stopped(signal.SIGHUP)
    return data
