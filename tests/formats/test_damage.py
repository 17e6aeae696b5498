"""Whatever happens to the bytes, reading never raises and never invents an entry."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from zstandard import ZstdCompressor

from formats.damage import Damage
from formats.entry import Entry, encode_line
from formats.sealed import SealedWriter
from formats.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
MARK = {"type": "marker", "label": '{"timestamp":"2026-02-07T18:15:32.123Z","session_id":"x"}'}
WRITTEN = [
    Entry(0, ID, "output", b"", {"type": "start", "version": 1, "cols": 80, "rows": 24}),
    *(
        Entry(number * 1000, ID, "input" if number % 3 else "output", b"%d" % number * number)
        for number in range(1, 20)
    ),
    # What was recorded may itself be lines of a log.
    Entry(20_000, ID, "output", encode_line(Entry(1, ID, "output", b"quoted"))),
    Entry(21_000, ID, "output", b"", MARK),
    Entry(22_000, ID, "output", b"", {"type": "exit", "status": 0, "reason": "exited"}),
]
LINES = [encode_line(entry) for entry in WRITTEN]
PLAIN = b"".join(LINES)
places = st.integers(0, len(PLAIN))
spans = st.tuples(places, st.integers(1, 400))


def sealed(data: bytes) -> bytes:
    writer = SealedWriter(frame_bytes=700)
    return writer.feed(data) + writer.finish()


SEALED = sealed(PLAIN)


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[list[Entry], Damage]]:
    folder = str(tmp_path_factory.mktemp("logs"))

    def read_bytes(data: bytes, ending: str = ".jsonl") -> tuple[list[Entry], Damage]:
        path = os.path.join(folder, ID + ending)
        with open(path, "wb") as file:
            file.write(data)
        try:
            damage = Damage()
            return list(Session(ID, folder).entries(damage)), damage
        finally:
            os.unlink(path)

    return read_bytes


def is_part_in_order(part: list[Entry], whole: list[Entry]) -> bool:
    rest = iter(whole)
    return all(entry in rest for entry in part)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(spans, max_size=5))
def test_nul_runs(read, runs: list[tuple[int, int]]) -> None:
    data = bytearray(PLAIN)
    for place, length in runs:
        data[place : place + length] = bytes(len(data[place : place + length]))
    got, damage = read(bytes(data))
    assert is_part_in_order(got, WRITTEN)
    assert bool(damage) == (bytes(data) != PLAIN)
    assert set(untouched(bytes(data))) <= {encode_line(entry) for entry in got}


def untouched(data: bytes) -> list[bytes]:
    """The lines written that still stand there as lines."""
    standing = {line + b"\n" for line in data.split(b"\n")[:-1]}
    return [line for line in LINES if line in standing]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(spans, max_size=5))
def test_nuls_put_in_between(read, runs: list[tuple[int, int]]) -> None:
    data = PLAIN
    for place, length in runs:
        data = data[:place] + bytes(length) + data[place:]
    got, _ = read(data)
    assert is_part_in_order(got, WRITTEN)
    assert set(untouched(data)) <= {encode_line(entry) for entry in got}


def test_cut_anywhere(read) -> None:
    for length in range(len(PLAIN) + 1):
        got, damage = read(PLAIN[:length])
        whole = PLAIN[:length].count(b"\n")
        at_line_end = PLAIN[length : length + 1] in (b"\n", b"")
        assert got == WRITTEN[: whole + (at_line_end and PLAIN[:length][-1:] != b"\n")]
        assert damage.lines == 0


def test_begun_anywhere(read) -> None:
    for start in range(len(PLAIN)):
        got, _ = read(PLAIN[start:])
        assert got == WRITTEN[len(WRITTEN) - len(got) :]
        assert len(got) >= PLAIN[start:].count(b"\n") - 1


def test_a_torn_write_then_a_new_line_anywhere(read) -> None:
    """A half-written line, and the next one glued to it."""
    whole = LINES[7]
    for cut in range(1, len(whole) - 1):
        got, damage = read(b"".join(LINES[:7]) + whole[:cut] + b"".join(LINES[8:]))
        assert got == WRITTEN[:7] + WRITTEN[8:]
        assert damage.lines == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(range(len(LINES))), max_size=60))
def test_lines_lost_repeated_and_exchanged(read, order: list[int]) -> None:
    got, damage = read(b"".join(LINES[index] for index in order))
    assert got == [WRITTEN[index] for index in order]
    assert not damage


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["flip", "delete", "repeat"]), places, st.integers(1, 200)),
        min_size=1,
        max_size=6,
    )
)
def test_damage_that_may_make_another_valid_line(read, changes: list[tuple[str, int, int]]) -> None:
    """The five fields have no checksum: what is changed inside a line may pass.

    But nothing raises, what was not touched is read, and no more comes than lines are there.
    """
    data = bytearray(PLAIN)
    for how, place, amount in changes:
        if how == "flip" and place < len(data):
            data[place] ^= 1 << amount % 8
        elif how == "delete":
            del data[place : place + amount]
        elif how == "repeat":
            data[place:place] = data[place : place + amount]
    got, _ = read(bytes(data))
    assert set(untouched(bytes(data))) <= {encode_line(entry) for entry in got}
    assert len(got) <= data.count(b"\n") + 1
    assert all(entry.session_id == ID for entry in got)


def damaged(data: bytes, changes: list[tuple[str, int, int]]) -> bytes:
    changed = bytearray(data)
    for how, place, amount in changes:
        if how == "flip" and place < len(changed):
            changed[place] ^= 1 << amount % 8
        elif how == "nuls":
            changed[place : place + amount] = bytes(len(changed[place : place + amount]))
        elif how == "delete":
            del changed[place : place + amount]
        elif how == "repeat":
            changed[place:place] = changed[place : place + amount]
        elif how == "cut":
            del changed[place:]
    return bytes(changed)


TABLE = SEALED.index(b"\x5e\x2a\x4d\x18")
# The frame behind those of lines holds their hash: who damages that takes no line away.
HASH = SEALED.index(b"\x55\x2a\x4d\x18")
SECOND = SEALED.index(b"\x28\xb5\x2f\xfd", 1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["flip", "nuls", "delete", "repeat", "cut"]),
    st.integers(0, len(SEALED) - 1),
    st.integers(1, len(SEALED)),
)
def test_a_sealed_segment_with_one_damage_invents_nothing(
    read, how: str, place: int, amount: int
) -> None:
    got, _ = read(damaged(SEALED, [(how, place, amount)]), ".0001.jsonl.zst")
    assert all(entry in WRITTEN for entry in got)


# The header of a frame says that it has no checksum, and something in it has changed.
@example([("flip", SECOND + 4, 2), ("flip", SECOND + 48, 1)])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["flip", "nuls"]), st.integers(0, HASH - 1), st.integers(1, 60)),
        max_size=6,
    )
)
def test_while_its_table_stands_no_damage_to_a_sealed_segment_invents(
    read, changes: list[tuple[str, int, int]]
) -> None:
    frames = damaged(SEALED, changes)[:HASH]
    got, damage = read(frames + SEALED[HASH:], ".0001.jsonl.zst")
    assert is_part_in_order(got, WRITTEN)
    assert bool(damage) == (len(got) < len(WRITTEN))


def test_lines_before_and_after_a_lost_frame_are_not_joined(read) -> None:
    """Another writer's frames may end inside a line, and nothing tells how long the lost one is."""
    one = LINES[5]
    head, tail = one[: one.index(b'"data"')], one[one.index(b'"data"') :]
    frame = ZstdCompressor(write_checksum=True, write_content_size=False).compress
    lost = bytearray(frame(tail + LINES[6] + LINES[7]))
    lost[-1] ^= 1
    other_tail = LINES[8][LINES[8].index(b'"data"') :]
    data = frame(b"".join(LINES[:5]) + head) + bytes(lost) + frame(other_tail + LINES[9])
    got, damage = read(data, ".0001.jsonl.zst")
    assert got == [*WRITTEN[:5], WRITTEN[9]]
    assert damage.frames == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=2000))
def test_junk(read, junk: bytes) -> None:
    for ending in (".jsonl", ".jsonl.zst", ".0001.jsonl.zst"):
        assert read(junk, ending)[0] == []
    got, _ = read(LINES[0] + junk + b"\n" + LINES[1])
    assert got == WRITTEN[:2]
