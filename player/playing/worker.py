"""A process that may die: it is given requests, one at a time, and answers each.

Forked, so that it costs a millisecond; what it imports, and what crashes in it, is its own affair.
It has no terminal: nothing it does can reach the person's.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import struct
from typing import TYPE_CHECKING, Any

from formats.errors import SessionsError, printable
from player.playing.wire import dumps, loads

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
_LEFT_ALONE = (signal.SIGTERM, signal.SIGHUP, signal.SIGWINCH, signal.SIGCONT)


class WorkerError(SessionsError):
    """The process has ended, by a signal or a fault of its own."""


class Worker:
    """The process that `serve` runs in: called there once, it gives what answers requests."""

    def __init__(self, serve: Callable[[], Answer], *, nice: int = 0) -> None:
        # Pipes: to import `socket` would take 5 ms of the start.
        (requests, self._requests), (self._answers, answers) = os.pipe(), os.pipe()
        # Until it has handlers of its own, a key that signals would be told to us by both.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, (*_IGNORED, *_LEFT_ALONE))
        try:
            self.pid = os.fork()
            if not self.pid:
                os.close(self._requests)
                os.close(self._answers)
                _run(requests, answers, serve, nice, mask)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.close(requests)
        os.close(answers)
        for descriptor in (self._requests, self._answers):
            os.set_blocking(descriptor, False)
        self._received = bytearray()
        self.waiting = 0
        """Answers that are still to come."""

    def fileno(self) -> int:
        """Readable when there may be an answer."""
        return self._answers

    def ask(self, **request: Any) -> None:  # noqa: ANN401  whatever JSON can hold
        """Send a request. It is short: there is always room."""
        with contextlib.suppress(BrokenPipeError):  # `answer` will say it
            os.write(self._requests, dumps(request) + b"\n")
        self.waiting += 1

    def answer(self) -> bytes | None:
        """The next answer, None if it is not there yet. WorkerError when none will come."""
        while not self._whole():
            try:
                data = os.read(self._answers, _READ_BYTES)
            except BlockingIOError:
                return None
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
        os.close(self._requests)
        os.close(self._answers)
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


def _run(
    requests: int,
    answers: int,
    serve: Callable[[], Answer],
    nice: int,
    mask: set[int | signal.Signals],
) -> None:
    """The process's whole life; never returns."""
    code = 1
    try:
        _give_up_the_terminal()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.nice(nice)
        _serve(requests, answers, serve)
        code = 0
    except (EOFError, BrokenPipeError):
        code = 0
    except BaseException:  # noqa: BLE001, S110  the parent says that it has ended, and goes on
        pass
    finally:
        os._exit(code)


def _give_up_the_terminal() -> None:
    signal.set_wakeup_fd(-1)
    for number in _LEFT_ALONE:
        signal.signal(number, signal.SIG_DFL)
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    for limit, value in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_AS, _MEMORY_BYTES)):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(limit, (value, resource.getrlimit(limit)[1]))


def _serve(requests: int, answers: int, serve: Callable[[], Answer]) -> None:
    answer = _begun(serve)
    writer = os.fdopen(answers, "wb", buffering=0)
    for line in os.fdopen(requests, "rb"):
        try:
            reply = answer(loads(line))
        except SessionsError as error:
            reply = dumps({"error": str(error), "kind": type(error).__name__})
        except Exception as error:  # noqa: BLE001  one request fails, the process lives
            words = printable(f"{type(error).__name__}: {error}", 200)
            reply = dumps({"error": f"internal error: {words}"})
        left = memoryview(_HEAD.pack(len(reply)) + reply)
        while left:
            left = left[writer.write(left) :]


def _begun(serve: Callable[[], Answer]) -> Answer:
    """What answers, had before anybody asks; where it cannot be had, whoever asks is told why."""
    try:
        return serve()
    except Exception as error:  # noqa: BLE001  as above
        failure = error

    def fail(_: Request) -> bytes:
        raise failure

    return fail
