"""Whatever changes in a log, verifying says so, and where; what was not changed is whole."""

from __future__ import annotations

import io
import os
import random
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import zstandard

from formats import locate
from formats.checkpoints import SUMS, Block, encode
from formats.entry import Entry, encode_line
from formats.fingerprint import LENGTH, Fingerprinter
from formats.frames import read_seek_table, seek_table
from formats.session import Session
from formats.verify import check, plan
from tests.support.logs import BEGINNING_US
from tests.support.stored import FRAME_BYTES, ID, STEP_US, seal, session_lines, store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formats.verify import Verdict

FORMS = ("sealed", "closed", "sealed", "open")


def verdicts(folder: Path, *, asked: bool = True) -> list[Verdict]:
    return [check(job) for job in plan(Session(ID, str(folder)), sha256=asked)]


def states(folder: Path) -> list[str]:
    return [verdict.state for verdict in verdicts(folder)]


def path_of(folder: Path, number: int | None, ending: str = ".jsonl") -> Path:
    return folder / (ID + (f".{number:04d}" if number else "") + ending)


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("forms", [FORMS, ("open",), ("sealed",), ("sealed", "sealed", "sealed")])
def test_what_was_written_is_whole_and_proven(
    tmp_path: Path, forms: tuple[str, ...], *, asked: bool
) -> None:
    lines = store(tmp_path, forms)
    found = verdicts(tmp_path, asked=asked)
    assert [verdict.state for verdict in found] == ["whole"] * len(forms)
    assert [verdict.form for verdict in found] == list(forms)
    sizes = [len(b"".join(segment)) for segment in lines]
    assert [verdict.log_bytes for verdict in found] == sizes
    assert [verdict.proven_bytes for verdict in found] == sizes
    assert [verdict.has_exit for verdict in found] == [*[False] * (len(forms) - 1), True]
    assert not any(verdict.findings for verdict in found)


def flips(folder: Path, count: int, seed: int) -> tuple[int, list[str]]:
    """(How many of `count` single flipped bits were found, where those that were not)."""
    store(folder, FORMS, seed=seed)
    jobs = {job.number: job for job in plan(Session(ID, str(folder)))}
    contents = {job.path: Path(job.path).read_bytes() for job in jobs.values() if job.path}
    places = [(path, place) for path, data in contents.items() for place in range(len(data))]
    chance = random.Random(seed)
    found, silent = 0, []
    for _ in range(count):
        path, place = chance.choice(places)
        bit = 1 << chance.randrange(8)
        data = contents[path]
        changed = data[:place] + bytes((data[place] ^ bit,)) + data[place + 1 :]
        with open(path, "r+b") as file:
            file.write(changed)
        number = next(job.number for job in jobs.values() if job.path == path)
        # The first line of a segment proves the one before: that may be where it shows.
        # And it is asked as `cs-verify` does, with --json or without.
        jobs_now = plan(Session(ID, str(folder)), sha256=chance.random() < 0.5)
        near = [one for one in jobs_now if number - one.number in (0, 1)]
        if any(check(job).findings for job in near):
            found += 1
        else:
            silent.append(f"{os.path.basename(path)} byte {place} bit {bit}")
        with open(path, "r+b") as file:
            file.write(data)
    return found, silent


def test_no_flipped_bit_is_silent(tmp_path: Path) -> None:
    assert flips(tmp_path, 1500, seed=7) == (1500, [])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_flipped_bit_is_silent_of_20000(tmp_path: Path) -> None:
    assert flips(tmp_path, 20_000, seed=11) == (20_000, [])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_bit_of_a_small_sealed_segment(tmp_path: Path) -> None:
    store(tmp_path, ["sealed"], checkpoints=False, entries=8)
    path = path_of(tmp_path, 1, ".jsonl.zst")
    data = bytearray(path.read_bytes())
    for place in range(len(data)):
        for bit in range(8):
            data[place] ^= 1 << bit
            path.write_bytes(data)
            assert any(verdict.findings for verdict in verdicts(tmp_path)), (place, bit)
            data[place] ^= 1 << bit
    for length in range(len(data)):
        path.write_bytes(data[:length])
        assert any(verdict.findings for verdict in verdicts(tmp_path)), length


