"""The summary beside a log: what `cs-ls` shows of a session without opening its log.

Derived from the log and never trusted against it: what is missing, foreign or stale is rebuilt.
The recorder imports this at its start, so json is imported only where it is used.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from formats.files import FILES, Files
from formats.layout import is_session_id, parse_log_name, read_small
from formats.size import LARGEST_SIDE
from formats.timestamp import parse, text

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from formats.entry import Entry
    from formats.session import Session

    State = Literal["recording", "ended"]

META_VERSION = 1
RECORDING: Final = "recording"
ENDED: Final = "ended"
# A command line can be 2 MiB on Linux, six times that when every character is escaped. Whatever is
# larger than this is not ours.
_LARGEST_BYTES = 16 << 20


class Meta(NamedTuple):
    """One session in short. Times in microseconds since the epoch (whole milliseconds on disk).

    `cols` and `rows` are the size at the start, 0 where the log states none. `log_bytes` counts
    the lines of all segments as they were written, before sealing; `open_bytes` is the size of
    the open segment, by which a reader sees that the log has grown since.
    """

    # A NamedTuple, though it is a cold noun: importing dataclasses would cost the recorder 10 ms
    # of the 45 that it may take to start.

    session_id: str
    state: State
    command: list[str]
    cwd: str | None
    title: str | None
    tags: list[str]
    term: str | None
    cols: int
    rows: int
    idle_limit_s: float | None
    start_us: int
    end_us: int | None
    """Time of the last entry; None while it is recorded."""
    entries: int
    input_bytes: int
    output_bytes: int
    log_bytes: int
    open_bytes: int
    segments: int
    markers: int
    exit_status: int | None = None
    exit_signal: int | None = None
    exit_reason: str | None = None
    version: int = META_VERSION


def encode(meta: Meta) -> bytes:
    """The JSON object of a meta file, newline included; times as RFC 3339.

    Raises ValueError for a time outside the years 0000 to 9999.
    """
    import json  # noqa: PLC0415  the recorder needs it only when it writes

    from formats.line import without_surrogates  # noqa: PLC0415  with base64, which reading needs not

    fields: dict[str, Any] = {"version": meta.version} | meta._asdict()
    start_us, end_us = fields.pop("start_us"), fields.pop("end_us")
    fields["start"] = text(start_us)
    fields["end"] = None if end_us is None else text(end_us)
    written = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return without_surrogates(written).encode() + b"\n"


def decode(data: bytes) -> Meta | None:
    """The meta in the bytes of a file; None when they are no meta of this version."""
    import json  # noqa: PLC0415  as in encode

    try:
        fields: dict[str, Any] = json.loads(data)
        if type(fields) is not dict or fields["version"] != META_VERSION:
            return None
        start, end = fields["start"], fields["end"]
        if type(start) is not str or type(end) not in (str, type(None)):
            return None
        fields["start_us"] = parse(start)
        fields["end_us"] = None if end is None else parse(end)
        values = [fields[name] for name in Meta._fields]
        if all(check(value) for check, value in zip(_CHECKS, values, strict=True)):
            return Meta(*values)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    return None


def read_meta(path: str) -> Meta | None:
    """The meta in a file; None when it is missing, unreadable, a link, or no meta."""
    data = read_small(path, _LARGEST_BYTES)
    return None if data is None else decode(data)


def write_meta(path: str, meta: Meta, files: Files = FILES) -> None:
    """Replace the file at once: readers see the old one or the new one. Raises OSError.

    Not synced to the disk: after a power cut it can be rebuilt.
    """
    files.replace(path, encode(meta))


class Tally:
    """Counts entries into a `Meta`. Does no input or output."""

    def __init__(self) -> None:
        self._start: dict[str, Any] = {}
        self._exit: dict[str, Any] = {}
        self._size = (0, 0)
        self._first_us: int | None = None
        self._last_us = 0
        self._entries = self._input_bytes = self._output_bytes = self._markers = 0
        self._segments = 1

    def add(self, entry: Entry) -> None:
        """Count one entry, the next in the log."""
        if self._first_us is None:
            self._first_us = self._last_us = entry.time_us
        self._last_us = max(self._last_us, entry.time_us)
        self._entries += 1
        if entry.direction == "input":
            self._input_bytes += len(entry.data)
        else:
            self._output_bytes += len(entry.data)
        if entry.event is not None:
            self._add_event(entry.event)

    def _add_event(self, event: dict[str, Any]) -> None:
        kind = event["type"]
        if kind == "start":
            self._start = self._start or event
        elif kind == "segment":
            self._segments = max(self._segments, event.get("number", 1))
        elif kind == "marker":
            self._markers += 1
        elif kind == "exit":
            self._exit = event
        if kind in ("start", "segment") and self._size == (0, 0):
            self._size = (event["cols"], event["rows"])

    def meta(
        self,
        session_id: str,
        state: State,
        log_bytes: int,
        open_bytes: int,
        *,
        no_entry_us: int = 0,
    ) -> Meta:
        """What was counted. `no_entry_us` is the start of a session that holds no entry."""
        start = self._start
        first_us = no_entry_us if self._first_us is None else self._first_us
        return Meta(
            session_id=session_id,
            state=state,
            command=start.get("command", []),
            cwd=start.get("cwd"),
            title=start.get("title"),
            tags=start.get("tags", []),
            term=start.get("term"),
            cols=self._size[0],
            rows=self._size[1],
            idle_limit_s=start.get("idle_limit_s"),
            start_us=first_us,
            end_us=None if state == RECORDING else max(first_us, self._last_us),
            entries=self._entries,
            input_bytes=self._input_bytes,
            output_bytes=self._output_bytes,
            log_bytes=log_bytes,
            open_bytes=open_bytes,
            segments=self._segments,
            markers=self._markers,
            exit_status=self._exit.get("status"),
            exit_signal=self._exit.get("signal"),
            exit_reason=self._exit.get("reason"),
        )


def rebuild(session: Session, state: State = ENDED) -> Meta:
    """The meta that a session's log says, from reading all of it.

    Whether a recorder still writes the log is not in the log: `state` says it. A session without
    any entry starts when its file was last written. Raises LogError when a file cannot be read.
    """
    open_bytes, modified_us = _sizes(session)  # before reading: what grows later must show
    log_bytes = session.log_bytes()
    tally = Tally()
    for entry in session.entries():
        tally.add(entry)
    return tally.meta(session.id, state, log_bytes, open_bytes, no_entry_us=modified_us)


def _sizes(session: Session) -> tuple[int, int]:
    """(Bytes of the open segment, time of the last write to any of its files)."""
    open_bytes = modified_us = 0
    for path in session.files():
        name = parse_log_name(os.path.basename(path))
        try:
            found = os.stat(path)
        except OSError:  # sealed just now
            continue
        modified_us = max(modified_us, found.st_mtime_ns // 1000)
        if name is not None and name.number is None and not name.sealed:
            open_bytes = found.st_size
    return open_bytes, modified_us


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_side(value: object) -> bool:
    return type(value) is int and 0 <= value <= LARGEST_SIDE


def _is_text_or_none(value: object) -> bool:
    return value is None or type(value) is str


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in cast("Any", value))


def _is_integer_or_none(value: object) -> bool:
    return value is None or type(value) is int


def _is_limit(value: object) -> bool:
    return value is None or (type(value) in (int, float) and value >= 0)  # type: ignore[operator]


_CHECK_OF: dict[str, Callable[[object], bool]] = {
    **dict.fromkeys(Meta._fields, _is_count),
    **dict.fromkeys(("cwd", "title", "term", "exit_reason"), _is_text_or_none),
    **dict.fromkeys(("command", "tags"), _is_texts),
    **dict.fromkeys(("exit_status", "exit_signal", "start_us", "end_us"), _is_integer_or_none),
    **dict.fromkeys(("cols", "rows"), _is_side),
    "session_id": lambda value: type(value) is str and is_session_id(value),
    "state": lambda value: value in (RECORDING, ENDED),
    "idle_limit_s": _is_limit,
}
_CHECKS = [_CHECK_OF[name] for name in Meta._fields]
"""By field, in their order: a listing reads a summary for each session."""
