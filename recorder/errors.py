"""What cs-rec itself can fail with; the exit codes are those of env(1) and timeout(1)."""

from __future__ import annotations

from formats.errors import SessionsError


class RecorderError(SessionsError):
    """Our own failure, before or beside the command: bad usage, no log, a nested recorder."""

    exit_code = 125


class CannotExecuteError(RecorderError):
    """The command was found but cannot be executed."""

    exit_code = 126


class CommandNotFoundError(RecorderError):
    """There is no such command."""

    exit_code = 127
