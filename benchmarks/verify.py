"""How fast `cs-verify` is: MB of JSONL a second of processor time and of the clock on the wall.

`python benchmarks/verify.py` makes a log of agent-like repaints and one of text, as the open
segment of a session (with checkpoints) and sealed, and verifies each several times, as a person
asks and with `--json`, which decompresses and hashes all. SHA-256 alone, in the same process, is
the last column.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from benchmarks import payloads  # noqa: E402  after the path
from formats.checkpoints import GROWN_BYTES, Block, encode, sums_path  # noqa: E402
from formats.layout import Home  # noqa: E402
from formats.line import LineEncoder  # noqa: E402
from formats.sealed import SealedWriter  # noqa: E402
from formats.timestamp import Stamper  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

MB = 1_000_000
SESSION_ID = "0d4a4d3e-6a4b-4c43-9f0e-2b7d1c1f5a10"
BEGINNING_US = 1_770_488_132_123_000
READ_BYTES = 4095  # the most that a read of a PTY's master gives
SEGMENT_BYTES = 16 << 20
LINE_BYTES = 5600  # of so much that was read
KINDS = {"repaints": payloads.repaint, "text": payloads.text}


def lines(payload: bytes) -> Iterator[bytes]:
    """The log of a payload, as the recorder writes it."""
    encoder, stamp = LineEncoder(SESSION_ID), Stamper().stamp
    for number, at in enumerate(range(0, len(payload), READ_BYTES)):
        time_us = BEGINNING_US + number * 33_000
        yield encoder.output(stamp(time_us), payload[at : at + READ_BYTES])


def write_open(home: Home, payload: bytes) -> int:
    """The log as one open segment, covered by checkpoints; its bytes."""
    with open(home.log(SESSION_ID), "wb") as log, open(sums_path(home, SESSION_ID), "wb") as sums:
        return len(_written(1, lines(payload), log, sums))


def write_sealed(home: Home, payload: bytes) -> int:
    """The log in sealed segments, chained, with their checkpoints; its bytes before compression."""
    total, number, left = 0, 0, lines(payload)
    event = {"type": "segment", "cols": 80, "rows": 24}
    with open(sums_path(home, SESSION_ID), "wb") as sums:
        while segment := list(islice(left, SEGMENT_BYTES // LINE_BYTES)):
            number += 1
            head = LineEncoder(SESSION_ID).event(Stamper().stamp(BEGINNING_US), event)
            data = _written(number, (head, *segment), io.BytesIO(), sums)
            event |= {"number": number + 1, "previous_sha256": hashlib.sha256(data).hexdigest()}
            writer = SealedWriter()
            content = writer.feed(data) + writer.finish()
            Path(f"{home.segment(SESSION_ID, number)}.zst").write_bytes(content)
            total += len(data)
    return total


def _written(number: int, segment: Iterable[bytes], log: BinaryIO, sums: BinaryIO) -> bytes:
    """The bytes of a segment, written to its log, and its checkpoints beside it."""
    data = b"".join(segment)
    log.write(data)
    begun = 0
    while begun < len(data):
        end = data.find(b"\n", begun + GROWN_BYTES) + 1 or len(data)
        digest = hashlib.sha256(data[begun:end]).hexdigest()
        sums.write(encode(Block(number, begun, end, digest)))
        begun = end
    return data


def spent_s(argv: list[str]) -> tuple[float, float]:
    """A command's processor time and its time on the clock, start-up and all.

    Raises CalledProcessError when it finds anything.
    """
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    clock_s, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, clock_s


def in_figures(speeds: list[float]) -> str:
    """Median, lowest and highest of some speeds."""
    return f"{statistics.median(speeds):.0f} ({min(speeds):.0f}, {max(speeds):.0f})"


def hash_mb_s() -> float:
    """MB a second of SHA-256 alone."""
    piece, digest = bytes(1 << 18), hashlib.sha256()
    begun = time.process_time()
    for _ in range(400):
        digest.update(piece)
    return 400 * len(piece) / MB / (time.process_time() - begun)


def main() -> None:
    """Make the logs, verify them, print the table."""
    typed = argparse.ArgumentParser(description=__doc__)
    typed.add_argument("--size-mb", type=int, default=200, help="payload (default: 200)")
    typed.add_argument("--rounds", type=int, default=5)
    typed.add_argument("--command", default=str(Path(sys.executable).with_name("cs-verify")))
    given = typed.parse_args()
    print(
        "| log | form | JSONL MB | MB/s of CPU: median (lowest, highest) | MB/s | SHA-256 alone |"
    )
    print("|---|---|---:|---:|---:|---:|")
    for kind, make in KINDS.items():
        for form, write in (("open", write_open), ("sealed", write_sealed)):
            with tempfile.TemporaryDirectory() as folder:
                payload = make(Path(folder, "payload"), given.size_mb * MB).path
                home = Home(os.path.join(folder, "home"))
                home.create()
                size = write(home, payload.read_bytes())
                for asked in ((), ("--json",)):
                    argv = [given.command, "--home", home.path, *asked]
                    named = " ".join((kind, "|", form, *asked))
                    print(f"| {named} | {size / MB:.0f} | {measured(argv, size, given.rounds)} |")


def measured(argv: list[str], size: int, rounds: int) -> str:
    """The figures of one way to verify a log of so many bytes."""
    spent: list[tuple[float, float]] = []
    hashes: list[float] = []
    for _ in range(rounds):
        spent.append(spent_s(argv))
        hashes.append(hash_mb_s())
    by_cpu, by_clock = ([size / MB / one for one in each] for each in zip(*spent, strict=True))
    return f"{in_figures(by_cpu)} | {in_figures(by_clock)} | {statistics.median(hashes):.0f}"


if __name__ == "__main__":
    main()
