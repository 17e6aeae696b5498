"""Blocks of lines: packing loses nothing, and what is no block is refused."""

from __future__ import annotations

import random

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.corpus.text import Text
from formats.sealed import LEVEL
from player.lines import lineblock
from player.lines.columns import TYPED, BlockError, Columns, pack_columns
from player.lines.lineblock import (
    LineBlock,
    ScreenLine,
    lines_in,
    merged,
    pack,
    settled_of,
    unpack,
)

TIMES_US = st.one_of(
    st.integers(0, 10**16), st.integers(0, 10**13).map(lambda time_ms: time_ms * 1000)
)


@st.composite
def screen_lines(draw: st.DrawFn) -> ScreenLine:
    first_us = draw(TIMES_US)
    last_us = first_us + draw(TIMES_US) - draw(st.integers(0, 1))
    steps = draw(st.lists(st.tuples(st.integers(1, 300), st.integers(0, first_us)), max_size=4))
    return ScreenLine(
        draw(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1)),
        first_us,
        max(first_us, last_us),
        draw(st.integers(0, 2**40)),
        tuple(sorted(steps)),
        draw(st.booleans()),
        draw(st.booleans()),
        draw(st.booleans()),
    )


def block_of(lines: list[ScreenLine]) -> LineBlock:
    return unpack(*pack(settled_of(lines)), len(lines))


@given(st.lists(screen_lines(), max_size=12))
def test_packing_loses_nothing(lines: list[ScreenLine]) -> None:
    lines.sort(key=lambda line: line.first_us)
    block = block_of(lines)
    assert len(block) == len(lines)
    assert list(block.lines()) == lines
    assert [block.line(number) for number in range(len(lines))] == lines
    assert block.text.decode() == "".join(f"{line.text}\n" for line in lines)


@given(st.lists(screen_lines(), min_size=10, max_size=20), st.data())
def test_a_line_is_the_same_whether_few_or_many_are_asked(
    lines: list[ScreenLine], data: st.DataObject
) -> None:
    lines.sort(key=lambda line: line.first_us)
    numbers = st.integers(0, len(lines) - 1)
    asked = data.draw(st.lists(numbers, max_size=8))
    block = block_of(lines)
    assert [block.line(number) for number in asked] == [lines[number] for number in asked]


@given(
    st.lists(screen_lines(), min_size=1, max_size=12),
    st.integers(0, 2**41),
    st.sampled_from((1, 1000)),
)
def test_what_is_asked_of_a_part_is_of_its_lines(
    lines: list[ScreenLine], most_us: int, unit: int
) -> None:
    """What of a batch is told without unpacking it."""
    lines = [
        line._replace(first_us=unit * (line.first_us % most_us if most_us else 0)) for line in lines
    ]
    lines = [line._replace(last_us=line.first_us + line.count % 2, steps=()) for line in lines]
    lines.sort(key=lambda line: line.first_us)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lineblock, "_PIECE_BYTES", 5)
        batches = list(block_of(lines).batches())
    assert list(lines_in(batches)) == lines
    for batch in batches:
        some = list(batch.lines())
        assert batch.columns.scrolled_by is all(
            line.first_us == line.last_us and not (line.typed or line.transient or line.passing)
            for line in some
        )
        assert [bool(flags & TYPED) for flags in batch.columns.unpacked().flags] == [
            line.typed for line in some
        ]


def test_a_line_takes_few_bytes() -> None:
    lines = [
        ScreenLine(f"line {n}", 10**15 + n * 40_000, 10**15 + n * 40_000 + 2_999_999, 1)
        for n in range(10_000)
    ]
    text, columns = pack(settled_of(lines))
    assert len(columns) < 2 * len(lines)
    assert list(unpack(text, columns, len(lines)).lines()) == lines


def test_text_takes_less_than_at_the_level_that_logs_are_sealed_at() -> None:
    """What an index takes is promised; how it is packed decides a sixteenth of that."""
    text = Text(random.Random(1))
    lines = [ScreenLine(text.log() if n % 9 < 5 else text.code(), n, n, 1) for n in range(20_000)]
    settled = settled_of(lines)
    packed, _ = pack(settled)
    sealed = zstandard.ZstdCompressor(level=LEVEL).compress(settled.text)
    assert len(packed) < 0.96 * len(sealed)
    assert len(packed) < 0.27 * len(settled.text)


def test_of_the_same_text_in_several_blocks_one_line_is_made() -> None:
    early = ScreenLine("same", 100, 200, 1, ((2, 50),), transient=True)
    late = ScreenLine("same", 300, 900, 2, ((1, 10),), typed=True)
    other = ScreenLine("other", 250, 260, 1)
    assert merged([late, other, early]) == [
        ScreenLine("same", 100, 900, 3, ((2, 50),), typed=True),
        other,
    ]


@pytest.mark.parametrize("passed_at_last", [True, False])
def test_whether_a_line_passes_its_last_block_says(passed_at_last: bool) -> None:  # noqa: FBT001
    early = ScreenLine("same", 100, 200, 1, passing=not passed_at_last)
    late = ScreenLine("same", 300, 900, 0, passing=passed_at_last)
    for lines in ([early, late], [late, early]):
        assert merged(lines) == [ScreenLine("same", 100, 900, 1, passing=passed_at_last)]


def test_flags_that_nobody_knows_are_refused_before_a_line_is_given() -> None:
    text, _ = pack(settled_of([ScreenLine("one", 0, 0, 1)]))
    for flags in (16, 255, 256, 1 << 40):
        columns = pack_columns(Columns([0], [0], [1], [()], [flags]))
        with pytest.raises(BlockError):
            next(unpack(text, zstandard.compress(columns), 1).batches())


def test_what_is_no_block_is_refused() -> None:
    two = [ScreenLine("one", 0, 0, 1), ScreenLine("two", 5, 5, 1)]
    text, columns = pack(settled_of(two))
    for broken in (b"", text[:-3], b"x" + text[1:], zstandard.compress(b"one\n")):
        with pytest.raises(BlockError):
            list(unpack(broken, columns, 2).lines())
    with pytest.raises(BlockError):
        unpack(text, columns, 2).line(2)
    for broken in (
        b"",
        columns[:-3],
        zstandard.compress(b"\x01"),
        zstandard.compress(b"\x09" * 50),
    ):
        with pytest.raises(BlockError):
            unpack(text, broken, 2).line(0)
