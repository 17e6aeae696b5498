"""The entries of one session's log, over its segments, from any place, whatever state it is in.

Who lists sessions or searches an index reads no log: `formats.session` loads this when one is read.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from formats.damage import Damage, DamagedPlace
from formats.layout import parse_log_name
from formats.place import Place
from formats.replaced import Beginnings
from formats.segment import (
    last_line_start,
    open_segment,
    read_segment,
    read_stretches,
    stated_number,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from formats.entry import Entry
    from formats.segmentfiles import SegmentFiles
    from formats.stretch import Part


class LogReader:
    """Reads the log of one session: its segments in a folder, or the one `file`.

    `path` is what is shown for it.
    """

    __slots__ = ("_beginnings", "_file", "_id", "_path", "_segments")

    def __init__(
        self, session_id: str, segments: SegmentFiles, file: str | None, path: str
    ) -> None:
        self._id = session_id
        self._segments = segments
        self._file = file
        self._path = path
        self._beginnings = Beginnings()

    def stretches(self, damage: Damage | None, start: Place | None) -> Iterator[Part]:
        """The entries, from the place of a line on if it is given, most of them in stretches.

        Raises LogError when a file cannot be opened.
        """
        damage = Damage() if damage is None else damage
        begin = start or Place(0, 0)
        if self._file is None:
            yield from self._in_store(damage, begin)
            return
        name = parse_log_name(os.path.basename(self._file))
        number = (name and name.number) or 1
        with open_segment(self._file) as file:
            yield from read_stretches(
                file, self._file, number, begin=begin, expect=self._id, damage=damage
            )

    def _in_store(self, damage: Damage, begin: Place) -> Iterator[Part]:
        """Segment by segment, by number: a recorder may rotate and seal while we read."""
        number = begin.segment or 1
        while True:
            path, closed, opened = self._segments.looked_up(number)
            if path is not None:
                end = self._beginnings.replaced_from(number, self._segments.file_of)
                try:
                    file = open_segment(path)
                except FileNotFoundError:  # sealed between the look and the opening
                    continue
                with file:
                    yield from read_stretches(
                        file,
                        path,
                        number,
                        begin=begin,
                        end=end,
                        expect=self._id,
                        damage=damage,
                    )
                number += 1
                continue
            later = [other for other in closed if other > number]
            if later:
                _note_missing(damage, self._path, number, min(later))
                number = min(later)
                continue
            if not opened:
                return
            try:
                file = open_segment(opened[0])
            except FileNotFoundError:
                continue
            with file:
                stated = stated_number(file, opened[0])
                if stated > number and number in self._segments.numbered()[0]:  # rotated just now
                    continue
                if stated > number:
                    _note_missing(damage, self._path, number, stated)
                    number = stated
                open_end = _OpenEnd(self._segments, number)
                yield from read_stretches(
                    file,
                    opened[0],
                    number,
                    begin=begin,
                    expect=self._id,
                    damage=damage,
                    may_go_on=open_end.may_go_on,
                )
            if not open_end.rotated:
                return
            number += 1

    def last_us(self, files: Sequence[str]) -> int | None:
        """The time of the last entry in these files, in order; None if there is no entry.

        Raises FileNotFoundError when one of them is gone.
        """
        for path in reversed(files):
            with open_segment(path) as file:
                begin = last_line_start(file, path)
                for place in {begin: 0, 0: 0}:
                    times = [entry.time_us for _, entry in self._of_file(file, path, place)]
                    if times:
                        return max(times)
        return None

    def _of_file(self, file: BinaryIO, path: str, start: int) -> Iterator[tuple[Place, Entry]]:
        return read_segment(file, path, 1, begin=Place(1, start), expect=self._id, damage=Damage())


class _OpenEnd:
    """Asked at the end of the open segment, says whether there may be more to read of it.

    A rotation between our last read and now may have come after more entries: once the segment
    is seen to be closed, what is left is read, and then the next segment.
    """

    def __init__(self, segments: SegmentFiles, number: int) -> None:
        self.rotated = False
        self._segments = segments
        self._number = number

    def may_go_on(self) -> bool:
        """True once, when the segment has been closed since it was opened."""
        if self.rotated:
            return False
        self.rotated = self._number in self._segments.numbered()[0]
        return self.rotated


def _note_missing(damage: Damage, where: str, number: int, found: int) -> None:
    damage.missing_segments += found - number
    what = f"segment {number} is missing"
    damage.note(where, what, DamagedPlace(where, "missing", what, 0))
