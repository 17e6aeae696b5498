"""A project with modules of our names, and PYTHONPATH=. in it: every command works all the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from claude_sessions_recorder import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path

# The sealer runs only when nothing else wants the machine.
LIMIT_S = 50


@pytest.fixture
def project(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, which is also the current one."""
    folder = tmp_path / "project"
    for name in ("formats.py", "player/__init__.py", "recorder/__init__.py"):
        module = folder / name
        module.parent.mkdir(parents=True, exist_ok=True)
        module.write_text(f"raise RuntimeError('{name} is not the one that was meant')\n")
    monkeypatch.setenv("PYTHONPATH", ".")
    monkeypatch.chdir(folder)
    return folder


def test_the_project_does_shadow(project):
    argv = [sys.executable, "-c", "import formats"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert "formats.py is not the one that was meant" in done.stderr


@pytest.mark.parametrize("option", ["--help", "--version"])
@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_and_version(project, cs, name, option):
    done = cs(name, option)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"cs-{name}" in done.stdout


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_as_a_module(project, name):
    argv = [sys.executable, "-m", "claude_sessions_recorder", name, "--help"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_record_list_find_and_play(project, cs):
    shown = "print(repr(__import__('os').environ['PYTHONPATH']), 'needle')"
    done = cs("rec", "--quiet", ".", "--", sys.executable, "-c", shown)
    assert (done.returncode, done.stderr) == (0, "")
    # The command meets the user's environment, not ours.
    assert done.stdout.split() == ["'.'", "needle"]

    listed = cs("ls", "--json")
    assert listed.returncode == 0, listed.stderr
    assert len([json.loads(line) for line in listed.stdout.splitlines()]) == 1

    played = cs("play", "last", "--no-timing")
    assert (played.returncode, played.stdout.split()) == (0, ["'.'", "needle"])

    found = cs("grep", "last", "needle")
    assert found.returncode == 0, found.stderr
    assert "needle" in found.stdout


def test_closed_segments_are_sealed(project, cs, home):
    flood = "print('x' * 70 * 1024 * 3)"
    done = cs("rec", "-q", "--rotate-bytes", "64K", ".", "--", sys.executable, "-c", flood)
    assert done.returncode == 0, done.stderr
    until = time.monotonic() + LIMIT_S
    while not any(name.endswith(".0001.jsonl.zst") for name in os.listdir(home / "logs")):
        assert time.monotonic() < until, f"not sealed: {os.listdir(home / 'logs')}"
        time.sleep(0.05)
