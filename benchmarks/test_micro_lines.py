"""Micro benchmarks of search: `pytest -n 0 --benchmark-enable benchmarks/test_micro_lines.py`.

Entries -> screen lines, in four styles of recording, without reading the log; MB are of payload.
A style's MB/s say how many looks at the screen its bytes cause: ten in a second of the recording
where lines are new, else two or three. `search.py` measures whole sessions, reading included.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from benchmarks import payloads
from benchmarks.test_micro import BEGINNING_US, MB, READ_BYTES, SESSION_ID, run
from formats.entry import OUTPUT, Entry
from formats.size import Size
from player.lines.extractor import screen_lines
from player.lines.sizing import infer_size
from player.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.test_micro import Benchmark

SIZE = Size(120, 40)
PAYLOAD_BYTES = 4_000_000
FRAME_US = 60_000


def entries_of(parts: Iterator[bytes], every_us: int) -> list[Entry]:
    """One entry a part, at even intervals."""
    return [
        Entry(BEGINNING_US + number * every_us, SESSION_ID, OUTPUT, part)
        for number, part in enumerate(parts)
    ]


def repaint(folder: Path) -> list[Entry]:
    """The whole screen again in each frame, as versus.py records it."""
    data = payloads.repaint(folder / "repaint", PAYLOAD_BYTES).path.read_bytes()
    frames = data.split(payloads.FRAME_END)
    return entries_of((frame + payloads.FRAME_END for frame in frames), FRAME_US)


def difference(folder: Path) -> list[Entry]:
    """Only the cells that changed, words placed by columns, on the alternate screen."""
    del folder
    rng = random.Random(20261123)

    def frames() -> Iterator[bytes]:
        yield b"\x1b[?1049h\x1b[H\x1b[2J"
        written = number = 0
        while written < PAYLOAD_BYTES // 4:
            number += 1
            words = b"".join(
                b"\x1b[%dG\x1b[3%dmword%d" % (3 + 11 * place, rng.randrange(8), rng.randrange(999))
                for place in range(10)
            )
            scroll = b"\x1b[1;36r\x1b[36;1H\n" if number % 4 == 0 else b""
            part = b"%s\x1b[36;1H%s\x1b[38;3H(%ds)" % (scroll, words, number // 16)
            framed = payloads.FRAME_START + part + payloads.FRAME_END
            written += len(framed)
            yield framed

    return entries_of(frames(), FRAME_US)


def plain(folder: Path) -> list[Entry]:
    """Text as fast as it comes."""
    payload = payloads.text(folder / "text", PAYLOAD_BYTES)
    data = b"".join(payload.pieces_on_screen())
    reads = (data[at : at + READ_BYTES] for at in range(0, len(data), READ_BYTES))
    return entries_of(reads, 1000)


def typed(folder: Path) -> list[Entry]:
    """A shell: short reads, few at a time."""
    del folder
    parts = (b"echo of key %d\r\n" % number for number in range(30_000))
    return entries_of(parts, 40_000)


@pytest.mark.parametrize("style", [repaint, difference, plain, typed])
def test_screen_lines(
    benchmark: Benchmark, tmp_path: Path, style: Callable[[Path], list[Entry]]
) -> None:
    """A whole session's lines."""
    entries = style(tmp_path)
    size_mb = sum(len(entry.data) for entry in entries) / MB

    def extract() -> int:
        return sum(1 for _ in screen_lines(entries, SIZE))

    count = run(benchmark, extract, mb=size_mb, entries=len(entries), rounds=3)
    benchmark.extra_info["lines"] = count
    assert count > SIZE.rows


def test_look(benchmark: Benchmark, tmp_path: Path) -> None:
    """The text of a full screen."""
    screen = Screen(SIZE, 100)
    for entry in repaint(tmp_path)[:50]:
        screen.feed(entry.data)

    def look() -> int:
        return sum(len(screen.lines()) for _ in range(1000))

    assert run(benchmark, look, entries=1000) > 1000


def test_infer_size(benchmark: Benchmark, tmp_path: Path) -> None:
    """A log without a start event."""
    entries = repaint(tmp_path)[:400]
    size_mb = sum(len(entry.data) for entry in entries) / MB
    assert run(benchmark, lambda: infer_size(entries).cols, mb=size_mb, rounds=3) >= 80
