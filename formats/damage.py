"""What a reading had to skip: counted, where each lies, and told to a person in one line."""

from __future__ import annotations

from typing import NamedTuple

from formats.errors import printable

# Enough for any person and for a repair's report; a file of damage must not choose our memory.
_MOST_PLACES = 1000


class DamagedPlace(NamedTuple):
    """One place of damage. `kind` is line, torn, frame or missing (a segment).

    `offset` counts bytes of the segment, as decompressed; behind a lost frame of a file without a
    seek table it is what was read before it.
    """

    path: str
    kind: str
    what: str
    offset: int


class Counts(NamedTuple):
    """What of a log had to be skipped: lines, frames, segments, torn ends, the first in words."""

    lines: int = 0
    frames: int = 0
    missing_segments: int = 0
    torn: int = 0
    first: str | None = None


class Damage:
    """What a reading had to skip. Counts, and the first place in words."""

    __slots__ = ("first", "frames", "lines", "missing_segments", "places", "torn")

    def __init__(self) -> None:
        self.lines = 0
        """Lines that are no entry."""
        self.frames = 0
        """Frames of sealed segments that cannot be decompressed."""
        self.missing_segments = 0
        """Segments whose number is skipped in the store."""
        self.torn = 0
        """Last lines without their end: a recorder that died, or one that is writing just now."""
        self.first: str | None = None
        """The first place, as `FILE, line 12: bad base64`."""
        self.places: list[DamagedPlace] = []
        """The first thousand places."""

    def note(self, where: str, what: str, place: DamagedPlace | None = None) -> None:
        """Remember the first place in words, and each as a value."""
        if self.first is None:
            self.first = f"{printable(where, 200)}, {what}"
        if place is not None and len(self.places) < _MOST_PLACES:
            self.places.append(place)

    @property
    def counts(self) -> Counts:
        """All but the places: to be kept, and taken up again by `count_as`."""
        return Counts(self.lines, self.frames, self.missing_segments, self.torn, self.first)

    def count_as(self, counts: Counts) -> None:
        """Have these counts and this first place, whatever there was."""
        self.lines, self.frames, self.missing_segments, self.torn, self.first = counts

    def __bool__(self) -> bool:
        return bool(self.lines or self.frames or self.missing_segments or self.torn)

    def summary(self) -> str:
        """One line for a person: `skipped 2 damaged lines (first: FILE, line 12: bad base64)`."""
        counts = (
            (self.lines, "damaged line"),
            (self.frames, "damaged frame"),
            (self.missing_segments, "missing segment"),
            (self.torn, "unfinished last line"),
        )
        parts = [f"{n} {what}{'s' if n > 1 else ''}" for n, what in counts if n]
        return f"skipped {', '.join(parts)} (first: {self.first})"
