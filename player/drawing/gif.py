"""GIF, animated: only what changes is in a frame, and a frame stays exactly as long as it did.

Source: GIF89a specification (CompuServe, 1990), and Netscape's extension for loops. Pillow packs
the pixels of each frame (LZW); its own writer of animations holds all of them in memory.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Final, cast

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from player.drawing.raster import Box
    from player.drawing.tiles import Colour

SHADES: Final = 8
"""Between the colours of a glyph: 30 pairs of colours have room in a palette then."""

_MOST_COLOURS: Final = 256
_MOST_KEPT: Final = 128
_CENTISECOND_US: Final = 10_000
_LONGEST_DELAY: Final = 0xFFFF
_LOOP: Final = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
_TRAILER: Final = b"\x3b"
_EXTENSION, _IMAGE = 0x21, 0x2C
_TABLE, _TABLE_SIZE = 0x80, 7


class Gif:
    """Takes frames, gives bytes. Of a frame it is known how long it stays when the next comes."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._held: tuple[int, int, bytes] | None = None
        self._told_us = 0

    def start(self) -> bytes:
        """The beginning of the file."""
        return b"GIF89a" + struct.pack("<HHBBB", *self._size, 0, 0, 0) + _LOOP

    def add(self, image: Image.Image, box: Box, at_us: int) -> Iterator[bytes]:
        """A frame that shows the part `box` of the image from a moment on."""
        yield from self._until(at_us)
        self._held = (*box[:2], _packed(image.crop(box)))

    def end(self, end_us: int) -> Iterator[bytes]:
        """The rest of the file; the last frame stays until then."""
        yield from self._until(end_us)
        yield _TRAILER

    def _until(self, at_us: int) -> Iterator[bytes]:
        """The frame that is held, which stays until then."""
        if self._held is None:
            return
        left, top, packed = self._held
        # What is rounded off is made good by the next.
        delay = max(0, round((at_us - self._told_us) / _CENTISECOND_US))
        self._told_us += delay * _CENTISECOND_US
        while True:
            part = min(delay, _LONGEST_DELAY)
            control = struct.pack("<BBBBHBB", _EXTENSION, 0xF9, 4, 1 << 2, part, 0, 0)
            yield control + struct.pack("<BHH", _IMAGE, left, top) + packed
            delay -= part
            if not delay:
                return


def _packed(image: Image.Image) -> bytes:
    """Size, colours and pixels of a frame, as they follow its place."""
    file = io.BytesIO()
    _with_palette(image).save(file, "GIF", optimize=False, interlace=False)
    data = file.getvalue()
    flags = data[10]
    place = 13
    table = b""
    if flags & _TABLE:
        length = 3 << (flags & _TABLE_SIZE) + 1
        table = data[place : place + length]
        place += length
    while data[place] == _EXTENSION:
        place += 2
        while data[place]:
            place += data[place] + 1
        place += 1
    width, height, own = struct.unpack_from("<HHB", data, place + 5)
    place += 10
    if own & _TABLE:
        length = 3 << (own & _TABLE_SIZE) + 1
        table = data[place : place + length]
        place += length
    colours = _TABLE | (len(table) // 3).bit_length() - 2
    return struct.pack("<HHB", width, height, colours) + table + data[place:-1]


def _with_palette(image: Image.Image) -> Image.Image:
    """The image in its own colours; where they are too many, the most frequent stay as they are."""
    found = image.getcolors(image.width * image.height) or []
    found.sort(reverse=True)
    colours = [cast("Colour", colour) for _, colour in found]
    if len(colours) > _MOST_COLOURS:
        colours = colours[:_MOST_KEPT] + _fewer(colours[_MOST_KEPT:])
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for colour in colours for part in colour])
    return image.quantize(palette=palette, dither=Image.Dither.NONE)


def _fewer(colours: list[Colour]) -> list[Colour]:
    """As many as there is room for in place of these, each as near to some of them as can be."""
    every = Image.new("RGB", (len(colours), 1))
    every.frombytes(bytes(part for colour in colours for part in colour))
    made = every.quantize(_MOST_COLOURS - _MOST_KEPT, Image.Quantize.MEDIANCUT)
    parts = iter((made.getpalette() or [])[: 3 * (_MOST_COLOURS - _MOST_KEPT)])
    return list(zip(parts, parts, parts, strict=True))
