"""A process that may die: it is given requests, one at a time, and answers each.

Forked, so that it costs a millisecond; what it imports, and what crashes in it, is its own affair.
It has no terminal: nothing it does can reach the person's.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import struct
from typing import TYPE_CHECKING, Any

from formats.errors import SessionsError, printable
from formats.plainjson import dumps, loads

if TYPE_CHECKING:
    from collections.abc import Callable

    Request = dict[str, Any]
    Answer = Callable[[Request], bytes]

_HEAD = struct.Struct("<I")
_LARGEST_ANSWER = 64 << 20
_READ_BYTES = 1 << 18
# An engine, the frames of a sealed segment, a million screen lines; a bomb needs more.
_MEMORY_BYTES = 2 << 30
_IGNORED = (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGTTOU, signal.SIGTTIN)


class WorkerError(SessionsError):
    """The process has ended, by a signal or a fault of its own."""


class Worker:
    """The process that `serve` runs in: called there once, it gives what answers requests."""

    def __init__(self, serve: Callable[[], Answer], *, nice: int = 0) -> None:
        ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if not self.pid:
            ours.close()
            _run(theirs, serve, nice)
        theirs.close()
        self._socket = ours
        self._socket.setblocking(False)
        self._received = bytearray()
        self.waiting = 0
        """Answers that are still to come."""

    def fileno(self) -> int:
        """Readable when there may be an answer."""
        return self._socket.fileno()

    def ask(self, **request: Any) -> None:  # noqa: ANN401  whatever JSON can hold
        """Send a request. It is short: there is always room."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # `answer` will say it
            self._socket.send(dumps(request) + b"\n")
        self.waiting += 1

    def answer(self) -> bytes | None:
        """The next answer, None if it is not there yet. WorkerError when none will come."""
        while not self._whole():
            try:
                data = self._socket.recv(_READ_BYTES)
            except BlockingIOError:
                return None
            except ConnectionResetError:
                data = b""
            if not data:
                raise WorkerError(self._how_it_ended())
            self._received += data
        (size,) = _HEAD.unpack_from(self._received)
        found = bytes(self._received[_HEAD.size : _HEAD.size + size])
        del self._received[: _HEAD.size + size]
        self.waiting -= 1
        return found

    def close(self) -> None:
        """End it: it notices that nobody asks any more, or is made to."""
        self._socket.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)

    def _whole(self) -> bool:
        if len(self._received) < _HEAD.size:
            return False
        (size,) = _HEAD.unpack_from(self._received)
        if size > _LARGEST_ANSWER:
            raise WorkerError("it answers too much")
        return len(self._received) >= _HEAD.size + int(size)

    def _how_it_ended(self) -> str:
        try:
            _, status = os.waitpid(self.pid, 0)
        except ChildProcessError:
            return "it has ended"
        code = os.waitstatus_to_exitcode(status)
        return f"signal {-code}" if code < 0 else f"it ended with {code}"


def _run(channel: socket.socket, serve: Callable[[], Answer], nice: int) -> None:
    """The process's whole life; never returns."""
    code = 1
    try:
        _give_up_the_terminal()
        os.nice(nice)
        _serve(channel, serve)
        code = 0
    except (EOFError, BrokenPipeError, ConnectionResetError):
        code = 0
    except BaseException:  # noqa: BLE001, S110  the parent says that it has ended, and goes on
        pass
    finally:
        os._exit(code)


def _give_up_the_terminal() -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGWINCH, signal.SIGCONT):
        signal.signal(number, signal.SIG_DFL)
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    for limit, value in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_AS, _MEMORY_BYTES)):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(limit, (value, resource.getrlimit(limit)[1]))


def _serve(channel: socket.socket, serve: Callable[[], Answer]) -> None:
    lines = channel.makefile("rb")
    answer: Answer | None = None
    for line in lines:
        try:
            if answer is None:
                answer = serve()
            reply = answer(loads(line))
        except SessionsError as error:
            reply = dumps({"error": str(error), "kind": type(error).__name__})
        except Exception as error:  # noqa: BLE001  one request fails, the process lives
            words = printable(f"{type(error).__name__}: {error}", 200)
            reply = dumps({"error": f"internal error: {words}"})
        channel.sendall(_HEAD.pack(len(reply)) + reply)
