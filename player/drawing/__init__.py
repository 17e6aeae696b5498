"""One screen as a file: text, text with colours, SVG, HTML. Rows of styled runs in, bytes out.

Pictures of pixels are made where there is a library for them (`player.drawing.png`, if installed).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from formats.errors import SessionsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from formats.size import Size
    from player.screen.values import Row

FORMS = ("text", "ansi", "svg", "html", "png")


class FormError(SessionsError):
    """There is no such form, or what makes it is not installed."""


def rendered(form: str, rows: Sequence[Row], size: Size) -> bytes:
    """The screen in one of FORMS. Raises FormError."""
    if form in ("text", "ansi"):
        from player.drawing.plain import as_ansi, as_text  # noqa: PLC0415

        return as_text(rows) if form == "text" else as_ansi(rows)
    if form == "svg":
        from player.drawing.svg import as_svg  # noqa: PLC0415

        return as_svg(rows, size)
    if form == "html":
        from player.drawing.html import as_html  # noqa: PLC0415

        return as_html(rows, size)
    if form == "png":
        return _as_png(rows, size)
    message = f"a screen cannot be saved as .{form}: use .txt, .ansi, .svg, .html or .png"
    raise FormError(message)


def _as_png(rows: Sequence[Row], size: Size) -> bytes:
    try:
        made = import_module("player.drawing.png").as_png(rows, size)
    except ImportError:
        message = "PNG needs Pillow: pip install 'claude-sessions-recorder[images]'"
        raise FormError(message) from None
    return bytes(made)
