"""What playing costs, beside other players.

    python benchmarks/playing.py [--only steady,whole,jumps] [--seconds 20] [--size-mb 1000]
                                 [--jump-mb 100] [--folder FOLDER]

`steady`: a full-screen program that draws 2 KB thirty times a second, played at its own speed in a
window that a process reads, beside the players that are on PATH (asciinema, scriptreplay, ttyplay,
termplay). CPU is measured between two moments of one run, so that start-up does not count; flat
memory is RSS at both.
`whole`: a long session (long_session.py) from its beginning to its end at speed 1000, its memory
on the way.
`jumps`: a tenth of an hour back and on, from the key to the last byte of what is drawn, beside
termplay, the only one of the others that can.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from benchmarks.long_session import make
from benchmarks.play import COMMANDS, DRAWN, environ_in, told, window
from formats.layout import Home
from tests.support.logs import Said, ended, start, write_log
from tests.support.recording import children, cpu_s, rss_kib

if TYPE_CHECKING:
    from tests.support.window import PlayerWindow

FRAMES_PER_S = 30
WARM_UP_S = 8
"""Keyboard tables and the session's lines are loaded meanwhile."""
LOOKS = 10
JUMPS = 20
QUIET_S = 0.15
"""Nothing more is drawn then: a frame comes each 17 ms at least."""
LONGEST_S = 600


class Peer(NamedTuple):
    """A player: its program, the form it reads, and what starts it."""

    program: str
    form: str
    ending: str
    options: tuple[str, ...]


PEERS = (
    Peer("asciinema", "asciicast-v2", ".cast", ("play",)),
    Peer("scriptreplay", "typescript", ".typescript", ("--log-timing", "{timing}", "--log-out")),
    Peer("ttyplay", "ttyrec", ".ttyrec", ()),
    Peer("termplay", "ttyrec", ".ttyrec", ()),
)


def frame(number: int) -> bytes:
    """About 2 KB: twelve rows of a screen of 120x40 anew, as an agent's interface does."""
    rows = [
        b"\x1b[%d;1H\x1b[3%dm%-110s\x1b[m" % (10 + row, 1 + (number + row) % 6, b"work " * 20)
        for row in range(12)
    ]
    return b"\x1b[?2026h" + b"".join(rows) + b"\x1b[2;2Hframe %d\x1b[?2026l" % number


