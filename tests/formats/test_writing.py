"""Writing a stored session: what it holds, that it appears at once or not at all, its segments."""

from __future__ import annotations

import hashlib
import os
import stat
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from formats.damage import Damage
from formats.entry import Entry
from formats.errors import LogError
from formats.layout import Home, new_session_id
from formats.meta import read_meta, rebuild
from formats.session import Session
from formats.store import listing
from formats.writing import SessionWriter
from tests.support.logs import BEGINNING_US

if TYPE_CHECKING:
    from pathlib import Path

START: dict[str, Any] = {"type": "start", "version": 1, "cols": 90, "rows": 30, "command": ["x"]}


def _entries(home: Home, session_id: str) -> list[Entry]:
    damage = Damage()
    found = list(Session(session_id, home.logs).entries(damage))
    assert not damage, damage.summary()
    return found


def test_it_reads_back_as_it_was_written(home: Path) -> None:
    store, session_id = Home(str(home)), new_session_id()
    with SessionWriter(store, session_id) as writer:
        writer.event(BEGINNING_US, START)
        writer.entry(BEGINNING_US + 1000, "output", b"\xff\x00one")
        writer.entry(BEGINNING_US + 2000, "input", b"typed")
        writer.event(BEGINNING_US + 3000, {"type": "unheard-of", "x": [1, {"y": None}]}, "input")
        writer.add(Entry(BEGINNING_US + 4000, "other", "output", b"z", None, {"field": "kept"}))
        writer.event(BEGINNING_US + 5000, {"type": "exit", "status": 3})
    assert [(e.time_us - BEGINNING_US, *e[2:]) for e in _entries(store, session_id)] == [
        (0, "output", b"", START, None),
        (1000, "output", b"\xff\x00one", None, None),
        (2000, "input", b"typed", None, None),
        (3000, "input", b"", {"type": "unheard-of", "x": [1, {"y": None}]}, None),
        (4000, "output", b"z", None, {"field": "kept"}),
        (5000, "output", b"", {"type": "exit", "status": 3}, None),
    ]


def test_its_files_are_private_and_its_meta_is_what_the_log_says(home: Path) -> None:
    store, session_id = Home(str(home)), new_session_id()
    with SessionWriter(store, session_id) as writer:
        writer.event(BEGINNING_US + 999, START)
        writer.entry(BEGINNING_US, "output", b"one")
        writer.event(BEGINNING_US + 9000, {"type": "exit", "status": 3})
    names = sorted(os.listdir(store.logs))
    assert names == [f"{session_id}.0001.jsonl.zst", f"{session_id}.meta.json"]
    for name in names:
        assert stat.S_IMODE(os.stat(os.path.join(store.logs, name)).st_mode) == 0o600
    found = read_meta(store.meta(session_id))
    assert found == rebuild(Session(session_id, store.logs))
    assert [(one.session.id, one.live, one.meta) for one in listing(store)] == [
        (session_id, False, found)
    ]


def test_segments_chain_and_each_states_the_size(home: Path) -> None:
    store, session_id = Home(str(home)), new_session_id()
    data = [os.urandom(3000) for _ in range(10)]
    with SessionWriter(store, session_id, rotate_bytes=10_000) as writer:
        writer.event(BEGINNING_US, START)
        writer.event(BEGINNING_US, {"type": "resize", "cols": 100, "rows": 50})
        for one in data:
            writer.entry(BEGINNING_US, "output", one)
    found = _entries(store, session_id)
    assert [entry.data for entry in found if entry.event is None] == data
    events = [entry.event for entry in found if entry.event and entry.event["type"] == "segment"]
    assert [event["number"] for event in events] == [2, 3, 4]
    assert all((event["cols"], event["rows"]) == (100, 50) for event in events)
    for path, event in zip(Session(session_id, store.logs).files(), events, strict=False):
        with (
            open(path, "rb") as file,
            zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as lines,
        ):
            assert hashlib.sha256(lines.read()).hexdigest() == event["previous_sha256"]


def test_segments_of_the_session_that_is_rewritten_stay_and_chain_anew(home: Path) -> None:
    store, first_id, second_id = Home(str(home)), new_session_id(), new_session_id()
    for session_id, data in ((first_id, b"secret"), (second_id, b"******")):
        with SessionWriter(store, session_id, rotate_bytes=300) as writer:
            if session_id == second_id:
                for entry in Session(first_id, store.logs).entries():
                    writer.add(entry._replace(data=data) if entry.data else entry)
            else:
                writer.event(BEGINNING_US, START)
                for _ in range(9):
                    writer.entry(BEGINNING_US, "output", data)
    first, second = _entries(store, first_id), _entries(store, second_id)
    assert len(first) == len(second)
    assert [e.event and e.event["type"] for e in first] == [
        e.event and e.event["type"] for e in second
    ]
    changed = [
        (a.event["number"] == b.event["number"], a.event == b.event)
        for a, b in zip(first, second, strict=True)
        if a.event and b.event and a.event["type"] == "segment"
    ]
    assert changed
    assert all(number and not equal for number, equal in changed)


