"""Nobody else reads the store or chooses what is read from it: modes, umasks, links, owners.

Test 28 of the list of faults, and its like for single files.
"""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.support.logs import Said, ended, start, store_log
from tests.support.recording import COMMAND

BIN = Path(COMMAND[0]).parent
READERS = [
    ("ls",),
    ("play", "SESSION"),
    ("grep", "SESSION", "hello"),
    ("text", "SESSION"),
    ("info", "SESSION"),
    ("verify", "SESSION"),
    ("export", "SESSION", "-o", "-", "--format", "raw"),
    ("repair", "SESSION"),
    ("index", "SESSION"),
    ("meta", "SESSION"),
    ("rm", "SESSION"),
    ("redact", "SESSION"),
    ("du",),
    ("prune", "--older-than", "1d", "--dry-run"),
]

# To name or to remove it, a log need not be read.
READ_THE_LOG = [reader for reader in READERS if reader[0] not in ("meta", "rm")]


def run(cs_rec, name: str, *arguments: str):
    return subprocess.run(
        [BIN / f"cs-{name}", *arguments],
        env=os.environ | cs_rec.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=30,
        text=True,
    )


def assert_refused(done, words: str, code: int = 2) -> None:
    assert done.returncode == code, done
    assert words in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "hello" not in done.stdout


def modes(folder: Path) -> dict[str, int]:
    paths = [folder, *folder.rglob("*")]
    return {str(path): stat.S_IMODE(path.lstat().st_mode) for path in paths}


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_whatever_the_umask_it_is_ours_alone(cs_rec, umask) -> None:
    session = ["--rotate-bytes", "64K", ".", *cs_rec.child("count", 100_000)]
    done = cs_rec.run("-q", *session, preexec_fn=lambda: os.umask(umask))
    assert done.returncode == 0, done.stderr
    found = modes(cs_rec.home)
    assert len(found) > 8
    for path, mode in found.items():
        assert mode == (0o700 if os.path.isdir(path) else 0o600), path
    assert run(cs_rec, "verify", "all").returncode == 0


def test_a_home_folder_may_be_a_link(cs_rec, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "me").symlink_to(tmp_path / "disk")
    environ = {"HOME": str(tmp_path / "me"), "CLAUDE_SESSIONS_HOME": ""}
    assert cs_rec.run("-q", ".", "--", "true", environ=environ).returncode == 0
    found = modes(tmp_path / "disk" / ".claude-sessions")
    assert all(mode in (0o700, 0o600) for mode in found.values())


@pytest.mark.parametrize("folder", ["", "logs", "index", "run", "trash"])
def test_folders_that_others_may_write_to(cs_rec, folder) -> None:
    assert cs_rec.run("-q", ".", "--", "echo", "hello").returncode == 0
    path = cs_rec.home / folder
    path.chmod(0o777)
    for reader in (("ls",), ("play", "last"), ("rm", "last")):
        assert_refused(run(cs_rec, *reader), "can be written by other users: run chmod go-w")
    done = cs_rec.run("-q", ".", "--", "true")
    assert done.returncode == 125
    assert b"can be written by other users: run chmod go-w" in done.stderr


@pytest.mark.parametrize("folder", ["logs", "index", "run", "trash"])
def test_folders_that_are_links(cs_rec, tmp_path: Path, folder) -> None:
    cs_rec.home.mkdir(mode=0o700)
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o755)
    (cs_rec.home / folder).symlink_to(outside)
    done = cs_rec.run("-q", ".", "--", "true")
    assert done.returncode == 125
    assert b"is not a folder of ours" in done.stderr
    assert done.stderr.count(b"\n") == 1
    assert stat.S_IMODE(outside.stat().st_mode) == 0o755
    assert not list(outside.iterdir())
    assert_refused(run(cs_rec, "ls"), "is not a folder of ours")


@pytest.fixture
def session(cs_rec) -> str:
    cs_rec.home.mkdir(mode=0o700)
    return store_log(cs_rec.home, start(), Said(10, b"hello\r\n"), ended(20))


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader[0])
def test_a_log_that_is_a_link(cs_rec, session, tmp_path: Path, reader) -> None:
    path = cs_rec.logs / f"{session}.jsonl"
    path.rename(tmp_path / "elsewhere.jsonl")
    path.symlink_to(tmp_path / "elsewhere.jsonl")
    before = (tmp_path / "elsewhere.jsonl").read_bytes()
    done = run(cs_rec, *(session[:8] if word == "SESSION" else word for word in reader))
    if "SESSION" in reader:
        assert_refused(done, "is a link, and not read: name the file that it leads to")
    else:
        assert done.returncode == 0
        assert session[:8] not in done.stdout
    assert (tmp_path / "elsewhere.jsonl").read_bytes() == before
    assert path.is_symlink()


@pytest.mark.root
@pytest.mark.parametrize("reader", READ_THE_LOG, ids=lambda reader: reader[0])
@pytest.mark.parametrize("with_meta", [False, True])
def test_a_log_of_another_user(cs_rec, session, reader, with_meta) -> None:
    path = cs_rec.logs / f"{session}.jsonl"
    if with_meta:
        assert run(cs_rec, "ls").returncode == 0
        assert (cs_rec.logs / f"{session}.meta.json").exists()
    os.chown(path, 12345, 12345)
    before = path.read_bytes()
    done = run(cs_rec, *(session[:8] if word == "SESSION" else word for word in reader))
    if "SESSION" in reader:
        assert_refused(done, "belongs to another user (uid 12345): chown it, or remove it")
    else:
        assert done.returncode == 0
    assert path.read_bytes() == before


@pytest.mark.root
@pytest.mark.parametrize("folder", ["", "logs", "index", "run", "trash"])
def test_a_folder_of_another_user(cs_rec, session, folder) -> None:
    assert cs_rec.run("-q", ".", "--", "true").returncode == 0
    path = cs_rec.home / folder
    path.chmod(0o755)
    os.chown(path, 12345, 12345)
    done = cs_rec.run("-q", ".", "--", "true")
    assert done.returncode == 125
    assert b"belongs to another user (uid 12345)" in done.stderr
    assert stat.S_IMODE(path.stat().st_mode) == 0o755
    for reader in (("ls",), ("play", "last"), ("prune", "--older-than", "1d", "-y")):
        assert_refused(run(cs_rec, *reader), "belongs to another user (uid 12345)")


@pytest.mark.root
def test_what_another_user_says_of_a_session_is_not_believed(cs_rec, session) -> None:
    assert run(cs_rec, "meta", session, "--title", "mine").returncode == 0
    assert run(cs_rec, "ls").returncode == 0
    for name in ("user", "meta"):
        path = cs_rec.logs / f"{session}.{name}.json"
        path.write_text(path.read_text().replace("mine", "theirs").replace("bash", "theirs"))
        os.chown(path, 12345, 12345)
    assert "theirs" not in run(cs_rec, "ls").stdout
