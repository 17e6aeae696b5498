"""What the drawing process tells the player: a frame, and how it travels between the two.

It travels as JSON, not as pickled objects: the process that feeds a recording to the engine is one
that may go wrong, and what comes from it is checked like anything that is read.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from formats.errors import SessionsError
from formats.size import Size
from player.playing.wire import dumps, loads
from player.screen.values import Row, Run, Style


class FrameError(SessionsError):
    """The drawing process says what cannot be."""


class EngineMissingError(SessionsError):
    """There is no screen engine on this machine."""


class Frame(NamedTuple):
    """The screen at a moment. Times are microseconds since the session's first entry.

    `at_us` is the moment, `last_us` the time of the last output before or at it, `next_us` that of
    the next (None: nothing follows now), `end_us` that of the last known entry. `rows` are those
    that differ from the frame before, all if `whole`. `moved`: what was asked for (a step, a
    change) was found. `live`: a recorder is still writing. `above`: rows of history above the ones
    given, in a frame of the scrollback.
    """

    at_us: int
    last_us: int
    next_us: int | None
    end_us: int
    size: Size
    cursor: tuple[int, int]
    cursor_shown: bool
    title: str
    alternate: bool
    live: bool
    moved: bool
    whole: bool
    rows: list[tuple[int, Row]]
    above: int = 0
    says: str = ""


def encode(frame: Frame) -> bytes:
    """The frame as bytes. Each style travels once."""
    styles: dict[Style, int] = {}
    rows: list[Any] = []
    for number, row in frame.rows:
        cells: list[Any] = []
        for text, cols, style in row:
            cells += (text, cols, styles.setdefault(style, len(styles)))
        rows.append((number, cells))
    fields: dict[str, Any] = frame._asdict()
    fields["size"] = tuple(frame.size)
    fields["rows"] = rows
    fields["styles"] = [tuple(style) for style in styles]
    return dumps(fields)


def decode(data: bytes) -> Frame:
    """The frame in `data`. FrameError when it is none; SessionsError with what it reports."""
    try:
        fields: dict[str, Any] = loads(data)
        if "error" in fields:
            missing = fields.get("kind") == "ScreenEngineError"
            raise (EngineMissingError if missing else SessionsError)(str(fields["error"]))
        styles = [Style(*values) for values in fields.pop("styles")]
        rows = [(int(number), _row(cells, styles)) for number, cells in fields.pop("rows")]
        cols, height = cast("list[int]", fields.pop("size"))
        return Frame(size=Size(int(cols), int(height)), rows=rows, **fields)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        message = f"the drawing process gives no frame ({type(error).__name__})"
        raise FrameError(message) from None


def _row(cells: list[Any], styles: list[Style]) -> Row:
    texts, widths, numbers = cells[::3], cells[1::3], cells[2::3]
    return tuple(
        Run(text, cols, styles[number])
        for text, cols, number in zip(texts, widths, numbers, strict=True)
    )
