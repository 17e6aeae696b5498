"""The playhead: position and due time are inverse, bends are seamless, nothing drifts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from player.playing.playhead import PAUSED, Playhead

WALL_US = st.integers(0, 10**13)
SPEEDS = st.floats(0.01, 1000)


def test_position_runs_with_the_wall_times_speed() -> None:
    playhead = Playhead(wall_us=5_000_000, position_us=1_000_000, speed=2.0)
    assert playhead.at(5_000_000) == 1_000_000
    assert playhead.at(8_000_000) == 7_000_000
    assert playhead.due_us(7_000_000) == 8_000_000


def test_a_paused_playhead_stands_still_and_nothing_is_due() -> None:
    playhead = Playhead(0, 1_000_000).at_speed(500_000, PAUSED)
    assert playhead.paused
    assert playhead.at(10**12) == 1_500_000
    assert playhead.due_us(2_000_000) is None


def test_pausing_for_any_time_delays_by_just_that_time() -> None:
    paused = Playhead(0).at_speed(1_000, PAUSED)
    resumed = paused.at_speed(3_600_001_000, 1.0)
    assert resumed.due_us(1_001) == 3_600_001_001


def test_moving_keeps_the_speed() -> None:
    moved = Playhead(0, 0, 4.0).moved_to(10, 99)
    assert moved == Playhead(10, 99, 4.0)


@given(WALL_US, st.integers(0, 10**12), SPEEDS, st.integers(0, 10**11))
def test_a_place_is_reached_when_it_is_due(
    wall_us: int, position_us: int, speed: float, ahead_us: int
) -> None:
    playhead = Playhead(wall_us, position_us, speed)
    due_us = playhead.due_us(position_us + ahead_us)
    assert due_us is not None
    # One microsecond of wall time is worth `speed` microseconds of the session.
    assert abs(playhead.at(due_us) - (position_us + ahead_us)) <= speed / 2 + 1


@given(WALL_US, st.integers(0, 10**12), st.lists(st.tuples(st.integers(0, 10**8), SPEEDS)))
def test_bends_do_not_jump(wall_us: int, position_us: int, bends: list[tuple[int, float]]) -> None:
    playhead = Playhead(wall_us, position_us)
    now_us = wall_us
    for later_us, speed in bends:
        now_us += later_us
        before_us = playhead.at(now_us)
        playhead = playhead.at_speed(now_us, speed)
        assert playhead.at(now_us) == before_us
