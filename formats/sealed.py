"""Sealed segments: zstd frames of 1 MiB of lines, and the zstd seekable format's table at the end.

`zstdcat FILE` reads them. Writing takes bytes and gives bytes. Reading also takes what other
writers make: any number of frames, without a table; damage costs the frame it is in.

Sources: RFC 8878 (zstd), zstd's contrib/seekable_format/zstd_seekable_compression_format.md.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, NamedTuple

import zstandard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

# Chosen by measurement: 1 MiB frames at level 6 keep 93 % of the ratio of one frame, and a moment
# is found, decompressed and decoded in a fraction of a millisecond.
FRAME_BYTES = 1 << 20
LEVEL = 6

_MAGIC = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = range(0x184D2A50, 0x184D2A60)
_SEEK_TABLE_MAGIC = 0x184D2A5E
_SEEKABLE_MAGIC = 0x8F92EAB1
_FOOTER = struct.Struct("<IBI")
_SKIPPABLE_HEADER = struct.Struct("<II")
_CHECKSUM_FLAG = 0x80
_RESERVED_BITS = 0x7C
# zstd's own limit without --long=…: more than that, and a file would choose our memory.
_LARGEST_WINDOW_BYTES = 1 << 27
# A frame this small is checked whole before any of it is given out; larger ones are foreign and
# are streamed, so that memory stays bounded.
_WHOLE_FRAME_BYTES = 8 << 20
_READ_BYTES = 1 << 18
# Four bytes can hold a block of 128 KiB: at most 8 MiB come of this many.
_TORN_READ_BYTES = 256
# 131,072 frames, 128 GiB of log. A larger table would cost its reader twenty times its size.
_LARGEST_TABLE_BYTES = 1 << 20
# The most that real logs shrink is about 120 times. Beyond this it is a bomb.
_LARGEST_RATIO = 1000
_HARMLESS_BYTES = 64 << 20


class SealedWriter:
    """Plain log bytes -> the bytes of a sealed segment. Does no input or output."""

    def __init__(self, level: int = LEVEL, frame_bytes: int = FRAME_BYTES) -> None:
        self._compressor = zstandard.ZstdCompressor(
            level=level, write_checksum=True, write_content_size=True
        )
        self._frame_bytes = frame_bytes
        self._pending = bytearray()
        self._table: list[tuple[int, int]] = []

    def feed(self, data: bytes) -> bytes:
        """The frames that `data` completes, each cut at a line end; often none yet."""
        self._pending += data
        written = bytearray()
        while len(self._pending) >= self._frame_bytes:
            end = self._pending.find(b"\n", self._frame_bytes - 1) + 1
            if not end:
                # No line is this long. What is, is damage, and is kept as it is.
                if len(self._pending) < 2 * self._frame_bytes:
                    break
                end = 2 * self._frame_bytes
            written += self._frame(end)
        return bytes(written)

    def finish(self) -> bytes:
        """The last frame and the seek table."""
        written = self._frame(len(self._pending)) if self._pending else b""
        entries = b"".join(struct.pack("<II", *sizes) for sizes in self._table)
        footer = _FOOTER.pack(len(self._table), 0, _SEEKABLE_MAGIC)
        header = _SKIPPABLE_HEADER.pack(_SEEK_TABLE_MAGIC, len(entries) + len(footer))
        return written + header + entries + footer

    def _frame(self, end: int) -> bytes:
        with memoryview(self._pending) as pending:
            frame = self._compressor.compress(pending[:end])
        del self._pending[:end]
        self._table.append((len(frame), end))
        return frame


class Frame(NamedTuple):
    """A frame of a sealed file: where it lies and, from the seek table, what it holds.

    `offset` and `length` in compressed bytes; `start` and `size` in decompressed bytes, -1 where
    only decompressing could tell. `whole` is false when the file ends inside it.
    """

    offset: int
    length: int
    start: int = -1
    size: int = -1
    whole: bool = True


def read_seek_table(file: BinaryIO) -> list[Frame] | None:
    """The frames that a file's seek table lists; None when it has none that fits the file."""
    length = file.seek(0, os.SEEK_END)
    if length < _SKIPPABLE_HEADER.size + _FOOTER.size:
        return None
    file.seek(length - _FOOTER.size)
    count, descriptor, magic = _FOOTER.unpack(file.read(_FOOTER.size))
    entry_bytes = 12 if descriptor & _CHECKSUM_FLAG else 8
    table_bytes = count * entry_bytes + _FOOTER.size
    begin = length - table_bytes - _SKIPPABLE_HEADER.size
    if magic != _SEEKABLE_MAGIC or descriptor & _RESERVED_BITS or begin < 0:
        return None
    if table_bytes > _LARGEST_TABLE_BYTES:
        return None
    file.seek(begin)
    if file.read(_SKIPPABLE_HEADER.size) != _SKIPPABLE_HEADER.pack(_SEEK_TABLE_MAGIC, table_bytes):
        return None
    table = file.read(count * entry_bytes)
    frames: list[Frame] = []
    offset = start = 0
    for place in range(0, len(table), entry_bytes):
        compressed, size = struct.unpack_from("<II", table, place)
        frames.append(Frame(offset, compressed, start, size))
        offset += compressed
        start += size
    return frames if offset == begin else None