def test_a_session_without_its_beginning_keeps_its_number(home: Path) -> None:
    store, session_id = Home(str(home)), new_session_id()
    with SessionWriter(store, session_id) as writer:
        writer.event(BEGINNING_US, {"type": "segment", "number": 4, "cols": 9, "rows": 9})
        writer.entry(BEGINNING_US, "output", b"x")
    assert os.path.basename(Session(session_id, store.logs).files()[0]).endswith(".0004.jsonl.zst")


def test_an_error_leaves_nothing(home: Path) -> None:
    store, session_id = Home(str(home)), new_session_id()

    def write() -> None:
        with SessionWriter(store, session_id) as writer:
            writer.event(BEGINNING_US, START)
            raise KeyError

    with pytest.raises(KeyError):
        write()
    assert os.listdir(store.logs) == []


def test_nothing_can_be_seen_before_the_end(home: Path) -> None:
    store, session_id = Home(str(home)), new_session_id()
    with SessionWriter(store, session_id, rotate_bytes=100) as writer:
        for _ in range(5):
            writer.entry(BEGINNING_US, "output", b"x")
        assert listing(store) == []
    assert len(listing(store)) == 1


def test_an_existing_session_is_not_touched(home: Path) -> None:
    store, session_id = Home(str(home)), new_session_id()

    def write(data: bytes) -> None:
        with SessionWriter(store, session_id) as writer:
            writer.entry(BEGINNING_US, "output", data)

    write(b"first")
    with pytest.raises(LogError, match=session_id):
        write(b"second")
    assert [entry.data for entry in _entries(store, session_id)] == [b"first"]


def test_one_that_replaces_is_complete_before_the_old_one_goes(home: Path) -> None:
    store, session_id = Home(str(home)), new_session_id()
    with SessionWriter(store, session_id) as writer:
        writer.entry(BEGINNING_US, "output", b"first")

    def away() -> None:
        for path in Session(session_id, store.logs).files():
            os.rename(path, os.path.join(store.trash, os.path.basename(path)))

    with SessionWriter(store, session_id, before_publishing=away) as writer:
        writer.entry(BEGINNING_US, "output", b"second")
        assert [entry.data for entry in _entries(store, session_id)] == [b"first"]
    assert [entry.data for entry in _entries(store, session_id)] == [b"second"]


def test_a_session_without_entries_is_none(home: Path) -> None:
    store = Home(str(home))
    with pytest.raises(LogError, match="without any entry"), SessionWriter(store, new_session_id()):
        pass
    assert os.listdir(store.logs) == []


def test_large_data_is_cut_and_an_entry_that_no_reader_would_take_is_refused(home: Path) -> None:
    store, session_id = Home(str(home)), new_session_id()
    data = os.urandom(1_200_000)
    with SessionWriter(store, session_id) as writer:
        writer.entry(BEGINNING_US, "output", data)
        with pytest.raises(LogError, match="longer than a line"):
            writer.event(BEGINNING_US, {"type": "marker", "label": "x" * (1 << 20)})
        with pytest.raises(LogError, match="years"):
            writer.entry(10**18, "output", b"x")
    assert b"".join(entry.data for entry in _entries(store, session_id)) == data


@given(
    said=st.lists(
        st.tuples(st.integers(0, 10**7), st.sampled_from(["input", "output"]), st.binary()),
        min_size=1,
    ),
    rotate_bytes=st.integers(1, 5000),
)
def test_whatever_is_written_comes_back(
    tmp_path_factory: pytest.TempPathFactory, said: Any, rotate_bytes: int
) -> None:
    store, session_id = Home(str(tmp_path_factory.mktemp("home"))), new_session_id()
    with SessionWriter(store, session_id, rotate_bytes=rotate_bytes) as writer:
        for after_us, direction, data in said:
            writer.entry(BEGINNING_US + after_us, direction, data)
    found = [entry for entry in _entries(store, session_id) if entry.event is None]
    assert [(entry.direction, entry.data) for entry in found] == [one[1:] for one in said]
    assert all(one.time_us <= other.time_us for one, other in pairwise(found))
