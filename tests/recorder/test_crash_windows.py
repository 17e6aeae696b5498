"""Whatever stops sealing, maintenance or the trash, and wherever: the next start completes it.

At each change of a file in turn the process ends, or the disk fails, once or from then on; until no
change is left. In each state that this leaves a reader finds every entry once, and the next run of
maintenance leaves no work and no litter.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from formats.config import Config
from formats.errors import SessionsError
from formats.files import Files
from formats.layout import Home, new_session_id, parse_log_name
from formats.notices import take_notice
from formats.retention import US_PER_DAY
from formats.size import Size
from formats.store import listing
from formats.trash import discard, erase, restore, trash
from recorder.closing import close_dead, seal_whole
from recorder.log import Log
from recorder.maintenance import Maintenance
from recorder.seal import seal_session
from tests.support.clocks import Ticking
from tests.support.faulty import Exited, Faulty
from tests.support.killed import age, entries_of, leave
from tests.support.logs import BEGINNING_US, Said, ended, start, store_log
from tests.support.powercut import Journal
from tests.support.stored import ID
from tests.support.stored import store as store_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.faulty import How

NOW_US = BEGINNING_US + 100 * US_PER_DAY
CONFIG = Config(retention_days=30, trash_days=7)
_SLOW = (pytest.mark.slow, pytest.mark.timeout(120))
FAULTS = [
    ("exit", 1),
    ("ENOSPC", 10**6),
    pytest.param("ENOSPC", 1, marks=_SLOW),
    pytest.param("EIO", 1, marks=_SLOW),
    pytest.param("EIO", 10**6, marks=_SLOW),
    pytest.param("short", 1, marks=_SLOW),
    pytest.param("short", 3, marks=_SLOW),
]
"""How a change fails, and how many after it do."""


class Unsynced(Files):
    """The file system, but that nothing waits for the disk: there are thousands of runs."""

    def sync(self, fd):
        pass

    sync_data = sync


def keep(store: Home, files: Files | None = None, now_us: int = NOW_US) -> Maintenance:
    run = Maintenance(store, CONFIG, now_us, files or Unsynced())
    run.run()
    return run


def data_of(store: Home, session_id: str) -> list[bytes]:
    entries, damage = entries_of(store, session_id)
    assert not damage.missing_segments
    assert not damage.lines
    assert not damage.frames
    return [entry.data for entry in entries if entry.data]


def everything(store: Home) -> dict[str, list[bytes]]:
    """The payload of each session, wherever it lies."""
    names = [parse_log_name(name) for name in os.listdir(store.logs)]
    found = {name.session_id: data_of(store, name.session_id) for name in names if name}
    for removed in trash(store):
        inside = Home(removed.path)
        assert removed.session_id not in found
        found[removed.session_id] = data_of(inside, removed.session_id)
    return found


def an_hour_later(store: Home) -> Maintenance:
    """What nobody is at any more has its age; then the next `cs-rec` is started."""
    for folder, _, names in os.walk(store.path):
        for path in (os.path.join(folder, name) for name in names):
            if os.lstat(path).st_mtime_ns > NOW_US * 1000:  # by the real clock
                age(path, NOW_US, 0.05)
    return keep(store)


def assert_tidy(store: Home, *, closed: bool = True) -> None:
    """Nothing is left to do, nor anything that serves nobody."""
    later = keep(store)
    assert (later.done, later.failed) == ([], [])
    left = [name for folder in (store.path, *folders(store)) for name in os.listdir(folder)]
    assert not [name for name in left if name.endswith((".tmp", ".seal", ".lock", ".new"))]
    assert all(name.endswith("Z") for name in os.listdir(store.trash))
    if closed:
        for one in listing(store):
            ends = [e for e in one.session.entries() if e.event and e.event["type"] == "exit"]
            assert len(ends) == 1, one
            assert one.meta.exit_reason == ends[0].event["reason"]  # type: ignore[index]


def folders(store: Home) -> tuple[str, ...]:
    return store.logs, store.index, store.run, store.trash


class Template(NamedTuple):
    """A store to begin with, again and again."""

    path: Path
    payload: dict[str, list[bytes]]

    def fresh(self, number: int) -> Home:
        place = self.path.with_name(f"try-{number}")
        shutil.copytree(self.path, place, symlinks=True)  # times too
        return Home(str(place))


@pytest.fixture
def in_memory() -> Iterator[Path]:
    """A folder that costs no disk: there are thousands of files, none of which is to be kept."""
    shared = "/dev/shm"
    place = shared if os.access(shared, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place) as folder:
        yield Path(folder)


@pytest.fixture
def home(in_memory: Path) -> Path:
    return in_memory / "home"


def template(home: Path) -> tuple[Path, Home]:
    store = Home(str(home))
    store.create()
    return home, store


@pytest.fixture
def neglected(home: Path) -> Template:
    """Something of each kind to be done."""
    path, store = template(home)
    leave(home, "sealed", "closed", "open", last=None, entries=4)
    rotated = [store_log(home, start(), Said(10, b"rotated")), new_session_id()]
    os.rename(store.log(rotated[0]), store.segment(rotated[0], 1))
    open(store.log(rotated[0]), "wb").close()
    idle = store_log(home, start(), Said(10, b"idle"), ended(20), beginning_us=NOW_US)
    age(store.log(idle), NOW_US, 9)
    for name in ("removed", "expired"):
        session_id = store_log(home, start(), Said(10, name.encode()), ended(20))
        discard(store, session_id, NOW_US - US_PER_DAY * (9 if name == "expired" else 1))
    old = store_log(home, start(), Said(10, b"too old"), ended(20))
    for one in (ID, rotated[0]):
        leave_run(store, one)
    # A person was told of the limits a day ago.
    before = Maintenance(store, CONFIG, NOW_US - 2 * US_PER_DAY, Unsynced())
    before._keep_to_the_limits()  # noqa: SLF001
    assert take_notice(store, NOW_US - 2 * US_PER_DAY)
    payload = everything(store)
    assert {b"".join(data) for data in payload.values()} >= {b"rotated", b"idle", b"expired"}
    assert old in payload
    return Template(path, payload)


def leave_run(store: Home, session_id: str) -> None:
    with open(os.path.join(store.run, session_id), "wb") as file:
        file.write(b'{"pid":4242,"tty":null,"mode":null,"started":"2026-02-07T18:15:32.123Z"}\n')
    os.chmod(file.name, 0o600)


def faulty_runs(
    made: Template, act: Callable[[Home, Files], object], how: How, times: int
) -> Iterator[Home]:
    """The store after a fault at each change in turn, until none is met any more."""
    for step in count(1):
        store = made.fresh(step)
        files = Faulty(step, how, times)
        try:
            act(store, files)
        except (Exited, OSError, SessionsError):
            pass
        if files.count < step:
            assert step > 8, "there was next to nothing to do"
            return
        yield store


@pytest.mark.parametrize(("how", "times"), FAULTS)
def test_maintenance(neglected: Template, how: How, times: int) -> None:
    for store in faulty_runs(neglected, keep, how, times):
        # What was in the trash for its days may be gone; nothing else, and nothing twice.
        found = everything_settled(store)
        lost = {b"".join(neglected.payload[one]) for one in neglected.payload.keys() - found.keys()}
        assert lost <= {b"expired"}
        assert found == {one: neglected.payload[one] for one in found}
        an_hour_later(store)
        found = everything(store)
        assert found == {one: neglected.payload[one] for one in found}
        assert len(found) == len(neglected.payload) - 1
        assert_tidy(store)


def everything_settled(store: Home) -> dict[str, list[bytes]]:
    """As `everything`, where a session may be on its way: its files are in two places."""
    whole = store.path + ".whole"
    shutil.copytree(store.path, whole, symlinks=True)
    copy = Home(whole)
    from formats.trash import settle  # noqa: PLC0415

    assert settle(copy, Unsynced()) == []
    return everything(copy)


@pytest.fixture
def sealable(home: Path) -> Template:
    path, store = template(home)
    store_session(home / "logs", ["sealed", "closed", "closed", "open"], entries=5)
    return Template(path, everything(store))


@pytest.mark.parametrize(("how", "times"), FAULTS)
def test_sealing(sealable: Template, how: How, times: int) -> None:
    for store in faulty_runs(sealable, lambda s, files: seal_session(s, ID, files), how, times):
        assert everything(store) == sealable.payload
        an_hour_later(store)
        assert everything(store) == sealable.payload
        assert_tidy(store)


@pytest.mark.parametrize("rotate_bytes", [1000, 1 << 20])
def test_a_recorder_that_ends_at_any_change(in_memory: Path, rotate_bytes: int) -> None:
    """Its rotations too: the log is closed behind it, and has all that was acknowledged."""
    pieces = [b"%03d;" % number * 20 for number in range(20)]
    for step in count(1):
        store = template(in_memory / str(step))[1]
        session_id, files, acknowledged = new_session_id(), Faulty(step, "exit"), 0
        log = None
        try:
            log = Log(
                home=store,
                session_id=session_id,
                clock=Ticking(),  # type: ignore[arg-type]
                rotate_bytes=rotate_bytes,
                files=files,
            )
            log._sums._starts = 99  # noqa: SLF001  the hashing process has tests of its own
            log.start(Size(80, 24), {"command": ["true"]})
            for piece in pieces:
                log.output(piece)
                acknowledged += 1
                log.attend(sync=acknowledged % 4 == 0)
            log.close()
        except Exited:
            pass
        files.abandon()
        an_hour_later(store)
        if files.count >= step and log is not None and acknowledged:
            found = data_of(store, session_id)
            assert found[:acknowledged] == pieces[:acknowledged], step
            assert found == pieces[: len(found)], step
            assert_tidy(store)
        if files.count < step:
            assert step > 20
            return


def cuts(store: Home, act: Callable[[Home, Files], object], folder: Path) -> Iterator[Home]:
    """The store after a power cut at any moment of `act`, in every state of the disk."""
    journal = Journal(store.path)
    act(store, journal)
    for number, (what, state) in enumerate(journal.states()):
        place = folder / f"after-{len(os.listdir(folder))}"
        state.write(store.path, place)
        print(number, what)  # shown where it fails  # noqa: T201
        yield Home(str(place))


@pytest.mark.parametrize("act", [seal_session, seal_whole])
def test_a_power_cut_while_sealing(home: Path, in_memory: Path, act) -> None:
    _, store = template(home)
    forms = ["sealed", "closed"] if act is seal_session else ["sealed"]
    store_session(home / "logs", [*forms, "open"], entries=5)
    payload = everything(store)
    states = 0
    for after in cuts(store, lambda s, files: act(s, ID, files), in_memory):
        states += 1
        found, damage = entries_of(after)
        assert [entry.data for entry in found if entry.data] == payload[ID]
        assert not damage
        an_hour_later(after)
        assert everything(after) == payload
        assert_tidy(after)
    assert states > 5


@pytest.mark.parametrize("tail", [b"", b'{"timestamp":"2026-'])
def test_a_power_cut_while_closing(home: Path, in_memory: Path, tail: bytes) -> None:
    _, store = template(home)
    leave(home, "sealed", "open", entries=5)
    with open(store.log(ID), "ab") as file:
        file.write(tail)
    payload = everything(store)
    states = 0
    for after in cuts(store, lambda s, files: close_dead(s, ID, files), in_memory):
        states += 1
        an_hour_later(after)
        assert everything(after) == payload
        assert_tidy(after)
    assert states > 5


@pytest.mark.parametrize("keep_lines", [False, True])
def test_a_power_cut_while_something_goes_to_the_trash(
    home: Path, in_memory: Path, keep_lines
) -> None:
    _, store = template(home)
    store_session(home / "logs", ["sealed", "open"], entries=5)
    (home / "index" / f"{ID}.lines.zst").write_bytes(b"lines")
    payload = everything(store)
    now_us = NOW_US - US_PER_DAY
    gone = discard_to(keep_lines=keep_lines, now_us=now_us)
    places: set[bool] = set()
    for after in cuts(store, gone, in_memory):
        an_hour_later(after)
        assert everything(after) == payload
        assert_tidy(after)
        places.add(bool(trash(after)))
    assert places == {True, False}
    for after in cuts(store, lambda s, files: restore(s, trash(s)[0], files), in_memory):
        an_hour_later(after)
        assert everything(after) == payload
        assert_tidy(after)


def test_a_power_cut_while_a_session_is_erased(home: Path, in_memory: Path) -> None:
    """What the trash lists is whole: nobody brings back half a session."""
    _, store = template(home)
    store_session(home / "logs", ["sealed", "open"], entries=5)
    payload = everything(store)
    discard(store, ID, NOW_US - US_PER_DAY)
    listed: set[bool] = set()
    for after in cuts(store, lambda s, files: erase(s, trash(s)[0], files), in_memory):
        there = trash(after)
        listed.add(bool(there))
        assert everything(after) == {key: payload[key] for key in payload if there or key != ID}
        an_hour_later(after)
        assert_tidy(after)
    assert listed == {True, False}


def discard_to(*, keep_lines: bool, now_us: int) -> Callable[[Home, Files], object]:
    return lambda store, files: discard(store, ID, now_us, keep_lines=keep_lines, files=files)
