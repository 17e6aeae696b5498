"""A disk that is full never reaches the user's session; what is missing is stated in the log."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess

import pytest

from tests.support.recording import COMMAND

pytestmark = pytest.mark.usefixtures("linux")
UNLIMITED = resource.RLIM_INFINITY


class Limit:
    """A disk that ends where we say: the kernel refuses the recorder's writes beyond it."""

    def __init__(self, cs_rec, terminal):
        self._pid = terminal.pid
        self._cs_rec = cs_rec

    def fill(self, left):
        size = os.stat(self._cs_rec.log.files()[-1]).st_size
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (size + left, UNLIMITED))

    def free(self):
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (UNLIMITED, UNLIMITED))


class Tmpfs:
    """A small file system that is really full."""

    def __init__(self, folder):
        self._filler = folder / "filler"

    def fill(self, left):
        with self._filler.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        assert left is not None

    def free(self):
        self._filler.unlink()


@pytest.fixture
def tmpfs(cs_rec):
    """The home on a file system of 256 KiB."""
    cs_rec.home.mkdir(mode=0o700)
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", str(cs_rec.home)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield Tmpfs(cs_rec.home)
    cs_rec.close()
    subprocess.run(["umount", "-l", str(cs_rec.home)], check=True)


def key(terminal, number):
    """Type one byte and see it: an entry of input and one of output, each of one byte."""
    seen = len(terminal.screen)
    terminal.type(b"%c" % (ord("a") + number % 26))
    terminal.until(lambda: len(terminal.screen) > seen)


def outlast(cs_rec, terminal, disk, left):
    """Type while the disk is full, and after: what was typed and shown, byte for byte."""
    terminal.wait_for(b"READY")
    for number in range(10):
        key(terminal, number)
    terminal.until(lambda: len(cs_rec.log.input()) == 10)
    disk.fill(left)
    for number in range(100):
        key(terminal, number)
    disk.free()
    for number in range(10):
        key(terminal, number)
    shown = bytes(terminal.screen)
    terminal.type(b"\x04")
    assert terminal.wait() == 0
    return shown


def nothing_is_lost(cs_rec, shown):
    log = cs_rec.log
    assert log.output() == shown + b"BYE"
    assert log.input() == shown.removeprefix(b"READY") + b"\x04"
    assert not log.events("gap")
    assert log.entries()[-1].event["type"] == "exit"


def the_gap_is_exact(cs_rec, terminal, disk, size):
    """A stage of `size` bytes, far more than is kept, while the disk is full; another after it."""
    terminal.wait_for(b"READY")
    disk.fill(0)
    terminal.type(b"x")
    terminal.wait_for(b"DONE")
    disk.free()
    terminal.until(lambda: cs_rec.log.events("gap", torn=True))
    end = len(terminal.screen)
    terminal.type(b"x")
    terminal.wait_for(b"DONE", after=end)
    terminal.type(b"x")
    assert terminal.wait() == 0
    log = cs_rec.log
    [gap] = log.events("gap")
    data = log.output()
    assert gap["reason"]
    assert gap["entries"] > size // 8192
    typed = len(log.input())
    shown = bytes(terminal.screen).partition(b"cs-rec: ")[0]
    assert len(data) + typed + gap["bytes"] == len(shown) + 3
    # The newest megabyte of lines is kept, and what comes after it is whole.
    assert len(data) > 700_000
    assert shown.endswith(data[-600_000:])


