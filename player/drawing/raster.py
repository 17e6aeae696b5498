"""A screen as a picture of pixels, of which only the rows that change are drawn anew."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final, NamedTuple

from PIL import Image, ImageDraw

from player.drawing.boxes import line_width
from player.drawing.colours import BACKGROUND, FOREGROUND
from player.drawing.tiles import Tiles, parts
from player.screen.values import DEFAULT_STYLE, Run
from player.view.cells import clusters, width_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from formats.size import Size
    from player.screen.values import Cursor, Row

_MARGIN_PX: Final = 10
_MOST_STRIPS: Final = 256
"""Some 70 KB each."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels, the last two exclusive."""


class Pointer(NamedTuple):
    """A cursor that is to be seen: where it is, and its `kind` as in CursorShape."""

    at: Cursor
    kind: str = "block"


class Canvas:
    """The picture of a screen of `size` cells."""

    def __init__(self, size: Size, tiles: Tiles) -> None:
        self._size = size
        self._tiles = tiles
        self._drawn: dict[int, tuple[Row, Pointer | None]] = {}
        self._strips: dict[Row, Image.Image] = {}
        width = size.cols * tiles.width + 2 * _MARGIN_PX
        height = size.rows * tiles.height + 2 * _MARGIN_PX
        self.image = Image.new("RGB", (width, height), parts(BACKGROUND))

    def draw(self, rows: Mapping[int, Row], pointer: Pointer | None = None) -> Box | None:
        """Draw what differs from what was drawn last. Gives the part that changed, if any did.

        Rows that are missing are blank; those beyond the size are left off, and columns too.
        """
        changed: list[int] = []
        for number in range(self._size.rows):
            wanted = (
                rows.get(number, ()),
                pointer if pointer and pointer.at.row == number else None,
            )
            if self._drawn.get(number, _NOTHING) != wanted:
                self._drawn[number] = wanted
                self._row(number, *wanted)
                changed.append(number)
        if not changed:
            return None
        top, low = (_MARGIN_PX + row * self._tiles.height for row in (changed[0], changed[-1] + 1))
        return _MARGIN_PX, top, self.image.width - _MARGIN_PX, low

    def _row(self, number: int, row: Row, pointer: Pointer | None) -> None:
        strip = None if pointer else self._strips.get(row)
        if strip is None:
            strip = self._strip(row, pointer)
            if not pointer:
                # What scrolls is drawn once.
                if len(self._strips) >= _MOST_STRIPS:
                    self._strips.clear()
                self._strips[row] = strip
        self.image.paste(strip, (_MARGIN_PX, _MARGIN_PX + number * self._tiles.height))

    def _strip(self, row: Row, pointer: Pointer | None) -> Image.Image:
        """The picture of a row."""
        end = self._size.cols * self._tiles.width
        strip = Image.new("RGB", (end, self._tiles.height), parts(BACKGROUND))
        wanted = -1 if pointer is None else pointer.at.col
        if wanted >= 0 and (missing := wanted + 1 - width_of(row)) > 0:
            row = (*row, Run(" " * missing, missing, DEFAULT_STYLE))
        left = col = 0
        for run in row:
            style = run.style._replace(link="", blink=False)
            blank = style == DEFAULT_STYLE
            for text, cols in clusters(run):
                here = pointer if pointer and col <= wanted < col + max(1, cols) else None
                if blank and text == " " and not here:
                    left, col = left + self._tiles.width, col + 1
                    continue
                shown = style
                if here and here.kind == "block":
                    shown = style._replace(inverse=not style.inverse)
                tile = self._tiles.tile(text, cols, shown)
                if here and here.kind != "block":
                    tile = _with_line(tile, here.kind)
                if left < end:
                    strip.paste(tile, (left, 0))
                left, col = left + tile.width, col + cols
        return strip


_NOTHING: Final[tuple[Row, Pointer | None]] = ((), None)


def _with_line(tile: Image.Image, kind: str) -> Image.Image:
    made = tile.copy()
    thick = 2 * line_width(tile.height)
    box = (0, 0, thick - 1, tile.height - 1)
    if kind == "underline":
        box = (0, tile.height - thick, tile.width - 1, tile.height - 1)
    ImageDraw.Draw(made).rectangle(box, fill=parts(FOREGROUND))
    return made


def as_png(rows: Sequence[Row], size: Size, pointer: Pointer | None = None) -> tuple[bytes, str]:
    """(The screen as PNG, what could not be drawn, in words). Raises FontError."""
    tiles = Tiles()
    canvas = Canvas(size, tiles)
    canvas.draw(dict(enumerate(rows)), pointer)
    file = io.BytesIO()
    canvas.image.save(file, "PNG", optimize=True)
    return file.getvalue(), tiles.missing
