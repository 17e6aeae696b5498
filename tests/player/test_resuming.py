"""Extraction that is interrupted anywhere gives the lines of one that was not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from formats.entry import INPUT, OUTPUT, Entry
from formats.size import Size
from player.lines.extractor import LineExtractor
from player.lines.lineblock import merged

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from player.lines.lineblock import ScreenLine
    from player.lines.signals import Marker

SESSION = "0d4a4d3e-6a4b-4c43-9f0e-2b7d1c1f5a10"
START_US = 1_770_488_132_123_000
SIZE = Size(20, 6)

CHUNKS = st.sampled_from(
    [
        b"\r\n", b"\r", b"\x1b[2J", b"\x1b[3J", b"\x1b[H", b"\x1b[K", b"\x1b[2K\x1b[1A",
        b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?2026h", b"\x1b[?2026l", b"\x1bc", b"\x1bM",
        b"\x1b[2;5r", b"\x1b[r", b"\x1b[5;9H", b"hello world ", b"line\r\n" * 12,
        "漢字 ● ✻ e\u0301 ".encode(), b"a long run of text that is going to be wrapped ",
        b"\xe2", b"\x1b[", b"\x1b]0;title\x07", b"count 1", b"count 2", b"\rcount 3", b"\x07",
        "✻ Working".encode(), "\r✶".encode(), b"$ make test",
    ]
)  # fmt: skip
WHAT = st.one_of(
    st.tuples(st.just(OUTPUT), CHUNKS),
    st.tuples(st.just(INPUT), st.sampled_from([b"make test\r", b"\x1b[A\r", b"mak"])),
    st.tuples(st.just("resize"), st.sampled_from([(20, 6), (30, 8), (10, 4)])),
)
STREAMS = st.lists(st.tuples(st.sampled_from([0, 1, 12, 60, 130, 300, 900]), WHAT), max_size=30)


def entries_of(stream: list[tuple[int, tuple[Any, Any]]]) -> list[Entry]:
    entries, now_us = [], START_US
    for gap_ms, (kind, what) in stream:
        now_us += gap_ms * 1000
        if kind == "resize":
            cols, rows = what
            event = {"type": "resize", "cols": cols, "rows": rows}
            entries.append(Entry(now_us, SESSION, OUTPUT, b"", event))
        else:
            entries.append(Entry(now_us, SESSION, kind, what))
    return entries


def extracted(
    entries: Sequence[Entry], stops: Collection[int] = ()
) -> tuple[list[ScreenLine], list[Marker]]:
    extractor = LineExtractor(SIZE)
    lines, markers = [], []
    for number, entry in enumerate(entries):
        extractor.feed(entry)
        if number in stops:
            state = extractor.state()
            if not state:
                continue
            lines += extractor.take(standing=False)
            markers += extractor.take_markers()
            extractor = LineExtractor.restored(extractor.state())
    lines += extractor.finish()
    markers += extractor.take_markers()
    return sorted(merged(lines), key=lambda line: (line.first_us, line.text)), sorted(markers)


@settings(deadline=None, max_examples=50)
@given(STREAMS, st.sets(st.integers(0, 30), max_size=4))
def test_interruptions_change_nothing(
    stream: list[tuple[int, tuple[Any, Any]]], stops: set[int]
) -> None:
    entries = entries_of(stream)
    assert extracted(entries, stops) == extracted(entries)
