"""Storms of signals, as seeds make them: the terminal is given back, the log says how it ended."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import time

import pytest

from tests.support.recording import COMMAND, is_alive, started_recorder, state

pytestmark = pytest.mark.usefixtures("linux")
ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
HARMLESS = (signal.SIGWINCH, signal.SIGTSTP, signal.SIGCONT, signal.SIGCHLD, signal.SIGUSR1)
# As far apart as signals come in one turn of the relay, and in different ones.
GAPS_S = (0.0, 0.0, 0.0005, 0.005)


def stty(terminal):
    """The terminal's mode as a shell script would keep it."""
    return subprocess.check_output(["stty", "-g", "-F", terminal.name])


def storm(cs_rec, seed):
    """A flood of output and of signals, then one or several that end it."""
    dice = random.Random(seed)
    terminal = cs_rec.start(".", *cs_rec.child("count", 0))
    before = stty_of_a_new_terminal(terminal)
    terminal.until(lambda: len(terminal.screen) > 10_000)
    sizes = []
    for _ in range(60):
        if dice.random() < 0.3:
            size = dice.randrange(20, 200), dice.randrange(5, 90)
            terminal.resize(*size)
            sizes.append(size)
        terminal.signal(dice.choice(HARMLESS))
        terminal.look(dice.choice(GAPS_S))
    terminal.until(lambda: last_size(cs_rec) == (sizes or [(100, 30)])[-1])
    ending = dice.sample(ENDING, dice.randrange(1, 4))
    for number in ending:
        terminal.signal(number)
    code = terminal.wait(10)
    where = f"seed {seed}: {[number.name for number in ending]}"
    assert code in [128 + number for number in ending], where
    assert stty(terminal) == before, where
    log = cs_rec.log
    exits = log.events("exit")
    assert len(exits) == 1, where
    assert log.entries()[-1].event == exits[0], where
    assert exits[0]["reason"] == f"cs-rec received {signal.Signals(code - 128).name}", where
    assert not log.events("gap"), where
    # Of a terminal that takes nothing when it ends, the recorder does not wait for more. Behind
    # the last of it stands what switches modes off.
    assert log.output().startswith(bytes(terminal.screen).partition(b"\x1b")[0]), where


def stty_of_a_new_terminal(terminal):
    """What `stty -g` prints of a terminal nobody has touched: those of a PTY are all alike."""
    master, slave = os.openpty()
    try:
        name = os.ttyname(slave)
        return subprocess.check_output(["stty", "-g", "-F", name])
    finally:
        os.close(master)
        os.close(slave)


def last_size(cs_rec):
    events = cs_rec.log.events(torn=True)
    stated = [(e["cols"], e["rows"]) for e in events if e["type"] in ("start", "segment", "resize")]
    return stated[-1]


def test_of_all_signals_at_a_session_that_floods(cs_rec):
    seed = time.time_ns() % 1_000_000
    for number in range(3):
        storm(cs_rec, seed + number)
        cs_rec.forget()


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_of_all_signals_forty_times(cs_rec):
    seed = time.time_ns() % 1_000_000
    for number in range(40):
        storm(cs_rec, seed + number)
        cs_rec.forget()


@pytest.fixture
def shell(cs_rec):
    """An interactive shell: who is stopped there is stopped for real."""
    command = ["bash", "--norc", "--noprofile", "--noediting", "-i"]
    terminal = cs_rec.start(command=command, environ={"PS1": "$ ", "TERM": "dumb"})
    terminal.wait_for(b"$ ")
    return terminal


class Job:
    """`cs-rec` as the foreground job of a shell, which can stop it and have it go on."""

    def __init__(self, cs_rec, shell, *arguments):
        self.shell, self.cooked = shell, stty(shell)
        shell.type(" ".join([*COMMAND, "-q", ".", *arguments, "\r"]).encode())
        self.pid = shell.until(lambda: next(started_recorder(shell), None))

    def goes_on(self):
        self.shell.until(self.shell.is_raw)

    def stop(self, number):
        prompts = self.shell.screen.count(b"$ ")
        os.kill(self.pid, number)
        self.shell.until(lambda: self.shell.screen.count(b"$ ") > prompts)
        assert state(self.pid) == "T"
        assert stty(self.shell) == self.cooked

    def is_over(self):
        self.shell.until(lambda: not is_alive(self.pid))
        self.shell.until(lambda: stty(self.shell) == self.cooked)

    def status(self):
        """What the shell says of the job that has just ended in its foreground."""
        self.shell.type(b"echo status $?.\r")
        said = re.compile(rb"status (\d+)\.")  # the line itself is echoed where the prompt was late
        return int(self.shell.until(lambda: said.search(self.shell.screen))[1])


