"""Whatever bytes come: every parser gives values or its own error, ends, and keeps its promises.

Fast by default. For a night: `CS_FUZZ_EXAMPLES=300000 pytest tests/fuzz --timeout 0`. What fails is
kept by hypothesis and tried first the next time.
"""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formats import checkpoints, config, fingerprint, meta
from formats.damage import Damage
from formats.entry import Decoder, Entry, LineError, decode_line, encode_line
from formats.errors import LogError, SessionsError
from formats.frames import read_seek_table, walk_frames
from formats.interchange import reading, tar
from formats.interchange.source import plain_source
from formats.layout import Home
from formats.marks import read_marks
from formats.repair import Repair
from formats.run import read_run, take_marks
from formats.sealed import read_sealed
from formats.session import Session
from formats.verify import check, plan
from tests.fuzz.corpus import changed, changes_of, seeds
from tests.support.stored import ID, session_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXAMPLES = int(os.environ.get("CS_FUZZ_EXAMPLES", "60"))
FORMS = ("cast v1", "cast v2", "cast v3", "ttyrec", "typescript", "timing", "tlog", "tar", "log")
# No seed here holds more; what comes out of some bytes must stay in proportion to them.
MOST_OUT_BYTES = 1 << 20

fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A home for a file at a time."""
    with tempfile.TemporaryDirectory() as path:
        home = Home(os.path.join(path, "home"))
        home.create()
        yield Path(home.path)


def is_one_line(error: Exception) -> bool:
    text = str(error)
    return text.isprintable() and len(text) < 2000


def ours(action: Callable[[], object]) -> object:
    """What an action gives; None where it ends in an error of ours, in one line."""
    try:
        return action()
    except SessionsError as error:
        said = error
    assert is_one_line(said), said
    return None


@fuzzed
@given(data=st.one_of(changes_of(seeds()["log"].splitlines(True)[1]), st.binary(max_size=200)))
def test_a_line_is_an_entry_or_none(data: bytes) -> None:
    for decode in decode_line, Decoder().decode:
        try:
            entry = decode(data)
        except LineError:
            continue
        assert decode_line(encode_line(entry).rstrip(b"\n")) == entry


def _read(entries: Iterator[Entry]) -> list[Entry]:
    found = list(entries)
    assert sum(len(entry.data) for entry in found) <= MOST_OUT_BYTES
    return found


@fuzzed
@given(data=changes_of(seeds()["log"]), form=st.sampled_from(["log", "sealed"]), raw=st.data())
def test_a_log_is_read_verified_and_repaired(folder: Path, data: bytes, form: str, raw) -> None:
    """Nothing comes out that was not in it: no change of ours makes an entry of any other."""
    if form == "sealed":
        data = raw.draw(changes_of(seeds()["sealed"]))
    path = folder / "logs" / (f"{ID}.jsonl" if form == "log" else f"{ID}.0001.jsonl.zst")
    path.write_bytes(data)
    try:
        session = Session(ID, str(folder / "logs"))
        damage = Damage()
        found = _read(session.entries(damage))
        assert all(entry.session_id == ID for entry in found)
        written = {line for segment in session_lines(2, 8) for line in segment}
        if form == "sealed":  # each frame has its checksum
            assert {encode_line(entry) for entry in found} <= written
        verdicts = [check(job) for job in plan(session)]
        assert verdicts
        if damage:
            assert any(verdict.findings for verdict in verdicts), damage.summary()
        repair = Repair(session)
        kept = list(repair.entries())
        assert len([entry for entry in kept if entry.data]) <= len(found)
        ours(lambda: meta.rebuild(session))
    finally:
        path.unlink()


@fuzzed
@given(data=st.one_of(changes_of(seeds()["sealed"]), st.binary(max_size=400)))
def test_tables_and_frames(data: bytes) -> None:
    file = io.BytesIO(data)
    table = read_seek_table(file)
    if table is not None:
        assert all(0 <= one.offset <= one.offset + one.length <= len(data) for one in table)
        assert [one.offset for one in table] == sorted(one.offset for one in table)
    walked = list(walk_frames(file))
    assert len(walked) <= len(data)
    found = fingerprint.find(file)
    assert found is None or 0 <= found.offset <= len(data)
    if found is not None:
        fingerprint.fits(file, found)
    lost: list[str] = []
    for start in (0, 700):
        place = 0
        for offset, piece in read_sealed(file, start, lambda what, _: lost.append(what)):
            assert offset >= place
            place = offset + len(piece)
            assert place <= MOST_OUT_BYTES


@fuzzed
@given(data=st.one_of(changes_of(seeds()["config"]), st.binary(max_size=100)))
def test_the_config(folder: Path, data: bytes) -> None:
    (folder / "config.toml").write_bytes(data)
    found = ours(lambda: config.load(Home(str(folder)), {}))
    assert found is None or isinstance(found, config.Config)


@fuzzed
@given(data=st.one_of(changes_of(seeds()["meta"]), st.binary(max_size=100)))
def test_the_summary(data: bytes) -> None:
    found = meta.decode(data)
    if found is not None:  # times are written in milliseconds, whatever was read
        written = meta.encode(found)
        again = meta.decode(written)
        assert again is not None
        assert meta.encode(again) == written


@fuzzed
@given(data=st.one_of(changes_of(seeds()["sums"]), changes_of(seeds()["meta"])))
def test_what_lies_beside_a_log(folder: Path, data: bytes) -> None:
    """Checkpoints, marks, what a recorder states of itself and what it is told."""
    home = Home(str(folder))
    paths = [
        folder / "logs" / f"{ID}.sums",
        folder / "logs" / f"{ID}.marks.jsonl",
        folder / "run" / ID,
        folder / "run" / f"{ID}.marks",
    ]
    for path in paths:
        path.write_bytes(data)
    try:
        found = checkpoints.read_checkpoints(home.logs, ID)
        assert found is not None
        for blocks in found.blocks.values():
            ends = [block.end for block in blocks]
            assert ends == sorted(ends)
        read_marks(home, ID)
        run = read_run(home, ID)
        assert run is None or run.pid > 1
        assert all(isinstance(label, str) for label in take_marks(home, ID))
    finally:
        for path in paths:
            path.unlink()


@fuzzed
@given(seed=changed())
def test_a_recording_of_another_tool(folder: Path, seed: tuple[str, bytes]) -> None:
    """Told by its content, or by force: entries in order, a start first, or an error of ours."""
    name, data = seed
    path = folder / "recording"
    path.write_bytes(data)
    for wanted in (None, _form_of(name)):
        ours(lambda: _imported(str(path), wanted))  # noqa: B023


def _form_of(name: str) -> str:
    known = {"log": reading.JSONL, "sealed": reading.JSONL, "timing": reading.TYPESCRIPT}
    form = "asciicast" if name.startswith("cast") else known.get(name, name)
    return form if form in reading.FORMATS else reading.RAW


def _imported(path: str, wanted: str | None) -> None:
    recording = reading.open_recording(path, wanted)
    if recording.format == reading.TAR:
        _archive(recording)
        return
    if recording.format == reading.TIMING:
        recording = recording._replace(format=reading.TYPESCRIPT)
    found = _read(reading.entries_of(recording, None))
    if found and recording.format != reading.JSONL:
        assert found[0].event is not None
        assert found[0].event["type"] == "start"
        times = [entry.time_us for entry in found]
        assert times == sorted(times)
    for entry in found:
        encode_line(entry._replace(session_id=ID, data=entry.data[:8192]))


def _archive(recording: reading.Recording) -> None:
    skipped: list[str] = []
    members = tar.members(recording.source, recording.path, lambda name, _: skipped.append(name))
    for member, read in members:
        assert "/" not in member.name
        assert ".." not in member.name
        while read():
            pass


@fuzzed
@given(data=changes_of(seeds()["timing"]), log=changes_of(seeds()["typescript"]))
def test_a_typescript_with_its_timing(folder: Path, data: bytes, log: bytes) -> None:
    (folder / "typescript").write_bytes(log)
    (folder / "timing").write_bytes(data)

    def read() -> None:
        output = reading.open_recording(str(folder / "typescript"), reading.TYPESCRIPT)
        timing = reading.open_recording(str(folder / "timing"), reading.TIMING)
        found = _read(reading.entries_of(output, timing))
        times = [entry.time_us for entry in found]
        assert times == sorted(times)

    ours(read)


@fuzzed
@given(
    data=st.binary(max_size=60).flatmap(
        lambda head: st.sampled_from([b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0"]).map(
            lambda magic: magic + head
        )
    )
)
def test_what_only_seems_to_be_compressed(data: bytes) -> None:
    def read() -> None:
        source = plain_source(io.BytesIO(data).read, "file", Damage())
        total = 0
        while piece := source.read():
            total += len(piece)
        assert total <= MOST_OUT_BYTES

    ours(read)


def test_the_seeds_are_what_they_are_called(folder: Path) -> None:
    """Else the fuzzers would change what no parser takes for its own."""
    for name, data in seeds().items():
        path = folder / "seed"
        path.write_bytes(data)
        if name in FORMS:
            recording = reading.open_recording(str(path))
            expected = reading.TIMING if name == "timing" else _form_of(name)
            assert recording.format == expected, name
        if name.startswith("cast") or name in ("ttyrec", "tlog", "log"):
            assert len(list(reading.entries_of(reading.open_recording(str(path))))) > 2, name
    with pytest.raises(LogError):
        reading.open_recording(str(folder / "nothing"))
    assert meta.decode(seeds()["meta"]) is not None
    assert read_seek_table(io.BytesIO(seeds()["sealed"])) is not None
