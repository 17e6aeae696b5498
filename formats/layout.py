"""Where things lie: the home, its folders, the names of a session's files, session ids.

Paths are plain strings: importing pathlib would cost every start of the recorder 4 ms. An id that
a person typed never becomes part of a path: `formats.meant` compares it with the names that lie
in the folder.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from formats.errors import LogError, UnsafeHomeError, printable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

HOME_VARIABLE = "CLAUDE_SESSIONS_HOME"
FOLDER_MODE = 0o700
FILE_MODE = 0o600
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_ID_LENGTH = 36
_HYPHENS = 4
_HEXADECIMAL = "0123456789abcdefABCDEF"

LOG, SEALED, META = ".jsonl", ".jsonl.zst", ".meta.json"
USER = ".user.json"


def new_session_id() -> str:
    """A random UUID, version 4 (RFC 9562); the `uuid` module would cost 8 ms to import."""
    raw = bytearray(os.urandom(16))
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_session_id(text: str) -> bool:
    """Whether `text` is a UUID in its usual form: 36 characters, hyphens, hexadecimal digits."""
    return (
        len(text) == _ID_LENGTH
        and text[8] == text[13] == text[18] == text[23] == "-"
        and text.count("-") == _HYPHENS
        and not text.replace("-", "").strip(_HEXADECIMAL)
    )


class LogName(NamedTuple):
    """What the name of a file in `logs/` says.

    `number` is the segment's, from 1; None for the open segment `<uuid>.jsonl`.
    """

    session_id: str
    number: int | None
    sealed: bool


def parse_log_name(name: str) -> LogName | None:
    """`<uuid>.jsonl`, `<uuid>.0001.jsonl`, `<uuid>.0001.jsonl.zst`; None for any other name."""
    session_id, rest = name[:_ID_LENGTH], name[_ID_LENGTH:]
    if not is_session_id(session_id):
        return None
    sealed = rest.endswith(SEALED)
    if not sealed and not rest.endswith(LOG):
        return None
    digits = rest.removesuffix(SEALED).removesuffix(LOG)
    if not digits:
        return LogName(session_id, None, sealed)
    number = digits.removeprefix(".")
    if digits[0] != "." or len(number) < 4 or not (number.isascii() and number.isdigit()):  # noqa: PLR2004
        return None
    return LogName(session_id, int(number), sealed)


class Home:
    """The folder that holds everything: `$CLAUDE_SESSIONS_HOME`, else `~/.claude-sessions`."""

    __slots__ = ("config", "index", "logs", "path", "run", "trash")

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(path)
        self.config = os.path.join(self.path, "config.toml")
        self.logs = os.path.join(self.path, "logs")
        self.index = os.path.join(self.path, "index")
        self.trash = os.path.join(self.path, "trash")
        self.run = os.path.join(self.path, "run")

    @classmethod
    def of(cls, environ: Mapping[str, str], path: str | None = None) -> Home:
        """The home that an option names, else the environment, else the user's own."""
        if path is None:
            path = environ.get(HOME_VARIABLE) or os.path.join(
                os.path.expanduser("~"), ".claude-sessions"
            )
        if not path or "\0" in path:
            message = f"{printable(path)!r} cannot be the home: give the path of a folder"
            raise UnsafeHomeError(message)
        return cls(path)

    def log(self, session_id: str) -> str:
        """The open segment of a session."""
        return os.path.join(self.logs, session_id + LOG)

    def segment(self, session_id: str, number: int, *, sealed: bool = False) -> str:
        """A closed segment, plain or sealed."""
        return os.path.join(self.logs, f"{session_id}.{number:04d}{SEALED if sealed else LOG}")

    def meta(self, session_id: str) -> str:
        """The summary beside the log."""
        return os.path.join(self.logs, session_id + META)

    def user(self, session_id: str) -> str:
        """What a person says of the session (`formats.user`)."""
        return os.path.join(self.logs, session_id + USER)

    def create(self) -> None:
        """Make what is missing, each folder 0700 whatever the umask, and check what is there.

        Raises UnsafeHomeError when the home or a folder in it belongs to or can be written by
        another user, LogError when it cannot be made.
        """
        try:
            if not os.path.isdir(self.path):
                os.makedirs(os.path.dirname(self.path), exist_ok=True)
            for folder, _ in self._folders():
                _make_folder(folder)
        except OSError as error:
            message = f"cannot make {printable(self.path, 200)}: {error.strerror}"
            raise LogError(message) from None
        self.check()

    def check(self) -> None:
        """Raise UnsafeHomeError unless the home and its folders, where they exist, are ours alone.

        The home itself may be a link to another disk; the folders in it may not be links.
        """
        for folder, follow in self._folders():
            try:
                fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | follow)
            except FileNotFoundError:
                continue
            except OSError as error:
                message = f"{printable(folder, 200)} is not a folder of ours: {error.strerror}"
                raise UnsafeHomeError(message) from None
            try:
                _check_folder(folder, os.fstat(fd))
            finally:
                os.close(fd)

    def _folders(self) -> tuple[tuple[str, int], ...]:
        """The folders, the home first, and what is added to open(2)'s flags for each."""
        inside = (self.logs, self.index, self.trash, self.run)
        return ((self.path, 0), *((folder, os.O_NOFOLLOW) for folder in inside))


def _make_folder(folder: str) -> None:
    try:
        os.mkdir(folder, FOLDER_MODE)
    except FileExistsError:
        return
    if stat.S_IMODE(os.stat(folder).st_mode) != FOLDER_MODE:  # an umask that hides even from us
        os.chmod(folder, FOLDER_MODE)


def _check_folder(folder: str, found: os.stat_result) -> None:
    shown = printable(folder, 200)
    if is_foreign(found):
        message = f"{shown} belongs to another user (uid {found.st_uid}): name a home of your own"
        raise UnsafeHomeError(message)
    if found.st_mode & _WRITABLE_BY_OTHERS:
        message = f"{shown} can be written by other users: run chmod go-w {shown}"
        raise UnsafeHomeError(message)


def is_foreign(found: os.stat_result) -> bool:
    """Whether what was found belongs to another user: in the store that is not to be believed."""
    return found.st_uid != os.geteuid()


def open_own(path: str) -> BinaryIO | None:
    """A plain file of ours, unbuffered; None when it is missing, unreadable, a link or no file."""
    found = _own(path)
    return None if found is None else open(found[0], "rb", buffering=0)


def read_small(path: str, most_bytes: int) -> bytes | None:
    """All of a plain file of ours; None as `open_own`, and when it is too large."""
    found = _own(path)
    if found is None:
        return None
    fd, size = found
    try:
        return os.read(fd, size) if size <= most_bytes else None
    except OSError:
        return None
    finally:
        os.close(fd)


def _own(path: str) -> tuple[int, int] | None:
    """The descriptor of a plain file of ours, and how many bytes it holds."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (OSError, ValueError):
        return None
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode) or is_foreign(found):
        os.close(fd)
        return None
    return fd, found.st_size


def open_private(path: str, flags: int) -> int:
    """A descriptor of a new file that only we can read: 0600 whatever the umask, never a link.

    `flags` are os.O_WRONLY, os.O_APPEND and the like. Raises OSError (FileExistsError when there
    is anything by that name).
    """
    flags |= os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(path, flags, FILE_MODE)
    os.fchmod(fd, FILE_MODE)
    return fd
