"""A screen as SVG: a text for each run at its column, so that no font can shift a row."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from player.drawing.colours import BACKGROUND, FOREGROUND, decoration, hexadecimal, look
from player.view.cells import clusters, shown_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from formats.size import Size
    from player.screen.values import Cursor, Row, Run, Style

CELL_WIDTH, CELL_HEIGHT, _BASELINE, _FONT = 8.4, 17, 13, 14
MARGIN = 10
_FAMILY = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
# Blanks count: browsers are told so by the rule, other programs by the attribute. Neighbouring
# backgrounds end on the same pixel, or a seam is between them.
RULE = "text{white-space:pre}"
LETTERS = (
    f'font-family="{_FAMILY}" font-size="{_FONT}" xml:space="preserve" shape-rendering="crispEdges"'
)


def as_svg(rows: Sequence[Row], size: Size, cursor: Cursor | None = None) -> bytes:
    """The whole screen, its blank rows too; without a cursor for None."""
    width = size.cols * CELL_WIDTH + 2 * MARGIN
    height = size.rows * CELL_HEIGHT + 2 * MARGIN
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
            f'viewBox="0 0 {width:g} {height:g}">'
        ),
        f'<rect width="100%" height="100%" rx="6" fill="{hexadecimal(BACKGROUND)}"/>',
        f"<style>{RULE}</style>",
        f"<g {LETTERS}>",
    ]
    for number, row in enumerate(rows):
        parts += drawn_row(row, MARGIN, MARGIN + number * CELL_HEIGHT)
    if cursor is not None:
        left, top = MARGIN + cursor.col * CELL_WIDTH, MARGIN + cursor.row * CELL_HEIGHT
        parts.append(pointer(left, top))
    return "\n".join((*parts, "</g>", "</svg>", "")).encode("utf-8", "replace")


def pointer(left: float, top: float) -> str:
    """The cursor, on a cell that begins there."""
    return (
        f'<rect x="{left:g}" y="{top:g}" width="{CELL_WIDTH}" height="{CELL_HEIGHT}" '
        f'fill="{hexadecimal(FOREGROUND)}" opacity=".6"/>'
    )


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
        lined = bool(run.style.underline or run.style.strike or run.style.overline)
        if lined or run.text.strip(" "):
            for text, first, cols in _pieces(run, blanks=lined):
                x = left_edge + (col + first) * CELL_WIDTH
                length = f' textLength="{cols * CELL_WIDTH:g}"' if cols > 1 else ""
                yield (
                    f'<text x="{x:g}" y="{top + _BASELINE:g}"{length} '
                    f'fill="{hexadecimal(colours.fg)}"{_looks(run.style)}>'
                    f"{escape(shown_text(text))}</text>"
                )
        col += run.cols


def _pieces(run: Run, *, blanks: bool) -> Iterator[tuple[str, int, int]]:
    """(Text, first column in the run, columns); `blanks` between others are to be seen."""
    if run.text.isascii():
        yield run.text, 0, run.cols
        return
    col = 0
    for characters, cols in clusters(run):
        if blanks or characters.strip(" "):
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
