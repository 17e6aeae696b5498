"""typescript, as util-linux `script` writes it and `scriptreplay` plays it: writing.

A data log of bytes between a first and a last line of script's own, and a timing file. Classic:
output only, `DELTA BYTES`. Advanced: `O`, `I` (input, in a log of its own), `S` signals with the
new size, `H` what is known of the session. Sources: util-linux's script.c, script-playutils.c.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from formats.interchange.fields import US_PER_S, command_line, exit_status
from formats.interchange.left_out import INPUT
from formats.line import OUTPUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from formats.entry import Entry, Event
    from formats.interchange.left_out import LeftOut

_LONGEST_VALUE: Final = 1000


class Piece(NamedTuple):
    """Bytes for the three files: the log of output, that of input, the timing."""

    output: bytes = b""
    input: bytes = b""
    timing: bytes = b""


def write_typescript(
    entries: Iterable[Entry], left_out: LeftOut, *, advanced: bool = True, names: tuple[str, str]
) -> Iterator[Piece]:
    """The pieces of a typescript. `names` are those of the output's log and the input's.

    The input's log is worth a file only when a piece holds anything for it.
    """
    iterator = iter(entries)
    first = next(iterator)
    start = first.event or {}
    yield Piece(output=_first_line(start, first.time_us))
    if advanced:
        yield Piece(timing=_about(start, first.time_us, names[0]))
    last_us = told_us = first.time_us
    typed, status = False, None
    for entry in iterator:
        last_us = max(last_us, entry.time_us)
        delta = b"%d.%06d" % divmod(last_us - told_us, US_PER_S)
        event = entry.event
        if event is not None and event["type"] == "exit":
            status = exit_status(event)
        elif event is not None:
            if not (advanced and event["type"] == "resize"):
                left_out.add(event["type"])
                continue
            size = b"ROWS=%d COLS=%d" % (event["rows"], event["cols"])
            yield Piece(timing=b"S %b SIGWINCH %b\n" % (delta, size))
            told_us = last_us
        elif entry.direction == OUTPUT:
            kind = b"O " if advanced else b""
            yield Piece(entry.data, b"", b"%b%b %d\n" % (kind, delta, len(entry.data)))
            told_us = last_us
        elif not advanced:
            left_out.add(INPUT)
        else:
            about = b"" if typed else b"H 0.000000 INPUT_LOG %b\n" % _value(names[1])
            head = b"" if typed else _first_line(start, first.time_us)
            timing = b"%bI %b %d\n" % (about, delta, len(entry.data))
            yield Piece(b"", head + entry.data, timing)
            told_us, typed = last_us, True
    yield from _end(first.time_us, last_us, status, advanced=advanced, typed=typed)


def _end(
    first_us: int, last_us: int, status: int | None, *, advanced: bool, typed: bool
) -> Iterator[Piece]:
    # Of a session that nobody saw end it does not say how it ended, as older versions never did.
    how = "" if status is None else f' [COMMAND_EXIT_CODE="{status}"]'
    done = f"\nScript done on {_date(last_us)}{how}\n".encode()
    timing = b"H 0.000000 DURATION %d.%06d\n" % divmod(last_us - first_us, US_PER_S)
    if status is not None:
        timing += b"H 0.000000 EXIT_CODE %d\n" % status
    timing = timing if advanced else b""
    yield Piece(done, done if typed else b"", timing)


def _first_line(start: Event, time_us: int) -> bytes:
    """Readers skip it, whatever it holds, up to its newline."""
    known = (
        ("COMMAND", command_line(start.get("command", []))),
        ("TERM", start.get("term")),
        ("COLUMNS", start["cols"]),
        ("LINES", start["rows"]),
    )
    said = b" ".join(b'%b="%b"' % (name.encode(), _value(value)) for name, value in known if value)
    return f"Script started on {_date(time_us)} [".encode() + said + b"]\n"


def _about(start: Event, time_us: int, output_name: str) -> bytes:
    known = (
        ("START_TIME", _date(time_us)),
        ("TERM", start.get("term")),
        ("COLUMNS", start["cols"]),
        ("LINES", start["rows"]),
        ("SHELL", start.get("env", {}).get("SHELL")),
        ("COMMAND", command_line(start.get("command", []))),
        ("OUTPUT_LOG", output_name),
    )
    return b"".join(
        b"H 0.000000 %b %b\n" % (name.encode(), _value(value)) for name, value in known if value
    )


def _value(value: object) -> bytes:
    """A value on one line."""
    text = " ".join(str(value).split())
    return text[:_LONGEST_VALUE].encode("utf-8", "replace")


def _date(time_us: int) -> str:
    """`2026-11-23 03:04:09+00:00`, as script writes it; in UTC, so that it is the same anywhere."""
    return time.strftime("%Y-%m-%d %H:%M:%S+00:00", time.gmtime(time_us // US_PER_S))
