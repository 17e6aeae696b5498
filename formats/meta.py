"""The summary beside a log: what a list shows, without reading the log.

Written when a session starts and again when it ends, always whole and by renaming. It is a cache:
`rebuild` makes it from the log.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from formats.errors import LogError
from formats.layout import is_session_id, open_private
from formats.line import INPUT
from formats.size import DEFAULT_SIZE
from formats.timestamp import parse, text

if TYPE_CHECKING:
    from formats.entry import Entry
    from formats.session import Session

META_VERSION = 1
RECORDING, ENDED = "recording", "ended"
_LARGEST_META_BYTES = 1 << 20


class Meta(NamedTuple):
    """What is known of a session. A NamedTuple: the recorder's start cannot afford dataclasses.

    Times in microseconds since the epoch; `log_bytes` counts JSONL over all segments, before
    compression; `open_bytes` is the size of the open segment, by which a reader sees that the log
    went on after the summary was written.
    """

    session_id: str
    state: str
    command: list[str]
    cwd: str
    start_us: int
    end_us: int | None
    cols: int = DEFAULT_SIZE.cols
    rows: int = DEFAULT_SIZE.rows
    term: str | None = None
    title: str | None = None
    tags: list[str] = []  # noqa: RUF012  never changed in place
    idle_limit_s: float | None = None
    entries: int = 0
    input_bytes: int = 0
    output_bytes: int = 0
    log_bytes: int = 0
    open_bytes: int = 0
    segments: int = 1
    markers: int = 0
    exit_status: int | None = None
    exit_signal: int | None = None
    exit_reason: str | None = None


def encode_meta(meta: Meta) -> bytes:
    """The summary as one line of JSON; times as RFC 3339 under `start` and `end`."""
    import json  # noqa: PLC0415  not at the recorder's start

    fields: dict[str, Any] = {"version": META_VERSION} | meta._asdict()
    start_us, end_us = fields.pop("start_us"), fields.pop("end_us")
    fields["start"] = text(start_us)
    fields["end"] = None if end_us is None else text(end_us)
    return json.dumps(fields, ensure_ascii=True).encode("ascii") + b"\n"


def decode_meta(data: bytes) -> Meta:
    """The summary in `data`; ValueError when it is not one of this version."""
    import json  # noqa: PLC0415

    fields: Any = json.loads(data)
    if not isinstance(fields, dict) or fields.pop("version", None) != META_VERSION:
        raise ValueError("not a summary of this version")
    try:
        fields["start_us"] = parse(fields.pop("start"))
        end = fields.pop("end")
        fields["end_us"] = None if end is None else parse(end)
        meta = Meta(**{name: fields[name] for name in Meta._fields if name in fields})
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"not a summary: {error}") from None
    if not all(_fits(meta, name) for name in Meta._fields):
        raise ValueError("a field of the wrong type")
    return meta


def _fits(meta: Meta, name: str) -> bool:
    value = getattr(meta, name)
    if name in ("command", "tags"):
        return type(value) is list and all(type(item) is str for item in value)
    if name == "session_id":
        return type(value) is str and is_session_id(value)
    if name in ("state", "cwd"):
        return type(value) is str
    if value is None:
        return name in _OPTIONAL
    if name in ("term", "title", "exit_reason"):
        return type(value) is str
    return type(value) in ((int, float) if name == "idle_limit_s" else (int,))


_OPTIONAL = frozenset(
    ("end_us", "term", "title", "idle_limit_s", "exit_status", "exit_signal", "exit_reason")
)


def read_meta(path: str) -> Meta | None:
    """The summary in a file; None when there is none that can be read."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return decode_meta(os.read(fd, _LARGEST_META_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    finally:
        os.close(fd)


def write_meta(path: str, meta: Meta) -> None:
    """Replace the summary in one step. OSError when the disk refuses."""
    temporary = f"{path}.{os.getpid()}.tmp"
    fd = open_private(temporary, os.O_WRONLY)
    try:
        try:
            os.write(fd, encode_meta(meta))
        finally:
            os.close(fd)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise


class Tally:
    """Adds entries up to a summary."""

    def __init__(self) -> None:
        self._first: Entry | None = None
        self._last: Entry | None = None
        self._start: dict[str, Any] = {}
        self._exit: dict[str, Any] | None = None
        self._entries = self._input_bytes = self._output_bytes = self._markers = 0
        self._segments = 1

    def add(self, entry: Entry) -> None:
        """Count one entry."""
        self._first = self._first or entry
        self._last = entry
        self._entries += 1
        if entry.direction == INPUT:
            self._input_bytes += len(entry.data)
        else:
            self._output_bytes += len(entry.data)
        if entry.event is not None:
            self._add_event(entry.event)

    def _add_event(self, event: dict[str, Any]) -> None:
        if event["type"] == "start" and not self._start:
            self._start = event
        elif event["type"] == "exit":
            self._exit = event
        elif event["type"] == "marker":
            self._markers += 1
        elif event["type"] == "segment":
            self._segments = max(self._segments, event.get("number", 1))

    def meta(self, log_bytes: int = 0, open_bytes: int = 0) -> Meta:
        """The summary of what was added; LogError when nothing was."""
        if self._first is None or self._last is None:
            raise LogError("the log holds no entry")
        start, end = self._start, self._exit or {}
        return Meta(
            session_id=self._first.session_id,
            state=ENDED,
            command=start.get("command", []),
            cwd=start.get("cwd", ""),
            start_us=self._first.time_us,
            end_us=self._last.time_us,
            cols=start.get("cols") or DEFAULT_SIZE.cols,
            rows=start.get("rows") or DEFAULT_SIZE.rows,
            term=start.get("term"),
            title=start.get("title"),
            tags=start.get("tags", []),
            idle_limit_s=start.get("idle_limit_s"),
            entries=self._entries,
            input_bytes=self._input_bytes,
            output_bytes=self._output_bytes,
            log_bytes=log_bytes,
            open_bytes=open_bytes,
            segments=self._segments,
            markers=self._markers,
            exit_status=end.get("status"),
            exit_signal=end.get("signal"),
            exit_reason=end.get("reason"),
        )


def rebuild(session: Session) -> Meta:
    """The summary of a session, from its log. LogError when the log holds no entry."""
    tally = Tally()
    open_bytes = _size(session.path)
    for entry in session.entries():
        tally.add(entry)
    return tally.meta(log_bytes=session.log_bytes(), open_bytes=open_bytes)


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
