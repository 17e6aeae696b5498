"""Which session is meant, and the list of all: what is read, what is rebuilt, what is refused."""

from __future__ import annotations

import builtins
import fcntl
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.entry import Entry, encode_line
from formats.errors import (
    AmbiguousSessionError,
    BadSessionIdError,
    LogError,
    NoSuchSessionError,
    SessionsError,
    UnsafeHomeError,
)
from formats.layout import Home, new_session_id
from formats.meant import meant, resolve
from formats.meta import ENDED, RECORDING, read_meta, rebuild, write_meta
from formats.session import Session
from formats.store import listing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
SECOND = "3f2504e0-1111-41d3-9a0c-0305e82c3301"
THIRD = "abcdef01-4f89-41d3-9a0c-0305e82c3301"


def add(home: Home, session_id: str, start_s: int, entries: int = 3) -> None:
    """A session whose recorder ended well, but wrote no summary."""
    lines = [
        encode_line(Entry((start_s + number) * 1_000_000, session_id, "output", b"x"))
        for number in range(entries)
    ]
    with open(home.log(session_id), "wb") as file:
        file.write(b"".join(lines))


@pytest.fixture
def store(tmp_path: Path) -> Home:
    """Three sessions: FIRST is the oldest, THIRD the newest."""
    home = Home(str(tmp_path / "home"))
    home.create()
    for start_s, session_id in enumerate((FIRST, SECOND, THIRD)):
        add(home, session_id, 1000 * (start_s + 1))
    return home


