"""Another tool's recording as a session: read anew from its file each time, never stored."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from formats.errors import LogError, printable
from formats.interchange import reading
from formats.place import Place
from formats.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formats.damage import Damage
    from formats.stretch import Part


class ForeignSession(Session):
    """A recording that is no log of ours. The place of an entry is its number, from 0."""

    __slots__ = ()

    def stretches(self, damage: Damage | None = None, start: Place | None = None) -> Iterator[Part]:
        """The entries with their places. Raises LogError when the file cannot be read."""
        first = start.offset if start is not None else 0
        recording = reading.open_recording(self.path)
        found = reading.entries_of(*reading.with_partner(recording))
        told = recording.damage
        for number, entry in enumerate(found):
            if number >= first:
                yield Place(1, number), entry._replace(session_id=self.id)
        if damage is not None:
            damage.lines += told.lines
            damage.frames += told.frames
            damage.torn += told.torn
            damage.first = damage.first or told.first

    def last_us(self) -> int | None:
        """The time of the last entry; reads all of it."""
        return max((entry.time_us for entry in self.entries()), default=None)


def foreign_session(path: str) -> ForeignSession | None:
    """The recording in a file; None when it is a log of ours, or nothing that we know.

    Raises LogError for an archive, which may hold many sessions.
    """
    try:
        recording = reading.open_recording(path)
    except LogError:
        return None
    shown = printable(path, 200)
    if recording.format == reading.TAR:
        raise LogError(f"{shown} is an archive: cs-import brings its sessions into the store")
    if recording.format == reading.TIMING:
        raise LogError(f"{shown} is the timing of a typescript: name its log")
    if recording.format == reading.JSONL and recording.as_stored:
        return None
    full_path = os.path.abspath(path)
    session_id = _id_of(recording.source.peek(), full_path)
    return ForeignSession(session_id, os.path.dirname(full_path), full_path)


def _id_of(head: bytes, path: str) -> str:
    """An id that is the same each time for the same recording (UUID version 8, RFC 9562)."""
    from hashlib import sha256  # noqa: PLC0415

    size = os.stat(path).st_size.to_bytes(8, "big")
    raw = bytearray(sha256(head + size).digest()[:16])
    raw[6] = raw[6] & 0x0F | 0x80
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
