"""The way to the window: never waits, holds one frame, leaves the terminal as it was."""

from __future__ import annotations

import os
import select
import signal
import time
from typing import TYPE_CHECKING

from player.playing.terminal import QUESTION, Stopped, reopened
from player.view.painter import ENTER, LEAVE, MOUSE_OFF, MOUSE_ON

if TYPE_CHECKING:
    from typing import Self

# How long a stopped terminal may hold up our end.
_LEAVE_S = 1.0
# A frame that was cut in its middle may have left a sequence unfinished.
_BREAK_OFF = b"\x18"


class Output:
    """What is on its way to the window. `busy`: it has not all been taken yet."""

    def __init__(self, descriptor: int) -> None:
        self._given = descriptor
        self._left = memoryview(b"")
        self.entered = False

    def __enter__(self) -> Self:
        self._fd, self._waits = reopened(self._given)
        return self

    def __exit__(self, *_: object) -> None:
        if self._fd != self._given:
            os.close(self._fd)

    @property
    def busy(self) -> bool:
        """Whether the terminal is slower than we are: then nothing new is made for it."""
        return bool(self._left)

    def fileno(self) -> int:
        """Where there may be room again."""
        return self._fd

    def put(self, data: bytes) -> None:
        """Send, as much as goes now."""
        if data:
            self._left = memoryview(bytes(self._left) + data)
            self.flush()

    def flush(self) -> None:
        """Send what is left, as much as goes now. Raises Stopped when the terminal is gone."""
        while self._left:
            if self._waits and not select.select([], [self._fd], [], 0)[1]:
                return
            piece = self._left[: select.PIPE_BUF] if self._waits else self._left
            try:
                written = os.write(self._fd, piece)
            except BlockingIOError:
                return
            except OSError:
                raise Stopped(signal.SIGHUP) from None
            self._left = self._left[written:]

    def enter(self, *, mouse: bool) -> None:
        """Take a screen of our own."""
        self.entered = True
        self.put(ENTER + (MOUSE_ON if mouse else b""))

    def leave(self, parting: bytes = b"") -> bool:
        """Give the terminal back. Whether it was asked a question at last, and will answer.

        Waits a second at most for one that takes nothing.
        """
        entered, self.entered = self.entered, False
        cut = _BREAK_OFF if self._left else b""
        told = cut + MOUSE_OFF + LEAVE + parting + QUESTION if entered else parting
        self._left = memoryview(told)
        until_s = time.monotonic() + _LEAVE_S
        try:
            self.flush()
            while self._left and (left_s := until_s - time.monotonic()) > 0:
                select.select([], [self._fd], [], left_s)
                self.flush()
        except Stopped:
            return False
        asked = entered and not self._left
        self._left = memoryview(b"")
        return asked
