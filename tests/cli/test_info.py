"""`cs-info`: everything known of a session."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.logs import Said, ended, start, store_log

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("utc")


@pytest.fixture
def talk(home: Path) -> str:
    return store_log(
        home,
        start(command=["claude", "-p", "two words"], tags=["work"]),
        Said(1000, b"\x1b]0;fixing it\x07$ "),
        Said(1500, b"make", "input"),
        Said(1510, b"make"),
        Said(2500, b"\r", "input"),
        Said(2510, b"\r\nmade\r\n"),
        Said(3000, {"type": "gap", "entries": 3, "bytes": 70, "reason": "disk full"}),
        Said(3100, {"type": "resize", "cols": 100, "rows": 30}),
        Said(63_100, b"again\r\n"),
        ended(64_000, 3),
    )


def test_what_a_person_reads(cs, talk) -> None:
    done = cs("info", "last")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == talk
    told = {line[:13].strip(): line[13:] for line in lines[1:] if line[2:3] != " "}
    assert told["state"] == "failed 3 (exited)"
    assert told["title"] == "fixing it"
    assert told["command"] == "claude -p 'two words'"
    assert told["directory"] == "/srv/project"
    assert told["tags"] == "work"
    assert told["screen"] == "80x24, xterm-256color, resized 1 time"
    assert told["began"].startswith("2026-02-07 18:15:32, ")
    assert told["ended"] == "2026-02-07 18:16:36"
    assert told["length"] == "0:01:04.000, active for 0:00:04.000"
    bars, words = told["activity"].split("|")[1:]
    assert (len(bars), words) == (60, " 1s a bar")
    assert told["entries"] == "10: 35 B shown, 5 B typed"
    assert told["lines"] == "4 to be read, 1 typed"
    assert told["log"].startswith("1 segment, ")
    assert told["gaps"] == "1 (3 entries, 70 bytes)"
    assert told["integrity"].startswith("whole: 1 segment")
    assert "    0:00:02.500  input        make" in lines
    assert "    0:01:04.000  exit         exit status 3" in lines


def test_a_session_of_a_moment(cs, home: Path) -> None:
    store_log(home, start(), Said(10, b"x"), ended(43))
    assert "| 1 ms a bar\n" in cs("info", "last").stdout


def test_json(cs, talk, home: Path) -> None:
    found = json.loads(cs("info", "last", "--json").stdout)
    assert (found["session_id"], found["state"], found["title"]) == (talk, "failed", "fixing it")
    assert (found["lines"], found["entered"], found["active_s"]) == (4, 1, 4.0)
    assert sum(found["activity"]) == 4
    assert found["disk"]["log"] == (home / "logs" / f"{talk}.jsonl").stat().st_size
    assert found["disk"]["index"] == sum(file.stat().st_size for file in (home / "index").iterdir())
    assert found["segment_list"][0]["number"] == 1
    assert found["gaps"] == {"places": 1, "entries": 3, "bytes": 70}
    kinds = [marker["kind"] for marker in found["marker_list"]]
    assert kinds == ["title", "input", "gap", "resize", "exit"]
    assert found["marker_list"][1]["at_s"] == 2.5


def test_a_file_that_lies_elsewhere_and_several(cs, talk, home: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.jsonl").write_bytes((home / "logs" / f"{talk}.jsonl").read_bytes())
    done = cs("info", "last", tmp_path / "copy.jsonl")
    first, second = done.stdout.split("\n\n")
    assert first.splitlines()[2:8] == second.splitlines()[2:8]


def test_a_mark_of_a_person_is_among_the_markers(cs, talk) -> None:
    assert cs("mark", "--session", "last", "--at", "0:30", "look here").returncode == 0
    assert "    0:00:30.000  marker       look here\n" in cs("info", "last").stdout


@pytest.mark.parametrize("arguments", [[], ["nosuchsession"], ["last", "--no-such"]])
def test_errors_are_one_line(cs, talk, arguments: list[str]) -> None:
    done = cs("info", *arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
