"""A log that is rotated: whatever is written, wherever the boundaries fall, it reads back."""

from __future__ import annotations

import itertools
import json
import os
import tempfile
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.damage import Damage
from formats.errors import LogError
from formats.layout import Home, new_session_id
from formats.session import Session
from formats.size import Size
from recorder.log import Log
from tests.support.clocks import Ticking


@pytest.fixture
def home():
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        made = Home(folder)
        made.create()
        yield made


def begin(home, rotate_bytes):
    rotated: list[int] = []
    session_id = new_session_id()
    log = Log(
        home=home,
        session_id=session_id,
        clock=Ticking(),  # type: ignore[arg-type]
        rotate_bytes=rotate_bytes,
        on_rotated=lambda: rotated.append(log.segment),
    )
    log.start(Size(80, 24), {"command": ["true"]})
    return log, Session(session_id, home.logs), rotated


def end(log):
    log.event({"type": "exit", "status": 0, "reason": "exited"})
    log.close()


def test_the_exit_is_the_last_line_wherever_the_boundary_falls(home):
    seen = set()
    for rotate_bytes in range(150, 900, 50):
        log, session, rotated = begin(home, rotate_bytes)
        log.output(b"x" * 200)
        end(log)
        entries = list(session.entries())
        assert entries[0].event is not None
        assert entries[0].event["type"] == "start"
        assert entries[-1].event is not None
        assert entries[-1].event["type"] == "exit"
        assert b"".join(entry.data for entry in entries) == b"x" * 200
        seen.add(len(rotated))
    assert seen == {0, 1, 2}


steps = st.one_of(
    st.tuples(st.just("output"), st.binary(max_size=300)),
    st.tuples(st.just("input"), st.binary(max_size=40)),
    st.tuples(st.just("event"), st.text(max_size=20)),
    st.tuples(st.just("resize"), st.integers(1, 500)),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(steps, max_size=30), st.integers(300, 2000))
def test_any_writing_with_any_rotation_reads_back_as_it_was_written(written, rotate_bytes):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Home(folder)
        home.create()
        log, session, rotated = begin(home, rotate_bytes)
        for kind, value in written:
            if kind == "output":
                log.output(value)
            elif kind == "input":
                log.input(value, 0)
            elif kind == "event":
                log.event({"type": "marker", "label": value})
            else:
                log.resize(Size(value, 24))
        end(log)

        damage = Damage()
        entries = list(session.entries(damage))
        assert not damage
        times = [entry.time_us for entry in entries]
        assert times == sorted(times)
        found: list[tuple[str, object]] = []
        segments = []
        for entry in entries[1:-1]:
            if entry.event is None:
                found.append((entry.direction, entry.data))
            elif entry.event["type"] == "segment":
                segments.append(entry.event)
            elif entry.event["type"] == "marker":
                found.append(("event", entry.event["label"]))
            else:
                found.append(("resize", entry.event["cols"]))
        assert found == written
        assert [event["number"] for event in segments] == list(range(2, len(segments) + 2))
        assert rotated == [event["number"] for event in segments]
        check_chain(session.files())
        assert log.entries == len(entries)
        assert log.log_bytes == sum(len(read(path)) for path in session.files())


def read(path):
    with open(path, "rb") as file:
        return file.read()


def check_chain(files):
    contents = [read(path) for path in files]
    for before, segment in itertools.pairwise(contents):
        event = json.loads(segment.partition(b"\n")[0])["event"]
        assert event["previous_sha256"] == sha256(before).hexdigest()


def test_a_link_in_its_place_is_not_followed(home, tmp_path):
    session_id = new_session_id()
    target = tmp_path / "precious"
    target.write_text("mine")
    os.symlink(target, home.log(session_id))
    with pytest.raises(LogError, match="cannot write"):
        Log(
            home=home,
            session_id=session_id,
            clock=Ticking(),  # type: ignore[arg-type]
            rotate_bytes=1 << 20,
            on_rotated=lambda: None,
        )
    assert target.read_text() == "mine"
