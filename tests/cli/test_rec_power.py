"""Real disks that fail under a real recorder: power cuts, lost devices, a thin disk that is full.

Tests 4, 7 and 8 of the list of faults. They need root and loop devices.
"""

from __future__ import annotations

import errno
import os
import time
from typing import TYPE_CHECKING

import pytest

from formats.damage import Damage
from formats.session import Session
from tests.support.loopdisk import LoopDisk, skip_without_loop_devices
from tests.support.recording import cpu_s

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.root
# Each 10 ms a line: how much was lost is told by counting.
TICKS = "i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.01; done"
# Two cores that the whole suite shares: a sync may have to wait for its turn.
SLACK_S = 0.8


@pytest.fixture(scope="module", autouse=True)
def _loop_devices(tmp_path_factory: pytest.TempPathFactory) -> None:
    skip_without_loop_devices(tmp_path_factory.mktemp("probe"))


@pytest.fixture(params=["ext4", "xfs"])
def disk(request, cs_rec, tmp_path: Path) -> Iterator[LoopDisk]:
    """A disk that holds the home of `cs_rec`."""
    with LoopDisk(request.param, tmp_path) as made:
        at_home_on(cs_rec, made)
        yield made
        cs_rec.close()


def at_home_on(cs_rec, disk: LoopDisk) -> None:
    cs_rec.home = disk.path / "home"
    cs_rec.environ["CLAUDE_SESSIONS_HOME"] = str(cs_rec.home)


def last_shown(terminal) -> int:
    """The last tick on the screen, whole."""
    line = bytes(terminal.screen).rpartition(b"\n")[0].rpartition(b"\n")[2]
    return int(line.split()[1])


def ticks(cs_rec) -> tuple[list[int], Damage]:
    """The ticks that the one log there is tells of."""
    damage = Damage()
    session = Session(cs_rec.log.id, str(cs_rec.logs))
    data = b"".join(entry.data for entry in session.entries(damage))
    lines = data.replace(b"\r", b"").split(b"\n")
    return [int(line[5:]) for line in lines[:-1] if line.startswith(b"tick ")], damage


@pytest.mark.parametrize(("sync", "may_lose_s"), [("1s", 1.0), ("100ms", 0.1), ("each", 0.0)])
def test_a_power_cut_costs_what_was_promised(cs_rec, disk, sync, may_lose_s) -> None:
    terminal = cs_rec.start("--sync", sync, ".", "--", "sh", "-c", TICKS)
    begun_s = time.monotonic()
    until_s = begun_s + 1.5 + 2 * may_lose_s
    terminal.until(lambda: time.monotonic() > until_s and terminal.screen.endswith(b"\n"))
    seen = last_shown(terminal)
    cut_s = time.monotonic()
    disk.cut()
    took_s = cut_s - begun_s
    terminal.close()
    disk.restart()
    found, damage = ticks(cs_rec)
    assert found == list(range(1, len(found) + 1)), "a hole, or something that was never written"
    lost_s = (seen - len(found)) * took_s / seen
    assert lost_s <= may_lose_s + (SLACK_S if may_lose_s else 0), f"{lost_s:.2f} s lost"
    assert not damage.lines, damage.summary()
    # The next recorder has it closed, once.
    before = set(cs_rec.ids())
    assert cs_rec.run("-q", ".", "--", "true").returncode == 0
    session = Session(next(iter(before)), str(cs_rec.logs))

    def ends():
        return [e.event["reason"] for e in session.entries() if e.event and "reason" in e.event]

    terminal.until_after(lambda: ends() == ["recorder died"])
    assert [e for e in session.entries() if b"\0" in e.data] == []
    terminal.until_after(lambda: not list((cs_rec.home / "run").glob("*.lock")))


def test_without_sync_nothing_is_promised_and_nothing_is_invented(cs_rec, disk) -> None:
    terminal = cs_rec.start("--sync", "none", ".", "--", "sh", "-c", TICKS)
    terminal.wait_for(b"tick 30\r\n")
    disk.cut()
    terminal.close()
    disk.restart()
    if cs_rec.ids():
        found, _ = ticks(cs_rec)
        assert found == list(range(1, len(found) + 1))


def assert_the_session_lives_on(terminal, child_ticks: bytes) -> None:
    """It prints, one notice comes, and the recorder does not spin."""
    terminal.wait_for(b"[cs-rec: ")
    before, begun_s = cpu_s(terminal.pid), time.monotonic()
    seen = terminal.screen.count(child_ticks)
    terminal.until(lambda: time.monotonic() - begun_s > 1.5)
    used = (cpu_s(terminal.pid) - before) / (time.monotonic() - begun_s)
    assert terminal.screen.count(child_ticks) > seen
    assert used < 0.1, f"{used:.0%} of a core"
    assert terminal.screen.count(b"[cs-rec: ") == 1