def typed(cs_rec):
    """How many bytes of what was typed are in the log."""
    entries = cs_rec.log.entries(torn=True)
    return sum(len(entry.data) for entry in entries if entry.direction == "input")


def job_storm(cs_rec, shell, seed):
    """Stops, continuations and resizes in the order that the seed says, then the end."""
    dice = random.Random(seed)
    shell.resize(100, 30)
    job = Job(cs_rec, shell, *cs_rec.child("winsize"))
    shell.wait_for(b"<100x30>")
    for turn in range(8):
        act = dice.choice(("stop", "stop hard", "cont", "winch", "key"))
        if act.startswith("stop"):
            job.stop(signal.SIGSTOP if "hard" in act else signal.SIGTSTP)
            shell.resize(70 + turn, 20)
            shell.type(b"fg\r")
            shell.wait_for(b"<%dx20>" % (70 + turn))
        elif act == "key":
            # Until it is logged: the program echoes nothing, and a shell that comes first reads it.
            before = typed(cs_rec)
            shell.type(b"k")
            shell.until(lambda: typed(cs_rec) > before)  # noqa: B023  asked at once
        else:
            os.kill(job.pid, signal.SIGCONT if act == "cont" else signal.SIGWINCH)
        job.goes_on()
    number = dice.choice(ENDING)
    os.kill(job.pid, number)
    job.is_over()
    where = f"seed {seed}"
    assert job.status() == 128 + number, where
    assert cs_rec.log.event("exit")["reason"] == f"cs-rec received {number.name}", where


def test_of_stops_under_a_shell(cs_rec, shell):
    job_storm(cs_rec, shell, time.time_ns() % 1_000_000)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_of_stops_under_a_shell_ten_times(cs_rec, shell):
    seed = time.time_ns() % 1_000_000
    for number in range(10):
        job_storm(cs_rec, shell, seed + number)
        cs_rec.forget()
        shell.type(b"export CLAUDE_SESSIONS_HOME=%b\r" % os.fsencode(cs_rec.home))
        del shell.screen[:]


class TestEndedWhileItIsStopped:
    """The terminal is the shell's then: to touch it would stop the recorder for ever (SIGTTOU)."""

    @pytest.mark.parametrize("stop", [signal.SIGTSTP, signal.SIGSTOP], ids=lambda s: s.name)
    @pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGHUP], ids=lambda s: s.name)
    def test_it_ends(self, cs_rec, shell, stop, end):
        job = Job(cs_rec, shell, *cs_rec.child("winsize"))
        shell.wait_for(b"<100x30>")
        job.goes_on()
        job.stop(stop)
        os.kill(job.pid, end)
        os.kill(job.pid, signal.SIGCONT)  # as the shell's own `kill %1` does
        job.is_over()
        assert cs_rec.log.event("exit")["reason"] == f"cs-rec received {end.name}"
        shell.type(b"echo from $((40+2))\r")
        shell.wait_for(b"from 42")

    def test_so_it_does_when_the_order_comes_after_it_goes_on(self, cs_rec, shell):
        job = Job(cs_rec, shell, *cs_rec.child("winsize"))
        shell.wait_for(b"<100x30>")
        job.goes_on()
        job.stop(signal.SIGSTOP)
        shell.type(b"bg\r")
        shell.until(lambda: state(job.pid) != "T")
        os.kill(job.pid, signal.SIGTERM)
        os.kill(job.pid, signal.SIGCONT)
        job.is_over()
        assert cs_rec.log.event("exit")["reason"] == "cs-rec received SIGTERM"
