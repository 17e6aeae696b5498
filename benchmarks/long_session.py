"""A long session to seek in: streams of real programs, repeated to any size and length.

The programs (vim, less, htop, bash; those that are installed) run under a PTY and are typed to for
a few seconds each; between them come an agent's repaints (`payloads.repaint`). What is read at once
is an entry, as in a recording.
"""

from __future__ import annotations

import os
import pty
import random
import select
import shutil
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks import payloads
from formats.layout import Home, new_session_id
from formats.line import OUTPUT
from formats.size import Size
from formats.writing import SessionWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = Size(120, 40)
BEGINNING_US = 1_770_488_132_123_000
READ_BYTES = 8192
_REPAINT_BYTES = 2 << 20
_KEY_GAP_S = 0.04
_HERE = Path(__file__).parent
_TEXT = str(_HERE / "payloads.py")


class Script(NamedTuple):
    """A program and what is typed to it, key by key."""

    command: list[str]
    keys: list[bytes]


SCRIPTS = [
    Script(
        ["vim", "-u", "NONE", "-N", "-c", "syntax on | set number", _TEXT],
        [b"\x06", b"j", b"\x1b[B", b"\x04", b"\x02", b"/def\r", b"n"] * 6
        # The last keys leave the program.
        + [b"o", b"a new line", b"\x1b", b"dd", b"u", b":split\r", b"\x06", b":qa!\r"],
    ),
    Script(["less", "-N", _TEXT], [*[b" ", b"j", b"j", b"k", b"b", b"G", b"g"] * 6, b"q"]),
    Script(["htop", "-d", "3"], [*[b"\x1b[B", b"\x1b[B", b"M", b"P", b"t"] * 8, b"q"]),
    Script(
        ["bash", "--norc", "-i"],
        [
            *[b"ls -la --color /usr/bin | head -60\r", b"for i in 1 2 3; do echo $i; done\r"] * 4,
            f"cat {_TEXT}\r".encode(),
            b"seq 1 3000\r",
            b"printf '\\033[44m\\033[2Jblue\\n'\r",
            b"clear\r",
            b"exit\r",
        ],
    ),
]


def real_stream(script: Script) -> list[bytes]:
    """What the program wrote, read by read."""
    pid, master = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", LANG="C.UTF-8", HISTFILE="")
        os.execvp(script.command[0], script.command)
    termios.tcsetwinsize(master, (SIZE.rows, SIZE.cols))
    chunks: list[bytes] = []
    deadline = time.monotonic() + 20
    keys = iter(script.keys)
    try:
        while time.monotonic() < deadline:
            if select.select([master], [], [], _KEY_GAP_S)[0]:
                try:
                    data = os.read(master, READ_BYTES)
                except OSError:
                    break
                chunks.append(data)
            else:
                os.write(master, next(keys, b"\x04"))
    finally:
        os.close(master)
        os.waitpid(pid, 0)
    return chunks


def streams(folder: Path) -> list[list[bytes]]:
    """One list of reads a program, and one of an agent's repaints."""
    found = [real_stream(script) for script in SCRIPTS if shutil.which(script.command[0])]
    data = payloads.repaint(folder / "repaint", _REPAINT_BYTES).path.read_bytes()
    (folder / "repaint").unlink()
    return [*(stream for stream in found if stream), list(_pieces(data))]


def _pieces(data: bytes) -> Iterator[bytes]:
    """Frames, each second one in pieces: agents write changed cells as often as whole frames."""
    rng = random.Random(20261123)
    for number, frame in enumerate(data.split(payloads.FRAME_END)):
        whole = frame + payloads.FRAME_END
        size = rng.randrange(40, 400) if number % 2 else len(whole)
        for start in range(0, len(whole), size):
            yield whole[start : start + size]


def _entries(pool: list[list[bytes]], size_bytes: int) -> Iterator[bytes]:
    rng = random.Random(20261124)
    written = 0
    while written < size_bytes:
        for data in rng.choice(pool):
            yield data
            written += len(data)


def make(home: Home, size_bytes: int, hours: float) -> str:
    """Write a session of so many bytes of output, that many hours long. Gives its id."""
    session_id = new_session_id()
    home.create()
    pool = streams(Path(home.path))
    mean_bytes = sum(map(len, (d for s in pool for d in s))) / sum(map(len, pool))
    gap_us = hours * 3600e6 / (size_bytes / mean_bytes)
    rng = random.Random(20261125)
    at_us = float(BEGINNING_US)
    start = {"type": "start", "version": 1, "cols": SIZE.cols, "rows": SIZE.rows}
    with SessionWriter(home, session_id) as writer:
        writer.event(BEGINNING_US, {**start, "command": ["mixed"], "cwd": "/", "term": "xterm"})
        size = SIZE
        for number, data in enumerate(_entries(pool, size_bytes)):
            at_us += gap_us * rng.expovariate(1)
            writer.entry(int(at_us), OUTPUT, data)
            if number % 20_000 == 19_999:
                size = Size(100, 30) if size == SIZE else SIZE
                event = {"type": "resize", "cols": size.cols, "rows": size.rows}
                writer.event(int(at_us), event)
        writer.event(int(at_us), {"type": "exit", "status": 0, "reason": "exited"})
    return session_id
