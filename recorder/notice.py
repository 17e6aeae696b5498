"""What a fault of the log is to the person at the terminal: one line that breaks no picture."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.child import Child

_ALTERNATE = (b"\x1b[?1049", b"\x1b[?1047", b"\x1b[?47")


class Notice:
    """Said once: as soon as the command prints plain lines, else at the end.

    `on_fault` is told of each fault, by whatever thread met it.
    """

    def __init__(self, on_fault: Callable[[], None]) -> None:
        self.due = False
        """Whether something has happened that was not said yet."""
        self.said = False
        self._on_fault = on_fault
        self._alternate = False

    def fault(self) -> None:
        """The log could not be written."""
        self.due = not self.said
        self._on_fault()

    def line(self, data: memoryview, child: Child, reason: str | None) -> bytes | None:
        """What to say behind `data`, which was just shown; None while it would break a picture.

        A command that draws has its terminal in raw mode. Who prints plain lines has not, and has
        just ended one; unless it was seen to enter the alternate screen.
        """
        shown = bytes(data)
        self._follow(shown)
        if self._alternate or not shown.endswith(b"\n") or not child.is_in_line_mode():
            return None
        self.due, self.said = False, True
        what = str(reason)
        if not what.startswith("the log"):
            what = f"the log cannot be written ({what})"
        return os.fsencode(f"[cs-rec: {what}; the session goes on]\r\n")

    def _follow(self, data: bytes) -> None:
        last = max(data.rfind(mode) for mode in _ALTERNATE)
        if last >= 0:
            self._alternate = data[last + 3 :].lstrip(b"0123456789").startswith(b"h")
