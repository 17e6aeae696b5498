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

_CELL_WIDTH, _CELL_HEIGHT, _BASELINE, _FONT = 8.4, 17, 13, 14
_MARGIN = 10
_FAMILY = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"


def as_svg(rows: Sequence[Row], size: Size) -> bytes:
    """The whole screen, its blank rows too."""
    width = size.cols * _CELL_WIDTH + 2 * _MARGIN
    height = size.rows * _CELL_HEIGHT + 2 * _MARGIN
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
            f'viewBox="0 0 {width:g} {height:g}">'
        ),
        f'<rect width="100%" height="100%" rx="6" fill="{hexadecimal(BACKGROUND)}"/>',
        f'<g font-family="{_FAMILY}" font-size="{_FONT}" xml:space="preserve">',
    ]
    for number, row in enumerate(rows):
        parts += _row(row, _MARGIN + number * _CELL_HEIGHT)
    return "\n".join((*parts, "</g>", "</svg>", "")).encode("utf-8", "replace")


def _row(row: Row, top: float) -> Iterator[str]:
    col = 0
    for run in row:
        left, wide = _MARGIN + col * _CELL_WIDTH, run.cols * _CELL_WIDTH
        colours = look(run.style)
        if colours.bg is not None:
            yield (
                f'<rect x="{left:g}" y="{top:g}" width="{wide:g}" height="{_CELL_HEIGHT}" '
                f'fill="{hexadecimal(colours.bg)}"/>'
            )
        if run.text.strip(" ") or run.style.underline or run.style.strike or run.style.overline:
            for text, first, cols in _pieces(run):
                x = _MARGIN + (col + first) * _CELL_WIDTH
                length = f' textLength="{cols * _CELL_WIDTH:g}"' if cols > 1 else ""
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
