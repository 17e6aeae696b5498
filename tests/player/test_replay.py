"""A session at any moment: the screen of a time, and what follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from formats.errors import LogError
from formats.session import Session
from formats.size import Size
from player.replay.replay import Replay
from tests.support.logs import BEGINNING_US, Said, ended, start, write_log

if TYPE_CHECKING:
    from pathlib import Path

MS = 1000


@pytest.fixture
def replay(tmp_path: Path) -> Replay:
    path = tmp_path / "log.jsonl"
    write_log(
        path,
        start(20, 4),
        Said(0, b"one"),
        Said(1000, b" two"),
        Said(1000, b" three"),
        Said(1500, b"typed", "input"),
        Said(2000, {"type": "resize", "cols": 10, "rows": 3}),
        Said(3000, b"\x1b[2J\x1b[Hfour"),
        ended(4000),
    )
    return Replay(Session.at(str(path)))


def test_origin_and_duration(replay: Replay) -> None:
    assert replay.origin_us == BEGINNING_US
    assert replay.duration_us == 4000 * MS


@pytest.mark.parametrize(
    ("at_ms", "row", "size"),
    [
        (0, "one", (20, 4)),
        (999, "one", (20, 4)),
        (1000, "one two three", (20, 4)),
        (2500, "one two th", (10, 3)),
        (3000, "four", (10, 3)),
        (99_000, "four", (10, 3)),
    ],
)
def test_the_screen_at_a_position(
    replay: Replay, at_ms: int, row: str, size: tuple[int, int]
) -> None:
    screen = replay.seek(at_ms * MS)
    assert screen.text()[0] == row
    assert screen.size == size


def test_seeking_back_gives_the_earlier_screen_and_leaves_the_later_alone(replay: Replay) -> None:
    later = replay.seek(3000 * MS)
    assert replay.seek(0).text()[0] == "one"
    assert later.text()[0] == "four"


def test_what_follows_a_position(replay: Replay) -> None:
    replay.seek(1000 * MS)
    for position_ms in (1000, 1200, 0, 1000):
        found = [moment.at_us // MS for moment in replay.entries_from(position_ms * MS)]
        assert found == [at for at in (1000, 1000, 1500, 2000, 3000, 4000) if at > position_ms]
    assert len(list(replay.located())) == 8
    replay.seek(1000 * MS)
    for _ in range(2):  # whoever takes only some of it takes it from nobody else
        assert next(replay.entries_from(1000 * MS)).at_us == 1500 * MS


def test_following_goes_on_after_an_entry(replay: Replay) -> None:
    located = list(replay.located())
    place, moment = located[3]
    assert list(replay.after(place, moment.at_us)) == located[4:]


def test_a_size_that_is_asked_for_goes_before_that_of_the_start(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    write_log(path, start(20, 4), Said(0, b"x" * 30))
    assert Replay(Session.at(str(path)), size=Size(30, 5)).seek(0).text()[0] == "x" * 30


def test_times_that_run_backwards_are_played_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    write_log(path, Said(0, b"a"), Said(2000, b"b"), Said(500, b"c"), Said(2500, b"d"))
    replay = Replay(Session.at(str(path)))
    assert [moment.at_us // MS for moment in replay.entries_from(-1)] == [0, 2000, 2000, 2500]
    assert replay.seek(1000 * MS).text()[0] == "a"
    assert replay.seek(2000 * MS).text()[0] == "abc"


def test_a_log_without_entries(tmp_path: Path) -> None:
    session = Session("3f2504e0-4f89-41d3-9a0c-0305e82c3301", str(tmp_path))
    with pytest.raises(LogError, match="holds no log entry"):
        Replay(session)
