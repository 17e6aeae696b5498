"""One session's log as entries, over its segments, from any place, whatever state it is in.

Reads what anyone may have written: what is damaged is skipped and counted in a `Damage`, never
guessed, and never ends the reading. Memory is bounded by one frame of a sealed segment.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from formats.entry import Decoder, Entry, LineError
from formats.errors import LogError, printable
from formats.layout import LOG, SEALED, parse_log_name
from formats.lines import LineBuffer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_READ_BYTES = 1 << 18
_LINE_HEAD = b'{"timestamp":"'


class Place(NamedTuple):
    """Where a line begins: the segment's number, and the byte in it (as decompressed)."""

    segment: int
    offset: int


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


class Session:
    """The log of one session: the segments in the store, or the one file that a path names.

    `number` of a single file is what its name says, else 1.
    """

    __slots__ = ("_file", "_folder", "id")

    def __init__(self, session_id: str, folder: str, file: str | None = None) -> None:
        self.id = session_id
        self._folder = folder
        self._file = file

    @classmethod
    def at(cls, path: str) -> Session:
        """The session in one file, `.jsonl` or `.jsonl.zst`, wherever it lies.

        Its id is that of the first whole entry. Raises LogError when the file cannot be read or
        holds no entry at all.
        """
        shown = printable(path, 200)
        if not os.path.isfile(path):
            what = "is a folder, not a log" if os.path.isdir(path) else "is not a file"
            raise LogError(f"{shown} {what}")
        unnamed = cls("", os.path.dirname(os.path.abspath(path)), os.path.abspath(path))
        for entry in unnamed.entries():
            return cls(entry.session_id, unnamed._folder, unnamed._file)
        raise LogError(f"{shown} holds no log entry")

    @property
    def path(self) -> str:
        """What to show for it: the file, or the open segment in the store."""
        return self._file or os.path.join(self._folder, self.id + LOG)

    def files(self) -> list[str]:
        """The files of this session that exist now, in order; a plain one goes before a sealed."""
        if self._file is not None:
            return [self._file]
        closed, opened = self._segments()
        return [closed[number] for number in sorted(closed)] + opened

    def size_bytes(self) -> int:
        """The bytes its files take on disk."""
        total = 0
        for file in self.files():
            try:
                total += os.stat(file).st_size
            except FileNotFoundError:  # sealed just now
                continue
        return total

    def log_bytes(self) -> int:
        """The bytes of its log before compression.

        A sealed file without a seek table, which is not ours, counts as it lies on disk.
        """
        total = 0
        for path in self.files():
            try:
                total += _log_bytes(path)
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
        damage = Damage() if damage is None else damage
        begin = start or Place(0, 0)
        if self._file is not None:
            name = parse_log_name(os.path.basename(self._file))
            number = (name and name.number) or 1
            with _open(self._file) as file:
                yield from _read(
                    file, self._file, number, begin=begin, expect=self.id, damage=damage
                )
        else:
            yield from self._located_in_store(damage, begin)

    def _located_in_store(self, damage: Damage, begin: Place) -> Iterator[tuple[Place, Entry]]:
        """Segment by segment, by number: a recorder may rotate and seal while we read."""
        number = begin.segment or 1
        while True:
            closed, opened = self._segments()
            if number in closed:
                try:
                    file = _open(closed[number])
                except FileNotFoundError:  # sealed between the look and the opening
                    continue
                with file:
                    yield from _read(
                        file, closed[number], number, begin=begin, expect=self.id, damage=damage
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
                file = _open(opened[0])
            except FileNotFoundError:
                continue
            with file:
                stated = _stated_number(file, opened[0])
                if stated > number and number in self._segments()[0]:  # rotated just now
                    continue
                if stated > number:
                    _note_missing(damage, self.path, number, stated)
                    number = stated
                end = _OpenEnd(self, number)
                yield from _read(
                    file, opened[0], number, begin=begin, expect=self.id, damage=damage, end=end
                )
            if not end.rotated:
                return
            number += 1

    def has_closed(self, number: int) -> bool:
        """Whether that segment is closed: nothing will be written to it any more."""
        return number in self._segments()[0]

    def _segments(self) -> tuple[dict[int, str], list[str]]:
        """(number -> path of the closed ones, the open one if there is one)."""
        closed: dict[int, str] = {}
        opened: list[str] = []
        try:
            with os.scandir(self._folder) as items:
                # A link may lead out of the store, a dangling one would be looked for for ever.
                names = [item.name for item in items if item.is_file(follow_symlinks=False)]
        except OSError as error:
            message = f"cannot list {printable(self._folder, 200)}: {error.strerror}"
            raise LogError(message) from None
        for text in names:
            name = parse_log_name(text) if text.startswith(self.id) else None
            if name is None:
                continue
            path = os.path.join(self._folder, text)
            if name.number is None:
                # A plain one and a sealed one of the same segment: sealing was cut short.
                opened = [path] if not name.sealed else opened or [path]
            elif not (name.sealed and name.number in closed):
                closed[name.number] = path
        return closed, opened


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


def _open(path: str) -> BinaryIO:
    try:
        return open(path, "rb", buffering=0)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise LogError(f"cannot read {printable(path, 200)}: {error.strerror}") from None


def _log_bytes(path: str) -> int:
    with _open(path) as file:
        if path.endswith(SEALED):
            from formats.sealed import read_seek_table  # noqa: PLC0415

            frames = read_seek_table(file)
            if frames is not None:
                return sum(frame.size for frame in frames)
        return os.fstat(file.fileno()).st_size


def _note_missing(damage: Damage, where: str, number: int, found: int) -> None:
    damage.missing_segments += found - number
    damage.note(where, f"segment {number} is missing")


def _stated_number(file: BinaryIO, path: str) -> int:
    """The number that the first entry of an open segment states; 1 when it states none."""
    for _, entry in _read(file, path, 0, begin=Place(0, 0), expect="", damage=Damage()):
        if entry.event is not None and entry.event["type"] == "segment":
            number = entry.event.get("number", 1)
            return number if type(number) is int else 1
        break
    return 1


def _chunks(
    file: BinaryIO, path: str, start: int, damage: Damage, end: _OpenEnd | None
) -> Iterator[tuple[int, bytes, bool]]:
    """(Offset, bytes, whether bytes are lost before them), from `start` or a little before."""
    if file.read(4) == b"\x28\xb5\x2f\xfd" or path.endswith(SEALED):
        from formats.sealed import read_sealed  # noqa: PLC0415  15 ms that plain logs do not need

        lost = False

        def damaged(what: str, _offset: int) -> None:
            nonlocal lost
            lost = True
            damage.frames += 1
            damage.note(path, what)

        for offset, data in read_sealed(file, start, damaged):
            yield offset, data, lost
            lost = False
        return
    file.seek(start)
    while True:
        while chunk := file.read(_READ_BYTES):
            yield start, chunk, False
            start += len(chunk)
        if end is None or not end.may_go_on():
            return


def _read(
    file: BinaryIO,
    path: str,
    number: int,
    *,
    begin: Place,
    expect: str,
    damage: Damage,
    end: _OpenEnd | None = None,
) -> Iterator[tuple[Place, Entry]]:
    """The entries of one segment's file, from its beginning or from `begin` if that lies in it."""
    start = begin.offset if begin.segment == number else 0
    file.seek(0)
    lines = _Lines(path, start, damage)
    decode = Decoder().decode
    try:
        for place, line in lines.of(_chunks(file, path, start, damage, end)):
            if not line:
                continue
            try:
                entry = decode(line)
                if expect and entry.session_id != expect:
                    raise LineError("another session's")  # noqa: TRY301
            except LineError as error:
                lines.note(place, str(error))
                rescued = _rescue(line, expect)
                if rescued is None:
                    continue
                entry = rescued
            expect = expect or entry.session_id
            yield Place(number, place), entry
    except OSError as error:
        message = f"cannot read {printable(path, 200)}: {error.strerror}"
        raise LogError(message) from None


class _Lines:
    """Lines with their offsets out of chunks that may have gaps; damage told with its line."""

    def __init__(self, path: str, start: int, damage: Damage) -> None:
        self._path = path
        self._damage = damage
        self._buffer = LineBuffer(start)
        self._skipped = 0
        # Known while we count from the first line on, without a gap.
        self._line_number = 0 if start == 0 else None

    def of(self, chunks: Iterator[tuple[int, bytes, bool]]) -> Iterator[tuple[int, bytes]]:
        expected = start = self._buffer.offset
        for offset, chunk, after_loss in chunks:
            if offset < start:  # the frame began before the line that was asked for
                chunk = chunk[start - offset :]  # noqa: PLW2901
                offset = start  # noqa: PLW2901
            # A frame was lost, and with it the ends of the lines that it cut. Where no table tells
            # how much was lost, the offset does not show it.
            if after_loss or offset != expected:
                self._tear()
                self._buffer, self._skipped, self._line_number = LineBuffer(offset), 0, None
            expected = offset + len(chunk)
            for place, line in self._buffer.feed(chunk):
                if self._line_number is not None:
                    self._line_number += 1
                yield place, line
            self._count_skipped()
        yield from self._last()

    def note(self, place: int, what: str) -> None:
        self._damage.lines += 1
        where = f"line {self._line_number}" if self._line_number is not None else f"byte {place}"
        self._damage.note(self._path, f"{where}: {what}")

    def _count_skipped(self) -> None:
        while self._skipped < self._buffer.skipped_lines:
            self._skipped += 1
            self._line_number = None  # counting goes on by bytes: the long line hides its number
            self.note(self._buffer.offset, "a line longer than 1 MiB")

    def _tear(self) -> None:
        if self._buffer.torn:
            self._damage.torn += 1
            self._damage.note(self._path, f"byte {self._buffer.offset}: a line without its end")

    def _last(self) -> Iterator[tuple[int, bytes]]:
        """What comes after the last newline: whole if only the newline is missing, else torn."""
        self._count_skipped()
        rest = self._buffer.rest
        if not rest:
            return
        try:
            Decoder().decode(rest)
        except LineError:
            self._tear()
        else:
            yield self._buffer.offset, rest


def _rescue(line: bytes, session_id: str) -> Entry | None:
    """The whole entry at the end of a damaged line: behind NULs, or behind a torn line.

    Safe against inventing: inside an entry, quotes in text are escaped and base64 has none, so the
    head of a line is found only where a line was begun.
    """
    found = line.rfind(_LINE_HEAD)
    if found <= 0:
        return None
    try:
        entry = Decoder().decode(line[found:])
    except LineError:
        return None
    return entry if session_id in ("", entry.session_id) else None
