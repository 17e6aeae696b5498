"""The moments of a session that a person would jump to: from its log, its screen and its marks.

Most are derived while lines are extracted (`player.lines.activity`) and lie in the index; those
that a person set after the recording are in a file of their own (`formats.marks`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formats.marks import read_marks
from player.index.sidecar import pieces_of
from player.lines.signals import (
    CLEAR,
    EXIT,
    GAP,
    INPUT,
    MARKER,
    NOTIFICATION,
    PROMPT,
    RESIZE,
    TITLE,
    Marker,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from formats.layout import Home
    from formats.session import Session
    from formats.size import Size

__all__ = ["CLEAR", "EXIT", "GAP", "INPUT", "KINDS", "MARKER", "NOTIFICATION", "PROMPT", "RESIZE"]
__all__ += ["TITLE", "Marker", "markers_of", "with_marks"]

KINDS = (INPUT, NOTIFICATION, TITLE, PROMPT, CLEAR, MARKER, RESIZE, GAP, EXIT)
"""`input`: a line that the user entered, as the screen showed it; `notification`: OSC 9, 777, bell;
`title`: OSC 0, 2, when its words change; `prompt`: OSC 133;A; `clear`: the screen was emptied;
`marker`: set by the user; `resize`, `gap` (also a pause), `exit`: as the log says."""


def markers_of(
    home: Home,
    session: Session,
    *,
    size: Size | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Marker]:
    """All markers of a session by time, microseconds since the epoch.

    Made first where they are missing, as `player.index.sidecar.blocks_of`, and raises as that does.
    """
    pieces = pieces_of(home, session, size=size, progress=progress)
    return with_marks(home, session, (one for piece, _ in pieces for one in piece.markers()))


def with_marks(home: Home, session: Session, derived: Iterable[Marker]) -> list[Marker]:
    """These markers, and those that a person set after the recording, by time."""
    found = list(derived)
    if session.stored:
        found += [Marker(at_us, MARKER, label) for at_us, label in read_marks(home, session.id)]
    return sorted(found)
