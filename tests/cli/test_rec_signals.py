"""Signals to `cs-rec`: the command is told, the log is closed, the terminal is given back."""

from __future__ import annotations

import os
import shlex
import signal
import termios

import pytest

from tests.support.recording import COMMAND, commands, is_alive, started_recorder, state

pytestmark = pytest.mark.usefixtures("linux")
ENDING = [signal.SIGTERM, signal.SIGHUP, signal.SIGINT]
by_name = pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)


class TestEnding:
    @by_name
    def test_the_command_is_signalled_and_the_log_says_why(self, cs_rec, number):
        terminal = cs_rec.start(".", *cs_rec.child("polite"))
        terminal.wait_for(b"READY")
        assert terminal.is_raw()
        terminal.signal(number)
        assert terminal.wait(10) == 128 + number
        assert terminal.mode() == terminal.found_mode
        log = cs_rec.log
        assert log.output() == b"READYGOT%d" % number
        assert bytes(terminal.screen).startswith(log.output())
        last = log.entries()[-1].event
        assert last == {"type": "exit", "status": 9, "reason": f"cs-rec received {number.name}"}
        assert log.meta()["state"] == "ended"

    @by_name
    def test_a_command_that_dies_of_it_too(self, cs_rec, number):
        terminal = cs_rec.start(".", "--", "sh", "-c", "echo READY; exec sleep 1000")
        terminal.wait_for(b"READY")
        terminal.signal(number)
        assert terminal.wait(10) == 128 + number
        event = cs_rec.log.event("exit")
        assert event["signal"] == number
        assert event["reason"] == f"cs-rec received {number.name}"

    def test_a_command_that_ignores_them_is_killed(self, cs_rec):
        terminal = cs_rec.start(".", *cs_rec.child("stubborn"))
        terminal.wait_for(b"READY")
        (child,) = commands(terminal.pid)
        terminal.signal(signal.SIGTERM)
        assert terminal.wait(9) == 128 + signal.SIGTERM
        assert not is_alive(child)
        assert cs_rec.log.event("exit")["signal"] == signal.SIGKILL
        assert terminal.mode() == terminal.found_mode

    @pytest.mark.slow
    @pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT], ids=lambda n: n.name)
    def test_whichever_it_ignores(self, cs_rec, number):
        terminal = cs_rec.start(".", *cs_rec.child("stubborn"))
        terminal.wait_for(b"READY")
        terminal.signal(number)
        assert terminal.wait(9) == 128 + number
        assert cs_rec.log.event("exit")["signal"] == signal.SIGKILL

    def test_a_command_that_is_stopped_is_woken_to_hear_it(self, cs_rec):
        terminal = cs_rec.start(".", "--", "sh", "-c", "echo READY; kill -STOP $$; exit 5")
        terminal.wait_for(b"READY")
        (child,) = commands(terminal.pid)
        terminal.until(lambda: state(child) == "T")
        terminal.signal(signal.SIGTERM)
        assert terminal.wait(9) == 128 + signal.SIGTERM
        assert not is_alive(child)

    def test_the_foreground_job_of_a_shell_is_told_too(self, cs_rec):
        shell = ["bash", "--norc", "--noediting", "-i"]
        terminal = cs_rec.start(".", "--", *shell, environ={"PS1": "$ "})
        terminal.wait_for(b"$ ")
        terminal.type(b"sh -c 'echo JOB $$; exec sleep 1000'\r")
        end = terminal.wait_for(b"JOB ", after=terminal.wait_for(b"1000'"))
        job = int(terminal.screen[end : terminal.wait_for(b"\r\n", after=end)])
        terminal.signal(signal.SIGTERM)
        assert terminal.wait(9) == 128 + signal.SIGTERM
        terminal.until(lambda: not is_alive(job))

    def test_several_at_once_end_it_once(self, cs_rec):
        terminal = cs_rec.start(".", *cs_rec.child("polite"))
        terminal.wait_for(b"READY")
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            terminal.signal(number)
        assert terminal.wait(10) in {128 + number for number in ENDING}
        assert len(cs_rec.log.events("exit")) == 1
        assert terminal.mode() == terminal.found_mode

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
    def test_a_command_that_has_let_go_of_the_terminal(self, cs_rec, number):
        """Its PTY is at its end, but the session is not: a signal must still reach it."""
        terminal = cs_rec.start(".", *cs_rec.child("detached"))
        terminal.wait_for(b"READY")
        (child,) = commands(terminal.pid)
        terminal.until(lambda: not os.listdir(f"/proc/{child}/fd"))
        terminal.signal(number)
        assert terminal.wait(9) == 128 + number
        assert not is_alive(child)
        assert terminal.mode() == terminal.found_mode

    def test_the_window_is_closed(self, cs_rec):
        line = "trap 'touch hup; exit' HUP; echo READY; while :; do read -r x; done"
        terminal = cs_rec.start(".", "--", "sh", "-c", line)
        terminal.wait_for(b"READY")
        terminal.hang_up()
        terminal.until(lambda: terminal.process.poll() is not None, read=False)
        assert terminal.process.returncode == 128 + signal.SIGHUP
        assert (cs_rec.folder / "hup").exists()
        assert cs_rec.log.event("exit")["reason"] == "cs-rec received SIGHUP"

    def test_under_nohup_the_session_outlives_the_window(self, cs_rec):
        line = "echo READY; until [ -e go ]; do sleep 0.01; done; echo after"
        command = ["nohup", *COMMAND, "-q", ".", "--", "sh", "-c", line]
        terminal = cs_rec.start(command=command)
        terminal.until(lambda: cs_rec.ids() and b"READY" in cs_rec.log.output(torn=True))
        terminal.hang_up()
        (cs_rec.folder / "go").touch()
        terminal.until(lambda: terminal.process.poll() is not None, read=False)
        assert terminal.process.returncode == 0
        assert cs_rec.log.output().endswith(b"after\r\n")

    def test_what_the_command_left_switched_on_is_switched_off(self, cs_rec):
        line = r"printf '\033[?1049h\033[?1000h\033[?25lREADY'; exec sleep 1000"
        terminal = cs_rec.start(".", "--", "sh", "-c", line)
        end = terminal.wait_for(b"READY")
        terminal.signal(signal.SIGTERM)
        terminal.wait()
        left = bytes(terminal.screen[end:])
        for off in (b"\x1b[?1000l", b"\x1b[?25h", b"\x1b[?1047l"):
            assert off in left
        assert b"\x1b[?1000l" not in cs_rec.log.output()


