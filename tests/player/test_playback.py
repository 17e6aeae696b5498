"""The replay's time: what is asked of the drawing process when, and from when on it is shown."""

from __future__ import annotations

import pytest

from formats.size import Size
from player.playing.controller import Controller
from player.playing.frames import Frame
from player.playing.places import Places
from player.playing.playback import Range

END_US = 10_000_000


def frame(at_us: int, next_us: int | None) -> Frame:
    """A frame of a recording that goes on at `next_us`."""
    return Frame(
        at_us=at_us,
        last_us=at_us,
        next_us=next_us,
        end_us=END_US,
        size=Size(80, 24),
        cursor=(0, 0),
        cursor_shown=True,
        title="",
        alternate=False,
        live=False,
        moved=True,
        whole=False,
        rows=[],
    )


def standing_at_0(next_us: int, idle_limit_us: int | None = None) -> Controller:
    """A replay whose first frame has come at the clock's 0."""
    replay = Controller(Range(0, 0, None), Places(0, 0), idle_limit_us=idle_limit_us, now_us=0)
    asked = replay.request(0)
    assert asked is not None
    replay.drawn(frame(0, next_us), 0, asked)
    return replay


def test_what_is_due_soon_is_asked_for_before_and_held_until_then() -> None:
    replay = standing_at_0(33_000)
    assert replay.request(1_000) == {"do": "advance", "at_us": 33_000}
    assert (replay.held_us(1_000), replay.awaited_us(1_000)) == (32_000, 0)
    assert replay.held_us(33_000) == 0 < replay.awaited_us(33_000)


def test_what_is_due_later_is_asked_for_then() -> None:
    replay = standing_at_0(200_000)
    assert replay.request(1_000) is None
    assert replay.held_us(1_000) == 0


def test_a_wait_that_is_cut_short_is_not_asked_for_before() -> None:
    replay = standing_at_0(40_000, idle_limit_us=20_000)
    assert replay.request(1_000) is None
    assert replay.request(20_000) == {"do": "advance", "at_us": 40_000}


@pytest.mark.parametrize("key", [" ", ".", "right"])
def test_a_key_waits_for_no_frame_that_is_held(key: str) -> None:
    replay = standing_at_0(33_000)
    asked = replay.request(1_000)
    assert asked is not None
    replay.key(key, 2_000)
    assert replay.held_us(2_000) == 0
    replay.drawn(frame(33_000, 66_000), 3_000, asked)
    following = replay.request(3_000)
    assert (following or {}).get("do") == {" ": None, ".": "step", "right": "seek"}[key]


def test_paused_it_stands_where_what_is_shown_stands() -> None:
    replay = standing_at_0(33_000)
    asked = replay.request(1_000)
    assert asked is not None
    replay.key(" ", 2_000)
    replay.drawn(frame(33_000, 66_000), 3_000, asked)
    assert replay.position_us(9_000) == 33_000
