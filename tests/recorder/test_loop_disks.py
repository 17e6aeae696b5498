"""Power cuts for real, on ext4 and xfs: after each change of a rotation, a sealing, a closing."""

from __future__ import annotations

import os
from itertools import count
from typing import TYPE_CHECKING

import pytest

from formats.config import Config
from formats.layout import Home, new_session_id
from formats.size import Size
from recorder.closing import close_dead, seal_whole
from recorder.log import Log
from recorder.maintenance import Maintenance
from recorder.seal import seal_session
from tests.support.clocks import Ticking
from tests.support.faulty import Exited
from tests.support.killed import entries_of, leave
from tests.support.loopdisk import LoopDisk, PowerCut, skip_without_loop_devices
from tests.support.stored import ID
from tests.support.stored import store as store_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.root
IN_A_YEAR_US = 365 * 86_400_000_000


@pytest.fixture(scope="module", autouse=True)
def _loop_devices(tmp_path_factory: pytest.TempPathFactory) -> None:
    skip_without_loop_devices(tmp_path_factory.mktemp("probe"))


@pytest.fixture(params=["ext4", "xfs"])
def disk(request, tmp_path: Path) -> Iterator[LoopDisk]:
    with LoopDisk(request.param, tmp_path) as made:
        yield made


def cuts(
    disk: LoopDisk, prepare: Callable[[Home], object], act: Callable[[Home, PowerCut], object]
) -> Iterator[Home]:
    """The store when the machine is up again, cut off before each change of `act` in turn."""
    for step in count(1):
        disk.format()
        home = Home(str(disk.path / "home"))
        home.create()
        prepare(home)
        os.sync()
        files = PowerCut(disk, step)
        try:
            act(home, files)
        except (Exited, OSError):
            assert files.dead
        files.abandon()
        if not files.dead:
            return
        disk.restart()
        yield home


def keep(home: Home, now_us: int) -> None:
    run = Maintenance(home, Config(), now_us)
    run.run()
    assert not run.failed


def assert_tidy(home: Home) -> None:
    names = [*os.listdir(home.logs), *os.listdir(home.run)]
    assert not [name for name in names if name.endswith((".tmp", ".seal", ".lock"))]


def payload(home: Home, session_id: str = ID) -> list[bytes]:
    entries, damage = entries_of(home, session_id)
    assert not damage, damage.summary()
    return [entry.data for entry in entries if entry.data]


@pytest.mark.parametrize("act", [seal_session, seal_whole])
def test_sealing(disk: LoopDisk, act) -> None:
    found: list[bytes] = []

    def prepare(home: Home) -> None:
        store_session(disk.path / "home" / "logs", ["closed", "open"], entries=4)
        found[:] = payload(home)

    states = 0
    for home in cuts(disk, prepare, lambda home, files: act(home, ID, files)):
        states += 1
        assert payload(home) == found
        keep(home, later_us(home))
        assert payload(home) == found
        assert_tidy(home)
    assert states > 7


def test_closing(disk: LoopDisk) -> None:
    found: list[bytes] = []

    def prepare(home: Home) -> None:
        leave(disk.path / "home", "sealed", "open", entries=4)
        found[:] = payload(home)
        with open(home.log(ID), "ab") as file:
            file.write(b'{"timestamp":"2026-0')

    for home in cuts(disk, prepare, lambda home, files: close_dead(home, ID, files)):
        keep(home, later_us(home))
        assert payload(home) == found
        ends = [e.event for e in entries_of(home)[0] if e.event and e.event["type"] == "exit"]
        assert [event["reason"] for event in ends] == ["recorder died"]
        assert_tidy(home)


def later_us(home: Home) -> int:
    """When nobody can be at anything any more, but nothing is idle for days."""
    return max(os.lstat(path).st_mtime_ns for path in all_files(home)) // 1000 + 2 * 3_600_000_000


def all_files(home: Home) -> list[str]:
    return [os.path.join(folder, name) for folder, _, names in os.walk(home.path) for name in names]


def test_recording_and_rotating(disk: LoopDisk) -> None:
    """What was synced is there after the cut; what is there is a beginning of what was written."""
    pieces = [b"%03d;" % number * 20 for number in range(8)]
    session_id = new_session_id()
    durable = 0

    def record(home: Home, files: PowerCut) -> None:
        nonlocal durable
        durable = 0
        log = Log(
            home=home,
            session_id=session_id,
            clock=Ticking(),  # type: ignore[arg-type]
            rotate_bytes=700,
            files=files,
        )
        log._sums._starts = 99  # noqa: SLF001  the hashing process has tests of its own
        try:
            log.start(Size(80, 24), {"command": ["true"]})
            for number, piece in enumerate(pieces, 1):
                log.output(piece)
                if number % 2 == 0:
                    log.attend(sync=True)
                    durable = number
            log.close()
        finally:
            if files.dead:
                files.abandon()

    for home in cuts(disk, lambda _: None, record):
        keep(home, later_us(home) if all_files(home) else IN_A_YEAR_US)
        entries, damage = entries_of(home, session_id)
        found = [entry.data for entry in entries if entry.data]
        assert found == pieces[: len(found)]
        assert len(found) >= durable
        assert not damage.lines, damage.summary()
        assert_tidy(home)
    assert durable == len(pieces)
