"""`cs-redact`, and `cs-export --redact`."""

from __future__ import annotations

import base64
import fcntl
import json
import uuid
from typing import TYPE_CHECKING

import zstandard

from formats.entry import decode_line
from formats.layout import Home
from formats.session import Session
from formats.writing import SessionWriter
from tests.support.logs import Said, ended, lines, start, store_log

if TYPE_CHECKING:
    from pathlib import Path

BODY = "aB3" * 12
KEY = f"ghp_{BODY}"


def stored(home: Path) -> str:
    return store_log(
        home,
        start(title=f"with {KEY}", idle_limit_s=2),
        Said(10, f"token {KEY}\r\n".encode()),
        Said(20, KEY.encode(), "input"),
        ended(2000),
    )


def data_of(home: Path, session_id: str) -> bytes:
    entries = Session(session_id, Home(str(home)).logs).entries()
    return b"".join(str(entry.event).encode() + entry.data for entry in entries)


def test_a_session_is_rewritten_and_the_original_kept(cs, home: Path) -> None:
    session_id = stored(home)
    cs("meta", "last", "--title", f"my {KEY}")
    cs("mark", "--session", "last", f"label {KEY}")
    done = cs("redact", "--dry-run", "last")
    assert done.returncode == 0, done.stderr
    assert "1 github masked (best effort)" in done.stderr
    assert BODY.encode() in data_of(home, session_id)
    done = cs("redact", "last")
    assert done.returncode == 0, done.stderr
    assert BODY not in done.stderr
    assert BODY.encode() not in data_of(home, session_id)
    for path in (home / "logs").iterdir():
        assert BODY.encode() not in path.read_bytes(), path
    (listed,) = [json.loads(line) for line in cs("ls", "--json").stdout.splitlines()]
    assert listed["title"].startswith("my ghp_***")
    assert cs("verify", "last").returncode == 0
    assert cs("rm", "--now", "-y", session_id).returncode == 0
    assert cs("restore", session_id).returncode == 0
    assert BODY.encode() in data_of(home, session_id)


def everything_in(folder: Path) -> dict[str, bytes]:
    """Each file below it, what is compressed in plain."""
    found: dict[str, bytes] = {}
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            if path.suffix == ".zst":
                reader = zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True)
                data = reader.read()
            found[str(path)] = data
    return found


def decoded(data: bytes) -> bytes:
    """A log's lines with what they hold in base64, or other data as it is."""
    lines = [json.loads(line) for line in data.splitlines() if line.startswith(b'{"timestamp"')]
    return b"".join(base64.b64decode(line["data"]) for line in lines) + data


def test_nothing_of_the_original_is_left_but_in_the_trash(cs, home: Path) -> None:
    """Sealed segments, summary, search index, keyframes, marks: all of it is made anew."""
    session_id = stored_in_segments(home)
    cs("meta", session_id, "--title", f"again {KEY}", "--tag", "kept")
    assert cs("index", session_id).returncode == 0
    assert BODY in cs("grep", session_id, "token").stdout
    segments = len(list((home / "logs").glob("*.jsonl.zst")))
    # A token that no rule knows, were it not called one in the command.
    named = "Zx81-Quux-7731"
    assert any(named.encode() in decoded(data) for data in everything_in(home).values())
    done = cs("redact", session_id)
    assert done.returncode == 0, done.stderr
    for path, data in everything_in(home).items():
        clean = BODY.encode() not in decoded(data) and named.encode() not in decoded(data)
        assert clean or "/trash/" in path, path
    assert cs("verify", session_id).returncode == 0
    assert BODY not in cs("grep", session_id, "token").stdout
    (listed,) = (json.loads(line) for line in cs("ls", "--json").stdout.splitlines())
    assert listed["title"].startswith("again ghp_*")
    assert listed["tags"] == ["kept"]
    assert listed["command"] == ["deploy", "--token", "*" * len(named)]
    assert listed["segments"] == segments > 1
    again = cs("redact", session_id)
    assert "no secret found" in again.stderr


def stored_in_segments(home: Path) -> str:
    """A session in three sealed segments, each with the key in it, and another in its command."""
    named = "Zx81-Quux-7731"
    said = [
        start(command=["deploy", "--token", named]),
        Said(10, f"deploying with {named}\r\n".encode()),
        *(Said(20 + n, f"line {n} token {KEY}\r\n".encode()) for n in range(450)),
        ended(4000),
    ]
    session_id = str(uuid.uuid4())
    with SessionWriter(Home(str(home)), session_id, rotate_bytes=50_000) as writer:
        for line in lines(said, session_id):
            writer.add(decode_line(line))
    return session_id


def test_a_session_that_is_being_recorded_is_not_rewritten(cs, home: Path) -> None:
    session_id = stored(home)
    before = everything_in(home)
    with (home / "logs" / f"{session_id}.jsonl").open() as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        done = cs("redact", session_id)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"cs-redact: {session_id[:8]} is being recorded: end it first"
    ]
    assert {path: data for path, data in everything_in(home).items() if path in before} == before


def test_no_original_is_kept_if_so_said(cs, home: Path) -> None:
    stored(home)
    assert cs("redact", "--now", "last").returncode == 0
    assert cs("restore").stdout == ""
    again = cs("redact", "last")
    assert "no secret found" in again.stderr


def test_what_is_shared_is_redacted_unless_told_otherwise(cs, home: Path, tmp_path: Path) -> None:
    stored(home)
    done = cs("export", "last", "-o", tmp_path / "a.cast")
    assert done.returncode == 0, done.stderr
    assert "github masked" in done.stderr
    assert BODY not in (tmp_path / "a.cast").read_text()
    cs("export", "last", "-o", tmp_path / "b.cast", "--no-redact")
    assert BODY in (tmp_path / "b.cast").read_text()
    cs("export", "last", "-o", tmp_path / "c.raw")
    assert BODY in (tmp_path / "c.raw").read_text()
    cs("export", "last", "-o", tmp_path / "d.raw", "--redact")
    assert BODY not in (tmp_path / "d.raw").read_text()


def test_a_key_typed_into_an_editor_is_told_and_masked_in_each_form(
    cs, home: Path, tmp_path: Path
) -> None:
    """Two rules find it, and behind Escape what was typed seems to go on: nothing is less of it."""
    body = "Zq8Xv2LmN4pR7tYw9BcD1fGh3"
    key = f"sk-ant-api03-{body}"
    session_id = store_log(
        home,
        start(),
        Said(10, b"\x1b[1;1Hexport API_KEY="),
        Said(20, f"jA{key}".encode(), "input"),
        Said(30, f"\x1b[1;16H{key}".encode()),
        Said(2000, b"\x1b", "input"),
        Said(2010, b"wq\r", "input"),
        ended(4000),
    )
    for form in ("txt", "md", "cast"):
        path = tmp_path / f"talk.{form}"
        done = cs("export", "last", "-o", str(path))
        assert "1 anthropic, 1 assignment masked" in done.stderr
        assert body not in path.read_text()
    assert cs("redact", "last").returncode == 0
    assert body.encode() not in data_of(home, session_id)
