"""Summaries: written and read, refused when they are none, and the same from the log."""

from __future__ import annotations

import errno
import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.entry import Entry
from formats.files import Files
from formats.layout import Home
from formats.line import LineEncoder
from formats.meta import ENDED, RECORDING, Meta, Tally, decode, encode, read_meta, rebuild
from formats.meta import write_meta as write
from formats.sealed import SealedWriter
from formats.session import Session
from formats.timestamp import Stamper

if TYPE_CHECKING:
    from pathlib import Path

ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
BEGIN_US = 1_770_488_132_123_000
META = Meta(
    session_id=ID,
    state=ENDED,
    command=["bash", "-c", "exit 3"],
    cwd="/work",
    title="a title \u2713",
    tags=["one", "two"],
    term="xterm-256color",
    cols=120,
    rows=40,
    idle_limit_s=2.5,
    start_us=BEGIN_US,
    end_us=BEGIN_US + 9_000,
    entries=7,
    input_bytes=3,
    output_bytes=11,
    log_bytes=0,
    open_bytes=0,
    segments=2,
    markers=1,
    exit_status=3,
    exit_signal=None,
    exit_reason="exited",
)

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
counts = st.integers(0, 2**60)
sides = st.integers(0, 65535)
times_us = st.integers(-62_167_219_200_000, 253_402_300_799_999).map(lambda ms: ms * 1000)
metas = st.builds(
    Meta,
    session_id=st.uuids().map(str),
    state=st.sampled_from([RECORDING, ENDED]),
    command=st.lists(words, max_size=3),
    cwd=words | st.none(),
    title=words | st.none(),
    tags=st.lists(words, max_size=3),
    term=words | st.none(),
    cols=sides,
    rows=sides,
    idle_limit_s=st.none() | st.floats(0, 1e9),
    start_us=times_us,
    end_us=times_us | st.none(),
    entries=counts,
    input_bytes=counts,
    output_bytes=counts,
    log_bytes=counts,
    open_bytes=counts,
    segments=counts,
    markers=counts,
    exit_status=st.none() | st.integers(0, 255),
    exit_signal=st.none() | st.integers(0, 64),
    exit_reason=words | st.none(),
)


@given(metas)
def test_decoding_gives_back_what_was_encoded(meta: Meta) -> None:
    assert decode(encode(meta)) == meta


def test_the_file_is_readable() -> None:
    fields = json.loads(encode(META))
    assert fields["version"] == 1
    assert fields["start"] == "2026-02-07T18:15:32.123Z"
    assert fields["end"] == "2026-02-07T18:15:32.132Z"
    assert fields["title"] == "a title \u2713"
    assert not [name for name in fields if name.endswith("_us")]


def changed(**fields: Any) -> bytes:
    return json.dumps(json.loads(encode(META)) | fields).encode()


@pytest.mark.parametrize("name", json.loads(encode(META)))
@pytest.mark.parametrize("value", [[1], {}, "x", -1, 1.5, True, 10**30, ["2"] * 24])
def test_a_field_that_cannot_be_makes_it_no_meta(name: str, value: object) -> None:
    texts = ("cwd", "title", "term", "exit_reason")
    fits = (
        (value == "x" and name in texts)
        or (value == 1.5 and name == "idle_limit_s")
        or (type(value) is int and name in ("exit_status", "exit_signal"))
        or (value == ["2"] * 24 and name in ("command", "tags"))
        or (value == 10**30 and name not in (*texts, "cols", "rows", "version"))
    )
    decoded = decode(changed(**{name: value}))
    if not fits or decoded is None:
        assert decoded is None


@pytest.mark.parametrize("name", json.loads(encode(META)))
def test_a_missing_field_makes_it_no_meta(name: str) -> None:
    fields = json.loads(encode(META))
    del fields[name]
    assert decode(json.dumps(fields).encode()) is None


def test_fields_of_a_later_writer_are_ignored() -> None:
    assert decode(changed(colour="blue")) == META


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"null", b"\0" * 99, b"\xff", b"[" * 100_000, encode(META)[:-9]]
)
def test_what_is_no_meta(data: bytes) -> None:
    assert decode(data) is None


@given(st.binary(max_size=100))
def test_any_bytes_are_a_meta_or_none(data: bytes) -> None:
    assert decode(data) is None


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_writing_replaces_and_is_private(tmp_path: Path, umask: int) -> None:
    path = str(tmp_path / "meta.json")
    old = os.umask(umask)
    try:
        write(path, META._replace(state=RECORDING))
        write(path, META)
    finally:
        os.umask(old)
    assert read_meta(path) == META
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert os.listdir(tmp_path) == ["meta.json"]


