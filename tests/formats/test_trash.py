"""The trash: whole sessions go and come back, whatever stops in between; what is live stays."""

from __future__ import annotations

import errno
import fcntl
import os
from typing import TYPE_CHECKING

import pytest

from formats.errors import LiveSessionError, LogError, NoSuchSessionError
from formats.files import FILES, Files
from formats.layout import Home
from formats.session import Session
from formats.store import listing
from formats.trash import discard, erase, restore, settle, trash
from tests.support.faulty import Exited, Faulty
from tests.support.logs import BEGINNING_US, Said, ended, start, store_log

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.faulty import How

NOW_US = BEGINNING_US + 10_000_000


@pytest.fixture
def store(home: Path) -> Home:
    made = Home(str(home))
    made.create()
    return made


def make_session(home: Path) -> str:
    """A session with some of everything, and a second one that nobody must touch."""
    session_id = store_log(home, start(), Said(10, b"hello"), ended(20))
    logs, index = home / "logs", home / "index"
    for name in (".0001.jsonl.zst", ".0002.jsonl.zst", ".meta.json", ".user.json", ".marks.jsonl"):
        (logs / (session_id + name)).write_bytes(name.encode())
    (index / f"{session_id}.lines.zst").write_bytes(b"lines")
    store_log(home, start(), ended(20))
    return session_id


def tree(home: Path, *folders: str) -> dict[str, bytes]:
    return {
        str(path.relative_to(home)): path.read_bytes()
        for folder in folders
        for path in (home / folder).rglob("*")
        if path.is_file()
    }


def test_a_session_goes_whole_and_comes_back_whole(home: Path, store: Home) -> None:
    session_id = make_session(home)
    before = tree(home, "logs", "index")
    removed = discard(store, session_id, NOW_US)
    assert not [name for name in tree(home, "logs", "index") if session_id in name]
    assert trash(store) == [removed]
    assert removed.removed_us == NOW_US
    assert removed.disk_bytes == sum(len(d) for name, d in before.items() if session_id in name)
    assert [e.data for e in Session(session_id, removed.logs).entries() if e.data] == [b"hello"]
    restore(store, removed)
    assert tree(home, "logs", "index") == before
    assert not os.listdir(store.trash)
    assert not os.listdir(store.run)


def test_erased_is_erased(home: Path, store: Home) -> None:
    session_id = make_session(home)
    erase(store, discard(store, session_id, NOW_US))
    assert not [path for path in home.rglob("*") if session_id in str(path)]
    with pytest.raises(NoSuchSessionError):
        discard(store, session_id, NOW_US)


def test_a_live_session_is_not_moved(home: Path, store: Home) -> None:
    session_id = make_session(home)
    before = tree(home, "logs", "index")
    for name in (store.log(session_id), store.segment(session_id, 3)):
        with open(name, "ab") as log:
            fcntl.flock(log, fcntl.LOCK_EX)
            with pytest.raises(LiveSessionError, match="being recorded"):
                discard(store, session_id, NOW_US)
    os.unlink(store.segment(session_id, 3))
    assert tree(home, "logs", "index") == before
    assert not trash(store)


