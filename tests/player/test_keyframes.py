"""Keyframes: seeking gives what playing from the start gives, whatever happens to them."""

from __future__ import annotations

import os
import random
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from formats.layout import Home
from formats.session import Session
from player.replay import seeking
from player.replay.keyframes import Keyframes, header_of, keys_path, pack, secret_of
from player.replay.keying import is_hopeless, make_keyframes
from player.replay.replay import Replay
from player.replay.seeking import BEGINNING, uncovered_bytes
from player.screen import ScreenEngineError
from tests.support.logs import Said, start, store_log, write_log
from tests.support.recordings import each_recording
from tests.support.screens import told

if TYPE_CHECKING:
    from player.screen import Screen

ROOT = Path(__file__).resolve().parents[2]
ENTRIES = 2000
STEP_MS = 20


def said(count: int, seed: int = 7) -> list[Said]:
    """A busy session: colours, cursor moves, both screens, resizes, sequences cut in two."""
    rng = random.Random(seed)
    made = [start(60, 20)]
    rest = b""
    for number in range(count):
        text = b"\x1b[%d;%dH\x1b[3%dmentry %d \xe6\xbc\xa2 %s" % (
            rng.randrange(1, 25), rng.randrange(1, 70), rng.randrange(8), number,
            b"x" * rng.randrange(200),
        )  # fmt: skip
        text = rest + text + rng.choice([b"\r\n", b"\x1b[2K", b"\x1b[?1049h", b"\x1b[?1049l", b""])
        cut = rng.randrange(len(text))
        made.append(Said(number * STEP_MS, text[:cut]))
        rest = text[cut:]
        if number % 700 == 699:
            size = {"cols": rng.randrange(20, 90), "rows": rng.randrange(5, 30)}
            made.append(Said(number * STEP_MS, {"type": "resize", **size}))
    return made


@pytest.fixture(autouse=True)
def _worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is made behind the test's back; small logs are worth it here."""
    monkeypatch.setattr("player.replay.keying.start_keying", lambda *_: None)
    for module in (
        seeking,
        sys.modules["player.replay.keying"],
        sys.modules["player.replay.replay"],
    ):
        monkeypatch.setattr(module, "SMALLEST_LOG_BYTES", 1 << 10)
    monkeypatch.setattr("player.replay.passage.SPACING_BYTES", 16 << 10)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(str(tmp_path / "home"))
    made.create()
    return made


@pytest.fixture
def session(home: Home) -> Session:
    return Session(store_log(Path(home.path), *said(ENTRIES)), home.logs)


def keyframes_of(home: Home, session: Session) -> Keyframes:
    replay = Replay(session, index=False)
    found = Keyframes(home, session.id, header_of(session.id, replay.size, replay.first))
    found.refresh()
    return found


