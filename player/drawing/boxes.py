"""Boxes, blocks and braille by geometry, so that lines join from cell to cell whatever the font.

What a character looks like is read from its Unicode name: BOX DRAWINGS DOWN LIGHT AND RIGHT HEAVY
says all that is to be drawn. Media symbols are drawn too: agents' interfaces begin lines with them,
and where a font has them at all they are coloured buttons, two cells wide. So are the corners of
dentistry, which few fonts have: Claude Code hangs on one what a tool has said.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Iterator

_BOXES, _BLOCKS, _BRAILLE = range(0x2500, 0x2580), range(0x2580, 0x25A0), range(0x2800, 0x2900)
_MEDIA: Final = range(0x23F4, 0x23FB)
_CORNERS: Final = (0x23BE, 0x23BF, 0x23CB, 0x23CC)
_WEIGHTS: Final = ("LIGHT", "HEAVY", "SINGLE", "DOUBLE")
_SIDES: Final = {
    "UP": ("up",),
    "DOWN": ("down",),
    "LEFT": ("left",),
    "RIGHT": ("right",),
    "VERTICAL": ("up", "down"),
    "HORIZONTAL": ("left", "right"),
}
_DASHES: Final = {"DOUBLE": 2, "TRIPLE": 3, "QUADRUPLE": 4}
_EIGHTHS: Final = {
    name: count
    for count, name in enumerate(
        ("ONE EIGHTH", "ONE QUARTER", "THREE EIGHTHS", "HALF", "FIVE EIGHTHS", "THREE QUARTERS",
         "SEVEN EIGHTHS"),
        start=1,
    )
}  # fmt: skip
_SHADES: Final = {"LIGHT SHADE": 64, "MEDIUM SHADE": 128, "DARK SHADE": 191}
_FULL: Final = 255
# Curves are drawn that many times as large and made smaller: their edges are smooth then.
_FINE: Final = 4
# Bits of a braille character and the (column, row) of their dots.
_DOTS: Final = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))


def is_drawn(character: str) -> bool:
    """Whether `drawn` knows the character."""
    code = ord(character) if len(character) == 1 else 0
    return any(code in known for known in (_BOXES, _BLOCKS, _BRAILLE, _MEDIA, _CORNERS))


def drawn(character: str, width: int, height: int) -> Image.Image:
    """The character as a mask ("L") of a cell of that many pixels."""
    code = ord(character)
    name = unicodedata.name(character)
    if code in _BRAILLE:
        return _braille(code & 0xFF, width, height)
    if code in _MEDIA:
        return _media(name, width, height)
    if code in _CORNERS:
        return _corner(name, width, height)
    if code in _BLOCKS:
        return _block(name, width, height)
    if "ARC" in name or "DIAGONAL" in name:
        return _curved(name, width, height)
    return _Box(width, height).draw(name.removeprefix("BOX DRAWINGS "))


def line_width(height: int) -> int:
    """Of a light line, in pixels."""
    return max(1, round(height / 14))


def resized(
    image: Image.Image, size: tuple[int, int], how: Image.Resampling = Image.Resampling.BOX
) -> Image.Image:
    """The image in another size; Pillow's own types name numpy, which is not here."""
    return image.resize(size, how)  # pyright: ignore[reportUnknownMemberType]


def arms(name: str) -> dict[str, str]:
    """The weight of the line to each side: LIGHT LEFT AND HEAVY RIGHT, UP HEAVY AND LEFT LIGHT."""
    words = [word for word in name.split() if word in _SIDES or word in _WEIGHTS]
    arms: dict[str, str] = {}
    if words[0] in _WEIGHTS:
        weight = words[0]
        for word in words:
            if word in _WEIGHTS:
                weight = word
            else:
                arms |= dict.fromkeys(_SIDES[word], weight)
        return arms
    waiting: list[str] = []
    for word in words:
        if word in _WEIGHTS:
            arms |= dict.fromkeys(waiting, word)
            waiting.clear()
        else:
            waiting += _SIDES[word]
    return arms


