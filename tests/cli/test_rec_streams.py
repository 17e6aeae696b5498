"""Input that is closed, empty, a pipe or a file; output that is a pipe, closed, or closed early."""

from __future__ import annotations

import os
import pty
import subprocess
import termios
from datetime import datetime

import pytest

from tests.support.recording import COMMAND, cpu_s


class TestInput:
    def test_from_a_pipe_reaches_the_command_and_then_ends(self, cs_rec):
        done = cs_rec.run("--quiet", ".", "--", "cat", input=b"abc\n")
        assert done.returncode == 0
        assert done.stdout == cs_rec.log.output()
        assert done.stdout.startswith(b"abc\r\nabc\r\n")  # the PTY's echo, and cat's
        assert cs_rec.log.input() == b"abc\n"

    def test_without_a_newline_at_its_end(self, cs_rec):
        done = cs_rec.run("-q", ".", "--", "cat", input=b"abc\ndef")
        assert done.returncode == 0
        assert done.stdout.endswith(b"abc\r\ndef") or done.stdout.count(b"def") == 2
        assert cs_rec.log.input() == b"abc\ndef"

    def test_from_a_file(self, cs_rec):
        (cs_rec.folder / "file").write_bytes(b"one\ntwo\n")
        done = cs_rec.shell("cs-rec -q . -- sort -r < file")
        assert done.returncode == 0
        assert done.stdout.endswith(b"two\r\none\r\n")

    def test_an_empty_file_is_an_end_at_once(self, cs_rec):
        done = cs_rec.run("-q", ".", "--", "wc", "-c")
        assert done.stdout.strip() == b"0"

    def test_closed_is_an_end_at_once_too(self, cs_rec):
        done = cs_rec.shell("cs-rec -q . -- wc -c <&-")
        assert done.returncode == 0
        assert done.stdout.strip() == b"0"

    def test_a_megabyte_from_a_pipe(self, cs_rec, tmp_path):
        data = b"".join(b"%07d %s\n" % (n, b"y" * (n * 37 % 3900)) for n in range(560))
        target = tmp_path / "typed"
        done = cs_rec.run("-q", ".", *cs_rec.child("fill", target), input=data)
        assert done.returncode == 0
        assert target.read_bytes() == data
        assert cs_rec.log.input() == data

    @pytest.mark.parametrize("end", ["", "\n"])
    def test_a_shell_reads_its_commands_from_a_pipe(self, cs_rec, end):
        line = f"echo first $((1+1))\nfalse\necho last $((40+2)){end}".encode()
        done = cs_rec.run("-q", ".", "--", "bash", "--norc", input=line)
        assert done.returncode == 0
        assert b"first 2" in done.stdout
        assert b"last 42" in done.stdout
        assert cs_rec.log.input() == line

    def test_a_shell_whose_commands_take_their_time(self, cs_rec):
        """The end must not come while another program has the terminal in another mode."""
        line = b"sleep 0.3\necho $((40+2))\nsleep 0.3\n"
        done = cs_rec.run("-q", ".", "--", "bash", "--norc", input=line)
        assert done.returncode == 0
        assert b"42" in done.stdout

    def test_a_shell_that_is_told_to_exit(self, cs_rec):
        done = cs_rec.run("-q", ".", "--", "bash", "--norc", input=b"exit 6\n")
        assert done.returncode == 6

    def test_a_command_that_reads_nothing_ends_by_itself(self, cs_rec):
        done = cs_rec.run("-q", ".", "--", "sh", "-c", "exit 8", input=b"x" * 3000)
        assert done.returncode == 8

    @pytest.mark.parametrize("line", [b"x" * 100, b"x" * 2000])
    def test_a_command_that_leaves_most_of_it_unread_ends_at_once(self, cs_rec, line):
        data = (line + b"\n") * (200_000 // len(line))
        line_of_shell = "read -r x; touch ended; exit 8"
        done = cs_rec.run("-q", ".", "--", "sh", "-c", line_of_shell, input=data)
        assert done.returncode == 8
        ended_s = (cs_rec.folder / "ended").stat().st_mtime
        logged = datetime.fromisoformat(cs_rec.log.entries()[-1].timestamp)
        assert logged.timestamp() - ended_s < 0.8

    def test_from_a_pipe_with_the_screen_on_a_terminal(self, cs_rec):
        read_fd, write_fd = os.pipe()
        terminal = cs_rec.start(".", "--", "sh", "-c", "stty size; cat", stdin=read_fd)
        os.close(read_fd)
        terminal.wait_for(b"30 100")
        os.write(write_fd, b"typed elsewhere\n")
        terminal.wait_for(b"typed elsewhere")
        assert not terminal.is_raw()
        os.close(write_fd)
        assert terminal.wait() == 0
        assert terminal.mode() == terminal.found_mode

    @pytest.mark.usefixtures("linux")
    def test_a_terminal_that_hung_up_costs_nothing(self, cs_rec):
        """A terminal for input only, not the controlling one: no signal tells of its end."""
        master, slave = pty.openpty()
        terminal = cs_rec.start(".", "--", "sh", "-c", "echo READY; exec sleep 1000", stdin=slave)
        os.close(slave)
        terminal.wait_for(b"READY")
        os.close(master)
        before_s, times = cpu_s(terminal.pid), 0
        while times < 25:  # half a second
            times += not terminal.look(0.02)
        assert cpu_s(terminal.pid) - before_s < 0.05
        assert terminal.process.poll() is None


class TestOutput:
    def test_a_pipe_gets_exactly_what_the_command_wrote(self, cs_rec):
        done = cs_rec.run("-q", ".", "--", "printf", r"a\tb\033[m")
        assert done.stdout == cs_rec.log.output() == b"a\tb\x1b[m"

    def test_a_reader_that_leaves_early_changes_nothing(self, cs_rec):
        line = "set -o pipefail; cs-rec -q . -- sh -c 'seq 100000; exit 5' | head -c 100"
        done = cs_rec.shell(line)
        assert done.returncode == 5
        assert done.stderr == b""
        assert len(done.stdout) == 100
        assert cs_rec.log.output().endswith(b"\r\n100000\r\n")

    def test_nobody_reads_at_all(self, cs_rec):
        read_fd, write_fd = os.pipe()
        os.close(read_fd)
        done = cs_rec.run(
            ".", "--", "sh", "-c", "echo hello; exit 5",
            capture_output=False, stdout=write_fd, stderr=write_fd,
        )  # fmt: skip
        os.close(write_fd)
        assert done.returncode == 5
        assert cs_rec.log.output() == b"hello\r\n"

    @pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
    def test_closed_is_no_trouble(self, cs_rec, closed):
        done = cs_rec.shell(f"cs-rec . -- sh -c 'echo hello; exit 5' {closed}")
        assert done.returncode == 5
        assert cs_rec.log.output() == b"hello\r\n"
        assert cs_rec.log.entries()[0].event["type"] == "start"

    def test_a_file(self, cs_rec):
        assert cs_rec.shell("cs-rec -q . -- seq 1000 > out").returncode == 0
        assert (cs_rec.folder / "out").read_bytes() == cs_rec.log.output()

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
    def test_a_full_disk_for_the_screen_only(self, cs_rec):
        assert cs_rec.shell("cs-rec -q . -- seq 1000 > /dev/full").returncode == 0
        assert cs_rec.log.output().endswith(b"\r\n1000\r\n")

    def test_a_terminal_that_another_process_made_non_blocking(self, cs_rec):
        terminal = cs_rec.start(
            command=[
                "sh", "-c",
                'python3 -c "import os; os.set_blocking(1, False)"; exec "$@"', "-",
                *COMMAND, "-q", ".", *cs_rec.child("count", 1_000_000),
            ]
        )  # fmt: skip
        assert terminal.wait() == 0
        assert bytes(terminal.screen) == cs_rec.log.output()
        assert len(terminal.screen) == 1_000_000


class TestNoTerminalAtAll:
    def test_the_command_still_has_one(self, cs_rec):
        done = cs_rec.run("-q", ".", "--", "sh", "-c", "tty; test -t 0 && test -t 1 && echo yes")
        assert done.stdout.endswith(b"yes\r\n")
        assert b"/dev/" in done.stdout

    def test_it_is_the_commands_controlling_terminal(self, cs_rec):
        done = cs_rec.run("-q", ".", "--", "sh", "-c", "echo direct > /dev/tty")
        assert done.stdout == b"direct\r\n"

    def test_in_the_background_of_a_script(self, cs_rec):
        done = cs_rec.shell("cs-rec -q . -- sh -c 'echo hello; exit 4' & wait $!")
        assert (done.returncode, done.stdout) == (4, b"hello\r\n")


def test_the_modes_of_the_commands_terminal_are_sane(cs_rec):
    """Taken from nobody: a PTY's own defaults, as for a new window."""
    master, slave = pty.openpty()
    expected = termios.tcgetattr(slave)
    found = subprocess.run(["stty", "-a"], stdin=slave, capture_output=True, check=True).stdout
    os.close(master)
    os.close(slave)
    assert expected[3] & termios.ICANON
    done = cs_rec.run("-q", "--size", "80x24", ".", "--", "sh", "-c", "stty -a")
    assert done.stdout.split()[10:] == found.split()[10:]