class Linear:
    """The screens of a session by playing it from its start."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def at(self, position_us: int) -> Screen:
        return Replay(self._session, index=False).seek(position_us)


def positions(session: Session, count: int = 5) -> list[int]:
    rng = random.Random(5)
    last_us = Replay(session, index=False).duration_us
    return [0, last_us, last_us + 1, *(rng.randrange(last_us) for _ in range(count))]


def assert_equal_to_linear(session: Session) -> None:
    replay, linear = Replay(session), Linear(session)
    for position_us in positions(session):
        assert told(replay.seek(position_us)) == told(linear.at(position_us))


def test_seeking_equals_playing_from_the_start(home: Home, session: Session) -> None:
    assert make_keyframes(home, session)
    assert len(keyframes_of(home, session).frames) > 8
    assert_equal_to_linear(session)


def test_seeking_reads_from_the_nearest_keyframe(home: Home, session: Session) -> None:
    make_keyframes(home, session)
    replay = Replay(session)
    at_us = replay.duration_us - 1
    started: list[int] = []
    replay.seek(at_us, progress=started.append)
    assert started == [], "no stretch as long as the spacing was drawn"


def test_without_an_index_what_was_passed_is_kept(session: Session) -> None:
    replay = Replay(session, index=False)
    told_of: list[int] = []
    replay.seek(replay.duration_us, progress=told_of.append)
    assert len(told_of) > 8
    assert told_of == sorted(told_of)
    again: list[int] = []
    linear = Linear(session)
    for position_us in positions(session):
        assert told(replay.seek(position_us, progress=again.append)) == told(linear.at(position_us))
    assert again == []


def test_entries_from_a_position_go_on_where_the_screen_ends(home: Home, session: Session) -> None:
    make_keyframes(home, session)
    replay, plain = Replay(session), Replay(session, index=False)
    everything = list(plain.entries_from(-1))
    for position_us in positions(session, 4):
        expected = [moment for moment in everything if moment.at_us > position_us]
        assert list(replay.entries_from(position_us)) == expected
        replay.seek(position_us)
        assert list(replay.entries_from(position_us)) == expected


def test_the_file_is_private_and_so_is_the_secret(home: Home, session: Session) -> None:
    make_keyframes(home, session)
    for path in (keys_path(home, session.id), os.path.join(home.index, "secret")):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_it_grows_with_the_log(home: Home) -> None:
    entries = said(ENTRIES)
    session_id = store_log(Path(home.path), *entries[:1000])
    session = Session(session_id, home.logs)
    make_keyframes(home, session)
    path = keys_path(home, session_id)
    before = Path(path).read_bytes()
    write_log(Path(home.log(session_id)), *entries)
    make_keyframes(home, session)
    assert Path(path).read_bytes().startswith(before)
    assert len(Path(path).read_bytes()) > 1.5 * len(before)
    assert_equal_to_linear(session)


@pytest.mark.parametrize("failures", [1, 3, 10_000])
def test_where_the_engine_cannot_tell_its_state_the_next_line_is_tried(
    failures: int, home: Home, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the middle of a wide character: soon that is over."""
    left = failures

    def packed(screen: Screen) -> bytes:
        nonlocal left
        left -= 1
        if left >= 0:
            raise ScreenEngineError("not now")
        return pack(screen)

    make_keyframes(home, session)
    first = whole_starts(home, session)[0][1]
    os.unlink(keys_path(home, session.id))
    monkeypatch.setattr("player.replay.keying.pack", packed)
    assert make_keyframes(home, session)
    places = [place for _, place, *_ in whole_starts(home, session)]
    lines: list[object] = [place for place, _ in session.located()]
    if failures > len(lines):
        assert places == []
    else:
        assert places[0] == lines[lines.index(first) + failures]
        assert_equal_to_linear(session)


def whole_starts(home: Home, session: Session) -> list[tuple[object, ...]]:
    """Where its keyframes are; none of them may be damaged."""
    found = keyframes_of(home, session)
    assert found.first_damaged() is None
    return [frame[:4] for frame in found.frames]


def test_a_torn_end_is_cut(home: Home, session: Session) -> None:
    make_keyframes(home, session)
    starts = whole_starts(home, session)
    path = Path(keys_path(home, session.id))
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    assert_equal_to_linear(session)
    make_keyframes(home, session)
    assert whole_starts(home, session) == starts
    assert_equal_to_linear(session)


@pytest.mark.parametrize("part", [0.0, 0.3, 0.6, 0.99])
def test_damage_is_harmless_and_repaired(home: Home, session: Session, part: float) -> None:
    make_keyframes(home, session)
    starts = whole_starts(home, session)
    path = Path(keys_path(home, session.id))
    whole = path.read_bytes()
    damaged = bytearray(whole)
    for place in range(20):
        damaged[int(part * (len(whole) - 30)) + place] ^= 0x55
    path.write_bytes(damaged)
    assert_equal_to_linear(session)
    make_keyframes(home, session)
    assert whole_starts(home, session) == starts
    assert_equal_to_linear(session)


def test_what_others_wrote_is_never_decoded(home: Home, session: Session) -> None:
    make_keyframes(home, session)
    secret = Path(home.index) / "secret"
    old = secret_of(home)
    copied = secret.read_bytes()
    secret.unlink()
    secret.write_bytes(copied)  # as an archive that is unpacked would
    assert secret_of(home) != old
    frames = keyframes_of(home, session)
    assert frames.first_damaged() == 0
    assert_equal_to_linear(session)


