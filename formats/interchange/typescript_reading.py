"""Reading a typescript: a timing file, and the logs it points into."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from formats.entry import Entry
from formats.interchange.fields import (
    LONGEST_RECORDING_US,
    US_PER_S,
    damaged_line,
    side,
    start_entry,
)
from formats.line import INPUT, OUTPUT
from formats.lines import LineBuffer
from formats.timestamp import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from formats.damage import Damage
    from formats.entry import Event
    from formats.interchange.source import Source
    from formats.line import Direction

FIRST_LINE: Final = b"Script started on "
_LONGEST_FIRST_LINE: Final = 64 << 10
_LONGEST_LAST_LINE: Final = 1000
_LARGEST_PIECE_BYTES: Final = 256 << 10
_STEP = re.compile(
    rb"([OISH] )?(\d{1,10})\.(\d{1,6}) (?:(\d{1,19})$|([A-Z][A-Z_0-9]{0,127})(?: (.*))?$)"
)
_CLASSIC = re.compile(rb"\d{1,10}\.\d{1,6} \d{1,19}\r?\n?")
_ADVANCED = re.compile(rb"[OISH] \d{1,10}\.\d{1,6} [^\n]+\n")
_QUOTED = re.compile(rb'(COLUMNS|LINES|TERM|COMMAND)="((?:[^"\\]|\\.)*)"(?= [A-Z]+="| <|\])')
_WINDOW = re.compile(rb"ROWS=(\d{1,5}) COLS=(\d{1,5})")
_STARTED = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)([+-]\d\d:\d\d|Z)")
_DONE = re.compile(rb'\n?Script done on [^\n\[]*(?:\[COMMAND_EXIT_CODE="(-?\d+)"\])?\n?\Z')
_LONGEST_LINE_BYTES: Final = 64 << 10


def is_timing(head: bytes) -> bool:
    """Whether a file begins as timing files do."""
    return bool(_CLASSIC.match(head) or _ADVANCED.match(head))


def is_typescript(head: bytes) -> bool:
    """Whether a file begins as the logs of `script` do."""
    return head.startswith(FIRST_LINE)


def said_in_timing(head: bytes) -> dict[bytes, bytes]:
    """What the beginning of an advanced timing file says of the session: `OUTPUT_LOG` and so on."""
    found: dict[bytes, bytes] = {}
    for line in head.split(b"\n"):
        match = _STEP.match(line)
        if match and match[1] == b"H " and match[5]:
            found[match[5]] = match[6] or b""
    return found


def read_typescript(
    output: Source,
    timing: Source | None,
    name: str,
    damage: Damage,
    start_us: int,
    *,
    open_log: Callable[[str], Source | None] = lambda _name: None,
) -> Iterator[Entry]:
    """The entries of a typescript.

    Without a timing file all of it is at its beginning. `open_log` opens the log of what was
    typed, by the bare name that the timing file states, where that is not the log of the output.
    """
    line = _skip_first_line(output)
    about = {} if timing is None else said_in_timing(timing.peek())
    start_us = _started_us(about.get(b"START_TIME", b""), line) or start_us
    yield _start(start_us, dict(_QUOTED.findall(line)) | about)
    if timing is None:
        yield from _rest(output, start_us)
    else:
        yield from _Steps(output, open_log, name, damage, start_us).of(timing)


class _Steps:
    """The steps of a timing file, taken."""

    def __init__(
        self,
        output: Source,
        open_log: Callable[[str], Source | None],
        name: str,
        damage: Damage,
        start_us: int,
    ) -> None:
        # Until a log of its own is named, what was typed stands between the output.
        self._logs: dict[bytes, tuple[Source | None, Direction]]
        self._logs = {b"O ": (output, OUTPUT), b"I ": (output, INPUT)}
        self._open_log = open_log
        self._output = output
        self._output_name = b""
        self._name = name
        self._damage = damage
        self._start_us = self._time_us = start_us
        self._exit: Event | None = None

    def of(self, timing: Source) -> Iterator[Entry]:
        for number, line in _lines(timing):
            match = _STEP.match(line)
            if match is None:
                damaged_line(self._damage, self._name, number, "no step of a timing file")
                continue
            kind, seconds, decimals, count, word, said = match.groups()
            delta_us = int(seconds) * US_PER_S + int(decimals.ljust(6, b"0"))
            kind = kind or b"O "
            if kind == b"H ":
                self._about(word, count or said or b"")
                continue
            # An entry of another kind, or a wait of centuries, moves nothing.
            if self._time_us + delta_us - self._start_us <= LONGEST_RECORDING_US:
                self._time_us += delta_us
            if kind == b"S ":
                yield from self._signal(said or b"")
            elif count is None:
                damaged_line(self._damage, self._name, number, "no count of bytes")
            elif not (yield from self._bytes(kind, int(count), number)):
                return
        exited = self._exit or self._exit_in_last_line()
        if exited is not None:
            yield Entry(self._time_us, "", OUTPUT, b"", exited)

    def _exit_in_last_line(self) -> Event | None:
        """How it ended as the log of the output says, where the timing file does not."""
        match = _DONE.match(self._output.exactly(_LONGEST_LAST_LINE))
        return _exit_event(match[1]) if match and match[1] else None

    def _bytes(self, kind: bytes, count: int, number: int) -> Generator[Entry, None, bool]:
        """Their entries. Returns whether all of them were there."""
        log, direction = self._logs[kind]
        if log is None:
            damaged_line(self._damage, self._name, number, "what was typed is in no file here")
            return True
        while count > 0:
            size = min(count, _LARGEST_PIECE_BYTES)
            data = log.exactly(size)
            if data:
                yield Entry(self._time_us, "", direction, data)
            if len(data) < size:
                self._damage.torn += 1
                self._damage.note(self._name, f"line {number}: fewer bytes than it says")
                return False
            count -= size
        return True

    def _signal(self, said: bytes) -> Iterator[Entry]:
        match = _WINDOW.match(said)
        if match and side(int(match[1])) and side(int(match[2])):
            event = {"type": "resize", "cols": int(match[2]), "rows": int(match[1])}
            yield Entry(self._time_us, "", OUTPUT, b"", event)

    def _about(self, word: bytes, said: bytes) -> None:
        """Where the logs are; and at the end how long it took, and how it ended."""
        if word == b"EXIT_CODE" and len(said) < 6 and said.isdigit():  # noqa: PLR2004
            self._exit = _exit_event(said)
        elif word == b"DURATION":
            match = re.fullmatch(rb"(\d{1,9})\.(\d{1,6})", said)
            if match:
                length_us = int(match[1]) * US_PER_S + int(match[2].ljust(6, b"0"))
                self._time_us = max(self._time_us, self._start_us + length_us)
        elif word == b"OUTPUT_LOG":
            self._output_name = said
        elif word == b"INPUT_LOG" and said != self._output_name:
            # Only the name is believed, not the folder: a file must not choose what is read.
            typed = self._open_log(said.rpartition(b"/")[2].decode(errors="surrogateescape"))
            if typed is not None:
                _skip_first_line(typed)
            self._logs[b"I "] = (typed, INPUT)


def _lines(timing: Source) -> Iterator[tuple[int, bytes]]:
    buffer, number = LineBuffer(longest_bytes=_LONGEST_LINE_BYTES), 0
    while chunk := timing.read():
        for _, line in buffer.feed(chunk):
            number += 1
            yield number, line.removesuffix(b"\r")
    if buffer.rest:
        yield number + 1, buffer.rest


def _skip_first_line(log: Source) -> bytes:
    """Read the first line, as scriptreplay does: whatever it holds, it is none of the session."""
    head = log.peek(_LONGEST_FIRST_LINE)
    if not is_typescript(head):
        return b""
    return log.exactly(head.find(b"\n") + 1)


def _start(start_us: int, said: dict[bytes, bytes]) -> Entry:
    known = {name.decode(): value.decode(errors="replace") for name, value in said.items()}
    shell = known.get("SHELL")
    return start_entry(
        start_us,
        source="typescript",
        cols=side(_number(known.get("COLUMNS", ""))),
        rows=side(_number(known.get("LINES", ""))),
        command=known.get("COMMAND") or None,
        term=known.get("TERM"),
        env={"SHELL": shell} if shell else None,
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0  # noqa: PLR2004


def _started_us(said: bytes, line: bytes) -> int | None:
    """When it began, by the timing file or else by the first line of the log."""
    match = _STARTED.search((said or line[:200]).decode(errors="replace"))
    try:
        return parse(f"{match[1]}T{match[2]}{match[3]}") if match else None
    except ValueError:
        return None


def _rest(output: Source, time_us: int) -> Iterator[Entry]:
    """All that follows, but for script's own last line."""
    held = b""
    while data := output.exactly(_LARGEST_PIECE_BYTES):
        if held:
            yield Entry(time_us, "", OUTPUT, held)
        held = data
    match = _DONE.search(held[-_LONGEST_LAST_LINE:])
    if match:
        held = held[: len(held) - (match.end() - match.start())]
    if held:
        yield Entry(time_us, "", OUTPUT, held)
    if match and match[1]:
        yield Entry(time_us, "", OUTPUT, b"", _exit_event(match[1]))


def _exit_event(status: bytes) -> Event:
    return {"type": "exit", "status": int(status), "reason": "exited"}
