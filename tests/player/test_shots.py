"""When an export looks at the screen: what stands is always seen, and nothing half done."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("pyghostty")

from hypothesis import given
from hypothesis import strategies as st

from formats.errors import LogError
from formats.size import Size
from player.exporting.shots import Mark, Shots
from player.screen import Screen
from tests.support.foreign import said

if TYPE_CHECKING:
    from formats.entry import Entry

EVERY_US = 40_000
TEXTS = st.lists(
    st.tuples(st.integers(0, 90), st.binary(min_size=1, max_size=8)), min_size=1, max_size=30
)


def _looks(entries: list[Entry], **options: Any) -> list[tuple[int, list[str]]]:
    shots = Shots(entries, EVERY_US, **options)
    return [(shot.at_us // 1000, shot.screen.text()) for shot in shots]


def _session(steps: list[tuple[int, bytes]]) -> list[Entry]:
    at_ms, things = 0, []
    for after_ms, data in steps:
        at_ms += after_ms
        things.append((at_ms, data))
    return said(*things)


def _as_drawn(entries: list[Entry], until_ms: int) -> list[str]:
    screen = Screen(Size(100, 30))
    origin_us = entries[0].time_us
    for entry in entries:
        if entry.time_us - origin_us <= until_ms * 1000:
            screen.feed(entry.data)
    return screen.text()


@given(TEXTS)
def test_each_look_shows_what_was_drawn_until_then(steps) -> None:
    entries = _session(steps)
    for looks in (_looks(entries), _looks(entries, exact=True)):
        times = [at_ms for at_ms, _ in looks]
        assert times == sorted(set(times))
        for at_ms, text in looks:
            assert text == _as_drawn(entries, at_ms)
        last_ms = (entries[-1].time_us - entries[0].time_us) // 1000
        assert times[-1] == last_ms


@given(TEXTS)
def test_what_stands_is_seen_and_of_all_else_one_look_in_so_long(steps) -> None:
    entries = _session([(after_ms, b"x") for after_ms, _ in steps])
    times = sorted({(entry.time_us - entries[0].time_us) // 1000 for entry in entries[1:]})
    seen = [at_ms for at_ms, _ in _looks(entries)]
    for at_ms, then_ms in pairwise(times):
        if then_ms - at_ms >= EVERY_US // 1000:
            assert at_ms in seen
    unseen_ms = times[0]
    for at_ms in times:
        assert at_ms - unseen_ms <= 3 * EVERY_US // 1000 + 90
        if at_ms in seen:
            unseen_ms = at_ms
    assert [at_ms for at_ms, _ in _looks(entries, exact=True)] == times


def test_an_update_that_is_declared_is_seen_when_it_ends() -> None:
    entries = said((0, b"before"), (100, b"\x1b[?2026h\rhalf"), (300, b" done\x1b[?2026l"))
    assert [at_ms for at_ms, _ in _looks(entries)] == [0, 300]
    assert [at_ms for at_ms, _ in _looks(entries, exact=True)] == [0, 100, 300]
    # A program that never ends it does not keep the screen for itself.
    entries = said((0, b"\x1b[?2026h"), *((100 * n, b"x") for n in range(1, 30)))
    assert 18 < len(_looks(entries)) < 22


def test_a_flood_is_looked_at_now_and_then() -> None:
    entries = said(*((n, b"%d\r\n" % n) for n in range(10_000)))
    exact = len(_looks(entries, exact=True))
    assert 2000 + 900 < exact < 2000 + 1000 + 10_000 // 40
    assert len(_looks(entries)) <= 10_000 // 40 + 1


def test_marks_and_the_end_are_known_behind_it() -> None:
    entries = said((10, b"x"), (20, {"type": "marker", "label": "here"}), (900, b"k", "input"))
    shots = Shots(entries, EVERY_US)
    assert [shot.at_us for shot in shots] == [10_000]
    assert shots.marks == [Mark(20_000, "here")]
    assert shots.end_us == 900_000
    with pytest.raises(LogError):
        Shots([], EVERY_US)
