"""`cs-redact`, and `cs-export --redact`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from formats.layout import Home
from formats.session import Session
from tests.support.logs import Said, ended, start, store_log

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
