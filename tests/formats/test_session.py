"""A session over its segments: plain and sealed, missing, torn, and while it is recorded."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.damage import Damage
from formats.entry import Entry, encode_line
from formats.errors import LogError
from formats.layout import Home
from formats.sealed import SealedWriter
from formats.session import Session, is_log_path
from tests.support.logs import start, write_log

if TYPE_CHECKING:
    from pathlib import Path

ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
OTHER = "8b1c2f70-0d5a-4f7e-b9f1-a6f3f0c1d2e3"


def said(number: int, session_id: str = ID) -> Entry:
    return Entry(number * 1000, session_id, "output", b"entry %d" % number)


def begun(number: int) -> Entry:
    """The first entry of a later segment."""
    event = {"type": "segment", "number": number, "cols": 80, "rows": 24, "previous_sha256": ""}
    return Entry(number * 1000, ID, "output", b"", event)


def log(*entries: Entry) -> bytes:
    return b"".join(map(encode_line, entries))


def sealed(data: bytes) -> bytes:
    writer = SealedWriter(frame_bytes=300)
    return writer.feed(data) + writer.finish()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(str(tmp_path / "home"))
    made.create()
    return made


def put(path: str, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)


def read(session: Session) -> tuple[list[Entry], Damage]:
    damage = Damage()
    return list(session.entries(damage)), damage


SEGMENTS = [
    [said(number) for number in range(20)],
    [begun(2), *(said(number) for number in range(20, 40))],
    [begun(3), *(said(number) for number in range(40, 50))],
]
ALL = [entry for segment in SEGMENTS for entry in segment]


def put_three(home: Home) -> Session:
    put(home.segment(ID, 1, sealed=True), sealed(log(*SEGMENTS[0])))
    put(home.segment(ID, 2), log(*SEGMENTS[1]))
    put(home.log(ID), log(*SEGMENTS[2]))
    put(home.log(OTHER), log(said(99, OTHER)))
    return Session(ID, home.logs)


def test_segments_are_read_in_order(home: Home) -> None:
    session = put_three(home)
    entries, damage = read(session)
    assert entries == ALL
    assert not damage
    assert session.path == home.log(ID)
    assert [os.path.basename(file)[36:] for file in session.files()] == [
        ".0001.jsonl.zst",
        ".0002.jsonl",
        ".jsonl",
    ]
    assert session.size_bytes() == sum(os.stat(file).st_size for file in session.files())
    assert session.log_bytes() == len(log(*ALL))


def test_from_every_place_the_rest_follows(home: Home) -> None:
    session = put_three(home)
    located = list(session.located())
    for index, (place, _) in enumerate(located):
        assert list(session.located(start=place)) == located[index:]


def test_the_plain_one_is_preferred(home: Home) -> None:
    session = put_three(home)
    put(home.segment(ID, 2, sealed=True), b"sealing was cut short")
    entries, damage = read(session)
    assert entries == ALL
    assert not damage


def test_all_sealed(home: Home) -> None:
    session = put_three(home)
    os.unlink(home.segment(ID, 2))
    put(home.segment(ID, 2, sealed=True), sealed(log(*SEGMENTS[1])))
    os.unlink(home.log(ID))
    put(home.log(ID) + ".zst", sealed(log(*SEGMENTS[2])))
    assert read(session)[0] == ALL


@pytest.mark.parametrize(("lost", "kept"), [(1, ALL[20:]), (2, ALL[:20] + ALL[41:]), (3, ALL[:41])])
def test_a_missing_segment_is_counted(home: Home, lost: int, kept: list[Entry]) -> None:
    session = put_three(home)
    path = home.log(ID) if lost == 3 else home.segment(ID, lost, sealed=lost == 1)
    os.unlink(path)
    entries, damage = read(session)
    assert entries == kept
    # That the open one is missing cannot be seen: the session may have ended in a rotation.
    assert damage.missing_segments == (0 if lost == 3 else 1)
    assert lost == 3 or f"segment {lost} is missing" in damage.summary()


def test_a_torn_last_line_is_skipped_and_counted(home: Home) -> None:
    data = log(*SEGMENTS[0])
    last = len(encode_line(SEGMENTS[0][-1]))
    for cut in range(2, last):
        put(home.log(ID), data[:-cut])
        entries, damage = read(Session(ID, home.logs))
        assert entries == SEGMENTS[0][:-1]
        assert (damage.torn, damage.lines) == (1, 0)
        assert "1 unfinished last line" in damage.summary()


def test_only_the_newline_is_missing(home: Home) -> None:
    put(home.log(ID), log(*SEGMENTS[0])[:-1])
    entries, damage = read(Session(ID, home.logs))
    assert entries == SEGMENTS[0]
    assert not damage


def test_the_line_behind_nuls_or_a_torn_one_is_saved(home: Home) -> None:
    lines = [encode_line(entry) for entry in SEGMENTS[0][:4]]
    put(home.log(ID), lines[0] + b"\0" * 5000 + lines[1] + lines[2][:40] + lines[3])
    entries, damage = read(Session(ID, home.logs))
    assert entries == [SEGMENTS[0][0], SEGMENTS[0][1], SEGMENTS[0][3]]
    assert damage.lines == 2
    assert "line 2" in (damage.first or "")


def test_a_damaged_line_is_named_with_its_number(home: Home) -> None:
    lines = [encode_line(entry) for entry in SEGMENTS[0]]
    lines[4] = lines[4].replace(b'"size":', b'"size":1')
    put(home.log(ID), b"".join(lines))
    entries, damage = read(Session(ID, home.logs))
    assert entries == SEGMENTS[0][:4] + SEGMENTS[0][5:]
    assert damage.first == f"{home.log(ID)}, line 5: size differs from the data"


def test_a_line_that_is_too_long_is_skipped(home: Home) -> None:
    long = encode_line(Entry(0, ID, "output", b"x" * (1 << 20)))
    put(home.log(ID), encode_line(said(1)) + long + encode_line(said(2)))
    entries, damage = read(Session(ID, home.logs))
    assert entries == [said(1), said(2)]
    assert damage.lines == 1


def test_lines_of_another_session_are_not_ours(home: Home) -> None:
    put(home.log(ID), log(said(1), said(2, OTHER), said(3)))
    entries, damage = read(Session(ID, home.logs))
    assert entries == [said(1), said(3)]
    assert damage.lines == 1


def test_a_damaged_frame_costs_its_lines(home: Home) -> None:
    data = bytearray(sealed(log(*SEGMENTS[0])))
    data[60] ^= 0xFF
    put(home.segment(ID, 1, sealed=True), bytes(data))
    entries, damage = read(Session(ID, home.logs))
    assert 0 < len(entries) < 20
    assert entries == SEGMENTS[0][-len(entries) :]
    assert damage.frames == 1


def test_links_are_not_followed(home: Home, tmp_path: Path) -> None:
    session = put_three(home)
    put(str(tmp_path / "elsewhere"), log(said(7)))
    os.symlink(tmp_path / "elsewhere", home.segment(ID, 3))
    os.symlink(tmp_path / "nowhere", home.segment(ID, 4))
    os.symlink(tmp_path / "nowhere", home.segment(OTHER, 1))
    assert read(session)[0] == ALL
    assert read(Session(OTHER, home.logs))[0] == [said(99, OTHER)]


def test_the_rotation_that_happens_while_we_read(home: Home) -> None:
    """Entries that came after our last read of the open segment, then a rotation: none is lost."""
    first = [said(number) for number in range(5)]
    put(home.log(ID), log(*first))
    reading = Session(ID, home.logs).entries()
    got = [next(reading) for _ in first]
    with open(home.log(ID), "ab") as file:
        file.write(log(said(5)))
    os.rename(home.log(ID), home.segment(ID, 1))
    put(home.log(ID), log(begun(2), said(6)))
    assert got + list(reading) == [*first, said(5), begun(2), said(6)]


def test_the_sealing_that_happens_while_we_read(home: Home) -> None:
    session = put_three(home)
    reading = session.entries()
    got = [next(reading) for _ in range(5)]
    put(home.segment(ID, 2, sealed=True), sealed(log(*SEGMENTS[1])))
    os.unlink(home.segment(ID, 2))
    assert got + list(reading) == ALL


@given(st.integers(1, 6), st.lists(st.integers(0, 12), max_size=14))
def test_a_reader_of_a_growing_log_sees_every_entry_once(
    tmp_path_factory: pytest.TempPathFactory, per_segment: int, steps: list[int]
) -> None:
    """The recorder writes and rotates between any two entries that the reader takes."""
    home = Home(str(tmp_path_factory.mktemp("growing")))
    home.create()
    written = [said(0)]
    put(home.log(ID), log(said(0)))
    segment, in_segment = 1, 1
    reading = Session(ID, home.logs).entries()
    got: list[Entry] = [next(reading)]
    for step in steps:
        for _ in range(step):
            if in_segment >= per_segment:
                os.rename(home.log(ID), home.segment(ID, segment))
                segment, in_segment = segment + 1, 0
                written.append(begun(segment))
                put(home.log(ID), log(begun(segment)))
            written.append(said(len(written)))
            in_segment += 1
            with open(home.log(ID), "ab") as file:
                file.write(log(written[-1]))
        entry = next(reading, None)
        if entry is None:
            break
        got.append(entry)
    got += reading
    assert got == written[: len(got)]
    assert list(Session(ID, home.logs).entries()) == written


def test_a_path_is_one_file(home: Home, tmp_path: Path) -> None:
    put_three(home)
    session = Session.at(home.segment(ID, 2))
    assert (session.id, session.path) == (ID, home.segment(ID, 2))
    assert read(session)[0] == SEGMENTS[1]
    path = tmp_path / "any name.jsonl.zst"
    path.write_bytes(sealed(log(*SEGMENTS[0])))
    session = Session.at(str(path))
    assert read(session)[0] == SEGMENTS[0]
    assert session.files() == [str(path)]


def test_a_sealed_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(sealed(log(*SEGMENTS[0])))
    assert read(Session.at(str(path)))[0] == SEGMENTS[0]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"no log\n", b"\0" * 9999, b"\x28\xb5\x2f\xfd"])
def test_a_file_without_any_entry_is_no_log(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(data)
    with pytest.raises(LogError, match="holds no log entry"):
        Session.at(str(path))


def test_a_folder_is_no_log(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="is a folder"):
        Session.at(str(tmp_path))


def test_a_session_that_is_not_there_has_no_entries(home: Home) -> None:
    session = Session(ID, home.logs)
    assert (read(session)[0], session.files(), session.size_bytes()) == ([], [], 0)
    with pytest.raises(LogError):
        list(Session(ID, home.path + "/nowhere").entries())


def test_log_paths() -> None:
    assert is_log_path("a.jsonl")
    assert is_log_path("a.jsonl.zst")
    assert not is_log_path("a.json")


def test_the_time_of_the_last_entry_costs_the_end_of_one_file(home: Home) -> None:
    session = Session(ID, home.logs)
    assert session.last_us() is None
    many = [said(number) for number in range(9000)]
    put(home.segment(ID, 1, sealed=True), sealed(log(*many[:5000])))
    assert session.last_us() == 4_999_000
    put(home.log(ID), log(begun(2), *many[5000:]) + b'{"timestamp":"torn')
    assert session.last_us() == 8_999_000
    put(home.log(ID), log(*many[5000:5001]) + b"\0" * 600_000)
    assert session.last_us() == 5_000_000
    put(home.log(ID), b"damaged")
    assert session.last_us() == 4_999_000


def test_a_file_that_is_gone_has_no_last_entry(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    write_log(path, start())
    session = Session.at(str(path))
    path.unlink()
    with pytest.raises(FileNotFoundError):
        session.last_us()
