"""Where in a session's log something is. Knows nothing of what lies there."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """Where a line begins: the segment's number, and the byte in it (as decompressed)."""

    segment: int
    offset: int
