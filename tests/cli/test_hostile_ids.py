"""Names made to lead a command astray: one line, exit code 2, and no path touched."""

from __future__ import annotations

import shutil
from itertools import product

import pytest

from tests.support.logs import Said, ended, start, write_log

FIRST = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
SECOND = "3f2504e0-4f89-41d3-9a0c-0305e82c3302"
# What takes the id of one session, with what else it has to be told.
COMMANDS = {
    "play": [],
    "grep": ["hello"],
    "text": [],
    "export": ["--format", "raw", "-o", "-"],
    "verify": [],
    "repair": ["--dry-run"],
    "index": [],
    "ls": [],
    "meta": [],
    "mark": ["--at", "0", "label"],
    "pin": [],
    "redact": ["--dry-run"],
    "rm": [],
    "restore": [],
}
NAME_FIRST = ("grep", "mark")
IDS = {
    "a way out": "../../etc/passwd",
    "a way out to a session": f"../{FIRST}",
    "a file that is none": "/etc/passwd",
    "300 characters": "a" * 300,
    "a prefix of two": FIRST[:8],
    "a pattern": "*",
    "control characters": "\x1b]0;title\x07\n",
}


@pytest.fixture
def stored(home, tmp_path, monkeypatch):
    for session_id in FIRST, SECOND:
        write_log(home / "logs" / f"{session_id}.jsonl", start(), Said(1, b"hello\r\n"), ended(2))
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    return home


def arguments(command, session):
    words = COMMANDS[command]
    return [session, *words] if command in NAME_FIRST else [*words, session]


def files(home):
    return {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_a_name_that_is_none(cs, stored):
    before = files(stored)
    for command, what in product(COMMANDS, IDS):
        done = cs(command, *arguments(command, IDS[what]))
        assert (done.returncode, done.stdout) == (2, ""), (command, what, done)
        assert done.stderr.count("\n") == 1, (command, what, done)
        assert done.stderr.startswith(f"cs-{command}: "), (command, what, done)
        assert done.stderr[:-1].isprintable(), (command, what, done)
    assert files(stored) == before


def test_a_name_that_looks_like_an_option(cs, stored):
    """-h is the help, as everywhere; behind -- it is a name."""
    for command, words in COMMANDS.items():
        done = cs(command, "-h")
        assert done.returncode == 0
        assert done.stdout.startswith("usage: ")
        options, behind = (words[:-1], words[-1:]) if command in NAME_FIRST else (words, [])
        done = cs(command, *options, "--", "-h", *behind)
        assert (done.returncode, done.stdout) == (2, ""), (command, done)
        assert done.stderr.count("\n") == 1, (command, done)


def test_the_folder_above_is_left_alone(cs, stored, tmp_path):
    """As if `..` led to something that could be removed, restored or written over."""
    outside = tmp_path / f"{FIRST}.jsonl"
    shutil.copy(stored / "logs" / f"{FIRST}.jsonl", outside)
    before = outside.read_bytes()
    for command in ("rm", "restore", "redact", "pin"):
        assert cs(command, f"../../{FIRST}").returncode == 2
    assert outside.read_bytes() == before
