"""`cs-index`, and the index that the recorder has made in the background."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from tests.support.logs import Said, ended, start, store_log

if TYPE_CHECKING:
    from pathlib import Path


def two_sessions(home: Path) -> set[str]:
    return {
        store_log(home, start(), Said(5, b"words of %d" % number), ended(3000), beginning_us=10**15)
        for number in range(2)
    }


def results(done) -> dict[str, str]:
    assert done.returncode == 0, done.stderr
    return {one["session_id"]: one["result"] for one in map(json.loads, done.stdout.splitlines())}


def test_all_lines_are_made_once(cs, home: Path) -> None:
    ids = two_sessions(home)
    assert results(cs("index", "--json")) == dict.fromkeys(ids, "made")
    assert {name.partition(".")[0] for name in os.listdir(home / "index")} == ids
    assert results(cs("index", "--json", "all")) == dict.fromkeys(ids, "there")


def test_a_session_and_jobs(cs, home: Path) -> None:
    two_sessions(home)
    done = cs("index", "last", "--jobs", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("  made\n")
    assert len(list((home / "index").glob("*.lines.zst"))) == 1


def test_damage_is_made_good(cs, home: Path) -> None:
    (one,) = {store_log(home, start(), Said(5, b"words"), ended(3000))}
    cs("index")
    path = home / "index" / f"{one}.lines.zst"
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    assert results(cs("index", "--json")) == {one: "made"}
    assert path.read_bytes() == whole


def test_what_cannot_be_made_is_said(cs, home: Path, monkeypatch) -> None:
    (one,) = {store_log(home, start(), Said(5, b"words"), ended(3000))}
    monkeypatch.setenv("PYGHOSTTY_LIB", "/nonexistent.so")
    done = cs("index", "--json")
    assert done.returncode == 2
    answer = json.loads(done.stdout)
    assert (answer["session_id"], answer["result"]) == (one, "failed")
    assert "screen engine" in answer["error"]
