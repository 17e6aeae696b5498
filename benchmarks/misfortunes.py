"""What happens to a recorder while it records, and what is left of the session afterwards.

Each misfortune is a function of a `Stage`: a recorder on a terminal of its own, that records
numbered lines. It gives the words of a table's cell. Linux only; those on a full disk need root.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from benchmarks import contestants, logs
from formats.errors import LogError
from formats.interchange import reading
from formats.line import OUTPUT
from tests.support.loopdisk import LoopDisk
from tests.support.recording import OuterTerminal

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from benchmarks.contestants import Contestant

TICK = re.compile(rb"tick (\d{7})")
# 200 lines a second of 80 bytes, until a file says that it is enough.
TICKS = """
import os, sys, time
number = 0
while not os.path.exists(sys.argv[1]):
    os.write(1, b"tick %07d %b\\n" % (number, b"." * 66))
    number += 1
    time.sleep(0.005)
os.write(1, b"END\\n")
"""
MEGABYTE = "import os\nfor n in range(20000): os.write(1, b'tick %07d %b\\n' % (n, b'.' * 39))"
# Each byte that is typed comes back thirty times: every buffer on the way fills.
AMPLIFIER = """
import os, tty
tty.setraw(0)
os.write(1, b"READY")
left = 100_000
while left:
    data = os.read(0, left)
    left -= len(data)
    data *= 30
    while data:
        data = data[os.write(1, data):]
os.write(1, b"END")
"""
SMALL_DISK = "256k"
WAIT_S = 20.0
SOON_S = 1.0


class Stage:
    """A recorder at work in a folder of its own, on a terminal that is read to its last byte."""

    def __init__(
        self, who: Contestant, folder: Path, program: str, before: tuple[str, ...] = ()
    ) -> None:
        self.who = who
        self.folder = folder
        (folder / "home").mkdir(exist_ok=True)
        self.enough = folder.parent / f"{folder.name}.enough"
        command = [sys.executable, "-I", "-S", "-c", program, str(self.enough)]
        environ = contestants.environment(folder)
        argv = [*before, *who.argv(command, folder)]
        self.terminal = OuterTerminal(argv, environ, size=(100, 30), cwd=folder, streams={})

    def close(self) -> None:
        """End what is left."""
        self.enough.touch()
        self.terminal.close()

    def passes(self, seconds: float) -> None:
        """Look at the screen for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.terminal.look()

    def begins(self) -> None:
        """Wait for the first lines."""
        self.terminal.wait_for(b"tick 0000020", limit_s=WAIT_S)

    def ends(self) -> int | None:
        """Let the command end; the recorder's exit status, None where it does not end."""
        self.enough.touch()
        try:
            return self.terminal.wait(WAIT_S)
        except AssertionError:
            return None

    def shown(self) -> set[int]:
        """The numbers of the lines that came to the screen."""
        return numbers(bytes(self.terminal.screen))

    def stored(self) -> set[int]:
        """The numbers of the lines that are in what was recorded, in whatever file."""
        return numbers(recorded(self.who, self.folder))

    def lost(self) -> str:
        """How many of the lines that were shown are not stored."""
        shown = self.shown()
        return f"{len(shown - self.stored())} of {len(shown)} lines"

    def log(self) -> Path:
        """The file that is written."""
        if self.who.family == contestants.OURS:
            return logs.segments(self.folder / contestants.SESSIONS / "logs")[-1]
        return self.folder / contestants.FAMILIES[self.who.family].log

    def is_raw(self) -> bool:
        """Whether the terminal is not as it was found."""
        return self.terminal.mode() != self.terminal.found_mode


def numbers(data: bytes) -> set[int]:
    """The numbers of the lines in some bytes."""
    return {int(number) for number in TICK.findall(data)}


