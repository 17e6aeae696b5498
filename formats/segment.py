"""The entries of one segment's file, plain or sealed, whatever state it is in.

What is no entry is skipped and counted, never guessed. Where a line was torn or overwritten, the
whole entry behind the damage is still found.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from formats.damage import Damage, DamagedPlace
from formats.entry import Decoder, Entry, LineError
from formats.errors import LogError, printable
from formats.layout import SEALED
from formats.place import Place
from formats.segmentlines import SegmentLines
from formats.stretch import Stretch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from formats.stretch import Part


_READ_BYTES = 1 << 18
# What is decoded together. Below the 128 KiB from which malloc asks the kernel anew each time.
_PIECE_BYTES = 1 << 16
# Lines in a row that are no entry. More, and a file would choose how long its reader is busy: what
# holds no entry among so many lines is no log, and damage of so many leaves none to come.
_MOST_BEFORE_THE_FIRST = 100_000
_MOST_IN_BETWEEN = 1_000_000
_LINE_HEAD = b'{"timestamp":"'
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


def open_segment(path: str) -> BinaryIO:
    """The file of a segment. FileNotFoundError when it is gone, LogError for any other reason."""
    try:
        return open(path, "rb", buffering=0)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise LogError(f"cannot read {printable(path, 200)}: {error.strerror}") from None


def log_bytes_of(path: str) -> int:
    """The bytes of log in a file, before compression. FileNotFoundError when it is gone."""
    with open_segment(path) as file:
        if path.endswith(SEALED):
            from formats.sealed import read_seek_table  # noqa: PLC0415

            frames = read_seek_table(file)
            if frames is not None:
                return sum(frame.size for frame in frames)
        return os.fstat(file.fileno()).st_size


def stated_number(file: BinaryIO, path: str) -> int:
    """The number that the first entry of an open segment states; 1 when it states none."""
    for _, entry in read_segment(file, path, 0, begin=Place(0, 0), expect="", damage=Damage()):
        if entry.event is not None and entry.event["type"] == "segment":
            number = entry.event.get("number", 1)
            return number if type(number) is int else 1
        break
    return 1


def stated_resumption(path: str) -> Place | None:
    """From which place on the segment in a file replaces what lies before it; None: nowhere.

    FileNotFoundError when the file is gone, LogError when it cannot be read.
    """
    with open_segment(path) as file:
        if not _may_resume(file, path):
            return None
        for _, entry in read_segment(file, path, 0, begin=Place(0, 0), expect="", damage=Damage()):
            event = entry.event or {}
            if event.get("type") == "segment" and event.get("resumes_segment", 0):
                return Place(event["resumes_segment"], event.get("resumes_offset", 0))
            break
    return None


def _may_resume(file: BinaryIO, path: str) -> bool:
    """Whether the first line could state so, by its bytes.

    Most do not, and to read it properly takes a whole frame for each segment that is sought in.
    """
    head = file.read(_PIECE_BYTES)
    if head.startswith(_ZSTD_MAGIC) or path.endswith(SEALED):
        from formats.sealed import beginning_of  # noqa: PLC0415

        head = beginning_of(head)
    line, newline, _ = head.partition(b"\n")
    return not newline or b"resumes_" in line or b"\\" in line


def last_line_start(file: BinaryIO, path: str) -> int:
    """The start of a line, or of a frame, near the end of a segment's log: the last ones follow."""
    if path.endswith(SEALED):
        from formats.sealed import read_seek_table  # noqa: PLC0415

        frames = read_seek_table(file)
        return frames[-1].start if frames else 0
    size_bytes = os.fstat(file.fileno()).st_size
    start = max(0, size_bytes - _READ_BYTES)
    file.seek(start)
    return start + file.read(_READ_BYTES).find(b"\n") + 1 if start else 0