class TestTheTerminalsMode:
    @pytest.mark.parametrize("status", [0, 3])
    def test_is_as_it_was_after_an_end(self, cs_rec, status):
        terminal = cs_rec.start(".", "--", "sh", "-c", f"stty raw; exit {status}")
        assert terminal.wait() == status
        assert terminal.mode() == terminal.found_mode

    def test_is_as_it_was_even_when_it_was_unusual(self, cs_rec):
        terminal = cs_rec.start(command=["true"])
        assert terminal.wait() == 0
        unusual = terminal.mode()
        unusual[3] &= ~termios.ECHO
        unusual[1] &= ~termios.ONLCR
        unusual[6][termios.VEOF] = b"\x0f"
        terminal.set_mode(unusual)
        terminal.run([*COMMAND, "-q", ".", *cs_rec.child("echo")])
        terminal.wait_for(b"READY")
        terminal.type(b"\x04")
        assert terminal.wait() == 0
        assert terminal.mode() == unusual

    def test_is_as_it_was_when_the_command_cannot_be_executed(self, cs_rec):
        tool = cs_rec.folder / "tool"
        tool.write_text("#!/no/such/interpreter\n")
        tool.chmod(0o755)
        terminal = cs_rec.start(".", "--", "./tool")
        assert terminal.wait() == 126
        assert terminal.mode() == terminal.found_mode

    def test_is_the_users_while_the_first_line_is_said(self, cs_rec):
        terminal = cs_rec.start(command=[*COMMAND, ".", "--", "true"])
        assert terminal.wait() == 0
        lines = bytes(terminal.screen).split(b"\n")
        assert all(line.endswith(b"\r") for line in lines[:-1])


