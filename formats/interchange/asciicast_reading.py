"""Reading asciicast, versions 1, 2 and 3: a file in, entries out."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

import orjson

from formats.entry import Entry
from formats.errors import LogError, printable
from formats.interchange.asciicast import PASSED_ON
from formats.interchange.fields import (
    damaged_line,
    epoch_us,
    seconds_us,
    side,
    start_entry,
    terminal_fields,
    text_of,
)
from formats.interchange.json_lines import json_lines
from formats.line import INPUT, OUTPUT, without_surrogates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formats.damage import Damage
    from formats.entry import Event
    from formats.interchange.source import Source

_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})", re.ASCII)
_EVENT_LENGTH = 3
_SIGNALLED = 128
# The longest label or unknown data that is kept: a line of a log holds 1 MiB.
_LONGEST_DATA = 64 << 10


def read_cast(file: Source, name: str, damage: Damage, start_us: int) -> Iterator[Entry]:
    """The entries of a cast of any version.

    `start_us` is when it began if it does not say so. Raises LogError when it is no cast.
    """
    header = cast_header(file.peek())
    version = header.get("version")
    if version is None or version == 1:
        from formats.interchange.asciicast_v1 import read_v1  # noqa: PLC0415  it is rare by now

        return read_v1(file, name, damage, start_us)
    lines = json_lines(file, name, damage, lambda line: _value(line) is not None)
    next(lines)
    if version == 2:  # noqa: PLR2004  the versions are numbers
        return _v2(lines, header, name, damage, start_us)
    if version == 3:  # noqa: PLR2004
        return _v3(lines, header, name, damage, start_us)
    what = printable(str(version), 20)
    raise LogError(
        f"{printable(name, 200)} is an asciicast of version {what}: 1, 2 and 3 are known"
    )


def cast_header(head: bytes) -> dict[str, Any]:
    """The header that the beginning of a file holds in its first line; empty when it is none.

    So it is for most of version 1, whose single object goes over many lines.
    """
    return _object(head.lstrip().partition(b"\n")[0])


def _value(line: bytes) -> object:
    try:
        return cast("object", orjson.loads(line))
    except orjson.JSONDecodeError:
        pass
    try:  # lone surrogates, which some writers produce
        return cast("object", json.loads(line))
    except (ValueError, RecursionError):
        return None


def _object(line: bytes) -> dict[str, Any]:
    value = _value(line)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _stated(header: dict[str, Any]) -> dict[str, Any]:
    """What versions 2 and 3 state in the same words."""
    return {
        "command": text_of(header.get("command")),
        "title": text_of(header.get("title")),
        "idle_limit": header.get("idle_time_limit"),
    }


def _v2(
    lines: Iterator[tuple[int, bytes]],
    header: dict[str, Any],
    name: str,
    damage: Damage,
    start_us: int,
) -> Iterator[Entry]:
    start_us = epoch_us(header.get("timestamp")) or start_us
    yield start_entry(
        start_us,
        source="asciicast-v2",
        cols=side(header.get("width")),
        rows=side(header.get("height")),
        theme=_theme(header.get("theme")),
        **_stated(header),
        **terminal_fields(header),
    )
    time_us = start_us
    for at_us, event in _events(lines, name, damage):
        time_us = max(time_us, start_us + at_us)
        yield event._replace(time_us=time_us)


def _v3(
    lines: Iterator[tuple[int, bytes]],
    header: dict[str, Any],
    name: str,
    damage: Damage,
    start_us: int,
) -> Iterator[Entry]:
    start_us = epoch_us(header.get("timestamp")) or start_us
    found = header.get("term")
    term = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    yield start_entry(
        start_us,
        source="asciicast-v3",
        cols=side(term.get("cols")),
        rows=side(term.get("rows")),
        **_stated(header),
        term=text_of(term.get("type")),
        env=header.get("env"),
        tags=header.get("tags"),
        theme=_theme(term.get("theme")),
        term_version=text_of(term.get("version")),
    )
    time_us = start_us
    comments = ((number, line) for number, line in lines if not line.startswith(b"#"))
    for interval_us, event in _events(comments, name, damage):
        time_us += max(0, interval_us)
        yield event._replace(time_us=time_us)


def _theme(value: object) -> dict[str, str] | None:
    """Foreground, background and palette, as they are: what we write again must be text."""
    if not isinstance(value, dict):
        return None
    known = cast("dict[str, object]", value)
    found = {name: text_of(known.get(name)) for name in ("fg", "bg", "palette")}
    return {name: text for name, text in found.items() if text is not None} or None


def _events(
    lines: Iterator[tuple[int, bytes]], name: str, damage: Damage
) -> Iterator[tuple[int, Entry]]:
    """(The time in the line, the entry without a time)."""
    for number, line in lines:
        value = _value(line)
        fields = cast("list[object]", value) if isinstance(value, list) else []
        if len(fields) < _EVENT_LENGTH:
            damaged_line(damage, name, number, "no event")
            continue
        time_us, (code, data) = seconds_us(fields[0]), fields[1:3]
        if time_us is None or not isinstance(code, str) or not isinstance(data, str):
            damaged_line(damage, name, number, "an event of the wrong form")
            continue
        entry = _entry(code, data)
        if entry is None:
            damaged_line(damage, name, number, f"bad data in an event {printable(code, 8)!r}")
            continue
        yield time_us, entry


def _entry(code: str, data: str) -> Entry | None:
    if code == "o":
        return Entry(0, "", OUTPUT, without_surrogates(data).encode())
    if code == "i":
        return Entry(0, "", INPUT, without_surrogates(data).encode())
    event = _event(code, without_surrogates(data[:_LONGEST_DATA]))
    return None if event is None else Entry(0, "", OUTPUT, b"", event)


def _event(code: str, data: str) -> Event | None:
    if code == "r":
        match = _SIZE.fullmatch(data)
        cols, rows = (side(int(match[1])), side(int(match[2]))) if match else (0, 0)
        return {"type": "resize", "cols": cols, "rows": rows} if cols and rows else None
    if code == "m":
        return {"type": "marker", "label": data}
    if code == "x":
        if not (data.lstrip("-").isdigit() and data.isascii() and len(data) < 12):  # noqa: PLR2004
            return None
        return {"type": "exit", "status": int(data), "reason": "exited"}
    return {"type": PASSED_ON, "code": without_surrogates(code[:_LONGEST_DATA]), "data": data}
