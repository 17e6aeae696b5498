"""Making a screen fit a smaller window without losing a word: what repeats is left out. Pure.

A row that looks like the one above it (mostly blank ones) and a column that looks like the one
left of it (blanks, lines, borders) say nothing new. As many are left out as the window lacks, from
the largest stretches first, so that nothing that is near to each other runs together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from formats.size import Size
from player.screen.values import DEFAULT_STYLE, Run, Style
from player.view.cells import clusters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from player.screen.values import Row

_BLANK = (" ", DEFAULT_STYLE)
_Cell = tuple[str, Style]


class Fitted(NamedTuple):
    """The rows that are left, their size, and which rows and columns of the screen they are."""

    rows: list[Row]
    size: Size
    kept_rows: list[int]
    kept_cols: list[int]


def fit(rows: Sequence[Row], size: Size, room: Size) -> Fitted:
    """`rows` of a screen of `size`; as many left out as do not fit into `room`, if they can be."""
    grid = [_cells(row, size.cols) for row in rows]
    kept_rows = _kept([tuple(row) for row in grid], size.rows - room.rows)
    grid = [grid[number] for number in kept_rows]
    columns = list(zip(*grid, strict=True)) if grid else []
    kept_cols = _kept(columns, size.cols - room.cols)
    fitted = [_row([cells[col] for col in kept_cols]) for cells in grid]
    return Fitted(fitted, Size(len(kept_cols), len(kept_rows)), kept_rows, kept_cols)


def _kept(lines: Sequence[object], surplus: int) -> list[int]:
    """Which lines stay when up to `surplus` of those that repeat the one before are left out."""
    stretches: list[list[int]] = []
    for number in range(1, len(lines)):
        if lines[number] != lines[number - 1]:
            continue
        if stretches and stretches[-1][-1] == number - 1:
            stretches[-1].append(number)
        else:
            stretches.append([number])
    dropped: set[int] = set()
    while len(dropped) < surplus and any(stretches):
        dropped.add(max(stretches, key=len).pop())
    return [number for number in range(len(lines)) if number not in dropped]


def _cells(row: Row, cols: int) -> list[_Cell]:
    """One for each column; behind a wide character stands an empty one."""
    found: list[_Cell] = []
    for run in row:
        for characters, width in clusters(run):
            found += [(characters, run.style), *[("", run.style)] * (width - 1)]
    return (found + [_BLANK] * (cols - len(found)))[:cols]


def _row(cells: Sequence[_Cell]) -> Row:
    runs: list[Run] = []
    for characters, style in cells:
        if runs and runs[-1].style == style:
            runs[-1] = Run(runs[-1].text + characters, runs[-1].cols + 1, style)
        else:
            runs.append(Run(characters, 1, style))
    while runs and runs[-1].style == DEFAULT_STYLE and not runs[-1].text.strip(" "):
        runs.pop()
    return tuple(runs)
