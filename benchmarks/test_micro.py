"""Micro benchmarks of what every entry goes through: `pytest -n 0 --benchmark-enable benchmarks/`.

MB are of payload, what the terminal showed, unless said otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

from benchmarks import payloads
from formats.damage import Damage
from formats.entry import OUTPUT, Decoder, Entry
from formats.line import LineEncoder
from formats.sealed import SealedWriter
from formats.session import Session
from formats.timestamp import Stamper
from player.replay.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SESSION_ID = "0d4a4d3e-6a4b-4c43-9f0e-2b7d1c1f5a10"
BEGINNING_US = 1_770_488_132_123_000
READ_BYTES = 4095  # the most that a read of a PTY's master gives
FRAME_US = 33_000
PAYLOAD_BYTES = 8_000_000
TIMELINE_ENTRIES = 50_000
MB = 1_000_000


@pytest.fixture(scope="module")
def payload(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Agent-like repaints: the same as those of versus.py."""
    path = tmp_path_factory.mktemp("payload") / "repaint"
    return payloads.repaint(path, PAYLOAD_BYTES).path.read_bytes()


@pytest.fixture(scope="module")
def lines(payload: bytes) -> list[bytes]:
    """The log of `payload`, as the recorder would have written it, read by read."""
    encoder, stamper = LineEncoder(SESSION_ID), Stamper()
    return [
        encoder.output(
            stamper.stamp(BEGINNING_US + number * FRAME_US), payload[at : at + READ_BYTES]
        )
        for number, at in enumerate(range(0, len(payload), READ_BYTES))
    ]


@pytest.fixture(scope="module")
def log(lines: list[bytes]) -> bytes:
    """The same as one piece."""
    return b"".join(lines)


class Benchmark(Protocol):
    """What is used of pytest-benchmark's fixture, which ships no types."""

    extra_info: dict[str, object]
    stats: Any  # None with --benchmark-disable

    def pedantic(
        self, target: Callable[[], int], *, rounds: int, iterations: int, warmup_rounds: int
    ) -> int:
        """Run `target` so many times; give what it gave."""
        ...


def run(
    benchmark: Benchmark,
    work: Callable[[], int],
    *,
    mb: float = 0,
    entries: int = 0,
    rounds: int = 10,
) -> int:
    """Time `work`, store how many MB/s or ns an entry that is, give what `work` gave."""
    result = benchmark.pedantic(work, rounds=rounds, iterations=1, warmup_rounds=1)
    if benchmark.stats is not None:
        median_s: float = benchmark.stats.stats.median
        if mb:
            benchmark.extra_info["MB/s"] = round(mb / median_s, 1)
        if entries:
            benchmark.extra_info["ns an entry"] = round(1e9 * median_s / entries)
    return result


def test_encode(benchmark: Benchmark, payload: bytes) -> None:
    """Bytes as they are read -> lines, stamps included: what the relay does for each entry."""
    encoder, stamper = LineEncoder(SESSION_ID), Stamper()
    view = memoryview(payload)
    reads = [view[at : at + READ_BYTES] for at in range(0, len(payload), READ_BYTES)]

    def encode() -> int:
        stamp, output = stamper.stamp, encoder.output
        time_us, total = BEGINNING_US, 0
        for data in reads:
            total += len(output(stamp(time_us), data))
            time_us += FRAME_US
        return total

    written = run(benchmark, encode, mb=len(payload) / MB, entries=len(reads))
    assert written > len(payload)


def test_decode(benchmark: Benchmark, lines: list[bytes], payload: bytes) -> None:
    """Lines -> entries, every field checked."""

    def decode() -> int:
        decoder = Decoder().decode
        return sum(len(decoder(line).data) for line in lines)

    assert run(benchmark, decode, mb=len(payload) / MB, entries=len(lines)) == len(payload)


@pytest.mark.parametrize("name", ["log.jsonl", "log.jsonl.zst"])
def test_read(benchmark: Benchmark, tmp_path: Path, log: bytes, payload: bytes, name: str) -> None:
    """A file -> entries, plain and sealed."""
    path = tmp_path / name
    path.write_bytes(seal(log) if name.endswith(".zst") else log)
    session, damage = Session.at(str(path)), Damage()

    def read() -> int:
        return sum(len(entry.data) for entry in session.entries(damage))

    assert run(benchmark, read, mb=len(payload) / MB) == len(payload)
    assert not damage


def test_seal(benchmark: Benchmark, log: bytes) -> None:
    """Lines -> a sealed segment; MB are of lines here."""
    sealed_bytes = run(benchmark, lambda: len(seal(log)), mb=len(log) / MB, rounds=3)
    benchmark.extra_info["ratio"] = round(len(log) / sealed_bytes, 1)
    assert sealed_bytes < len(log)


def test_timeline(benchmark: Benchmark) -> None:
    """Entries -> moments, every stage in use."""
    entries = [
        Entry(BEGINNING_US + number * FRAME_US, SESSION_ID, OUTPUT, b"x")
        for number in range(TIMELINE_ENTRIES)
    ]
    last_us = TIMELINE_ENTRIES * FRAME_US

    def play() -> int:
        moments = timeline(
            entries, origin_us=BEGINNING_US, start_us=1, end_us=last_us, idle_limit_us=1_000_000
        )
        return sum(1 for _ in moments)

    assert run(benchmark, play, entries=len(entries)) == len(entries)


def seal(log: bytes) -> bytes:
    """Seal a log as the sealer does."""
    writer = SealedWriter()
    pieces = [writer.feed(log[at : at + (1 << 18)]) for at in range(0, len(log), 1 << 18)]
    return b"".join([*pieces, writer.finish()])
