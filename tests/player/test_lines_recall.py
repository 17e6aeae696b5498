"""Whatever an interface draws: what stood on the screen for a second is in one of its lines."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from formats.entry import Entry
from formats.line import OUTPUT
from formats.size import Size
from player.lines.extractor import screen_lines
from player.screen import Screen
from tests.support.logs import BEGINNING_US

SESSION = "0d4a4d3e-6a4b-4c43-9f0e-2b7d1c1f5a10"
SIZE = Size(60, 12)
STOOD_US = 1_000_000

Step = tuple[int, bytes]

words = st.lists(
    st.sampled_from(
        [
            "alpha",
            "bravo",
            "你好",
            "charlie",
            "naïve",
            "1",
            "22",
            "333",
            "🎉",
            "x",
            "delta",
            "echo",
            "foxtrot",
        ]
    ),
    min_size=1,
    max_size=6,
).map(" ".join)
rows = st.integers(1, SIZE.rows)
gaps_ms = st.sampled_from([1, 10, 30, 80, 100, 120, 250, 400, 600, 900, 1500])


def at(row: int, text: str) -> str:
    return f"\x1b[{row};1H\x1b[2K{text}"


def counted(number: int, row: int) -> str:
    return at(row, f"item {row} is {number} of 100")


def tabled(width: int, factor: int) -> str:
    return "".join(at(row, f"| case {row:<{width}} | {row * factor:<5} |") for row in range(1, 9))


def scrolled(text: str) -> str:
    return f"\x1b[2;{SIZE.rows - 1}r\x1b[{SIZE.rows - 1};1H\n{text}\x1b[r"


def reprinted(new: list[str], footer: str) -> str:
    """As interfaces on the main screen do: what is below is erased, and drawn again lower."""
    return "\x1b[1A\r\x1b[J" + "".join(f"{text}\r\n" for text in (*new, footer))


drawn = st.one_of(
    st.builds(at, rows, words),
    st.builds("{}\r\n".format, words),
    st.builds(counted, st.integers(0, 100), st.integers(1, 3)),
    st.builds(tabled, st.integers(4, 8), st.integers(1, 9)),
    st.builds(scrolled, words),
    st.builds(reprinted, st.lists(words, max_size=2), words),
    st.builds(" {}".format, words),
    st.just("\x1b[H\x1b[2J"),
)
frames = drawn.map(str.encode) | drawn.map(lambda text: f"\x1b[?2026h{text}\x1b[?2026l".encode())
sessions = st.tuples(
    st.sampled_from([b"", b"\x1b[?1049h"]),
    st.lists(st.tuples(gaps_ms, frames), min_size=1, max_size=40),
)


def stood(entries: list[Entry]) -> set[str]:
    """The rows that stood so long, as the screen alone shows them."""
    screen, since, found = Screen(SIZE), dict[str, int](), set[str]()
    before_us = entries[0].time_us
    for entry in entries:
        since = {row.strip(): since.get(row.strip(), before_us) for row in screen.text()}
        before_us = entry.time_us
        found |= {row for row, at_us in since.items() if before_us - at_us >= STOOD_US}
        screen.feed(entry.data)
    return found


@settings(deadline=None)
@given(sessions)
def test_what_stood_a_second_is_found(session: tuple[bytes, list[Step]]) -> None:
    first, steps = session
    entries, now_us = [Entry(BEGINNING_US, SESSION, OUTPUT, first)], BEGINNING_US
    for gap_ms, data in steps:
        now_us += gap_ms * 1000
        entries.append(Entry(now_us, SESSION, OUTPUT, data))
    text = "\n".join(line.text for line in screen_lines(entries, SIZE))
    assert [row for row in stood(entries) if row not in text] == []
