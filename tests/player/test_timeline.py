"""The timeline: each stage alone, and what must hold for any log."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from formats.entry import Entry
from player.replay.timeline import (
    Moment,
    at_once,
    idle_limited,
    placed,
    shown,
    started,
    timeline,
    until,
)

SESSION = "2f0c6a3e-6f5b-4a53-9d0e-1c7a3c1f5b11"
ORIGIN_US = 1_770_488_132_123_000
S = 1_000_000


def output(at_us: int, data: bytes = b"x") -> Entry:
    return Entry(ORIGIN_US + at_us, SESSION, "output", data)


def times(moments) -> list[int]:
    return [moment.at_us for moment in moments]


def moments_at(*at_us: int) -> list[Moment]:
    return [Moment(at, output(at)) for at in at_us]


def test_what_was_typed_is_not_shown() -> None:
    entries = [output(0), Entry(ORIGIN_US, SESSION, "input", b"secret"), output(1)]
    assert list(shown(entries)) == [entries[0], entries[2]]


def test_places_count_from_the_origin() -> None:
    assert times(placed([output(0), output(1_500), output(2 * S)], ORIGIN_US)) == [0, 1_500, 2 * S]


def test_a_log_that_runs_backwards_is_played_forwards() -> None:
    assert times(placed([output(5), output(3), output(7)], ORIGIN_US)) == [5, 5, 7]


def test_the_end_of_the_range_is_still_played() -> None:
    assert times(until(moments_at(0, 1, 2, 3), 2)) == [0, 1, 2]


def test_nothing_is_read_beyond_the_end_of_the_range() -> None:
    def endless():
        at_us = 0
        while True:
            yield Moment(at_us, output(at_us))
            at_us += 1

    assert times(until(endless(), 2)) == [0, 1, 2]


def test_all_before_the_start_comes_at_once() -> None:
    assert times(started(moments_at(0, 5, 9, 10, 12), 10)) == [0, 0, 0, 0, 2]


def test_long_waits_are_cut_to_the_limit_and_short_ones_stay() -> None:
    waits = moments_at(0, 1 * S, 61 * S, 62 * S, 162 * S)
    assert times(idle_limited(waits, 2 * S)) == [0, 1 * S, 3 * S, 4 * S, 6 * S]


def test_the_wait_before_the_first_moment_is_limited_too() -> None:
    assert times(idle_limited(moments_at(60 * S), 2 * S)) == [2 * S]


def test_a_limit_of_nothing_leaves_no_wait() -> None:
    assert times(idle_limited(moments_at(0, 5, 9), 0)) == [0, 0, 0]


def test_at_once_has_no_waits() -> None:
    assert times(at_once(moments_at(0, 5, 9))) == [0, 0, 0]


def test_the_stages_are_applied_in_order() -> None:
    entries = [output(0), output(100 * S), output(101 * S), output(200 * S), output(300 * S)]
    moments = timeline(
        entries, origin_us=ORIGIN_US, start_us=100 * S, end_us=250 * S, idle_limit_us=5 * S
    )
    assert times(moments) == [0, 0, 1 * S, 6 * S]


LOGS = st.lists(st.integers(0, 10**10), max_size=40).map(
    lambda at: [output(at_us, b"%d" % index) for index, at_us in enumerate(sorted(at))]
)
LIMITS = st.none() | st.integers(0, 10**9)


@given(LOGS, st.integers(0, 10**10), LIMITS)
def test_everything_is_played_once_in_order_and_never_too_late(
    entries: list[Entry], start_us: int, limit_us: int | None
) -> None:
    moments = list(
        timeline(entries, origin_us=ORIGIN_US, start_us=start_us, idle_limit_us=limit_us)
    )
    assert [moment.entry for moment in moments] == entries
    assert all(earlier.at_us <= later.at_us for earlier, later in pairwise(moments))
    for moment in moments:
        assert 0 <= moment.at_us <= max(0, moment.entry.time_us - ORIGIN_US - start_us)
    if limit_us is not None:
        assert all(later.at_us - earlier.at_us <= limit_us for earlier, later in pairwise(moments))


@given(LOGS)
def test_without_a_limit_waits_are_exact(entries: list[Entry]) -> None:
    moments = timeline(entries, origin_us=ORIGIN_US)
    assert times(moments) == [entry.time_us - ORIGIN_US for entry in entries]