def _chunks(
    file: BinaryIO, path: str, start: int, damage: Damage, may_go_on: Callable[[], bool] | None
) -> Iterator[tuple[int, bytes, bool]]:
    """(Offset, bytes, whether bytes are lost before them), from `start` or a little before."""
    if file.read(4) == _ZSTD_MAGIC or path.endswith(SEALED):
        from formats.sealed import read_sealed  # noqa: PLC0415  15 ms that plain logs do not need

        lost = False

        def damaged(what: str, offset: int) -> None:
            nonlocal lost
            lost = True
            damage.frames += 1
            damage.note(path, what, DamagedPlace(path, "frame", what, offset))

        for offset, data in read_sealed(file, start, damaged):
            for begin, piece in _pieces(data):
                yield offset + begin, piece, lost
                lost = False
        return
    file.seek(start)
    while True:
        while chunk := file.read(_READ_BYTES):
            yield start, chunk, False
            start += len(chunk)
        if may_go_on is None or not may_go_on():
            return


def _pieces(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Where each begins, and it: some 64 KiB, cut at line ends if there are any."""
    begin = 0
    while begin < len(data):
        end = data.find(b"\n", begin + _PIECE_BYTES, begin + 2 * _PIECE_BYTES) + 1
        end = end or begin + _PIECE_BYTES
        yield begin, data[begin:end]
        begin = end


def read_segment(
    file: BinaryIO,
    path: str,
    number: int,
    *,
    begin: Place,
    expect: str,
    damage: Damage,
    end: int | None = None,
    may_go_on: Callable[[], bool] | None = None,
) -> Iterator[tuple[Place, Entry]]:
    """The entries of one segment's file, from its beginning or from `begin` if that lies in it.

    What lies from byte `end` on is left out: neither read nor counted as damage.
    `expect` is the session's id, empty when the first entry tells it. At the end of the file
    `may_go_on` is asked, if given, whether to look for more. Raises LogError when it cannot be
    read.
    """
    for part in read_stretches(
        file, path, number, begin=begin, expect=expect, damage=damage, end=end, may_go_on=may_go_on
    ):
        if isinstance(part, Stretch):
            yield from part.located()
        else:
            yield part


def read_stretches(
    file: BinaryIO,
    path: str,
    number: int,
    *,
    begin: Place,
    expect: str,
    damage: Damage,
    end: int | None = None,
    may_go_on: Callable[[], bool] | None = None,
) -> Iterator[Part]:
    """As `read_segment`, but lines that are as our writer's come many at once."""
    start = begin.offset if begin.segment == number else 0
    file.seek(0)
    lines = SegmentLines(path, number, start, expect, damage)
    patience = _MOST_BEFORE_THE_FIRST
    decode = Decoder().decode
    chunks = _chunks(file, path, start, damage, may_go_on)
    try:
        for part in lines.of(chunks if end is None else _until(end, chunks)):
            if isinstance(part, Stretch):
                patience = _MOST_IN_BETWEEN
                yield part
                continue
            place, line = part
            patience -= 1
            if patience < 0:
                lines.note(place, "too many lines that are no entry: the rest is not read")
                return
            if not line:
                continue
            try:
                entry = decode(line)
                if lines.session_id and entry.session_id != lines.session_id:
                    raise LineError("another session's")  # noqa: TRY301
            except LineError as error:
                lines.note(place, str(error))
                rescued = _rescue(line, lines.session_id)
                if rescued is None:
                    continue
                entry = rescued
            lines.session_id = entry.session_id
            patience = _MOST_IN_BETWEEN
            yield Place(number, place), entry
    except OSError as error:
        message = f"cannot read {printable(path, 200)}: {error.strerror}"
        raise LogError(message) from None


def _until(
    end: int, chunks: Iterator[tuple[int, bytes, bool]]
) -> Iterator[tuple[int, bytes, bool]]:
    for offset, chunk, lost in chunks:
        if offset >= end:
            return
        yield offset, chunk[: end - offset], lost


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
