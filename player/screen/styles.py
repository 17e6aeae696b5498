"""What the engine says of a style, as a value of ours."""

from __future__ import annotations

from typing import Any

from player.screen.values import RGB, Style


def style_of(style: Any) -> Style:  # noqa: ANN401  cffi has no types
    """Its colours and attributes, without a link."""
    return Style(
        _color(style.fg_color),
        _color(style.bg_color),
        style.bold,
        style.faint,
        style.italic,
        style.underline,
        style.blink,
        style.inverse,
        style.invisible,
        style.strikethrough,
        style.overline,
        "",
        _color(style.underline_color),
    )


def _color(color: Any) -> int | None:  # noqa: ANN401
    if color.tag == 0:
        return None
    if color.tag == 1:
        return int(color.value.palette)
    rgb = color.value.rgb
    return RGB | int(rgb.r) << 16 | int(rgb.g) << 8 | int(rgb.b)
