"""Cells as little pictures: a character in its style, each drawn once and kept."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageDraw

from player.drawing import boxes
from player.drawing.colours import BACKGROUND, colour, look
from player.drawing.fonts import Fonts, glyph

if TYPE_CHECKING:
    from player.screen.values import Style

Colour = tuple[int, int, int]
FONT_PX: Final = 16
# Some 600 bytes each; a screen of truecolour gradients has one for each of its cells.
_MOST_TILES: Final = 50_000
_DOUBLE, _CURLY, _DOTTED, _DASHED = 2, 3, 4, 5
_ALL_SHADES: Final = 256


class Tiles:
    """The pictures of cells of `width` x `height` pixels each.

    `shades`: so many at most between the colours of a glyph and of what is behind it; fewer make
    smaller files where colours are counted. Raises FontError where there is no font.
    """

    def __init__(self, shades: int = _ALL_SHADES) -> None:
        self._fonts = Fonts(FONT_PX)
        font = self._fonts.regular.font
        ascent, descent = font.getmetrics()
        self.width = max(1, round(font.getlength("M")))
        self.height = ascent + descent
        self._baseline = ascent
        steps = shades - 1
        self._levels = [round(value * steps / 255) * 255 // steps for value in range(_ALL_SHADES)]
        self._tiles: dict[tuple[str, int, Style], Image.Image] = {}
        self._masks: dict[tuple[str, int, bool, bool], Image.Image] = {}

    @property
    def missing(self) -> str:
        """Which characters no font has, in words; empty when there are none."""
        return self._fonts.in_words()

    def tile(self, text: str, cols: int, style: Style) -> Image.Image:
        """The picture ("RGB") of a character that takes `cols` columns. Not to be changed."""
        key = (text, cols, style)
        tile = self._tiles.get(key)
        if tile is None:
            if len(self._tiles) >= _MOST_TILES:
                self._tiles.clear()
            tile = self._tiles[key] = self._made(text, max(1, cols), style)
        return tile

    def _made(self, text: str, cols: int, style: Style) -> Image.Image:
        colours = look(style)
        bg = BACKGROUND if colours.bg is None else colours.bg
        tile = Image.new("RGB", (cols * self.width, self.height), parts(bg))
        if style.invisible:
            return tile
        if text.strip(" "):
            mask = self._mask(text, cols, style)
            if mask.mode == "RGBA":
                tile.paste(mask, (0, 0), mask)
            else:
                tile.paste(parts(colours.fg), (0, 0, *tile.size), mask)
        self._lines(tile, style, colours.fg)
        return tile

    def _mask(self, text: str, cols: int, style: Style) -> Image.Image:
        key = (text, cols, style.bold, style.italic)
        mask = self._masks.get(key)
        if mask is None:
            if len(self._masks) >= _MOST_TILES:
                self._masks.clear()
            mask = self._drawn(text, cols * self.width, style)
            if mask.mode == "L":
                mask = mask.point(self._levels)  # pyright: ignore[reportUnknownMemberType]  numpy
            self._masks[key] = mask
        return mask

    def _drawn(self, text: str, width: int, style: Style) -> Image.Image:
        if boxes.is_drawn(text):
            return boxes.drawn(text, width, self.height)
        face = self._fonts.face(text, bold=style.bold, italic=style.italic)
        if face is not None:
            return glyph(face, text, width, self.height, self._baseline)
        mask = Image.new("L", (width, self.height))
        box = (1, self.height // 4, width - 2, self._baseline)
        ImageDraw.Draw(mask).rectangle(box, outline=255)
        return mask

    def _lines(self, tile: Image.Image, style: Style, fg: int) -> None:
        thick = boxes.line_width(self.height)
        pen = ImageDraw.Draw(tile)
        right = tile.width - 1
        if style.underline:
            ink = fg if style.underline_color is None else colour(style.underline_color)
            top = min(self.height - 3 * thick, self._baseline + thick)
            _underline(pen, style.underline, (right, top), thick, parts(ink))
        if style.strike:
            top = self._baseline - self.height // 4
            pen.rectangle((0, top, right, top + thick - 1), fill=parts(fg))
        if style.overline:
            pen.rectangle((0, 0, right, thick - 1), fill=parts(fg))


def parts(rgb: int) -> Colour:
    """Red, green and blue of 0xRRGGBB."""
    return rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255


def _underline(
    pen: ImageDraw.ImageDraw, kind: int, place: tuple[int, int], thick: int, ink: Colour
) -> None:
    right, top = place
    if kind == _CURLY:
        for x in range(right + 1):
            y = top + round((1 + math.sin(2 * math.pi * x / (right + 1))) * thick)
            pen.rectangle((x, y, x, y + thick - 1), fill=ink)
        return
    if kind in (_DOTTED, _DASHED):
        length = thick if kind == _DOTTED else max(2, (right + 1) // 2)
        step = 2 * thick if kind == _DOTTED else right + 1
        for x in range(0, right + 1, step):
            pen.rectangle((x, top, x + length - 1, top + thick - 1), fill=ink)
        return
    for line in range(2 if kind == _DOUBLE else 1):
        y = top + 2 * thick * line
        pen.rectangle((0, y, right, y + thick - 1), fill=ink)