def walk_frames(file: BinaryIO) -> Iterator[Frame]:
    """The data frames of any zstd file, found by their block headers, without decompressing.

    Where the walk meets bytes that begin no frame, it goes on at the next magic number.
    """
    length = file.seek(0, os.SEEK_END)
    offset = 0
    while offset < length:
        file.seek(offset)
        head = file.read(18)
        if head[:4] == _MAGIC:
            end = _frame_end(file, offset, head, length)
            if end is not None:
                yield Frame(offset, min(end, length) - offset, whole=end <= length)
                offset = end
                continue
        elif len(head) >= _SKIPPABLE_HEADER.size:
            magic, size = _SKIPPABLE_HEADER.unpack_from(head)
            if magic in _SKIPPABLE:
                offset += _SKIPPABLE_HEADER.size + size
                continue
        found = _find_magic(file, offset + 1)
        lost = (length if found < 0 else found) - offset
        yield Frame(offset, lost, whole=False)
        offset += lost


def _frame_end(file: BinaryIO, offset: int, head: bytes, length: int) -> int | None:
    """Where the frame ends (RFC 8878, 3.1.1); past `length` when torn; None when it is no frame."""
    if len(head) < 6:  # noqa: PLR2004
        return length + 1
    descriptor = head[4]
    if descriptor & 0x08:
        return None
    single = bool(descriptor & 0x20)
    content_bytes = (1 if single else 0, 2, 4, 8)[descriptor >> 6]
    place = offset + 5 + (not single) + (0, 1, 2, 4)[descriptor & 3] + content_bytes
    while place + 3 <= length:
        file.seek(place)
        block = int.from_bytes(file.read(3), "little")
        kind, size = block >> 1 & 3, block >> 3
        if kind == 3:  # noqa: PLR2004  reserved: damage
            return None
        place += 3 + (1 if kind == 1 else size)
        if block & 1:
            return place + (4 if descriptor & 0x04 else 0)
    return length + 1


def _find_magic(file: BinaryIO, offset: int) -> int:
    file.seek(offset)
    kept = b""
    while chunk := file.read(_READ_BYTES):
        found = (kept + chunk).find(_MAGIC)
        if found >= 0:
            return offset - len(kept) + found
        offset += len(chunk)
        kept = (kept + chunk)[-3:]
    return -1


class _Span:
    """The bytes of one frame, as a file that ends where the frame does."""

    def __init__(self, file: BinaryIO, frame: Frame) -> None:
        self._file = file
        self._left = frame.length
        file.seek(frame.offset)

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data


def read_sealed(
    file: BinaryIO, start: int, damaged: Callable[[str, int], None]
) -> Iterator[tuple[int, bytes]]:
    """(Decompressed offset, bytes) in order, from the frame that holds byte `start`.

    Every gap is told to `damaged(what, offset)` before the bytes after it are given. Bounded in
    memory: one frame, or the window of a foreign one.
    """
    table = read_seek_table(file)
    place = 0
    for frame in table if table is not None else walk_frames(file):
        if frame.start >= 0:
            place = frame.start
            if place + frame.size <= start:
                continue
        expected = place
        try:
            for data in _decompress(file, frame):
                if place + len(data) > start:
                    yield place, data
                place += len(data)
        except (zstandard.ZstdError, MemoryError) as error:
            damaged(f"frame at byte {frame.offset}: {_reason(error)}", expected)
            continue
        if not frame.whole:
            damaged(f"the file ends inside the frame at byte {frame.offset}", place)


def _decompress(file: BinaryIO, frame: Frame) -> Iterator[bytes]:
    if not frame.whole and _states_size(file, frame):
        raise zstandard.ZstdError("the file ends inside it")
    held: list[bytes] | None = [] if frame.whole else None
    total = 0
    for data in _pieces(_Span(file, frame), whole=frame.whole):
        total += len(data)
        if total > max(_HARMLESS_BYTES, frame.length * _LARGEST_RATIO):
            raise zstandard.ZstdError("it expands more than 1000 times: taken for a bomb")
        if held is None:
            yield data
        else:
            held.append(data)
            if total > _WHOLE_FRAME_BYTES:
                yield from held
                held = None
    # The table has no checksum, frames have: of a whole frame, its own bytes are believed.
    if frame.size not in (-1, total) and not _ends_as_listed(file, frame):
        raise zstandard.ZstdError("its size is not what the seek table says")
    yield from held or ()


def _pieces(span: _Span, *, whole: bool) -> Iterator[bytes]:
    """The content of one frame as it is decompressed, verified at its end if it is whole."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW_BYTES)
    if whole:
        reader = decompressor.stream_reader(span, read_size=1 << 16)  # type: ignore[arg-type]
        while data := reader.read(_READ_BYTES):
            yield data
        return
    # Of a frame without its end, stream_reader drops what it decompressed last.
    stream = decompressor.decompressobj()
    while part := span.read(_TORN_READ_BYTES):
        if data := stream.decompress(part):
            yield data


def _states_size(file: BinaryIO, frame: Frame) -> bool:
    """Whether its header tells the size of its content (RFC 8878, 3.1.1.1.1).

    Then it was written at once, as ours are, and without its end nothing of it can be verified.
    One that does not was streamed by another writer: what there is of it is read.
    """
    file.seek(frame.offset)
    head = file.read(5)
    return head[:4] == _MAGIC and bool(head[4:] and head[4] & 0xE0)


def _ends_as_listed(file: BinaryIO, frame: Frame) -> bool:
    """Whether the frame, by its own block headers, is as long as the seek table says."""
    file.seek(frame.offset)
    end = frame.offset + frame.length
    return _frame_end(file, frame.offset, file.read(18), end) == end


def _reason(error: Exception) -> str:
    return str(error).rpartition(": ")[2] or type(error).__name__
