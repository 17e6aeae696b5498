"""The outer terminal of one run: a PTY that is emptied as fast as Python can, and that answers.

A terminal answers questions about its colours and its kind, and a recorder may wait for that
(asciinema 3 waits a second for DA1), so this one answers too, until the load runs.
"""

from __future__ import annotations

import os
import re
import select
import termios
import time
from typing import TYPE_CHECKING

from benchmarks import accounting
from benchmarks.payloads import LAST_LINE

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping, Sequence

READ_BYTES = 65536
SAID_BYTES = 400  # of what it printed, for the message when a recorder fails
QUESTIONS = re.compile(rb"\x1b\[0?c|\x1b\[>0?q|\x1b\](1[01]|4;\d+);\?(?:\x07|\x1b\\)")


class StageError(Exception):
    """A run that did not come to its end, in one line."""


def answer(question: re.Match[bytes]) -> bytes:
    """Return what a terminal says to DA1, XTVERSION or a question about a colour."""
    if question.group().endswith(b"c"):
        return b"\x1b[?62;22c"
    if question.group().endswith(b"q"):
        return b"\x1bP>|stage(1)\x1b\\"
    return b"\x1b]%s;rgb:1111/2222/3333\x1b\\" % question.group(1)


class Terminal:
    """A process on a PTY of ours; `read` drains it, `wait` waits for bytes, words or the end."""

    def __init__(
        self, argv: Sequence[str], env: Mapping[str, str], folder: str, *, deadline: float
    ) -> None:
        """Start `argv` in `folder` as the leader of a session on a new terminal of 120x40."""
        self.deadline = deadline
        self.began = time.perf_counter()
        self.pid, self.master = _spawn(argv, env, folder)
        os.set_blocking(self.master, False)
        self.ended = os.pidfd_open(self.pid)
        self.drained_bytes = 0
        self.said = b""
        self._previous = b""
        self._latest = b""
        self._poll = select.poll()
        self._poll.register(self.master, select.POLLIN)
        self._poll.register(self.ended, select.POLLIN)
        self._answering = True

    def read(self) -> bytes:
        """Return what stands ready, b"" when nothing does."""
        try:
            chunk = os.read(self.master, READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError:  # EIO: the last process has closed the terminal
            self._unregister(self.master)
            return b""
        self.drained_bytes += len(chunk)
        self._previous, self._latest = self._latest, chunk
        if self._answering:
            self._answer(chunk)
        return chunk

    def drain(self) -> None:
        """Read until nothing stands ready."""
        while self.read():
            pass

    def wait(self, *also: int, timeout_s: float | None = None) -> set[int]:
        """Return which of terminal, `ended` and `also` are ready; errors at the deadline."""
        for descriptor in also:
            self._poll.register(descriptor, select.POLLIN)
        left_s = self.deadline - time.monotonic()
        limit_s = left_s if timeout_s is None else min(left_s, timeout_s)
        ready = {descriptor for descriptor, _ in self._poll.poll(max(0, limit_s * 1000))}
        if time.monotonic() >= self.deadline:
            msg = f"not at its end in time; it said {self.said[:SAID_BYTES]!r}"
            raise StageError(msg)
        for descriptor in also:
            self._poll.unregister(descriptor)
        return ready

    def type(self, keys: bytes) -> None:
        """Type `keys`."""
        os.write(self.master, keys)

    def stop_answering(self) -> None:
        """From here on what comes is the load's, and none of it a question to us."""
        self._answering = False

    def last_line_came(self) -> bool:
        """Tell whether the load's last line stands at the end of what was drained."""
        return LAST_LINE.rstrip() in self._previous + self._latest

    def drain_to_end(self) -> float:
        """Drain until the recorder has ended; return when (perf_counter seconds)."""
        while self.ended not in self.wait():
            self.drain()
        ended = time.perf_counter()
        self.drain()
        return ended

    def close(self) -> None:
        """Hang up."""
        os.close(self.master)
        os.close(self.ended)

    def _answer(self, chunk: bytes) -> None:
        self.said = (self.said + chunk)[:4096]
        if reply := b"".join(answer(question) for question in QUESTIONS.finditer(chunk)):
            self.type(reply)

    def _unregister(self, descriptor: int) -> None:
        try:
            self._poll.unregister(descriptor)
        except KeyError:
            return


class Load:
    """What the load says over its socket, line by line, while its terminal is drained."""

    def __init__(self, terminal: Terminal, listener: socket.socket) -> None:
        """Wait until the load has connected and is ready; it waits for `go`."""
        self._terminal = terminal
        self._words: list[str] = []
        while listener.fileno() not in (ready := terminal.wait(listener.fileno())):
            terminal.drain()
            self._stop_when_ended(ready)
        self._connection = listener.accept()[0]
        self.cpu_s = 0.0
        self.pid = int(self.hear("ready").split()[1])
        terminal.stop_answering()

    @property
    def socket(self) -> int:
        """The descriptor to wait for, before `take`."""
        return self._connection.fileno()

    def go(self) -> None:
        """Let the load go on."""
        self._connection.sendall(b"go\n")

    def take(self) -> list[str]:
        """Return the whole lines that came, except the count of CPU, which is kept."""
        data = self._connection.recv(4096)
        lines = data.decode().splitlines()
        for line in lines:
            if line.startswith("cpu "):
                self.cpu_s = float(line.split()[1])
        return [line for line in lines if not line.startswith("cpu ")]

    def hear(self, first_word: str) -> str:
        """Drain the terminal until the load says a line that begins with `first_word`."""
        while True:
            for line in self._words:
                if line.startswith(first_word):
                    self._words.remove(line)
                    return line
            ready = self._terminal.wait(self.socket)
            self._terminal.drain()
            if self.socket in ready:
                self._words += self.take()
            else:
                self._stop_when_ended(ready)

    def finish(self) -> float:
        """Drain to the recorder's end, keep the load's count of CPU; return when it ended."""
        ended = self._terminal.drain_to_end()
        self._connection.setblocking(False)
        try:
            self.take()
        except BlockingIOError:
            pass
        self._connection.close()
        return ended

    def _stop_when_ended(self, ready: set[int]) -> None:
        if self._terminal.ended in ready:
            self._terminal.drain()
            msg = f"it ended before the load did; it said {self._terminal.said[:SAID_BYTES]!r}"
            raise StageError(msg)


def _spawn(argv: Sequence[str], env: Mapping[str, str], folder: str) -> tuple[int, int]:
    master, slave = os.openpty()
    termios.tcsetwinsize(slave, (40, 120))
    pid = os.fork()
    if pid == 0:
        try:
            os.close(master)
            os.login_tty(slave)
            os.chdir(folder)
            os.execvpe(argv[0], list(argv), dict(env))
        finally:
            os._exit(127)
    os.close(slave)
    return pid, master


def end(terminal: Terminal) -> accounting.Spent:
    """Hang up, reap the recorder and all it left behind, and say who spent what."""
    own_s, reaped_s, _ = accounting.reap(terminal.pid)
    terminal.close()
    return accounting.Spent(own_s, reaped_s, accounting.reap_orphans(terminal.deadline))
