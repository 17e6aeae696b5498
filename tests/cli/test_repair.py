"""`cs-repair`: a new session of what can be saved; the damaged one stays as it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.support.stored import ID, store

FORMS = ("sealed", "closed", "sealed", "open")


@pytest.fixture
def cs(tmp_path):
    def run(name, *arguments):
        argv = [sys.executable, "-m", "claude_sessions_recorder", name, *arguments]
        environ = os.environ | {"CLAUDE_SESSIONS_HOME": str(tmp_path), "TZ": "UTC"}
        return subprocess.run(
            argv, capture_output=True, text=True, check=False, timeout=50, env=environ
        )

    tmp_path.chmod(0o700)
    return run


def break_it(tmp_path):
    """A line that is none, a frame that is lost. What lies there then, by name."""
    lines = store(tmp_path / "logs", FORMS)[3]
    lines[4] = lines[4].replace(b"size", b"SIZE")
    (tmp_path / "logs" / f"{ID}.jsonl").write_bytes(b"".join(lines))
    path = tmp_path / "logs" / f"{ID}.0001.jsonl.zst"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    return {path.name: path.read_bytes() for path in (tmp_path / "logs").iterdir()}


def test_the_copy_is_whole_and_the_original_untouched(cs, tmp_path):
    before = break_it(tmp_path)
    done = cs("repair", ID[:4])
    assert (done.returncode, done.stderr) == (0, "")
    first, *places = done.stdout.splitlines()
    assert first.startswith(f"{ID[:8]} is repaired as ")
    assert len(places) == 3
    assert "line 5" in places[1]
    after = {path.name: path.read_bytes() for path in (tmp_path / "logs").iterdir()}
    new = {name for name in after if ID not in name}
    assert {name: data for name, data in after.items() if name not in new} == before
    repaired_id = next(iter(new))[:36]
    checked = cs("verify", repaired_id)
    assert checked.returncode == 0
    assert "whole" in checked.stdout
    assert "3 stated gaps" in checked.stdout
    shown = json.loads(cs("ls", repaired_id, "--json").stdout)
    assert shown["exit_status"] == 0


def test_dry_run_writes_nothing_and_says_the_same(cs, tmp_path):
    before = break_it(tmp_path)
    said = cs("repair", ID, "--dry-run").stdout
    assert {path.name: path.read_bytes() for path in (tmp_path / "logs").iterdir()} == before
    done = cs("repair", ID).stdout
    assert said.splitlines()[1:] == done.splitlines()[1:]


def test_json(cs, tmp_path):
    break_it(tmp_path)
    (found,) = [json.loads(line) for line in cs("repair", ID, "--json").stdout.splitlines()]
    assert found["session_id"] == ID
    assert [loss["kind"] for loss in found["losses"]] == ["frame", "line", "changed"]
    assert found["losses"][1]["line"] == 5
    assert found["losses"][1]["entries"] == 1
    lines = cs("grep", found["repaired_id"], "--json", "no such text")
    assert lines.returncode == 1


def test_one_that_is_whole_is_left_alone(cs, tmp_path):
    store(tmp_path / "logs", FORMS)
    done = cs("repair", ID)
    assert done.returncode == 0
    assert "nothing to repair" in done.stdout
    assert {path.name[:36] for path in (tmp_path / "logs").iterdir()} == {ID}


def test_one_that_holds_nothing(cs, tmp_path):
    store(tmp_path / "logs", ["open"])
    (tmp_path / "logs" / f"{ID}.jsonl").write_bytes(bytes(5000))
    done = cs("repair", ID)
    assert (done.returncode, done.stderr) == (1, "")
    assert "nothing that can be saved" in done.stdout
    assert {path.name[:36] for path in (tmp_path / "logs").iterdir()} == {ID}


def test_a_session_that_is_being_recorded_is_refused(cs_rec):
    terminal = cs_rec.start(".", "--", "sh", "-c", "echo READY; exec sleep 1000")
    terminal.wait_for(b"READY")
    argv = [sys.executable, "-m", "claude_sessions_recorder", "repair", "last"]
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, timeout=50, env=cs_rec.environ
    )
    assert done.returncode == 2
    assert "being recorded" in done.stderr
