"""`cs-rec --fix-tty`: give a terminal back that a killed recorder left raw."""

from __future__ import annotations

import os
import termios
from typing import TYPE_CHECKING, Any

from formats.run import left_on, remove_run, runs
from recorder.errors import RecorderError
from recorder.terminal import RESET_MODES

if TYPE_CHECKING:
    from formats.layout import Home

_IFLAG, _OFLAG, _CFLAG, _LFLAG, _CC = 0, 1, 2, 3, 6
_LINE_MODE = termios.ICANON | termios.ECHO
_DISABLED = b"\0"
# What stty(1) calls sane.
_SANE_CHARACTERS = {
    termios.VINTR: b"\x03",
    termios.VQUIT: b"\x1c",
    termios.VERASE: b"\x7f",
    termios.VKILL: b"\x15",
    termios.VEOF: b"\x04",
    termios.VSTART: b"\x11",
    termios.VSTOP: b"\x13",
    termios.VSUSP: b"\x1a",
}


def fix_tty(home: Home) -> int:
    """Restore the terminal we are on: as its recorder found it, else as `stty sane` would."""
    fd = _terminal()
    name = os.ttyname(fd)
    left = left_on(home, name)
    mode = left.mode if left else None
    if mode is None or mode[_LFLAG] & _LINE_MODE != _LINE_MODE:  # found raw: one killed before it
        mode = sane(termios.tcgetattr(fd))
        how = "set to what is usual"
    else:
        how = "is again as it was before the session"
    termios.tcsetattr(fd, termios.TCSANOW, mode)
    os.write(fd, RESET_MODES)
    for run in runs(home):
        if run.tty == name and not run.live:
            remove_run(home, run.session_id)
    session = f" {left.session_id[:8]}" if left else ""
    os.write(2, f"cs-rec: {name} {how}{session}\n".encode())
    return 0


def sane(mode: list[Any]) -> list[Any]:
    """`mode` with line editing, echo, signals and newlines as a shell expects them."""
    made: list[Any] = [*mode[:_CC], list(mode[_CC])]
    made[_IFLAG] |= termios.BRKINT | termios.ICRNL | termios.IXON
    made[_IFLAG] &= ~(termios.INLCR | termios.IGNCR | termios.ISTRIP)
    made[_OFLAG] |= termios.OPOST | termios.ONLCR
    made[_CFLAG] |= termios.CREAD
    made[_LFLAG] |= _LINE_MODE | termios.ISIG | termios.IEXTEN
    made[_LFLAG] |= termios.ECHOE | termios.ECHOK
    made[_LFLAG] &= ~(termios.ECHONL | termios.NOFLSH | termios.TOSTOP)
    for place, character in _SANE_CHARACTERS.items():
        if made[_CC][place] in (_DISABLED, 0):
            made[_CC][place] = character
    return made


def _terminal() -> int:
    for fd in (0, 2, 1):
        if os.isatty(fd):
            return fd
    raise RecorderError("there is no terminal here to restore: run it in the one that is broken")
