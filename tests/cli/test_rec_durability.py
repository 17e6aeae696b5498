"""What a recorder does about the disk while it records, seen from outside."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
from pathlib import Path

import pytest

from tests.support.recording import COMMAND, children

needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace is not installed; .ci/run installs it"
)


def key(terminal, data=b"x"):
    seen = len(terminal.screen)
    terminal.type(data)
    terminal.until(lambda: len(terminal.screen) > seen)


def ready(cs_rec, *options):
    terminal = cs_rec.start(*options, ".", *cs_rec.child("echo"))
    terminal.wait_for(b"READY")
    return terminal


def blocks(cs_rec):
    path = cs_rec.logs / f"{cs_rec.log.id}.sums"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def covered(cs_rec):
    """Whether the checkpoints cover all that there is, and are right."""
    ends: dict[int, int] = {}
    for block in blocks(cs_rec):
        assert block["from"] == ends.get(block["segment"], 0)
        ends[block["segment"]] = block["to"]
        data = cs_rec.log.segments()[block["segment"] - 1][block["from"] : block["to"]]
        assert hashlib.sha256(data).hexdigest() == block["sha256"]
    return [ends.get(n) for n in range(1, len(ends) + 1)] == list(map(len, cs_rec.log.segments()))


class TestCheckpoints:
    def test_while_it_is_recorded_and_when_it_has_ended(self, cs_rec):
        terminal = ready(cs_rec)
        terminal.until(lambda: covered(cs_rec))
        for _ in range(3):
            key(terminal)
        terminal.until(lambda: covered(cs_rec))
        assert len(blocks(cs_rec)) == 1, "a small one grows"
        terminal.type(b"\x04")
        assert terminal.wait() == 0
        terminal.until_after(lambda: covered(cs_rec))

    def test_of_every_segment(self, cs_rec):
        options = ("--rotate-bytes", "64K")
        terminal = cs_rec.start(*options, ".", *cs_rec.child("count", 600_000))
        assert terminal.wait() == 0
        terminal.until_after(lambda: covered(cs_rec))
        assert len(cs_rec.log.files()) > 5

    def test_of_what_a_killed_recorder_left(self, cs_rec):
        terminal = ready(cs_rec)
        terminal.until(lambda: covered(cs_rec))
        key(terminal)
        terminal.signal(signal.SIGKILL)
        terminal.wait()
        terminal.until_after(lambda: covered(cs_rec))

    @pytest.mark.usefixtures("linux")
    def test_who_makes_them_is_killed_and_the_session_goes_on(self, cs_rec):
        terminal = ready(cs_rec)
        terminal.until(lambda: covered(cs_rec))
        for pid in children(terminal.pid):
            if b"recorder.digest" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
        key(terminal)
        terminal.type(b"\x04")
        assert terminal.wait() == 0

    def test_of_a_session_shorter_than_a_moment(self, cs_rec):
        assert cs_rec.run("-q", ".", "--", "true").returncode == 0
        import time  # noqa: PLC0415

        deadline = time.monotonic() + 20
        while not blocks(cs_rec):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert covered(cs_rec)


@needs_strace
class TestSyncs:
    def syncs(self, cs_rec, tmp_path, *options):
        report = tmp_path / "trace"
        before = ("strace", "-f", "-y", "-e", "trace=fdatasync,fsync,write", "-o", str(report))
        terminal = cs_rec.start(*options, ".", *cs_rec.child("echo"), before=before)
        terminal.wait_for(b"READY")
        for _ in range(5):
            key(terminal)
        terminal.type(b"\x04")
        assert terminal.wait() == 0
        calls = [line for line in report.read_text().splitlines() if "/logs" in line]
        return [re.sub(r"^\d+ +(\w+)\(.*", r"\1", line) for line in calls], calls

    def test_one_second(self, cs_rec, tmp_path):
        names, calls = self.syncs(cs_rec, tmp_path)
        assert names[-1] in ("fdatasync", "fsync") or "fdatasync" in names[-4:]
        assert any(
            "fsync" in call and call.split("<")[1].startswith(str(cs_rec.logs) + ">")
            for call in calls
        ), "the folder too"

    def test_none(self, cs_rec, tmp_path):
        names, _ = self.syncs(cs_rec, tmp_path, "--sync", "none")
        assert "fdatasync" not in names

    def test_each(self, cs_rec, tmp_path):
        names, _ = self.syncs(cs_rec, tmp_path, "--sync", "each")
        entries = len(cs_rec.log.entries())
        assert names.count("fdatasync") >= entries


def first_line(path: Path) -> bytes:
    """Nothing while another file is put in its place."""
    try:
        return path.read_bytes().partition(b"\n")[0]
    except FileNotFoundError:
        return b""


class TestALogThatOthersTouch:
    def change(self, cs_rec, how):
        terminal = ready(cs_rec)
        for _ in range(3):
            key(terminal)
        path = cs_rec.log.files()[0]
        terminal.until(lambda: len(cs_rec.log.input()) == 3)
        terminal.until(lambda: covered(cs_rec))  # so it was looked at since
        how(path)
        key(terminal, b"y")
        terminal.until(lambda: b'"number":2' in first_line(cs_rec.logs / path.name))
        terminal.type(b"\x04")
        assert terminal.wait() == 0
        assert terminal.screen.startswith(b"READYxxxyBYE")
        lines = (cs_rec.logs / path.name).read_bytes().splitlines()
        found = [json.loads(line) for line in lines]
        assert found[-1]["event"]["type"] == "exit"
        return [entry for entry in found if "event" in entry and entry["event"]["type"] == "gap"]

    def test_removed(self, cs_rec):
        [gap] = self.change(cs_rec, os.unlink)
        assert gap["event"]["entries"] >= 5

    def test_moved_away(self, cs_rec):
        """What it was moved to stays as it is; the log goes on in its place."""
        target = cs_rec.folder / "moved.jsonl"
        self.change(cs_rec, lambda path: path.rename(target))
        assert target.read_bytes().startswith(b'{"timestamp"')
        assert target.read_bytes().count(b"\n") >= 5

    def test_cut(self, cs_rec):
        self.change(cs_rec, lambda path: os.truncate(path, 0))

    def test_replaced_by_a_link(self, cs_rec):
        precious = cs_rec.folder / ".bashrc"
        precious.write_text("mine")

        def replace(path):
            path.unlink()
            path.symlink_to(precious)

        self.change(cs_rec, replace)
        assert precious.read_text() == "mine"


@pytest.mark.usefixtures("linux")
class TestStrict:
    def test_ends_the_session_and_says_why(self, cs_rec):
        command = [*COMMAND, "--strict", "-q", ".", *cs_rec.child("echo")]
        terminal = cs_rec.start(command=command)
        terminal.wait_for(b"READY")
        key(terminal)
        cs_rec.log.files()[0].unlink()
        terminal.type(b"y")
        assert terminal.wait() == 125
        said = bytes(terminal.screen).partition(b"cs-rec: ")[2]
        assert b"--strict" in said
        assert said.count(b"\n") == 1
        assert terminal.mode() == terminal.found_mode


class TestTheNotice:
    def test_is_said_at_once_where_plain_lines_are_printed(self, cs_rec):
        line = "echo READY; while read -r x; do echo got $x; done"
        terminal = cs_rec.start(".", "--", "sh", "-c", line)
        terminal.wait_for(b"READY")
        cs_rec.log.files()[0].unlink()
        terminal.type(b"a\r")
        terminal.wait_for(b"got a")
        terminal.until(lambda: (terminal.type(b"b\r"), b"[cs-rec: " in terminal.screen)[1])
        terminal.type(b"\x04")
        assert terminal.wait() == 0
        assert terminal.screen.count(b"[cs-rec: ") == 1
        assert b"the session goes on]\r\n" in terminal.screen