def test_the_index_may_go_while_it_is_used(home: Home, session: Session) -> None:
    make_keyframes(home, session)
    replay, linear = Replay(session), Linear(session)
    first, second, third, *_ = positions(session)[2:]
    path = Path(keys_path(home, session.id))
    assert told(replay.seek(first)) == told(linear.at(first))
    path.unlink()
    assert told(replay.seek(second)) == told(linear.at(second))
    make_keyframes(home, session)
    assert told(replay.seek(third)) == told(linear.at(third))
    os.truncate(path, 500)
    assert told(replay.seek(second)) == told(linear.at(second))
    path.write_bytes(b"CSKEYS\r\n" + os.urandom(5000))
    assert told(replay.seek(first)) == told(linear.at(first))


def test_a_log_that_was_replaced_has_no_keyframes(home: Home, session: Session) -> None:
    make_keyframes(home, session)
    log = Path(home.log(session.id))
    write_log(log, *said(ENTRIES, seed=8))
    assert_equal_to_linear(session)
    make_keyframes(home, session)
    assert_equal_to_linear(session)


def test_another_engine_begins_anew(
    home: Home, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_keyframes(home, session)
    path = keys_path(home, session.id)
    inode = os.stat(path).st_ino
    monkeypatch.setattr("player.screen.Screen.loaded_engine_id", lambda: "another-1")
    assert keyframes_of(home, session).frames == []
    make_keyframes(home, session)
    assert os.stat(path).st_ino != inode or keyframes_of(home, session).frames


def test_a_home_that_cannot_be_written_plays_all_the_same(home: Home, session: Session) -> None:
    os.rmdir(home.index)
    Path(home.index).write_bytes(b"in the way")
    assert not make_keyframes(home, session)
    assert_equal_to_linear(session)


def test_after_two_deaths_at_one_place_it_is_given_up(home: Home, session: Session) -> None:
    program = """
import os, sys
import player.replay.keying as keying
from formats.layout import Home
from formats.session import Session
keying.SMALLEST_LOG_BYTES = 1 << 10
keying.pack = lambda screen: os.abort()
home = Home(sys.argv[1])
print(keying.make_keyframes(home, Session(sys.argv[2], home.logs)))
"""
    codes = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", program, home.path, session.id],
            cwd=ROOT, check=False, capture_output=True, text=True,
        )  # fmt: skip
        codes.append((done.returncode < 0, done.stdout))
    assert codes == [(True, ""), (True, ""), (False, "False\n")]
    assert is_hopeless(home, session.id)
    assert Replay(session).hopeless
    assert_equal_to_linear(session)


def test_the_command_makes_them(home: Home) -> None:
    many = [start(60, 20), *(Said(number, b"x" * 4000) for number in range(400))]
    session = Session(store_log(Path(home.path), *many), home.logs)
    command = [sys.executable, "-m", "player.replay.keying", home.path, session.id]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    assert len(keyframes_of(home, session).frames) >= 1
    assert subprocess.run([*command[:-1], "no-id"], cwd=ROOT, check=False).returncode == 2


def test_what_is_left_is_counted_behind_a_place(session: Session) -> None:
    whole = os.path.getsize(session.path)
    assert uncovered_bytes(session, BEGINNING.place) == whole
    place = list(Replay(session, index=False).located())[1000][0]
    assert uncovered_bytes(session, place) == whole - place.offset


def test_scrollback_comes_along(session: Session, home: Home) -> None:
    make_keyframes(home, session)
    replay = Replay(session)
    screen = replay.seek(replay.duration_us, scrollback=500)
    assert screen.text() == replay.seek(replay.duration_us).text()
    screen.feed(b"\x1b[?1049l" + b"line\r\n" * 100)
    assert screen.state().history_rows > 50


@each_recording
def test_a_recorded_program_is_the_same_from_its_keyframes(recording: Path, home: Home) -> None:
    session_id = next(Session.at(str(recording)).entries()).session_id
    Path(home.segment(session_id, 1, sealed=True)).write_bytes(recording.read_bytes())
    session = Session(session_id, home.logs)
    assert make_keyframes(home, session)
    replay, rng = Replay(session), random.Random(recording.name)
    screen = replay.new_screen()
    painter, fed, entries = replay.painter(screen), 0, list(replay.entries_from(-1))
    for at_us in sorted(rng.randrange(replay.duration_us + 1) for _ in range(25)):
        while fed < len(entries) and entries[fed].at_us <= at_us:
            painter.add(entries[fed])
            painter.flush()
            fed += 1
        assert told(replay.seek(at_us)) == told(screen)
