"""Keeping and forgetting, by the installed commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from formats.layout import Home
from formats.store import listing
from tests.support.logs import BEGINNING_US, Said, ended, start, store_log
from tests.support.recording import OuterTerminal
from tests.support.stored import seal

if TYPE_CHECKING:
    from pathlib import Path

DAY_US = 86_400_000_000


@pytest.fixture
def three(home: Path) -> list[str]:
    """Three sessions of 2026-02, the oldest first."""
    return [
        store_log(
            home,
            start(command=["make", name], title=name, cwd=f"/srv/{name}"),
            Said(1000, b"x" * 1000 * (day + 1)),
            ended(2000),
            beginning_us=BEGINNING_US + day * DAY_US,
        )
        for day, name in enumerate(("first", "second", "third"))
    ]


def shown(done) -> list[dict]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def ids(cs) -> list[str]:
    return [one["session_id"] for one in shown(cs("ls", "--json"))]


def test_to_the_trash_and_back(cs, three) -> None:
    done = cs("rm", three[0][:8], "last", "last")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("is in the trash for 7 days; cs-restore") == 2
    assert ids(cs) == [three[1]]
    listed = shown(cs("restore", "--json"))
    assert {one["session_id"] for one in listed} == {three[0], three[2]}
    assert {one["title"] for one in listed} == {"first", "third"}
    assert cs("restore", three[0], three[2][:6]).returncode == 0
    assert ids(cs) == three[::-1]
    assert cs("restore").stdout == ""


def test_for_good_is_asked_first(cs, three, commands, tmp_path) -> None:
    done = cs("rm", "--now", "last")
    assert (done.returncode, done.stdout) == (2, "")
    assert "-y says yes" in done.stderr
    for answer, left in ((b"n\n", 3), (b"y\n", 2)):
        window = OuterTerminal(
            [str(commands / "cs-rm"), "--now", "last"],
            dict(os.environ),
            size=(80, 24),
            cwd=tmp_path,
            streams={},
        )
        window.wait_for(b"for good? [y/N]")
        window.type(answer)
        assert window.wait() == (2 if left == 3 else 0)
        window.close()
        assert len(ids(cs)) == left
    assert cs("restore").stdout == ""
    assert cs("rm", "--now", "-y", "last").returncode == 0
    assert ids(cs) == three[:1]


def test_a_file_elsewhere_is_not_ours_to_remove(cs, three, tmp_path) -> None:
    (tmp_path / "mine.jsonl").write_bytes(
        (tmp_path / "home" / "logs" / f"{three[0]}.jsonl").read_bytes()
    )
    done = cs("rm", tmp_path / "mine.jsonl")
    assert done.returncode == 2
    assert "is a file" in done.stderr
    assert (tmp_path / "mine.jsonl").exists()


def test_a_live_session_stays(cs_rec, cs) -> None:
    window = cs_rec.start("--", "sh", "-c", "echo ready; read x")
    window.wait_for(b"ready")
    env = {"CLAUDE_SESSIONS_HOME": str(cs_rec.logs.parent)}
    for arguments in (("rm", "last"), ("rm", "--now", "-y", "last")):
        done = cs(*arguments, env=env)
        assert done.returncode == 2
        assert "is being recorded: end it first" in done.stderr
    done = cs("prune", "--older-than", "0d", "-y", env=env)
    assert done.returncode == 0
    assert "nothing goes" in done.stderr
    window.type(b"\n")
    assert window.wait() == 0
    assert cs("rm", "last", env=env).returncode == 0
    assert not cs_rec.ids()


def test_the_plan_comes_first(cs, three) -> None:
    cs("pin", three[0])
    done = cs("prune", "--older-than", "1d", "--dry-run", "--json")
    assert [one["session_id"] for one in shown(done)] == three[1:]
    assert {one["reason"] for one in shown(done)} == {"age"}
    assert "1 session beyond the limit: pinned" in done.stderr
    assert len(ids(cs)) == 3
    done = cs("prune", "--older-than", "1d")
    assert done.returncode == 2  # nobody there to ask
    assert len(ids(cs)) == 3
    done = cs("prune", "--max-size", "9k", "-y")
    assert "1 session, " in done.stderr
    assert ids(cs) == [three[2], three[0]]
    cs("pin", "--unpin", three[0])
    assert cs("prune", "--older-than", "1d", "-y").returncode == 0
    assert not ids(cs)
    assert cs("prune", "--empty-trash", "-y").returncode == 0
    assert cs("restore").stdout == ""


def test_a_limit_must_come_from_somewhere(cs, three, home) -> None:
    done = cs("prune", "--dry-run")
    assert done.returncode == 2
    assert "--older-than 30d" in done.stderr
    (home / "config.toml").write_text('retention_days = 30\nmax_store_bytes = "5GB"\n')
    assert len(shown(cs("prune", "--dry-run", "--json"))) == 3


def test_what_it_costs(cs, three, home) -> None:
    (home / "index").mkdir()
    (home / "index" / f"{three[0]}.lines.zst").write_bytes(b"x" * 500)
    cs("rm", three[1])
    by_session = shown(cs("du", "--json"))
    assert [one["by"] for one in by_session] == ["session", "session", "trash", "total"]
    assert [one["name"] for one in by_session[:2]] == [three[2], three[0]]
    assert by_session[1]["index_bytes"] == 500
    on_disk = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    assert by_session[-1]["size_bytes"] == on_disk
    by_directory = shown(cs("du", "--json", "--by", "directory", "-n", "1"))
    assert [one["name"] for one in by_directory] == ["/srv/third", "trash", "total"]
    by_month = shown(cs("du", "--json", "--by", "month"))
    assert (by_month[0]["name"], by_month[0]["sessions"]) == ("2026-02", 2)
    size, index, *_, name = cs("du").stdout.splitlines()[1].split("\t")
    assert (index, name) == ("500 B", three[0])
    assert size != index


def test_what_each_month_has_added_and_how_well_it_is_compressed(cs, home) -> None:
    """The months in their order, whatever they cost; a ratio is of lines to what they take."""
    for month, length in enumerate((10, 2000, 300)):
        beginning_us = BEGINNING_US + month * 31 * 86_400_000_000
        store_log(home, start(), Said(1, b"x" * length), ended(2), beginning_us=beginning_us)
    by_month = shown(cs("du", "--json", "--by", "month"))
    assert [one["name"] for one in by_month[:3]] == ["2026-02", "2026-03", "2026-04"]
    session_id = shown(cs("du", "--json"))[0]["name"]
    log = home / "logs" / f"{session_id}.jsonl"
    lines = log.read_bytes()
    sealed = log.with_name(f"{session_id}.0001.jsonl.zst")
    sealed.write_bytes(seal(lines))
    log.unlink()
    (largest,) = [one for one in shown(cs("du", "--json")) if one["name"] == session_id]
    assert largest["ratio"] == round(len(lines) / sealed.stat().st_size, 2) > 1


def test_a_title_and_tags_are_given(cs, three, home) -> None:
    cs("meta", three[0], "--title", "it broke", "--tag", "ci", "--tag", "urgent")
    done = cs("meta", three[0], "--untag", "ci", "--json")
    assert json.loads(done.stdout) == {
        "session_id": three[0],
        "title": "it broke",
        "tags": ["urgent"],
        "pinned": False,
    }
    (home / "logs" / f"{three[0]}.meta.json").unlink(missing_ok=True)  # it is made again
    listed = shown(cs("ls", "--json", three[0]))[0]
    assert (listed["title"], listed["tags"]) == ("it broke", ["urgent"])
    assert cs("meta", three[0], "--untag", "nosuch").returncode == 2
    assert "title   first\n" in cs("meta", three[0], "--reset").stdout


def test_moments_are_marked(cs, cs_rec, commands) -> None:
    window = cs_rec.start(
        "--", "sh", "-c", f"{commands}/cs-mark 'tests begin'; echo marked; read x"
    )
    window.wait_for(b"marked\r\n")
    env = {"CLAUDE_SESSIONS_HOME": str(cs_rec.logs.parent)}
    done = cs("mark", "--session", "last", "from outside", env=env)
    assert done.returncode == 0, done.stderr
    window.until(lambda: len(cs_rec.log.events("marker", torn=True)) == 2)
    window.type(b"\n")
    assert window.wait() == 0
    labels = [event["label"] for event in cs_rec.log.events("marker")]
    assert labels == ["tests begin", "from outside"]
    assert cs("mark", "--session", "last", "--at", "0", "the start", env=env).returncode == 0
    assert cs("mark", "--session", "last", "the end", env=env).returncode == 0
    (marks,) = cs_rec.logs.glob("*.marks.jsonl")
    lines = [json.loads(line) for line in marks.read_text().splitlines()]
    assert [line["label"] for line in lines] == ["the start", "the end"]
    assert lines[0]["timestamp"] == cs_rec.log.meta()["start"]


def test_a_mark_needs_a_session(cs, home) -> None:
    done = cs("mark", "x")
    assert done.returncode == 2
    assert "--session" in done.stderr
    done = cs("mark", "x", env={"CS_SESSION_ID": "12345678-1234-4234-8234-123456789abc"})
    assert done.returncode == 2


# Runs a command, then says on stdout which files it opened. Such a hook can never be removed.
OPENED = """
import json, sys
opened = []
def note(event, arguments):
    if event == "open" and isinstance(arguments[0], str):
        opened.append(arguments[0])
