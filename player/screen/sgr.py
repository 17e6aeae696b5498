"""The sequence that makes a terminal write in a style (SGR)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from player.screen.values import RGB

if TYPE_CHECKING:
    from collections.abc import Sequence

    from player.screen.values import Style

_PALE, _BRIGHT = 8, 16


def sgr(style: Style) -> str:
    """What makes a terminal write in this style, whatever it wrote in before; links apart."""
    codes: list[str] = [code for on, code in _flags(style) if on]
    if style.underline:
        codes.append({1: "4", 2: "21"}.get(style.underline, f"4:{min(style.underline, 5)}"))
    if style.fg is not None:
        codes.append(_colour(style.fg, 30))
    if style.bg is not None:
        codes.append(_colour(style.bg, 40))
    if style.underline_color is not None:
        codes.append(_underline_colour(style.underline_color))
    return "\x1b[0;" + ";".join(codes) + "m" if codes else "\x1b[m"


def _flags(style: Style) -> Sequence[tuple[bool, str]]:
    return (
        (style.bold, "1"),
        (style.faint, "2"),
        (style.italic, "3"),
        (style.blink, "5"),
        (style.inverse, "7"),
        (style.invisible, "8"),
        (style.strike, "9"),
        (style.overline, "53"),
    )


def _colour(colour: int, base: int) -> str:
    if colour >= RGB:
        return f"{base + 8};2;{';'.join(map(str, _parts(colour)))}"
    if colour < _PALE:
        return str(base + colour)
    if colour < _BRIGHT:
        return str(base + 60 + colour - _PALE)
    return f"{base + 8};5;{colour}"


def _underline_colour(colour: int) -> str:
    """With colons: terminals that do not know it then take none of its numbers for their own."""
    if colour >= RGB:
        return f"58:2::{':'.join(map(str, _parts(colour)))}"
    return f"58:5:{colour}"


def _parts(colour: int) -> tuple[int, int, int]:
    return colour >> 16 & 255, colour >> 8 & 255, colour & 255
