"""What others see of a recorder at work, the marks they leave it, and a terminal left raw."""

from __future__ import annotations

import os
import signal
import stat
import sys
from pathlib import Path

import pytest

from formats.layout import Home
from formats.run import left_on, post_mark, read_run
from tests.support.recording import COMMAND

LS = str(Path(COMMAND[0]).with_name("cs-ls"))


def ready(cs_rec, *options):
    terminal = cs_rec.start(*options, ".", *cs_rec.child("echo"))
    terminal.wait_for(b"READY")
    return terminal, Home(str(cs_rec.home)), cs_rec.log.id


def test_the_run_file_says_who_records_where_and_is_removed_at_the_end(cs_rec):
    terminal, home, session_id = ready(cs_rec)
    run = read_run(home, session_id)
    assert run is not None
    assert (run.pid, run.tty, run.live) == (terminal.pid, terminal.name, True)
    assert run.mode is not None
    assert run.mode[:6] == terminal.found_mode[:6]
    assert stat.S_IMODE((cs_rec.home / "run" / session_id).stat().st_mode) == 0o600
    terminal.type(b"\x04")
    assert terminal.wait() == 0
    assert not list((cs_rec.home / "run").glob("*-*"))


def test_without_a_terminal_it_states_none(cs_rec):
    line = 'cat "$CLAUDE_SESSIONS_HOME"/run/*'
    done = cs_rec.run("-q", ".", "--", "sh", "-c", line)
    assert b'"tty": null, "mode": null' in done.stdout


def test_a_mark_is_logged_when_it_is_left(cs_rec):
    terminal, home, session_id = ready(cs_rec)
    for number in range(3):
        os.kill(post_mark(home, session_id, f"mark {number}"), signal.SIGUSR1)
        terminal.until(lambda: len(cs_rec.log.events("marker")) > number)  # noqa: B023
    terminal.type(b"\x04")
    assert terminal.wait() == 0
    assert [e["label"] for e in cs_rec.log.events("marker")] == ["mark 0", "mark 1", "mark 2"]
    assert cs_rec.log.meta()["markers"] == 3


def test_a_mark_whose_signal_never_came_is_not_lost(cs_rec):
    terminal, home, session_id = ready(cs_rec)
    post_mark(home, session_id, "quiet")
    terminal.type(b"\x04")
    assert terminal.wait() == 0
    assert cs_rec.log.event("marker")["label"] == "quiet"
    assert cs_rec.log.entries()[-1].event["type"] == "exit"


class TestARecorderThatWasKilled:
    @pytest.fixture
    def left_raw(self, cs_rec):
        terminal, home, _ = ready(cs_rec)
        terminal.signal(signal.SIGKILL)
        assert terminal.wait() == -signal.SIGKILL
        assert terminal.is_raw()
        self.found = terminal.found_mode
        del terminal.screen[:]
        return terminal, home

    def test_the_next_command_says_how_to_restore_its_terminal(self, cs_rec, left_raw):
        terminal, _ = left_raw
        terminal.run([LS])
        assert terminal.wait() == 0
        first, rest = bytes(terminal.screen).split(b"\n", 1)
        assert first.startswith(b"cs-ls: ")
        assert b"cs-rec --fix-tty" in first
        assert b"--fix-tty" not in rest

    def test_it_is_restored_as_it_was(self, cs_rec, left_raw):
        terminal, home = left_raw
        terminal.run([*COMMAND, "--fix-tty"])
        assert terminal.wait() == 0
        assert terminal.mode() == self.found
        assert terminal.screen.count(b"\n") == 1
        assert left_on(home, terminal.name) is None
        del terminal.screen[:]
        terminal.run([LS])
        assert terminal.wait() == 0
        assert b"--fix-tty" not in terminal.screen

    def test_one_killed_after_another_does_not_make_raw_the_usual(self, cs_rec, left_raw):
        terminal, _ = left_raw
        terminal.run([*COMMAND, "-q", ".", *cs_rec.child("echo")])
        terminal.wait_for(b"READY")
        terminal.signal(signal.SIGKILL)
        assert terminal.wait() == -signal.SIGKILL
        terminal.run([*COMMAND, "--fix-tty"])
        assert terminal.wait() == 0
        assert terminal.mode()[1:4] == self.found[1:4]

    def test_where_nothing_was_stated_it_is_made_sane(self, cs_rec, left_raw):
        terminal, _ = left_raw
        for path in (cs_rec.home / "run").glob("*-*"):
            path.unlink()
        terminal.run([*COMMAND, "--fix-tty"])
        assert terminal.wait() == 0
        assert terminal.mode()[1:4] == self.found[1:4]


def test_a_raw_terminal_that_nobody_left_is_no_matter(cs_rec):
    raw = "import sys, tty, os; tty.setraw(0); os.execv(sys.argv[1], sys.argv[1:])"
    terminal = cs_rec.start(command=[sys.executable, "-c", raw, LS])
    assert terminal.wait() == 0
    assert b"--fix-tty" not in terminal.screen


def test_without_a_terminal_there_is_nothing_to_fix(cs_rec):
    done = cs_rec.run("--fix-tty")
    assert done.returncode == 125
    assert done.stderr.count(b"\n") == 1