def recorded(who: Contestant, folder: Path) -> bytes:
    """All that a recorder wrote of the screen, from any file in its folder."""
    if who.family != contestants.OURS:
        files = [path for path in folder.rglob("*") if path.is_file() and "home" not in path.parts]
        return b"\n".join(map(_screen_of, files))
    found: list[bytes] = []
    for path in sorted((folder / contestants.SESSIONS / "logs").glob("*.jsonl*")):
        plain = path.suffix != ".zst"
        content = path.read_bytes() if plain else b"".join(logs.plain(path))
        for line in content.splitlines():
            with contextlib.suppress(ValueError, KeyError):
                fields = json.loads(line)
                found.append(base64.b64decode(fields["data"]))
    return b"".join(found)


def _screen_of(path: Path) -> bytes:
    """What a peer's file says was on the screen: a line may lie in two of its entries."""
    try:
        recording = reading.open_recording(str(path))
        if recording.format == reading.TYPESCRIPT:
            return path.read_bytes()
        entries = reading.entries_of(recording)
        return b"".join(entry.data for entry in entries if entry.direction == OUTPUT)
    except LogError:  # no beginning, after it was cut
        return path.read_bytes()


@contextlib.contextmanager
def staged(
    who: Contestant, folder: Path, program: str = TICKS, before: tuple[str, ...] = ()
) -> Generator[Stage]:
    """A stage that is cleared afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    stage = Stage(who, folder, program, before)
    try:
        yield stage
    finally:
        stage.close()


@contextlib.contextmanager
def small_disk(folder: Path) -> Generator[Path]:
    """A file system of 256 KiB in memory."""
    folder.mkdir(parents=True)
    options = f"size={SMALL_DISK},mode=700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def killed(who: Contestant, folder: Path) -> str:
    """`kill -9` of the recorder after two seconds: what was seen and is lost."""
    with staged(who, folder) as stage:
        stage.begins()
        stage.passes(2)
        stage.terminal.signal(signal.SIGKILL)
        stage.terminal.wait(WAIT_S)
        return stage.lost()


def terminated(who: Contestant, folder: Path) -> str:
    """SIGTERM: the terminal's mode, the exit status, and what is lost."""
    with staged(who, folder) as stage:
        stage.begins()
        stage.passes(0.5)
        stage.terminal.signal(signal.SIGTERM)
        try:
            status = stage.terminal.wait(5)
        except AssertionError:
            return "does not end"
        mode = "left raw" if stage.is_raw() else "given back"
        code = f"killed by it ({status})" if status < 0 else f"exit {status}"
        return f"terminal {mode}, {code}, {stage.lost()} lost"


def full_disk(who: Contestant, folder: Path) -> str:
    """A disk that is full for a second."""
    with small_disk(folder / "disk") as disk, staged(who, disk) as stage:
        stage.begins()
        fill(disk / "filler")
        begun = len(stage.terminal.screen)
        stage.passes(SOON_S)
        on_screen = len(numbers(bytes(stage.terminal.screen[begun:])))
        (disk / "filler").unlink()
        stage.passes(SOON_S)
        alive = stage.terminal.process.poll() is None
        status = stage.ends()
        went_on = "goes on" if alive and on_screen > 50 else "**ends**"
        words = f"session {went_on} (exit {status}); lost {stage.lost()}"
        return words + (stated_gaps(disk) if who.family == contestants.OURS else "")


def power_cut(who: Contestant, folder: Path) -> str:
    """The power is cut after three seconds: what was seen by then and is not on the ext4 disk."""
    folder.mkdir(parents=True)
    with LoopDisk("ext4", folder) as disk:
        with staged(who, disk.path) as stage:
            stage.begins()
            stage.passes(3)
            shown = stage.shown()
            disk.cut()
        disk.restart()
        stored = numbers(recorded(who, disk.path))
        return f"{len(shown - stored)} of {len(shown)} lines"


def stated_gaps(folder: Path) -> str:
    """What our log says is missing."""
    entries = 0
    for path in logs.segments(folder / contestants.SESSIONS / "logs"):
        for fields in logs.decode(path):
            event = fields.get("event", {})
            entries += event.get("entries", 0) if event.get("type") == "gap" else 0
    return f", and the log says so: {entries} entries" if entries else ""


def fill(path: Path) -> None:
    """Take all the space that is left."""
    with path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


