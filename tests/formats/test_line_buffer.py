"""Lines however the bytes are cut, and the limit on their length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.lines import LONGEST_LINE_BYTES, LineBuffer

texts = st.binary(max_size=60) | st.text("ab\r\n\0", max_size=60).map(str.encode)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted(cut % (len(data) + 1) for cut in cuts)
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


@given(texts, st.lists(st.integers(0, 100), max_size=8))
def test_any_cut_gives_the_same_lines(data: bytes, cuts: list[int]) -> None:
    buffer = LineBuffer()
    lines = [line for piece in pieces(data, cuts) for line in buffer.feed(piece)]
    *whole, rest = data.split(b"\n")
    assert [line for _, line in lines] == whole
    assert buffer.rest == rest
    assert buffer.torn == bool(rest)
    assert all(data[place : place + len(line)] == line for place, line in lines)
    assert buffer.offset == len(data) - len(rest)


@given(
    st.lists(st.integers(0, 12), max_size=8),
    st.lists(st.integers(0, 100), max_size=8),
    st.integers(1, 8),
)
def test_longer_lines_are_skipped_and_counted(
    lengths: list[int], cuts: list[int], longest: int
) -> None:
    data = b"".join(b"%x" % (n % 16) * n + b"\n" for n in lengths)
    buffer = LineBuffer(longest_bytes=longest)
    lines = [line for piece in pieces(data, cuts) for line in buffer.feed(piece)]
    assert [len(line) for _, line in lines] == [n for n in lengths if n <= longest]
    assert buffer.skipped_lines == sum(n > longest for n in lengths)
    assert all(data[place : place + len(line)] == line for place, line in lines)


@pytest.mark.parametrize("chunk_bytes", [1 << 12, 1 << 16, 1 << 22])
def test_the_limit_is_a_mebibyte(chunk_bytes: int) -> None:
    data = b"a" * LONGEST_LINE_BYTES + b"\n" + b"b" * (LONGEST_LINE_BYTES + 1) + b"\nc\nd"
    buffer = LineBuffer()
    lines: list[bytes] = []
    for place in range(0, len(data), chunk_bytes):
        lines += [line for _, line in buffer.feed(data[place : place + chunk_bytes])]
        assert len(buffer.rest) <= LONGEST_LINE_BYTES
    assert [(line[:1], len(line)) for line in lines] == [(b"a", LONGEST_LINE_BYTES), (b"c", 1)]
    assert (buffer.skipped_lines, buffer.rest) == (1, b"d")


def test_a_long_line_without_end_is_not_held() -> None:
    buffer = LineBuffer(longest_bytes=10)
    for _ in range(100):
        assert buffer.feed(b"x" * 7) == []
    assert (buffer.rest, buffer.torn, buffer.skipped_lines) == (b"", True, 1)


def test_offsets_begin_where_one_says() -> None:
    assert LineBuffer(offset=100).feed(b"ab\ncd\n") == [(100, b"ab"), (103, b"cd")]
