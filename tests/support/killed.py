"""Sessions as a recorder leaves them that was killed, or whose machine stopped."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from formats.damage import Damage
from formats.session import Session
from tests.support.stored import ID, store

if TYPE_CHECKING:
    from pathlib import Path

    from formats.entry import Entry
    from formats.layout import Home

EXIT = b'"event":{"type":"exit"'


def leave(home: Path, *forms: str, last: bytes | None = None, entries: int = 6) -> list[bytes]:
    """A session without its last line, in segments of these forms; its lines.

    `last`: what the last segment holds instead.
    """
    segments = store(home / "logs", forms, checkpoints=False, entries=entries)
    assert EXIT in segments[-1].pop()
    names = {"open": f"{ID}.jsonl", "closed": f"{ID}.{len(forms):04d}.jsonl"}
    data = b"".join(segments[-1]) if last is None else last
    (home / "logs" / names[forms[-1]]).write_bytes(data)
    return [line for segment in segments for line in segment]


def entries_of(home: Home, session_id: str = ID) -> tuple[list[Entry], Damage]:
    """What a reader makes of it."""
    damage = Damage()
    return list(Session(session_id, home.logs).entries(damage)), damage


def age(path: str | Path, now_us: int, days: float) -> None:
    """Have it written so long ago."""
    time_ns = int(now_us * 1000 - days * 86_400_000_000_000)
    os.utime(path, ns=(time_ns, time_ns))
