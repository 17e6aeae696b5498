"""The recorder's own run file: that it is at work, where, and the marks that others leave it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from formats.run import Run, remove_run, take_marks, write_run

if TYPE_CHECKING:
    from formats.layout import Home
    from recorder.terminal import Terminal


class Presence:
    """Stated for as long as the session is recorded; locked for as long as the process lives."""

    def __init__(self, home: Home, session_id: str) -> None:
        self._home = home
        self._session_id = session_id
        self._fd: int | None = None

    def begin(self, terminal: Terminal, started_us: int) -> None:
        """State it. Where it cannot be stated the recording goes on without."""
        run = Run(self._session_id, os.getpid(), terminal.name(), terminal.mode(), started_us)
        try:
            self._fd = write_run(self._home, run)
        except OSError:
            self._fd = None

    def marks(self) -> list[str]:
        """The labels of the marks that were left since the last call."""
        return take_marks(self._home, self._session_id)

    def end(self) -> None:
        """The terminal is given back: nothing is left to state."""
        if self._fd is not None:
            remove_run(self._home, self._session_id)
            os.close(self._fd)
            self._fd = None
