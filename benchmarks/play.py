"""What playing costs: the first screen, seeking in a long session, making its index, and playing.

    python benchmarks/play.py [--size-mb 1000] [--hours 10] [--seeks 400] [--seconds 20]
                              [--only seeking,steady] [--folder FOLDER]

`seeking`: a session of streams of real programs (long_session.py), sealed as the recorder does.
`steady`: a full-screen program that draws 2 KB thirty times a second, played at its own speed in a
window that a process reads, beside the players that are on PATH (asciinema, scriptreplay, ttyplay).
CPU is that of the player and of the processes it started. In percent of a core it is measured
between two moments of one run, so that start-up does not count; flat memory is RSS at both.

Python's own compiling is not measured: modules are compiled before, as pip does on installing.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import random
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
from formats.layout import Home
from formats.session import Session
from formats.size import Size
from player.painter import Painter
from player.replay import Replay
from tests.support.logs import Said, ended, start, write_log
from tests.support.recording import children, cpu_s, rss_kib
from tests.support.window import PlayerWindow, environ_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from player.screen import Screen

HERE = Path(__file__).resolve().parents[1]
FRAMES_PER_S = 30
WINDOW = Size(120, 42)
COMMANDS = Path(sys.executable).parent
DRAWN = b"\x1b[?2026l"
STARTS = 7
WARM_UP_S = 8
"""Keyboard tables and the session's lines are loaded meanwhile."""


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
)


def frame(number: int) -> bytes:
    """About 2 KB: twelve rows of a screen of 120x40 anew, as an agent's interface does."""
    rows = [
        b"\x1b[%d;1H\x1b[3%dm%-110s\x1b[m" % (10 + row, 1 + (number + row) % 6, b"work " * 20)
        for row in range(12)
    ]
    return b"\x1b[?2026h" + b"".join(rows) + b"\x1b[2;2Hframe %d\x1b[?2026l" % number


def told(what: str, value: float, unit: str, more: str = "") -> None:
    """One line of the result."""
    print(f"{what:44} {value:9.1f} {unit}{more}", flush=True)


@contextlib.contextmanager
def window(argv: list[str], folder: Path, environ: dict[str, str]) -> Generator[PlayerWindow]:
    """A window with a player in it."""
    opened = PlayerWindow(argv, environ, size=WINDOW, cwd=folder)
    try:
        yield opened
    finally:
        opened.close()


def environ_in(folder: Path) -> dict[str, str]:
    """A home in a folder, and modules that are compiled once."""
    environ = environ_of(COMMANDS) | {
        "CLAUDE_SESSIONS_HOME": str(folder / "home"),
        "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
    }
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    return environ


def first_screen(folder: Path, what: str, *options: str) -> None:
    """From the start of `cs-play` until its first screen stands; several starts."""
    times: list[float] = []
    cpu: list[float] = []
    for number in range(STARTS + 1):
        began_s = time.monotonic()
        argv = [str(COMMANDS / "cs-play"), "last", "--paused", "--no-mouse", *options]
        with window(argv, folder, environ_in(folder)) as opened:
            opened.wait_for(DRAWN)
            if number:  # the first one compiles
                times.append(1000 * (time.monotonic() - began_s))
                cpu.append(1000 * sum(map(cpu_s, [opened.pid, *children(opened.pid)])))
    _told_median(f"first screen{what}", times)
    _told_median(f"first screen{what}, CPU", cpu)


def seeking(folder: Path, size_mb: float, hours: float, seeks: int) -> None:
    """A long session: its first screen, its index, seeks."""
    home = Home(str(folder / "home"))
    session = Session(make(home, round(size_mb * 1e6), hours), home.logs)
    told("session, payload", size_mb, "MB", f" in {hours:g} h, {session.log_bytes() / 1e6:.0f} MB")
    first_screen(folder, ", no index")
    command = [sys.executable, "-m", "player.keying", home.path, session.id]
    pid = subprocess.Popen(command, cwd=HERE, env=environ_in(folder)).pid
    _, status, used = os.wait4(pid, 0)
    cpu = used.ru_utime + used.ru_stime
    told("index, CPU for each GB of payload", cpu / size_mb * 1000, "s", f" (exit {status})")
    told("index, memory", used.ru_maxrss / 1024, "MiB")
    first_screen(folder, ", index there")
    first_screen(folder, " at the end, index there", "--at", "100%")
    _seeks(session, seeks)