@pytest.mark.parametrize(
    ("text", "session_id"),
    [
        (FIRST, FIRST),
        (FIRST.upper(), FIRST),
        ("3f2504e0-4", FIRST),
        ("3F2504E0-1", SECOND),
        ("abcd", THIRD),
        ("ABCDEF01", THIRD),
        ("last", THIRD),
        ("last~0", THIRD),
        ("last~1", SECOND),
        ("last~2", FIRST),
    ],
)
def test_which_session_is_meant(store: Home, text: str, session_id: str) -> None:
    session = resolve(store, text)
    assert session.id == session_id
    assert len(list(session.entries())) == 3
    found = meant(store, text)
    assert found.session.id == session_id
    assert found.meta.session_id == session_id


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders that were looked into."""
    found: list[str] = []
    real = os.scandir

    def watched(path: str) -> Any:
        found.append(path)
        return real(path)

    monkeypatch.setattr(os, "scandir", watched)
    return found


def test_the_last_session_takes_one_look_into_the_folder(store: Home, looks: list[str]) -> None:
    listing(store)  # its summaries are made
    looks.clear()
    assert meant(store, "last~1").session.id == SECOND
    assert looks == [store.logs]


def test_paths(store: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.rename(store.log(FIRST), tmp_path / "some.jsonl")
    monkeypatch.chdir(tmp_path)
    for text in ("some.jsonl", "./some.jsonl", str(tmp_path / "some.jsonl")):
        assert resolve(store, text).id == FIRST
    os.rename("some.jsonl", "any name")
    assert resolve(store, "any name").id == FIRST
    assert resolve(Home(str(tmp_path / "nowhere")), "any name").id == FIRST


def test_a_file_by_its_bare_name_does_not_hide_a_session(
    store: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("abcd", "last"):
        (tmp_path / name).write_text("no log")
        assert resolve(store, name).id == THIRD
    (tmp_path / "beef").write_bytes(encode_line(Entry(0, FIRST, "output", b"")))
    assert resolve(store, "beef").path == os.path.realpath(tmp_path / "beef")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", BadSessionIdError),
        ("\0", BadSessionIdError),
        ("a\0b/c", NoSuchSessionError),
        ("x" * 300, BadSessionIdError),
        ("a" * 300, BadSessionIdError),
        ("/" + "x" * 5000, NoSuchSessionError),
        ("-h", BadSessionIdError),
        ("abc", BadSessionIdError),
        ("abcg", BadSessionIdError),
        ("../..", LogError),
        ("../../etc/passwd", NoSuchSessionError),
        ("/etc/passwd", LogError),
        ("nowhere.jsonl", NoSuchSessionError),
        ("../" + FIRST, NoSuchSessionError),
        ("bbbb", NoSuchSessionError),
        ("----", NoSuchSessionError),
        ("3f25", AmbiguousSessionError),
        ("last~3", NoSuchSessionError),
        ("last~" + "9" * 5000, BadSessionIdError),
        ("last~-1", BadSessionIdError),
        ("last~", BadSessionIdError),
        ("last~\u0661", BadSessionIdError),
        ("latest", BadSessionIdError),
        ("*", BadSessionIdError),
        ("\udcff\x1b[31m\n", BadSessionIdError),
    ],
)
def test_hostile_texts_are_one_line_errors(
    store: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    error: type[SessionsError],
) -> None:
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    with pytest.raises(error) as caught:
        resolve(store, text)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 500
    assert caught.value.exit_code == 2


def test_the_message_names_candidates(store: Home) -> None:
    with pytest.raises(AmbiguousSessionError, match=r"3f2504e0-1.*3f2504e0-4.*cs-ls shows them"):
        resolve(store, "3f2504e0")
    with pytest.raises(NoSuchSessionError, match="cs-ls shows them"):
        resolve(store, "bbbb")


@given(text=st.text(max_size=50) | st.text("0123456789abcdef-~/.last", max_size=40))
def test_any_text_is_a_session_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    home = Home(str(tmp_path_factory.getbasetemp() / "any"))
    home.create()
    message = ""
    try:
        resolve(home, text)
    except SessionsError as error:
        message = str(error)
    assert not message or message.isprintable()


@pytest.mark.parametrize("text", ["last", "last~2", "abcd", FIRST])
def test_nothing_recorded_yet(tmp_path: Path, text: str) -> None:
    nowhere = Home(str(tmp_path / "nowhere"))
    empty = Home(str(tmp_path / "empty"))
    empty.create()
    for home in (nowhere, empty):
        assert listing(home) == []
        with pytest.raises(NoSuchSessionError, match="no session recorded yet in"):
            resolve(home, text)
    assert not os.path.exists(nowhere.path)


def test_an_unsafe_home_is_refused(store: Home, tmp_path: Path) -> None:
    os.chmod(store.path, 0o770)
    for use in (
        lambda: listing(store),
        lambda: resolve(store, "abcd"),
        lambda: resolve(store, "last"),
    ):
        with pytest.raises(UnsafeHomeError):
            use()
    os.chmod(store.path, 0o700)
    os.rename(store.logs, tmp_path / "logs")
    os.symlink(tmp_path / "logs", store.logs)
    with pytest.raises(UnsafeHomeError):
        listing(store)


def ids(home: Home) -> list[str]:
    return [listed.session.id for listed in listing(home)]


def test_newest_first(store: Home) -> None:
    assert ids(store) == [THIRD, SECOND, FIRST]


def test_missing_summaries_are_rebuilt_and_kept(store: Home) -> None:
    first = listing(store)
    for listed in first:
        assert read_meta(store.meta(listed.session.id)) == listed.meta
        assert (listed.meta.state, listed.meta.entries, listed.live) == (ENDED, 3, False)
        assert listed.disk_bytes == listed.session.size_bytes()
    assert [listed.meta for listed in listing(store)] == [listed.meta for listed in first]


def test_a_summary_that_the_log_has_outgrown_is_rebuilt(store: Home) -> None:
    listing(store)
    with open(store.log(FIRST), "ab") as file:
        file.write(encode_line(Entry(9_000_000_000, FIRST, "output", b"more")))
    found = {listed.session.id: listed.meta for listed in listing(store)}
    assert (found[FIRST].entries, found[SECOND].entries) == (4, 3)
    assert read_meta(store.meta(FIRST)) == found[FIRST]


def test_a_recorder_that_died_is_not_recording(store: Home) -> None:
    session = Session(FIRST, store.logs)
    write_meta(store.meta(FIRST), rebuild(session, RECORDING)._replace(entries=1))
    (listed,) = (one for one in listing(store) if one.session.id == FIRST)
    assert (listed.live, listed.meta.state, listed.meta.entries) == (False, ENDED, 3)


@pytest.mark.parametrize("spoil", ["junk", "empty", "other", "folder", "link", "old version"])
def test_a_summary_that_is_none_is_rebuilt(store: Home, spoil: str) -> None:
    expected = rebuild(Session(FIRST, store.logs))
    path = store.meta(FIRST)
    if spoil == "folder":
        os.mkdir(path)
    elif spoil == "link":
        write_meta(store.path + "/elsewhere", expected._replace(entries=9))
        os.symlink(store.path + "/elsewhere", path)
    elif spoil == "other":
        write_meta(path, expected._replace(session_id=SECOND, entries=9))
    else:
        with open(path, "wb") as file:
            file.write({"junk": b"{\0", "empty": b""}.get(spoil, b'{"version":0}'))
    (listed,) = (one for one in listing(store) if one.session.id == FIRST)
    assert listed.meta == expected


@pytest.fixture
def recorder(store: Home) -> Iterator[int]:
    """The open segment of FIRST, locked as its recorder does."""
    fd = os.open(store.log(FIRST), os.O_RDWR | os.O_APPEND)
    fcntl.flock(fd, fcntl.LOCK_EX)
    yield fd
    os.close(fd)


def test_what_is_being_recorded(store: Home, recorder: int) -> None:
    session = Session(FIRST, store.logs)
    at_start = rebuild(session, RECORDING)._replace(entries=1)
    write_meta(store.meta(FIRST), at_start)
    os.write(recorder, encode_line(Entry(0, FIRST, "output", b"more")))
    (listed,) = (one for one in listing(store) if one.session.id == FIRST)
    assert (listed.live, listed.meta) == (True, at_start)
    # In mid-rotation the lock is on what has just been closed.
    os.rename(store.log(FIRST), store.segment(FIRST, 1))
    (listed,) = (one for one in listing(store) if one.session.id == FIRST)
    assert (listed.live, listed.meta) == (True, at_start)


@pytest.mark.usefixtures("recorder")
def test_the_summary_of_what_is_being_recorded_is_left_to_its_recorder(store: Home) -> None:
    (listed,) = (one for one in listing(store) if one.session.id == FIRST)
    assert (listed.live, listed.meta.state, listed.meta.end_us) == (True, RECORDING, None)
    assert not os.path.exists(store.meta(FIRST))


def test_looking_leaves_no_lock(store: Home) -> None:
    listing(store)
    fd = os.open(store.log(FIRST), os.O_RDWR)
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(fd)


def test_other_files_are_no_sessions(store: Home, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.jsonl").write_bytes(b"")
    os.symlink(tmp_path / "elsewhere.jsonl", store.log(new_session_id()))
    os.mkdir(store.log(new_session_id()))
    os.mkfifo(store.log(new_session_id()))
    for name in ("notes.jsonl", f"{new_session_id()}.meta.json", f"{FIRST}.0001.jsonl.zst.tmp"):
        (tmp_path / "home" / "logs" / name).write_bytes(b"")
    assert ids(store) == [THIRD, SECOND, FIRST]


def test_a_log_without_entries_hides_nothing(store: Home) -> None:
    empty = new_session_id()
    with open(store.log(empty), "wb"):
        pass
    os.utime(store.log(empty), (500, 500))
    assert ids(store) == [THIRD, SECOND, FIRST, empty]


def test_a_log_that_cannot_be_read_hides_nothing(
    store: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(session: Session, _state: object) -> Any:
        if session.id == FIRST:
            raise LogError("cannot read it")
        return rebuild(session)

    monkeypatch.setattr("formats.store.rebuild", refuse)
    assert ids(store) == [THIRD, SECOND, FIRST]


def test_a_store_that_cannot_be_written_is_listed(
    store: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("formats.store.write_meta", refuse)
    assert ids(store) == [THIRD, SECOND, FIRST]


def test_many_sessions_are_listed_without_opening_a_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(str(tmp_path / "home"))
    home.create()
    for number in range(200):
        add(home, new_session_id(), number, entries=1)
    listing(home)
    opened: list[str] = []
    for module, name in ((os, "open"), (builtins, "open")):
        real = getattr(module, name)

        def watched(path: Any, *rest: Any, _real: Any = real, **named: Any) -> Any:
            opened.append(os.fspath(path) if not isinstance(path, int) else "")
            return _real(path, *rest, **named)

        monkeypatch.setattr(module, name, watched)
    found = listing(home)
    monkeypatch.undo()
    assert len(found) == 200
    assert not [path for path in opened if path.endswith((".jsonl", ".zst"))]
    assert sum(path.endswith(".meta.json") for path in opened) == 200


def test_the_folder_is_not_listed_for_each_session_whose_summary_is_missing(
    tmp_path: Path, looks: list[str]
) -> None:
    home = Home(str(tmp_path / "home"))
    home.create()
    for number in range(20):
        add(home, new_session_id(), number, entries=1)
    looks.clear()
    assert len(listing(home)) == 20
    assert looks == [home.logs]


def test_a_session_at_rest_that_was_sealed_meanwhile_is_found_again(store: Home) -> None:
    session = Session(FIRST, store.logs, at_rest=[store.log(FIRST)])
    os.rename(store.log(FIRST), os.path.join(store.logs, f"{FIRST}.0001.jsonl"))
    assert len(list(session.entries())) == 3
