"""The stage of the drawn player: it stands at a moment, however it came there."""

from __future__ import annotations

import pytest

from formats.layout import Home
from formats.line import LineEncoder
from formats.session import Session
from formats.size import Size
from formats.timestamp import Stamper
from formats.writing import SessionWriter
from player.playing.source import Source
from player.playing.stage import Stage

ID = "12345678-1234-4123-8123-123456789abc"
START_US = 1_770_000_000_000_000


@pytest.fixture
def source(tmp_path):
    home = Home(str(tmp_path / "home"))
    home.create()
    with SessionWriter(home, ID) as writer:
        writer.event(START_US, {"type": "start", "version": 1, "cols": 40, "rows": 4})
        writer.entry(START_US + 1_000_000, "output", b"x" * 50)
        writer.event(START_US + 3_000_000, {"type": "resize", "cols": 30, "rows": 6})

    def made(size=None):
        return Source(home, Session(ID, home.logs), size=size, live=False)

    return made


@pytest.mark.parametrize("asked", [None, Size(60, 5)], ids=["as stated", "as asked"])
def test_played_from_the_beginning_or_jumped_to_it_looks_the_same(source, asked):
    played, jumped = Stage(source(asked)), Stage(source(asked))
    played.advance(2_000_000)
    jumped.seek(2_000_000)
    assert played.frame().size == jumped.frame().size == (asked or Size(40, 4))
    assert played.frame(whole=True).rows == jumped.frame(whole=True).rows
    played.advance(4_000_000)
    assert played.frame().size == Size(30, 6)


def test_a_step_keeps_the_size_that_was_asked_for(source):
    stage = Stage(source(Size(60, 5)))
    assert stage.step(1)
    assert stage.frame().size == Size(60, 5)
    assert stage.history(0, 5).size == Size(60, 5)


@pytest.fixture
def growing(tmp_path):
    """A live session of a hundred seconds, and what adds to its log."""
    home = Home(str(tmp_path / "home"))
    home.create()
    encoder, stamper = LineEncoder(ID), Stamper()

    def add(at_s, data):
        with open(f"{home.logs}/{ID}.jsonl", "ab") as log:
            log.write(encoder.output(stamper.stamp(START_US + at_s * 1_000_000), data))

    with open(f"{home.logs}/{ID}.jsonl", "wb") as log:
        start = {"type": "start", "version": 1, "cols": 40, "rows": 9, "command": ["x"]}
        log.write(encoder.event(stamper.stamp(START_US), start))
    add(1, b"one\r\n")
    add(100, b"two\r\n")
    return Stage(Source(home, Session(ID, home.logs), size=None, live=True)), add


def texts(frame):
    return [row[0].text for _, row in frame.rows if row]


def test_what_stands_at_the_end_of_a_live_session_is_drawn_once(growing):
    stage, add = growing
    stage.to_the_end()
    assert texts(stage.frame(whole=True)) == ["one", "two"]
    add(101, b"three\r\n")
    stage.to_the_end()
    assert texts(stage.frame(whole=True)) == ["one", "two", "three"]
    stage.to_the_end()
    assert texts(stage.frame(whole=True)) == ["one", "two", "three"]


def test_back_to_now_nothing_is_drawn_twice(growing):
    """Played on for a while, then gone back, then back to now: it has grown meanwhile."""
    stage, add = growing
    stage.advance(200_000_000)
    stage.seek(2_000_000)
    add(150, b"three\r\n")
    stage.to_the_end()
    assert texts(stage.frame(whole=True)) == ["one", "two", "three"]


def test_what_came_while_looking_at_the_history_is_drawn_afterwards(growing):
    stage, add = growing
    stage.to_the_end()
    add(101, b"three\r\n")
    assert texts(stage.history(0, 9)) == ["one", "two"]
    stage.to_the_end()
    assert texts(stage.frame(whole=True)) == ["one", "two", "three"]


def test_a_step_at_the_end_draws_nothing_twice(source):
    stage = Stage(source())
    stage.seek(9_000_000)
    before = stage.frame(whole=True)
    assert not stage.step(1)
    stage.advance(10_000_000)
    after = stage.frame(whole=True)
    assert (after.rows, after.next_us) == (before.rows, None)