def removed(who: Contestant, folder: Path) -> str:
    """The log is removed while it is written."""
    return _touched(who, folder, lambda path: path.unlink())


def truncated(who: Contestant, folder: Path) -> str:
    """The log is cut to nothing while it is written: what comes after that is to be kept."""
    return _touched(who, folder, lambda path: os.truncate(path, 0), only_later=True)


def _touched(
    who: Contestant, folder: Path, act: Callable[[Path], None], *, only_later: bool = False
) -> str:
    with staged(who, folder) as stage:
        stage.begins()
        stage.passes(SOON_S)
        before = stage.shown() if only_later else set[int]()
        act(stage.log())
        stage.passes(2)
        status = stage.ends()
        later = stage.shown() - before
        lost = len(later - stage.stored())
        nuls = ", and a hole of NULs" if only_later and b"\0" * 100 in _bytes_of(stage) else ""
        words = f"lost {lost} of {len(later)} lines{nuls} (exit {status})"
        return words + (stated_gaps(folder) if who.family == contestants.OURS else "")


def _bytes_of(stage: Stage) -> bytes:
    path = stage.log()
    return path.read_bytes() if path.exists() else b""


def prints_and_exits(who: Contestant, folder: Path) -> str:
    """A command that prints a megabyte and exits at once, 20 times: how often all of it is kept."""
    complete = 0
    for run in range(20):
        with staged(who, folder / str(run), MEGABYTE) as stage:
            stage.terminal.wait(WAIT_S)
            expected = set(range(20_000))
            complete += stage.shown() == expected and stage.stored() == expected
    return f"{complete} of 20 whole"


def pasted(who: Contestant, folder: Path) -> str:
    """100 KB pasted into a program that answers thirty bytes for each."""
    with staged(who, folder, AMPLIFIER) as stage:
        stage.terminal.wait_for(b"READY", limit_s=WAIT_S)
        try:
            stage.terminal.type(b"x" * 100_000)
            stage.terminal.wait_for(b"END", limit_s=WAIT_S)
        except AssertionError:
            return f"**hangs** after {len(stage.terminal.screen)} of 3,000,000 bytes"
        shown = bytes(stage.terminal.screen).partition(b"READY")[2].count(b"x")
        return "all" if shown == 3_000_000 else f"{shown} of 3,000,000 bytes"


def syncs(who: Contestant, folder: Path) -> str:
    """How often what was recorded is made durable, in three seconds."""
    report = folder.parent / f"{folder.name}.trace"
    calls = "trace=fsync,fdatasync,sync_file_range,msync"
    before = ("strace", "-f", "-o", str(report), "-e", calls)
    with staged(who, folder, before=before) as stage:
        stage.begins()
        stage.passes(3)
        stage.ends()
    count = len(re.findall(r"^\d+ +\w*sync\w*\(", report.read_text(), flags=re.MULTILINE))
    return f"{count} syncs" if count else "never"


MISFORTUNES: dict[str, tuple[str, Callable[[Contestant, Path], str]]] = {
    "killed": ("`kill -9`: shown and lost", killed),
    "terminated": ("SIGTERM", terminated),
    "syncs": ("made durable in 3 s", syncs),
    "power": ("power cut after 3 s (ext4): lost", power_cut),
    "full": ("disk full for a second", full_disk),
    "removed": ("log removed: lost", removed),
    "truncated": ("log cut to nothing: lost of what came after", truncated),
    "exits": ("1 MB and exit at once", prints_and_exits),
    "pasted": ("100 KB pasted into a 30-fold echo", pasted),
}


def can_be_played(name: str) -> bool:
    """Whether this machine and this user can stage it."""
    if name == "full":
        return os.geteuid() == 0 and shutil.which("mount") is not None
    if name == "power":
        return os.geteuid() == 0 and shutil.which("mkfs.ext4") is not None
    return name != "syncs" or shutil.which("strace") is not None


def described(who: Contestant) -> str:
    """The recorder and its version, for the head of a table."""
    return shlex.join([who.name, who.version]) if who.version else who.name
