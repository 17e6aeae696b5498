"""One session's log as entries, over its segments, from any place, whatever state it is in.

Reads what anyone may have written: what is damaged is skipped and counted in a `Damage`, never
guessed, and never ends the reading. Memory is bounded by one frame of a sealed segment.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from formats.damage import Damage, DamagedPlace
from formats.errors import LogError, printable
from formats.layout import LOG, SEALED, parse_log_name
from formats.replaced import Beginnings
from formats.segment import (
    Place,
    Stretch,
    last_line_start,
    log_bytes_of,
    open_segment,
    read_segment,
    read_stretches,
    stated_number,
)
from formats.segmentfiles import SegmentFile, SegmentFiles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from formats.entry import Entry
    from formats.stretch import Part

__all__ = ["Damage", "Place", "Session", "is_log_path"]


class Session:
    """The log of one session: the segments in the store, or the one file that a path names.

    `number` of a single file is what its name says, else 1. `at_rest`: the paths of its files,
    where they are known and nobody records it; the folder is listed when one of them is gone.
    """

    __slots__ = ("_beginnings", "_file", "_segments", "id")

    def __init__(
        self, session_id: str, folder: str, file: str | None = None, *, at_rest: Sequence[str] = ()
    ) -> None:
        self.id = session_id
        self._file = file
        self._segments = SegmentFiles(session_id, folder, at_rest)
        self._beginnings = Beginnings()

    @classmethod
    def at(cls, path: str) -> Session:
        """The session in one file, wherever it lies: a log, or another tool's recording.

        The id of a log is that of its first whole entry. Raises LogError when the file cannot be
        read or holds no entry at all.
        """
        shown = printable(path, 200)
        if not os.path.isfile(path):
            what = "is a folder, not a log" if os.path.isdir(path) else "is not a file"
            raise LogError(f"{shown} {what}")
        if not is_log_path(path):
            from formats.interchange.foreign import foreign_session  # noqa: PLC0415  seldom

            if (foreign := foreign_session(path)) is not None:
                return foreign
        unnamed = cls("", os.path.dirname(os.path.abspath(path)), os.path.abspath(path))
        for entry in unnamed.entries():
            return cls(entry.session_id, unnamed.folder, unnamed._file)
        raise LogError(f"{shown} holds no log entry")

    @property
    def stored(self) -> bool:
        """Whether it lies in a store, in segments, and is not just a file somewhere."""
        return self._file is None

    @property
    def path(self) -> str:
        """What to show for it: the file, or the open segment in the store."""
        return self._file or os.path.join(self.folder, self.id + LOG)

    def files(self) -> list[str]:
        """The files of this session that exist now, in order; a plain one goes before a sealed."""
        if self._file is not None:
            return [self._file]
        closed, opened = self._segments.numbered()
        return [closed[number] for number in sorted(closed)] + opened

    def replaced_from(self, number: int) -> int | None:
        """The byte of a closed segment from which on later ones replace it; None: nowhere.

        What lies behind it is no part of the session any more, and may be cut off or damaged.
        """
        closed, opened = self.numbered()
        if number not in closed:
            return None
        last = max(closed) + 1

        def file_of(later: int) -> SegmentFile | None:
            if later in closed:
                return SegmentFile(closed[later], closed=True)
            return SegmentFile(opened, closed=False) if opened and later == last else None

        return Beginnings().replaced_from(number, file_of)

    def numbered(self) -> tuple[dict[int, str], str | None]:
        """The files that exist now: the closed segments by number, and the open one.

        A single file counts as closed when its name says a number.
        """
        if self._file is None:
            closed, opened = self._segments.numbered()
            return closed, opened[0] if opened else None
        name = parse_log_name(os.path.basename(self._file))
        if name and name.number:
            return {name.number: self._file}, None
        return {}, self._file

    @property
    def folder(self) -> str:
        """Where its files lie."""
        return self._segments.folder

    def size_bytes(self) -> int:
        """The bytes its files take on disk."""
        total = 0
        for file in self.files():
            try:
                total += os.stat(file).st_size
            except FileNotFoundError:  # sealed just now
                continue
        return total

    def log_bytes(self, enough: int | None = None) -> int:
        """The bytes of its log before compression; counted up to `enough` of them, if given.

        A sealed file without a seek table, which is not ours, counts as it lies on disk.
        """
        total = 0
        for path in self.files():
            if enough is not None and total >= enough:
                break
            try:
                total += log_bytes_of(path)
            except FileNotFoundError:  # sealed just now
                continue
        return total

    def entries(self, damage: Damage | None = None, start: Place | None = None) -> Iterator[Entry]:
        """The entries in order, from `start` (the place of a line) or the beginning."""
        for _, entry in self.located(damage, start):
            yield entry

    def located(
        self, damage: Damage | None = None, start: Place | None = None
    ) -> Iterator[tuple[Place, Entry]]:
        """The entries with their places. Raises LogError when a file cannot be opened."""
        for part in self.stretches(damage, start):
            if isinstance(part, Stretch):
                yield from part.located()
            else:
                yield part

    def stretches(self, damage: Damage | None = None, start: Place | None = None) -> Iterator[Part]:
        """As `located`, for who needs no object for each line: most come in stretches."""
        damage = Damage() if damage is None else damage
        begin = start or Place(0, 0)
        if self._file is not None:
            name = parse_log_name(os.path.basename(self._file))
            number = (name and name.number) or 1
            with open_segment(self._file) as file:
                yield from read_stretches(
                    file, self._file, number, begin=begin, expect=self.id, damage=damage
                )
        else:
            yield from self._in_store(damage, begin)

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
                        expect=self.id,
                        damage=damage,
                    )
                number += 1
                continue
            later = [other for other in closed if other > number]
            if later:
                _note_missing(damage, self.path, number, min(later))
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
                    _note_missing(damage, self.path, number, stated)
                    number = stated
                open_end = _OpenEnd(self, number)
                yield from read_stretches(
                    file,
                    opened[0],
                    number,
                    begin=begin,
                    expect=self.id,
                    damage=damage,
                    may_go_on=open_end.may_go_on,
                )
            if not open_end.rotated:
                return
            number += 1

    def last_us(self) -> int | None:
        """The time of its last entry, microseconds since the epoch; None if there is no entry.

        Costs the end of one file, unless that is damaged. In a log that runs backwards it is the
        latest time of the last entries.
        """
        for path in reversed(self.files()):
            try:
                with open_segment(path) as file:
                    begin = last_line_start(file, path)
                    for place in {begin: 0, 0: 0}:
                        times = [entry.time_us for _, entry in self._of_file(file, path, place)]
                        if times:
                            return max(times)
            except FileNotFoundError:  # rotated or sealed just now
                return self.last_us()
        return None

    def _of_file(self, file: BinaryIO, path: str, start: int) -> Iterator[tuple[Place, Entry]]:
        return read_segment(file, path, 1, begin=Place(1, start), expect=self.id, damage=Damage())

    def has_closed(self, number: int) -> bool:
        """Whether that segment is closed: nothing will be written to it any more."""
        return number in self._segments.numbered()[0]


class _OpenEnd:
    """Asked at the end of the open segment, says whether there may be more to read of it.

    A rotation between our last read and now may have come after more entries: once the segment
    is seen to be closed, what is left is read, and then the next segment.
    """

    def __init__(self, session: Session, number: int) -> None:
        self.rotated = False
        self._session = session
        self._number = number

    def may_go_on(self) -> bool:
        """True once, when the segment has been closed since it was opened."""
        if self.rotated:
            return False
        self.rotated = self._session.has_closed(self._number)
        return self.rotated


def is_log_path(path: str) -> bool:
    """Whether the name ends as logs do."""
    return path.endswith((LOG, SEALED))


def _note_missing(damage: Damage, where: str, number: int, found: int) -> None:
    damage.missing_segments += found - number
    what = f"segment {number} is missing"
    damage.note(where, what, DamagedPlace(where, "missing", what, 0))
