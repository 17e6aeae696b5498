"""A screen as one HTML page without scripts: text that can be searched and copied."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from player.drawing.colours import BACKGROUND, FOREGROUND, decoration, hexadecimal, look
from player.view.cells import clusters, is_even, shown_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from formats.size import Size
    from player.screen.values import Row, Run

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Screen {cols}x{rows}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
body {{ margin: 0; background: {bg}; }}
pre {{ margin: 1em; color: {fg}; font: 14px/1.22 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas,
  monospace; font-variant-ligatures: none; }}
pre i {{ font-style: normal; display: inline-block; width: 2ch; }}
</style></head><body><pre>
"""


def as_html(rows: Sequence[Row], size: Size) -> bytes:
    """The whole page."""
    head = _PAGE.format(
        cols=size.cols, rows=size.rows, bg=hexadecimal(BACKGROUND), fg=hexadecimal(FOREGROUND)
    )
    lines = ["".join(map(_run, row)) for row in rows]
    return (head + "\n".join(lines) + "\n</pre></body></html>\n").encode("utf-8", "replace")


def _run(run: Run) -> str:
    text = escape(shown_text(run.text))
    if not is_even(run):
        # Wide characters: fonts do not agree on their width, the page says it.
        text = "".join(
            f"<i>{escape(shown_text(characters))}</i>"
            if cols > 1
            else escape(shown_text(characters))
            for characters, cols in clusters(run)
        )
    css = _css(run)
    return f'<span style="{css}">{text}</span>' if css else text


def _css(run: Run) -> str:
    style = run.style
    colours = look(style)
    lines = decoration(style)
    parts = [
        f"color:{hexadecimal(colours.fg)}" if colours.fg != FOREGROUND else "",
        f"background:{hexadecimal(colours.bg)}" if colours.bg is not None else "",
        "font-weight:bold" if style.bold else "",
        "font-style:italic" if style.italic else "",
        f"text-decoration:{lines}" if lines else "",
    ]
    return ";".join(filter(None, parts))
