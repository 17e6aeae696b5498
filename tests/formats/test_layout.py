"""Names, ids, folders and their permissions."""

from __future__ import annotations

import os
import stat
import uuid
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.errors import LogError, SessionsError, UnsafeHomeError
from formats.layout import Home, is_session_id, new_session_id, open_private, parse_log_name

if TYPE_CHECKING:
    from pathlib import Path

ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"


def mode(path: str | Path) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o777])
def umask(request: pytest.FixtureRequest):
    old = os.umask(request.param)
    yield request.param
    os.umask(old)


def test_new_ids_are_random_version_4() -> None:
    ids = {new_session_id() for _ in range(1000)}
    assert len(ids) == 1000
    for text in ids:
        parsed = uuid.UUID(text)
        assert (parsed.version, parsed.variant, str(parsed)) == (4, uuid.RFC_4122, text)
        assert is_session_id(text)


@given(st.text(max_size=40) | st.text("0123456789abcdef-/.", min_size=34, max_size=38))
def test_only_uuids_are_ids(text: str) -> None:
    try:
        expected = len(text) == 36 and str(uuid.UUID(text)) == text.lower() and text.isascii()
    except ValueError:
        expected = False
    assert is_session_id(text) == expected


@pytest.mark.parametrize(
    ("name", "parsed"),
    [
        (f"{ID}.jsonl", (ID, None, False)),
        (f"{ID}.jsonl.zst", (ID, None, True)),
        (f"{ID}.0001.jsonl", (ID, 1, False)),
        (f"{ID}.0012.jsonl.zst", (ID, 12, True)),
        (f"{ID}.12345.jsonl", (ID, 12345, False)),
        (f"{ID}.meta.json", None),
        (f"{ID}.0001.jsonl.zst.tmp", None),
        (f"{ID}.1.jsonl", None),
        (f"{ID}0001.jsonl", None),
        (f"{ID}.-001.jsonl", None),
        (f"{ID}.\u0660\u0660\u0660\u0661.jsonl", None),
        (f"{ID}", None),
        ("notes.jsonl", None),
        ("", None),
    ],
)
def test_names_of_log_files(name: str, parsed: object) -> None:
    assert parse_log_name(name) == parsed


def test_names_that_a_home_gives_read_back() -> None:
    home = Home("/h")
    for path, expected in (
        (home.log(ID), (ID, None, False)),
        (home.segment(ID, 7), (ID, 7, False)),
        (home.segment(ID, 70_000, sealed=True), (ID, 70_000, True)),
    ):
        assert os.path.dirname(path) == "/h/logs"
        assert parse_log_name(os.path.basename(path)) == expected


def test_which_home() -> None:
    assert Home.of({"CLAUDE_SESSIONS_HOME": "/a"}, "/b").path == "/b"
    assert Home.of({"CLAUDE_SESSIONS_HOME": "/a"}).path == "/a"
    for environ in ({}, {"CLAUDE_SESSIONS_HOME": ""}):
        assert Home.of(environ).path == os.path.expanduser("~/.claude-sessions")
    for bad in ("", "a\0b"):
        with pytest.raises(UnsafeHomeError):
            Home.of({}, bad)


def test_folders_are_ours_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    home = Home(str(tmp_path / "home"))
    home.create()
    home.create()
    for folder in (home.path, home.logs, home.index, home.trash, home.run):
        assert mode(folder) == 0o700, oct(umask)


def test_files_are_ours_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    path = str(tmp_path / "file")
    os.close(open_private(path, os.O_WRONLY))
    assert mode(path) == 0o600, oct(umask)


def test_nothing_is_opened_over_a_file_or_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("kept")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("there", "link"):
        with pytest.raises(FileExistsError):
            open_private(str(tmp_path / name), os.O_WRONLY | os.O_TRUNC)
    assert (tmp_path / "there").read_text() == "kept"
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("folder", ["", "logs"])
@pytest.mark.parametrize("bit", [stat.S_IWGRP, stat.S_IWOTH])
def test_a_home_that_others_can_write_is_refused(tmp_path: Path, folder: str, bit: int) -> None:
    home = Home(str(tmp_path / "home"))
    home.create()
    os.chmod(os.path.join(home.path, folder), 0o700 | bit)
    for check in (home.check, home.create):
        with pytest.raises(UnsafeHomeError, match="chmod go-w"):
            check()


def test_a_home_that_others_can_only_read_is_taken(tmp_path: Path) -> None:
    home = Home(str(tmp_path / "home"))
    home.create()
    os.chmod(home.path, 0o755)
    home.check()


def test_linked_logs_are_refused_a_linked_home_is_not(tmp_path: Path) -> None:
    real = Home(str(tmp_path / "real"))
    real.create()
    (tmp_path / "home").symlink_to(real.path)
    Home(str(tmp_path / "home")).check()
    os.rename(real.logs, tmp_path / "logs")
    os.symlink(tmp_path / "logs", real.logs)
    with pytest.raises(UnsafeHomeError):
        real.check()


def test_a_file_where_the_home_should_be(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    home = Home(str(tmp_path / "home"))
    with pytest.raises(SessionsError):
        home.create()
    with pytest.raises(UnsafeHomeError):
        home.check()


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LogError, match="cannot make"):
        Home(str(tmp_path / "file" / "home")).create()


def test_a_home_that_is_not_there_is_safe(tmp_path: Path) -> None:
    Home(str(tmp_path / "nowhere")).check()
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.root
def test_a_foreign_home_is_refused(tmp_path: Path) -> None:
    home = Home(str(tmp_path / "home"))
    home.create()
    os.chown(home.path, 12345, -1)
    with pytest.raises(UnsafeHomeError, match="12345"):
        home.check()
