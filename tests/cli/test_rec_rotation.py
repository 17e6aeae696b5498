"""Rotation: a session over many files, each of which stands alone, sealed by another process."""

from __future__ import annotations

import itertools
import json
import subprocess
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from formats.damage import Damage
from formats.session import Session
from tests.support.child import numbers
from tests.support.recording import Recorder, SessionLog, children

if TYPE_CHECKING:
    from pathlib import Path

SMALL = ("--rotate-bytes", "64K")


@pytest.fixture(scope="module")
def rotated(tmp_path_factory):
    """A store with a session of 1 MB of output in segments of 64 KiB, which has just ended."""
    recorder = Recorder(tmp_path_factory.mktemp("rotated"))
    terminal = recorder.start(*SMALL, ".", *recorder.child("count", 1_000_000), size=(90, 20))
    assert terminal.wait() == 0
    assert len(terminal.screen) == 1_000_000
    yield recorder, terminal
    recorder.close()


@pytest.fixture
def log(rotated):
    """That session's log."""
    return rotated[0].log


@pytest.fixture
def sealed(rotated):
    """Its sealed files, once all are."""
    recorder, terminal = rotated
    return wait_until_sealed(terminal, recorder.log)


def plain_and_sealed(log: SessionLog) -> tuple[list[Path], list[Path]]:
    closed = [path for path in log.files() if path.name != f"{log.id}.jsonl"]
    plain = [path for path in closed if path.suffix == ".jsonl"]
    return plain, [path for path in closed if path.suffix == ".zst"]


def wait_until_sealed(terminal, log):
    terminal.until_after(
        lambda: not plain_and_sealed(log)[0] and not list(log.folder.glob("*.tmp"))
    )
    return plain_and_sealed(log)[1]


def test_nothing_is_lost_or_repeated_over_the_boundaries(rotated, log):
    expected = numbers(0, 1_000_000 // 12 + 1)[:1_000_000]
    assert bytes(rotated[1].screen) == log.output() == expected


def test_nor_by_sealing(sealed, log):
    assert len(sealed) > 15
    assert log.output() == numbers(0, 1_000_000 // 12 + 1)[:1_000_000]


def test_segments_are_numbered_and_each_names_the_one_before(sealed, log):
    segments = log.segments()
    names = [path.name.removeprefix(log.id) for path in log.files()]
    assert names == [f".{n:04d}.jsonl.zst" for n in range(1, len(sealed) + 1)] + [".jsonl"]
    events = log.events("segment")
    assert [event["number"] for event in events] == list(range(2, len(segments) + 1))
    for event, (before, segment) in zip(events, itertools.pairwise(segments), strict=True):
        assert event["previous_sha256"] == sha256(before).hexdigest()
        assert (event["cols"], event["rows"]) == (90, 20)
        first = json.loads(segment.partition(b"\n")[0])
        assert first["event"] == event
    meta = log.meta()
    assert meta["segments"] == len(segments)
    assert meta["log_bytes"] == sum(map(len, segments))
    assert meta["open_bytes"] == len(segments[-1])


def test_each_is_closed_at_the_limit_and_not_much_later(log):
    *closed, _ = log.segments()
    longest_line = max(len(line) for part in closed for line in part.splitlines()) + 1
    for segment in closed:
        assert 64 << 10 <= len(segment) < (64 << 10) + longest_line


def test_zstdcat_reads_what_was_sealed(sealed, log):
    found = subprocess.run(["zstdcat", *sealed], capture_output=True, check=True).stdout
    assert found == b"".join(log.segments()[:-1])


def test_our_own_reader_reads_it_all(sealed, log):
    assert sealed
    damage = Damage()
    entries = list(Session(log.id, str(log.folder)).entries(damage))
    assert not damage
    assert [entry.data for entry in entries] == [entry.data for entry in log.entries()]


def test_the_size_in_a_later_segment_is_the_one_of_its_time(cs_rec):
    terminal = cs_rec.start(*SMALL, ".", *cs_rec.child("stages", 200_000, 200_000))
    terminal.wait_for(b"READY")
    terminal.type(b"x")
    terminal.wait_for(b"DONE")
    terminal.resize(70, 17)
    terminal.until(lambda: cs_rec.log.events("resize"))
    after = len(terminal.screen)
    terminal.type(b"x")
    terminal.wait_for(b"DONE", after=after)
    terminal.type(b"x")
    assert terminal.wait() == 0
    size, seen = (100, 30), set()
    for event in cs_rec.log.events():
        if event["type"] == "resize":
            size = (event["cols"], event["rows"])
        if event["type"] == "segment":
            assert (event["cols"], event["rows"]) == size
            seen.add(size)
    assert seen == {(100, 30), (70, 17)}


@pytest.mark.usefixtures("linux")
def test_sealing_is_the_work_of_another_process_of_the_lowest_priority(cs_rec):
    terminal = cs_rec.start(*SMALL, ".", *cs_rec.child("count", 0))

    def sealer():
        for pid in children(terminal.pid):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    if b"recorder.seal" not in file.read():
                        continue
                with open(f"/proc/{pid}/stat", "rb") as file:
                    nice = int(file.read().rpartition(b") ")[2].split()[16])
            except (FileNotFoundError, ProcessLookupError):
                continue
            return nice == 19
        return False

    terminal.until(sealer)
    terminal.close()


def test_a_project_with_modules_of_our_names_does_not_stop_the_sealer(cs_rec):
    for name in ("formats", "recorder", "zstandard"):
        (cs_rec.folder / name).mkdir()
        (cs_rec.folder / name / "__init__.py").write_text("raise SystemExit('not this one')\n")
    environ = {"PYTHONPATH": "."}
    terminal = cs_rec.start(*SMALL, ".", *cs_rec.child("count", 300_000), environ=environ)
    assert terminal.wait() == 0
    assert len(wait_until_sealed(terminal, cs_rec.log)) > 3


def test_a_session_of_some_size_is_indexed_when_it_ends_by_itself(cs_rec):
    pytest.importorskip("pyghostty")
    terminal = cs_rec.start(".", *cs_rec.child("count", 100_000))
    assert terminal.wait() == 0
    index = cs_rec.logs.parent / "index" / f"{cs_rec.log.id}.lines.zst"
    terminal.until_after(index.exists)


def test_the_default_keeps_a_small_session_in_one_file(cs_rec):
    done = cs_rec.run("-q", ".", "--", "head", "-c", "3000000", "/dev/zero")
    assert done.returncode == 0
    assert [path.name for path in cs_rec.log.files()] == [f"{cs_rec.log.id}.jsonl"]


def test_rotation_while_typing_loses_nothing_of_either(cs_rec):
    terminal = cs_rec.start(*SMALL, ".", *cs_rec.child("echo", 3))
    terminal.wait_for(b"READY")
    data = numbers(0, 20_000)
    terminal.type(data + b"\x04")
    assert terminal.wait() == 0
    log = cs_rec.log
    assert log.input() == data + b"\x04"
    assert log.output() == bytes(terminal.screen)
    assert len(log.output()) == 3 * len(data) + len("READYBYE")
    assert len(log.files()) > 15
