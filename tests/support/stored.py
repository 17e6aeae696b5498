"""Sessions of several segments as the recorder leaves them, for those who judge or mend them."""

from __future__ import annotations

import random
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from formats.checkpoints import SUMS, Block, encode
from formats.entry import Entry, encode_line
from formats.sealed import SealedWriter
from tests.support.logs import BEGINNING_US

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
STEP_US = 37_000
FRAME_BYTES = 1500
"""Small, so that a segment of a few kilobytes has several."""
_NAMES = {"sealed": "{}.{:04d}.jsonl.zst", "closed": "{}.{:04d}.jsonl", "open": "{}.jsonl"}


def session_lines(
    segments: int, entries: int = 30, *, seed: int = 1, session_id: str = ID
) -> list[list[bytes]]:
    """The lines of each segment: chained, times `STEP_US` apart, the last line an exit."""
    made: list[list[bytes]] = []
    chance = random.Random(seed)
    previous: str | None = None
    time_us = BEGINNING_US
    for number in range(1, segments + 1):
        head: dict[str, Any] = {"type": "start", "version": 1, "cols": 80, "rows": 24}
        if number > 1:
            head = {"type": "segment", "number": number, "cols": 80, "rows": 24}
            head["previous_sha256"] = previous
        lines = [encode_line(Entry(time_us, session_id, "output", b"", head))]
        for _ in range(entries):
            time_us += STEP_US
            data = chance.randbytes(chance.randrange(1, 90))
            direction = chance.choice(["output", "output", "input"])
            lines.append(encode_line(Entry(time_us, session_id, direction, data)))  # type: ignore[arg-type]
        if number == segments:
            event = {"type": "exit", "status": 0, "reason": "exited"}
            lines.append(encode_line(Entry(time_us, session_id, "output", b"", event)))
        previous = sha256(b"".join(lines)).hexdigest()
        made.append(lines)
    return made


def sums(lines: list[list[bytes]], each: int = 7) -> bytes:
    """Checkpoints, one each so many lines."""
    made = b""
    for number, segment in enumerate(lines, 1):
        start = 0
        for first in range(0, len(segment), each):
            data = b"".join(segment[first : first + each])
            made += encode(Block(number, start, start + len(data), sha256(data).hexdigest()))
            start += len(data)
    return made


def seal(data: bytes, frame_bytes: int = FRAME_BYTES) -> bytes:
    """A sealed segment."""
    writer = SealedWriter(frame_bytes=frame_bytes)
    return writer.feed(data) + writer.finish()


def store(
    folder: Path, forms: Iterable[str], *, checkpoints: bool = True, seed: int = 1, **shape: Any
) -> list[list[bytes]]:
    """Write a session to a folder of logs: a form for each segment (sealed, closed, open)."""
    forms = list(forms)
    lines = session_lines(len(forms), seed=seed, **shape)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for number, (form, segment) in enumerate(zip(forms, lines, strict=True), 1):
        data = b"".join(segment)
        name = _NAMES[form].format(ID, number)
        (folder / name).write_bytes(seal(data) if form == "sealed" else data)
    if checkpoints:
        (folder / (ID + SUMS)).write_bytes(sums(lines))
    return lines
