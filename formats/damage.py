"""What a reading had to skip: counted, and told to a person in one line."""

from __future__ import annotations

from formats.errors import printable


class Damage:
    """What a reading had to skip. Counts, and the first place in words."""

    __slots__ = ("first", "frames", "lines", "missing_segments", "torn")

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

    def note(self, where: str, what: str) -> None:
        """Remember the first place."""
        if self.first is None:
            self.first = f"{printable(where, 200)}, {what}"

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
