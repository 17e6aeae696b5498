"""Screens as pixels: lines join from cell to cell, wide characters, colours, the cursor."""

from __future__ import annotations

import io
import unicodedata

import pytest

pytest.importorskip("pyghostty")
pytest.importorskip("PIL")

from PIL import Image

from formats.size import Size
from player.drawing import boxes, rendered
from player.drawing.colours import BACKGROUND, FOREGROUND, colour
from player.drawing.raster import Canvas, Pointer
from player.drawing.tiles import Tiles, parts
from player.screen import Screen
from player.screen.values import Cursor

MARGIN = 10
SIZES = [(9, 18), (8, 17), (10, 19), (20, 41)]
STRAIGHT = [
    chr(code)
    for code in range(0x2500, 0x2580)
    if not any(word in unicodedata.name(chr(code)) for word in ("DASH", "DIAGONAL"))
]


def _edge(mask: Image.Image, side: str) -> list[int]:
    """The pixels of a mask along one of its sides."""
    width, height = mask.size
    box = {
        "left": (0, 0, 1, height),
        "right": (width - 1, 0, width, height),
        "up": (0, 0, width, 1),
        "down": (0, height - 1, width, height),
    }[side]
    return list(mask.crop(box).tobytes())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("side", ["left", "right", "up", "down"])
def test_lines_of_one_weight_meet_at_the_edges_of_their_cells(size, side) -> None:
    """Whatever the character, its line ends where a straight one of that weight goes on."""
    straight = {
        "LIGHT": "\u2500\u2502", "HEAVY": "\u2501\u2503", "DOUBLE": "\u2550\u2551",
    }  # fmt: skip
    for character in STRAIGHT:
        name = unicodedata.name(character).removeprefix("BOX DRAWINGS ").replace("ARC ", "")
        weight = boxes.arms(name).get(side, "none").replace("SINGLE", "LIGHT")
        found = _edge(boxes.drawn(character, *size), side)
        if weight == "none":
            assert not any(found), character
        else:
            line = straight[weight][side in ("up", "down")]
            assert found == _edge(boxes.drawn(line, *size), side), character


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("character", "\u23be\u23bf\u23cb\u23cc")
def test_corners_have_their_arm_where_their_name_says(size, character: str) -> None:
    name = unicodedata.name(character)
    assert boxes.is_drawn(character)  # by a font it would be an empty box
    mask = boxes.drawn(character, *size)
    assert _pieces(mask) == 1
    for side in ("up", "down"):  # the upright goes on in a line above and below
        straight = _edge(boxes.drawn("\u2502", *size), side)
        assert all(one for one, line in zip(_edge(mask, side), straight, strict=True) if line)
    arm, other = ("right", "left") if "RIGHT" in name else ("left", "right")
    assert not any(_edge(mask, other))
    rows = [row for row, pixel in enumerate(_edge(mask, arm)) if pixel]
    first = 0 if "TOP" in name else size[1] - boxes.line_width(size[1])
    assert rows == list(range(first, first + boxes.line_width(size[1])))


@pytest.mark.parametrize("size", SIZES)
def test_lines_meet_in_the_middle_of_a_cell(size) -> None:
    """Every character of lines is in one piece, but for the gaps of double lines."""
    for character in STRAIGHT:
        name = unicodedata.name(character).removeprefix("BOX DRAWINGS ").replace("ARC ", "")
        weights = boxes.arms(name)
        double = [side for side, weight in weights.items() if weight == "DOUBLE"]
        wanted = 1
        if len(double) == len(weights):
            wanted = len(double)
        elif set(double) in ({"up", "down"}, {"left", "right"}) and len(weights) == 3:
            wanted = 2
        assert _pieces(boxes.drawn(character, *size)) == wanted, character


