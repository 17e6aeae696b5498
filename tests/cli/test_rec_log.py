"""What stands in a log, and in the summary beside it."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from formats.meta import read_meta, rebuild
from formats.session import Session
from tests.support.recording import COMMAND, plain_bytes

needs_jq = pytest.mark.skipif(
    shutil.which("jq") is None, reason="jq is not installed; .ci/run installs it"
)


def test_the_first_line_is_start_and_the_last_is_exit(cs_rec):
    cs_rec.run("-q", "--size", "100x30", ".", "--", "echo", "hello")
    entries = cs_rec.log.entries()
    assert [entry.event and entry.event["type"] for entry in entries] == ["start", None, "exit"]
    start = entries[0].event
    assert start["version"] == 1
    assert (start["cols"], start["rows"]) == (100, 30)
    assert start["command"] == ["echo", "hello"]
    assert start["cwd"] == str(cs_rec.folder)
    assert start["term"] == "xterm-256color"
    assert entries[-1].event == {"type": "exit", "status": 0, "reason": "exited"}


def test_every_line_has_the_five_fields_in_order_and_the_bytes_untouched(cs_rec):
    data = bytes(range(256)) * 5
    (cs_rec.folder / "data").write_bytes(data)
    cs_rec.run("-q", ".", "--", "sh", "-c", "stty raw -echo; cat data")
    log = cs_rec.log  # reading it checks the fields of each line
    assert log.output() == data
    assert uuid.UUID(log.id).version == 4


def test_the_times_are_those_of_the_clock_on_the_wall(cs_rec):
    before = datetime.now(UTC)
    cs_rec.run("-q", ".", "--", "sh", "-c", "echo a; sleep 0.3; echo b")
    after = datetime.now(UTC)
    stamps = {entry.data: datetime.fromisoformat(entry.timestamp) for entry in cs_rec.log.entries()}
    slack = timedelta(milliseconds=5)  # steps of the wall clock meanwhile, and rounding
    assert all(before - slack <= stamp <= after + slack for stamp in stamps.values())
    assert stamps[b"b\r\n"] - stamps[b"a\r\n"] >= timedelta(seconds=0.25)
    assert all(entry.timestamp[19] == "." for entry in cs_rec.log.entries())
    assert all(len(entry.timestamp) == 24 for entry in cs_rec.log.entries())


def test_what_was_said_about_the_session_is_in_its_first_line_and_its_summary(cs_rec):
    cs_rec.run(
        "-q", "--title", "a title", "--tag", "one", "--tag", "two", "--idle-limit", "2.5",
        ".", "--", "true",
    )  # fmt: skip
    for found in (cs_rec.log.event("start"), cs_rec.log.meta()):
        assert found["title"] == "a title"
        assert found["tags"] == ["one", "two"]
        assert found["idle_limit_s"] == 2.5


def test_what_was_not_said_is_not_there(cs_rec):
    cs_rec.run("-q", ".", "--", "true")
    assert cs_rec.log.event("start").keys() == {
        "type", "version", "cols", "rows", "command", "cwd", "term", "env",
    }  # fmt: skip


def test_a_title_cannot_smuggle_escapes(cs_rec):
    cs_rec.run("-q", "--title", "a\x1b]0;b\x07\nc", ".", "--", "true")
    assert cs_rec.log.event("start")["title"].isprintable()


def test_of_the_environment_only_the_listed_names_are_kept(cs_rec):
    environ = {"SHELL": "/bin/sh", "SECRET_TOKEN": "do-not-store-me", "COLORTERM": "truecolor"}
    cs_rec.run("-q", ".", "--", "true", environ=environ)
    assert cs_rec.log.event("start")["env"] == {
        "SHELL": "/bin/sh", "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8",
    }  # fmt: skip
    for path in cs_rec.logs.iterdir():
        assert b"do-not-store-me" not in path.read_bytes()


def test_the_configuration_lists_other_names(cs_rec):
    cs_rec.home.mkdir(mode=0o700)
    (cs_rec.home / "config.toml").write_text('capture_env = ["EDITOR", "NOT_SET"]\n')
    cs_rec.run("-q", ".", "--", "true", environ={"EDITOR": "vi"})
    assert cs_rec.log.event("start")["env"] == {"EDITOR": "vi"}


def test_the_commands_environment_is_the_users_and_our_id(cs_rec):
    done = cs_rec.run("-q", ".", "--", "env", environ={"TERM": "", "PYTHONPATH": "mine"})
    assert done.returncode == 0
    found = dict(line.split("=", 1) for line in cs_rec.log.output().decode().splitlines())
    expected = cs_rec.environ | {"TERM": "xterm-256color", "PYTHONPATH": "mine"}
    expected["CS_SESSION_ID"] = cs_rec.log.id
    found.pop("_", None)
    assert found == expected


@needs_jq
def test_the_recipes_of_the_specification_work(cs_rec):
    (cs_rec.folder / "data").write_bytes(b"caf\xc3\xa9 \x1b[31mred\x1b[m\xff\r\n" * 300)
    cs_rec.run("-q", ".", "--", "sh", "-c", "stty raw -echo; cat data")
    path = cs_rec.logs / f"{cs_rec.log.id}.jsonl"
    selected = subprocess.run(
        ["jq", "-c", 'select(.direction=="output")', path], capture_output=True, check=True
    )
    assert len(selected.stdout.splitlines()) == len(cs_rec.log.entries())
    # A base64 that reads line by line takes each entry's padding for the end of one piece.
    decode = 'while read -r data; do printf %s "$data" | base64 -d; done'
    line = f"jq -r 'select(.direction==\"output\") | .data' '{path}' | {decode}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, check=True)
    assert done.stdout == cs_rec.log.output() == (cs_rec.folder / "data").read_bytes()


@needs_jq
def test_a_reader_of_the_five_fields_alone_prints_exactly_the_output(cs_rec):
    """`jq -r .data | base64 -d` for an entry: events have none."""
    cs_rec.run("-q", ".", "--", "printf", "abc")
    path = cs_rec.logs / f"{cs_rec.log.id}.jsonl"
    line = f"jq -r .data '{path}' | base64 -d"
    assert subprocess.run(["bash", "-c", line], capture_output=True, check=True).stdout == b"abc"


class TestSummary:
    def test_while_it_runs_it_says_so(self, cs_rec):
        terminal = cs_rec.start(".", *cs_rec.child("echo"))
        terminal.wait_for(b"READY")
        meta = cs_rec.log.meta()
        assert meta["state"] == "recording"
        assert (meta["cols"], meta["rows"]) == (100, 30)
        assert meta["end"] is None
        assert meta["exit_status"] is None
        terminal.type(b"\x04")
        assert terminal.wait() == 0
        assert cs_rec.log.meta()["state"] == "ended"

    def test_at_the_end_it_counts_what_the_log_holds(self, cs_rec):
        terminal = cs_rec.start(".", *cs_rec.child("echo"))
        terminal.wait_for(b"READY")
        terminal.type(b"some input")
        terminal.wait_for(b"some input")
        terminal.type(b"\x04")
        assert terminal.wait() == 0
        log, meta = cs_rec.log, cs_rec.log.meta()
        entries = log.entries()
        assert meta["entries"] == len(entries)
        assert meta["input_bytes"] == len(log.input()) == len(b"some input\x04")
        assert meta["output_bytes"] == len(log.output())
        assert meta["log_bytes"] == meta["open_bytes"] == log.files()[0].stat().st_size
        assert meta["session_id"] == log.id
        assert (meta["start"], meta["end"]) == (entries[0].timestamp, entries[-1].timestamp)
        assert (meta["exit_status"], meta["exit_reason"]) == (0, "exited")
        assert meta["segments"] == 1

    def test_it_agrees_with_one_rebuilt_from_the_log(self, cs_rec):
        cs_rec.run("-q", "--rotate-bytes", "64K", ".", "--", "head", "-c", "300000", "/dev/zero")
        log = cs_rec.log
        written = read_meta(str(cs_rec.logs / f"{log.id}.meta.json"))
        assert written == rebuild(Session(log.id, str(cs_rec.logs)))

    def test_nothing_else_is_left_in_the_folder(self, cs_rec):
        cs_rec.run("-q", ".", "--", "true")
        names = sorted(path.name for path in cs_rec.logs.iterdir())
        assert names == [f"{cs_rec.log.id}.jsonl", f"{cs_rec.log.id}.meta.json"]


class TestWords:
    def test_one_line_at_the_start_and_one_at_the_end_on_stderr(self, cs_rec):
        done = cs_rec.run(".", "--", "echo", "hello")
        assert done.stdout == b"hello\r\n"
        first, last = done.stderr.decode().splitlines()
        path = str(cs_rec.logs / f"{cs_rec.log.id}.jsonl")
        assert path in first
        assert path in last
        assert f"cs-play {cs_rec.log.id[:8]}" in last

    def test_quiet_says_nothing(self, cs_rec):
        assert cs_rec.run("--quiet", ".", "--", "true").stderr == b""

    def test_the_environment_can_make_it_quiet(self, cs_rec):
        done = cs_rec.run(".", "--", "true", environ={"CLAUDE_SESSIONS_QUIET": "1"})
        assert done.stderr == b""

    def test_on_a_terminal_they_stand_around_the_session(self, cs_rec):
        terminal = cs_rec.start(command=[*COMMAND, ".", "--", "echo", "hello"])
        assert terminal.wait() == 0
        first, hello, last = bytes(terminal.screen).decode().splitlines()
        assert first.startswith("cs-rec: recording")
        assert hello == "hello"
        assert last.startswith("cs-rec: recorded")


def test_the_log_is_flushed_entry_by_entry(cs_rec):
    """What was seen on the screen is in the file, while the session runs."""
    terminal = cs_rec.start(".", *cs_rec.child("echo"))
    for key in b"READY", b"a", b"b", b"c":
        if key != b"READY":
            terminal.type(key)
        terminal.wait_for(key)
        assert cs_rec.log.output().endswith(key)
    (path,) = cs_rec.log.files()
    assert plain_bytes(path).endswith(b"\n")


def test_input_and_output_stand_in_the_order_they_happened(cs_rec):
    terminal = cs_rec.start(".", *cs_rec.child("echo"))
    terminal.wait_for(b"READY")
    for key in b"a", b"b", b"c":
        terminal.type(key)
        terminal.wait_for(key)
    terminal.type(b"\x04")
    assert terminal.wait() == 0
    seen = [e for e in cs_rec.log.entries() if e.event is None]
    inputs = b"".join(e.data for e in seen if e.direction == "input")
    outputs = b"".join(e.data for e in seen if e.direction == "output")
    assert inputs == b"abc\x04"
    assert outputs == b"READYabcBYE"
    for key in b"a", b"b":
        typed = seen.index(next(e for e in seen if e.direction == "input" and e.data == key))
        later = seen[typed + 1 :]
        assert any(e.direction == "output" and key in e.data for e in seen)
        assert any(e.direction == "input" for e in later)