def test_a_session_is_not_moved_under_its_sealer(home: Path, store: Home) -> None:
    session_id = make_session(home)
    with open(os.path.join(store.run, f"{session_id}.seal"), "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(LiveSessionError, match="compressed"):
            discard(store, session_id, NOW_US)
    discard(store, session_id, NOW_US)


def test_links_are_neither_followed_nor_moved(home: Path, store: Home, tmp_path: Path) -> None:
    session_id = make_session(home)
    outside = tmp_path / "precious"
    outside.mkdir()
    (outside / "file").write_text("mine")
    os.symlink(outside / "file", home / "logs" / f"{session_id}.0003.jsonl")
    os.symlink(outside, home / "index" / f"{session_id}.keyframes")
    removed = discard(store, session_id, NOW_US)
    os.symlink(outside, os.path.join(removed.path, "logs", "link"))
    assert (home / "logs" / f"{session_id}.0003.jsonl").is_symlink()
    erase(store, removed)
    assert (outside / "file").read_text() == "mine"
    os.symlink(outside, os.path.join(store.trash, f"{session_id}.20260207T181532123Z.erasing"))
    assert not settle(store)
    assert (outside / "file").read_text() == "mine"


def test_nothing_is_replaced_by_what_comes_back(home: Path, store: Home) -> None:
    session_id = make_session(home)
    removed = discard(store, session_id, NOW_US)
    (home / "logs" / f"{session_id}.jsonl").write_bytes(b"redacted, say")
    with pytest.raises(LogError, match="already"):
        restore(store, removed)
    assert (home / "logs" / f"{session_id}.jsonl").read_bytes() == b"redacted, say"
    later = discard(store, session_id, NOW_US + 1000)
    assert [one.path for one in trash(store)] == [later.path, removed.path]


def test_nor_is_what_comes_to_be_there_meanwhile(home: Path, store: Home) -> None:
    session_id = make_session(home)
    removed = discard(store, session_id, NOW_US)
    log = home / "logs" / f"{session_id}.jsonl"

    class Late(Files):
        def link(self, source, target, *, follow_symlinks):  # type: ignore[override]
            log.write_bytes(b"written by another")
            super().link(source, target, follow_symlinks=follow_symlinks)

        def rename(self, source, target):  # type: ignore[override]
            if target == str(log):
                log.write_bytes(b"written by another")
            super().rename(source, target)

    with pytest.raises(LogError):
        restore(store, removed, Late())
    assert log.read_bytes() == b"written by another"


def test_a_removal_that_was_stopped_leaves_a_log_that_ends_early(home: Path, store: Home) -> None:
    session_id = make_session(home)
    names = [f"{session_id}{end}" for end in (".0001.jsonl.zst", ".0002.jsonl.zst", ".jsonl")]
    left: set[tuple[bool, ...]] = set()

    def remove(files: Files) -> None:
        discard(store, session_id, NOW_US, files=files)

    for step in range(1, 100):
        if not stops(remove, Faulty(step, "exit")):
            break
        left.add(tuple((home / "logs" / name).exists() for name in names))
        settle(store)
        for one in trash(store):
            restore(store, one)
    assert left == {(True,) * count + (False,) * (3 - count) for count in range(4)}


def test_lines_and_summary_can_stay(home: Path, store: Home) -> None:
    session_id = make_session(home)
    before = tree(home, "logs", "index")
    removed = discard(store, session_id, NOW_US, keep_lines=True)
    left = {name for name in tree(home, "logs", "index") if session_id in name}
    assert left == {
        f"logs/{session_id}.meta.json",
        f"logs/{session_id}.user.json",
        f"index/{session_id}.lines.zst",
    }
    restore(store, removed)
    assert tree(home, "logs", "index") == before


@pytest.mark.parametrize("keep_lines", [False, True])
def test_whatever_step_a_crash_comes_after_it_goes_on(home: Path, store: Home, keep_lines) -> None:
    """Remove and restore, stopped at each single change."""
    session_id = make_session(home)
    before = tree(home, "logs", "index")
    contents = sorted(before.values())

    def remove(files: Files = FILES) -> None:
        discard(store, session_id, NOW_US, keep_lines=keep_lines, files=files)

    def bring_back(files: Files = FILES) -> None:
        restore(store, trash(store)[0], files)

    steps = 0
    for act in (remove, bring_back):
        for step in range(1, 100):
            stopped = stops(act, Faulty(step, "exit"))
            # No byte is lost at any moment.
            assert set(tree(home, "logs", "index", "trash").values()) >= set(contents)
            if not stopped:
                break
            steps += 1
            assert settle(store) == []
            assert not [name for name in os.listdir(store.trash) if not name.endswith("Z")]
            # Wherever it was, it is whole: there or here.
            if trash(store):
                if act is remove:
                    bring_back()
            elif act is bring_back:
                remove()
        if act is bring_back:
            assert tree(home, "logs", "index") == before
    assert steps > 15


def test_an_erasing_that_was_stopped_is_finished(home: Path, store: Home) -> None:
    for step in range(2, 100):  # before the first it is still in the trash, whole
        removed = discard(store, make_session(home), NOW_US)
        if not stops(lambda files: erase(store, removed, files), Faulty(step, "exit")):  # noqa: B023
            assert step > 5
            break
        assert not trash(store)
        assert settle(store) == []
        assert not os.listdir(store.trash)


@pytest.mark.parametrize("how", ["EIO", "ENOSPC"])
def test_what_cannot_be_moved_comes_back(home: Path, store: Home, how: How) -> None:
    session_id = make_session(home)
    before = tree(home, "logs", "index")
    contents = sorted(before.values())
    for step in range(1, 100):
        try:
            discard(store, session_id, NOW_US, files=Faulty(step, how))
        except LogError as error:
            words = str(error)
        else:
            break
        assert os.strerror(getattr(errno, how)) in words
        assert sorted(tree(home, "logs", "index", "trash").values()) == contents
        assert settle(store) == []
        for removed in trash(store):  # only its durability was in doubt
            restore(store, removed)
        assert tree(home, "logs", "index") == before
        assert not os.listdir(store.trash)
    assert step > 10


def test_the_listing_shows_what_is_left(home: Path, store: Home) -> None:
    session_id = make_session(home)
    discard(store, session_id, NOW_US)
    assert session_id not in {one.session.id for one in listing(store)}


def stops(act: Callable[[Files], None], files: Files) -> bool:
    """Whether the machine stopped before `act` was over."""
    try:
        act(files)
    except Exited:
        return True
    return False
