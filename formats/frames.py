"""Where the frames of a zstd file lie: by the seek table at its end, or by their headers.

Sources: RFC 8878 (zstd), zstd's contrib/seekable_format/zstd_seekable_compression_format.md.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

MAGIC = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = range(0x184D2A50, 0x184D2A60)
_SEEK_TABLE_MAGIC = 0x184D2A5E
_SEEKABLE_MAGIC = 0x8F92EAB1
_FOOTER = struct.Struct("<IBI")
_SKIPPABLE_HEADER = struct.Struct("<II")
_CHECKSUM_FLAG = 0x80
_RESERVED_BITS = 0x7C
# 131,072 frames, 128 GiB of log. A larger table would cost its reader twenty times its size.
LARGEST_TABLE_BYTES = 1 << 20
_READ_BYTES = 1 << 18


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


def seek_table(sizes: Sequence[tuple[int, int]]) -> bytes:
    """The seek table's frame for frames of these (compressed, decompressed) sizes."""
    entries = b"".join(struct.pack("<II", *pair) for pair in sizes)
    footer = _FOOTER.pack(len(sizes), 0, _SEEKABLE_MAGIC)
    return _SKIPPABLE_HEADER.pack(_SEEK_TABLE_MAGIC, len(entries) + len(footer)) + entries + footer


def read_seek_table(file: BinaryIO) -> list[Frame] | None:
    """The data frames that a file's seek table lists; None when it has none that fits the file."""
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
    if table_bytes > LARGEST_TABLE_BYTES:
        return None
    file.seek(begin)
    if file.read(_SKIPPABLE_HEADER.size) != _SKIPPABLE_HEADER.pack(_SEEK_TABLE_MAGIC, table_bytes):
        return None
    table = file.read(count * entry_bytes)
    frames: list[Frame] = []
    offset = start = 0
    for place in range(0, len(table), entry_bytes):
        compressed, size = struct.unpack_from("<II", table, place)
        if size or not _is_skippable(file, offset):  # as the fingerprint is
            frames.append(Frame(offset, compressed, start, size))
        offset += compressed
        start += size
    return frames if offset == begin else None


def _is_skippable(file: BinaryIO, offset: int) -> bool:
    file.seek(offset)
    return int.from_bytes(file.read(4), "little") in _SKIPPABLE


def walk_frames(file: BinaryIO) -> Iterator[Frame]:
    """The data frames of any zstd file, found by their block headers, without decompressing.

    Where the walk meets bytes that begin no frame, it goes on at the next magic number.
    """
    length = file.seek(0, os.SEEK_END)
    offset = 0
    while offset < length:
        file.seek(offset)
        head = file.read(18)
        if head[:4] == MAGIC:
            end = frame_end(file, offset, head, length)
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


def frame_end(file: BinaryIO, offset: int, head: bytes, length: int) -> int | None:
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
        found = (kept + chunk).find(MAGIC)
        if found >= 0:
            return offset - len(kept) + found
        offset += len(chunk)
        kept = (kept + chunk)[-3:]
    return -1