def test_a_changed_byte_inside_data_is_located_between_its_checkpoints(tmp_path: Path) -> None:
    (lines,) = store(tmp_path, ["open"])
    changed = bytearray(lines[9])
    place = changed.index(b'"data":"') + 8
    changed[place : place + 1] = b"A" if changed[place] != ord("A") else b"B"
    path_of(tmp_path, None).write_bytes(b"".join([*lines[:9], bytes(changed), *lines[10:]]))
    (verdict,) = verdicts(tmp_path)
    (finding,) = verdict.findings
    assert (verdict.state, finding.kind) == ("damaged", "changed")
    assert (finding.line, finding.last_line) == (8, 14)
    assert finding.offset == len(b"".join(lines[:7]))
    assert finding.end == len(b"".join(lines[:14]))
    assert finding.at_us == BEGINNING_US + 7 * STEP_US
    assert finding.until_us == BEGINNING_US + 13 * STEP_US
    assert verdict.proven_bytes == verdict.log_bytes - (finding.end - finding.offset)


@pytest.mark.parametrize("form", ["open", "closed"])
def test_a_line_that_is_none_is_located_exactly(tmp_path: Path, form: str) -> None:
    lines = store(tmp_path, [form, "open"] if form == "closed" else [form])[0]
    broken = lines[9].replace(b"direction", b"directiom")
    path = path_of(tmp_path, 1 if form == "closed" else None)
    path.write_bytes(b"".join([*lines[:9], broken, *lines[10:]]))
    verdict = verdicts(tmp_path)[0]
    (finding,) = verdict.findings
    assert (finding.kind, finding.line, finding.what) == ("line", 10, "no direction")
    assert finding.offset == len(b"".join(lines[:9]))
    assert finding.at_us == BEGINNING_US + 8 * STEP_US
    assert finding.until_us == BEGINNING_US + 10 * STEP_US


def test_a_checkpoint_that_says_otherwise_is_told_even_of_a_sealed_segment(tmp_path: Path) -> None:
    (lines,) = store(tmp_path, ["sealed"], checkpoints=False)
    (tmp_path / (ID + SUMS)).write_bytes(encode(Block(1, 0, len(lines[0]), "0" * 64)))
    assert states(tmp_path) == ["damaged"]


def test_a_damaged_frame_says_which_bytes_and_between_which_times(tmp_path: Path) -> None:
    lines = store(tmp_path, ["sealed"], checkpoints=False)[0]
    path = path_of(tmp_path, 1, ".jsonl.zst")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)
    (verdict,) = verdicts(tmp_path)
    assert [finding.kind for finding in verdict.findings] == ["frame"]
    (finding,) = verdict.findings
    assert finding.offset is not None
    assert finding.end is not None
    assert 0 < finding.offset < finding.end <= len(b"".join(lines))
    assert finding.at_us is not None
    assert finding.until_us is not None
    assert BEGINNING_US < finding.at_us < finding.until_us


def test_a_torn_tail_is_no_damage(tmp_path: Path) -> None:
    (lines,) = store(tmp_path, ["open"], checkpoints=False)
    path_of(tmp_path, None).write_bytes(b"".join(lines)[:-5])
    (verdict,) = verdicts(tmp_path)
    assert verdict.state == "torn"
    assert [finding.kind for finding in verdict.findings] == ["torn"]
    assert verdict.findings[0].line == len(lines)


