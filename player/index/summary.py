"""`index/<uuid>.summary.json`: what a list says of a session that only its lines tell.

Written with the sidecar (`player.index.indexing`), read by `cs-ls` for each session, so it is
small. Derived: what is missing or damaged is not known, and made again with the lines.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from formats.files import FILES
from formats.layout import read_small

if TYPE_CHECKING:
    from collections.abc import Iterable

    from formats.layout import Home
    from player.index.pieces import Piece

ENDING: Final = ".summary.json"
VERSION: Final = 1
_LARGEST_BYTES: Final = 1 << 16
# What a shell's prompt sets as the title says where, not what: "user@host: ~/folder".
_WHERE: Final = r"\A[\w.-]+@[\w.-]+:"


class Summary(NamedTuple):
    """Of a session up to `until_us`, the time of the last entry that is taken account of.

    `lines` stood long enough to be read. `active_us`: pauses of more than a few seconds are left
    out. `title`: the last that the program gave its window, unless it says only where.
    `first_typed`: the first line that the user entered. `entered`: how many were. Times in
    microseconds.
    """

    until_us: int
    lines: int
    active_us: int
    title: str
    first_typed: str
    entered: int

    @property
    def name(self) -> str | None:
        """What the session would be called; None when nothing tells."""
        return self.title or self.first_typed or None


def summary_of(pieces: Iterable[Piece]) -> Summary | None:
    """The summary of a whole sidecar; None of one without a piece."""
    # Not for who reads summaries: 5 ms.
    from player.lines.signals import INPUT, TITLE  # noqa: PLC0415
    from player.transcript.transcript import entered as entered_on  # noqa: PLC0415

    lines = entered = 0
    title = first_typed = ""
    last: Piece | None = None
    for piece in pieces:
        last = piece
        if piece.lines:
            lines += piece.block().lasting()
        for marker in piece.markers():
            if marker.kind == TITLE and not re.match(_WHERE, marker.label):
                title = marker.label
            elif marker.kind == INPUT:
                entered += 1
                first_typed = first_typed or entered_on(marker.label)
    if last is None:
        return None
    return Summary(last.until_us, lines, last.active_us, title, first_typed, entered)


def write_summary(home: Home, session_id: str, summary: Summary) -> None:
    """Replace it. Raises OSError."""
    fields = json.dumps({"version": VERSION} | summary._asdict(), ensure_ascii=False)
    FILES.replace(_path(home, session_id), fields.encode() + b"\n")


def read_summary(home: Home, session_id: str) -> Summary | None:
    """What is known; None when nothing is."""
    data = read_small(_path(home, session_id), _LARGEST_BYTES)
    try:
        fields: dict[str, Any] = json.loads(data or b"")
        if fields.pop("version") != VERSION:
            return None
        found = Summary(**fields)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    counts = (found.until_us, found.lines, found.active_us, found.entered)
    words = (found.title, found.first_typed)
    known = all(type(one) is int and one >= 0 for one in counts)
    return found if known and all(type(one) is str for one in words) else None


def _path(home: Home, session_id: str) -> str:
    return os.path.join(home.index, session_id + ENDING)
