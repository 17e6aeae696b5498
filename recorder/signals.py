"""Signals as bytes on a pipe that the relay polls beside the PTY."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import FrameType

ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
MARKED = signal.SIGUSR1
"""Somebody left a mark for the session: see formats.run."""
_OURS = (signal.SIGCHLD, MARKED)
_WATCHED = (signal.SIGWINCH, signal.SIGTSTP, signal.SIGCONT, *_OURS, *ENDING)


def leave_signals_to_the_main_thread() -> None:
    """To be called first in each other thread.

    A call that a stop has interrupted is begun again when the process goes on, unless its own
    thread has run a handler: a write to the terminal, in the background, would stop us again. Nor
    may a read from it stop us: the shell can take the terminal at any moment. It is an error then.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, (*_WATCHED, signal.SIGTTIN))


class Signals:
    """Handlers for as long as the `with` block runs; `fd` is readable when one came.

    A write to a terminal that somebody stopped (Ctrl-S) blocks, and Python goes on with it after a
    signal. While `writing_fd` names the descriptor of such a write, a signal that ends us makes it
    non-blocking: the write then ends with BlockingIOError, and nobody doubts how far it came.
    """

    def __init__(self) -> None:
        self.writing_fd: int | None = None
        self.pending = False
        """Whether one came since `received` was called: cheaper to ask than `fd`."""
        self.ending: int | None = None
        """The first signal that asked us to end."""
        self._found: dict[int, object] = {}
        self._unblocked_fd: int | None = None
        self._write_fd = -1

    def __enter__(self) -> Self:
        self.fd, self._write_fd = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._old_wakeup_fd = signal.set_wakeup_fd(self._write_fd, warn_on_full_buffer=False)
        for number in _WATCHED:
            # Started by nohup: SIGHUP is ignored on purpose and stays so.
            if signal.getsignal(number) is not signal.SIG_IGN or number in _OURS:
                self._found[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, found in self._found.items():
            # Who was asked to end is ending: a second request must not change how.
            # A mark that comes too late must not kill us.
            again = (self.ending is not None and number in ENDING) or number == MARKED
            handler = signal.SIG_IGN if again else found or signal.SIG_DFL
            signal.signal(number, handler)  # type: ignore[arg-type]
        signal.set_wakeup_fd(self._old_wakeup_fd)
        if self._unblocked_fd is not None:  # others have it, too
            os.set_blocking(self._unblocked_fd, True)
        os.close(self.fd)
        write_fd, self._write_fd = self._write_fd, -1  # the number may soon be another file's
        os.close(write_fd)

    def wake(self) -> None:
        """Make `fd` readable, though no signal came. By any thread."""
        try:
            os.write(self._write_fd, b"\0")
        except OSError:  # as full as can be, or over
            return

    def received(self) -> frozenset[int]:
        """The signals since the last call. Never blocks."""
        self.pending = False
        try:
            return frozenset(os.read(self.fd, 4096))
        except BlockingIOError:
            return frozenset()

    def stop(self) -> None:
        """Stop this process as SIGTSTP would have; returns when it goes on."""
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._note)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.pending = True
        if number in ENDING:
            self.ending = self.ending or number
            # In the background, where `stty tostop` forbids writing, the end must not stop us.
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            if self.writing_fd is not None and self._unblocked_fd is None:
                self._unblocked_fd = self.writing_fd
                os.set_blocking(self.writing_fd, False)
