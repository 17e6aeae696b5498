"""What exporting a long session costs: processor time, MB/s, memory at a quarter and at all of it.

    python benchmarks/export.py [--mb 1000] [--redact-mb 20] [--only mixed,text,redacted]
                                [--forms asciicast-v3,text]

Two sessions of that many MB of output each: `mixed`, real programs and an agent's repaints in
small pieces (`long_session`), and `text`, lines that are all different, read 4 KB at once. CPU is
user and system time of cs-export and all it starts, MB/s are MB of output in a second of it. RSS
is the largest of any process; below this program's own, about 30 MiB, it cannot be told. .txt is
measured with the index of lines made before, as it mostly is: what making it costs stands by
itself. With secrets masked a session is read several times, so a smaller one is taken. Output goes
to /dev/null: what the disk costs is no matter of ours.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from benchmarks import long_session, payloads
from formats.layout import Home, new_session_id
from formats.line import OUTPUT
from formats.writing import SessionWriter

if TYPE_CHECKING:
    from collections.abc import Callable

_READ_BYTES = 4095
_MB = 1_000_000
_EVERY_US = 2000
_HOURS_PER_MB = 0.01
_FORMS = "asciicast-v3,asciicast-v2,ttyrec,raw,jsonl,text,markdown"


class Cost(NamedTuple):
    """Of one run: processor time in seconds, the largest RSS in MiB."""

    cpu_s: float
    rss_mib: float


def run(home: Path, command: str, *arguments: str) -> Cost:
    """Run one of our commands to its end."""
    program = os.path.join(os.path.dirname(sys.executable), command)
    pid = os.posix_spawn(
        program,
        [program, *arguments, "--home", str(home)],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)],
    )
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"{command} {' '.join(arguments)} failed")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


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


def measure(
    folder: Path, name: str, make: Callable[[Home, int], None], mb: int, forms: list[str]
) -> None:
    """Make a session, and print what its exports cost."""
    homes = {size: folder / f"{name}-{size}" for size in (mb // 4, mb)}
    for size, home in homes.items():
        make(Home(str(home)), size * _MB)
    for form in forms:
        if form == "text":
            made = [run(home, "cs-index", "last") for home in homes.values()]
            _print(name, "(the index)", mb, *made)
        options = ("-f", form, "-o", os.devnull, "--no-redact")
        _print(
            name, form, mb, *[run(home, "cs-export", "last", *options) for home in homes.values()]
        )


def measure_redacted(folder: Path, mb: int) -> None:
    """The same with secrets masked."""
    homes = {size: folder / f"redacted-{size}" for size in (mb // 4, mb)}
    for size, home in homes.items():
        mixed(Home(str(home)), size * _MB)
        run(home, "cs-index", "last")
    for form in ("asciicast-v3", "text"):
        options = ("-f", form, "-o", os.devnull, "--redact")
        costs = [run(home, "cs-export", "last", *options) for home in homes.values()]
        _print("redacted", form, mb, *costs)


def _print(name: str, what: str, mb: int, quarter: Cost, whole: Cost) -> None:
    print(
        f"| {name} | {what} | {mb} | {whole.cpu_s:.1f} | {mb / whole.cpu_s:.1f} | "
        f"{quarter.rss_mib:.0f} | {whole.rss_mib:.0f} |",
        flush=True,
    )


def main() -> None:
    """Make the sessions, export them, print the table."""
    parser = argparse.ArgumentParser(description="What exporting costs, on this machine.")
    parser.add_argument("--mb", type=int, default=1000, help="MB of output in each session")
    parser.add_argument("--redact-mb", type=int, default=20, help="and where secrets are masked")
    parser.add_argument("--folder", help="where the sessions lie meanwhile")
    parser.add_argument("--only", default="mixed,text,redacted", help="which sessions")
    parser.add_argument("--forms", default=_FORMS, help="as which; redacted ones as two of them")
    options = parser.parse_args()
    only = options.only.split(",")
    print("| session | form | MB of output | CPU s | MB/s | RSS MiB at a quarter | RSS MiB |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for name, make in (("mixed", mixed), ("text", text)):
            if name in only:
                measure(Path(folder), name, make, options.mb, options.forms.split(","))
        if "redacted" in only:
            measure_redacted(Path(folder), options.redact_mb)


if __name__ == "__main__":
    main()
