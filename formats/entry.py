"""One log line as a value, and back. Everything a line says is checked on reading.

The form of a line is in docs/log-format.md. The recorder writes through `formats.line` and never
comes here.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from pybase64 import b64decode

from formats.layout import is_session_id
from formats.line import INPUT, OUTPUT, LineEncoder
from formats.size import LARGEST_SIDE, Size
from formats.timestamp import Parser, Stamper

if TYPE_CHECKING:
    from collections.abc import Callable

    from formats.line import Direction

Event = dict[str, Any]
"""The object of the sixth field; `type` says which event it is."""

__all__ = ["INPUT", "OUTPUT", "Decoder", "Entry", "Event", "LineError"]
__all__ += ["decode_line", "encode_line", "event_size"]

# More, and orjson is worth its 20 ms.
_FEW_LINES: Final = 100
_FIVE = frozenset(("timestamp", "session_id", "direction", "data", "size"))


class LineError(ValueError):
    """The line is no entry. The message says in a few words why."""


class Entry(NamedTuple):
    """One line of a log.

    `time_us` counts microseconds since the epoch (whole milliseconds on disk). `data` is what was
    read at once, exactly. `event` is the sixth field where there is one, `extra` whatever fields
    the line holds beyond those: readers ignore it, tools that rewrite keep it.
    """

    time_us: int
    session_id: str
    direction: Direction
    data: bytes
    event: Event | None = None
    extra: dict[str, Any] | None = None


def encode_line(entry: Entry) -> bytes:
    """The line of an entry, newline included; the inverse of `decode_line`.

    Raises ValueError for a time outside the years 0000 to 9999.
    """
    encoder = LineEncoder(entry.session_id)
    stamp = Stamper().stamp(entry.time_us)
    if entry.event is None and entry.extra is None:
        write = encoder.input if entry.direction == INPUT else encoder.output
        return write(stamp, entry.data)
    import orjson  # noqa: PLC0415  see Decoder

    plain = encoder.input if entry.direction == INPUT else encoder.output
    fields = orjson.loads(plain(stamp, entry.data))
    if entry.event is not None:
        fields["event"] = entry.event
    return orjson.dumps(fields | (entry.extra or {})) + b"\n"


class Decoder:
    """Lines -> entries. Keeps what neighbouring lines share: the second and the session id."""

    __slots__ = ("_few", "_loads", "_parse_time", "_session_id")

    def __init__(self) -> None:
        self._few = _FEW_LINES
        self._loads: Callable[[bytes], Any] = self._first_loads
        self._parse_time = Parser().parse
        # Equal to nothing that JSON can hold, not even to null or an empty text.
        self._session_id: object = object()

    def _first_loads(self, line: bytes) -> Any:  # noqa: ANN401  whatever JSON can hold
        """For the first lines; mostly no others are needed."""
        self._few -= 1
        if self._few and "orjson" not in sys.modules:
            from formats.plainjson import loads  # noqa: PLC0415

            return loads(line)
        import orjson  # noqa: PLC0415

        self._loads = orjson.loads
        return orjson.loads(line)

    def decode(self, line: bytes) -> Entry:
        """The entry of one line, with or without its newline. LineError if it is none."""
        try:
            fields: dict[str, Any] = self._loads(line)
        except ValueError:
            raise LineError("not JSON") from None
        if not isinstance(fields, dict):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise LineError("not a JSON object")
        try:
            stamp, session_id = fields["timestamp"], fields["session_id"]
            direction, encoded, size = fields["direction"], fields["data"], fields["size"]
        except KeyError as missing:
            raise LineError(f"no {missing.args[0]}") from None
        if session_id != self._session_id:
            self._check_session_id(session_id)
        if direction not in (INPUT, OUTPUT):
            raise LineError("bad direction")
        time_us = self._time_us(stamp)
        data = _data(encoded, size)
        if len(fields) == len(_FIVE):
            return Entry(time_us, session_id, direction, data)
        event, extra = _beyond_the_five(fields)
        return Entry(time_us, session_id, direction, data, event, extra)

    def _check_session_id(self, session_id: object) -> None:
        if not isinstance(session_id, str) or not is_session_id(session_id):
            raise LineError("bad session_id")
        self._session_id = session_id

    def _time_us(self, stamp: object) -> int:
        if not isinstance(stamp, str):
            raise LineError("a field of the wrong type")
        try:
            return self._parse_time(stamp)
        except ValueError:
            raise LineError("bad timestamp") from None


def _data(encoded: object, size: object) -> bytes:
    if type(encoded) is not str or type(size) is not int:
        raise LineError("a field of the wrong type")
    try:
        data = b64decode(encoded, validate=True)
    except ValueError:
        raise LineError("bad base64") from None
    if len(data) != size:
        raise LineError("size differs from the data")
    return data


def decode_line(line: bytes) -> Entry:
    """The entry of one line, with or without its newline. For many, keep a `Decoder`.

    Raises LineError when the line is no entry: not JSON, a field missing or of the wrong type, a
    bad timestamp, session id, direction or base64, a size that differs from the data, an event
    whose fields cannot be.
    """
    return Decoder().decode(line)


def event_size(event: Event) -> Size | None:
    """The terminal size that a start, segment or resize event states; None if it states none.

    A side of 0 is what a terminal says that does not know its size: it counts as not stated.
    """
    cols, rows = event.get("cols", 0), event.get("rows", 0)
    return Size(cols, rows) if event["type"] in _SIZED and cols and rows else None


def _beyond_the_five(fields: dict[str, Any]) -> tuple[Event | None, dict[str, Any] | None]:
    extra = {name: value for name, value in fields.items() if name not in _FIVE}
    if not isinstance(extra.get("event"), dict):
        return None, extra
    event: Event = extra["event"]
    if not isinstance(event.get("type"), str):
        return None, extra
    del extra["event"]
    for name, value in list(event.items()):
        check = _EVENT_FIELDS.get(name)
        if check is not None and event["type"] in _KNOWN and not check(value):
            if value is not None:
                raise LineError(f"bad {name} in a {event['type']} event")
            del event[name]  # other writers state so what there is not
    if event["type"] in _SIZED and not ("cols" in event and "rows" in event):
        raise LineError(f"no size in a {event['type']} event")
    return event, extra or None


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_side(value: object) -> bool:
    return type(value) is int and 0 <= value <= LARGEST_SIDE


def _is_text(value: object) -> bool:
    return type(value) is str


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, cast("list[object]", value)))


def _is_text_or_none(value: object) -> bool:
    return value is None or type(value) is str


def _is_texts_by_name(value: object) -> bool:
    return isinstance(value, dict) and all(
        map(_is_text_or_none, cast("dict[str, object]", value).values())
    )


def _is_seconds(value: object) -> bool:
    return value is None or (type(value) in (int, float) and value >= 0)  # type: ignore[operator]


_SIZED: Final = frozenset(("start", "segment", "resize"))
_KNOWN: Final = _SIZED | {"marker", "pause", "resume", "masked", "gap", "clock", "exit"}
_EVENT_FIELDS: Final[dict[str, Callable[[object], bool]]] = {
    "version": _is_count,
    "cols": _is_side,
    "rows": _is_side,
    "command": _is_texts,
    "cwd": _is_text,
    "term": _is_text_or_none,
    "title": _is_text_or_none,
    "tags": _is_texts,
    "idle_limit_s": _is_seconds,
    "env": _is_texts_by_name,
    "number": _is_count,
    "previous_sha256": _is_text_or_none,
    "resumes_segment": _is_count,
    "resumes_offset": _is_count,
    "label": _is_text,
    "entries": _is_count,
    "bytes": _is_count,
    "offset_ms": lambda value: type(value) is int,
    "status": lambda value: type(value) is int,
    "signal": _is_count,
    "reason": _is_text,
}
