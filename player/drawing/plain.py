"""A screen as text, and as text with the sequences that colour it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from player.screen.values import DEFAULT_STYLE
from player.view.cells import shown_text, style_sequence, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from player.screen.values import Row


def as_text(rows: Sequence[Row]) -> bytes:
    """The text in UTF-8, a row a line; blanks at the ends of rows and rows at the end left off."""
    lines = [shown_text(text_of(row)).rstrip(" ") for row in rows]
    while lines and not lines[-1]:
        lines.pop()
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def as_ansi(rows: Sequence[Row]) -> bytes:
    """The same with SGR sequences; each line begins and ends in the default style."""
    kept = list(rows)
    while kept and not kept[-1]:
        kept.pop()
    return "".join(f"{_line(row)}\n" for row in kept).encode("utf-8", "replace")


def _line(row: Row) -> str:
    parts: list[str] = []
    style = DEFAULT_STYLE
    for run in row:
        look = run.style._replace(link="")
        if look != style:
            parts.append(style_sequence(look))
            style = look
        parts.append(shown_text(run.text))
    if style != DEFAULT_STYLE:
        parts.append(style_sequence(DEFAULT_STYLE))
    return "".join(parts)
