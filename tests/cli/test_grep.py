"""`cs-grep`: what was on the screen, not what was in the bytes."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.logs import Said, ended, start, store_log, write_log

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("utc")


@pytest.fixture
def session(home: Path) -> str:
    """Words placed by cursor moves on the alternate screen, after an ordinary line."""
    return store_log(
        home,
        start(cols=60, rows=10),
        Said(1500, b"first an error [E0308] here\r\n"),
        Said(3000, b"\x1b[?1049h\x1b[H"),
        Said(4000, b"Unable\x1b[1;8Hto\x1b[1;11Hconnect \xe2\x9c\xb3 \x1b[31mnow\x1b[m"),
        Said(9000, b"\x1b[?1049l"),
        ended(9500),
    )


def test_words_that_were_placed_by_cursor_moves_are_found(cs, session) -> None:
    done = cs("grep", "last", "Unable to connect")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "0:00:04.000 18:15:36  Unable to connect ✳ now\n"


def test_not_found_is_1(cs, session) -> None:
    done = cs("grep", "last", "Unable to disconnect")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


def test_an_empty_store_is_said_in_words(cs, home: Path) -> None:
    done = cs("grep", "all", "error")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"cs-grep: no session is recorded yet in {home}/logs: cs-rec makes one\n"
    assert cs("grep", "-q", "all", "error").stderr == ""


def test_case_and_plain_text(cs, session) -> None:
    assert cs("grep", "last", "UNABLE").returncode == 1
    assert cs("grep", "-i", "last", "UNABLE").returncode == 0
    assert cs("grep", "last", "[E0308]", "-c").stdout == "1\n"  # a set that "E" is in
    assert cs("grep", "-F", "last", "r [E0308]").returncode == 0
    assert cs("grep", "-F", "-i", "last", "R [e0308]").returncode == 0


def test_counting(cs, session) -> None:
    found = cs("grep", "-c", "last", "error|Unable")
    assert (found.returncode, found.stdout) == (0, "2\n")
    missed = cs("grep", "-c", "last", "nothing of it")
    assert (missed.returncode, missed.stdout) == (1, "0\n")


def test_colour_marks_what_matches(cs, session) -> None:
    done = cs("grep", "--color", "always", "last", "to")
    assert "Unable \x1b[1;31mto\x1b[m connect" in done.stdout
    assert "\x1b" not in cs("grep", "last", "to").stdout


def test_the_time_of_a_hit_can_be_played(cs, session) -> None:
    at = cs("grep", "last", "Unable").stdout.split()[0]
    assert cs("play", "last", "--at", at, "--to", at).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["last", "("], "'(' is no regular expression"),
        (["last"], "PATTERN"),
        ([], "SESSION and PATTERN"),
        (["nosuchsession", "x"], "nosuchsession"),
        (["last", "x", "--colour", "pink"], "pink"),
        (["last", "x", "--no-such"], "--no-such"),
    ],
)
def test_errors_are_one_line_and_2(cs, session, arguments: list[str], words: str) -> None:
    done = cs("grep", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("cs-grep: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_damage_is_said_once_with_its_place(cs, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    write_log(
        path, start(), Said(1000, b"one error\r\n"), Said(2000, b"two errors\r\n"), ended(3000)
    )
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], b"{damaged\n", b"\0" * 100 + b"\n", *lines[2:]]))
    done = cs("grep", path, "error")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 2
    assert done.stderr.count("\n") == 1
    assert f"{path}, line 3" in done.stderr


def test_who_reads_only_the_first_hit_is_no_error(home: Path, commands: Path) -> None:
    text = b"".join(b"an error, number %d\r\n" % number for number in range(20_000))
    pieces = [text[place : place + 8000] for place in range(0, len(text), 8000)]
    store_log(home, start(), *(Said(n * 1000, piece) for n, piece in enumerate(pieces)))
    done = subprocess.run(
        ["bash", "-c", 'set -o pipefail; "$0" last error | head -n 1', commands / "cs-grep"],
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"an error, number 0" in done.stdout


def test_the_size_can_be_told(cs, home: Path) -> None:
    """A log that states none: in 20 columns the second row is the rest of the first line."""
    store_log(home, Said(0, b"0123456789" * 3 + b"\x1b[2;1H--"))
    assert cs("grep", "-c", "last", "^--$").stdout == "1\n"
    told = cs("grep", "--size", "20x10", "last", "^01234567890123456789--23456789$")
    assert told.returncode == 0
    done = cs("grep", "--size", "20x", "last", "x")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_a_live_session_can_be_searched(cs, home: Path) -> None:
    store_log(home, start(), Said(1000, b"not yet ended: error"))
    assert cs("grep", "last", "error").returncode == 0


def test_help_has_examples(cs) -> None:
    done = cs("grep", "-h")
    assert done.returncode == 0
    assert "examples:" in done.stdout
    assert "exit status:" in done.stdout
