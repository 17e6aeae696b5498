"""The load: the program that is recorded. It writes, or echoes keys, and tells the stage when.

`python load.py SOCKET KIND ...`; what it says goes over a Unix socket, never over the terminal,
so the recorded bytes are the payload and nothing else. Standard library only, no imports that the
stage has to wait for.
"""

from __future__ import annotations

import mmap
import os
import resource
import select
import socket
import sys
import termios
import time
import tty
from typing import TYPE_CHECKING

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from benchmarks.payloads import ECHO, FRAME_START, LAST_LINE

if TYPE_CHECKING:
    from collections.abc import Callable

WRITE_BYTES = 65536  # what `cat` and a busy build write at once: the recorder is the bottleneck
FLOW_WRITE_BYTES = 4096  # small, so that a key never waits for a long write of our own
EOT = b"\x04"
WARM_UP_FRAMES = 15  # half a second at 30 frames/s, before the CPU of a steady load is counted


class Stage:
    """The other end: words to it are one line each; `go` waits for its leave."""

    def __init__(self, path: str) -> None:
        """Connect to the Unix socket at `path`."""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)

    def say(self, words: str) -> None:
        """Send one line."""
        self._socket.sendall(words.encode() + b"\n")

    def go(self, words: str) -> None:
        """Send one line and wait until the stage answers."""
        self.say(words)
        if not self._socket.recv(64):
            sys.exit("the stage is gone")

    def say_cpu(self) -> None:
        """Tell what this process has spent so far, the shell it was started by included."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        self.say(f"cpu {used.ru_utime + used.ru_stime:.6f}")


def write_all(data: memoryview | bytes) -> None:
    """Write `data` to the terminal, however often it takes."""
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def set_mode(mode: str) -> None:
    """Make the terminal `raw`, or `cooked` with LF turned into CR LF, whatever it was before."""
    if mode == "raw":
        tty.setraw(0)
        return
    attributes = termios.tcgetattr(0)
    attributes[1] |= termios.OPOST | termios.ONLCR
    termios.tcsetattr(0, termios.TCSANOW, attributes)


def cuts(data: mmap.mmap, end: int) -> list[int]:
    """Return where the writes end: at each frame, or every WRITE_BYTES when there are none."""
    if data[: len(FRAME_START)] != FRAME_START:
        return [*range(WRITE_BYTES, end, WRITE_BYTES), end]
    places: list[int] = []
    at = 0
    while (at := data.find(FRAME_START, at + 1)) != -1:
        places.append(at)
    return [*places, end]


def flood(stage: Stage, path: str, mode: str, marks: str) -> None:
    """Write the file once, or over and over up to the last mark, waiting at each mark."""
    set_mode(mode)
    last = LAST_LINE if mode == "cooked" else LAST_LINE.replace(b"\n", b"\r\n")
    waits = [int(mark) for mark in marks.split(",") if mark]
    with (
        open(path, "rb") as file,
        mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as data,
        memoryview(data) as view,
    ):
        end = len(data) - len(last)
        ends = cuts(data, end)
        sum(data[::4096])  # every page is in memory before the clock starts
        stage.go(f"ready {os.getpid()}")
        written = 0
        while True:
            start = 0
            for stop in ends:
                write_all(view[start:stop])
                start = stop
                if waits and written + start >= waits[0]:
                    stage.go(f"mark {waits.pop(0)}")
            written += end
            if not waits:
                break
    stage.say_cpu()
    write_all(last)


def steady(stage: Stage, path: str, rate_hz: str, seconds: str) -> None:
    """Write 2 KB `rate_hz` times a second for so many seconds, after a warm-up of the same."""
    set_mode("raw")
    with open(path, "rb") as file:
        data = file.read(4 << 20)
    frames = [FRAME_START + body[:2040] for body in data.split(FRAME_START)[1:]]
    period_s = 1 / float(rate_hz)
    stage.go(f"ready {os.getpid()}")
    begin = time.monotonic()
    for number in range(WARM_UP_FRAMES + round(float(rate_hz) * float(seconds))):
        if number == WARM_UP_FRAMES:
            stage.go("first")
            begin = time.monotonic() - number * period_s
        write_all(frames[number % len(frames)])
        time.sleep(max(0.0, begin + (number + 1) * period_s - time.monotonic()))
    stage.go("last")
    stage.say_cpu()


def echo(stage: Stage) -> None:
    """Answer each key with ECHO until EOT comes."""
    set_mode("raw")
    stage.go(f"ready {os.getpid()}")
    while (key := os.read(0, 1)) and key != EOT:
        os.write(1, ECHO)
    stage.say_cpu()


def echo_flow(stage: Stage, path: str, flow_bytes: str) -> None:
    """Do the same while `flow_bytes` flow: one loop that paints and takes keys, as agents do."""
    set_mode("raw")
    with open(path, "rb") as file:
        data = memoryview(file.read(8 << 20))
    keys = select.poll()
    keys.register(0, select.POLLIN)
    stage.go(f"ready {os.getpid()}")
    at, left = 0, int(flow_bytes)
    while left > 0:
        if keys.poll(0):
            os.read(0, 1)
            os.write(1, ECHO)
        sent = os.write(1, data[at : at + min(left, FLOW_WRITE_BYTES)])
        left -= sent
        at = (at + sent) % len(data)
    stage.say_cpu()
    stage.go("flowed")


def main(argv: list[str]) -> None:
    """Run one kind of load, and leave without a tear-down that a recorder could be charged with."""
    stage = Stage(argv[0])
    kinds: dict[str, Callable[..., None]] = {
        "flood": flood,
        "steady": steady,
        "echo": echo,
        "echo_flow": echo_flow,
    }
    kinds[argv[1]](stage, *argv[2:])
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
