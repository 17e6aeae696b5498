"""What a screen is told in: sizes it bears, its cursor and state, and its rows as styled runs."""

from __future__ import annotations

from typing import Final, NamedTuple

from formats.size import Size

SMALLEST_SIZE: Final = Size(2, 2)
"""The one crash known of the engine needs a screen of one row."""

LARGEST_SIZE: Final = Size(1000, 500)
"""500,000 cells are 4 MB, and no window is larger; a hostile recording asks for 65535x65535."""

LONGEST_LINE_ROWS: Final = 256
"""A line that was wrapped to more rows than this is given in pieces."""

RGB: Final = 0x1000000
"""Set in a colour that is no number of the palette: RGB | red << 16 | green << 8 | blue."""


class Cursor(NamedTuple):
    """Where the next character goes; column and row count from 0."""

    col: int
    row: int


class State(NamedTuple):
    """What can be told of a screen without looking at its text.

    `alternate`: the alternate screen is shown, of which nothing scrolls off. `synchronized`: an
    update has begun and not ended, so that a terminal would not draw now. `history_rows`: rows
    that have scrolled off and are kept; 0 on the alternate screen.
    """

    alternate: bool
    synchronized: bool
    history_rows: int
    cursor_row: int
    cols: int
    rows: int


class Style(NamedTuple):
    """How characters look. A colour is None (the default), 0..255 of the palette, or RGB | rgb.

    `underline`: 0 none, 1 single, 2 double, 3 curly, 4 dotted, 5 dashed (as in SGR 4:n). `link` is
    the address of a hyperlink (OSC 8) as the program wrote it, empty if there is none: nobody has
    checked it.
    """

    fg: int | None = None
    bg: int | None = None
    bold: bool = False
    faint: bool = False
    italic: bool = False
    underline: int = 0
    blink: bool = False
    inverse: bool = False
    invisible: bool = False
    strike: bool = False
    overline: bool = False
    link: str = ""
    underline_color: int | None = None


DEFAULT_STYLE: Final = Style()


class Run(NamedTuple):
    """Neighbouring cells of one style: their text, and how many columns it takes.

    The text holds no control character and nothing but what cells hold: one grapheme cluster for
    one or two columns.
    """

    text: str
    cols: int
    style: Style


Row = tuple[Run, ...]
"""The runs of a row from left to right, without the blanks of default style at its end."""


def without_blanks(runs: list[Run]) -> Row:
    """The row of these runs."""
    while runs and runs[-1].style == DEFAULT_STYLE:
        last = runs.pop()
        text = last.text.rstrip(" ")
        if text:
            runs.append(Run(text, last.cols - len(last.text) + len(text), last.style))
            break
    return tuple(runs)


class CursorShape(NamedTuple):
    """How the cursor is drawn: `block`, `underline` or `bar`, blinking or steady."""

    kind: str
    blinking: bool


class Colors(NamedTuple):
    """The colours in use, each 0xRRGGBB, None for what the terminal itself decides.

    `palette` are those of the 256 that the program has changed, by number.
    """

    foreground: int | None
    background: int | None
    cursor: int | None
    palette: dict[int, int]


def clamp(size: Size) -> Size:
    """The nearest size that the engine is given."""
    return Size(
        max(SMALLEST_SIZE.cols, min(size.cols, LARGEST_SIZE.cols)),
        max(SMALLEST_SIZE.rows, min(size.rows, LARGEST_SIZE.rows)),
    )