class TestAFullDisk:
    @pytest.mark.parametrize("left", [0, 1, 60, 500])
    def test_for_a_short_time_costs_nothing(self, cs_rec, left):
        terminal = cs_rec.start(".", *cs_rec.child("echo"))
        nothing_is_lost(cs_rec, outlast(cs_rec, terminal, Limit(cs_rec, terminal), left))

    def test_for_long_costs_what_the_gap_says(self, cs_rec):
        terminal = cs_rec.start(".", *cs_rec.child("stages", 3_000_000, 10_000))
        the_gap_is_exact(cs_rec, terminal, Limit(cs_rec, terminal), 2_000_000)

    @pytest.mark.root
    @pytest.mark.skipif(os.geteuid() != 0, reason="mounting a file system needs root")
    def test_a_real_one(self, cs_rec, tmpfs):
        terminal = cs_rec.start(".", *cs_rec.child("echo"))
        nothing_is_lost(cs_rec, outlast(cs_rec, terminal, tmpfs, 0))

    @pytest.mark.root
    @pytest.mark.skipif(os.geteuid() != 0, reason="mounting a file system needs root")
    def test_from_the_start_is_one_line(self, cs_rec, tmpfs):
        (cs_rec.home / "logs").mkdir(mode=0o700)
        tmpfs.fill(0)
        done = cs_rec.run(".", "--", "echo", "hello")
        assert done.returncode == 125
        assert done.stderr.count(b"\n") == 1
        assert b"space" in done.stderr
        assert list(cs_rec.logs.iterdir()) == []

    @pytest.mark.root
    @pytest.mark.skipif(os.geteuid() != 0, reason="mounting a file system needs root")
    def test_a_flood_goes_on_over_it(self, cs_rec, tmpfs):
        assert tmpfs is not None
        terminal = cs_rec.start("--rotate-bytes", "64K", ".", *cs_rec.child("count", 3_000_000))
        assert terminal.wait() == 0
        shown, _, said = bytes(terminal.screen).partition(b"cs-rec: ")
        assert len(shown) == 3_000_000
        assert said.count(b"\n") == 1
        log = cs_rec.log
        gaps = log.events("gap", torn=True)
        logged = len(log.output(torn=True)) + sum(gap["bytes"] for gap in gaps)
        assert logged <= 3_000_000

    def test_it_is_said_once_when_the_terminal_is_free(self, cs_rec):
        command = [*COMMAND, "--quiet", ".", *cs_rec.child("echo")]
        terminal = cs_rec.start(command=command)
        terminal.wait_for(b"READY")
        disk = Limit(cs_rec, terminal)
        disk.fill(0)
        for number in range(5):
            key(terminal, number)
        assert terminal.screen == b"READYabcde", "nothing is said while the terminal is raw"
        terminal.type(b"\x04")
        assert terminal.wait() == 0
        said = bytes(terminal.screen).partition(b"BYE")[2]
        assert said.count(b"\n") == 1
        assert b"cs-rec: " in said
        assert b"gap" in said or b"log" in said

    @pytest.mark.parametrize("left", [0, 30])
    def test_with_strict_it_ends_the_session_instead(self, cs_rec, left):
        command = [*COMMAND, "--strict", "-q", ".", *cs_rec.child("echo")]
        terminal = cs_rec.start(command=command)
        terminal.wait_for(b"READY")
        Limit(cs_rec, terminal).fill(left)
        terminal.type(b"shown?")
        assert terminal.wait() == 125
        assert b"shown?" not in terminal.screen, "nothing is shown that is not logged"
        said = bytes(terminal.screen).partition(b"cs-rec: ")[2]
        assert b"--strict ends the session" in said
        assert said.count(b"\n") == 1
        assert terminal.mode() == terminal.found_mode

    @pytest.mark.parametrize("left", [0, 30])
    def test_when_it_stays_full_the_status_is_kept_and_no_line_is_torn(self, cs_rec, left):
        line = "printf READY; read -r x; echo more; exit 6"
        terminal = cs_rec.start(".", "--", "sh", "-c", line)
        terminal.wait_for(b"READY")
        Limit(cs_rec, terminal).fill(left)
        terminal.type(b"\r")
        assert terminal.wait() == 6
        assert cs_rec.log.output(torn=True) == b"READY"
        assert not list(cs_rec.logs.glob("*.tmp"))

    def test_space_that_returns_just_before_the_end_keeps_the_last_line(self, cs_rec):
        terminal = cs_rec.start(".", *cs_rec.child("echo"))
        terminal.wait_for(b"READY")
        disk = Limit(cs_rec, terminal)
        disk.fill(0)
        for number in range(3):
            key(terminal, number)
        disk.free()
        terminal.type(b"\x04")
        assert terminal.wait() == 0
        nothing_is_lost(cs_rec, b"READYabc")

    def test_a_disk_that_fails_costs_no_time(self, cs_rec):
        """Nothing is tried for each entry of a flood: what fails is tried again at times."""
        terminal = cs_rec.start(".", *cs_rec.child("stages", 100, 2_000_000))
        terminal.wait_for(b"READY")
        Limit(cs_rec, terminal).fill(0)
        for _ in range(2):
            after = len(terminal.screen)
            terminal.type(b"x")
            terminal.wait_for(b"DONE", after=after)
        terminal.type(b"x")
        assert terminal.wait() == 0


def test_a_segment_whose_name_is_taken_is_not_overwritten(cs_rec):
    terminal = cs_rec.start("--rotate-bytes", "64K", ".", *cs_rec.child("stages", 500_000))
    terminal.wait_for(b"READY")
    taken = cs_rec.logs / f"{cs_rec.log.id}.0002.jsonl"
    taken.write_text("mine\n")
    terminal.type(b"x")
    terminal.wait_for(b"DONE")
    terminal.type(b"x")
    assert terminal.wait() == 0
    found = taken.read_text() if taken.exists() else "gone"
    taken.unlink(missing_ok=True)
    assert found == "mine\n"
    assert len(cs_rec.log.output()) == 500_000 + len("READYDONE")
