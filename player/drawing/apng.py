"""APNG: frames in all their colours, each only what changes. What video is made of.

Source: PNG specification, third edition (W3C, 2025), "Animation information".
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL import Image

    from player.drawing.raster import Box

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_MILLISECOND_US: Final = 1000
_LONGEST_MS: Final = 1000
"""What stands longer comes again: players of video look for a moment by its frames."""
# What is read once, and at once, need not be small.
_LEVEL: Final = 1


class Apng:
    """Takes frames, gives bytes. Of a frame it is known how long it stays when the next comes.

    The count of frames stands first in the file, and is not known then: 2^31 - 1 is stated, as
    readers of streams do not mind.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._held: tuple[Box, bytes] | None = None
        self._told_us = 0
        self._number = 0

    def start(self) -> bytes:
        """The beginning of the file."""
        header = _chunk(b"IHDR", struct.pack(">IIBBBBB", *self._size, 8, 2, 0, 0, 0))
        return _SIGNATURE + header + _chunk(b"acTL", struct.pack(">II", 0x7FFFFFFF, 1))

    def add(self, image: Image.Image, box: Box, at_us: int) -> bytes:
        """A frame that shows the part `box` from a moment on; the first shows all of the image."""
        before = self._until(at_us)
        if not self._number:
            box = (0, 0, *self._size)
        part = image.crop(box)
        width = part.width * 3
        raw = part.tobytes()
        lines = (b"\0" + raw[place : place + width] for place in range(0, len(raw), width))
        self._held = box, zlib.compress(b"".join(lines), _LEVEL)
        return before

    def end(self, end_us: int) -> bytes:
        """The rest of the file; the last frame stays until then."""
        return self._until(end_us) + _chunk(b"IEND", b"")

    def _until(self, at_us: int) -> bytes:
        if self._held is None:
            return b""
        box, packed = self._held
        delay_ms = max(0, round((at_us - self._told_us) / _MILLISECOND_US))
        self._told_us += delay_ms * _MILLISECOND_US
        made: list[bytes] = []
        while True:
            part_ms = min(delay_ms, _LONGEST_MS)
            left, top, right, low = box
            control = (self._next(), right - left, low - top, left, top, part_ms, 1000, 0, 0)
            made.append(_chunk(b"fcTL", struct.pack(">IIIIIHHBB", *control)))
            if self._number == 1:
                made.append(_chunk(b"IDAT", packed))
            else:
                made.append(_chunk(b"fdAT", struct.pack(">I", self._next()) + packed))
            delay_ms -= part_ms
            if not delay_ms:
                return b"".join(made)

    def _next(self) -> int:
        self._number += 1
        return self._number - 1


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(data, zlib.crc32(kind))
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
