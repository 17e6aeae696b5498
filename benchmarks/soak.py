"""Many recorders for minutes, under kills, full disks and resizes; then everything is counted.

`python benchmarks/soak.py` (root, for a disk of its own: a tmpfs that is filled now and then) keeps
20 recorders at work for ten minutes. What each records prints numbered lines, bursts and floods;
a line counts as acknowledged when it has come to the outer terminal. All the while recorders are
killed and told to end, windows are resized, the disk fills up and is freed. At the end `cs-verify
all` must find nothing but stated gaps, and each acknowledged line must be in its log or in a gap
that this log states. Exit status 1 when anything is not so.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from benchmarks.misfortunes import fill  # noqa: E402  after the path
from formats.damage import Damage  # noqa: E402
from formats.layout import Home  # noqa: E402
from formats.run import read_run  # noqa: E402
from formats.session import Session  # noqa: E402
from tests.support.recording import OuterTerminal, rss_kib  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

LINE = re.compile(rb"(\d{9}) [.]*\r?\n")
# Now and then a burst; a seed of its own; till it is told to end.
PROGRAM = """
import os, random, signal, sys, time
dice = random.Random(int(sys.argv[1]))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
number = 0
while True:
    for _ in range(dice.choice((1, 1, 1, 1, 5, 100))):
        os.write(1, b"%09d %b\\n" % (number, b"." * dice.randrange(100)))
        number += 1
    time.sleep(dice.choice((0.01, 0.05, 0.2)))
"""
# How each recorder's life goes on, a moment of it: how likely, out of 1000 a tenth of a second.
KILL, TERMINATE, HANG_UP, RESIZE = 4, 3, 2, 40
FULL_EACH_S, FULL_FOR_S = 12.0, 3.0
TURN_S = 0.1
DISK_BYTES_EACH = 12 << 20
# What waits for a disk that is full is tried again once a second.
RECOVERS_S = 1.5


@dataclass
class Life:
    """One recorder on its terminal, and what was seen there."""

    number: int
    terminal: OuterTerminal
    session_id: str = ""
    seen: set[int] = field(default_factory=set[int])
    place: int = 0
    largest_kib: int = 0
    killed_full: bool = False
    """It was killed while the disk was full: what waited for it died with it."""

    def look(self) -> None:
        """Read what is there, and take note of the whole lines."""
        self.terminal.look(0)
        screen = self.terminal.screen
        for match in LINE.finditer(screen):
            self.seen.add(int(match[1]))
            self.place = match.end()
        del screen[: self.place]
        self.place = 0

    def ask_id(self, home: Home) -> None:
        """Learn which session it is, from what its recorder states of itself."""
        if self.session_id:
            return
        with contextlib.suppress(FileNotFoundError):
            for name in os.listdir(home.run):
                run = read_run(home, name) if len(name) == 36 else None
                if run is not None and run.pid == self.terminal.pid:
                    self.session_id = name


class Soak:
    """The recorders, the disk, and the dice."""

    def __init__(self, folder: Path, count: int, seed: int) -> None:
        self.folder = folder
        self.home = Home(str(folder / "home"))
        self.count = count
        self.dice = random.Random(seed)
        self.lives: list[Life] = []
        self.over: list[Life] = []
        self.happened: Counter[str] = Counter()
        self._begun = 0
        self._full_until = 0.0
        self._full_at = time.monotonic() + FULL_EACH_S

    def run(self, seconds: float) -> None:
        """Keep them at work."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            while len(self.lives) < self.count:
                self.lives.append(self._begin())
            self._disk()
            for life in list(self.lives):
                life.look()
                life.ask_id(self.home)
                self._befall(life)
            time.sleep(TURN_S)
        self._free()
        for life in self.lives:
            with contextlib.suppress(ProcessLookupError):
                os.kill(life.terminal.pid, signal.SIGTERM)
        for life in list(self.lives):
            self._end(life)

    def _begin(self) -> Life:
        self._begun += 1
        command = [sys.executable, "-I", "-S", "-c", PROGRAM, str(self._begun)]
        recorder = str(Path(sys.executable).with_name("cs-rec"))
        rotate = self.dice.choice((["--rotate-bytes", "64K"], ["--rotate-bytes", "1M"]))
        argv = [recorder, "-q", *rotate, ".", "--", *command]
        environ = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.folder),
            "TERM": "xterm-256color",
            "CLAUDE_SESSIONS_HOME": self.home.path,
        }
        terminal = OuterTerminal(argv, environ, size=(100, 30), cwd=Path("/"), streams={})
        return Life(self._begun, terminal)

    def _befall(self, life: Life) -> None:
        if life.terminal.process.poll() is not None:
            self._end(life)
            return
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, KeyError):
            life.largest_kib = max(life.largest_kib, rss_kib(life.terminal.pid))
        dice = self.dice.randrange(1000)
        for chance, name, number in (
            (KILL, "kills", signal.SIGKILL),
            (TERMINATE, "terminations", signal.SIGTERM),
            (HANG_UP, "hang-ups", signal.SIGHUP),
        ):
            dice -= chance
            if -chance <= dice < 0 and life.session_id:
                self.happened[name] += 1
                life.killed_full = number == signal.SIGKILL and self._is_full()
                os.kill(life.terminal.pid, number)
                return
        if dice < RESIZE:
            self.happened["resizes"] += 1
            life.terminal.resize(self.dice.randrange(20, 200), self.dice.randrange(5, 60))

    def _end(self, life: Life) -> None:
        end = time.monotonic() + 15
        while life.terminal.process.poll() is None and time.monotonic() < end:
            life.look()
            time.sleep(0.01)
        while life.terminal.look(0):
            life.look()
        life.look()
        life.terminal.close()
        self.lives.remove(life)
        self.over.append(life)

    def _disk(self) -> None:
        now = time.monotonic()
        if self._full_until and now >= self._full_until:
            self._free()
        elif not self._full_until and now >= self._full_at:
            self.happened["full disks"] += 1
            fill(self.folder / "filler")
            self._full_until = now + FULL_FOR_S

    def _free(self) -> None:
        (self.folder / "filler").unlink(missing_ok=True)
        self._full_until, self._full_at = 0.0, time.monotonic() + FULL_EACH_S

    def _is_full(self) -> bool:
        """Whether something may still wait for the disk."""
        freed_at = self._full_at - FULL_EACH_S
        return bool(self._full_until) or time.monotonic() - freed_at < RECOVERS_S

    def judge(self) -> list[str]:
        """What is not as it should be."""
        wrong: list[str] = []
        for life in self.over:
            if not life.session_id:
                if life.seen:
                    wrong.append(f"recorder {life.number}: lines were shown, and no session")
                continue
            wrong += self._lost(life)
        return wrong

    def _lost(self, life: Life) -> Iterator[str]:
        """Lines that were acknowledged, are not in the log, and in no gap that it states."""
        damage, output, gaps = Damage(), bytearray(), 0
        for entry in Session(life.session_id, self.home.logs).entries(damage):
            if entry.event is not None and entry.event["type"] == "gap":
                gaps += entry.event["bytes"]
            elif entry.direction == "output":
                output += entry.data
        stored = {int(match[1]) for match in LINE.finditer(output)}
        lost = life.seen - stored
        self.happened["lines seen"] += len(life.seen)
        if life.killed_full:
            self.happened["lines lost with a kill while the disk was full"] += len(lost)
            return
        self.happened["lines lost in stated gaps"] += len(lost) if gaps else 0
        if lost and len(lost) * 10 > gaps + 10:  # a line has ten bytes at least
            some = sorted(lost)[:3]
            yield f"{life.session_id}: {len(lost)} lines lost, {gaps} bytes stated ({some} …)"


