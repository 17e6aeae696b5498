"""The bar below the recording: place, length, speed, time of day; and the timeline. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from player.screen.values import Run, Style
from player.view.cells import clip, width_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from player.screen.values import Row

_BLOCKS = " ▁▂▃▄▅▆▇█"
_BACK = Style(fg=15, bg=236)
_DIM = Style(fg=246, bg=236)
_SAYS = Style(fg=11, bg=236, bold=True)
_ALERT = Style(fg=0, bg=3, bold=True)
_PAST = Style(fg=75, bg=234)
_FUTURE = Style(fg=240, bg=234)
_HEAD = Style(fg=0, bg=15, bold=True)

# What a column shows if several fall into it: the last of these.
TICKS = {
    "resize": ("↔", 13),
    "title": ("t", 244),
    "prompt": ("›", 14),  # noqa: RUF001
    "input": ("›", 14),  # noqa: RUF001
    "clear": ("c", 244),
    "notification": ("!", 11),
    "gap": ("×", 9),  # noqa: RUF001
    "exit": ("▪", 9),
    "marker": ("◆", 11),
    "hit": ("●", 10),
    "loop": ("┃", 15),
}
_RANK = {kind: rank for rank, kind in enumerate(TICKS)}


class Tick(NamedTuple):
    """Something to see on the timeline, and where: a part of its length, 0..1."""

    part: float
    kind: str


class Status(NamedTuple):
    """What the bar tells. Times in words; `where` is empty when all of the recording is shown."""

    state: str
    place: str
    length: str
    speed: str
    clock: str
    title: str
    where: str
    says: str
    alert: bool = False


def status_row(status: Status, width: int) -> Row:
    """The line of words; what has no room is left out from the right, title first."""
    left = [
        Run(f" {status.state} ", len(status.state) + 2, _BACK._replace(bold=True)),
        _run(f"{status.place} / {status.length}", _BACK),
        _run(f"  {status.speed}", _BACK),
        _run(f"  {status.clock}", _DIM),
    ]
    tail = [_run(f"  {status.where}", _SAYS)] if status.where else []
    if status.says and width_of([*left, *tail]) + _cells(status.says) > width - 4:
        # What was just said goes before what the bar says for ever.
        left, tail = left[:2], []
    while len(left) > 1 and width_of([*left, *tail]) > width:
        left.pop()
    used = width_of([*left, *tail])
    if status.says:
        words = _run(f"  {status.says} ", _ALERT if status.alert else _SAYS)
    else:
        words = _run(f"  {status.title}" if status.title else "", _DIM)
    words = _cut(words, max(0, width - used - 1))
    hint = _run("  h help " if tail else "h help ", _DIM)
    space = width - used - words.cols
    tail_room = space - hint.cols
    row: list[Run] = [*left, words]
    if tail_room >= 1 and not status.says:
        row += [_run(" " * tail_room, _BACK), *tail, hint]
    else:
        row += [_run(" " * max(0, space), _BACK), *tail]
    return clip(tuple(row), 0, width)


def prompt_row(lead: str, typed: str, cursor: int, width: int) -> tuple[Row, int]:
    """A line that is being typed, and the column of its cursor; a long one is shown in part."""
    room = max(1, width - len(lead) - 2)
    before = _cells(typed[:cursor])
    first = max(0, before - room)
    text = clip((_run(typed, _BACK),), first, first + room + 1)
    row = (Run(lead, len(lead), _SAYS), *text)
    blank = width - width_of(row)
    return (*row, _run(" " * blank, _BACK)), len(lead) + before - first


def timeline_row(width: int, part: float, activity: Sequence[int], ticks: Iterable[Tick]) -> Row:
    """The timeline: how much was new when, what happened, and the playhead at `part` (0..1).

    `activity` has any number of buckets, spread over the whole length.
    """
    heights = _heights(_spread(activity, width))
    marks: dict[int, str] = {}
    for tick in ticks:
        col = min(width - 1, max(0, int(tick.part * width)))
        if tick.kind in _RANK and _RANK[tick.kind] >= _RANK.get(marks.get(col, ""), -1):
            marks[col] = tick.kind
    head = min(width - 1, max(0, int(part * width)))
    runs: list[Run] = []
    for col in range(width):
        base = _PAST if col < head else _FUTURE
        character, style = _BLOCKS[heights[col]], base
        if col in marks:
            character, colour = TICKS[marks[col]]
            style = base._replace(fg=colour, bold=True)
        if col == head:
            style = _HEAD
            character = "│" if character == " " else character
        if runs and runs[-1].style == style:
            runs[-1] = Run(runs[-1].text + character, runs[-1].cols + 1, style)
        else:
            runs.append(Run(character, 1, style))
    return tuple(runs)


def column_part(col: int, width: int) -> float:
    """The part of the length that a column of the timeline stands for: its left edge."""
    return max(0.0, min(1.0, col / max(1, width)))


def _spread(activity: Sequence[int], width: int) -> list[int]:
    """Buckets joined (or repeated) to one for each column."""
    count = len(activity)
    if not count:
        return [0] * width
    found: list[int] = []
    for col in range(width):
        first = col * count // width
        end = max(first + 1, (col + 1) * count // width)
        found.append(max(activity[first:end]))
    return found


def _heights(counts: Sequence[int]) -> list[int]:
    """0..8 each. By the square root, so that one burst does not flatten all the rest."""
    most = max(counts, default=0)
    if not most:
        return [0] * len(counts)
    return [0 if not count else max(1, round((count / most) ** 0.5 * 8)) for count in counts]


def _run(text: str, style: Style) -> Run:
    return Run(text, _cells(text), style)


def _cut(run: Run, cols: int) -> Run:
    if run.cols <= cols:
        return run
    if cols < 4:  # noqa: PLR2004
        return Run(" " * cols, cols, run.style)
    (part,) = clip((run,), 0, cols - 1)
    return Run(part.text + "…", part.cols + 1, run.style)


def _cells(text: str) -> int:
    from player.console import cells  # noqa: PLC0415  it is loaded anyway where lists are

    return cells(text)
