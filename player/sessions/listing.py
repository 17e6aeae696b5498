"""Sessions as rows of text and as JSON. Pure: summaries in, lines out."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any

from formats import timestamp
from formats.layout import parse_log_name
from player.console import cells, cut, escaped, size_text
from player.sessions.overview import FAILED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from formats.store import Listed
    from player.sessions.overview import Overview

HEADINGS = (
    "ID", "STATE", "AGE", "ACTIVE", "LINES", "TITLE", "DIRECTORY", "COMMAND", "SIZE", "RATIO",
)  # fmt: skip
_TITLE, _DIRECTORY, _COMMAND = map(HEADINGS.index, ("TITLE", "DIRECTORY", "COMMAND"))
_FITTED = (_TITLE, _DIRECTORY, _COMMAND)
_NUMBERS = tuple(map(HEADINGS.index, ("AGE", "ACTIVE", "LINES", "SIZE", "RATIO")))
# What a narrow window has to do without, in this order, for the sake of what says what it was.
_FIRST_TO_GO = tuple(map(HEADINGS.index, ("RATIO", "SIZE", "LINES", "ACTIVE")))
_FITTED_CELLS = 36
# Enough to tell which session it is, and to resolve it.
_SHORT_ID_LENGTH = 8
_GAP = "  "
_US_PER_S = 1_000_000
_S_OF = (("y", 365 * 86_400), ("w", 7 * 86_400), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))
_UNKNOWN = "-"

Row = tuple[str, ...]
"""A cell for each of HEADINGS."""


def length_us(listed: Listed, now_us: int) -> int:
    """How long a session lasted, or has lasted up to now."""
    end_us = now_us if listed.live else listed.meta.end_us
    return 0 if end_us is None else max(0, end_us - listed.meta.start_us)


def row(shown: Overview, now_us: int, user_home: str | None = None) -> Row:
    """The cells of a session; `user_home` is written as `~` where it begins the directory."""
    listed, summary = shown.listed, shown.summary
    meta = listed.meta
    directory = meta.cwd or ""
    if user_home and (directory + "/").startswith(user_home.rstrip("/") + "/"):
        directory = "~" + directory[len(user_home.rstrip("/")) :]
    ratio = ratio_of(listed)
    return (
        meta.session_id[:_SHORT_ID_LENGTH],
        state_text(shown),
        duration(now_us - meta.start_us),
        _UNKNOWN if summary is None else duration(summary.active_us),
        _UNKNOWN if summary is None else str(summary.lines),
        escaped(shown.title or _file_name(listed)),
        escaped(directory),
        escaped(shlex.join(meta.command)),
        size_text(listed.disk_bytes),
        _UNKNOWN if ratio is None else f"{ratio:.1f}",
    )


def ratio_of(listed: Listed) -> float | None:
    """How many times smaller than its lines the log lies on disk; None where that is not known."""
    # The summary of a session that is recorded is of its last rotation.
    known = listed.counted and listed.disk_bytes and not listed.live
    return listed.meta.log_bytes / listed.disk_bytes if known and listed.meta.log_bytes else None


def state_text(shown: Overview) -> str:
    """The state, and what it failed with."""
    meta = shown.listed.meta
    if shown.state != FAILED:
        return shown.state
    if meta.exit_signal is not None:
        return f"{FAILED} {_signal_name(meta.exit_signal)}"
    return f"{FAILED} {meta.exit_status}" if meta.exit_status is not None else FAILED


def duration(us: int) -> str:
    """`45s`, `12m`, `3h`, `5d`, `8w`, `2y`: rounded down, in the largest unit that makes two."""
    seconds = max(0, us) // _US_PER_S
    for unit, length in _S_OF:
        if seconds >= 2 * length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def table(rows: Sequence[Row], width: int) -> list[str]:
    """Headings and rows in columns that fit into `width` cells of a terminal.

    Title, directory and command share what is left; for their sake other columns go where it is
    narrow. A column without any text is left out.
    """
    lines = [HEADINGS, *rows]
    widths = [max(map(cells, column)) for column in zip(*lines, strict=True)]
    for place in _FITTED:
        if not any(one[place] for one in rows):
            widths[place] = 0
    wanted = min(_FITTED_CELLS, sum(widths[place] for place in _FITTED))
    for place in _FIRST_TO_GO:
        if _room(widths, width) >= wanted:
            break
        widths[place] = 0
    shares = _shared([widths[place] for place in _FITTED], max(_room(widths, width), 0))
    for place, share in zip(_FITTED, shares, strict=True):
        widths[place] = share
    return [cut(_line(one, widths), width).rstrip() for one in lines]


def _room(widths: Sequence[int], width: int) -> int:
    """What the columns that are not fitted leave to those that are."""
    gaps = len(_GAP) * (sum(map(bool, widths)) - 1)
    return width - gaps - sum(one for place, one in enumerate(widths) if place not in _FITTED)


def tabbed(rows: Iterable[Row]) -> list[str]:
    """A row a line, the cells in full, a tab between them, no headings: for other programs."""
    return ["\t".join(one) for one in rows]


def as_json(shown: Overview, now_us: int) -> dict[str, Any]:
    """A session as an object for JSON; times as RFC 3339, None for what is not known."""
    listed, summary, recent = shown.listed, shown.summary, shown.recent
    meta = listed.meta
    end_us = None if listed.live else meta.end_us
    ratio = ratio_of(listed)
    return {
        "session_id": meta.session_id,
        "path": listed.session.path,
        "state": shown.state,
        "recording": listed.live,
        "start": timestamp.text(meta.start_us),
        "end": None if end_us is None else timestamp.text(end_us),
        "age_s": max(0, now_us - meta.start_us) / _US_PER_S,
        "length_s": length_us(listed, now_us) / _US_PER_S,
        "active_s": None if summary is None else summary.active_us / _US_PER_S,
        "lines": None if summary is None else summary.lines,
        "entered": None if summary is None else summary.entered,
        "size_bytes": listed.disk_bytes,
        "ratio": None if ratio is None else round(ratio, 2),
        "exit_status": meta.exit_status,
        "exit_signal": meta.exit_signal,
        "exit_reason": meta.exit_reason,
        "command": meta.command,
        "title": shown.title,
        "given_title": meta.title,
        "notification": recent.notification or None if recent is not None else None,
        "tags": meta.tags,
        "pinned": listed.pinned,
        "cwd": meta.cwd,
        "term": meta.term,
        "cols": meta.cols or None,
        "rows": meta.rows or None,
        "entries": meta.entries,
        "input_bytes": meta.input_bytes,
        "output_bytes": meta.output_bytes,
        "log_bytes": meta.log_bytes,
        "segments": meta.segments,
        "markers": meta.markers,
    }


def _file_name(listed: Listed) -> str:
    """What a log is called that lies anywhere; in the store, names say no more than the id."""
    name = os.path.basename(listed.session.path)
    return "" if parse_log_name(name) else name


def _signal_name(number: int) -> str:
    from signal import Signals  # noqa: PLC0415  few were killed

    try:
        return Signals(number).name
    except ValueError:
        return f"signal {number}"


def _shared(wanted: Sequence[int], room: int) -> list[int]:
    """`room` shared out: who wants less than an equal share leaves the rest to the others."""
    given = [0] * len(wanted)
    waiting = sorted((width, index) for index, width in enumerate(wanted) if width)
    for place, (width, index) in enumerate(waiting):
        given[index] = min(width, room // (len(waiting) - place))
        room -= given[index]
    return given


def _line(one: Row, widths: Sequence[int]) -> str:
    parts: list[str] = []
    for index, (text, width) in enumerate(zip(one, widths, strict=True)):
        if not width:
            continue
        shown = cut(text, width, keep_end=index == _DIRECTORY and one is not HEADINGS)
        space = " " * (width - cells(shown))
        parts.append(space + shown if index in _NUMBERS else shown + space)
    return _GAP.join(parts)
