"""What playing costs: processor time, memory, the time to the first screen.

    python benchmarks/play.py [--seconds 20]

A full-screen program that draws 2 KB thirty times a second is played at its own speed in a window
that a process reads. CPU is that of the player and of the processes it started, in percent of one
core, measured between two moments of the same run, so that start-up does not count. RSS is given
at the first and at the last of them: flat means equal.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from formats.size import Size
from tests.support.logs import Said, ended, start, write_log
from tests.support.recording import children, cpu_s, rss_kib
from tests.support.window import PlayerWindow, environ_of

FRAMES_PER_S = 30
WINDOW = Size(120, 42)


def frame(number: int) -> bytes:
    """About 2 KB: twelve rows of a screen of 120x40 anew, as an agent's interface does."""
    rows = [
        b"\x1b[%d;1H\x1b[3%dm%-110s\x1b[m" % (10 + row, 1 + (number + row) % 6, b"work " * 20)
        for row in range(12)
    ]
    return b"\x1b[?2026h" + b"".join(rows) + b"\x1b[2;2Hframe %d\x1b[?2026l" % number


def main() -> None:
    """Play, measure, print."""
    parser = argparse.ArgumentParser(description="What playing costs, on this machine.")
    parser.add_argument("--seconds", type=int, default=20)
    seconds: int = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "frames.jsonl"
        count = (seconds + 30) * FRAMES_PER_S
        said = [Said(n * 1000 // FRAMES_PER_S, frame(n)) for n in range(count)]
        write_log(log, start(120, 40), *said, ended(count * 1000 // FRAMES_PER_S))
        commands = Path(sys.executable).parent
        began_s = time.monotonic()
        window = PlayerWindow(
            [str(commands / "cs-play"), str(log), "--no-mouse"],
            environ_of(commands) | {"CLAUDE_SESSIONS_HOME": folder},
            size=WINDOW,
            cwd=Path(folder),
        )
        try:
            window.wait_for(b"\x1b[?2026l")
            print(f"first screen       {1000 * (time.monotonic() - began_s):8.0f} ms")
            _look(window, 8)  # the keyboard's tables and the session's lines are loaded meanwhile
            _measure(window, seconds)
        finally:
            window.close()


def _look(window: PlayerWindow, seconds: float) -> int:
    until_s = time.monotonic() + seconds
    seen = 0
    while time.monotonic() < until_s:
        window.look(0.05)
        seen += len(window.screen)
        window.screen.clear()
    return seen


def _measure(window: PlayerWindow, seconds: int) -> None:
    pids = [window.pid, *children(window.pid)]
    cpu, rss = sum(map(cpu_s, pids)), [rss_kib(pid) for pid in pids]
    began_s = time.monotonic()
    seen = _look(window, seconds)
    took_s = time.monotonic() - began_s
    used = sum(map(cpu_s, pids)) - cpu
    print(f"CPU                {100 * used / took_s:8.1f} % of a core ({used:.2f} s)")
    print(f"written            {seen / took_s / 1000:8.1f} kB/s")
    for name, pid, before in zip(("player", "drawing", "knowing"), pids, rss, strict=False):
        print(f"RSS {name:14} {before:8} -> {rss_kib(pid)} KiB")


if __name__ == "__main__":
    main()
