"""The launcher: what a command may throw, and the one line and exit code that come of it."""

from __future__ import annotations

import keyword
import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from claude_sessions_recorder import COMMANDS, Command, main

ROOT = Path(__file__).parents[2]
RUN = """
import sys
from claude_sessions_recorder import Command
sys.exit(Command("boom", "boom", {})())
"""


class Boom:
    """A command `cs-boom` whose main is the test's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def argv(self, body: str, failure: int = 2) -> list[str]:
        """Write the module; what runs it."""
        indented = "\n".join(f"    {line}" for line in body.splitlines())
        (self._folder / "boom.py").write_text(f"import os, sys\n\ndef main(argv):\n{indented}\n")
        return [sys.executable, "-c", RUN.format(failure)]

    def environ(self, **variables: str) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(self._folder), **variables}

    def run(
        self, body: str, failure: int = 2, env: dict[str, str] | None = None, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 30, **options}
        argv, environ = self.argv(body, failure), self.environ(**(env or {}))
        return subprocess.run(argv, env=environ, text=True, check=False, **options)


@pytest.fixture
def boom(tmp_path: Path) -> Boom:
    return Boom(tmp_path)


def test_the_code_of_main_is_the_exit_code(boom):
    done = boom.run("print('data')\nreturn 7")
    assert (done.returncode, done.stdout, done.stderr) == (7, "data\n", "")


def test_an_error_of_the_family_is_one_line_and_its_code(boom):
    body = "from formats.errors import NoSuchSessionError\nraise NoSuchSessionError('no session x')"
    done = boom.run(body)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "cs-boom: no session x\n")


def test_a_command_with_a_failure_code_of_its_own_fails_with_it(boom):
    body = "from formats.errors import ConfigError\nraise ConfigError('bad')"
    assert boom.run(body, failure=125).returncode == 125


def test_an_error_with_a_code_of_its_own_keeps_it(boom):
    body = """\
from formats.errors import SessionsError
class NotFound(SessionsError):
    exit_code = 127
raise NotFound('no such command')"""
    assert boom.run(body, failure=125).returncode == 127


@pytest.mark.parametrize("failure", [2, 125])
def test_any_other_exception_is_one_line_without_a_traceback(boom, failure):
    done = boom.run("raise TypeError('two\\nlines \\x1b[31m')", failure)
    expected = (
        r"cs-boom: internal error: TypeError: two\nlines \x1b[31m (CS_DEBUG=1 shows where)" + "\n"
    )
    assert (done.returncode, done.stderr) == (failure, expected)


def test_debugging_shows_where(boom):
    done = boom.run("raise TypeError('odd')", env={"CS_DEBUG": "1"})
    assert done.stderr.startswith("Traceback")
    assert "boom.py" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("cs-boom: internal error: TypeError: odd")


def test_an_error_of_the_system_names_the_file(boom):
    done = boom.run("open('/nowhere/at all')")
    assert done.stderr == "cs-boom: /nowhere/at all: No such file or directory\n"
    assert done.returncode == 2


def test_an_interrupt_is_130_and_silent(boom):
    body = "import signal\nprint('ready', flush=True)\nsignal.pause()"
    child = subprocess.Popen(
        boom.argv(body), env=boom.environ(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with child:
        assert child.stdout
        assert child.stderr
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(signal.SIGINT)
        assert child.stderr.read() == b""
        assert child.wait(30) == 130


@pytest.mark.parametrize("lines", [1, 1_000_000], ids=["at the end", "in between"])
def test_a_reader_that_goes_away_is_no_error(boom, lines):
    reading, writing = os.pipe()
    os.close(reading)
    done = boom.run(f"for _ in range({lines}):\n    print('line')\nreturn 1", stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
@pytest.mark.parametrize("lines", [1, 1_000_000], ids=["at the end", "in between"])
def test_a_full_disk_is_one_line(boom, lines):
    with open("/dev/full", "w") as full:
        done = boom.run(f"for _ in range({lines}):\n    print('line')\nreturn 0", stdout=full)
    assert (done.returncode, done.stderr) == (2, "cs-boom: No space left on device\n")


def test_help_into_a_pipe_that_nobody_reads_is_no_error(boom):
    reading, writing = os.pipe()
    os.close(reading)
    body = "import argparse\nargparse.ArgumentParser(prog='cs-boom').parse_args(['-h'])"
    done = boom.run(body, stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_closed_standard_descriptors_are_not_given_to_files(boom, tmp_path):
    body = "with open('out', 'w') as file:\n    file.write(str(file.fileno()))\nprint('lost')"
    argv = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *boom.argv(body)]
    done = subprocess.run(argv, env=boom.environ(), cwd=tmp_path, timeout=30, check=False)
    assert done.returncode == 0
    assert int((tmp_path / "out").read_text()) > 2


def test_what_stdout_cannot_encode_is_escaped(boom):
    done = boom.run("print('caf\\xe9 \\udcff')", env={"PYTHONIOENCODING": "ascii:strict"})
    assert (done.returncode, done.stdout) == (0, "caf\\xe9 \\udcff\n")


def test_the_search_path_and_the_environment_are_given_back(boom):
    boom.argv("return 0")
    code = """
