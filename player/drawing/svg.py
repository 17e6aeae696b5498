"""A screen as SVG: a text for each run at its column, so that no font can shift a row."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from player.drawing.colours import BACKGROUND, decoration, hexadecimal, look
from player.view.cells import clusters, shown_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from formats.size import Size
    from player.screen.values import Row, Run, Style

CELL_WIDTH, CELL_HEIGHT, _BASELINE, FONT = 8.4, 17, 13, 14
MARGIN = 10
FAMILY = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"


def as_svg(rows: Sequence[Row], size: Size) -> bytes:
    """The whole screen, its blank rows too."""
    width = size.cols * CELL_WIDTH + 2 * MARGIN
    height = size.rows * CELL_HEIGHT + 2 * MARGIN
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
            f'viewBox="0 0 {width:g} {height:g}">'
        ),
        f'<rect width="100%" height="100%" rx="6" fill="{hexadecimal(BACKGROUND)}"/>',
        f'<g font-family="{FAMILY}" font-size="{FONT}" xml:space="preserve">',
    ]
    for number, row in enumerate(rows):
        parts += drawn_row(row, MARGIN, MARGIN + number * CELL_HEIGHT)
    return "\n".join((*parts, "</g>", "</svg>", "")).encode("utf-8", "replace")


def drawn_row(row: Row, left_edge: float = 0, top: float = 0) -> Iterator[str]:
    """The elements of a row."""
    col = 0
    for run in row:
        left, wide = left_edge + col * CELL_WIDTH, run.cols * CELL_WIDTH
        colours = look(run.style)
        if colours.bg is not None:
            yield (
                f'<rect x="{left:g}" y="{top:g}" width="{wide:g}" height="{CELL_HEIGHT}" '
                f'fill="{hexadecimal(colours.bg)}"/>'
            )
        if run.text.strip(" ") or run.style.underline or run.style.strike or run.style.overline:
            for text, first, cols in _pieces(run):
                x = left_edge + (col + first) * CELL_WIDTH
                length = f' textLength="{cols * CELL_WIDTH:g}"' if cols > 1 else ""
                yield (
                    f'<text x="{x:g}" y="{top + _BASELINE:g}"{length} '
                    f'fill="{hexadecimal(colours.fg)}"{_looks(run.style)}>'
                    f"{escape(shown_text(text))}</text>"
                )
        col += run.cols


def _pieces(run: Run) -> Iterator[tuple[str, int, int]]:
    """(Text, first column in the run, columns): one where all characters are one column wide."""
    if run.text.isascii():
        yield run.text, 0, run.cols
        return
    col = 0
    for characters, cols in clusters(run):
        if characters.strip(" "):
            yield characters, col, cols
        col += cols


def _looks(style: Style) -> str:
    lines = decoration(style)
    return "".join(
        (
            ' font-weight="bold"' if style.bold else "",
            ' font-style="italic"' if style.italic else "",
            f' text-decoration="{lines}"' if lines else "",
        )
    )
