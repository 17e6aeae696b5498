"""`cs-ls`: the store and single files, on a terminal and for programs."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from formats.layout import Home
from formats.store import listing
from tests.support.logs import BEGINNING_US, Said, ended, start, store_log, write_log
from tests.support.recording import OuterTerminal

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("utc")

DAY_US = 86_400_000_000


@pytest.fixture
def three(home: Path) -> list[str]:
    """Three sessions, the oldest first."""
    return [
        store_log(
            home,
            start(command=["make", name], title=name),
            Said(1000, b"x"),
            ended(2000, status),
            beginning_us=BEGINNING_US + status * DAY_US,
        )
        for status, name in enumerate(("first", "second", "third"))
    ]


@pytest.mark.parametrize(
    ("states", "expected"), [(["done"], [0]), (["failed"], [2, 1]), (["done", "failed"], [2, 1, 0])]
)
def test_only_in_these_states(cs, three, states: list[str], expected: list[int]) -> None:
    done = cs("ls", "--json", *(f"--state={state}" for state in states))
    found = [json.loads(line)["session_id"] for line in done.stdout.splitlines()]
    assert found == [three[number] for number in expected]


def test_the_newest_comes_first(cs, three) -> None:
    done = cs("ls")
    assert done.returncode == 0
    assert done.stderr == ""
    cells = [line.split("\t") for line in done.stdout.splitlines()]
    assert [one[0] for one in cells] == [session_id[:8] for session_id in reversed(three)]
    assert cells[0][1] == "failed 2"
    assert cells[0][4:8] == ["1", "third", "/srv/project", "make third"]


def test_only_so_many(cs, three) -> None:
    done = cs("ls", "-n", "2", "--json")
    ids = [json.loads(line)["session_id"] for line in done.stdout.splitlines()]
    assert ids == [three[2], three[1]]
    assert cs("ls", "-n", "0").stdout == ""


def test_sessions_can_be_named(cs, three, tmp_path: Path) -> None:
    foreign = write_log(
        tmp_path / "talk.jsonl", Said(0, b"a"), Said(46_900, b"b"), beginning_us=BEGINNING_US - 1000
    )
    done = cs("ls", "--json", tmp_path / "talk.jsonl", "last", three[0][:8], "last")
    shown = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["session_id"] for one in shown] == [three[2], three[0], foreign]
    assert shown[2]["path"] == str(tmp_path / "talk.jsonl")
    assert shown[2]["length_s"] == 46.9
    assert shown[2]["size_bytes"] == (tmp_path / "talk.jsonl").stat().st_size
    assert shown[2]["exit_status"] is None


def test_an_empty_store_is_said_in_words(cs, home: Path) -> None:
    done = cs("ls")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"cs-ls: no session is recorded yet in {home}/logs: cs-rec makes one\n"


def test_on_a_terminal_the_table_fits(home: Path, three, commands: Path, tmp_path: Path) -> None:
    window = OuterTerminal(
        [str(commands / "cs-ls")], dict(os.environ), size=(80, 24), cwd=tmp_path, streams={}
    )
    assert window.wait() == 0
    lines = bytes(window.screen).decode().splitlines()
    window.close()
    assert lines[0].split()[:3] == ["ID", "STATE", "AGE"]
    assert len(lines) == 4
    assert all(len(line) <= 80 for line in lines)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-n", "x"], "no number of sessions"),
        (["-n", "-1"], "no number of sessions"),
        (["--js"], "unrecognized arguments: --js"),
        (["no/such.jsonl"], "no/such.jsonl"),
        (["../../etc/passwd"], "passwd"),
        (["\x1b[31m"], "\\x1b[31m"),
        (["x" * 300], "xxx"),
    ],
)
def test_errors_are_one_line(cs, three, arguments: list[str], words: str) -> None:
    done = cs("ls", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("cs-ls: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr[:-1].isprintable()


def test_help_says_what_comes_out(cs) -> None:
    done = cs("ls", "--help")
    assert done.returncode == 0
    assert "exit status:" in done.stdout
    assert "examples:" in done.stdout


def test_many_sessions_are_listed_without_reading_a_log(cs, home: Path) -> None:
    ids = [store_log(home, start(), ended(1000)) for _ in range(200)]
    cs("ls", "--json")  # writes the summaries
    for session_id in ids:  # of the same size, so that only reading it would tell
        log = home / "logs" / f"{session_id}.jsonl"
        log.write_bytes(b"?" * log.stat().st_size)
    done = cs("ls", "--json")
    shown = [json.loads(line) for line in done.stdout.splitlines()]
    assert {one["session_id"] for one in shown} == set(ids)
    assert all(one["exit_status"] == 0 for one in shown)


def test_a_log_without_a_summary_is_listed_by_its_first_and_last_lines(home: Path) -> None:
    """When there is no time to read it all; `--json` gives what is counted, and so reads it."""
    said = [Said(n, b"line %d\r\n" % n) for n in range(2000)]
    store_log(home, start(title="long"), *said, ended(70_000, 3))
    (brief,) = listing(Home(str(home)), rebuild_s=0)
    assert not brief.counted
    assert not list((home / "logs").glob("*.meta.json"))
    (whole,) = listing(Home(str(home)))
    assert whole.counted
    assert whole.meta._replace(
        entries=0, output_bytes=0, open_bytes=0, version=0
    ) == brief.meta._replace(open_bytes=0)


def test_filters(cs, three) -> None:
    assert cs("ls", "--title", "SEC").stdout.startswith(three[1][:8])
    assert cs("ls", "--since", "2026-02-09", "--json").stdout.count("\n") == 1
    assert [line[:8] for line in cs("ls", "--state", "done").stdout.splitlines()] == [three[0][:8]]
    assert cs("ls", "--state", "failed").stdout.count("\n") == 2
    assert cs("ls", "last", "--title", "first").returncode == 2
