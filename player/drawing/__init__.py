"""One screen as a file: text, text with colours, SVG, HTML. Rows of styled runs in, bytes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from formats.errors import SessionsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from formats.size import Size
    from player.screen.values import Row

FORMS = ("text", "ansi", "svg", "html")


class FormError(SessionsError):
    """There is no such form."""


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
    message = f"a screen cannot be saved as .{form}: use .txt, .ansi, .svg or .html"
    raise FormError(message)
