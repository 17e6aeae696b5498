"""Many recorders at once: what a key costs while old segments are sealed beside them.

    python benchmarks/many.py [--recorders 50] [--keys 2000] [--rounds 3]

So many `cs-rec` record a program that echoes keys, all with one home. Keys are typed one at a time,
each to the next of them, and each is waited for. In each round this is done without anything else,
and then while the sealers of two other sessions compress at the lowest priority, as recorders
start them. Budget: p99 <= 10 ms with sealing, on two cores.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from benchmarks import accounting, contestants, payloads
from benchmarks.stage import EOT, key_us, percentiles
from benchmarks.terminal import Load, Terminal
from formats.entry import Entry, encode_line
from formats.layout import Home, new_session_id
from recorder.background import start_module

SEALERS = 2
# Hard links to one file: more than two sealers compress in the time of a round.
SEGMENTS_EACH = 400
SEGMENT_BYTES = 16 << 20
DEADLINE_S = 600.0


class Echo(NamedTuple):
    """What keys took."""

    p50_ms: float
    p99_ms: float
    worst_ms: float


class Recorders:
    """Recorders at work, each on a terminal of its own."""

    def __init__(self, folder: Path, count: int) -> None:
        """Start them, one after the other, in one home below `folder`."""
        ours = next(one for one in contestants.find({}) if one.family == contestants.OURS)
        load = [sys.executable, str(Path(__file__).with_name("load.py"))]
        self._terminals: list[Terminal] = []
        self._loads: list[Load] = []
        for number in range(count):
            path = str(folder / f"{number}.socket")
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(path)
                listener.listen(1)
                argv = ours.argv([*load, path, "echo"], folder)
                env, deadline = contestants.environment(folder), time.monotonic() + DEADLINE_S
                self._terminals.append(Terminal(argv, env, str(folder), deadline=deadline))
                self._loads.append(Load(self._terminals[-1], listener))
            self._loads[-1].go()

    def type(self, keys: int) -> Echo:
        """Type so many keys, to each in turn."""
        for terminal in self._terminals:
            terminal.drain()
        times = [
            key_us(self._terminals[number % len(self._terminals)], 2.0) for number in range(keys)
        ]
        found = percentiles(times)
        return Echo(found["p50_us"] / 1e3, found["p99_us"] / 1e3, max(times) / 1e3)

    def close(self) -> None:
        """End them all, and all that goes on for them in the background."""
        for terminal, load in zip(self._terminals, self._loads, strict=True):
            terminal.type(EOT)
            load.finish()
            accounting.reap(terminal.pid)
            terminal.close()
        accounting.reap_orphans(time.monotonic() + DEADLINE_S)


class Sealing:
    """Sealers at work, from when they have sealed their first segment to the end of the block."""

    def __init__(self, home: Home, segment: Path) -> None:
        """Give them sessions whose closed segments all are `segment`."""
        self._home = home
        self._segment = segment
        self._ids = [new_session_id() for _ in range(SEALERS)]
        self._pids: list[int] = []

    def __enter__(self) -> None:
        """Start them."""
        for session_id in self._ids:
            for number in range(1, SEGMENTS_EACH + 1):
                os.link(self._segment, self._home.segment(session_id, number))
            Path(self._home.log(session_id)).touch(0o600)
            arguments = (self._home.path, session_id)
            self._pids.append(start_module("recorder.seal", arguments, lowest_priority=True))
        deadline = time.monotonic() + DEADLINE_S
        while not all(self._sealed(session_id) for session_id in self._ids):
            time.sleep(0.05)
            if time.monotonic() > deadline:
                sys.exit("the sealers have no time to work: other programs take all of it")

    def __exit__(self, *_: object) -> None:
        """End them, and remove what they were given."""
        if not all(self._left(session_id) for session_id in self._ids):
            print("the sealers were done before the keys were: more segments, or fewer keys")
        for pid in self._pids:
            accounting.kill(pid)
            os.waitpid(pid, 0)
        for path in Path(self._home.logs).iterdir():
            if path.name.startswith(tuple(self._ids)):
                path.unlink()

    def _sealed(self, session_id: str) -> bool:
        return os.path.exists(self._home.segment(session_id, 1, sealed=True))

    def _left(self, session_id: str) -> bool:
        return os.path.exists(self._home.segment(session_id, SEGMENTS_EACH))


def make_segment(folder: Path, size_bytes: int) -> Path:
    """A segment of repaints, as an agent's interface writes them."""
    session_id = new_session_id()
    payload = payloads.repaint(folder / "payload", size_bytes * 3 // 5).path.read_bytes()
    path = folder / "segment"
    with open(path, "wb") as file:
        for place in range(0, len(payload), 4095):
            data = payload[place : place + 4095]
            file.write(
                encode_line(Entry(1_770_488_132_000_000 + place, session_id, "output", data))
            )
    path.chmod(0o600)
    return path


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description="Keys in many sessions while others are sealed.")
    parser.add_argument("--recorders", type=int, default=50)
    parser.add_argument("--keys", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--segment-mb", type=float, default=SEGMENT_BYTES / (1 << 20))
    typed = parser.parse_args()
    accounting.adopt_orphans()
    with tempfile.TemporaryDirectory(prefix="cs-many-") as name:
        folder = Path(name)
        segment = make_segment(folder, int(typed.segment_mb * (1 << 20)))
        home = Home(str(folder / contestants.SESSIONS))
        home.create()
        recorders = Recorders(folder, typed.recorders)
        print(f"{typed.recorders} recorders, {typed.keys} keys a row, {os.cpu_count()} cores")
        print("| round | beside them | p50 ms | p99 ms | worst ms |")
        print("| --- | --- | ---: | ---: | ---: |")
        for number in range(1, typed.rounds + 1):
            _print_row(number, "nothing", recorders.type(typed.keys))
            with Sealing(home, segment):
                _print_row(number, f"{SEALERS} sealers", recorders.type(typed.keys))
        recorders.close()


def _print_row(number: int, beside: str, echo: Echo) -> None:
    print(f"| {number} | {beside} | {echo.p50_ms:.2f} | {echo.p99_ms:.2f} | {echo.worst_ms:.1f} |")


if __name__ == "__main__":
    main()
