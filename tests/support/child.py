"""Programs to be recorded, one a function: `python child.py NAME ARGUMENT…`.

Each writes READY when it is set up. Raw ones switch their terminal to raw mode, so that what they
write is exactly what a recorder reads.
"""

from __future__ import annotations

import getpass
import os
import select
import signal
import sys
import termios
import threading
import time
import tty

LINE_BYTES = 12
_CHUNK_LINES = 2000


def numbers(first: int, count: int) -> bytes:
    """Lines of 12 bytes, each its own number: a lost or repeated byte is seen at once."""
    return b"".join(b"%011d\n" % number for number in range(first, first + count))


def write_all(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


def raw() -> None:
    if os.isatty(0):
        tty.setraw(0)


def count(size: str) -> None:
    """Write `size` bytes of numbered lines (0: without end), and exit at once."""
    raw()
    left, first = int(size), 0
    endless = left == 0
    while endless or left > 0:
        chunk = numbers(first, _CHUNK_LINES)
        write_all(chunk if endless else chunk[:left])
        left -= len(chunk)
        first += _CHUNK_LINES


def stages(*sizes: str) -> None:
    """Write `size` bytes of numbered lines for each key that is typed; the last stage ends it."""
    raw()
    write_all(b"READY")
    for size in sizes:
        os.read(0, 1)
        data, whole = numbers(0, _CHUNK_LINES), int(size)
        for _ in range(whole // len(data)):
            write_all(data)
        write_all(data[: whole % len(data)] + b"DONE")
    os.read(0, 1)


def echo(times: str = "1") -> None:
    """Write back every key, `times` over, until Ctrl-D."""
    raw()
    write_all(b"READY")
    while True:
        data = os.read(0, 65536)
        end = data.find(b"\x04")
        if not data or end >= 0:
            write_all(data[: max(end, 0)] * int(times) + b"BYE")
            return
        write_all(data * int(times))


def keys(path: str) -> None:
    """Flood the screen; write what is typed to the file `path`, also while the screen stands.

    After `q` the flood ends. The last bytes are END and the number of bytes before it.
    """
    raw()
    write_all(b"READY")
    over = threading.Event()

    def listen() -> None:
        with open(path, "ab", buffering=0) as file:
            while not over.is_set():
                data = os.read(0, 4096)
                file.write(data)
                if b"q" in data:
                    over.set()

    threading.Thread(target=listen, daemon=True).start()
    first = 0
    while not over.is_set():
        write_all(numbers(first, 100))
        first += 100
    write_all(b"END%d" % (first * LINE_BYTES))


def winsize() -> None:
    """Say the size of the window, now and whenever it changes; `q` ends."""
    raw()

    def say(*_: object) -> None:
        cols, rows = os.get_terminal_size(0)
        write_all(b"<%dx%d>" % (cols, rows))

    # Not by reading keys alone: a signal just before `read` would be heard of at the next key.
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGWINCH, say)
    say()
    while True:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)  # its handler is called before anything else is
        if 0 in ready and os.read(0, 1) == b"q":
            return


def stubborn() -> None:
    """Ignore the polite signals, and wait."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    write_all(b"READY")
    time.sleep(1000)


def polite() -> None:
    """On a signal say which, and leave with status 9."""

    def leave(number: int, _frame: object) -> None:
        write_all(b"GOT%d" % number)
        os._exit(9)

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, leave)
    write_all(b"READY")
    time.sleep(1000)


def password() -> None:
    """Ask as getpass does, twice, then read a line that may be seen."""
    first = getpass.getpass("first: ")
    second = getpass.getpass("second: ")
    seen = input("name: ")
    print("lengths", len(first), len(second), "seen", seen)


def detached() -> None:
    """Let go of the terminal, and live on."""
    write_all(b"READY")
    for fd in (0, 1, 2):
        os.close(fd)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    time.sleep(1000)


def fill(path: str) -> None:
    """Copy what is typed, line by line, to the file `path`; the PTY keeps its line mode and echo.

    Line mode's own limit is one line of 4,095 bytes.
    """
    write_all(b"READY")
    attributes = termios.tcgetattr(0)
    assert attributes[3] & termios.ICANON
    with open(path, "ab", buffering=0) as file:
        while data := os.read(0, 4096):
            file.write(data)
    write_all(b"BYE")


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
