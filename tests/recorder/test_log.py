import hashlib
from dataclasses import dataclass

import pytest

from formats.errors import LogError
from formats.layout import Home, new_session_id
from formats.session import Session
from formats.size import Size
from recorder.log import Log

START_US = 1_770_484_532_123_000


@dataclass
class SetClock:
    """A clock whose time passes, and whose wall clock is set, by hand."""

    now: int = START_US
    ahead: int = 0

    def now_us(self) -> int:
        return self.now

    def offset_us(self) -> int:
        return self.ahead


@pytest.fixture
def clock():
    return SetClock()


@pytest.fixture
def opened(tmp_path, clock):
    home = Home(str(tmp_path / "home"))
    home.create()
    log = Log(
        home=home,
        session_id=new_session_id(),
        clock=clock,
        rotate_bytes=1 << 16,
        on_rotated=lambda: None,
    )
    log.start(Size(80, 24), {"command": ["true"], "cwd": "/"})
    yield home, log
    log.close()


def events(home, log):
    return [entry for entry in entries(home, log) if entry.event is not None]


def entries(home, log):
    session_id = log.path.rpartition("/")[2].removesuffix(".jsonl")
    return list(Session(session_id, home.logs).entries())


@pytest.mark.parametrize("hour_us", [3_600_000_000, -3_600_000_000])
def test_a_wall_clock_that_is_set_is_stated_and_times_go_on(opened, clock, hour_us):
    home, log = opened
    log.output(b"before")
    clock.ahead = hour_us
    for _ in range(3):
        clock.now += 2_000_000
        log.output(b"after")
    [start, stated] = events(home, log)
    assert stated.event == {"type": "clock", "offset_ms": hour_us // 1000}
    written = [entry.time_us for entry in entries(home, log) if entry.data]
    assert written == [START_US, START_US + 2_000_000, START_US + 4_000_000, START_US + 6_000_000]
    assert start.time_us == START_US


def test_a_wall_clock_that_drifts_is_not_stated(opened, clock):
    home, log = opened
    for _ in range(5):
        clock.now += 2_000_000
        clock.ahead += 100_000
        log.output(b"x")
    assert len(events(home, log)) == 1


def test_times_never_run_backwards_though_typing_was_earlier(opened, clock):
    home, log = opened
    clock.now += 5_000
    log.output(b"echo")
    log.input(b"key", START_US + 1_000)
    times = [entry.time_us for entry in entries(home, log)]
    assert times == sorted(times)


def test_every_later_segment_states_the_size_and_the_hash_of_the_one_before(opened, clock):
    home, log = opened
    log.resize(Size(132, 43))
    while log.segment < 3:
        log.output(b"x" * 8192)
    session_id = log.path.rpartition("/")[2].removesuffix(".jsonl")
    found = [entry.event for entry in events(home, log) if entry.event["type"] == "segment"]
    assert [(event["number"], event["cols"], event["rows"]) for event in found] == [
        (2, 132, 43),
        (3, 132, 43),
    ]
    for event in found:
        with open(home.segment(session_id, event["number"] - 1), "rb") as file:
            assert event["previous_sha256"] == hashlib.sha256(file.read()).hexdigest()


def test_a_name_that_is_taken_ends_no_session(opened, clock):
    home, log = opened
    session_id = log.path.rpartition("/")[2].removesuffix(".jsonl")
    with open(home.segment(session_id, 1), "xb") as stranger:
        stranger.write(b"not ours")
    for _ in range(12):
        log.output(b"x" * 8192)
    assert log.segment == 1
    assert log.fault is not None
    with open(home.segment(session_id, 1), "rb") as file:
        assert file.read() == b"not ours"


def test_one_session_has_one_writer(opened, clock):
    home, log = opened
    session_id = log.path.rpartition("/")[2].removesuffix(".jsonl")
    with pytest.raises(LogError, match="cannot write"):
        Log(
            home=home,
            session_id=session_id,
            clock=clock,
            rotate_bytes=1 << 16,
            on_rotated=lambda: None,
        )