class TestJobControl:
    """`cs-rec` as a job of an interactive shell, which shows the terminal's mode untouched."""

    @pytest.fixture
    def shell(self, cs_rec):
        command = ["bash", "--norc", "--noprofile", "--noediting", "-i"]
        terminal = cs_rec.start(command=command, environ={"PS1": "$ "})
        terminal.wait_for(b"$ ")
        return terminal

    def line(self, cs_rec, *arguments):
        return " ".join([*COMMAND, "-q", *arguments]).encode()

    def begin(self, cs_rec, shell, *arguments, how=b"\r"):
        shell.type(self.line(cs_rec, *arguments) + how)
        return shell.until(lambda: next(started_recorder(shell), None))

    def test_stopped_and_continued_it_goes_on(self, cs_rec, shell):
        cooked = shell.mode()
        pid = self.begin(cs_rec, shell, ".", *cs_rec.child("winsize"))
        shell.wait_for(b"<100x30>")
        assert shell.is_raw()
        for round_ in range(2):
            prompts = shell.screen.count(b"$ ")
            os.kill(pid, signal.SIGTSTP)
            shell.until(lambda: shell.screen.count(b"$ ") > prompts)  # noqa: B023
            assert state(pid) == "T"
            assert shell.mode() == cooked
            shell.resize(70 + round_, 20)
            shell.type(b"fg\r")
            shell.wait_for(b"<%dx20>" % (70 + round_))
            shell.until(shell.is_raw)
        shell.type(b"q")
        shell.until(lambda: not is_alive(pid))
        shell.type(b"exit $?\r")
        assert shell.wait() == 0
        log = cs_rec.log
        assert log.output() == b"<100x30><70x20><71x20>"
        assert log.input() == b"q"
        assert log.event("exit")["status"] == 0

    def test_stopped_by_sigstop_it_comes_back_raw(self, cs_rec, shell):
        pid = self.begin(cs_rec, shell, ".", *cs_rec.child("winsize"))
        shell.wait_for(b"<100x30>")
        prompts = shell.screen.count(b"$ ")
        os.kill(pid, signal.SIGSTOP)
        shell.until(lambda: shell.screen.count(b"$ ") > prompts)
        shell.resize(71, 21)
        shell.type(b"fg\r")
        shell.wait_for(b"<71x21>")
        shell.until(shell.is_raw)
        shell.type(b"q")
        shell.until(lambda: not is_alive(pid))
        shell.until(lambda: not shell.is_raw())
        shell.type(b"exit $?\r")
        assert shell.wait() == 0

    def test_control_z_belongs_to_the_command(self, cs_rec, shell):
        pid = self.begin(cs_rec, shell, ".", *cs_rec.child("echo"))
        shell.wait_for(b"READY")
        shell.type(b"\x1aafter")
        shell.wait_for(b"\x1aafter")
        assert state(pid) != "T"
        shell.type(b"\x04")
        shell.until(lambda: not is_alive(pid))

    def test_started_in_the_background_it_takes_the_terminal_in_front(self, cs_rec, shell):
        cooked = shell.mode()
        pid = self.begin(cs_rec, shell, ".", *cs_rec.child("echo"), how=b" &\r")
        shell.wait_for(b"READY")
        assert shell.mode() == cooked
        shell.type(b"fg\r")
        shell.until(shell.is_raw)
        shell.type(b"typed\x04")
        shell.wait_for(b"typedBYE")
        shell.until(lambda: not is_alive(pid))
        shell.until(lambda: shell.mode() == cooked)
        assert cs_rec.log.event("exit")["status"] == 0

    def test_what_was_typed_ahead_belongs_to_the_shell(self, cs_rec, shell):
        pid = self.begin(cs_rec, shell, ".", "--", "sh", "-c", "'echo READY; exec sleep 0.3 <&-'")
        shell.wait_for(b"READY\r\n")
        shell.until(lambda: not is_alive(pid))
        shell.type(b"echo from $((40+2))\r")
        shell.wait_for(b"from 42")


def test_it_stops_with_the_terminal_as_it_was_found(cs_rec):
    """Interactive shells set their own mode when a job stops; `sh -m` shows what was left to it."""
    record = shlex.join([*COMMAND, "-q", ".", *cs_rec.child("winsize")])
    shell = ["sh", "-m", "-c", f"{record}; echo STOPPED; read -r go; fg"]
    terminal = cs_rec.start(command=shell)
    pid = terminal.until(lambda: next(started_recorder(terminal), None))
    terminal.wait_for(b"<100x30>")
    assert terminal.is_raw()
    os.kill(pid, signal.SIGTSTP)
    terminal.wait_for(b"STOPPED")
    assert terminal.mode() == terminal.found_mode
    terminal.type(b"\n")
    terminal.until(terminal.is_raw)
    terminal.type(b"q")
    assert terminal.wait() == 0
    assert terminal.mode() == terminal.found_mode
