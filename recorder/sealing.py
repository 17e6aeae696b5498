"""Starts the processes that work in the background of a session, and reaps them.

Closed segments are sealed, one at a time, and none is forgotten. Compressing is heavy, so it is
never done here: a command of its own (`python -m recorder.seal`) does it at the lowest priority,
and goes on when the recorder has ended. So are screen lines and keyframes, which
`player.index.indexing` makes: after each sealing, and when the session ends. So is the store's
maintenance.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from recorder.background import start_module

if TYPE_CHECKING:
    from formats.layout import Home


_WORTH_INDEXING_BYTES: Final = 64 << 10
# What a shorter log showed is extracted when somebody asks, in less than a process takes to start.


class Sealing:
    """The sealer of one session, as its recorder sees it."""

    def __init__(self, home: Home, session_id: str) -> None:
        self._home = home
        self._session_id = session_id
        self._pid: int | None = None
        self._again = False
        self._maintenance: int | None = None

    def keep_house(self) -> None:
        """Have the store looked after, where that is due."""
        from recorder.upkeep import start_maintenance  # noqa: PLC0415  the command runs by now

        self._maintenance = start_maintenance(self._home)

    def start(self) -> None:
        """Seal what is closed by now; after the sealer that is at work, if one is."""
        if self._pid is not None:
            self._again = True
            return
        self._again = False
        try:
            self._pid = start_module(
                "recorder.seal", (self._home.path, self._session_id), lowest_priority=True
            )
        except OSError:  # no process to be had: the segment stays readable as it is
            self._pid = None

    def reap(self) -> None:
        """A child of ours has ended: if it was the sealer, start it again where there is need."""
        if self._maintenance is not None and _has_ended(self._maintenance):
            self._maintenance = None
        if self._pid is not None and _has_ended(self._pid):
            self._pid = None
            if self._again:
                self.start()

    def finish(self, log_bytes: int) -> None:
        """The recorder ends: whatever was closed while the sealer was at work is not forgotten.

        The session is indexed: its log has `log_bytes`.
        """
        if self._again:
            self._pid = None  # it waits for the one at work by itself
            self.start()
        elif log_bytes >= _WORTH_INDEXING_BYTES:
            arguments = ("--background", self._home.path, self._session_id)
            try:
                start_module("player.index.indexing", arguments, lowest_priority=True)
            except OSError:  # made by whoever asks for it
                return


def _has_ended(pid: int) -> bool:
    """Whether a child of ours is no more; it is reaped then."""
    try:
        return bool(os.waitpid(pid, os.WNOHANG)[0])
    except ChildProcessError:
        return True
