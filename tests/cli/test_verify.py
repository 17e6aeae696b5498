"""`cs-verify` as a person and a program see it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from tests.support.stored import ID, store

FORMS = ("sealed", "closed", "sealed", "open")


@pytest.fixture
def verify(tmp_path):
    def run(*arguments, home=tmp_path):
        argv = [sys.executable, "-m", "claude_sessions_recorder", "verify", *arguments]
        environ = os.environ | {"CLAUDE_SESSIONS_HOME": str(home), "TZ": "UTC"}
        return subprocess.run(
            argv, capture_output=True, text=True, check=False, timeout=50, env=environ
        )

    tmp_path.chmod(0o700)
    return run


def test_a_whole_session(verify, tmp_path):
    store(tmp_path / "logs", FORMS)
    done = verify()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{ID[:8]}  whole: 4 segments, 1 unsealed, ")
    assert done.stdout.count("\n") == 1
    assert verify("all").stdout == verify(ID[:4]).stdout == done.stdout
    assert verify("-v").stdout.count("\n") == 5


def test_damage_is_said_with_its_place(verify, tmp_path):
    lines = store(tmp_path / "logs", FORMS)[3]
    lines[4] = lines[4].replace(b"size", b"sise")
    (tmp_path / "logs" / f"{ID}.jsonl").write_bytes(b"".join(lines))
    (tmp_path / "logs" / f"{ID}.0002.jsonl").unlink()
    done = verify("last")
    assert done.returncode == 1
    first, *others = done.stdout.splitlines()
    assert first.startswith(f"{ID[:8]}  damaged: ")
    assert others[0] == "  segment 2 is missing"
    assert others[1].startswith("  segment 4, line 5, byte ")
    assert others[1].endswith(": no size")


def test_json(verify, tmp_path):
    store(tmp_path / "logs", FORMS)
    (tmp_path / "logs" / f"{ID}.0002.jsonl").unlink()
    done = verify("--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["state"] for one in found] == ["whole", "missing", "whole", "whole"]
    assert [one["segment"] for one in found] == [1, 2, 3, 4]
    assert found[0]["proven_bytes"] == found[0]["log_bytes"] > found[0]["disk_bytes"]
    assert found[1]["damage"][0]["kind"] == "missing"
    assert done.returncode == 1


def test_of_many_places_the_first_are_told_and_how_many_more(verify, tmp_path):
    (lines,) = store(tmp_path / "logs", ["open"], checkpoints=False, entries=60)
    changed = [line if number % 2 else b"{nonsense\n" for number, line in enumerate(lines)]
    (tmp_path / "logs" / f"{ID}.jsonl").write_bytes(b"".join(changed))
    done = verify()
    assert done.returncode == 1
    _, *told, last = done.stdout.splitlines()
    assert len(told) == 20
    assert ", before 18:15:32: " in told[0]
    assert all(", after 18:15:3" in one for one in told[1:])
    damaged = len(changed) - len(changed) // 2
    assert last == f"  segment 1: and {damaged - 20} more (--json has all)"


def test_one_that_cannot_be_read_hides_no_other(verify, tmp_path):
    store(tmp_path / "logs", ["open"])
    other = tmp_path / "logs" / f"{ID[:-1]}2.jsonl"
    other.write_bytes(b"")
    if os.geteuid() == 0:  # root may read all modes, and is refused what is another's
        os.chown(other, 12345, 12345)
    other.chmod(0)
    done = verify()
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "whole" in done.stdout


def test_a_path(verify, tmp_path):
    store(tmp_path / "elsewhere", ["open"], checkpoints=False)
    path = str(tmp_path / "elsewhere" / f"{ID}.jsonl")
    done = verify(path)
    assert done.returncode == 0
    assert done.stdout.startswith(f"{path}  whole: ")
    assert "0 bytes proven" in done.stdout


def test_nothing_recorded_and_no_such_session(verify, tmp_path):
    done = verify()
    assert (done.returncode, done.stdout) == (0, "")
    done = verify("3f2a")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_names_of_a_hostile_file_are_escaped(verify, tmp_path):
    store(tmp_path / "elsewhere", ["open"], checkpoints=False)
    path = tmp_path / "elsewhere" / "\x1b]0;title\x07.jsonl"
    shutil.move(tmp_path / "elsewhere" / f"{ID}.jsonl", path)
    done = verify(str(path))
    assert done.returncode == 0
    assert "\x1b" not in done.stdout


@pytest.mark.usefixtures("linux")
class TestOfARecording:
    def test_while_it_goes_on_and_after_it_was_killed(self, cs_rec, verify):
        terminal = cs_rec.start(".", "--", "sh", "-c", "echo READY; exec sleep 1000")
        terminal.wait_for(b"READY")
        done = verify(home=cs_rec.home)
        assert done.returncode == 0
        assert "being recorded" in done.stdout
        terminal.signal(signal.SIGKILL)
        terminal.wait()
        done = verify(home=cs_rec.home)
        assert done.returncode == 0, done.stdout
        assert "whole" in done.stdout

    def test_rotated_and_sealed(self, cs_rec, verify):
        command = cs_rec.child("count", 400_000)
        assert cs_rec.run("-q", "--rotate-bytes", "64K", ".", *command).returncode == 0
        done = verify(home=cs_rec.home)
        assert done.returncode == 0, done.stdout
        assert "whole" in done.stdout
