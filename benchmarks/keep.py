"""What keeping the store costs when there are many sessions.

    python benchmarks/keep.py [--sessions 1000] [--rounds 7]

A store of so many ended sessions with their summaries, as `cs-rec` leaves them. Each command is
started anew, as from a shell: wall and CPU (user and system), medians over the rounds. Budget:
`cs-prune --dry-run` of 1,000 sessions within 0.5 s.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from formats.layout import Home
from formats.store import listing
from tests.support.logs import BEGINNING_US, Said, ended, start, store_log

DAY_US = 86_400_000_000
COMMANDS = [
    ["cs-prune", "--older-than", "30d", "--dry-run"],
    ["cs-prune", "--max-size", "100k", "--dry-run", "--json"],
    ["cs-ls"],
    ["cs-du"],
    ["cs-du", "--by", "directory"],
    ["maintenance"],
]


class Cost(NamedTuple):
    """Milliseconds of one command."""

    wall_ms: float
    cpu_ms: float


def make_store(folder: Path, count: int) -> Home:
    """So many sessions, one a day, and their summaries."""
    home = Home(str(folder / "home"))
    home.create()
    for number in range(count):
        said = [start(cwd=f"/srv/{number % 20}"), Said(10, b"x" * (number % 500)), ended(20)]
        beginning_us = BEGINNING_US - number % 1000 * DAY_US
        store_log(Path(home.path), *said, beginning_us=beginning_us)
    listing(home)
    return home


def cost_of(command: list[str], home: Home) -> Cost:
    """Run it once, its output unread."""
    program = Path(sys.executable).with_name(command[0])
    argv = [str(program), *command[1:]]
    if command == ["maintenance"]:
        argv = [sys.executable, "-m", "recorder.maintenance", home.path]
    null = os.open(os.devnull, os.O_RDWR)
    environ = os.environ | {"CLAUDE_SESSIONS_HOME": home.path}
    began_s = time.perf_counter()
    actions = [(os.POSIX_SPAWN_DUP2, null, number) for number in (0, 1, 2)]
    pid = os.posix_spawn(argv[0], argv, environ, file_actions=actions)
    _, status, used = os.wait4(pid, 0)
    wall_s = time.perf_counter() - began_s
    os.close(null)
    if status:
        sys.exit(f"{' '.join(command)} failed: {os.waitstatus_to_exitcode(status)}")
    return Cost(1e3 * wall_s, 1e3 * (used.ru_utime + used.ru_stime))


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description="Commands on a store of many sessions.")
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    typed = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cs-keep-") as name:
        home = make_store(Path(name), typed.sessions)
        costs: dict[str, list[Cost]] = {" ".join(command): [] for command in COMMANDS}
        for _ in range(typed.rounds):
            for command in COMMANDS:
                costs[" ".join(command)].append(cost_of(command, home))
    print(f"| {typed.sessions} sessions | wall ms | CPU ms |")
    print("| --- | ---: | ---: |")
    for what, each in costs.items():
        wall_ms, cpu_ms = (statistics.median(column) for column in zip(*each, strict=True))
        print(f"| {what} | {wall_ms:.0f} | {cpu_ms:.0f} |")


if __name__ == "__main__":
    main()
