"""Logs made by hand, for the tests of those who read them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from formats.damage import Damage
from formats.entry import Entry, encode_line
from formats.layout import Home
from formats.meant import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# 2026-02-07T18:15:32.123Z
BEGINNING_US = 1_770_488_132_123_000


class Said(NamedTuple):
    """An entry to be: milliseconds since the beginning, and bytes or an event."""

    at_ms: int
    what: bytes | dict[str, Any]
    direction: Literal["input", "output"] = "output"


def start(cols: int = 80, rows: int = 24, **fields: Any) -> Said:
    """The first line of one of our sessions."""
    event = {"type": "start", "version": 1, "cols": cols, "rows": rows, "command": ["bash"]}
    return Said(0, {**event, "cwd": "/srv/project", "term": "xterm-256color", **fields})


def ended(at_ms: int, status: int = 0) -> Said:
    """The last line of a session."""
    return Said(at_ms, {"type": "exit", "status": status, "reason": "exited"})


def lines(said: Iterable[Said], session_id: str, beginning_us: int = BEGINNING_US) -> list[bytes]:
    """The lines of a log."""
    made: list[bytes] = []
    for at_ms, what, direction in said:
        data, event = (what, None) if isinstance(what, bytes) else (b"", what)
        time_us = beginning_us + at_ms * 1000
        made.append(encode_line(Entry(time_us, session_id, direction, data, event)))
    return made


def write_log(path: Path, *said: Said, beginning_us: int = BEGINNING_US) -> str:
    """A log file with these entries. Gives its session id, that of its name if it has one."""
    stem = path.name.partition(".")[0]
    try:
        session_id = str(uuid.UUID(stem))
    except ValueError:
        session_id = str(uuid.uuid4())
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_bytes(b"".join(lines(said, session_id, beginning_us)))
    return session_id


def store_log(home: Path, *said: Said, beginning_us: int = BEGINNING_US) -> str:
    """A session in a home. Gives its id."""
    session_id = str(uuid.uuid4())
    write_log(home / "logs" / f"{session_id}.jsonl", *said, beginning_us=beginning_us)
    return session_id


def entries_in(home: Path, name: str) -> list[Entry]:
    """The entries of the session that `name` means in a store; nothing of them is damaged."""
    damage = Damage()
    found = list(resolve(Home(str(home)), name).entries(damage))
    assert not damage, damage.summary()
    return found
