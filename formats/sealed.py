"""Sealed segments: zstd frames of 1 MiB of lines, a fingerprint, the zstd seekable format's table.

`zstdcat FILE` reads them. Writing takes bytes and gives bytes. Reading also takes what other
writers make: any number of frames, without a table; damage costs the frame it is in.

Sources: RFC 8878 (zstd), zstd's contrib/seekable_format/zstd_seekable_compression_format.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import zstandard

from formats.frames import MAGIC, Frame, frame_end, read_seek_table, seek_table, walk_frames
from formats.line import STATES_GAP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

__all__ = ["Frame", "SealedWriter", "read_sealed", "read_seek_table", "walk_frames"]

# Chosen by measurement: 1 MiB frames at level 6 keep 93 % of the ratio of one frame, and a moment
# is found, decompressed and decoded in a fraction of a millisecond.
FRAME_BYTES = 1 << 20
LEVEL = 6

# zstd's own limit without --long=…: more than that, and a file would choose our memory.
_LARGEST_WINDOW_BYTES = 1 << 27
# A frame this small is checked whole before any of it is given out; larger ones are foreign and
# are streamed, so that memory stays bounded.
_WHOLE_FRAME_BYTES = 8 << 20
_READ_BYTES = 1 << 18
# Four bytes can hold a block of 128 KiB: at most 8 MiB come of this many.
_TORN_READ_BYTES = 256
# The most that real logs shrink is about 120 times. Beyond this it is a bomb.
_LARGEST_RATIO = 1000
_HARMLESS_BYTES = 64 << 20


class SealedWriter:
    """Plain log bytes -> the bytes of a sealed segment. Does no input or output."""

    def __init__(self, level: int = LEVEL, frame_bytes: int = FRAME_BYTES) -> None:
        from formats.fingerprint import Fingerprinter  # noqa: PLC0415  readers do without hashes

        self._fingerprinter = Fingerprinter()
        self._holds_no_gap = True
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
                self._holds_no_gap = False  # a line that is cut in two is not looked through
            written += self._frame(end)
        return bytes(written)

    def finish(self) -> bytes:
        """The last frame, the fingerprint and the seek table, which lists both."""
        from formats.fingerprint import LENGTH  # noqa: PLC0415  as above

        written = self._frame(len(self._pending)) if self._pending else b""
        self._table.append((LENGTH, 0))
        table = seek_table(self._table)
        return written + self._fingerprinter.frame(table, holds_no_gap=self._holds_no_gap) + table

    def _frame(self, end: int) -> bytes:
        if self._pending.find(STATES_GAP, 0, end) >= 0:
            self._holds_no_gap = False
        with memoryview(self._pending) as pending:
            frame = self._compressor.compress(pending[:end])
            self._fingerprinter.add(frame, pending[:end])
        del self._pending[:end]
        self._table.append((len(frame), end))
        return frame


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
    place, exact = 0, False  # the table may lie, what was just decompressed does not
    for frame in table if table is not None else walk_frames(file):
        if frame.start >= 0:
            if not exact:
                place = frame.start
            if frame.start + frame.size <= start:
                continue
        expected = place
        try:
            for data in _decompress(file, frame):
                if place + len(data) > start:
                    yield place, data
                place += len(data)
        except (zstandard.ZstdError, MemoryError) as error:
            damaged(f"frame at byte {frame.offset}: {_reason(error)}", expected)
            exact = False
            continue
        exact = True
        if not frame.whole:
            damaged(f"the file ends inside the frame at byte {frame.offset}", place)


def beginning_of(head: bytes) -> bytes:
    """As many bytes of log, unverified, of a file that begins so; fewer where it does not tell."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW_BYTES)
    try:
        return decompressor.stream_reader(head).read(len(head))
    except (zstandard.ZstdError, MemoryError):
        return b""


def _decompress(file: BinaryIO, frame: Frame) -> Iterator[bytes]:
    if not frame.whole and _states_size(file, frame):
        raise zstandard.ZstdError("the file ends inside it")
    held: list[bytes] | None = [] if frame.whole else None
    total = 0
    for data in _at_once(file, frame) or _pieces(_Span(file, frame), whole=frame.whole):
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
    # The table has no checksum, frames have: of a whole frame, its own bytes are believed. One
    # that says it has none may be damaged there, and then ends before its checksum.
    believed = frame.size == total and _has_checksum(file, frame)
    if frame.size != -1 and not believed and not _ends_as_listed(file, frame):
        raise zstandard.ZstdError("its size is not what the seek table says")
    yield from held or ()


def _at_once(file: BinaryIO, frame: Frame) -> list[bytes]:
    """The content of a whole frame that states a harmless size: half the work of streaming it.

    Empty where it is to be streamed.
    """
    if not frame.whole or frame.length > _WHOLE_FRAME_BYTES:
        return []
    written = _Span(file, frame).read()
    # -1 where the frame does not state it.
    if not 0 < zstandard.frame_content_size(written) <= _WHOLE_FRAME_BYTES:
        return []
    decompressor = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW_BYTES)
    data = decompressor.decompress(written)
    return [data]


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
    return bool(_descriptor(file, frame) & 0xE0)


def _has_checksum(file: BinaryIO, frame: Frame) -> bool:
    """Whether what it holds was verified as it was decompressed (RFC 8878, 3.1.1.1.1.5)."""
    return bool(_descriptor(file, frame) & 0x04)


def _descriptor(file: BinaryIO, frame: Frame) -> int:
    """The byte of its header that says what belongs to it; 0 where that is not to be read."""
    file.seek(frame.offset)
    head = file.read(5)
    return head[4] if head[:4] == MAGIC and len(head) > len(MAGIC) else 0


def _ends_as_listed(file: BinaryIO, frame: Frame) -> bool:
    """Whether the frame, by its own block headers, is as long as the seek table says."""
    file.seek(frame.offset)
    end = frame.offset + frame.length
    return frame_end(file, frame.offset, file.read(18), end) == end


def _reason(error: Exception) -> str:
    return str(error).rpartition(": ")[2] or type(error).__name__
