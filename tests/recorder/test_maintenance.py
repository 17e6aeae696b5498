"""The house is kept: what is due is done, what is not is left, and nothing is felt."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from formats.config import Config
from formats.layout import Home
from formats.locks import take
from formats.notices import take_notice
from formats.run import Run, left_on, read_run, write_run
from formats.store import listing
from formats.trash import discard, trash
from recorder import upkeep
from recorder.maintenance import Maintenance
from tests.support.killed import age, entries_of, leave
from tests.support.logs import BEGINNING_US, Said, ended, start, store_log
from tests.support.stored import ID
from tests.support.stored import store as store_session

if TYPE_CHECKING:
    from pathlib import Path

DAY_US = 86_400_000_000
NOW_US = BEGINNING_US + 100 * DAY_US


@pytest.fixture
def store(home: Path) -> Home:
    made = Home(str(home))
    made.create()
    return made


def keep(store: Home, now_us: int = NOW_US, **config) -> Maintenance:
    run = Maintenance(store, Config(**config), now_us)
    run.run()
    assert not run.failed
    return run


def names(store: Home) -> list[str]:
    return sorted(name for name in os.listdir(store.logs) if ".jsonl" in name)


def state_run(store: Home, session_id: str, tty: str | None = "/dev/pts/7") -> int:
    mode = [1, 2, 3, 4, 5, 6, [0] * 32]
    return write_run(store, Run(session_id, 4242, tty, mode, BEGINNING_US))


def test_a_dead_recorders_session_is_closed_and_its_segments_sealed(home: Path, store: Home):
    leave(home, "sealed", "closed", "open")
    os.close(state_run(store, ID))
    run = keep(store)
    assert run.done == [f"closed {ID}: its recorder died", f"sealed segments of {ID}"]
    assert names(store) == [f"{ID}.0001.jsonl.zst", f"{ID}.0002.jsonl.zst", f"{ID}.jsonl"]
    assert [one.meta.exit_reason for one in listing(store)] == ["recorder died"]
    assert keep(store).done == []


def test_what_fix_tty_needs_stays_for_a_while(home: Path, store: Home):
    leave(home, "open")
    os.close(state_run(store, ID))
    keep(store)
    left = left_on(store, "/dev/pts/7")
    assert left is not None
    assert (left.session_id, left.live) == (ID, False)
    assert read_run(store, ID) is None
    age(os.path.join(store.run, f"{ID}.left"), NOW_US, days=2)
    keep(store)
    assert left_on(store, "/dev/pts/7") is None
    assert os.listdir(store.run) == []


def test_a_recorder_without_a_terminal_leaves_nothing(home: Path, store: Home):
    leave(home, "open")
    os.close(state_run(store, ID, tty=None))
    keep(store)
    assert os.listdir(store.run) == []


def test_a_live_session_is_left_alone(home: Path, store: Home):
    """By its run file or by its log: either is proof."""
    lines = leave(home, "closed", "open")
    for path in (home / "logs").iterdir():
        age(path, NOW_US, days=30)
    fd = state_run(store, ID)
    keep(store)
    os.close(fd)
    os.unlink(os.path.join(store.run, ID))
    with open(store.log(ID), "ab") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        os.unlink(store.segment(ID, 1))  # sealing it would be no harm
        keep(store)
    entries, _ = entries_of(store)
    assert len(entries) == len(lines) // 2 + len(lines) % 2
    assert names(store) == [f"{ID}.jsonl"]


def test_an_ended_session_is_sealed_whole_when_it_was_idle_for_long(home: Path, store: Home):
    ids = [store_log(home, start(), Said(10, b"x" * 9000), ended(20)) for _ in range(3)]
    for session_id, days in zip(ids, (8, 6.9, 400), strict=True):
        age(store.log(session_id), NOW_US, days)
    listing(store)  # the summaries
    run = keep(store)
    assert names(store) == sorted(
        [f"{ids[0]}.0001.jsonl.zst", f"{ids[1]}.jsonl", f"{ids[2]}.0001.jsonl.zst"]
    )
    assert len(run.done) == 2
    assert keep(store).done == []
    assert {one.session.id: one.meta.entries for one in listing(store)} == dict.fromkeys(ids, 3)


@pytest.mark.parametrize(("seal_after", "sealed"), [(None, 0), (0.5, 1), (9.0, 0)])
def test_when_to_seal_is_set_in_the_config(home: Path, store: Home, seal_after, sealed):
    session_id = store_log(home, start(), ended(20))
    age(store.log(session_id), NOW_US, 8)
    listing(store)
    assert len(keep(store, seal_after=seal_after).done) == sealed


def test_a_sealing_that_was_cut_off_after_the_renaming_is_finished(home: Path, store: Home):
    store_session(home / "logs", ["sealed", "closed"])
    age(store.segment(ID, 2), NOW_US, 8)
    listing(store)
    keep(store)
    assert names(store) == [f"{ID}.0001.jsonl.zst", f"{ID}.0002.jsonl.zst"]


def test_left_overs_are_removed_and_nothing_else(home: Path, store: Home):
    store_session(home / "logs", ["sealed", "open"])
    before = {path for path in home.rglob("*") if path.is_file()}
    old = [
        home / "logs" / f"{ID}.meta.json.0a1b2c3d.tmp",
        home / "index" / f"{ID}.lines.zst.tmp",
        home / "run" / f"{ID}.tmp",
        home / "run" / f"{ID}.marks",
        home / "retention.json.0a1b2c3d.tmp",
    ]
    at_once = [
        home / "logs" / f"{ID}.0002.jsonl.zst.tmp",
        home / "run" / f"{ID}.seal",
        home / "run" / f"{ID}.lines",
    ]
    folder = home / "logs" / f"{ID}.0a1b2c3d.new"
    folder.mkdir()
    (folder / "1").write_bytes(b"x")
    others = [
        home / "logs" / "notes.tmp",
        home / "logs" / f"{ID}.jsonl.found-0a1b2c3d",
        home / "mine.tmp",
        home / "run" / "x.sock",
    ]
    for path in (*old, *at_once, *others):
        path.write_bytes(b"x")
        age(path, NOW_US, 0.02)
    for path in (folder / "1", folder):
        age(path, NOW_US, 0.9)
    keep(store)
    assert not [path for path in at_once if path.exists()]
    assert all(path.exists() for path in (*old, folder, *others))
    for path in (*old, *others):
        age(path, NOW_US, 0.05)
    keep(store, NOW_US + DAY_US)
    left = {path for path in home.rglob("*") if path.is_file()}
    assert left - {home / "logs" / f"{ID}.meta.json"} == before | set(others)
    assert not folder.exists()


def test_what_is_being_worked_on_is_no_left_over(home: Path, store: Home):
    temporary = home / "logs" / f"{ID}.0002.jsonl.zst.tmp"
    temporary.write_bytes(b"x")
    age(temporary, NOW_US, 5)
    lock = take(os.path.join(store.run, f"{ID}.seal"), wait=False)
    keep(store)
    os.close(lock)
    assert temporary.exists()
    keep(store)
    assert not temporary.exists()


def test_the_trash_is_emptied_in_its_time_and_limits_are_kept(home: Path, store: Home):
    ids = [
        store_log(home, start(), ended(10), beginning_us=BEGINNING_US + day * DAY_US)
        for day in (0, 1, 99)
    ]
    discard(store, ids[0], NOW_US - 8 * DAY_US)
    discard(store, ids[1], NOW_US - 6 * DAY_US)
    run = keep(store, seal_after=None)
    assert run.done == [f"erased {ids[0]} from the trash"]
    assert [one.session_id for one in trash(store)] == [ids[1]]
    assert keep(store, NOW_US + DAY_US * 9, trash_days=None, seal_after=None).done == []


def test_what_somebody_works_on_goes_the_next_time(home: Path, store: Home):
    ids = [store_log(home, start(), ended(10)) for _ in range(2)]
    keep(store, NOW_US, retention_days=1, seal_after=None)
    assert take_notice(store, NOW_US)
    lock = take(os.path.join(store.run, f"{ids[0]}.seal"), wait=False)
    keep(store, NOW_US + DAY_US, retention_days=1, seal_after=None)
    assert {one.session_id for one in trash(store)} == {ids[1]}
    os.close(lock)
    keep(store, NOW_US + DAY_US, retention_days=1, seal_after=None)
    assert {one.session_id for one in trash(store)} == set(ids)


def test_one_that_fails_does_not_keep_the_others(home: Path, store: Home):
    store_session(home / "logs", ["closed", "open"])
    bad = "12345678-1234-4234-8234-123456789abc"
    os.mkdir(home / "logs" / f"{bad}.0001.jsonl.zst.tmp")  # a file that cannot be made
    (home / "logs" / f"{bad}.0001.jsonl").write_bytes(b"x\n")
    (home / "logs" / f"{bad}.jsonl").write_bytes(b"x\n")
    run = Maintenance(store, Config(), NOW_US)
    run.run()
    assert f"sealed segments of {ID}" in run.done
    assert any(bad in words for words in run.failed)


def test_two_at_once_do_no_harm(home: Path, store: Home):
    lines = leave(home, "closed", "closed", "open", entries=300)
    os.close(state_run(store, ID, tty=None))
    command = [sys.executable, "-m", "recorder.maintenance", store.path]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = "".join(process.communicate(timeout=30)[0] for process in running)
    assert [process.returncode for process in running] == [0] * 4
    assert said.count("its recorder died") == 1
    entries, damage = entries_of(store)
    assert len(entries) == len(lines) + 1
    assert not damage
    assert not [name for name in os.listdir(store.run) if name.endswith((".seal", ".lock"))]


def test_by_hand_it_says_what_it_did(home: Path, store: Home):
    leave(home, "open")
    command = [sys.executable, "-m", "recorder.maintenance"]
    done = subprocess.run([*command, store.path], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (f"closed {ID}: its recorder died\n", "")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 2
    (home / "config.toml").write_text("nonsense = 1\n")
    done = subprocess.run([*command, store.path], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "nonsense" in done.stderr
    assert done.stderr.count("\n") == 1


class TestWhenItIsDue:
    @pytest.fixture
    def started(self, monkeypatch):
        calls: list[tuple] = []

        def start_module(*call, **_):
            calls.append(call)
            return 1

        monkeypatch.setattr(upkeep, "start_module", start_module)
        return calls

    def test_in_a_new_home_nothing_is(self, store: Home, started):
        assert upkeep.start_maintenance(store) is None
        assert upkeep.start_maintenance(store) is None
        assert started == []

    def test_once_an_hour(self, store: Home, started):
        upkeep.start_maintenance(store)
        stamp = os.path.join(store.run, "maintained")
        begun_s = os.stat(stamp).st_mtime
        assert upkeep.start_maintenance(store, begun_s + 3599) is None
        os.utime(stamp, (begun_s - 3601, begun_s - 3601))
        assert upkeep.start_maintenance(store) == 1
        assert started == [("recorder.maintenance", (store.path,))]
        assert upkeep.start_maintenance(store) is None

    def test_a_clock_that_was_set_back_does_not_put_it_off(self, store: Home, started):
        upkeep.start_maintenance(store)
        assert upkeep.start_maintenance(store, 1e9) == 1

    def test_at_once_when_a_recorder_died(self, home: Path, store: Home, started):
        upkeep.start_maintenance(store)
        fd = state_run(store, ID)
        assert upkeep.start_maintenance(store) is None
        os.close(fd)
        assert upkeep.start_maintenance(store) == 1
        leave(home, "open")
        keep(store)
        assert upkeep.start_maintenance(store) is None

    def test_not_while_it_is_at_work(self, store: Home, started):
        upkeep.start_maintenance(store)
        os.close(state_run(store, ID))
        lock = take(upkeep.lock_path(store), wait=False)
        assert upkeep.start_maintenance(store) is None
        os.close(lock)
        assert upkeep.start_maintenance(store) == 1

    def test_a_home_that_cannot_be_written_stops_no_recorder(self, tmp_path: Path, started):
        assert upkeep.start_maintenance(Home(str(tmp_path / "nowhere"))) is None
        assert started == []


def test_it_indexes_what_has_another_form_now(home: Path, store: Home):
    """Lines are of a log as it lies there: made again, so that nobody waits for them."""
    said = [Said(number, b"word\r\n" * 900) for number in range(20)]
    session_id = store_log(home, start(), *said, ended(99))
    listing(store)
    age(store.log(session_id), NOW_US, 3000)
    command = [sys.executable, "-m", "recorder.maintenance", store.path]
    subprocess.run(command, check=True, timeout=30)
    assert names(store) == [f"{session_id}.0001.jsonl.zst"]
    assert (home / "index" / f"{session_id}.lines.zst").exists()
    assert json.loads((home / "logs" / f"{session_id}.meta.json").read_bytes())["entries"] == 22
