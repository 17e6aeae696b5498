"""What the next `cs-rec` does for those before it, by real recorders."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from formats.config import Config
from formats.housekeeping import maintain
from formats.layout import Home
from formats.notices import take_notice
from formats.store import listing
from formats.trash import trash
from recorder.maintenance import Maintenance
from tests.support.killed import age
from tests.support.logs import BEGINNING_US, Said, ended, start, store_log
from tests.support.recording import COMMAND, SessionLog

BIN = Path(COMMAND[0]).parent
TEN_YEARS_US = 3650 * 86_400_000_000


def now_us() -> int:
    return time.time_ns() // 1000


def run(cs_rec, name, *arguments):
    return subprocess.run(
        [BIN / f"cs-{name}", *arguments],
        env=os.environ | cs_rec.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=30,
    )


@pytest.fixture
def killed(cs_rec):
    """A session whose recorder was killed in the middle of its output, and its terminal."""
    terminal = cs_rec.start("--rotate-bytes", "64K", ".", *cs_rec.child("count", 0))
    terminal.until(lambda: cs_rec.ids() and len(cs_rec.log.files()) > 4)
    terminal.signal(signal.SIGKILL)
    assert terminal.wait() == -signal.SIGKILL
    return cs_rec.log, terminal


def test_the_next_recorder_has_it_closed(cs_rec, killed):
    log, terminal = killed
    before = log.output(torn=True)

    def closed():
        """Not while the killed one's sealer is at work, which on a busy machine takes its time."""
        assert cs_rec.run("-q", ".", "--", "true").returncode == 0
        return log.events("exit", torn=True)

    terminal.until_after(closed, limit_s=50)
    assert log.entries()[-1].event == {"type": "exit", "reason": "recorder died"}
    assert log.output() == before
    terminal.until_after(lambda: log.meta()["exit_reason"] == "recorder died")
    verdict = run(cs_rec, "verify", log.id)
    assert verdict.returncode == 0, verdict.stdout
    # And the terminal that it left raw can still be put back.
    del terminal.screen[:]
    terminal.run([*COMMAND, "--fix-tty"])
    assert terminal.wait() == 0
    assert b"is again as it was" in terminal.screen


def test_a_session_at_work_is_never_touched(cs_rec):
    """Test 37 of the facts: the clock jumps, a session is active, a log is open, one is a link."""
    terminal = cs_rec.start(".", *cs_rec.child("echo"))
    terminal.wait_for(b"READY")
    (live,) = cs_rec.ids()
    home = Home(str(cs_rec.home))
    old = store_log(cs_rec.home, start(), Said(10, b"old"), ended(20))
    outside = cs_rec.folder / "mine.jsonl"
    outside.write_text("mine")
    linked = "12345678-1234-4234-8234-123456789abc"
    (cs_rec.logs / f"{linked}.jsonl").symlink_to(outside)
    config = Config(retention_days=1, trash_days=0, max_store_bytes=0, seal_after=0)
    in_ten_years_us = now_us() + TEN_YEARS_US
    with open(home.log(old), "rb") as opened:
        maintain(home, config, in_ten_years_us)
        assert take_notice(home, in_ten_years_us)
        for day in (2, 3):
            keeping = Maintenance(home, config, in_ten_years_us + day * 86_400_000_000)
            keeping.run()
            assert not keeping.failed
        assert opened.read().count(b"\n") == 3, "who has it open reads it to its end"
    assert outside.read_text() == "mine"
    assert {one.session.id for one in listing(home)} == {live}
    assert not trash(home)
    terminal.type(b"still here\x04")
    assert terminal.wait() == 0
    log = SessionLog(cs_rec.logs, live)
    assert log.input() == b"still here\x04"
    assert [event["reason"] for event in log.events("exit")] == ["exited"]


