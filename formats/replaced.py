"""What of a segment later ones replace: written anew when the disk had failed to keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from formats.errors import LogError
from formats.segment import log_bytes_of, stated_resumption

if TYPE_CHECKING:
    from collections.abc import Callable

    from formats.place import Place
    from formats.segmentfiles import SegmentFile

    FileOf = Callable[[int], SegmentFile | None]

# The recorder keeps this much to write it again, in segments of 64 KiB or more.
_REPLACED_BYTES, _MOST_REPLACED = 1 << 20, 20


class Beginnings:
    """What the first lines of segments state about those before them; read once, if closed."""

    def __init__(self) -> None:
        self._stated: dict[int, Place | None] = {}
        self._bytes: dict[int, int] = {}

    def replaced_from(
        self, number: int, file_of: Callable[[int], SegmentFile | None]
    ) -> int | None:
        """The byte of a closed segment from which on a later one replaces it; None: nowhere.

        It states so when the disk failed to keep what was written, a megabyte later at most.
        """
        ends: list[int] = []
        between_bytes, later = 0, number
        while between_bytes <= _REPLACED_BYTES and later < number + _MOST_REPLACED:
            later += 1
            file = file_of(later)
            if file is None:
                break
            try:
                place, log_bytes = self._beginning(later, file)
            except (FileNotFoundError, LogError):  # sealed just now, or not to be read at all
                continue
            between_bytes += log_bytes
            if place is not None and place.segment <= number:
                ends.append(place.offset if place.segment == number else 0)
        return min(ends, default=None)

    def _beginning(self, number: int, file: SegmentFile) -> tuple[Place | None, int]:
        """What a segment states, and its bytes of log."""
        if number in self._stated:
            return self._stated[number], self._bytes[number]
        found = stated_resumption(file.path), log_bytes_of(file.path)
        if file.closed:
            self._stated[number], self._bytes[number] = found
        return found
