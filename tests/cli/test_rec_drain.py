"""Nothing is lost: at the end of a command, under a paste, when the recorder is killed."""

from __future__ import annotations

import os
import random
import signal

import pytest

from formats.damage import Damage
from formats.session import Session
from tests.support.child import numbers

MEGABYTE = 1 << 20


def numbered(size):
    return numbers(0, size // 12 + 1)[:size]


def last_bytes(cs_rec, runs, size=MEGABYTE):
    expected = numbered(size)
    for run in range(runs):
        terminal = cs_rec.start(".", *cs_rec.child("count", size))
        assert terminal.wait() == 0
        assert bytes(terminal.screen) == expected, f"on the screen, run {run}"
        assert cs_rec.log.output() == expected, f"in the log, run {run}"
        assert cs_rec.log.entries()[-1].event["status"] == 0
        terminal.close()
        cs_rec.forget()


class TestACommandThatPrintsAndExitsAtOnce:
    def test_its_last_byte_is_on_the_screen_and_in_the_log(self, cs_rec):
        last_bytes(cs_rec, 20)

    @pytest.mark.slow
    @pytest.mark.timeout(600)
    def test_200_times(self, cs_rec):
        last_bytes(cs_rec, 200)

    @pytest.mark.parametrize("size", [1, 4095, 4096, 8192, 40_000])
    def test_short_ones_too(self, cs_rec, size):
        last_bytes(cs_rec, 5, size)

    def test_into_a_pipe_too(self, cs_rec):
        for _ in range(3):
            done = cs_rec.run("-q", ".", "--", "sh", "-c", "stty raw -echo; seq 1 150000")
            assert done.stdout == cs_rec.log.output()
            assert done.stdout.split() == [b"%d" % n for n in range(1, 150_001)]
            cs_rec.forget()


class TestPaste:
    def pasted(self, cs_rec, data, times=1):
        terminal = cs_rec.start(".", *cs_rec.child("echo", times))
        terminal.wait_for(b"READY")
        terminal.type(data)
        terminal.type(b"\x04")
        assert terminal.wait(60) == 0
        log = cs_rec.log
        shown = bytes(terminal.screen)
        assert shown == log.output()
        assert log.input() == data + b"\x04"
        assert log.events("gap") == []
        assert shown.startswith(b"READY")
        assert shown.endswith(b"BYE")
        return shown[5:-3]

    def test_a_megabyte_into_a_raw_program_that_echoes(self, cs_rec):
        data = numbered(MEGABYTE)
        assert self.pasted(cs_rec, data) == data

    def test_into_one_that_answers_thirty_bytes_for_each(self, cs_rec):
        """Its output fills every buffer while input is still to come: a plain relay deadlocks."""
        data = b"0123456789" * 10_000
        assert len(self.pasted(cs_rec, data, 30)) == 30 * len(data)

    @pytest.mark.slow
    @pytest.mark.timeout(300)
    def test_a_megabyte_into_one_that_answers_thirty_bytes_for_each(self, cs_rec):
        data = b"0123456789" * 100_000
        assert len(self.pasted(cs_rec, data, 30)) == 30 * len(data)

    def test_a_megabyte_into_line_mode(self, cs_rec, tmp_path):
        target = tmp_path / "typed"
        data = b"".join(b"%06d %s\r" % (n, b"x" * (n * 37 % 3900)) for n in range(560))
        assert len(data) > MEGABYTE
        terminal = cs_rec.start(".", *cs_rec.child("fill", target))
        terminal.wait_for(b"READY")
        terminal.type(data + b"\x04")
        assert terminal.wait(60) == 0
        assert target.read_bytes() == data.replace(b"\r", b"\n")
        assert cs_rec.log.input() == data + b"\x04"
        assert cs_rec.log.output() == bytes(terminal.screen)
        assert terminal.screen.endswith(b"BYE")

    def test_cat_repeats_every_byte(self, cs_rec):
        data = b"".join(b"%06d %s\r" % (n, b"x" * (n * 37 % 3900)) for n in range(60))
        terminal = cs_rec.start(".", "--", "sh", "-c", "echo READY; exec cat")
        terminal.wait_for(b"READY")
        terminal.type(data + b"\x04")
        assert terminal.wait(60) == 0
        shown = bytes(terminal.screen)
        assert shown == cs_rec.log.output()
        assert cs_rec.log.input() == data + b"\x04"
        # The PTY's echo may stand inside cat's lines, and under a flood the kernel leaves some out:
        # it does so without a recorder too.
        for byte in b"0123456789 x":
            assert data.count(byte) <= shown.count(byte) <= 2 * data.count(byte)


def killed(cs_rec, runs, seed):
    """Kill the recorder at random moments of a flood; what was seen must be in the log."""
    torn = 0
    for run in range(runs):
        dice = random.Random(seed + run)
        rotate = dice.choice([[], ["--rotate-bytes", "64K"]])
        moment = dice.randrange(1, 600_000)
        terminal = cs_rec.start(*rotate, ".", *cs_rec.child("count", 0))
        terminal.until(lambda: len(terminal.screen) >= moment)  # noqa: B023
        terminal.signal(signal.SIGKILL)
        assert terminal.wait() == -signal.SIGKILL
        shown = bytes(terminal.screen)
        log = cs_rec.log
        logged = log.output(torn=True)
        where = f"run {run} of seed {seed}, killed after {moment}"
        assert logged.startswith(shown), f"{where}: seen on the screen, not in the log"
        assert logged == numbered(len(logged)), f"{where}: the log is not what was written"
        torn += not b"".join(log.segments()).endswith(b"\n")
        assert log.meta()["state"] == "recording"
        terminal.close()
        cs_rec.forget()
    return torn


class TestTheRecorderIsKilled:
    def test_no_byte_that_was_seen_is_lost_and_the_log_can_be_read(self, cs_rec):
        killed(cs_rec, 10, seed=os.getpid())

    @pytest.mark.slow
    @pytest.mark.timeout(600)
    def test_100_times(self, cs_rec):
        killed(cs_rec, 100, seed=os.getpid() * 1000)

    def test_the_command_is_hung_up_on(self, cs_rec):
        terminal = cs_rec.start(
            ".", "--", "sh", "-c", "trap 'touch hup; exit' HUP; echo READY; cat"
        )
        terminal.wait_for(b"READY")
        terminal.signal(signal.SIGKILL)
        assert terminal.wait() == -signal.SIGKILL
        terminal.until((cs_rec.folder / "hup").exists)

    def test_our_own_reader_takes_what_is_left(self, cs_rec):
        terminal = cs_rec.start(".", *cs_rec.child("count", 0))
        terminal.until(lambda: len(terminal.screen) > 100_000)
        terminal.signal(signal.SIGKILL)
        terminal.wait()
        damage = Damage()
        session = Session(cs_rec.log.id, str(cs_rec.logs))
        output = b"".join(e.data for e in session.entries(damage) if e.direction == "output")
        assert output == cs_rec.log.output(torn=True)
        assert (damage.lines, damage.frames, damage.missing_segments) == (0, 0, 0)
        assert damage.torn <= 1

    def test_it_can_be_played_and_a_note_says_what_is_torn(self, cs_rec, cs):
        """Whether a line is torn is the kill's affair: here one is."""
        terminal = cs_rec.start(".", *cs_rec.child("count", 0))
        terminal.until(lambda: len(terminal.screen) > 100_000)
        terminal.signal(signal.SIGKILL)
        terminal.wait()
        path = cs_rec.log.files()[-1]
        path.write_bytes(path.read_bytes().rpartition(b"\n")[0][:-40])
        output = cs_rec.log.output(torn=True)
        done = cs("play", "--home", cs_rec.home, cs_rec.log.id)
        assert done.returncode == 0
        assert done.stdout == output.decode()
        assert done.stderr.count("\n") == 1
        assert "unfinished last line" in done.stderr


class TestBackgroundJobs:
    """They lose the terminal when the command, its session's leader, ends: the kernel's rule."""

    def test_what_one_said_before_the_end_is_kept(self, cs_rec):
        line = "(echo LATE; touch said; exec sleep 100) & until [ -e said ]; do :; done; exit 7"
        terminal = cs_rec.start(".", "--", "sh", "-c", line)
        assert terminal.wait(10) == 7
        assert cs_rec.log.output() == bytes(terminal.screen) == b"LATE\r\n"

    def test_one_that_never_stops_talking_does_not_hold_the_session(self, cs_rec):
        terminal = cs_rec.start(".", "--", "sh", "-c", "yes & sleep 0.1; exit 7")
        assert terminal.wait(10) == 7
        assert cs_rec.log.output() == bytes(terminal.screen)

    def test_a_silent_one_does_not_hold_it_either(self, cs_rec):
        terminal = cs_rec.start(".", "--", "sh", "-c", "sleep 100 & exit 7")
        assert terminal.wait(10) == 7


class TestACommandThatLetsGoOfItsTerminal:
    def test_and_opens_it_again_is_heard(self, cs_rec):
        line = "exec <&- >&- 2>&-; sleep 0.3; echo back > /dev/tty; exit 3"
        terminal = cs_rec.start(".", "--", "sh", "-c", f"echo first; {line}")
        assert terminal.wait() == 3
        assert bytes(terminal.screen) == cs_rec.log.output() == b"first\r\nback\r\n"

    def test_and_lives_on_is_waited_for(self, cs_rec):
        line = "exec <&- >&- 2>&-; sleep 0.3; touch ended; exit 4"
        terminal = cs_rec.start(".", "--", "sh", "-c", line)
        assert terminal.wait() == 4
        assert (cs_rec.folder / "ended").exists()