class _Box:
    """Draws straight lines of a box in a cell, in whole pixels."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._light = line_width(height)
        self._image = Image.new("L", (width, height))
        self._pen = ImageDraw.Draw(self._image)

    def draw(self, name: str) -> Image.Image:
        if "DASH" in name:
            self._dashes(name)
            return self._image
        weights = arms(name)
        double = [side for side, weight in weights.items() if weight == "DOUBLE"]
        # A double line is a broad one from which its middle is taken away again.
        for thick, fill in ((3 * self._light, _FULL), (self._light, 0)):
            for side in double:
                across = any(one in double for one in _across(side))
                self._line(side, thick, thick if across else self._light, fill)
        for side, weight in weights.items():
            if weight != "DOUBLE":
                thick = self._light * (2 if weight == "HEAVY" else 1)
                self._line(side, thick, self._reach(side, weights, thick), _FULL)
        return self._image

    def _reach(self, side: str, weights: dict[str, str], thick: int) -> int:
        """How thick the line is that this one ends at, beyond the middle; negative: before it."""
        across = [weights[one] for one in _across(side) if one in weights]
        opposite = _OPPOSITE[side] in weights
        if "DOUBLE" in across:
            if opposite:
                return 0
            return -self._light if len(across) > 1 else 3 * self._light
        return max((self._light * (2 if one == "HEAVY" else 1) for one in across), default=thick)

    def _line(self, side: str, thick: int, reach: int, fill: int) -> None:
        """From the middle, beyond it by half of `reach`, to the side."""
        along_x = side in ("left", "right")
        length, breadth = (self._width, self._height) if along_x else (self._height, self._width)
        low, high = _band(length, abs(reach))
        if side in ("right", "down"):
            first, last = (high + 1 if reach < 0 else low), length - 1
        else:
            first, last = 0, (low - 1 if reach < 0 else high)
        near, far = _band(breadth, thick)
        box = (first, near, last, far) if along_x else (near, first, far, last)
        if box[0] <= box[2] and box[1] <= box[3]:
            self._pen.rectangle(box, fill=fill)

    def _dashes(self, name: str) -> None:
        words = name.split()
        count = _DASHES[words[words.index("DASH") - 1]]
        along_x = "HORIZONTAL" in words
        thick = self._light * (2 if words[0] == "HEAVY" else 1)
        length, breadth = (self._width, self._height) if along_x else (self._height, self._width)
        near, far = _band(breadth, thick)
        for place in range(count):
            first, end = length * place // count, length * (place + 1) // count
            last = max(first, end - 1 - max(1, (end - first) // 3))
            box = (first, near, last, far) if along_x else (near, first, far, last)
            self._pen.rectangle(box, fill=_FULL)


_OPPOSITE: Final = {"up": "down", "down": "up", "left": "right", "right": "left"}


def _across(side: str) -> tuple[str, str]:
    return ("up", "down") if side in ("left", "right") else ("left", "right")


def _band(length: int, thick: int) -> tuple[int, int]:
    """First and last pixel of a line of that thickness in the middle of `length` pixels.

    All thicknesses have the same middle, so that a line of one meets that of another.
    """
    first = (length - thick) // 2
    return first, first + max(thick, 1) - 1


def _curved(name: str, width: int, height: int) -> Image.Image:
    """Rounded corners and diagonals."""
    thick = line_width(height)
    image = Image.new("L", (width * _FINE, height * _FINE))
    pen = ImageDraw.Draw(image)
    if "DIAGONAL" in name:
        right, low = width * _FINE, height * _FINE
        if "CROSS" in name or "UPPER RIGHT" in name:
            pen.line((right, 0, 0, low), fill=_FULL, width=thick * _FINE)
        if "CROSS" in name or "UPPER LEFT" in name:
            pen.line((0, 0, right, low), fill=_FULL, width=thick * _FINE)
    else:
        _arc(pen, name.split(), width, height, thick)
    return resized(image, (width, height))


def _arc(pen: ImageDraw.ImageDraw, words: list[str], width: int, height: int, thick: int) -> None:
    left, right = (edge * _FINE for edge in _edges(width, thick))
    top, low = (edge * _FINE for edge in _edges(height, thick))
    radius = min(width * _FINE - right, left)
    down, to_right = "DOWN" in words, "RIGHT" in words
    # The outer edge of the quarter of a circle; its middle is towards the open sides.
    x = left if to_right else right - 2 * radius - (right - left)
    y = top if down else low - 2 * radius - (low - top)
    size = 2 * radius + (right - left)
    start = {(True, True): 180, (True, False): 270, (False, True): 90, (False, False): 0}
    angle = start[down, to_right]
    box = (x, y, x + size - 1, y + size - 1)
    pen.arc(box, angle, angle + 90, fill=_FULL, width=thick * _FINE)
    middle_y = y + size // 2
    beyond = (middle_y, height * _FINE - 1) if down else (0, middle_y)
    pen.rectangle((left, beyond[0], right - 1, beyond[1]), fill=_FULL)
    middle_x = x + size // 2
    beyond = (middle_x, width * _FINE - 1) if to_right else (0, middle_x)
    pen.rectangle((beyond[0], top, beyond[1], low - 1), fill=_FULL)


def _edges(length: int, thick: int) -> tuple[int, int]:
    first, last = _band(length, thick)
    return first, last + 1


def _corner(name: str, width: int, height: int) -> Image.Image:
    """A line from top to bottom, and at one end of it another to a side."""
    image = Image.new("L", (width, height))
    pen = ImageDraw.Draw(image)
    thick = line_width(height)
    near, far = _band(width, thick)
    pen.rectangle((near, 0, far, height - 1), fill=_FULL)
    top = 0 if "TOP" in name else height - thick
    side = (near, width - 1) if "RIGHT" in name else (0, far)
    pen.rectangle((side[0], top, side[1], top + thick - 1), fill=_FULL)
    return image


def _block(name: str, width: int, height: int) -> Image.Image:
    image = Image.new("L", (width, height))
    pen = ImageDraw.Draw(image)
    if name in _SHADES:
        image.paste(_SHADES[name], (0, 0, width, height))
    for left, top, right, low in _rectangles(name, width, height):
        if left < right and top < low:
            pen.rectangle((left, top, right - 1, low - 1), fill=_FULL)
    return image


def _rectangles(name: str, width: int, height: int) -> Iterator[tuple[int, int, int, int]]:
    """What is filled: (left, top, right, bottom), the last two exclusive."""
    if name == "FULL BLOCK":
        yield 0, 0, width, height
    elif name.startswith("QUADRANT "):
        for corner in name.removeprefix("QUADRANT ").split(" AND "):
            x = (0, width // 2) if "LEFT" in corner else (width // 2, width)
            y = (0, height // 2) if "UPPER" in corner else (height // 2, height)
            yield x[0], y[0], x[1], y[1]
    elif name.endswith("BLOCK"):
        side, _, part = name.removesuffix(" BLOCK").partition(" ")
        eighths = _EIGHTHS[part]
        across = max(1, round(width * eighths / 8))
        down = max(1, round(height * eighths / 8))
        yield {
            "UPPER": (0, 0, width, down),
            "LOWER": (0, height - down, width, height),
            "LEFT": (0, 0, across, height),
            "RIGHT": (width - across, 0, width, height),
        }[side]


def _braille(bits: int, width: int, height: int) -> Image.Image:
    image = Image.new("L", (width * _FINE, height * _FINE))
    pen = ImageDraw.Draw(image)
    across, down = width * _FINE / 2, height * _FINE / 4
    radius = min(across, down) * 0.3
    for bit, (col, row) in enumerate(_DOTS):
        if bits >> bit & 1:
            x, y = (col + 0.5) * across, (row + 0.5) * down
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_FULL)
    return resized(image, (width, height))


def _media(name: str, width: int, height: int) -> Image.Image:
    """Triangles, bars, a square, a disc, in the middle of the cell."""
    image = Image.new("L", (width * _FINE, height * _FINE))
    pen = ImageDraw.Draw(image)
    side = min(width, height) * _FINE * 0.8
    left, top = (image.width - side) / 2, (image.height - side) / 2
    right, low, x, y = left + side, top + side, image.width / 2, image.height / 2
    if "CIRCLE" in name:
        pen.ellipse((left, top, right, low), fill=_FULL)
    elif "SQUARE" in name:
        pen.rectangle((left, top, right, low), fill=_FULL)
    elif "BAR" in name:
        for begin in (left, right - side / 3):
            pen.rectangle((begin, top, begin + side / 3, low), fill=_FULL)
    else:
        corners = {
            "LEFT-": ((right, top), (right, low), (left, y)),
            "RIGHT": ((left, top), (left, low), (right, y)),
            "UP-PO": ((left, low), (right, low), (x, top)),
            "DOWN-": ((left, top), (right, top), (x, low)),
        }
        direction = next(word for word in name.split() if "POINTING" in word)
        pen.polygon(corners[direction[:5]], fill=_FULL)
    return resized(image, (width, height))
