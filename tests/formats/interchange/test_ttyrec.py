"""ttyrec: round trips, the two extensions, damage and hostile lengths."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.interchange.left_out import LeftOut
from formats.interchange.ttyrec import is_ttyrec, read_ttyrec, write_ttyrec
from tests.support.foreign import TEXTS, joined, plain, read_all, said, sessions
from tests.support.logs import BEGINNING_US


def _written(entries: Any) -> tuple[bytes, LeftOut]:
    left_out = LeftOut()
    return b"".join(write_ttyrec(entries, left_out)), left_out


def _frame(seconds: int, microseconds: int, data: bytes) -> bytes:
    return struct.pack("<III", seconds, microseconds, len(data)) + data


@given(session=sessions(TEXTS))
def test_output_and_sizes_come_back_equal(session: Any) -> None:
    data, left_out = _written(session)
    entries, damage = read_all(read_ttyrec, data)
    kept = [e for e in plain(session) if e[1] == "output" and (e[3] or {}).get("type") != "marker"]
    assert plain(entries) == kept
    assert entries[0].time_us == BEGINNING_US
    assert (entries[0].event or {})["cols"] == 100
    assert sum(left_out.counts.values()) == len(plain(session)) - len(kept)
    assert not damage
    assert is_ttyrec(data[: 1 << 16])


@given(data=st.lists(st.binary(min_size=1), max_size=8))
def test_no_byte_is_lost_whatever_it_is(data: list[bytes]) -> None:
    entries, _ = read_all(read_ttyrec, _written(said(*((0, one) for one in data)))[0])
    assert b"".join(e.data for e in entries) == b"".join(data)


def test_a_frame_ends_with_a_whole_character() -> None:
    data, _ = _written(said((0, b"a\xe2\x82"), (5, b"\xacb"), (9, b"\xf0\x9f\x98")))
    entries, _ = read_all(read_ttyrec, data)
    assert joined(entries) == [(0, "output", b"a"), (5, "output", b"\xe2\x82\xacb"),
                               (9, "output", b"\xf0\x9f\x98")]  # fmt: skip


def test_times_beyond_2038_and_beyond_2106() -> None:
    for seconds in (2**31 + 5, 2**32 + 5, 200_000_000_000):
        late = [e._replace(time_us=seconds * 1_000_000 + 999_999) for e in said((0, b"x"))]
        data, _ = _written(late)
        entries, _ = read_all(read_ttyrec, data)
        assert {e.time_us for e in entries} == {seconds * 1_000_000 + 999_999}


def test_one_without_a_size() -> None:
    entries, damage = read_all(read_ttyrec, _frame(5, 7, b"one") + _frame(6, 7, b"two"))
    assert (entries[0].event or {})["cols"] == 0
    assert [(e.time_us, e.data) for e in entries[1:]] == [(5_000_007, b"one"), (6_000_007, b"two")]
    assert not damage


@pytest.mark.parametrize("cut", [1, 3, 5, 13])
def test_a_torn_frame_gives_what_it_holds_and_is_counted(cut: int) -> None:
    data = _frame(5, 0, b"one") + _frame(6, 0, b"two") + _frame(7, 0, b"")
    entries, damage = read_all(read_ttyrec, data[:-cut])
    assert damage.torn == 1
    assert b"".join(e.data for e in entries) == b"onetwo"[: 6 if cut <= 12 else 5]


def test_a_length_is_never_believed() -> None:
    data = _frame(5, 0, b"one") + struct.pack("<III", 6, 0, 0xFFFFFFF0) + b"rest"
    entries, damage = read_all(read_ttyrec, data)
    assert b"".join(e.data for e in entries) == b"onerest"
    assert damage.torn == 1


def test_a_long_frame_comes_in_pieces() -> None:
    long = bytes(range(256)) * 5000
    entries, damage = read_all(read_ttyrec, _frame(5, 0, b"\x1b[8;30;100t" + long))
    assert b"".join(e.data for e in entries) == long
    assert max(len(e.data) for e in entries) <= 256 << 10
    assert (entries[0].event or {})["rows"] == 30
    assert not damage


def test_times_that_run_backwards_stand_still() -> None:
    entries, _ = read_all(read_ttyrec, _frame(9, 0, b"a") + _frame(3, 0, b"b"))
    assert [e.time_us for e in entries] == [9_000_000] * 3


@pytest.mark.parametrize("data", [b"", b"Script started on", b'{"version": 2}', b"\x7fELF" * 9])
def test_what_is_no_ttyrec(data: bytes) -> None:
    assert not is_ttyrec(data)


def test_an_empty_one_has_its_start() -> None:
    entries, _ = read_all(read_ttyrec, b"")
    assert [(e.time_us, (e.event or {})["type"]) for e in entries] == [(BEGINNING_US, "start")]
