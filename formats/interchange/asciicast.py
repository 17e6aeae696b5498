"""Writing asciicast, versions 1, 2 and 3: entries in, lines out.

Sources: docs.asciinema.org/manual/asciicast/v1, /v2, /v3; asciinema's CLI and web player where
those are silent. Casts hold text: bytes that are no UTF-8 become U+FFFD.
"""

from __future__ import annotations

from itertools import accumulate, chain, compress, repeat
from operator import sub
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from formats.interchange.fields import US_PER_MS, US_PER_S, command_line, exit_status
from formats.interchange.left_out import INPUT as TYPED
from formats.interchange.left_out import INVALID
from formats.interchange.text import TextStream
from formats.line import INPUT, OUTPUT
from formats.stretch import Stretch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from formats.entry import Entry, Event
    from formats.interchange.left_out import LeftOut
    from formats.line import Direction

PASSED_ON: Final = "asciicast"
"""The type of an event of ours that keeps an event of a cast that nobody knows: code, data."""

_HALF_MS: Final = US_PER_MS // 2
_MOST_KNOWN: Final = 10_000


def write_v3(parts: Iterable[Entry | Stretch], left_out: LeftOut) -> Iterator[bytes]:
    """A cast of version 3: intervals of whole milliseconds, whose sum is never off by more."""
    return _lines(parts, left_out, _header_v3, Intervals(), exits=True)


def write_v2(parts: Iterable[Entry | Stretch], left_out: LeftOut) -> Iterator[bytes]:
    """A cast of version 2: seconds since the beginning."""
    return _lines(parts, left_out, _header_v2, _SinceStart(), exits=False)


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
            left_out.add(TYPED if entry.event is None else entry.event["type"])
        elif text := stream.text(entry.data):
            delay = _seconds(last_us - previous_us)
            yield b"%b[%b, %b]" % (separator, delay, orjson.dumps(text))
            previous_us, separator = last_us, b",\n    "
    if text := stream.end():
        yield b"%b[0.000000, %b]" % (separator, orjson.dumps(text))
    left_out.add(INVALID, stream.replaced)
    yield b'\n  ],\n  "duration": %b\n}\n' % _seconds(last_us - first.time_us)


class Intervals:
    """Microseconds since the beginning -> seconds since the one before, in whole milliseconds.

    Rounded is when it is, not how long it took: what is lost in one comes back in the next.
    """

    def __init__(self) -> None:
        self._previous_ms = 0
        self._known = _Milliseconds()

    def texts(self, at_us: Sequence[int]) -> Iterator[bytes]:
        """The intervals before these times; all of them are to be taken."""
        at_ms = [(us + _HALF_MS) // US_PER_MS for us in at_us]
        before_ms = [self._previous_ms, *at_ms]
        self._previous_ms = before_ms[-1]
        return map(self._known.__getitem__, map(sub, at_ms, before_ms))


class _Milliseconds(dict[int, bytes]):
    """Milliseconds -> seconds as text; most come many times."""

    def __missing__(self, milliseconds: int) -> bytes:
        text = b"%d.%03d" % divmod(milliseconds, US_PER_MS)
        if len(self) < _MOST_KNOWN:
            self[milliseconds] = text
        return text


class _SinceStart:
    def texts(self, at_us: Sequence[int]) -> Iterator[bytes]:
        return map(_seconds, at_us)


def _seconds(us: int) -> bytes:
    return b"%d.%06d" % divmod(us, US_PER_S)


class _Cast:
    """The events of a cast, line by line or many at once."""

    def __init__(
        self, first_us: int, left_out: LeftOut, times: Intervals | _SinceStart, *, exits: bool
    ) -> None:
        self._first_us = self._latest_us = first_us
        self._left_out, self._times, self._exits = left_out, times, exits
        self._streams = {OUTPUT: (TextStream(), b"o"), INPUT: (TextStream(), b"i")}

    def entry(self, entry: Entry) -> bytes:
        """The line of one entry; nothing of what a cast cannot hold."""
        self._latest_us = max(self._latest_us, entry.time_us)
        if entry.event is None:
            return self._written(entry.direction, entry.data)
        if entry.event["type"] == "exit" and exit_status(entry.event) is None:
            return b""
        said = _event(entry.event, exits=self._exits)
        if said is None:
            self._left_out.add(entry.event["type"])
            return b""
        return b"[%b, %b, %b]\n" % (self._time(), orjson.dumps(said[0]), orjson.dumps(said[1]))

    def stretch(self, part: Stretch) -> bytes:
        """The lines of all its entries."""
        if INPUT in part.directions:
            return b"".join([self.entry(part.entry(number)) for number in range(len(part.data))])
        latest_us = list(accumulate(part.times_us(), max, initial=self._latest_us))[1:]
        stream, _ = self._streams[OUTPUT]
        texts = stream.escaped(part.data)
        if b"" in texts:  # the beginning of a character
            latest_us = list(compress(latest_us, texts))
            texts = list(filter(None, texts))
        self._latest_us = max(self._latest_us, part.latest_us())
        times = self._times.texts([us - self._first_us for us in latest_us])
        fields = zip(repeat(b"["), times, repeat(b', "o", "'), texts, repeat(b'"]\n'), strict=False)
        return b"".join(chain.from_iterable(fields))

    def end(self) -> bytes:
        """What is left of characters that never ended."""
        lines: list[bytes] = []
        for stream, letter in self._streams.values():
            if text := stream.end():
                lines.append(self._line(letter, text))
            self._left_out.add(INVALID, stream.replaced)
        return b"".join(lines)

    def _written(self, direction: Direction, data: bytes) -> bytes:
        stream, letter = self._streams[direction]
        text = stream.text(data)
        return self._line(letter, text) if text else b""

    def _line(self, letter: bytes, text: str) -> bytes:
        return b'[%b, "%b", %b]\n' % (self._time(), letter, orjson.dumps(text))

    def _time(self) -> bytes:
        return next(self._times.texts((self._latest_us - self._first_us,)))


def _lines(
    parts: Iterable[Entry | Stretch],
    left_out: LeftOut,
    header: Callable[[Event, int], dict[str, Any]],
    times: Intervals | _SinceStart,
    *,
    exits: bool,
) -> Iterator[bytes]:
    """The header and the events of what begins with a start event."""
    iterator = iter(parts)
    first = cast("Entry", next(iterator))
    yield orjson.dumps(header(first.event or {}, first.time_us)) + b"\n"
    made = _Cast(first.time_us, left_out, times, exits=exits)
    for part in iterator:
        yield made.stretch(part) if isinstance(part, Stretch) else made.entry(part)
    yield made.end()


def _event(event: Event, *, exits: bool) -> tuple[str, str] | None:
    """(Code, data) of an event; None when a cast cannot hold it."""
    kind = event["type"]
    if kind == "resize" and event["cols"] and event["rows"]:
        return "r", f"{event['cols']}x{event['rows']}"
    if kind == "marker":
        return "m", event.get("label", "")
    if kind == "exit" and exits:
        return "x", str(exit_status(event))
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