def steady(folder: Path, seconds: int) -> None:
    """Thirty frames a second: the player, and the peers on the same frames."""
    log = folder / "frames.jsonl"
    count = (seconds + WARM_UP_S + 22) * FRAMES_PER_S
    said = [Said(n * 1000 // FRAMES_PER_S, frame(n)) for n in range(count)]
    write_log(log, start(120, 40), *said, ended(count * 1000 // FRAMES_PER_S))
    _measure("cs-play", [str(COMMANDS / "cs-play"), str(log), "--no-mouse"], folder, seconds)
    for peer in PEERS:
        program = shutil.which(peer.program)
        if program is None:
            print(f"{peer.program}: not on PATH")
            continue
        played = str(folder / f"frames{peer.ending}")
        export = [str(COMMANDS / "cs-export"), str(log), "-o", played, "-f", peer.form]
        if not Path(played).exists():  # some read the same form
            subprocess.run([*export, "--no-redact"], check=True, capture_output=True)
        timing = str(folder / "frames.timing")
        options = [option.format(timing=timing) for option in peer.options]
        _measure(peer.program, [program, *options, played], folder, seconds)


def _measure(name: str, argv: list[str], folder: Path, seconds: int) -> None:
    with window(argv, folder, environ_in(folder)) as opened:
        opened.wait_for(b"frame 1")
        _look_on(opened, WARM_UP_S)
        pids = [opened.pid, *children(opened.pid)]
        cpu, rss = sum(map(cpu_s, pids)), rss_mib(pids)
        began_s = time.monotonic()
        seen = _look_on(opened, seconds)
        took_s = time.monotonic() - began_s
        used = sum(map(cpu_s, pids)) - cpu
        more = f"; {seen / took_s / 1000:.0f} kB/s written"
        told(f"{name}, 30 frames/s, CPU", 100 * used / took_s, "% of a core", more)
        told(f"{name}, memory", rss, "MiB", f", then {rss_mib(pids):.1f}")


def rss_mib(pids: list[int]) -> float:
    """Their resident memory; one that has ended has none."""
    found = 0.0
    for pid in pids:
        with contextlib.suppress(KeyError, FileNotFoundError):
            found += rss_kib(pid) / 1024
    return found


def _look_on(opened: PlayerWindow, seconds: float) -> int:
    until_s = time.monotonic() + seconds
    seen = 0
    while time.monotonic() < until_s:
        opened.look(0.05)
        seen += len(opened.screen)
        opened.screen.clear()
    return seen


def whole(folder: Path, size_mb: float) -> None:
    """A session of ten hours in half a minute; memory of the player and of what draws for it."""
    home = Home(str(folder / "home"))
    make(home, round(size_mb * 1e6), 10)
    argv = [str(COMMANDS / "cs-play"), "last", "--no-mouse", "--speed", "1000"]
    with window(argv, folder, environ_in(folder)) as opened:
        opened.wait_for(DRAWN)
        _look_on(opened, 2)
        pids = [opened.pid, *children(opened.pid)[:1]]  # what looks for hits comes later
        began_s = time.monotonic()
        seen: list[tuple[float, float]] = []
        while opened.process.poll() is None and time.monotonic() < began_s + LONGEST_S:
            seen.append((rss_mib(pids), sum(map(cpu_s, pids))))
            _look_on(opened, 0.5)
    took_s = time.monotonic() - began_s
    seen = [one for one in seen if one[0]][:-1]  # at the end one of the two is gone
    told("whole session, speed 1000", took_s, "s", f"; {seen[-1][1]:.1f} s of CPU")
    marks = [seen[len(seen) * part // LOOKS][0] for part in range(LOOKS)]
    shown = " ".join(f"{one:.1f}" for one in [*marks, seen[-1][0]])
    told("whole session, memory at the end", seen[-1][0], "MiB", f" (each tenth: {shown})")


def jumps(folder: Path, size_mb: float) -> None:
    """Jumps in a session of ten hours that is paused."""
    home = Home(str(folder / "jumping"))
    session_id = make(home, round(size_mb * 1e6), 10)
    environ = environ_in(folder) | {"CLAUDE_SESSIONS_HOME": home.path}
    recording = str(folder / "jumping.ttyrec")
    export = [str(COMMANDS / "cs-export"), session_id, "-o", recording, "-f", "ttyrec"]
    subprocess.run([*export, "--no-redact"], check=True, capture_output=True, env=environ)
    keying = [sys.executable, "-m", "player.replay.keying", home.path, session_id]
    here = Path(__file__).parents[1]
    subprocess.run(keying, check=True, cwd=here, env=environ)
    player = [str(COMMANDS / "cs-play"), "last", "--no-mouse", "--paused"]
    _jump("cs-play", player, folder, environ, ("shift-right", "shift-left"))
    if (program := shutil.which("termplay")) is None:
        print("termplay: not on PATH")
        return
    _jump("termplay", [program, recording], folder, environ, ("pgup", "pgdn"))


def _jump(
    name: str, argv: list[str], folder: Path, environ: dict[str, str], keys: tuple[str, str]
) -> None:
    """Some on, some back, so that the ends are not reached."""
    with window(argv, folder, environ) as opened:
        _look_on(opened, WARM_UP_S)
        opened.press(*[" "] * (name == "termplay"))
        _look_on(opened, 1)
        times: list[float] = []
        order = [keys[0]] * 5 + [keys[turn % 2] for turn in range(JUMPS - 5)]
        for key in order:
            opened.press(key)
            began_s = last_s = time.monotonic()
            while (now_s := time.monotonic()) < last_s + QUIET_S:
                if opened.look(0.01):
                    last_s = time.monotonic()
                    opened.screen.clear()
                if now_s > began_s + LONGEST_S:
                    break
            times.append(1000 * (last_s - began_s))
        memory = rss_mib([opened.pid, *children(opened.pid)])
    times.sort()
    told(f"{name}, a jump", statistics.median(times), "ms", f" (at most {times[-1]:.0f})")
    told(f"{name}, memory after the jumps", memory, "MiB")


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description="What playing costs, on this machine.")
    parser.add_argument("--only", default="steady,whole,jumps")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--size-mb", type=float, default=1000)
    parser.add_argument("--jump-mb", type=float, default=100)
    parser.add_argument("--folder", help="where the sessions lie meanwhile (default: TMPDIR)")
    typed = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=typed.folder) as name:
        folder = Path(name)
        if "steady" in typed.only:
            steady(folder, typed.seconds)
        if "whole" in typed.only:
            whole(folder, typed.size_mb)
        if "jumps" in typed.only:
            jumps(folder, typed.jump_mb)


if __name__ == "__main__":
    main()
