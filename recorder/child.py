"""The recorded command under a PTY: finding it, starting it, its size, its end.

ptyprocess (pexpect's lower layer) starts it. Its reads, writes, `close()` and `isalive()` sleep,
block or lose output, so nothing but `spawn` is used; the descriptor and the pid are ours.
"""

from __future__ import annotations

import errno
import os
import signal
import termios
from typing import TYPE_CHECKING, Any, NamedTuple

from ptyprocess import PtyProcess

from formats.errors import printable
from recorder.errors import CannotExecuteError, CommandNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from formats.size import Size

_LFLAGS, _CC = 3, 6
_CTRL_D = b"\x04"


class Ending(NamedTuple):
    """How the command ended: an exit status, or the signal that killed it."""

    status: int | None
    signal: int | None

    @property
    def exit_code(self) -> int:
        """What a shell would report: the status, 128+n for signal n."""
        return 128 + self.signal if self.signal is not None else self.status or 0


class Child:
    """A command under its own PTY. `fd` is the PTY's master side, which does not block."""

    def __init__(
        self, command: Sequence[str], cwd: str, environ: Mapping[str, str], size: Size
    ) -> None:
        argv = [find_command(command[0], cwd, environ), *command[1:]]
        try:
            self._process: Any = PtyProcess.spawn(  # pyright: ignore[reportUnknownMemberType]
                argv,
                cwd=cwd,
                env=dict(environ),
                dimensions=(size.rows, size.cols),
                preexec_fn=_default_signals,
            )
        except OSError as error:
            shown = printable(command[0])
            if error.errno == errno.ENOENT:  # its interpreter (#!) is what is missing
                message = f"cannot execute {shown}: the interpreter it names is not there"
            else:
                message = f"cannot execute {shown}: {error.strerror}"
            raise CannotExecuteError(message) from None
        # Else its finaliser would close the descriptor, sleep, and signal the child.
        self._process.closed = True
        self.fd: int = self._process.fd
        # A write that waits for room is not woken (Linux) when the command ends without reading.
        os.set_blocking(self.fd, False)
        self.pid: int = self._process.pid

    def resize(self, size: Size) -> None:
        """Set the PTY's size; the kernel tells the foreground job by SIGWINCH."""
        termios.tcsetwinsize(self.fd, (size.rows, size.cols))

    def reads_a_password(self) -> bool:
        """Whether the PTY has echo off in line mode, as getpass, sudo, ssh and `read -s` set it.

        Full-screen programs turn line mode off too, so they do not count. Linux shows the
        slave's flags on the master.
        """
        try:
            flags = termios.tcgetattr(self.fd)[_LFLAGS]
        except termios.error:
            return False
        return not flags & termios.ECHO and bool(flags & termios.ICANON)

    def is_in_line_mode(self) -> bool:
        """Whether the PTY gives the command whole lines, as it does at first."""
        try:
            return bool(termios.tcgetattr(self.fd)[_LFLAGS] & termios.ICANON)
        except termios.error:
            return False

    def end_of_input(self) -> bytes:
        """The character that means end of file to the PTY in line mode, usually Ctrl-D.

        Who reads keys may have switched it off (readline does) and then takes Ctrl-D for the key.
        """
        try:
            character = termios.tcgetattr(self.fd)[_CC][termios.VEOF]
        except termios.error:
            return _CTRL_D
        return character if isinstance(character, bytes) and character != b"\0" else _CTRL_D

    def signal(self, number: int) -> None:
        """Send a signal to the command and to the job that has its terminal."""
        groups = {self.pid}
        try:
            groups.add(os.tcgetpgrp(self.fd))
        except OSError:
            pass
        for group in groups:
            if group > 0:
                try:
                    os.killpg(group, number)
                except (ProcessLookupError, PermissionError):
                    pass

    def is_over(self) -> bool:
        """Whether the command has ended; does not reap it."""
        try:
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True

    def reap(self) -> Ending:
        """Wait for the command's end and say how it ended."""
        try:
            _, status = os.waitpid(self.pid, 0)
        except ChildProcessError:  # SIGCHLD was ignored when we were started: nobody can know
            return Ending(0, None)
        code = os.waitstatus_to_exitcode(status)
        return Ending(None, -code) if code < 0 else Ending(code, None)


def find_command(name: str, cwd: str, environ: Mapping[str, str]) -> str:
    """The path of a command: relative ones count from `cwd`, plain names are looked up in PATH.

    Raises CommandNotFoundError, or CannotExecuteError for a folder or a file without permission.
    """
    if not name:
        raise CommandNotFoundError("the command is empty: name one after --")
    if "/" in name:
        candidates = [os.path.join(cwd, name)]
    else:
        folders = environ.get("PATH", os.defpath).split(os.pathsep)
        candidates = [os.path.join(cwd, folder, name) for folder in folders]
    found = False
    for path in candidates:
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
        found = found or os.path.isfile(path) or ("/" in name and os.path.exists(path))
    shown = printable(name)
    if found:
        raise CannotExecuteError(f"cannot execute {shown}: permission denied, or a folder")
    raise CommandNotFoundError(
        f"{shown} is not there or not on PATH: name another command, as cs-rec . -- bash"
    )


def _default_signals() -> None:
    """Undo, in the child, what Python ignores at its start: an ignored signal outlives exec."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
