"""What of a session's lines is read, however many of them are looked at at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.errors import LogError
from player.lines.lineblock import ScreenLine, batched, lines_in
from player.transcript.novelty import news_of
from player.transcript.transcript import transcript

TEXTS = (
    "12% done", "13% done", "14% done", "reading 1 file", "reading 2 files", "* Thinking...",
    "\u273b Thinking\u2026 (3s)", "\u2502 boxed \u2502", "\u256d\u2500\u256e", "", "ok", "|",
    "$ ls", "$\u00a0ls", "one line", "another line",
)  # fmt: skip
LINES = st.lists(
    st.builds(
        lambda text, wait, stood, typed, transient, passing: ScreenLine(
            text, wait, stood, 1, (), typed, transient, passing
        ),
        st.sampled_from(TEXTS) | st.integers(0, 50).map("line {} of many".format),
        st.sampled_from((0, 0, 100_000, 1_500_000, 5_000_000)),
        st.sampled_from((0, 0, 0, 300_000, 4_000_000)),
        *[st.sampled_from((False, False, False, True))] * 3,
    ),
    max_size=40,
)


def in_time(waits: list[ScreenLine]) -> list[ScreenLine]:
    lines: list[ScreenLine] = []
    now_us = 10**15
    for line in waits:
        now_us += line.first_us
        lines.append(line._replace(first_us=now_us, last_us=now_us + line.last_us))
    return lines


@given(LINES, st.integers(1, 12), st.none() | st.integers(0, 10**7))
def test_so_many_at_once_make_no_difference(
    waits: list[ScreenLine], size: int, since_us: int | None
) -> None:
    lines = in_time(waits)
    since_us = since_us and 10**15 + since_us
    some = [lines[n : n + size] for n in range(0, len(lines), size)]
    one_by_one = transcript([batch for line in lines for batch in batched([line])], since_us)
    together = transcript([batch for part in some for batch in batched(part)], since_us)
    read = list(lines_in(one_by_one))
    assert list(lines_in(together)) == read
    batches = [batch for part in some for batch in batched(part)]
    told = transcript(batches, since_us, None, news_of(batches, since_us, None))
    assert list(lines_in(told)) == read


def test_news_of_other_batches_are_refused() -> None:
    batches = list(batched([ScreenLine(f"line {n}", n, n, 1) for n in range(1200)]))
    for others in (batches[1:], batches[:-1], []):
        with pytest.raises(LogError, match="try again"):
            list(transcript(batches, news=news_of(others, None, None)))


def test_a_flood_is_a_list_and_no_counter() -> None:
    flood = [ScreenLine(f"line {n}", n * 1000, n * 1000, 1) for n in range(2000)]
    counter = [
        ScreenLine(f"step {n} of many", 10**9 + n * 10**6, 10**9 + n * 10**6 + 999_999, 1)
        for n in range(100)
    ]
    read = [line.text for line in lines_in(transcript(batched([*flood, *counter])))]
    assert read == [line.text for line in flood] + ["step 0 of many"]


def test_what_scrolls_by_between_two_looks_makes_it_a_list() -> None:
    """Of a fast list some lines stand when somebody looks, and most do not."""
    lines: list[ScreenLine] = []
    for number in range(600):
        at_us = number * 10_000
        until_us = at_us + 150_000 if number % 60 < 20 else at_us
        lines.append(ScreenLine(f"test {number} passed", at_us, until_us, 1))
    for size in (1, 7, 600):
        some = [lines[n : n + size] for n in range(0, len(lines), size)]
        read = transcript([batch for part in some for batch in batched(part)])
        assert [line.text for line in lines_in(read)] == [line.text for line in lines]
