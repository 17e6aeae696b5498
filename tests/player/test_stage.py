"""The stage of the drawn player: it stands at a moment, however it came there."""

from __future__ import annotations

import pytest

from formats.layout import Home
from formats.session import Session
from formats.size import Size
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
