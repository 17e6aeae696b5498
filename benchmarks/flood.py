"""The memory of one recorder through a long flood, while its disk comes and goes.

    python benchmarks/flood.py [--minutes 10] [--mb-per-s 5]

`cs-rec` records numbered lines at that rate. Each ten seconds but the last its file may not grow
for two (a limit on the size of files: as a full disk, and it needs no root). Its RSS is read five
times a second; the log rotates and is sealed meanwhile, by other processes. At the end what is in
the log and what its gaps state must be all that was written, and `cs-verify` must find it whole.
Exit status 1 when that is not so, or when the memory grew by more than half a MiB after the first
fifth of the time: until then the ring and what the allocator keeps come to their size.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from formats.layout import Home  # noqa: E402  after the path
from formats.session import Session  # noqa: E402
from tests.support.recording import OuterTerminal, rss_kib  # noqa: E402

PROGRAM = """
import os, sys, time
seconds, rate = float(sys.argv[1]), float(sys.argv[2])
written, begun = 0, time.monotonic()
while (now := time.monotonic() - begun) < seconds:
    if written <= now * rate:
        lines = (b"%012d %b\\n" % (written + n, b"." * 83) for n in range(80))
        written += os.write(1, b"".join(lines))
    else:
        time.sleep(0.001)
os.write(1, b"END %d" % written)
"""
NOTICE = re.compile(rb"\[?cs-rec: [^\n]*\n")
FAULT_EACH_S, FAULT_FOR_S = 10.0, 2.0
LOOK_EACH_S = 0.2
ROOM_BYTES = 300_000
GROWTH_KIB = 512


class Flood:
    """One recorder, the limit on its files, and what was seen of its memory."""

    def __init__(self, folder: Path, seconds: float, rate: float) -> None:
        self.home = Home(str(folder / "home"))
        self.faults = 0
        self._no_fault_from = time.monotonic() + seconds - 2 * FAULT_FOR_S
        self.rss_kib: list[int] = []
        command = [sys.executable, "-I", "-S", "-c", PROGRAM, str(seconds), str(rate)]
        recorder = str(Path(sys.executable).with_name("cs-rec"))
        environ = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "TERM": "xterm"}
        environ["CLAUDE_SESSIONS_HOME"] = self.home.path
        argv = [recorder, "-q", ".", "--", *command]
        self._terminal = OuterTerminal(argv, environ, size=(100, 30), cwd=Path("/"), streams={})

    def run(self) -> int:
        """Watch it to its end; how many bytes of the flood came to the terminal."""
        terminal, shown, look_at = self._terminal, 0, 0.0
        fault_at, fault_until = time.monotonic() + FAULT_EACH_S, 0.0
        while terminal.process.poll() is None or terminal.look(0):
            terminal.look()
            shown += self._whole_lines()
            now = time.monotonic()
            if now >= look_at:
                look_at = now + LOOK_EACH_S
                self._note()
            if fault_until and now >= fault_until:
                self._limit(resource.RLIM_INFINITY)
                fault_at, fault_until = now + FAULT_EACH_S, 0.0
            elif not fault_until and fault_at <= now < self._no_fault_from:
                self.faults += 1
                self._limit(self._open_bytes() + ROOM_BYTES)
                fault_until = now + FAULT_FOR_S
        terminal.close()
        return shown + len(NOTICE.sub(b"", terminal.screen))

    def _whole_lines(self) -> int:
        """The bytes of what is shown up to the last line, without what the recorder itself says."""
        screen = self._terminal.screen
        end = screen.rfind(b"\n") + 1
        shown = len(NOTICE.sub(b"", screen[:end]))
        del screen[:end]
        return shown

    def _note(self) -> None:
        with contextlib.suppress(FileNotFoundError, KeyError):  # it has just ended
            self.rss_kib.append(rss_kib(self._terminal.pid))

    def _limit(self, size_bytes: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(
                self._terminal.pid, resource.RLIMIT_FSIZE, (size_bytes, resource.RLIM_INFINITY)
            )

    def _open_bytes(self) -> int:
        return os.stat(recorded(self.home).files()[-1]).st_size


def recorded(home: Home) -> Session:
    """The one session that there is."""
    (session_id,) = {name[:36] for name in os.listdir(home.logs)}
    return Session(session_id, home.logs)


def stored(home: Home) -> tuple[int, int]:
    """The bytes of output in the log, and those that its gaps state."""
    kept = lost = 0
    for entry in recorded(home).entries():
        if entry.event is not None and entry.event["type"] == "gap":
            lost += entry.event["bytes"]
        elif entry.direction == "output":
            kept += len(entry.data)
    return kept, lost


def main(argv: list[str]) -> int:
    """Make the flood, and print what it found."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--minutes", type=float, default=10.0)
    made.add_argument("--mb-per-s", type=float, default=5.0)
    made.add_argument("--folder", help="where it is recorded (default: TMPDIR)")
    options = made.parse_args(argv)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        flood = Flood(Path(folder), options.minutes * 60, options.mb_per_s * 1e6)
        shown = flood.run()
        kept, lost = stored(flood.home)
        verify = [str(Path(sys.executable).with_name("cs-verify")), "--home", flood.home.path]
        whole = subprocess.run(verify, capture_output=True, check=False).returncode == 0
    fifth = len(flood.rss_kib) // 5
    early, late = max(flood.rss_kib[:fifth]), max(flood.rss_kib[fifth:])
    print(
        f"{options.minutes:g} minutes, {shown / 1e6:,.0f} MB shown, {flood.faults} times no room: "
        f"{kept / 1e6:,.0f} MB kept, {lost / 1e6:.1f} MB in stated gaps, "
        f"{shown - kept - lost} bytes in neither, cs-verify: {'whole' if whole else 'NOT whole'}. "
        f"RSS {early / 1024:.2f} MiB at most in the first fifth, {late / 1024:.2f} MiB after it."
    )
    return int(not whole or shown != kept + lost or late - early > GROWTH_KIB)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