def test_a_live_session_is_being_written(tmp_path: Path) -> None:
    (lines,) = store(tmp_path, ["open"], checkpoints=False)
    path_of(tmp_path, None).write_bytes(b"".join(lines)[:-5])
    (job,) = plan(Session(ID, str(tmp_path)), live=True)
    assert check(job).state == "whole"


def test_lines_cut_from_the_end_are_missed(tmp_path: Path) -> None:
    (lines,) = store(tmp_path, ["open"])
    path_of(tmp_path, None).write_bytes(b"".join(lines[:-2]))
    (verdict,) = verdicts(tmp_path)
    assert verdict.state == "damaged"
    assert "cut" in [finding.kind for finding in verdict.findings]


def test_a_sealed_file_that_was_cut_between_its_frames_lacks_its_end(tmp_path: Path) -> None:
    """All that is left of it reads, and no other hash speaks of it."""
    store(tmp_path, ["sealed"], checkpoints=False)
    path = path_of(tmp_path, 1, ".jsonl.zst")
    sealed = path.read_bytes()
    frames = read_seek_table(io.BytesIO(sealed))
    assert frames is not None
    assert len(frames) > 2
    for end in (0, *(frame.offset + frame.length for frame in frames)):
        path.write_bytes(sealed[:end])
        (verdict,) = verdicts(tmp_path)
        assert verdict.state == "damaged"
        assert "cut" in [finding.kind for finding in verdict.findings], end


def test_missing_segments(tmp_path: Path) -> None:
    store(tmp_path, FORMS)
    path_of(tmp_path, 2).unlink()
    assert states(tmp_path) == ["whole", "missing", "whole", "whole"]
    path_of(tmp_path, None).unlink()
    assert states(tmp_path) == ["whole", "missing", "whole", "missing"]
    path_of(tmp_path, 1, ".jsonl.zst").unlink()
    assert states(tmp_path) == ["missing", "missing", "whole", "missing"]


def test_a_segment_of_another_session_breaks_the_chain(tmp_path: Path) -> None:
    store(tmp_path, FORMS, checkpoints=False)
    other = b"".join(session_lines(4, seed=5)[0])
    path_of(tmp_path, 1, ".jsonl.zst").write_bytes(seal(other))
    first = verdicts(tmp_path)[0]
    assert [finding.kind for finding in first.findings] == ["chain"]
    assert states(tmp_path)[1:] == ["whole"] * 3


def test_segments_exchanged(tmp_path: Path) -> None:
    store(tmp_path, FORMS)
    one, three = (path_of(tmp_path, number, ".jsonl.zst") for number in (1, 3))
    first = one.read_bytes()
    one.write_bytes(three.read_bytes())
    three.write_bytes(first)
    assert [state for state in states(tmp_path) if state != "whole"]


def test_without_any_hash_lines_are_checked_and_not_called_proven(tmp_path: Path) -> None:
    lines = store(tmp_path, ["open"], checkpoints=False)[0]
    (verdict,) = verdicts(tmp_path)
    assert (verdict.state, verdict.proven_bytes) == ("whole", 0)
    lines[4] = lines[4][:-8] + b"\n"
    path_of(tmp_path, None).write_bytes(b"".join(lines))
    assert states(tmp_path) == ["damaged"]


def test_bytes_behind_the_last_checkpoint_are_not_proven(tmp_path: Path) -> None:
    (lines,) = store(tmp_path, ["open"])
    more = encode_line(Entry(BEGINNING_US + 10**9, ID, "output", b"more"))
    path_of(tmp_path, None).write_bytes(b"".join(lines) + more)
    (verdict,) = verdicts(tmp_path)
    assert verdict.state == "whole"
    assert verdict.log_bytes - verdict.proven_bytes == len(more)


