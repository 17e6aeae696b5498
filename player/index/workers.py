"""Starts processes that extract lines, gives them sessions, takes what they make.

A worker that dies costs the session it was at, and another takes its place.
"""

from __future__ import annotations

import os
import selectors
import signal
import struct
import subprocess
from collections import deque
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple, cast

import orjson

from formats.errors import SessionsError
from player.modules import start_module

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from formats.layout import Home
    from formats.session import Session
    from formats.size import Size

HEADER: Final = struct.Struct("<BI")
"""Before each message of a worker: what it is, and how many bytes follow."""

PIECE, PROGRESS, DONE, FAILED = range(4)
"""A piece of a sidecar; JSON [bytes done, bytes in all]; b"1" when it was stored; words."""

_READ_BYTES: Final = 1 << 18


class ExtractionError(SessionsError):
    """The lines of a session could not be made."""


class Message(NamedTuple):
    """What a worker says of the job of that number: `kind` is PIECE, PROGRESS, DONE or FAILED."""

    job: int
    kind: int
    data: bytes


def job_of(
    session: Session, home: Home | None, size: Size | None = None, *, wait: bool = False
) -> dict[str, Any]:
    """The job to make the lines of a session: kept in the index of `home`, or just given.

    `wait`: for another process that is making them just now, instead of making them twice.
    """
    return {
        "session_id": session.id,
        "home": home.path if home is not None else None,
        "path": None if session.stored else session.path,
        "folder": os.path.dirname(session.path),
        "size": None if size is None else tuple(size),
        "wait": wait,
    }


def run_jobs(jobs: Sequence[dict[str, Any]], processes: int = 1) -> Iterator[Message]:
    """Messages as they come; the last of each job is DONE or FAILED.

    Closing the generator ends the workers.
    """
    waiting = deque(enumerate(jobs))
    workers: set[_Worker] = set()
    with selectors.DefaultSelector() as selector:
        try:
            while waiting or workers:
                while waiting and len(workers) < processes:
                    worker = _Worker()
                    workers.add(worker)
                    selector.register(worker.out, selectors.EVENT_READ, worker)
                    worker.give(*waiting.popleft())
                for key, _ in selector.select():
                    worker = key.data
                    yield from worker.messages()
                    if worker.job is None and waiting and not worker.dead:
                        worker.give(*waiting.popleft())
                    elif worker.job is None:
                        selector.unregister(worker.out)
                        workers.discard(worker)
                        worker.close()
        finally:
            for worker in workers:
                worker.close()


class _Worker:
    def __init__(self) -> None:
        self._process = start_module(
            "player.index.indexing", stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.out = cast("IO[bytes]", self._process.stdout)
        self._in = cast("IO[bytes]", self._process.stdin)
        self.job: int | None = None
        self.dead = False
        self._pending = bytearray()

    def give(self, number: int, job: dict[str, Any]) -> None:
        self.job = number
        try:
            self._in.write(orjson.dumps(job) + b"\n")
            self._in.flush()
        except BrokenPipeError:  # it died: the end of its output says so
            return

    def messages(self) -> Iterator[Message]:
        """What it has said by now; `job` is None when that is done."""
        pending = self._pending
        read = os.read(self.out.fileno(), _READ_BYTES)
        pending += read
        while len(pending) >= HEADER.size and self.job is not None:
            kind, size = HEADER.unpack_from(pending)
            end = HEADER.size + size
            if len(pending) < end:
                break
            message = Message(self.job, kind, bytes(pending[HEADER.size : end]))
            del pending[:end]
            if kind in (DONE, FAILED):
                self.job = None
            yield message
        self.dead = not read
        if self.dead and self.job is not None:
            job, self.job = self.job, None
            yield Message(job, FAILED, self._epitaph().encode())

    def _epitaph(self) -> str:
        code = self._process.wait()
        if code < 0:
            return f"the screen engine crashed ({signal.Signals(-code).name})"
        return f"the process that makes lines ended with {code}; CS_DEBUG=1 shows why"

    def close(self) -> None:
        self._process.kill()
        self.out.close()
        try:
            self._in.close()
        except BrokenPipeError:
            pass
        self._process.wait()
