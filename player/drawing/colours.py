"""Colours of a screen as 0xRRGGBB: xterm's palette, and what inverse, faint and invisible make.

What a recording's default colours were its log does not tell: light grey on near black, as most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from player.screen.values import RGB

if TYPE_CHECKING:
    from player.screen.values import Style

FOREGROUND, BACKGROUND = 0xD4D4D4, 0x16181D
_FIRST_16 = (
    0x1C1F26, 0xE06C75, 0x98C379, 0xE5C07B, 0x61AFEF, 0xC678DD, 0x56B6C2, 0xC8CCD4,
    0x5C6370, 0xF08A93, 0xB5E090, 0xF2D48F, 0x82C4FF, 0xDA96F0, 0x74D3DE, 0xFFFFFF,
)  # fmt: skip
_DARK, _CUBE, _GREYS = 8, 16, 232
_STEPS = (0, 95, 135, 175, 215, 255)
_MASK = 0xFFFFFF


class Look(NamedTuple):
    """What a cell is painted with; `bg` None is the background of the whole."""

    fg: int
    bg: int | None


def look(style: Style) -> Look:
    """The colours of a style.

    Bold makes the first eight bright, as xterm does: programs write bold black on black for grey.
    """
    brighter = _DARK if style.bold and style.fg is not None and style.fg < _DARK else 0
    fg = FOREGROUND if style.fg is None else colour(style.fg + brighter)
    bg = None if style.bg is None else colour(style.bg)
    if style.inverse:
        fg, bg = BACKGROUND if bg is None else bg, fg
    behind = BACKGROUND if bg is None else bg
    if style.faint:
        fg = _between(fg, behind)
    return Look(behind if style.invisible else fg, bg)


def colour(value: int) -> int:
    """0xRRGGBB of a palette number or a direct colour."""
    if value >= RGB:
        return value & _MASK
    if value < _CUBE:
        return _FIRST_16[value]
    if value >= _GREYS:
        return (8 + (value - _GREYS) * 10) * 0x010101
    red, rest = divmod(value - _CUBE, 36)
    green, blue = divmod(rest, 6)
    return _STEPS[red] << 16 | _STEPS[green] << 8 | _STEPS[blue]


def hexadecimal(value: int) -> str:
    """`#rrggbb`."""
    return f"#{value:06x}"


def _between(one: int, other: int) -> int:
    parts = [((one >> shift & 255) * 3 + (other >> shift & 255) * 2) // 5 for shift in (16, 8, 0)]
    return parts[0] << 16 | parts[1] << 8 | parts[2]


def decoration(style: Style) -> str:
    """The lines of a run, as CSS and SVG name them: `underline line-through`; empty for none."""
    lines = (
        (style.underline, "underline"),
        (style.strike, "line-through"),
        (style.overline, "overline"),
    )
    return " ".join(name for on, name in lines if on)
