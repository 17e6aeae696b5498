"""Marks: moments that a person named after the recording, beside the log and never in it.

One JSON object a line in `logs/<uuid>.marks.jsonl`:

    {"timestamp":"2026-02-07T18:15:32.123Z","label":"the build broke"}

The file is appended to, one write a line. A line that is no mark is skipped.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from formats import timestamp
from formats.errors import LogError, printable
from formats.layout import FILE_MODE, is_session_id
from formats.plainjson import dumps, loads

if TYPE_CHECKING:
    from formats.layout import Home

MARKS = ".marks.jsonl"
# Labels are shown in one line of a terminal; and a file that anyone wrote is read to the end.
LONGEST_LABEL = 200
_MOST_BYTES = 16 << 20


class Mark(NamedTuple):
    """A named moment, in microseconds since the epoch (whole milliseconds on disk)."""

    at_us: int
    label: str


def marks_path(home: Home, session_id: str) -> str:
    """Where the marks of a session lie."""
    if not is_session_id(session_id):
        raise LogError(f"{printable(session_id)!r} is no session id: it can have no marks")
    return os.path.join(home.logs, session_id + MARKS)


def add_mark(home: Home, session_id: str, at_us: int, label: str) -> None:
    """Name a moment; the home is made if there is none. Raises LogError when it cannot be written.

    A label longer than LONGEST_LABEL is cut.
    """
    path = marks_path(home, session_id)
    fields = {"timestamp": timestamp.text(at_us), "label": label[:LONGEST_LABEL]}
    line = dumps(fields) + b"\n"
    home.create()
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        fd = os.open(path, flags, FILE_MODE)
        try:
            os.fchmod(fd, FILE_MODE)
            os.write(fd, _end_of_torn_line(fd) + line)
        finally:
            os.close(fd)
    except OSError as error:
        raise LogError(f"cannot write {printable(path, 200)}: {error.strerror}") from None


def read_marks(home: Home, session_id: str) -> list[Mark]:
    """The marks of a session by their time; none where there is no file.

    Raises LogError when the file cannot be read.
    """
    path = marks_path(home, session_id)
    try:
        with open(path, "rb", opener=_never_a_link) as file:
            lines = file.read(_MOST_BYTES).split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise LogError(f"cannot read {printable(path, 200)}: {error.strerror}") from None
    found = map(_mark, lines)
    return sorted(mark for mark in found if mark is not None)


def _never_a_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC)


def _end_of_torn_line(fd: int) -> bytes:
    """A newline, if the last line has none: a write before this one was cut off."""
    size = os.fstat(fd).st_size
    return b"" if not size or os.pread(fd, 1, size - 1) == b"\n" else b"\n"


def _mark(line: bytes) -> Mark | None:
    try:
        fields: object = loads(line)
    except ValueError:
        return None
    if not isinstance(fields, dict):
        return None
    values = cast("dict[str, Any]", fields)
    stamp, label = values.get("timestamp"), values.get("label")
    if not isinstance(stamp, str) or not isinstance(label, str):
        return None
    try:
        return Mark(timestamp.parse(stamp), label[:LONGEST_LABEL])
    except ValueError:
        return None
