"""What a seek and a first screen cost, in counts: they hold on every machine."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from formats import sealed
from formats.entry import OUTPUT
from formats.layout import Home, new_session_id
from formats.session import Session
from formats.writing import SessionWriter
from player.playing.source import Source
from player.playing.stage import Stage
from player.replay.keying import make_keyframes
from player.replay.replay import Replay
from player.screen.face import engine_class
from tests.support.logs import BEGINNING_US

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

ENTRIES, STEP_US = 6000, 20_000


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(str(tmp_path_factory.mktemp("home")))


@pytest.fixture(scope="module")
def session(home: Home) -> Session:
    """Several sealed segments of several frames each, with their keyframes."""
    home.create()
    session_id, chance = new_session_id(), random.Random(3)
    size = {"cols": 80, "rows": 24}
    begun = {"type": "start", "version": 1, **size, "command": ["x"], "cwd": "/", "term": "xterm"}
    with SessionWriter(home, session_id, rotate_bytes=3 << 20) as writer:
        writer.event(BEGINNING_US, begun)
        for number in range(ENTRIES):
            words = chance.randbytes(400).hex().encode()
            text = b"\x1b[%d;1Hentry %d %b" % (1 + number % 24, number, words)
            writer.entry(BEGINNING_US + number * STEP_US, OUTPUT, text)
        writer.event(
            BEGINNING_US + ENTRIES * STEP_US, {"type": "exit", "status": 0, "reason": "exited"}
        )
    found = Session(session_id, home.logs)
    assert len(found.files()) >= 3
    assert make_keyframes(home, found)
    return found


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many frames are decompressed, and how often the engine is fed."""
    counts: Counter[str] = Counter()

    def count(owner: Any, name: str, what: str) -> None:
        plain: Callable[..., Any] = getattr(owner, name)

        def counting(*given: Any, **named: Any) -> Any:
            counts[what] += 1
            return plain(*given, **named)

        monkeypatch.setattr(owner, name, counting)

    count(sealed, "_decompress", "frames")
    count(engine_class(), "feed", "feeds")
    return counts


def test_a_seek_decompresses_what_it_draws_and_feeds_it_once(
    session: Session, counted: Counter[str]
) -> None:
    replay, chance = Replay(session), random.Random(5)
    end_us = replay.duration_us
    replay.seek(0)
    counted.clear()
    for _ in range(50):
        before = counted.copy()
        replay.seek(chance.randrange(end_us))
        # It may begin in one frame and end in the next; a segment's last frame may be a small one.
        assert counted["frames"] - before["frames"] <= 3
        # Twice where a segment begins in between: it states a size.
        assert counted["feeds"] - before["feeds"] <= 2
    assert counted["frames"] <= 75
    assert counted["feeds"] <= 58


def test_what_follows_a_seek_is_not_read_again(session: Session, counted: Counter[str]) -> None:
    replay = Replay(session)
    at_us = replay.duration_us // 3
    replay.seek(at_us)
    counted.clear()
    following = replay.entries_from(at_us)
    assert [next(following).at_us for _ in range(3)] == [
        at_us - at_us % STEP_US + step * STEP_US for step in (1, 2, 3)
    ]
    assert counted["frames"] <= 1


def test_the_first_screen_of_a_sealed_session_needs_its_two_ends_alone(
    home: Home, session: Session, counted: Counter[str]
) -> None:
    stage = Stage(Source(home, Session(session.id, home.logs), size=None, live=False))
    stage.seek(0)
    stage.frame()
    # Its beginning, by three readers, and the end for the length.
    assert counted["frames"] <= 4
