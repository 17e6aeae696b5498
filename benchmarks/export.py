"""What exporting a long session costs: time, MB/s, memory at a quarter and at all of it.

    python benchmarks/export.py [--mb 1000] [--only mixed,text,key]
                                [--forms asciicast-v3,text,asciicast-v3+redact,text+redact]

Sessions of that many MB of output each: `mixed`, real programs and an agent's repaints in small
pieces (`long_session`); `text`, lines that are all different, read 4 KB at once; `key`, as `mixed`,
and in the middle of it a key is printed. `+redact`: secrets are looked for, and masked. CPU is user
and system time of cs-export and all it starts, MB/s are MB of output in a second by the clock. RSS
is the largest of any process; below this program's own, about 30 MiB, it cannot be told. The index
of lines is made before, as it mostly is: what that costs stands by itself. The files are written to
`--folder`, and deleted.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from benchmarks import long_session, payloads
from formats.layout import Home, new_session_id
from formats.line import OUTPUT
from formats.session import Session
from formats.writing import SessionWriter

if TYPE_CHECKING:
    from collections.abc import Callable

_READ_BYTES = 4095
_MB = 1_000_000
_EVERY_US = 2000
_HOURS_PER_MB = 0.01
_FORMS = "asciicast-v3,asciicast-v2,ttyrec,raw,jsonl,text,markdown,asciicast-v3+redact,text+redact"
_REDACT = "+redact"
_KEY = b"\r\nkey: sk-ant-api03-Q7wEr9TyU2iOpAs4DfGh6JkLzXcVbNm1Q3w\r\n"


class Cost(NamedTuple):
    """Of one run: processor time and time by the clock in seconds, the largest RSS in MiB."""

    cpu_s: float
    clock_s: float
    rss_mib: float


def run(home: Path, command: str, *arguments: str) -> Cost:
    """Run one of our commands to its end."""
    program = os.path.join(os.path.dirname(sys.executable), command)
    begin_s = time.perf_counter()
    pid = os.posix_spawn(
        program,
        [program, *arguments, "--home", str(home)],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)],
    )
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"{command} {' '.join(arguments)} failed")
    clock_s = time.perf_counter() - begin_s
    return Cost(usage.ru_utime + usage.ru_stime, clock_s, usage.ru_maxrss / 1024)


def mixed(home: Home, size_bytes: int) -> None:
    """Real programs and repaints."""
    long_session.make(home, size_bytes, size_bytes / _MB * _HOURS_PER_MB)


def text(home: Home, size_bytes: int) -> None:
    """Lines of words, each another."""
    home.create()
    path = Path(home.path) / "text"
    payloads.text(path, size_bytes)
    start = {"type": "start", "version": 1, "cols": 120, "rows": 40, "command": ["cat"], "cwd": "/"}
    at_us = long_session.BEGINNING_US
    with SessionWriter(home, new_session_id()) as writer, path.open("rb") as file:
        writer.event(at_us, start)
        while data := file.read(_READ_BYTES):
            at_us += _EVERY_US
            writer.entry(at_us, OUTPUT, data.replace(b"\n", b"\r\n"))  # as a terminal's driver does
        writer.event(at_us, {"type": "exit", "status": 0, "reason": "exited"})
    path.unlink()


def key(home: Home, size_bytes: int) -> None:
    """As `mixed`, with a key in the middle."""
    mixed(home, size_bytes)
    (first, *_) = sorted(os.listdir(home.logs))
    entries = Session(first[: len(new_session_id())], home.logs).entries()
    other = Home(home.path + "-made")
    other.create()
    written = 0
    with SessionWriter(other, new_session_id()) as writer:
        for entry in entries:
            if entry.event is None:
                writer.entry(entry.time_us, entry.direction, entry.data)
            elif entry.event["type"] != "segment":
                writer.event(entry.time_us, entry.event)
            before, written = written, written + len(entry.data)
            if before < size_bytes // 2 <= written:
                writer.entry(entry.time_us, OUTPUT, _KEY)
    shutil.rmtree(home.path)
    os.rename(other.path, home.path)


def measure(
    folder: Path, name: str, make: Callable[[Home, int], None], mb: int, forms: list[str]
) -> None:
    """Make a session, and print what its exports cost."""
    homes = {size: folder / f"{name}-{size}" for size in (mb // 4, mb)}
    for size, home in homes.items():
        make(Home(str(home)), size * _MB)
    made = [run(home, "cs-index", "last") for home in homes.values()]
    _print(name, "(the index)", mb, *made)
    out = folder / "out"
    for form in forms:
        redact = "--redact" if form.endswith(_REDACT) else "--no-redact"
        options = ("-f", form.removesuffix(_REDACT), "-o", str(out), "--force", redact)
        _print(
            name, form, mb, *[run(home, "cs-export", "last", *options) for home in homes.values()]
        )
    out.unlink()


def _print(name: str, what: str, mb: int, quarter: Cost, whole: Cost) -> None:
    print(
        f"| {name} | {what} | {mb} | {whole.cpu_s:.1f} | {whole.clock_s:.1f} | "
        f"{mb / whole.clock_s:.1f} | {quarter.rss_mib:.0f} | {whole.rss_mib:.0f} |",
        flush=True,
    )


def main() -> None:
    """Make the sessions, export them, print the table."""
    parser = argparse.ArgumentParser(description="What exporting costs, on this machine.")
    parser.add_argument("--mb", type=int, default=1000, help="MB of output in each session")
    parser.add_argument("--folder", help="where the sessions lie meanwhile; made if it is missing")
    parser.add_argument("--only", default="mixed,text,key", help="which sessions")
    parser.add_argument("--forms", default=_FORMS, help="as which")
    options = parser.parse_args()
    only = options.only.split(",")
    print("| session | form | MB | CPU s | clock s | MB/s | RSS MiB at a quarter | RSS MiB |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    if options.folder is not None:
        os.makedirs(options.folder, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for name, make in (("mixed", mixed), ("text", text), ("key", key)):
            if name in only:
                measure(Path(folder), name, make, options.mb, options.forms.split(","))


if __name__ == "__main__":
    main()
