"""The terminal that a session is shown on and typed at, or whatever stands in its place.

Either side may be a tty, a pipe, a file, /dev/null or closed. The relay is given one of these and
never looks at descriptors 0, 1, 2 itself: another caller may lend it another terminal.
"""

from __future__ import annotations

import os
import sys
import termios
import tty
from typing import TYPE_CHECKING

from formats.size import Size

if TYPE_CHECKING:
    from typing import Any

BACKGROUND_MS = 20
"""How often to ask, in the background, whose the terminal is: no event tells a job that goes on
that it was brought to the front. So soon no key comes then."""

# Ends what programs commonly leave on when they are killed: mouse reports, focus reports,
# bracketed paste, keyboard protocols, alternate screen (?1047, which leaves the cursor alone),
# hidden cursor, colours. Each is harmless where it was off.
RESET_MODES = (
    b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?2026l"
    b"\x1b[<u\x1b[>4m\x1b[?1l\x1b>\x1b[?1047l\x1b[?7h\x1b[?25h\x1b[m\x1b(B\x0f"
)


class Terminal:
    """Two descriptors, either of which may be missing, and the mode the tty was found in."""

    def __init__(self, input_fd: int | None, output_fd: int | None) -> None:
        self.input_fd = input_fd
        self.output_fd = output_fd
        sides = [fd for fd in (input_fd, output_fd) if fd is not None and os.isatty(fd)]
        self._tty_fd = sides[0] if sides else None
        self._raw_fd = input_fd if input_fd in sides else None
        self._found: list[Any] | None = None

    @classmethod
    def standard(cls) -> Terminal:
        """Standard input and output, as this process was given them.

        What was closed at its start is open on /dev/null since: input that is closed has ended.
        """
        return cls(0, None if sys.stdout is None else 1)

    @property
    def is_tty(self) -> bool:
        """Whether there is a terminal on either side."""
        return self._tty_fd is not None

    @property
    def input_is_tty(self) -> bool:
        """Whether input comes from a terminal."""
        return self._raw_fd is not None

    def size(self) -> Size | None:
        """The window's size; None where there is no terminal or it does not know (0x0)."""
        if self._tty_fd is None:
            return None
        try:
            rows, cols = termios.tcgetwinsize(self._tty_fd)
        except (OSError, termios.error):
            return None
        return Size(cols, rows) if cols and rows else None

    def name(self) -> str | None:
        """The tty's name, as /dev/pts/3; None where there is no terminal."""
        try:
            return None if self._tty_fd is None else os.ttyname(self._tty_fd)
        except OSError:  # another mount namespace: it has no name here
            return None

    def mode(self) -> list[Any] | None:
        """The attributes to give back, as tcgetattr(3) has them; None where none are changed."""
        if self._raw_fd is None or self._found is not None:
            return self._found
        try:
            return termios.tcgetattr(self._raw_fd)
        except termios.error:
            return None

    @property
    def is_ours(self) -> bool:
        """Whether we may read and change it: while we are in the background it is another job's."""
        if self._raw_fd is None:
            return True
        try:
            return os.tcgetpgrp(self._raw_fd) == os.getpgrp()
        except OSError:  # not our controlling terminal: it has no jobs of ours
            return True

    def make_raw(self) -> None:
        """Pass every key on, as it is typed. Does nothing where input is no terminal of ours."""
        if self._raw_fd is None or not self.is_ours:
            return
        try:
            self._found = termios.tcgetattr(self._raw_fd)
            tty.setraw(self._raw_fd, termios.TCSANOW)
        except termios.error:  # it hung up or was taken just now: the relay will see that
            self._found = None

    def restore(self, *, drain: bool = True) -> None:
        """Give the terminal back as it was found. `drain` waits until all output has gone out.

        Never flushes: what the user typed ahead belongs to the shell. Nor does it touch what the
        shell has taken from us while we were stopped: that has the shell's own mode.
        """
        if self._raw_fd is None or self._found is None:
            return
        found, self._found = self._found, None
        if not self.is_ours:
            return
        try:
            termios.tcsetattr(self._raw_fd, termios.TCSADRAIN if drain else termios.TCSANOW, found)
        except termios.error:
            self._restore_at_once(found)

    def _restore_at_once(self, found: list[Any]) -> None:
        """The wait was interrupted by a signal, or the terminal is gone."""
        if self._raw_fd is None:
            return
        try:
            termios.tcsetattr(self._raw_fd, termios.TCSANOW, found)
        except termios.error:
            return