@pytest.mark.parametrize("asked", [True, False])
def test_stated_gaps_are_counted_whether_decoded_or_not(tmp_path: Path, *, asked: bool) -> None:
    event = {"type": "gap", "entries": 3, "bytes": 100, "reason": "No space left on device"}
    gap = encode_line(Entry(BEGINNING_US, ID, "output", b"", event))
    said = encode_line(Entry(BEGINNING_US, ID, "output", gap))
    label = {"type": "marker", "label": gap.decode()}
    marked = encode_line(Entry(BEGINNING_US, ID, "output", b"", label))
    data = gap + said + marked + gap + said * 20
    assert len(data) > 2 * FRAME_BYTES
    path_of(tmp_path, 1, ".jsonl.zst").write_bytes(seal(data))
    (verdict,) = verdicts(tmp_path, asked=asked)
    assert verdict.gaps == (2, 6, 200)


def test_of_a_sealed_file_that_fits_little_is_decompressed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it says of itself proves the rest, and that no gap is stated in it."""
    lines = store(tmp_path, ["sealed", "sealed"])
    looked_at = 0

    def counted(*given: Any) -> Iterator[tuple[int, bytes]]:
        nonlocal looked_at
        for offset, data in contents(*given):
            looked_at += len(data)
            yield offset, data

    contents = locate.contents
    monkeypatch.setattr(locate, "contents", counted)
    first, last = verdicts(tmp_path, asked=False)
    assert (first.state, first.sha256) == ("whole", sha256(b"".join(lines[0])).hexdigest())
    assert last.has_exit
    size = len(b"".join(lines[0]))
    # Of the first the last frame; of the last one all, which checkpoints have to be held against.
    assert 0 < looked_at - last.log_bytes < FRAME_BYTES + 500 < size


@pytest.mark.parametrize("asked", [True, False])
def test_a_segment_that_was_damaged_before_it_was_sealed(tmp_path: Path, *, asked: bool) -> None:
    """The file fits; only the next segment knows better, and the checkpoints where."""
    lines = store(tmp_path, ["sealed", "sealed"])[0]
    changed = bytearray(b"".join(lines))
    changed[changed.index(b'"data":"', len(b"".join(lines[:9]))) + 8] ^= 1
    path_of(tmp_path, 1, ".jsonl.zst").write_bytes(seal(bytes(changed)))
    first, second = verdicts(tmp_path, asked=asked)
    assert (first.state, second.state) == ("damaged", "whole")
    begin, end = len(b"".join(lines[:7])), len(b"".join(lines[:14]))
    assert any((one.offset or -1, one.end or 0) == (begin, end) for one in first.findings), first


def test_a_sealed_file_that_states_another_content_than_it_holds(tmp_path: Path) -> None:
    """As a sealer would leave it whose memory is bad: `--json` looks."""
    lines = store(tmp_path, ["sealed"], checkpoints=False)[0]
    data = b"".join(lines)
    frame = zstandard.ZstdCompressor(write_checksum=True).compress(data)
    made, table = Fingerprinter(), seek_table([(len(frame), len(data)), (LENGTH, 0)])
    made.add(frame, b"".join([*lines[:9], *lines[10:]]))
    sealed = frame + made.frame(table, holds_no_gap=True) + table
    path_of(tmp_path, 1, ".jsonl.zst").write_bytes(sealed)
    (verdict,) = verdicts(tmp_path)
    assert (verdict.state, verdict.proven_bytes) == ("damaged", 0)


def test_a_single_file_is_proven_by_what_lies_beside_it(tmp_path: Path) -> None:
    store(tmp_path, FORMS)
    path = path_of(tmp_path, 2)
    (job,) = plan(Session.at(str(path)))
    verdict = check(job)
    assert (verdict.number, verdict.state) == (2, "whole")
    assert verdict.proven_bytes == path.stat().st_size
    (tmp_path / "copy").mkdir()
    copied = tmp_path / "copy" / "talk.jsonl"
    copied.write_bytes(path.read_bytes())
    (job,) = plan(Session.at(str(copied)))
    assert (check(job).state, check(job).proven_bytes) == ("whole", 0)
