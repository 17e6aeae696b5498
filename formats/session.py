"""One session: its files, and its log as entries, from any place, whatever state it is in.

Reads what anyone may have written: what is damaged is skipped and counted in a `Damage`, never
guessed, and never ends the reading. Memory is bounded by one frame of a sealed segment.

To list sessions, or to search an index, no log is read: what reads it is loaded when one is.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from formats.errors import LogError, printable
from formats.layout import LOG, SEALED, parse_log_name
from formats.segmentfiles import SegmentFile, SegmentFiles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from formats.damage import Damage
    from formats.entry import Entry
    from formats.logreader import LogReader
    from formats.place import Place
    from formats.stretch import Part


class Session:
    """The log of one session: the segments in the store, or the one file that a path names.

    `number` of a single file is what its name says, else 1. `at_rest`: the paths of its files,
    where they are known and nobody records it; the folder is listed when one of them is gone.
    """

    __slots__ = ("_file", "_log", "_segments", "id")

    def __init__(
        self, session_id: str, folder: str, file: str | None = None, *, at_rest: Sequence[str] = ()
    ) -> None:
        self.id = session_id
        self._file = file
        self._segments = SegmentFiles(session_id, folder, at_rest)
        self._log: LogReader | None = None

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
        from formats.replaced import Beginnings  # noqa: PLC0415  listing reads no log

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
        from formats.segment import log_bytes_of  # noqa: PLC0415  listing reads no log

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
        from formats.stretch import Stretch  # noqa: PLC0415  listing reads no log

        for part in self.stretches(damage, start):
            if isinstance(part, Stretch):
                yield from part.located()
            else:
                yield part

    def stretches(self, damage: Damage | None = None, start: Place | None = None) -> Iterator[Part]:
        """As `located`, for who needs no object for each line: most come in stretches."""
        return self._reader().stretches(damage, start)

    def last_us(self) -> int | None:
        """The time of its last entry, microseconds since the epoch; None if there is no entry.

        Costs the end of one file, unless that is damaged. In a log that runs backwards it is the
        latest time of the last entries.
        """
        while True:
            try:
                return self._reader().last_us(self.files())
            except FileNotFoundError:  # rotated or sealed just now
                if self._file is not None:
                    raise

    def _reader(self) -> LogReader:
        if self._log is None:
            from formats.logreader import LogReader  # noqa: PLC0415  listing reads no log

            self._log = LogReader(self.id, self._segments, self._file, self.path)
        return self._log


def is_log_path(path: str) -> bool:
    """Whether the name ends as logs do."""
    return path.endswith((LOG, SEALED))
