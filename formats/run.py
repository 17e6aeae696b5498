"""What a live recorder states in `run/`, and how other commands leave it a mark.

It says who records a session, on which terminal, and in which mode that was found.

The recorder holds a lock on its run file for as long as it lives, so whether it lives is known for
sure, however it ended and whoever has its pid since. This module sends no signal: `post_mark`
gives the pid to tell.
"""

from __future__ import annotations

import fcntl
import os
import stat
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from formats.errors import LogError, NoSuchSessionError, printable
from formats.layout import is_session_id, open_private
from formats.locks import is_held
from formats.timestamp import parse, text

if TYPE_CHECKING:
    from formats.layout import Home

MARKS = ".marks"
LEFT = ".left"
_ID_LENGTH = 36
_LARGEST_BYTES = 1 << 16
_LONGEST_LABEL = 1000
_LONGEST_NAME = 4096
_FLAGS = 6
"""Numbers before the control characters in what `termios.tcgetattr` gives."""


class Run(NamedTuple):
    """A recorder at work, or what is left of one that was killed.

    `tty` is the name of its terminal, None where it had none. `mode` is how it found that
    terminal, in the form of `termios.tcsetattr`. Times in microseconds since the epoch.
    """

    session_id: str
    pid: int
    tty: str | None
    mode: list[Any] | None
    started_us: int
    live: bool = True


