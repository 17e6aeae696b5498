"""A repaired session holds nothing that was not written, and states what it lacks."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from formats.entry import Entry, decode_line, encode_line
from formats.flips import Budget, find_flip
from formats.repair import Repair
from formats.session import Session
from tests.support.logs import BEGINNING_US
from tests.support.stored import ID, session_lines, store

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FORMS = ("sealed", "closed", "sealed", "open")
WRITTEN = [decode_line(line) for segment in session_lines(len(FORMS)) for line in segment]


def repaired(folder: Path, *, keep_doubtful: bool = False) -> tuple[Repair, list[Entry]]:
    repair = Repair(Session(ID, str(folder)), keep_doubtful=keep_doubtful)
    return repair, list(repair.entries())


def is_part_in_order(part: Iterable[Entry], whole: list[Entry]) -> bool:
    rest = iter(whole)
    return all(entry in rest for entry in part)


def is_gap(entry: Entry) -> bool:
    return entry.event is not None and entry.event["type"] == "gap"


def test_a_whole_session_needs_none(tmp_path: Path) -> None:
    store(tmp_path, FORMS)
    repair, entries = repaired(tmp_path)
    assert not repair.is_needed
    assert entries == WRITTEN
    assert repair.losses == []


# The end of the file is missing, and bytes within what is left, which join two lines to one.
# A broken line that reaches into the next block says nothing of what else was changed there.
@example([("cut", 1, 0.375, 1), ("cut", 1, 0.375, 1), ("delete", 1, 0.375, 165)])
@example([("flip", 3, 0.3216725788207426, 1), ("delete", 3, 0.20512151012567162, 63)])
@example([("flip", 3, 0.3203125, 1), ("nuls", 3, 0.1875, 4)])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["flip", "nuls", "delete", "cut", "remove"]),
            st.integers(0, len(FORMS) - 1),
            st.floats(0, 1, exclude_max=True),
            st.integers(1, 300),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_nothing_is_invented_and_every_loss_is_stated(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, int, float, int]]
) -> None:
    folder = tmp_path_factory.mktemp("logs")
    store(folder, FORMS)
    files = sorted(path for path in folder.iterdir() if ".jsonl" in path.name)
    for how, index, where, amount in changes:
        damage(files[index], how, where, amount)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    repair, entries = repaired(folder)
    kept = [entry for entry in entries if not is_gap(entry)]
    assert is_part_in_order(kept, WRITTEN)
    assert repair.kept == len(kept)
    lost = [loss for loss in repair.losses if not loss.mended]
    if kept:
        assert len(lost) == len(entries) - len(kept)
    if len(kept) < len(WRITTEN):
        assert lost
    times = [entry.time_us for entry in entries]
    assert times == sorted(times)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def damage(path: Path, how: str, where: float, amount: int) -> None:
    if not path.exists():
        return
    data = bytearray(path.read_bytes())
    if how == "remove" or not data:
        path.unlink()
        return
    place = int(where * len(data))
    if how == "flip":
        data[place] ^= 1 << amount % 8
    elif how == "nuls":
        data[place : place + amount] = bytes(len(data[place : place + amount]))
    elif how == "delete":
        del data[place : place + amount]
    else:
        del data[place:]
    path.write_bytes(data)


def open_log(folder: Path) -> Path:
    return folder / f"{ID}.jsonl"


@pytest.mark.parametrize("place", [0, 150, 1000, 1777, 3210])
def test_a_flipped_bit_is_put_right(tmp_path: Path, place: int) -> None:
    (lines,) = store(tmp_path, ["open"])
    written = [decode_line(line) for line in lines]
    data = bytearray(open_log(tmp_path).read_bytes())
    for bit in range(8):
        data[place] ^= 1 << bit
        open_log(tmp_path).write_bytes(data)
        repair, entries = repaired(tmp_path)
        assert entries == written, bit
        assert all(loss.mended for loss in repair.losses)
        assert repair.losses
        data[place] ^= 1 << bit


def test_a_newline_that_was_flipped_too(tmp_path: Path) -> None:
    (lines,) = store(tmp_path, ["open"])
    data = bytearray(b"".join(lines))
    data[len(b"".join(lines[:9])) - 1] ^= 1
    open_log(tmp_path).write_bytes(data)
    assert repaired(tmp_path)[1] == [decode_line(line) for line in lines]


def test_two_flipped_bits_cost_the_lines_that_are_doubtful(tmp_path: Path) -> None:
    (lines,) = store(tmp_path, ["open"])
    data = bytearray(b"".join(lines))
    for line in (8, 10):
        place = data.index(b'"data":"', len(b"".join(lines[:line]))) + 8
        data[place] = ord("A") if data[place] != ord("A") else ord("B")
    open_log(tmp_path).write_bytes(data)
    written = [decode_line(line) for line in lines]
    repair, entries = repaired(tmp_path)
    assert [entry for entry in entries if not is_gap(entry)] == written[:7] + written[14:]
    (loss,) = repair.losses
    assert (loss.entries, loss.finding.kind) == (7, "changed")
    (gap,) = [entry for entry in entries if is_gap(entry)]
    assert gap.event is not None
    assert gap.event["entries"] == 7
    assert gap.time_us == written[6].time_us
    repair, entries = repaired(tmp_path, keep_doubtful=True)
    assert len(entries) == len(written)


def test_a_lost_frame_and_a_missing_segment_are_gaps(tmp_path: Path) -> None:
    store(tmp_path, FORMS)
    (tmp_path / f"{ID}.0002.jsonl").unlink()
    path = tmp_path / f"{ID}.0003.jsonl.zst"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    repair, entries = repaired(tmp_path)
    assert [loss.finding.kind for loss in repair.losses] == ["missing", "frame"]
    reasons = [entry.event["reason"] for entry in entries if entry.event and is_gap(entry)]
    assert reasons[0] == "damage to the log: segment 2: segment 2 is missing"
    assert reasons[1].startswith("damage to the log: segment 3, byte ")


def test_a_session_of_nothing_but_damage(tmp_path: Path) -> None:
    open_log(tmp_path).write_bytes(b"\0" * 1000)
    repair, entries = repaired(tmp_path)
    assert repair.is_needed
    assert entries == []
    assert repair.kept == 0


class TestFindFlip:
    DATA = encode_line(Entry(BEGINNING_US, ID, "output", b"some output" * 9)) * 3
    HASH = sha256(DATA).hexdigest()

    @given(st.integers(0, len(DATA) * 8 - 1))
    @settings(max_examples=40)
    def test_any_bit(self, bit: int) -> None:
        place, mask = bit // 8, 1 << bit % 8
        flipped = self.DATA[:place] + bytes((self.DATA[place] ^ mask,)) + self.DATA[place + 1 :]
        found = find_flip(flipped, self.HASH, Budget(1 << 40))
        assert found == (place, self.DATA[place])

    def test_nothing_is_guessed(self) -> None:
        flipped = bytearray(self.DATA)
        flipped[10] ^= 1
        flipped[500] ^= 1
        assert find_flip(bytes(flipped), self.HASH, Budget(1 << 40)) is None

    def test_the_budget_ends_it(self) -> None:
        flipped = self.DATA[:-2] + b"~\n"
        assert find_flip(flipped, self.HASH, Budget(10_000)) is None
