"""The fingerprint in a sealed segment: by it every changed bit of the file shows.

A skippable frame of 80 bytes (RFC 8878, 3.1.2) between the data and the seek table, so `zstdcat`
passes over it. It holds the SHA-256 of the content, and the SHA-256 of the file: of all data
frames, then of the seek table's frame, then of the content's hash. What is left, the frame's own
head, is compared byte for byte. The checksums of the data frames alone would not do: bits of zstd's
headers, and the seek table, can change and leave the content as it was.

Its last word is a number: 1, or 2 where no line of the content states a gap. Then a file that fits
has told all there is to verify, and need not be decompressed for it.
"""

from __future__ import annotations

import os
import struct
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import BinaryIO

_HEAD = struct.pack("<II", 0x184D2A55, 72) + b"sha-256"
_MAY_HOLD_GAPS, _HOLDS_NO_GAP = b"\x01", b"\x02"
_HASH_BYTES = 32
_HASHES_AT = len(_HEAD) + 1
LENGTH = _HASHES_AT + 2 * _HASH_BYTES
_READ_BYTES = 1 << 18
# As the last entry of the seek table, before its footer of 9 bytes.
_TABLE_ENTRY = struct.pack("<II", LENGTH, 0)
_TABLE_END_BYTES = len(_TABLE_ENTRY) + 9
# The largest seek table that is read (1 MiB), its header, and this frame.
_TAIL_BYTES = (1 << 20) + 8 + LENGTH


class Fingerprint(NamedTuple):
    """What a sealed file says of itself; `offset` is where its frame lies.

    `holds_no_gap`: no line states a gap. Without it there may be one, or not.
    """

    content_sha256: bytes
    file_sha256: bytes
    offset: int
    holds_no_gap: bool = False


class Fingerprinter:
    """Makes the frame while the file is made. Does no input or output."""

    def __init__(self) -> None:
        self._content, self._file = sha256(), sha256()

    def add(self, frame: bytes, content: bytes | memoryview) -> None:
        """One data frame, and what it holds."""
        self._file.update(frame)
        self._content.update(content)

    def frame(self, table: bytes, *, holds_no_gap: bool) -> bytes:
        """The fingerprint's frame, to be written before the frame of the seek table."""
        content_sha256 = self._content.digest()
        self._file.update(table)
        self._file.update(content_sha256)
        if holds_no_gap:
            self._file.update(_HOLDS_NO_GAP)
        number = _HOLDS_NO_GAP if holds_no_gap else _MAY_HOLD_GAPS
        return _HEAD + number + content_sha256 + self._file.digest()


def find(file: BinaryIO) -> Fingerprint | None:
    """The fingerprint of a sealed file; None when there is none."""
    length = file.seek(0, os.SEEK_END)
    begin = max(0, length - _TAIL_BYTES)
    file.seek(begin)
    tail = file.read(length - begin)
    place = tail.rfind(_HEAD)
    if place < 0 or place + LENGTH > len(tail):
        return None
    number, hashes = tail[place + len(_HEAD)], tail[place + _HASHES_AT : place + LENGTH]
    if number not in (*_MAY_HOLD_GAPS, *_HOLDS_NO_GAP):
        return None
    content_sha256, file_sha256 = hashes[:_HASH_BYTES], hashes[_HASH_BYTES:]
    return Fingerprint(content_sha256, file_sha256, begin + place, number in _HOLDS_NO_GAP)


def is_due(file: BinaryIO) -> bool:
    """Whether the seek table lists a fingerprint: if there is none, it was damaged."""
    length = file.seek(0, os.SEEK_END)
    file.seek(max(0, length - _TABLE_END_BYTES))
    return file.read(8) == _TABLE_ENTRY


def fits(file: BinaryIO, fingerprint: Fingerprint) -> bool:
    """Whether the file is, bit for bit, what was sealed. Reads it as it lies, compressed."""
    digest = sha256()
    file.seek(0)
    left = fingerprint.offset
    while left and (data := file.read(min(left, _READ_BYTES))):
        digest.update(data)
        left -= len(data)
    file.seek(fingerprint.offset + LENGTH)
    while data := file.read(_READ_BYTES):
        digest.update(data)
    digest.update(fingerprint.content_sha256)
    if fingerprint.holds_no_gap:
        digest.update(_HOLDS_NO_GAP)
    return digest.digest() == fingerprint.file_sha256