def _pieces(mask: Image.Image) -> int:
    width, height = mask.size
    left = {(x, y) for y in range(height) for x in range(width) if mask.getpixel((x, y))}
    count = 0
    while left:
        count += 1
        border = [left.pop()]
        while border:
            x, y = border.pop()
            for near in [(x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]:
                if near in left:
                    left.discard(near)
                    border.append(near)
    return count


def test_blocks_fill_what_their_names_say() -> None:
    for code in range(0x2580, 0x25A0):
        mask = boxes.drawn(chr(code), 8, 16)
        name = unicodedata.name(chr(code))
        filled = sum(mask.tobytes()) / 255 / 128
        if name.startswith("QUADRANT"):
            assert filled == name.count(" AND ") / 4 + 0.25
        elif "SHADE" in name:
            assert abs(filled - {"L": 0.25, "M": 0.5, "D": 0.75}[name[0]]) < 0.01
        elif "EIGHTH" in name:
            words = ("ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN")
            count = next(n for n, word in enumerate(words, 1) if word in name)
            assert filled == count / 8
        else:
            assert filled in (1, 0.5, 0.25, 0.75)


def test_braille_has_a_dot_for_each_bit() -> None:
    for bits in range(256):
        assert _pieces(boxes.drawn(chr(0x2800 + bits), 10, 20)) == bits.bit_count()


def _canvas(output: bytes, size: Size, pointer: Pointer | None = None) -> tuple[Canvas, Tiles]:
    screen = Screen(size)
    screen.feed(output)
    tiles = Tiles()
    canvas = Canvas(size, tiles)
    canvas.draw(dict(screen.rows()), pointer)
    return canvas, tiles


def _cell(canvas: Canvas, tiles: Tiles, col: int, row: int) -> Image.Image:
    left, top = MARGIN + col * tiles.width, MARGIN + row * tiles.height
    return canvas.image.crop((left, top, left + tiles.width, top + tiles.height))


def test_colours_are_those_of_the_palette_and_the_program() -> None:
    output = b"\x1b[41m \x1b[48;2;1;2;3m \x1b[0;7m \x1b[0m \x1b[31;8mX"
    canvas, tiles = _canvas(output, Size(10, 2))
    wanted = [colour(1), 0x010203, FOREGROUND, BACKGROUND, BACKGROUND]
    for col, rgb in enumerate(wanted):
        assert _cell(canvas, tiles, col, 0).getcolors() == [
            (tiles.width * tiles.height, parts(rgb))
        ]


def test_bold_makes_the_dark_colours_bright_and_no_others() -> None:
    for written, wanted in ((b"1;30", 8), (b"30", 0), (b"1;94", 12), (b"1;38;5;9", 9)):
        canvas, tiles = _canvas(b"\x1b[%bm\xe2\x96\x88" % written, Size(10, 2))
        seen = {rgb for _, rgb in _cell(canvas, tiles, 0, 0).getcolors() or ()}
        assert parts(colour(wanted)) in seen, written


def test_wide_characters_take_two_cells_and_shift_nothing() -> None:
    one, tiles = _canvas("\u65e5\u672c|\U0001f600|e\u0301|".encode(), Size(20, 2))
    two, _ = _canvas(b"    |  | |", Size(20, 2))
    for col in (4, 7, 9):
        assert _cell(one, tiles, col, 0).tobytes() == _cell(two, tiles, col, 0).tobytes()
    for col in (0, 1, 2, 3, 5, 6, 8):
        colours = _cell(one, tiles, col, 0).getcolors()
        assert colours is None or len(colours) > 1, col
    assert not tiles.missing


def test_a_sign_looks_the_same_whatever_was_drawn_before() -> None:
    """Fonts of wide characters have it too, as wide: squeezed into its cell it is another sign."""
    alone, tiles = _canvas("  \u2713 \u2192".encode(), Size(8, 2))
    behind, _ = _canvas("\u65e5\u2713 \u2192".encode(), Size(8, 2))
    for col in (2, 4):
        assert _cell(alone, tiles, col, 0).tobytes() == _cell(behind, tiles, col, 0).tobytes()


def test_what_no_font_has_is_an_empty_box_and_said() -> None:
    canvas, tiles = _canvas("a\U000f0000".encode(), Size(4, 2))
    assert len(_cell(canvas, tiles, 1, 0).getcolors() or ()) == 2
    assert tiles.missing.startswith("no font here has U+F0000: an empty box is drawn")


@pytest.mark.parametrize("kind", ["block", "underline", "bar"])
def test_the_cursor_stands_where_it_is_even_behind_the_text(kind) -> None:
    for col in (1, 7):
        canvas, tiles = _canvas(b"abc", Size(10, 3), Pointer(Cursor(col, 0), kind))
        plain, _ = _canvas(b"abc", Size(10, 3))
        different = [
            (x, y)
            for x in range(10)
            for y in range(3)
            if _cell(canvas, tiles, x, y).tobytes() != _cell(plain, tiles, x, y).tobytes()
        ]
        assert different == [(col, 0)]


def test_only_what_changes_is_drawn_anew() -> None:
    screen, size, tiles = Screen(Size(20, 5)), Size(20, 5), Tiles()
    canvas = Canvas(size, tiles)
    screen.feed(b"one\r\ntwo")
    canvas.draw(dict(screen.rows()))
    assert canvas.draw(dict(screen.rows())) is None
    screen.feed(b"\x1b[4Hx")
    box = canvas.draw(dict(screen.rows()))
    top = MARGIN + 3 * tiles.height
    assert box == (MARGIN, top, canvas.image.width - MARGIN, top + tiles.height)
    again = Canvas(size, tiles)
    again.draw(dict(screen.rows()))
    assert again.image.tobytes() == canvas.image.tobytes()


def test_a_screen_as_png() -> None:
    screen = Screen(Size(20, 5))
    screen.feed(b"hello")
    made = rendered("png", [row for _, row in screen.rows()], screen.size)
    image = Image.open(io.BytesIO(made))
    assert image.format == "PNG"
    assert len(image.convert("RGB").getcolors(1 << 16) or ()) > 10
