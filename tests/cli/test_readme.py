"""The examples in the README, each as it stands there, typed into a shell in a window."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from formats.size import Size
from tests.support.logs import Said, ended, start, write_log
from tests.support.window import PlayerWindow

if TYPE_CHECKING:
    from collections.abc import Callable

README = (Path(__file__).parents[2] / "README.md").read_text()
SIX, MORE = re.findall(r"```sh\n((?:cs-.*\n)+)```", README)
(PYTHON,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
(JQ,) = re.findall(r"^(jq .*)$", README, re.MULTILINE)
ID = "3f2a04e0-4f89-41d3-9a0c-0305e82c3301"
MINUTE_MS = 60_000


def examples(block: str) -> list[str]:
    """The commands, without the remark behind each."""
    return [re.sub(r"\s+# .*", "", line) for line in block.splitlines()]


class Machine:
    """A person's machine: a home with a session of 13 minutes, a project, programs to record."""

    def __init__(self, folder: Path, commands: Path) -> None:
        self.folder = folder
        (folder / "project").mkdir()
        (folder / "bin").mkdir()
        for name, does in (("claude", "echo hello from $PWD"), ("make", "echo made $1; exit 3")):
            program = folder / "bin" / name
            program.write_text(f"#!/bin/sh\n{does}\n")
            program.chmod(0o755)
        self.environ = {
            **os.environ,
            "HOME": str(folder),
            "PATH": f"{folder / 'bin'}:{commands}:{os.environ['PATH']}",
            "TERM": "xterm-256color",
        }
        del self.environ["CLAUDE_SESSIONS_HOME"]
        self.logs = folder / ".claude-sessions" / "logs"
        self.logs.mkdir(parents=True, mode=0o700)
        self.logs.parent.chmod(0o700)
        said = [
            Said(1000, b"the first line\r\n"),
            Said(MINUTE_MS, b"a question\r\n", "input"),
            Said(MINUTE_MS + 10, b"an error: Unable to connect\r\n"),
            Said(12 * MINUTE_MS, b"after twelve minutes\r\n"),
            Said(13 * MINUTE_MS, b"the last line\r\n"),
        ]
        write_log(self.logs / f"{ID}.jsonl", start(title="talk"), *said, ended(13 * MINUTE_MS))

    def type(self, line: str) -> PlayerWindow:
        """A window in which a shell runs the line."""
        argv = ["bash", "--norc", "-c", line]
        return PlayerWindow(argv, self.environ, size=Size(100, 30), cwd=self.folder)

    def listed(self) -> list[dict[str, object]]:
        """What `cs-ls --json` says, the newest first."""
        argv = ["cs-ls", "--json"]
        done = subprocess.run(argv, env=self.environ, check=True, capture_output=True, timeout=30)
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def machine(tmp_path: Path, commands: Path) -> Machine:
    return Machine(tmp_path, commands)


def sees(*texts: str, code: int = 0) -> Callable[[Machine, PlayerWindow], None]:
    """The window shows these, and the command ends by itself."""

    def check(machine: Machine, window: PlayerWindow) -> None:
        window.see(*texts)
        assert window.wait() == code

    return check


def plays(*texts: str) -> Callable[[Machine, PlayerWindow], None]:
    """The player shows these, and goes on until it is quit."""

    def check(machine: Machine, window: PlayerWindow) -> None:
        window.see(*texts)
        window.press("q")
        assert window.wait() == 0

    return check


def writes(name: str, *texts: str) -> Callable[[Machine, PlayerWindow], None]:
    """A file is written, with these in it."""

    def check(machine: Machine, window: PlayerWindow) -> None:
        assert window.wait() == 0
        written = (machine.folder / name).read_text()
        assert not [text for text in texts if text not in written]

    return check


def records_claude(machine: Machine, window: PlayerWindow) -> None:
    window.see(f"hello from {machine.folder / 'project'}")
    assert window.wait() == 0
    session, *_ = machine.listed()
    assert (session["command"], session["cwd"]) == (["claude"], str(machine.folder / "project"))


def keeps_the_exit_code(machine: Machine, window: PlayerWindow) -> None:
    window.see("made release")
    assert window.wait() == 3
    session, *_ = machine.listed()
    assert (session["title"], session["exit_status"]) == ("release", 3)


def brings_it_back(machine: Machine, window: PlayerWindow) -> None:
    assert window.wait() == 0
    assert len(machine.listed()) == 2


CHECKS = {
    "cs-rec ~/project": records_claude,
    "cs-rec --title release . -- make release": keeps_the_exit_code,
    "cs-ls -n 5": sees(ID[:8], "talk"),
    "cs-play last --speed 2 --idle-limit 1": plays("the first line", "the last line"),
    "cs-play 3f2a --at 12:30": plays("after twelve minutes", "12:3"),
    "cs-grep last 'Unable to connect'": sees("0:01:00.010", "an error: Unable to connect"),
    "cs-play last --follow": plays("what is said just now"),
    "cs-play last --dump-at 1:30 --svg > screen.svg": writes("screen.svg", "<svg", "Unable"),
    "cs-grep all error": sees("an error: Unable to connect"),
    "cs-text last --markdown > talk.md": writes("talk.md", "the first line", "the last line"),
    "cs-export last -o talk.html": writes("talk.html", "<html"),
    "cs-import talk.cast": brings_it_back,
    "cs-verify all": sees(ID[:8]),
}

BEFORE = {
    "cs-play last --follow": "cs-rec . -- sh -c 'echo what is said just now; echo ready; read x'",
    "cs-import talk.cast": "cs-export last -o talk.cast && echo ready",
}
"""What is done first, in another window."""


def test_there_are_six() -> None:
    assert len(examples(SIX)) == 6


def test_each_has_a_check() -> None:
    assert {*examples(SIX), *examples(MORE)} == set(CHECKS)


@pytest.mark.parametrize("line", [*examples(SIX), *examples(MORE)])
def test_an_example_does_what_is_said_of_it(machine, line) -> None:
    windows = [machine.type(BEFORE[line])] if line in BEFORE else []
    try:
        for before in windows:
            before.see("ready")
        windows.append(machine.type(line))
        CHECKS[line](machine, windows[-1])
    finally:
        for window in windows:
            window.close()


def test_a_program_asks_python(machine) -> None:
    argv = [sys.executable, "-c", PYTHON]
    done = subprocess.run(argv, env=machine.environ, check=True, capture_output=True, timeout=60)
    assert b"Unable to connect" in done.stdout
    assert done.stdout.rstrip().endswith(b"the last line")


def test_another_program_reads_the_log(machine) -> None:
    window = machine.type(JQ)
    try:
        sees("the first line", "the last line")(machine, window)
    finally:
        window.close()