def _told_median(what: str, times: list[float]) -> None:
    told(what, statistics.median(times), "ms", f" ({min(times):.0f} to {max(times):.0f})")


def _seeks(session: Session, count: int) -> None:
    """Random seeks to a drawn screen; each is compared with playing all that is before it."""
    replay, chance = Replay(session), random.Random(20261127)
    places = [chance.randrange(replay.duration_us) for _ in range(count)]
    looks: dict[int, bytes] = {}
    times: list[float] = []
    cpu: list[float] = []
    for at_us in places:
        began_s, began_cpu_s = time.perf_counter(), time.process_time()
        screen = replay.seek(at_us)
        screen.rows()
        times.append(1000 * (time.perf_counter() - began_s))
        cpu.append(1000 * (time.process_time() - began_cpu_s))
        looks[at_us] = _look(screen)
    for what, found in (("seek to a drawn screen", times), ("seek, CPU", cpu)):
        found.sort()
        told(f"{what}, median", found[count // 2], "ms")
        told(f"{what}, 99th of 100", found[count * 99 // 100], "ms", f" (at most {found[-1]:.1f})")
    wrong = sum(looks[at_us] != look for at_us, look in _linear(session, sorted(places)))
    told("seeks unlike linear playback", wrong, f"of {count}")


def _look(screen: Screen) -> bytes:
    return hashlib.sha256(repr((screen.size, screen.rows(), screen.cursor)).encode()).digest()


def _linear(session: Session, places: list[int]) -> Iterator[tuple[int, bytes]]:
    """How the screen looks at each place when every entry before it was drawn one by one."""
    replay = Replay(session, index=False)
    painter, waiting = Painter(replay.new_screen()), iter(places)
    at_us = next(waiting)
    for moment in replay.entries_from(-1):
        while moment.at_us > at_us:
            painter.flush()
            yield at_us, _look(painter.screen)
            at_us = next(waiting, 1 << 62)
        painter.add(moment)


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
        subprocess.run([*export, "--no-redact"], check=True, capture_output=True)
        timing = str(folder / "frames.timing")
        options = [option.format(timing=timing) for option in peer.options]
        _measure(peer.program, [program, *options, played], folder, seconds)


def _measure(name: str, argv: list[str], folder: Path, seconds: int) -> None:
    with window(argv, folder, environ_in(folder)) as opened:
        opened.wait_for(b"frame 1")
        _look_on(opened, WARM_UP_S)
        pids = [opened.pid, *children(opened.pid)]
        cpu, rss = sum(map(cpu_s, pids)), _rss_mib(pids)
        began_s = time.monotonic()
        seen = _look_on(opened, seconds)
        took_s = time.monotonic() - began_s
        used = sum(map(cpu_s, pids)) - cpu
        more = f"; {seen / took_s / 1000:.0f} kB/s written"
        told(f"{name}, 30 frames/s, CPU", 100 * used / took_s, "% of a core", more)
        told(f"{name}, memory", rss, "MiB", f", then {_rss_mib(pids):.1f}")


def _rss_mib(pids: list[int]) -> float:
    """Their resident memory; one that has ended has none."""
    found = 0.0
    for pid in pids:
        with contextlib.suppress(KeyError):
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


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description="What playing costs, on this machine.")
    parser.add_argument("--size-mb", type=float, default=1000)
    parser.add_argument("--hours", type=float, default=10)
    parser.add_argument("--seeks", type=int, default=400)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--only", default="seeking,steady")
    parser.add_argument("--folder", help="where the sessions lie meanwhile (default: TMPDIR)")
    typed = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=typed.folder) as name:
        folder = Path(name)
        if "seeking" in typed.only:
            seeking(folder, typed.size_mb, typed.hours, typed.seeks)
        if "steady" in typed.only:
            steady(folder, typed.seconds)


if __name__ == "__main__":
    main()
