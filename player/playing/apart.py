"""A screen in a process of its own, that may die: bytes go in, in the end its dump comes out."""

from __future__ import annotations

import contextlib
import os
import select
import struct
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, Final

from formats.errors import SessionsError
from formats.plainjson import dumps, loads
from formats.size import Size
from player.playing.worker import Worker, WorkerError

if TYPE_CHECKING:
    from collections.abc import Callable

# Before each message: how many bytes to feed, or 0 and the size to change to.
_HEAD: Final = struct.Struct("<IHH")
_BUFFER_BYTES: Final = 1 << 18


class ScreenApart:
    """The screen of a terminal of `size`. Its methods raise SessionsError when it cannot be had."""

    def __init__(self, size: Size) -> None:
        reading, writing = os.pipe()
        self._worker = Worker(_serve(size, reading, writing))
        os.close(reading)
        self._pipe = os.fdopen(writing, "wb", buffering=_BUFFER_BYTES)
        self._worker.ask(do="dump")

    def feed(self, data: bytes) -> None:
        """Do what the bytes say."""
        self._write(_HEAD.pack(len(data), 0, 0), data)

    def resize(self, size: Size) -> None:
        """Change the size, as the window did."""
        cols, rows = (min(length, 0xFFFF) for length in size)
        self._write(_HEAD.pack(0, cols, rows), b"")

    def dumped(self) -> tuple[Size, bytes]:
        """The size in the end, and the dump of the screen. Nothing can be asked after it."""
        try:
            with contextlib.suppress(BrokenPipeError):  # the answer says why
                self._pipe.close()
            while (answer := self._worker.answer()) is None:
                select.select([self._worker], [], [])
        except WorkerError as died:
            message = f"the screen engine failed ({died}): the screen at the cut cannot be drawn"
            raise SessionsError(message) from None
        finally:
            self._worker.close()
        found = loads(answer)
        if "error" in found:
            raise SessionsError(str(found["error"]))
        return Size(found["cols"], found["rows"]), b64decode(found["dump"])

    def _write(self, head: bytes, data: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):  # `dumped` says why
            self._pipe.write(head)
            self._pipe.write(data)


def _serve(
    size: Size, reading: int, writing: int
) -> Callable[[], Callable[[dict[str, Any]], bytes]]:
    def serve() -> Callable[[dict[str, Any]], bytes]:
        from player.screen import Screen  # noqa: PLC0415  the engine, only in there

        os.close(writing)
        screen = Screen(size)
        with os.fdopen(reading, "rb", buffering=_BUFFER_BYTES) as pipe:
            while head := pipe.read(_HEAD.size):
                size_bytes, cols, rows = _HEAD.unpack(head)
                if size_bytes:
                    screen.feed(pipe.read(size_bytes))
                else:
                    screen.resize(Size(cols, rows))
        dump = b64encode(screen.dump()).decode()
        answer = {"cols": screen.size.cols, "rows": screen.size.rows, "dump": dump}
        return lambda _: dumps(answer)

    return serve