@contextlib.contextmanager
def disk(size_bytes: int) -> Generator[Path]:
    """A file system of its own, in memory."""
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        options = f"size={size_bytes},mode=700"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


def verified(home: Home) -> tuple[Counter[str], list[str]]:
    """States of all segments, and what cs-verify finds beyond what a kill may leave."""
    command = [str(Path(sys.executable).with_name("cs-verify")), "--json", "--home", home.path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    states: Counter[str] = Counter()
    wrong: list[str] = [line for line in done.stderr.splitlines() if line]
    for line in done.stdout.splitlines():
        fields = json.loads(line)
        states[fields["state"]] += 1
        if fields["state"] not in ("whole", "torn"):
            shown = json.dumps(fields["damage"])[:300]
            wrong.append(f"{fields['session_id']} segment {fields['segment']}: {shown}")
    return states, wrong


def maintained(home: Home) -> list[str]:
    """Close what killed recorders left, as the next cs-rec has it done; what could not be done."""
    module = [sys.executable, "-m", "recorder.maintenance", home.path]
    said = ""
    for _ in range(2):  # what was busy the first time
        time.sleep(1)
        done = subprocess.run(module, cwd=ROOT, capture_output=True, text=True, check=False)
        said = done.stderr
    return [line for line in said.splitlines() if line]


def main(argv: list[str]) -> int:
    """Run the soak and print what it found."""
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("--minutes", type=float, default=10.0)
    made.add_argument("--recorders", type=int, default=20)
    made.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    options = made.parse_args(argv)
    if os.geteuid() != 0:
        print("a disk of its own needs root", file=sys.stderr)
        return 2
    with disk(options.recorders * DISK_BYTES_EACH) as folder:
        soak = Soak(folder, options.recorders, options.seed)
        soak.run(options.minutes * 60)
        wrong = maintained(soak.home)
        states, damage = verified(soak.home)
        wrong += damage + soak.judge()
    happened = ", ".join(f"{count} {what}" for what, count in sorted(soak.happened.items()))
    largest_kib = max(life.largest_kib for life in soak.over)
    print(
        f"{options.minutes:g} minutes, {options.recorders} recorders, seed {options.seed}: ", end=""
    )
    print(f"{len(soak.over)} sessions, {happened}.")
    print(f"Segments: {', '.join(f'{n} {state}' for state, n in sorted(states.items()))}.", end=" ")
    print(f"The largest recorder had {largest_kib / 1024:.1f} MiB.")
    print("\n".join(wrong) if wrong else "Nothing acknowledged is lost but in stated gaps.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