sys.addaudithook(note)
from player.cli import prune
assert prune.main(sys.argv[1:]) == 0
print(json.dumps(opened), file=sys.stderr)
"""


def test_a_plan_opens_one_file_a_session(home: Path) -> None:
    """`cs-prune --dry-run` reads summaries and no log; `benchmarks/keep.py` has the time."""
    for _ in range(50):
        store_log(home, start(), ended(20))
    listing(Home(str(home)))  # the summaries, as cs-rec writes them
    argv = ["--older-than", "1d", "--dry-run", "--home", str(home)]
    done = subprocess.run(
        [sys.executable, "-c", OPENED, *argv], capture_output=True, text=True, check=True
    )
    opened = json.loads(done.stderr.splitlines()[-1])
    inside = [os.path.basename(path) for path in opened if path.startswith(str(home))]
    named = [name for name in inside if ".json" in name]
    assert len(named) == 50
    assert all(name.endswith(".meta.json") for name in named)
    assert len(inside) < 80, inside


def test_lines_that_are_to_stay_are_made_before_the_bytes_go(cs, three, home: Path) -> None:
    assert cs("prune", "--older-than", "1d", "--keep-lines", "-y").returncode == 0
    assert not list((home / "logs").glob("*.jsonl*"))
    assert {path.name[:36] for path in (home / "index").glob("*.lines.zst")} == set(three)