import os, sys
given = sys.path[:], dict(os.environ)
from claude_sessions_recorder import Command
Command("boom", "boom")([])
sys.exit((sys.path, dict(os.environ)) != given)
"""
    done = subprocess.run([sys.executable, "-c", code], env=boom.environ(), check=False)
    assert done.returncode == 0


def test_version_is_asked_before_the_command_is_imported(boom):
    argv = [*boom.argv("return 1"), "-q", "--version"]
    (Path(boom.environ()["PYTHONPATH"]) / "boom.py").write_text("raise RuntimeError\n")
    done = subprocess.run(argv, env=boom.environ(), text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout.split()[0]) == (0, "cs-boom")


def test_version_after_two_dashes_is_the_recorded_command_s_own(cs, home):
    done = cs("rec", "--quiet", ".", "--", "sh", "-c", 'echo "$1"', "sh", "--version")
    assert done.stdout.split() == ["--version"]


def test_every_script_is_a_command_of_the_launcher():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {name: name + "_" * keyword.iskeyword(name) for name in COMMANDS}
    expected = {f"cs-{name}": f"claude_sessions_recorder:{names[name]}" for name in COMMANDS}
    assert project["scripts"] == expected
    launcher = sys.modules[Command.__module__]
    assert all(getattr(launcher, names[name]) is command for name, command in COMMANDS.items())


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("rec", []), ("play", ["last"]), ("grep", ["last", "x"]), ("ls", [])],
)
def test_wrong_usage_is_one_line_with_the_failure_code(cs, name, arguments, home):
    done = cs(name, *arguments, "--no-such-option")
    assert done.returncode == COMMANDS[name].failure
    assert done.stdout == ""
    assert done.stderr.startswith(f"cs-{name}: ")
    assert "--no-such-option" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_module_runs_every_command(name):
    argv = [sys.executable, "-m", "claude_sessions_recorder", name, "--version"]
    done = subprocess.run(argv, text=True, capture_output=True, check=True, timeout=30)
    assert done.stdout.startswith(f"cs-{name} ")


def test_the_package_of_the_recorder_runs_it():
    argv = [sys.executable, "-m", "recorder", "--version"]
    done = subprocess.run(argv, text=True, capture_output=True, check=True, timeout=30)
    assert done.stdout.startswith("cs-rec ")


def test_the_module_without_a_command_says_which_there_are(capsys):
    assert main([]) == 2
    assert "{" + ",".join(COMMANDS) + "}" in capsys.readouterr().err
    assert main(["--help"]) == 0
    assert "{" + ",".join(COMMANDS) + "}" in capsys.readouterr().out
