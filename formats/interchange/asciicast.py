"""Writing asciicast, versions 1, 2 and 3: entries in, lines out.

Sources: docs.asciinema.org/manual/asciicast/v1, /v2, /v3; asciinema's CLI and web player where
those are silent. Casts hold text: bytes that are no UTF-8 become U+FFFD.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from formats.interchange.fields import US_PER_MS, US_PER_S, command_line
from formats.interchange.left_out import INPUT, INVALID
from formats.interchange.text import TextStream
from formats.line import OUTPUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from formats.entry import Entry, Event
    from formats.interchange.left_out import LeftOut

PASSED_ON: Final = "asciicast"
"""The type of an event of ours that keeps an event of a cast that nobody knows: code, data."""

_SIGNALLED = 128
_MOST_KNOWN: Final = 10_000


def write_v3(entries: Iterable[Entry], left_out: LeftOut) -> Iterator[bytes]:
    """A cast of version 3: intervals of whole milliseconds, whose sum is never off by more."""
    return _lines(entries, left_out, _header_v3, _Intervals().text, exits=True)


def write_v2(entries: Iterable[Entry], left_out: LeftOut) -> Iterator[bytes]:
    """A cast of version 2: seconds since the beginning."""
    return _lines(entries, left_out, _header_v2, _since_start, exits=False)


def write_v1(entries: Iterable[Entry], left_out: LeftOut) -> Iterator[bytes]:
    """A cast of version 1: one JSON object, output only.

    Over several lines: asciinema's web player refuses one that is on a single line.
    """
    iterator = iter(entries)
    first = next(iterator)
    header = _header_v2(first.event or {}, first.time_us)
    fields = {"version": 1, "width": header["width"], "height": header["height"]}
    fields |= {name: header[name] for name in ("command", "title", "env") if name in header}
    yield orjson.dumps(fields, option=orjson.OPT_INDENT_2)[:-2] + b',\n  "stdout": ['
    stream, previous_us, separator = TextStream(), first.time_us, b"\n    "
    last_us = first.time_us
    for entry in iterator:
        last_us = max(last_us, entry.time_us)
        if entry.direction != OUTPUT or entry.event is not None:
            left_out.add(INPUT if entry.event is None else entry.event["type"])
        elif text := stream.text(entry.data):
            delay = _seconds(last_us - previous_us)
            yield b"%b[%b, %b]" % (separator, delay, orjson.dumps(text))
            previous_us, separator = last_us, b",\n    "
    if text := stream.end():
        yield b"%b[0.000000, %b]" % (separator, orjson.dumps(text))
    left_out.add(INVALID, stream.replaced)
    yield b'\n  ],\n  "duration": %b\n}\n' % _seconds(last_us - first.time_us)


class Quantiser:
    """Rounds intervals to whole quanta, and carries the rounding over to the next.

    So the sum of what it gives is never off by more than half a quantum (error diffusion).
    """

    __slots__ = ("_carried", "_quantum")

    def __init__(self, quantum: int) -> None:
        self._quantum = quantum
        self._carried = 0

    def next(self, interval: int) -> int:
        """The interval as a multiple of the quantum."""
        wanted = interval + self._carried
        given = (wanted + self._quantum // 2) // self._quantum * self._quantum
        self._carried = wanted - given
        return given


class _Intervals:
    """Times since the beginning -> the interval since the one before, as text."""

    def __init__(self) -> None:
        self._previous_us = 0
        self._next = Quantiser(US_PER_MS).next
        self._known: dict[int, bytes] = {}

    def text(self, at_us: int) -> bytes:
        milliseconds = self._next(at_us - self._previous_us) // US_PER_MS
        self._previous_us = at_us
        text = self._known.get(milliseconds)
        if text is None:
            text = b"%d.%03d" % divmod(milliseconds, 1000)
            if len(self._known) < _MOST_KNOWN:
                self._known[milliseconds] = text
        return text


def _since_start(at_us: int) -> bytes:
    return _seconds(at_us)


def _seconds(us: int) -> bytes:
    return b"%d.%06d" % divmod(us, US_PER_S)


def _lines(
    entries: Iterable[Entry],
    left_out: LeftOut,
    header: Callable[[Event, int], dict[str, Any]],
    time_text: Callable[[int], bytes],
    *,
    exits: bool,
) -> Iterator[bytes]:
    iterator = iter(entries)
    first = next(iterator)
    yield orjson.dumps(header(first.event or {}, first.time_us)) + b"\n"
    at_us, dumps = 0, orjson.dumps
    streams = {"output": (TextStream(), b"o"), "input": (TextStream(), b"i")}
    first_us = first.time_us
    for time_us, _, direction, data, event, _ in iterator:
        at_us = max(at_us, time_us - first_us)
        if event is not None:
            if (said := _event(event, exits=exits)) is not None:
                yield b"[%b, %b, %b]\n" % (time_text(at_us), dumps(said[0]), dumps(said[1]))
            else:
                left_out.add(event["type"])
            continue
        stream, letter = streams[direction]
        if text := stream.text(data):
            yield b'[%b, "%b", %b]\n' % (time_text(at_us), letter, dumps(text))
    for stream, letter in streams.values():
        if text := stream.end():
            yield b'[%b, "%b", %b]\n' % (time_text(at_us), letter, dumps(text))
        left_out.add(INVALID, stream.replaced)


def _event(event: Event, *, exits: bool) -> tuple[str, str] | None:
    """(Code, data) of an event; None when a cast cannot hold it."""
    kind = event["type"]
    if kind == "resize" and event["cols"] and event["rows"]:
        return "r", f"{event['cols']}x{event['rows']}"
    if kind == "marker":
        return "m", event.get("label", "")
    if kind == "exit" and exits:
        # As shells say it, where a signal has ended the command.
        status = event.get("status", _SIGNALLED + event.get("signal", 0))
        return "x", str(status)
    if kind == PASSED_ON:
        return event["code"], event["data"]
    return None


def _header_v2(start: Event, time_us: int) -> dict[str, Any]:
    header: dict[str, Any] = {"version": 2, "width": start["cols"], "height": start["rows"]}
    header["timestamp"] = time_us // US_PER_S
    header |= _common(start)
    env = {name: value for name, value in start.get("env", {}).items() if value is not None}
    if term := start.get("term"):
        env["TERM"] = term
    if env:
        header["env"] = env
    if "theme" in start:
        header["theme"] = start["theme"]
    return header


def _header_v3(start: Event, time_us: int) -> dict[str, Any]:
    term: dict[str, Any] = {"cols": start["cols"], "rows": start["rows"]}
    kept = (("type", "term"), ("version", "term_version"), ("theme", "theme"))
    term |= {name: start[ours] for name, ours in kept if start.get(ours)}
    header: dict[str, Any] = {"version": 3, "term": term, "timestamp": time_us // US_PER_S}
    header |= _common(start)
    env = {name: value for name, value in start.get("env", {}).items() if value is not None}
    if env:
        header["env"] = env
    if tags := start.get("tags"):
        header["tags"] = tags
    return header


def _common(start: Event) -> dict[str, Any]:
    fields = (
        ("idle_time_limit", start.get("idle_limit_s")),
        ("command", command_line(start.get("command", []))),
        ("title", start.get("title")),
    )
    return {name: value for name, value in fields if value}
