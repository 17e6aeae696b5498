"""What a recorder that was killed left becomes a log that ends, each entry once, one end."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

import pytest

from formats.entry import Decoder
from formats.errors import LiveSessionError
from formats.layout import Home
from formats.meta import ENDED, read_meta
from formats.session import Session
from formats.verify import check, plan
from recorder.closing import close_dead, remove_empty, seal_whole
from tests.support.killed import EXIT, entries_of, leave
from tests.support.logs import Said, ended, start, store_log
from tests.support.stored import ID

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(home: Path) -> Home:
    made = Home(str(home))
    made.create()
    return made


def decoded(lines: list[bytes]):
    decode = Decoder().decode
    return [decode(line) for line in lines]


def assert_closed(store: Home, expected: list[bytes], session_id: str = ID) -> None:
    entries, damage = entries_of(store, session_id)
    assert not damage, damage.summary()
    assert entries[:-1] == decoded(expected)
    end = entries[-1]
    assert end.event == {"type": "exit", "reason": "recorder died"}
    assert end.time_us == max(entry.time_us for entry in entries[:-1])
    meta = read_meta(store.meta(session_id))
    assert meta is not None
    assert (meta.state, meta.exit_reason) == (ENDED, "recorder died")
    assert (meta.entries, meta.end_us) == (len(entries), end.time_us)
    assert meta.exit_status is meta.exit_signal is None
    for job in plan(Session(session_id, store.logs)):
        verdict = check(job)
        assert verdict.state == "whole", verdict.findings
        assert verdict.has_exit == job.last
    assert not os.listdir(store.run)


@pytest.mark.parametrize("forms", [["open"], ["sealed", "open"], ["sealed", "closed", "open"]])
def test_it_gets_its_end_once(home: Path, store: Home, forms) -> None:
    lines = leave(home, *forms)
    assert close_dead(store, ID)
    assert_closed(store, lines)
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert not close_dead(store, ID)
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


def test_wherever_its_last_lines_were_cut(home: Path, store: Home) -> None:
    lines = leave(home, "open")
    path = home / "logs" / f"{ID}.jsonl"
    data = b"".join(lines)
    kept = len(data) - len(lines[-1]) - len(lines[-2])
    ends = {kept, len(data) - len(lines[-1]), len(data)}
    around = {end + near for end in ends for near in (-2, -1, 0, 1, 2)}
    for cut in sorted({*around, *range(kept, len(data), 17)} & set(range(kept, len(data) + 1))):
        path.write_bytes(data[:cut])
        assert close_dead(store, ID)
        whole = data[: cut + (cut < len(data) and data[cut : cut + 1] == b"\n")].count(b"\n")
        assert_closed(store, lines[:whole])
        (home / "logs" / f"{ID}.sums").unlink()


@pytest.mark.parametrize("tail", [b"\0" * 5000, b'{"timestamp":"2026', b"x" * 100_000])
def test_what_is_no_entry_at_the_end_is_cut_off(home: Path, store: Home, tail) -> None:
    lines = leave(home, "open")
    with open(home / "logs" / f"{ID}.jsonl", "ab") as file:
        file.write(tail)
    assert close_dead(store, ID)
    assert_closed(store, lines)


def test_what_is_longer_than_a_line_stays_for_who_verifies(home: Path, store: Home) -> None:
    lines = leave(home, "open")
    path = home / "logs" / f"{ID}.jsonl"
    before = path.read_bytes() + b"\0" * (3 << 20)
    path.write_bytes(before)
    assert close_dead(store, ID)
    assert path.read_bytes().startswith(before + b"\n{")
    entries, damage = entries_of(store)
    assert entries[:-1] == decoded(lines)
    assert damage.lines == 1
    assert not close_dead(store, ID)


@pytest.mark.parametrize("last", [None, b"", b'{"timestamp":"2026-02-07T18:1'])
def test_a_rotation_that_was_cut_off(home: Path, store: Home, last) -> None:
    """The old segment has its number; the new one is not there, or lacks its first line."""
    lines = leave(home, "closed", "closed", "open", last=last or b"")
    del lines[-len(lines) // 3 :]
    opened = home / "logs" / f"{ID}.jsonl"
    if last is None:
        opened.unlink()
    assert close_dead(store, ID)
    assert not opened.exists()
    assert_closed(store, lines)


def test_damage_in_the_middle_is_left_as_it_is(home: Path, store: Home) -> None:
    lines = leave(home, "open")
    path = home / "logs" / f"{ID}.jsonl"
    lines[3] = b"\0" * len(lines[3])
    path.write_bytes(b"".join(lines))
    assert close_dead(store, ID)
    assert path.read_bytes().startswith(b"".join(lines) + b"{")


def test_one_that_was_killed_after_its_end_has_one(home: Path, store: Home) -> None:
    session_id = store_log(home, start(), Said(10, b"x"), ended(20, 3))
    before = (home / "logs" / f"{session_id}.jsonl").read_bytes()
    assert not close_dead(store, session_id)
    assert (home / "logs" / f"{session_id}.jsonl").read_bytes() == before
    meta = read_meta(store.meta(session_id))
    assert meta is not None
    assert (meta.state, meta.exit_status) == (ENDED, 3)


def test_a_log_of_others_is_not_ours_to_end(home: Path, store: Home) -> None:
    """Another writer may hold no lock, and be at it still."""
    session_id = store_log(home, Said(0, b"five fields alone"), Said(10, b"x"))
    before = (home / "logs" / f"{session_id}.jsonl").read_bytes()
    assert not close_dead(store, session_id)
    assert not seal_whole(store, session_id)
    assert (home / "logs" / f"{session_id}.jsonl").read_bytes() == before


@pytest.mark.parametrize("act", [close_dead, seal_whole, remove_empty])
@pytest.mark.parametrize("locked", ["open", "closed", "seal"])
def test_a_live_one_is_not_touched(home: Path, store: Home, act, locked) -> None:
    leave(home, "closed", "open", last=b"" if act is remove_empty else None)
    path = {
        "open": store.log(ID),
        "closed": store.segment(ID, 1),
        "seal": os.path.join(store.run, f"{ID}.seal"),
    }[locked]
    before = {path: path.read_bytes() for path in (home / "logs").iterdir()}
    with open(path, "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(LiveSessionError):
            act(store, ID)
    assert {path: path.read_bytes() for path in (home / "logs").iterdir()} == before


def test_who_only_asks_whether_it_is_live_stops_nobody(home: Path, store: Home) -> None:
    """A reader holds a shared lock for a moment."""
    lines = leave(home, "open")
    with open(store.log(ID), "rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        with pytest.raises(LiveSessionError):  # a moment, not for ever
            close_dead(store, ID)
    assert close_dead(store, ID)
    assert_closed(store, lines)


def test_a_log_before_its_first_line_is_removed(home: Path, store: Home) -> None:
    path = home / "logs" / f"{ID}.jsonl"
    path.write_bytes(b"")
    assert not close_dead(store, ID)
    assert path.exists()
    assert remove_empty(store, ID)
    assert not path.exists()
    lines = leave(home, "open")
    for cut in range(1, len(lines[0]) - 1):
        path.write_bytes(lines[0][:cut])
        assert remove_empty(store, ID), lines[0][:cut]
    for others in (lines[0], lines[1][:-9], b"x", b"\0" * 9, b'{"timestamp":"2026", "session'):
        path.write_bytes(others)
        assert not remove_empty(store, ID)
        assert path.exists()


@pytest.mark.parametrize("forms", [["open"], ["sealed", "open"], ["sealed", "closed"]])
def test_sealed_whole_it_is_what_it_was(home: Path, store: Home, forms) -> None:
    leave(home, *forms)
    assert close_dead(store, ID)
    before, _ = entries_of(store)
    meta = read_meta(store.meta(ID))
    assert seal_whole(store, ID)
    names = sorted(name for name in os.listdir(store.logs) if ".jsonl" in name)
    assert names == [f"{ID}.{number:04d}.jsonl.zst" for number in range(1, len(forms) + 1)]
    after, damage = entries_of(store)
    assert (after, bool(damage)) == (before, False)
    for job in plan(Session(ID, store.logs)):
        verdict = check(job)
        assert (verdict.state, verdict.form) == ("whole", "sealed")
        assert verdict.proven_bytes == verdict.log_bytes
    assert read_meta(store.meta(ID)) == meta
    assert not seal_whole(store, ID)
    assert not close_dead(store, ID)
    assert not os.listdir(store.run)


def test_without_its_end_it_is_not_sealed_whole(home: Path, store: Home) -> None:
    leave(home, "open")
    assert not seal_whole(store, ID)
    assert (home / "logs" / f"{ID}.jsonl").exists()


def test_sealing_whole_goes_over_nothing(home: Path, store: Home) -> None:
    session_id = store_log(home, start(), Said(10, b"x"), ended(20))
    other = home / "logs" / f"{session_id}.0001.jsonl"
    other.symlink_to("/dev/null")
    assert not seal_whole(store, session_id)
    assert other.is_symlink()
    assert (home / "logs" / f"{session_id}.jsonl").exists()


def test_the_end_is_written_to_no_link(home: Path, store: Home, tmp_path: Path) -> None:
    outside = tmp_path / "mine.jsonl"
    leave(home, "open")
    path = home / "logs" / f"{ID}.jsonl"
    path.rename(outside)
    before = outside.read_bytes()
    path.symlink_to(outside)
    assert not close_dead(store, ID)
    assert outside.read_bytes() == before
    assert EXIT not in before
