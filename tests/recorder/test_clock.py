"""A wall clock that is set, a machine that sleeps: the log's order and gaps are the real ones."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.layout import Home, new_session_id
from formats.session import Session
from formats.size import Size
from formats.timestamp import US_PER_S
from player.replay.timeline import timeline
from recorder import clock as module
from recorder.clock import Clock
from recorder.log import Log

HOUR_S = 3600
BEGINNING_NS = 1_770_488_132_123_000_000


class Machine:
    """The clocks of a machine, and what happens to them. Stands in for `time`."""

    CLOCK_BOOTTIME, CLOCK_MONOTONIC = 7, 1

    def __init__(self):
        self.wall_ns = BEGINNING_NS
        self.boot_ns = 5 * HOUR_S * 10**9
        self.awake_ns = HOUR_S * 10**9

    def time_ns(self):
        return self.wall_ns

    def clock_gettime_ns(self, which):
        return self.boot_ns if which == self.CLOCK_BOOTTIME else self.awake_ns

    def passes(self, seconds):
        self.wall_ns += round(seconds * 10**9)
        self.boot_ns += round(seconds * 10**9)
        self.awake_ns += round(seconds * 10**9)

    def sleeps(self, seconds):
        """Suspended: the monotonic clock stands."""
        awake_ns = self.awake_ns
        self.passes(seconds)
        self.awake_ns = awake_ns

    def is_set(self, seconds):
        """NTP, a person, or a virtual machine that was resumed."""
        self.wall_ns += round(seconds * 10**9)


@pytest.fixture
def machine(monkeypatch):
    made = Machine()
    monkeypatch.setattr(module, "time", made)
    monkeypatch.setattr(module, "_ELAPSED", Machine.CLOCK_BOOTTIME)
    return made


def recorded(machine, folder, steps):
    """A session in which an entry is written, then a step is taken, and so on; its entries."""
    home = Home(str(folder))
    home.create()
    session_id = new_session_id()
    log = Log(home=home, session_id=session_id, clock=Clock(), rotate_bytes=1 << 20)
    log._sums._starts = 99  # noqa: SLF001  the hashing process has tests of its own
    log.start(Size(80, 24), {"command": ["true"]})
    for number, (step, seconds) in enumerate(steps):
        log.output(b"%d" % number)
        getattr(machine, step)(seconds)
    log.output(b"last")
    log.close()
    return list(Session(session_id, home.logs).entries())


def waits_s(entries):
    """What a person waits for at playback, before each entry with bytes."""
    moments = list(timeline(entries, origin_us=entries[0].time_us))
    shown = [moment.at_us for moment in moments if moment.entry.data]
    return [(b - a) / US_PER_S for a, b in itertools.pairwise(shown)]


def events(entries):
    return [entry.event for entry in entries if entry.event and entry.event["type"] == "clock"]


@pytest.mark.parametrize("hour", [HOUR_S, -HOUR_S])
def test_a_wall_clock_that_is_set_by_an_hour(machine, tmp_path, hour):
    steps = [("passes", 3), ("is_set", hour), ("passes", 2), ("passes", 5)]
    entries = recorded(machine, tmp_path, steps)
    assert waits_s(entries) == [3, 0, 2, 5]
    assert events(entries) == [{"type": "clock", "offset_ms": hour * 1000}]
    stated = next(i for i, entry in enumerate(entries) if entry.event in events(entries))
    assert entries[stated + 1].data == b"3", "before the first entry that was written since"


def test_there_and_back_is_stated_twice(machine, tmp_path):
    steps = [("is_set", HOUR_S), ("passes", 2), ("is_set", -HOUR_S), ("passes", 2), ("passes", 1)]
    entries = recorded(machine, tmp_path, steps)
    assert [event["offset_ms"] for event in events(entries)] == [HOUR_S * 1000, 0]
    assert waits_s(entries) == [0, 2, 0, 2, 1]


def test_a_machine_that_sleeps(machine, tmp_path):
    """The user's day went on: so does the log's time, and nothing was set."""
    entries = recorded(machine, tmp_path, [("passes", 1), ("sleeps", 8 * HOUR_S), ("passes", 1)])
    assert waits_s(entries) == [1, 8 * HOUR_S, 1]
    assert not events(entries)


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["passes", "sleeps", "is_set"]),
            st.floats(-2 * HOUR_S, 2 * HOUR_S, allow_nan=False),
        ).map(lambda step: (step[0], step[1] if step[0] == "is_set" else abs(step[1]))),
        max_size=12,
    )
)
def test_whatever_happens_times_go_on_and_gaps_are_real(tmp_path_factory, steps):
    with pytest.MonkeyPatch.context() as patch:
        machine = Machine()
        patch.setattr(module, "time", machine)
        patch.setattr(module, "_ELAPSED", Machine.CLOCK_BOOTTIME)
        folder = tmp_path_factory.mktemp("clock")
        folder.chmod(0o700)
        entries = recorded(machine, folder, steps)
    times = [entry.time_us for entry in entries]
    assert times == sorted(times)
    real = [0.0 if step == "is_set" else seconds for step, seconds in steps]
    # Milliseconds are what a log keeps.
    assert waits_s(entries) == pytest.approx(real, abs=0.0021)


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="this system has no such clock")
def test_it_follows_the_clock_that_counts_while_the_machine_sleeps():
    assert module._ELAPSED == time.CLOCK_BOOTTIME  # noqa: SLF001
