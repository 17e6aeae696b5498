"""Terminals as they are found: without a name, without a size, the shell's, and given back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.support.recording import COMMAND, cpu_s, is_alive, started_recorder, state

pytestmark = pytest.mark.usefixtures("linux")
# A fault of ours, at the third piece of output.
BROKEN = """
import sys
import claude_sessions_recorder as commands
import recorder.log
output, calls = recorder.log.Log.output, []
def broken(self, data):
    calls.append(data)
    if len(calls) == 3:
        raise RuntimeError("a fault of ours")
    output(self, data)
recorder.log.Log.output = broken
sys.exit(commands.rec(sys.argv[1:]))
"""


def stty(terminal):
    return subprocess.check_output(["stty", "-g", "-F", terminal.name])


@pytest.mark.parametrize("term", [None, "", "dumb", "no-such-terminal"])
def test_whatever_term_says(cs_rec, term):
    """The command gets a TERM that exists where there was none, and what was there otherwise."""
    if term is None:
        del cs_rec.environ["TERM"]
    else:
        cs_rec.environ["TERM"] = term
    terminal = cs_rec.start(".", "--", "sh", "-c", "echo TERM is $TERM.; stty size")
    before = stty(terminal)
    assert terminal.wait() == 0
    assert b"TERM is %b.\r\n" % (term or "xterm-256color").encode() in terminal.screen
    assert cs_rec.log.event("start")["term"] == (term or "xterm-256color")
    assert stty(terminal) == before


def test_after_a_fault_of_ours_the_terminal_is_given_back(cs_rec):
    command = [sys.executable, "-c", BROKEN, "-q", ".", *cs_rec.child("echo")]
    terminal = cs_rec.start(command=command)
    terminal.wait_for(b"READY")
    found = terminal.found_mode
    assert terminal.is_raw()
    terminal.type(b"a")
    terminal.wait_for(b"READYa")
    terminal.type(b"b")
    assert terminal.wait() == 125
    assert terminal.mode() == found
    said = bytes(terminal.screen).partition(b"cs-rec: ")[2]
    assert b"internal error" in said
    assert b"a fault of ours" in said
    assert said.count(b"\n") == 1
    assert cs_rec.log.output(torn=True) == b"READYa", "what was seen is in the log"


class TestAnInteractiveShell:
    """With line editing its terminal is in the shell's own mode while it prompts."""

    @pytest.fixture
    def shell(self, cs_rec):
        command = ["bash", "--norc", "--noprofile", "-i"]
        terminal = cs_rec.start(command=command, environ={"PS1": "$ ", "TERM": "dumb"})
        terminal.wait_for(b"$ ")
        return terminal

    def mode_of_commands(self, shell):
        """`stty -g` as a command of the shell prints it."""
        begin = len(shell.screen)
        shell.type(b"echo mode $(stty -g).\r")
        end = shell.wait_for(b"\nmode ", after=begin)
        return bytes(shell.screen[end : shell.wait_for(b".\r", after=end) - 2])

    def begin(self, cs_rec, shell, *arguments, how=""):
        shell.type(" ".join([*COMMAND, "-q", ".", *arguments, how, "\r"]).encode())
        return shell.until(lambda: next(started_recorder(shell), None))

    @pytest.mark.parametrize("stop", [signal.SIGTSTP, signal.SIGSTOP], ids=lambda s: s.name)
    def test_stopped_sent_to_the_background_and_back(self, cs_rec, shell, stop):
        before = self.mode_of_commands(shell)
        pid = self.begin(cs_rec, shell, *cs_rec.child("winsize"))
        shell.wait_for(b"<100x30>")
        os.kill(pid, stop)
        shell.until(lambda: state(pid) == "T")
        # While the shell waits for `sleep`, keys lie in the terminal for whoever reads them first.
        shell.type(b"bg; sleep 0.5\r")
        shell.wait_for(b"bg; sleep 0.5\r\n")
        used_s = cpu_s(pid)
        shell.type(b"echo from $((40+2))\r")
        shell.wait_for(b"\nfrom 42")
        assert state(pid) != "T"
        assert cpu_s(pid) - used_s < 0.1, "it spins"
        shell.resize(71, 21)
        shell.type(b"fg\r")
        shell.wait_for(b"<71x21>")
        shell.type(b"q")
        shell.until(lambda: not is_alive(pid))
        assert self.mode_of_commands(shell) == before
        assert cs_rec.log.input() == b"q"

    def test_in_the_background_with_nothing_to_read_it_runs(self, cs_rec, shell):
        line = "'echo one; sleep 0.1; echo two'"
        pid = self.begin(cs_rec, shell, "--", "sh", "-c", line, how="</dev/null &")
        shell.wait_for(b"two")
        shell.until(lambda: not is_alive(pid))
        assert cs_rec.log.output() == b"one\r\ntwo\r\n"

    def test_in_the_background_keys_are_the_shells(self, cs_rec, shell):
        pid = self.begin(cs_rec, shell, *cs_rec.child("echo"), how="&")
        shell.wait_for(b"READY")
        shell.type(b"echo from $((40+2))\r")
        shell.wait_for(b"\nfrom 42")
        os.kill(pid, signal.SIGTERM)
        shell.until(lambda: not is_alive(pid))
        shell.type(b"echo still $((40+2))\r")
        shell.wait_for(b"\nstill 42")
        assert cs_rec.log.input() == b""

    def test_where_the_background_may_not_write_it_still_ends(self, cs_rec, shell):
        shell.type(b"stty tostop\r")
        pid = self.begin(cs_rec, shell, *cs_rec.child("echo"), how="&")
        shell.until(lambda: state(pid) == "T")
        os.kill(pid, signal.SIGTERM)
        os.kill(pid, signal.SIGCONT)
        shell.until(lambda: not is_alive(pid))
        assert cs_rec.log.event("exit")["reason"] == "cs-rec received SIGTERM"

    def test_it_says_how_it_gets_its_keys(self, cs_rec, shell):
        shell.type(" ".join([*COMMAND, ".", *cs_rec.child("echo"), "&\r"]).encode())
        shell.wait_for(b"cs-rec: in the background: bring it to the front (fg) to type\r\n")
        os.kill(shell.until(lambda: next(started_recorder(shell), None)), signal.SIGTERM)
        shell.wait_for(b"play it: cs-play")
