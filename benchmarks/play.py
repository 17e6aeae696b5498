"""What seeking in a long session costs: its first screen, its index, seeks.

    python benchmarks/play.py [--size-mb 1000] [--hours 10] [--seeks 400] [--folder FOLDER]

The session is made of streams of real programs (long_session.py) and sealed as the recorder does.
CPU is that of the player and of the processes it started. Playing beside others: playing.py.

Python's own compiling is not measured: modules are compiled before, as pip does on installing.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from benchmarks.long_session import make
from formats.layout import Home
from formats.line import OUTPUT
from formats.session import Session
from formats.size import Size
from player.replay.painter import Painter
from player.replay.replay import Replay
from tests.support.recording import children, cpu_s
from tests.support.window import PlayerWindow, environ_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from player.screen import Screen

HERE = Path(__file__).resolve().parents[1]
WINDOW = Size(120, 42)
COMMANDS = Path(sys.executable).parent
DRAWN = b"\x1b[?2026l"
STARTS = 7
ENTRIES_AT_ONCE = 256


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


def engine_start() -> None:
    """What the screen engine adds to a process: from its import to a first screen."""
    code = (
        "import time, formats.size as s, typing, struct; began = time.process_time()\n"
        "from player.screen import Screen; Screen(s.Size(80, 24))\n"
        "print(time.process_time() - began)"
    )
    argv = [sys.executable, "-c", code]
    with tempfile.TemporaryDirectory() as name:
        environ = environ_in(Path(name))
        done = [
            subprocess.run(argv, cwd=HERE, env=environ, check=True, capture_output=True).stdout
            for _ in range(STARTS + 1)
        ]
    _told_median("screen engine, import to a screen, CPU", [1000 * float(one) for one in done[1:]])


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
    _indexing(session, folder, home, size_mb)
    first_screen(folder, ", index there")
    first_screen(folder, " at the end, index there", "--at", "100%")
    _seeks(session, seeks)


def _indexing(session: Session, folder: Path, home: Home, size_mb: float) -> None:
    """The making of its keyframes, by the clock and by CPU, beside the engine alone."""
    command = [sys.executable, "-m", "player.replay.keying", home.path, session.id]
    began_s = time.monotonic()
    pid = subprocess.Popen(command, cwd=HERE, env=environ_in(folder)).pid
    _, status, used = os.wait4(pid, 0)
    took_s = time.monotonic() - began_s
    cpu_used_s = used.ru_utime + used.ru_stime
    alone_s = _engine_alone_s(session)
    payload_gb, log_gb = size_mb / 1000, session.log_bytes() / 1e9
    print(f"index (exit {status}), for each GB of payload and of log:")
    for what, spent_s in (
        ("", took_s),
        (", CPU", cpu_used_s),
        (", the engine alone, CPU", alone_s),
    ):
        told(f"index{what}", spent_s / payload_gb, "s", f" (of log: {spent_s / log_gb:.1f} s)")
    told("index beside the engine alone", took_s / alone_s, "times")
    told("index, CPU beside the engine alone", cpu_used_s / alone_s, "times")
    told("index, memory", used.ru_maxrss / 1024, "MiB")


def _engine_alone_s(session: Session) -> float:
    """The CPU that the engine takes for the session's output, all of it in memory: a yardstick."""
    replay = Replay(session, index=False)
    screen, used_s = replay.new_screen(), 0.0
    pieces: list[bytes] = []
    for entry in session.entries():
        if entry.direction == OUTPUT:
            pieces.append(entry.data)
        if len(pieces) >= ENTRIES_AT_ONCE:
            data = b"".join(pieces)
            pieces.clear()
            began_s = time.process_time()
            screen.feed(data)
            used_s += time.process_time() - began_s
    return used_s


def _told_median(what: str, times: list[float]) -> None:
    told(what, statistics.median(times), "ms", f" ({min(times):.0f} to {max(times):.0f})")


def _seeks(session: Session, count: int) -> None:
    """Random seeks to a drawn screen; each is compared with playing all that is before it."""
    replay, chance = Replay(session), random.Random(20261127)
    places = [chance.randrange(replay.duration_us) for _ in range(count)]
    looks: dict[int, bytes] = {}
    times: list[float] = []
    cpu: list[float] = []
    undisturbed: list[float] = []
    for at_us in places:
        before = resource.getrusage(resource.RUSAGE_SELF)
        began_s, began_cpu_s = time.perf_counter(), time.process_time()
        screen = replay.seek(at_us)
        screen.rows()
        times.append(1000 * (time.perf_counter() - began_s))
        cpu.append(1000 * (time.process_time() - began_cpu_s))
        if resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw == before.ru_nivcsw:
            undisturbed.append(times[-1])
        looks[at_us] = _look(screen)
    alone = f"seek, the {len(undisturbed)} that no other process broke into"
    for what, found in (
        ("seek to a drawn screen", times),
        ("seek, CPU", cpu),
        (alone, undisturbed),
    ):
        if found:
            found.sort()
            more = f" (at most {found[-1]:.1f})"
            told(f"{what}, median", found[len(found) // 2], "ms")
            told(f"{what}, 99th of 100", found[len(found) * 99 // 100], "ms", more)
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


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description="What seeking costs, on this machine.")
    parser.add_argument("--size-mb", type=float, default=1000)
    parser.add_argument("--hours", type=float, default=10)
    parser.add_argument("--seeks", type=int, default=400)
    parser.add_argument("--folder", help="where the sessions lie meanwhile (default: TMPDIR)")
    typed = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=typed.folder) as name:
        engine_start()
        seeking(Path(name), typed.size_mb, typed.hours, typed.seeks)


if __name__ == "__main__":
    main()