def test_a_disk_that_is_gone_does_not_end_the_session(cs_rec, disk) -> None:
    terminal = cs_rec.start(".", "--", "sh", "-c", TICKS + "& read x; kill %1; exit 7")
    terminal.wait_for(b"tick 20\r\n")
    disk.cut()
    assert_the_session_lives_on(terminal, b"tick")
    terminal.type(b"\n")
    assert terminal.wait() == 7, bytes(terminal.screen[-600:])


def test_a_disk_that_cannot_be_written_any_more(cs_rec, tmp_path: Path) -> None:
    """What ext4 does when it finds an error in itself: read-only from then on (EROFS)."""
    with LoopDisk("ext4", tmp_path, "loop,errors=remount-ro") as disk:
        trigger = f"/sys/fs/ext4/{disk.device()}/trigger_fs_error"
        if not os.path.exists(trigger):
            pytest.skip(f"this kernel has no {trigger}")
        at_home_on(cs_rec, disk)
        terminal = cs_rec.start(".", "--", "sh", "-c", TICKS + "& read x; kill %1; exit 7")
        terminal.wait_for(b"tick 20\r\n")
        with open(trigger, "w", encoding="ascii") as file:
            file.write("a test")
        with pytest.raises(OSError, match=os.strerror(errno.EROFS)):
            (disk.path / "x").touch()
        assert_the_session_lives_on(terminal, b"tick")
        assert os.strerror(errno.EROFS).encode() in terminal.screen
        terminal.type(b"\n")
        assert terminal.wait() == 7
        cs_rec.close()


def test_a_thin_disk_that_is_full_under_it(cs_rec, tmp_path: Path) -> None:
    """Writes succeed, the sync fails once, later ones would lie: all is written anew elsewhere."""
    under = tmp_path / "under"
    under.mkdir()
    with Tmpfs(under, "size=32m"), LoopDisk("ext4", under) as disk:
        disk.make_thin()
        at_home_on(cs_rec, disk)
        (disk.path / "home").mkdir(mode=0o700)
        line = "echo line $i; printf %4000s | tr ' ' x; echo"
        loop = f"i=0; while [ $i -lt 150 ]; do i=$((i+1)); {line}; sleep 0.02; done; read x"
        terminal = cs_rec.start(".", "--", "sh", "-c", loop)
        terminal.wait_for(b"line 10\r\n")
        os.sync()
        filler = under / "filler"
        fill(filler, leave_bytes=64 << 10)
        terminal.until(lambda: segments(cs_rec) > 1 or b"line 150\r\n" in terminal.screen)
        filler.unlink()
        # What is typed is echoed wherever the line is that is just being written.
        terminal.wait_for(b"x" * 4000 + b"\r\n", after=terminal.wait_for(b"line 150\r\n"))
        terminal.type(b"\n")
        assert terminal.wait() == 0
        resumed = [e for e in cs_rec.log.events("segment") if "resumes_segment" in e]
        assert resumed, "no sync failed: nothing was tested"
        disk.restart()
        damage = Damage()
        session = Session(cs_rec.log.id, str(cs_rec.logs))
        entries = list(session.entries(damage))
        output = b"".join(e.data for e in entries if e.direction == "output")
        assert [n for n in range(1, 151) if output.count(b"line %d\r\n" % n) != 1] == []
        assert output.count(b"x" * 4000) == 150
        assert [e.event for e in entries if e.event and e.event["type"] == "gap"] == []
        assert not damage, damage.summary()


def segments(cs_rec) -> int:
    return len(cs_rec.log.files()) if cs_rec.ids() else 0


def fill(path: Path, *, leave_bytes: int) -> None:
    """Take all that the file system has but for so much."""
    with open(path, "wb") as file:
        found = os.statvfs(path.parent)
        os.posix_fallocate(file.fileno(), 0, found.f_bavail * found.f_frsize - leave_bytes)


class Tmpfs:
    """A file system in memory, of a size."""

    def __init__(self, path: Path, options: str) -> None:
        self._path, self._options = path, options

    def __enter__(self) -> None:
        import subprocess  # noqa: PLC0415

        subprocess.run(["mount", "-t", "tmpfs", "-o", self._options, "x", self._path], check=True)

    def __exit__(self, *_: object) -> None:
        import subprocess  # noqa: PLC0415

        subprocess.run(["umount", "-l", self._path], check=True)