def write_run(home: Home, run: Run) -> int:
    """State it; the descriptor holds the lock and is kept open for as long as the recorder lives.

    The file is there whole and locked, or not at all. Raises OSError.
    """
    import json  # noqa: PLC0415  the recorder has it by then, the launcher never needs it

    fields = {
        "pid": run.pid,
        "tty": run.tty,
        "mode": None if run.mode is None else _numbers(run.mode),
        "started": text(run.started_us),
    }
    path = _path(home, run.session_id)
    temporary = path + ".tmp"
    fd = open_private(temporary, os.O_WRONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        os.write(fd, json.dumps(fields).encode() + b"\n")
        os.rename(temporary, path)
    except BaseException:
        os.close(fd)
        os.unlink(temporary)
        raise
    return fd


def remove_run(home: Home, session_id: str) -> None:
    """The recorder ends, or what a killed one left has served its purpose. Never fails."""
    for name in (session_id, session_id + MARKS, session_id + LEFT):
        try:
            os.unlink(os.path.join(home.run, name))
        except OSError:
            continue


def read_run(home: Home, session_id: str) -> Run | None:
    """What is stated for a session; None when nothing is, or nothing that can be read."""
    return _read(_path(home, session_id), session_id)


def dead_runs(home: Home) -> list[str]:
    """The sessions whose recorder was killed, or died with the machine, and nobody saw to it yet.

    Costs an open a recorder at work. A file system without locks tells of none.
    """
    try:
        names = os.listdir(home.run)
    except OSError:
        return []
    return [name for name in names if is_session_id(name) and _is_dead(_path(home, name))]


def set_aside(home: Home, session_id: str) -> None:
    """A killed recorder was seen to: what it left is kept for its terminal alone (`left_on`)."""
    path = _path(home, session_id)
    run = read_run(home, session_id)
    if run is None or run.tty is None:
        remove_run(home, session_id)
        return
    try:
        os.utime(path)  # it is kept for so long from now on
        os.rename(path, path + LEFT)
    except OSError:
        return


def _is_dead(path: str) -> bool:
    fd = _open(path, os.O_RDONLY)
    if fd is None:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True


def _read(path: str, session_id: str) -> Run | None:
    fd = _open(path, os.O_RDONLY)
    if fd is None:
        return None
    try:
        return _decode(session_id, os.read(fd, _LARGEST_BYTES), live=is_held(fd))
    except OSError:
        return None
    finally:
        os.close(fd)


def runs(home: Home) -> list[Run]:
    """All that is stated in the home, live or not, the newest first."""
    try:
        names = os.listdir(home.run)
    except OSError:
        return []
    ours = [name for name in names if is_session_id(name.removesuffix(LEFT))]
    found = [_read(os.path.join(home.run, name), name[:_ID_LENGTH]) for name in ours]
    return sorted((run for run in found if run), key=lambda run: run.started_us, reverse=True)


def left_on(home: Home, tty: str) -> Run | None:
    """What the recorder that was last killed on a terminal left; None when none was."""
    for run in runs(home):
        if run.tty == tty and not run.live:
            return run
    return None


def post_mark(home: Home, session_id: str, label: str) -> int:
    """Leave a mark for the recorder of a live session; the pid to send SIGUSR1 to.

    Raises NoSuchSessionError when nobody records the session now, LogError when the mark cannot
    be left.
    """
    import json  # noqa: PLC0415

    run = read_run(home, session_id)
    if run is None or not run.live:
        raise NoSuchSessionError(f"nobody records the session {printable(session_id)} now")
    path = _path(home, session_id) + MARKS
    line = json.dumps({"label": label[:_LONGEST_LABEL]}).encode() + b"\n"
    try:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        fd = os.open(path, flags, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            os.write(fd, line)
        finally:
            os.close(fd)
    except OSError as error:
        shown = printable(path, 200)
        raise LogError(f"cannot leave a mark in {shown}: {error.strerror}") from None
    return run.pid


def take_marks(home: Home, session_id: str) -> list[str]:
    """The labels that were left since the last call, in order. The recorder's side; never waits.

    Who is about to write holds the lock and sends its signal afterwards: then they are found.
    """
    import json  # noqa: PLC0415

    fd = _open(_path(home, session_id) + MARKS, os.O_RDWR)
    if fd is None:
        return []
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        data = os.read(fd, _LARGEST_BYTES)
        os.ftruncate(fd, 0)
    except OSError:
        return []
    finally:
        os.close(fd)
    labels: list[str] = []
    for line in data.splitlines():
        try:
            label = json.loads(line)["label"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if isinstance(label, str):
            labels.append(label[:_LONGEST_LABEL])
    return labels


def _path(home: Home, session_id: str) -> str:
    return os.path.join(home.run, session_id)


def _open(path: str, flags: int) -> int | None:
    """A descriptor of a file of ours, never a link; None where there is none."""
    try:
        fd = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (OSError, ValueError):
        return None
    found = os.fstat(fd)
    if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid():
        return fd
    os.close(fd)
    return None


def _numbers(mode: list[Any]) -> list[Any]:
    """The control characters as numbers: JSON has no bytes, and tcsetattr takes them too."""
    characters = [c[0] if isinstance(c, bytes) else c for c in mode[_FLAGS]]
    return [*mode[:_FLAGS], characters]


def _decode(session_id: str, data: bytes, *, live: bool) -> Run | None:
    import json  # noqa: PLC0415

    try:
        fields: dict[str, Any] = json.loads(data)
        pid, tty, mode = fields["pid"], fields["tty"], fields["mode"]
        started_us = parse(fields["started"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if type(pid) is not int or pid <= 1 or not _is_name(tty) or not _is_mode(mode):
        return None
    return Run(session_id, pid, tty, mode, started_us, live)


def _is_name(tty: object) -> bool:
    return tty is None or (
        isinstance(tty, str) and tty.startswith("/") and len(tty) < _LONGEST_NAME
    )


def _is_mode(mode: object) -> bool:
    if mode is None:
        return True
    if not isinstance(mode, list) or len(cast("list[object]", mode)) != _FLAGS + 1:
        return False
    *flags, characters = cast("list[object]", mode)
    return (
        all(type(flag) is int for flag in flags)
        and isinstance(characters, list)
        and all(type(c) is int and 0 <= c <= 0xFF for c in cast("list[object]", characters))  # noqa: PLR2004
    )
