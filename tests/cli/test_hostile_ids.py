"""Names made to lead a command astray: one line, exit code 2, and no path touched."""

from __future__ import annotations

import shutil

import pytest

from tests.support.logs import Said, ended, start, write_log
from tests.support.many import run_many

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


def test_a_name_that_is_none(stored, tmp_path):
    before = files(stored)
    cases = [(command, what) for command in COMMANDS for what in IDS]
    argvs = [[command, *arguments(command, IDS[what])] for command, what in cases]
    found = run_many(argvs, cwd=tmp_path / "a" / "b")
    for (command, what), done in zip(cases, found, strict=True):
        assert done.code == 2, (command, what, done)
        assert done.out == "", (command, what)
        assert done.err.count("\n") == 1, (command, what, done)
        assert done.err.startswith(f"cs-{command}: "), (command, what, done)
        assert done.err[:-1].isprintable(), (command, what, done)
    assert files(stored) == before


def test_a_name_that_looks_like_an_option(stored, tmp_path):
    """-h is the help, as everywhere; behind -- it is a name."""
    argvs = [[command, "-h"] for command in COMMANDS]
    for command, words in COMMANDS.items():
        options, behind = (words[:-1], words[-1:]) if command in NAME_FIRST else (words, [])
        argvs.append([command, *options, "--", "-h", *behind])
    found = run_many(argvs, cwd=tmp_path)
    for argv, done in zip(argvs, found, strict=True):
        if "--" not in argv:
            assert done.code == 0
            assert done.out.startswith("usage: ")
        else:
            assert (done.code, done.out) == (2, ""), (argv, done)
            assert done.err.count("\n") == 1, (argv, done)


def test_the_folder_above_is_left_alone(stored, tmp_path):
    """As if `..` led to something that could be removed, restored or written over."""
    outside = tmp_path / f"{FIRST}.jsonl"
    shutil.copy(stored / "logs" / f"{FIRST}.jsonl", outside)
    before = outside.read_bytes()
    argvs = [[command, f"../../{FIRST}"] for command in ("rm", "restore", "redact", "pin")]
    found = run_many(argvs, cwd=tmp_path / "a" / "b")
    assert [done.code for done in found] == [2] * len(argvs)
    assert outside.read_bytes() == before
