"""Reads what a contestant stored, to see that all of it is there. Judges the logs, not the tools.

Our own log is decoded here by the letter of its specification with json, base64 and zstd, not by
the package under test; of the peers' logs only the end is looked at.
"""

from __future__ import annotations

import base64
import json
import re
import struct
from typing import TYPE_CHECKING, Any

from benchmarks.payloads import LAST_LINE, length_and_hash

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.payloads import Payload

TAIL_BYTES = 1 << 16
END = LAST_LINE.rstrip()
SEGMENT = re.compile(r"\.(\d+)\.jsonl(?:\.zst)?$")
TTYREC_HEADER = struct.Struct("<iii")  # seconds, microseconds, length
TLOG_TEXT = re.compile(rb'"out_txt":"((?:[^"\\]|\\.)*)"')
READ_BYTES = 1 << 20
ENDS_LAST = 1 << 30  # the open segment has no number: it is the newest


def complete(family: str, log: Path) -> bool:
    """Tell whether the load's last line is in a peer's log."""
    with log.open("rb") as file:
        if family in {"ttyrec", "termrec"}:
            return END in _ttyrec_tail(file.read())
        file.seek(max(0, log.stat().st_size - TAIL_BYTES))
        tail = file.read()
    if family == "asciinema":
        return END in _asciicast_tail(tail)
    if family == "tlog-rec":
        return END in b"".join(TLOG_TEXT.findall(tail))
    return END in tail


def _ttyrec_tail(data: bytes) -> bytes:
    tail, at = b"", 0
    while at + TTYREC_HEADER.size <= len(data):
        length = TTYREC_HEADER.unpack_from(data, at)[2]
        at += TTYREC_HEADER.size
        tail = tail[-len(END) :] + data[at : at + length]
        at += length
    return tail


def _asciicast_tail(tail: bytes) -> bytes:
    screen = ""
    event: list[Any]
    for line in tail.splitlines()[1:]:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if event[1] == "o":
            screen += event[2]
    return screen.encode()


def segments(logs: Path) -> list[Path]:
    """Return the files of the only session in `logs`, oldest first, the plain one before its copy.

    A segment that is being sealed when it is looked at stands there twice.
    """
    by_number: dict[int, Path] = {}
    for path in sorted(logs.glob("*.jsonl.zst")) + sorted(logs.glob("*.jsonl")):
        match = SEGMENT.search(path.name)
        by_number[int(match.group(1)) if match else ENDS_LAST] = path
    return [by_number[number] for number in sorted(by_number)]


def decode(path: Path) -> Iterator[dict[str, Any]]:
    """Give the lines of one segment as objects; errors when one is damaged."""
    rest = b""
    for piece in plain(path):
        *lines, rest = (rest + piece).split(b"\n")
        yield from (json.loads(line) for line in lines)
    if rest:
        yield json.loads(rest)


def exact(logs: Path, payload: Payload) -> bool:
    """Tell whether our log holds the bytes of the load: all, in order, and nothing else."""
    stored: tuple[int, str] = length_and_hash(
        base64.b64decode(line["data"], validate=True)
        for path in segments(logs)
        for line in decode(path)
        if line["direction"] == "output"
    )
    return stored == payload.on_screen()


def sealed_ratio(logs: Path) -> float | None:
    """Return bytes of JSON lines to bytes on disk over the sealed segments, None without any."""
    sealed = [path for path in segments(logs) if path.suffix == ".zst"]
    if not sealed:
        return None
    plain_bytes = sum(len(piece) for path in sealed for piece in plain(path))
    return plain_bytes / sum(path.stat().st_size for path in sealed)


def plain(path: Path) -> Iterator[bytes]:
    """Give the lines of a segment, in pieces."""
    with path.open("rb") as file:
        if path.suffix != ".zst":
            while piece := file.read(READ_BYTES):
                yield piece
            return
        import zstandard  # noqa: PLC0415 - only ours are compressed, and only once they are sealed

        with zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as reader:
            while piece := reader.read(READ_BYTES):
                yield piece
