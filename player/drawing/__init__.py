"""One screen as a file: text, with colours, SVG, HTML, PNG. Rows of styled runs in, bytes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from formats.errors import SessionsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from formats.size import Size
    from player.screen.values import Row

FORMS = ("text", "ansi", "svg", "html", "png")


class FormError(SessionsError):
    """There is no such form."""


def rendered(form: str, rows: Sequence[Row], size: Size) -> bytes:
    """The screen in one of FORMS. Raises FormError, FontError for a picture without fonts."""
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
        want_pillow()
        from player.drawing.raster import as_png  # noqa: PLC0415

        return as_png(rows, size)[0]
    message = f"a screen cannot be saved as .{form}: use .txt, .ansi, .svg, .html or .png"
    raise FormError(message)


def want_pillow() -> None:
    """Raises FormError where Pillow, which draws pictures of pixels, is not installed."""
    from importlib.util import find_spec  # noqa: PLC0415  for pictures alone

    if find_spec("PIL") is None:
        raise FormError("a picture needs Pillow, which is not installed: pip install pillow")
