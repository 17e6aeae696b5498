"""tlog: one JSON object a line, as tlog-rec writes to a file and journalctl gives back. Reading.

A message holds texts and a `timing` that says in which order they are played:

    +N      N milliseconds go by
    <N >N   N characters of in_txt, of out_txt
    [N/M ]N/M   N characters of in_txt (out_txt) stand for M bytes of in_bin (out_bin)
    =WxH    the window's size

Source: tlog's doc/log_format.md. Of the messages of several recordings in one file, the first
recording is read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

import orjson

from formats.entry import Entry
from formats.interchange.fields import LONGEST_RECORDING_US as _LONGEST_US
from formats.interchange.fields import (
    US_PER_MS,
    damaged_line,
    epoch_us,
    side,
    start_entry,
    text_of,
)
from formats.interchange.json_lines import json_lines
from formats.line import INPUT, OUTPUT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formats.damage import Damage
    from formats.interchange.source import Source
    from formats.line import Direction

_RECORD = re.compile(
    r"([+<>])(\d{1,15})|([\[\]])(\d{1,9})/(\d{1,9})|=(\d{1,5})x(\d{1,5})", re.ASCII
)


def is_tlog(head: bytes) -> bool:
    """Whether the first line is a message of tlog."""
    return _message(head.lstrip().partition(b"\n")[0]) is not None


def read_tlog(file: Source, name: str, damage: Damage, start_us: int) -> Iterator[Entry]:
    """The entries of a tlog recording; `start_us` is when it began if it does not say so."""
    reader = _Reader(name, damage, start_us)
    for number, line in json_lines(file, name, damage, is_tlog):
        yield from reader.message(number, line)


def _message(line: bytes) -> dict[str, Any] | None:
    try:
        value = cast("object", orjson.loads(line))
    except orjson.JSONDecodeError:
        return None
    if not isinstance(value, dict):
        return None
    fields = cast("dict[str, Any]", value)
    # journalctl's JSON gives the message as the text of a field.
    inner = fields.get("MESSAGE")
    if isinstance(inner, str) and "timing" not in fields:
        return _message(inner.encode("utf-8", "replace"))
    known = all(isinstance(fields.get(key), str) for key in ("timing", "in_txt", "out_txt"))
    return fields if known and type(fields.get("pos")) is int else None


class _Reader:
    def __init__(self, name: str, damage: Damage, start_us: int) -> None:
        self._name = name
        self._damage = damage
        self._start_us = self._time_us = start_us
        self._recording: object = None
        self._next_id: int | None = None

    def message(self, number: int, line: bytes) -> Iterator[Entry]:
        fields = _message(line)
        if fields is None:
            damaged_line(self._damage, self._name, number, "no message of tlog")
            return
        if self._next_id is None:
            yield self._start(fields)
        elif fields.get("rec") != self._recording:
            damaged_line(self._damage, self._name, number, "another recording's message")
            return
        found = fields.get("id")
        if type(found) is int:
            if self._next_id is not None and found > self._next_id:
                damaged_line(self._damage, self._name, number, "messages before it are missing")
            self._next_id = found + 1
        else:
            self._next_id = 0
        at_us = min(max(0, fields["pos"]) * US_PER_MS, _LONGEST_US)
        self._time_us = max(self._time_us, self._start_us + at_us)
        yield from self._played(number, fields)

    def _start(self, fields: dict[str, Any]) -> Entry:
        self._recording = fields.get("rec")
        wall_us = epoch_us(fields.get("time"))
        if wall_us is not None:
            self._start_us = max(0, wall_us - max(0, fields["pos"]) * US_PER_MS)
        self._time_us = self._start_us
        cols = rows = 0
        if first := re.match(r"=(\d{1,5})x(\d{1,5})", fields["timing"]):
            cols, rows = side(int(first[1])), side(int(first[2]))
        return start_entry(
            self._start_us,
            source="tlog",
            cols=cols,
            rows=rows,
            term=text_of(fields.get("term")),
            host=text_of(fields.get("host")),
            user=text_of(fields.get("user")),
        )

    def _played(self, number: int, fields: dict[str, Any]) -> Iterator[Entry]:
        streams = {
            INPUT: _Stream(fields["in_txt"], fields.get("in_bin")),
            OUTPUT: _Stream(fields["out_txt"], fields.get("out_bin")),
        }
        place, timing = 0, fields["timing"]
        while match := _RECORD.match(timing, place):
            place = match.end()
            kind, count, binary, characters, size, cols, rows = match.groups()
            if kind == "+":
                # A wait of centuries moves nothing.
                waited_us = self._time_us + int(count) * US_PER_MS
                if waited_us - self._start_us <= _LONGEST_US:
                    self._time_us = waited_us
                continue
            if cols is not None:
                if side(int(cols)) and side(int(rows)):
                    event = {"type": "resize", "cols": int(cols), "rows": int(rows)}
                    yield Entry(self._time_us, "", OUTPUT, b"", event)
                continue
            direction: Direction = INPUT if (kind or binary) in ("<", "[") else OUTPUT
            stream = streams[direction]
            data = stream.text(int(count)) if kind else stream.binary(int(characters), int(size))
            if data is None:
                damaged_line(self._damage, self._name, number, "less text than its timing says")
                return
            if data:
                yield Entry(self._time_us, "", direction, data)
        if place < len(timing):
            damaged_line(self._damage, self._name, number, "a timing that cannot be read")


class _Stream:
    """The text and the bytes of one direction in a message, taken from their beginnings."""

    def __init__(self, text: str, binary: object) -> None:
        self._text = text
        self._binary = cast("list[object]", binary) if isinstance(binary, list) else []
        self._text_at = self._binary_at = 0

    def text(self, count: int) -> bytes | None:
        found = self._text[self._text_at : self._text_at + count]
        self._text_at += count
        return found.encode("utf-8", "replace") if len(found) == count else None

    def binary(self, characters: int, count: int) -> bytes | None:
        found = self._binary[self._binary_at : self._binary_at + count]
        self._text_at += characters
        self._binary_at += count
        try:
            data = bytes(cast("list[int]", found))
        except (TypeError, ValueError):
            return None
        return data if len(data) == count else None