class Full(Files):
    @staticmethod
    def write(_fd: int, _data: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Slow(Files):
    write = staticmethod(lambda fd, data: os.write(fd, data[:7]))


def test_a_write_that_fails_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    path = str(tmp_path / "meta.json")
    write(path, META)
    with pytest.raises(OSError, match="No space"):
        write(path, META._replace(title="new"), Full())
    assert read_meta(path) == META
    assert os.listdir(tmp_path) == ["meta.json"]


def test_a_disk_that_takes_a_part_at_a_time(tmp_path: Path) -> None:
    write(str(tmp_path / "meta.json"), META, Slow())
    assert read_meta(str(tmp_path / "meta.json")) == META


def test_what_is_no_file_of_ours_is_not_read(tmp_path: Path) -> None:
    real = tmp_path / "real"
    write(str(real), META)
    (tmp_path / "link").symlink_to(real)
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").write_bytes(b"")
    for name in ("link", "fifo", "folder", "empty", "missing", "nul\0nul"):
        assert read_meta(str(tmp_path / name)) is None


def test_undecodable_bytes_are_as_in_the_log() -> None:
    decoded = decode(encode(META._replace(cwd="/a\udcff")))
    assert decoded is not None
    assert decoded.cwd == "/a\ufffd"


def session_of(home: Home) -> tuple[Session, int, int]:
    """A session of two segments such as the recorder writes; its bytes in all and in the open."""
    home.create()
    encoder, stamp = LineEncoder(ID), Stamper().stamp
    start = {
        "type": "start", "version": 1, "cols": 120, "rows": 40, "command": META.command,
        "cwd": META.cwd, "term": META.term, "title": META.title, "tags": META.tags,
        "idle_limit_s": META.idle_limit_s,
    }  # fmt: skip
    segment = {"type": "segment", "number": 2, "cols": 80, "rows": 24, "previous_sha256": "0"}
    first = (
        encoder.event(stamp(BEGIN_US), start)
        + encoder.input(stamp(BEGIN_US + 1000), b"abc")
        + encoder.output(stamp(BEGIN_US + 2000), b"hello ")
    )
    second = (
        encoder.event(stamp(BEGIN_US + 2000), segment)
        + encoder.output(stamp(BEGIN_US + 3000), b"world")
        + encoder.event(stamp(BEGIN_US + 4000), {"type": "marker", "label": "here"})
        + encoder.event(stamp(BEGIN_US + 9000), {"type": "exit", "status": 3, "reason": "exited"})
    )
    writer = SealedWriter()
    sealed = writer.feed(first) + writer.finish()
    for path, data in ((home.segment(ID, 1, sealed=True), sealed), (home.log(ID), second)):
        with open(path, "wb") as file:
            file.write(data)
    return Session(ID, home.logs), len(first + second), len(second)


def test_rebuilding_from_the_log_gives_what_the_recorder_wrote(tmp_path: Path) -> None:
    session, log_bytes, open_bytes = session_of(Home(str(tmp_path / "home")))
    expected = META._replace(log_bytes=log_bytes, open_bytes=open_bytes)
    assert rebuild(session) == expected
    assert decode(encode(expected)) == expected


def test_rebuilding_while_it_is_recorded(tmp_path: Path) -> None:
    session, *_ = session_of(Home(str(tmp_path / "home")))
    meta = rebuild(session, RECORDING)
    assert (meta.state, meta.end_us, meta.entries) == (RECORDING, None, 7)


def test_a_session_without_an_entry_starts_when_it_was_written(tmp_path: Path) -> None:
    home = Home(str(tmp_path / "home"))
    home.create()
    (tmp_path / "home" / "logs" / f"{ID}.jsonl").write_bytes(b"")
    os.utime(home.log(ID), (1000, 1000))
    meta = rebuild(Session(ID, home.logs))
    assert (meta.start_us, meta.end_us, meta.entries) == (10**9, 10**9, 0)


def test_the_tally_of_another_writers_log() -> None:
    tally = Tally()
    for at_us, data in ((5_000_000, b"ab"), (3_000_000, b"c"), (4_000_000, b"d")):
        tally.add(Entry(at_us, ID, "output", data))
    meta = tally.meta(ID, ENDED, 10, 10)
    assert (meta.start_us, meta.end_us) == (5_000_000, 5_000_000)
    assert (meta.cols, meta.rows, meta.command, meta.cwd) == (0, 0, [], None)
    assert (meta.output_bytes, meta.exit_status, meta.exit_signal) == (4, None, None)


@given(st.lists(st.integers(0, 3), max_size=20))
def test_counts_are_those_of_the_entries(kinds: list[int]) -> None:
    made = [
        Entry(0, ID, "input", b"12"),
        Entry(0, ID, "output", b"345"),
        Entry(0, ID, "output", b"", {"type": "marker", "label": ""}),
        Entry(0, ID, "output", b"", {"type": "later", "cols": "x"}),
    ]
    tally = Tally()
    for kind in kinds:
        tally.add(made[kind])
    meta = tally.meta(ID, ENDED, 0, 0)
    counted = (meta.entries, meta.input_bytes, meta.output_bytes, meta.markers)
    assert counted == (
        len(kinds),
        2 * kinds.count(0),
        3 * kinds.count(1),
        kinds.count(2),
    )
