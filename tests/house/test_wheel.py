"""What is shipped: three packages, the launcher, what shells and man read, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

import formats
from claude_sessions_recorder import COMMANDS

ROOT = Path(__file__).parents[2]
PACKAGES = ("formats", "player", "recorder")
SHARED = {
    "man": "man/man1",
    "completions/bash": "bash-completion/completions",
    "completions/zsh": "zsh/site-functions",
    "completions/fish": "fish/vendor_completions.d",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    argv = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as opened:
        yield opened


def test_its_files_are_those_of_the_tree(wheel):
    tree = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    names = [name for name in wheel.namelist() if ".data/" not in name]
    shipped = {name for name in names if ".dist-info/" not in name}
    assert shipped == tree | {"claude_sessions_recorder.py"}


def test_man_pages_and_completions_lie_where_they_are_looked_for(wheel):
    tree = {
        f"share/{target}/{path.name}": path.read_bytes()
        for source, target in SHARED.items()
        for path in (ROOT / source).iterdir()
    }
    shipped = {
        name.partition(".data/data/")[2]: wheel.read(name)
        for name in wheel.namelist()
        if ".data/" in name
    }
    assert shipped == tree
    assert {f"share/man/man1/cs-{name}.1" for name in COMMANDS} <= set(shipped)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_says_that_it_is_typed(wheel, package):
    assert f"{package}/py.typed" in wheel.namelist()


def test_its_metadata(wheel):
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = message_from_string(wheel.read(name).decode())
    assert metadata["Name"] == "claude-sessions-recorder"
    assert metadata["Version"] == formats.VERSION
    assert metadata["License-Expression"] == "MIT"
    assert metadata["License-File"] == "LICENSE"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_itself_imports_nothing(package):
    """The launcher imports it before it is known what is needed."""
    code = f"""
import sys
before = set(sys.modules)
import {package}
print(*set(sys.modules) - before)
"""
    argv = [sys.executable, "-c", code]
    done = subprocess.run(argv, cwd="/", text=True, capture_output=True, check=True)
    assert done.stdout.split() == [package]