class TestSealedWhole:
    @pytest.fixture
    def sealed(self, cs_rec):
        """An ended session, as it was and as it is after a week."""
        assert cs_rec.run("-q", ".", *cs_rec.child("count", 100_000)).returncode == 0
        plain = {
            name: run(cs_rec, name, "last", *arguments).stdout
            for name, arguments in (("play", ()), ("text", ()), ("ls", ("--json",)))
        }
        home = Home(str(cs_rec.home))
        age(home.log(cs_rec.log.id), now_us(), 8)
        keeping = Maintenance(home, Config(), now_us())
        keeping.run()
        assert keeping.done == [f"sealed {cs_rec.log.id}, idle for 7 days"]
        assert [path.suffix for path in cs_rec.log.files()] == [".zst"]
        return cs_rec, plain

    def test_every_reader_reads_on(self, sealed):
        cs_rec, plain = sealed
        assert run(cs_rec, "play", "last").stdout == plain["play"]
        assert run(cs_rec, "text", "last").stdout == plain["text"]
        assert b'"exit_status": 0' in run(cs_rec, "ls", "last", "--json").stdout
        for name, *arguments in (
            ("verify", "all"),
            ("index", "last"),
            ("play", "last", "--dump-at", "0"),
            ("export", "last", "-o", str(cs_rec.folder / "x.cast")),
            ("du",),
            ("pin", "last"),
            ("rm", "last"),
            ("restore", "last"),
            ("verify", "last"),
        ):
            done = run(cs_rec, name, *arguments)
            assert done.returncode == 0, (name, done.stderr)

    def test_who_follows_sees_it_end(self, sealed):
        cs_rec, _ = sealed
        done = run(cs_rec, "play", "last", "--follow")
        assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_it_is_one_process_where_it_is_due_and_none_where_it_is_not(cs_rec, tmp_path: Path):
    assert cs_rec.run("-q", ".", "--", "true").returncode == 0
    stamp = cs_rec.home / "run" / "maintained"
    for age_s, count in ((10, 0), (4000, 1), (None, 0)):
        if age_s is not None:
            then_s = time.time() - age_s
            os.utime(stamp, (then_s, then_s))
        report = tmp_path / "trace"
        before = ("strace", "-f", "-o", str(report), "-s", "400", "-e", "trace=execve")
        terminal = cs_rec.start(".", "--", "true", before=before)
        assert terminal.wait() == 0
        started = [line for line in report.read_text().splitlines() if "execve(" in line]
        assert sum('"recorder.maintenance"' in line for line in started) == count, started


def test_lines_that_are_to_stay_are_made_before_the_bytes_go(cs_rec):
    """By the limits of the config, as by `cs-prune --keep-lines`."""
    cs_rec.home.mkdir(mode=0o700)
    session_id = store_log(cs_rec.home, start(), Said(10, b"what stood there\r\n"), ended(20))
    home, config = Home(str(cs_rec.home)), Config(retention_days=1, keep_lines=True)
    home.create()
    maintain(home, config, now_us() - 2 * 86_400_000_000)
    assert take_notice(home, now_us() - 2 * 86_400_000_000)
    keeping = Maintenance(home, config, now_us())
    keeping.run()
    assert keeping.done == [f"moved {session_id} to the trash"]
    assert (cs_rec.home / "index" / f"{session_id}.lines.zst").exists()
    assert not list(cs_rec.logs.glob("*.jsonl"))


class TestWhatAPersonIsTold:
    @pytest.fixture
    def old(self, cs_rec):
        """Two old sessions in a store with a limit, looked at once by maintenance."""
        cs_rec.home.mkdir(mode=0o700)
        ids = [store_log(cs_rec.home, start(), ended(20)) for _ in range(2)]
        (cs_rec.home / "config.toml").write_text("retention_days = 30\n")
        command = [sys.executable, "-m", "recorder.maintenance", str(cs_rec.home)]
        subprocess.run(command, check=True, timeout=30)
        assert now_us() - 31 * 86_400_000_000 > BEGINNING_US
        return ids

    def test_a_recorder_says_it_on_a_terminal_once(self, cs_rec, old):
        assert b"old sessions" not in cs_rec.run(".", "--", "true").stderr
        for count in (1, 0):
            terminal = cs_rec.start(command=[*COMMAND, ".", "--", "true"])
            assert terminal.wait() == 0
            assert terminal.screen.count(b"2 old sessions go to the trash") == count

    def test_so_does_a_listing(self, cs_rec, old):
        for count in (1, 0):
            terminal = cs_rec.start(command=[str(BIN / "cs-ls")])
            assert terminal.wait() == 0
            assert terminal.screen.count(b"2 old sessions go to the trash") == count
        assert b"go to the trash" not in run(cs_rec, "ls").stderr
