"""Sessions as rows of text and as JSON. Pure: summaries in, lines out."""

from __future__ import annotations

import os
import shlex
import signal
from typing import TYPE_CHECKING, Any

from formats import timestamp
from formats.layout import parse_log_name
from player.cli.console import escaped
from player.times import date_and_clock, elapsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from formats.store import Listed

HEADINGS = ("ID", "START", "LENGTH", "SIZE", "EXIT", "COMMAND", "TITLE", "DIRECTORY")
_TITLE, _DIRECTORY = HEADINGS.index("TITLE"), HEADINGS.index("DIRECTORY")
_NUMBERS = (HEADINGS.index("LENGTH"), HEADINGS.index("SIZE"))
_FITTED = slice(HEADINGS.index("COMMAND"), len(HEADINGS))
# Enough to tell which session it is, and to resolve it.
_SHORT_ID_LENGTH = 8
_GAP = "  "
_CUT = "…"
_US_PER_S, _KILO = 1_000_000, 1000
_DATE_AND_MINUTE = len("2026-02-07 18:15")

Row = tuple[str, ...]
"""A cell for each of HEADINGS."""


def length_us(listed: Listed, now_us: int) -> int:
    """How long a session lasted, or has lasted up to now."""
    end_us = now_us if listed.live else listed.meta.end_us
    return 0 if end_us is None else max(0, end_us - listed.meta.start_us)


def row(listed: Listed, now_us: int, user_home: str | None = None) -> Row:
    """The cells of a session; `user_home` is written as `~` where it begins the directory."""
    meta = listed.meta
    directory = meta.cwd or ""
    if user_home and (directory + "/").startswith(user_home.rstrip("/") + "/"):
        directory = "~" + directory[len(user_home.rstrip("/")) :]
    return (
        meta.session_id[:_SHORT_ID_LENGTH],
        date_and_clock(meta.start_us)[:_DATE_AND_MINUTE],
        elapsed(length_us(listed, now_us)).partition(".")[0],
        size_text(listed.disk_bytes),
        _exit_text(listed),
        escaped(shlex.join(meta.command)),
        escaped(meta.title or _file_name(listed)),
        escaped(directory),
    )


def table(rows: Sequence[Row], width: int) -> list[str]:
    """Headings and rows in columns that fit into `width` cells of a terminal.

    Command, title and directory share what is left; a column without any text is left out.
    """
    lines = [HEADINGS, *rows]
    widths = [max(map(cells, column)) for column in zip(*lines, strict=True)]
    if not any(one[_TITLE] for one in rows):
        widths[_TITLE] = 0
    gaps = len(_GAP) * (sum(map(bool, widths)) - 1)
    room = width - gaps - sum(widths[: _FITTED.start])
    widths[_FITTED] = _shared(widths[_FITTED], max(room, 0))
    return [cut(_line(one, widths), width).rstrip() for one in lines]


def tabbed(rows: Iterable[Row]) -> list[str]:
    """A row a line, the cells in full, a tab between them, no headings: for other programs."""
    return ["\t".join(one) for one in rows]


def as_json(listed: Listed, now_us: int) -> dict[str, Any]:
    """A session as an object for JSON; times as RFC 3339, None for what is not known."""
    meta = listed.meta
    end_us = None if listed.live else meta.end_us
    return {
        "session_id": meta.session_id,
        "path": listed.session.path,
        "recording": listed.live,
        "start": timestamp.text(meta.start_us),
        "end": None if end_us is None else timestamp.text(end_us),
        "length_s": length_us(listed, now_us) / _US_PER_S,
        "size_bytes": listed.disk_bytes,
        "exit_status": meta.exit_status,
        "exit_signal": meta.exit_signal,
        "exit_reason": meta.exit_reason,
        "command": meta.command,
        "title": meta.title,
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


def size_text(size_bytes: int) -> str:
    """`512 B`, `6.2 kB`, `13 MB`: two digits or more, thousands as disks count them."""
    if size_bytes < _KILO:
        return f"{size_bytes} B"
    size: float = size_bytes
    for unit in ("kB", "MB", "GB"):
        size /= _KILO
        if size < _KILO - 0.5:
            return f"{size:.1f} {unit}" if size < 9.95 else f"{size:.0f} {unit}"  # noqa: PLR2004
    return f"{size / _KILO:.1f} TB"


def cells(text: str) -> int:
    """How many cells of a terminal `text` takes."""
    if text.isascii():
        return len(text)
    return sum(map(_cells, text))


def cut(text: str, width: int, *, keep_end: bool = False) -> str:
    """`text` in at most `width` cells, `…` where something is missing."""
    if cells(text) <= width:
        return text
    room = width - len(_CUT)
    if room < 0:
        return ""
    kept: list[str] = []
    for character in reversed(text) if keep_end else text:
        room -= _cells(character)
        if room < 0:
            break
        kept.append(character)
    return _CUT + "".join(reversed(kept)) if keep_end else "".join(kept) + _CUT


def _file_name(listed: Listed) -> str:
    """What a log is called that lies anywhere; in the store, names say no more than the id."""
    name = os.path.basename(listed.session.path)
    return "" if parse_log_name(name) else name


def _exit_text(listed: Listed) -> str:
    meta = listed.meta
    if listed.live:
        return "recording"
    if meta.exit_signal is not None:
        try:
            return signal.Signals(meta.exit_signal).name
        except ValueError:
            return f"signal {meta.exit_signal}"
    return "-" if meta.exit_status is None else str(meta.exit_status)


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


def _cells(character: str) -> int:
    if character.isascii():
        return 1
    import unicodedata  # noqa: PLC0415  mostly not needed

    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
