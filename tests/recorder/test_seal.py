"""The sealer, run as the recorder runs it: `python -m recorder.seal HOME SESSION_ID`."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
import time

import pytest

from formats.damage import Damage
from formats.entry import OUTPUT, Entry, encode_line
from formats.errors import LogError
from formats.files import Files
from formats.layout import Home, new_session_id
from formats.session import Session
from recorder.seal import seal_session


@pytest.fixture
def home(tmp_path):
    made = Home(str(tmp_path / "home"))
    made.create()
    return made


@pytest.fixture
def session_id():
    return new_session_id()


def lines(session_id, count, first=0):
    return b"".join(
        encode_line(Entry(1_770_488_132_000_000 + n * 1000, session_id, OUTPUT, b"line %d\r\n" % n))
        for n in range(first, first + count)
    )


def put(home, session_id, number, data):
    path = home.segment(session_id, number)
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, 0o600)
    return path


def put_open(home, session_id, data=b""):
    """What the recorder writes to now: only what another segment follows is sealed."""
    with open(home.log(session_id), "wb") as file:
        file.write(data)


def as_the_recorder_does(home, session_id, **options):
    """It waits a moment for the burst to be over."""
    command = [sys.executable, "-m", "recorder.seal", home.path, session_id]
    return subprocess.run(command, check=False, timeout=30, **options).returncode


AT_ONCE = """
import sys
from formats.layout import Home
from recorder.seal import seal_session
seal_session(Home(sys.argv[1]), sys.argv[2])
"""


class Garbles(Files):
    """A disk, or a memory, that keeps another bit than it was given."""

    def write_all(self, fd, data):
        half = len(data) // 2
        flipped = bytes(one ^ 1 for one in data[half : half + 1])
        super().write_all(fd, data[:half] + flipped + data[half + 1 :])


def test_what_does_not_read_back_as_it_was_replaces_nothing(home, session_id):
    data = lines(session_id, 500)
    plain = put(home, session_id, 1, data)
    put_open(home, session_id, lines(session_id, 5, 500))
    before = sorted(os.listdir(home.logs))
    with pytest.raises(LogError, match="what was sealed does not read back"):
        seal_session(home, session_id, Garbles())
    assert sorted(os.listdir(home.logs)) == before
    with open(plain, "rb") as file:
        assert file.read() == data


def zstdcat(path):
    return subprocess.run(["zstdcat", path], capture_output=True, check=True).stdout


def test_every_closed_segment_is_sealed_and_the_plain_one_removed(home, session_id):
    contents = [lines(session_id, 5000, first=5000 * n) for n in range(3)]
    for number, data in enumerate(contents, 1):
        put(home, session_id, number, data)
    put_open(home, session_id, lines(session_id, 10, first=15_000))
    assert as_the_recorder_does(home, session_id) == 0
    names = sorted(os.listdir(home.logs))
    assert names == [f"{session_id}.000{n}.jsonl.zst" for n in (1, 2, 3)] + [f"{session_id}.jsonl"]
    for number, data in enumerate(contents, 1):
        path = home.segment(session_id, number, sealed=True)
        assert zstdcat(path) == data
        assert os.stat(path).st_size < len(data) / 5
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    damage = Damage()
    entries = list(Session(session_id, home.logs).entries(damage))
    assert [e.data for e in entries] == [b"line %d\r\n" % n for n in range(15_010)]
    assert not damage


def test_what_a_sealer_that_died_left_is_replaced(home, session_id):
    data = lines(session_id, 3000)
    put(home, session_id, 1, data)
    put_open(home, session_id)
    leftover = home.segment(session_id, 1, sealed=True) + ".tmp"
    with open(leftover, "wb") as file:
        file.write(b"half of something")
    assert seal_session(home, session_id) == 1
    assert sorted(os.listdir(home.logs)) == [f"{session_id}.0001.jsonl.zst", f"{session_id}.jsonl"]
    assert zstdcat(home.segment(session_id, 1, sealed=True)) == data


def test_both_forms_present_means_the_job_is_to_be_finished(home, session_id):
    """The plain one is the truth until it is gone."""
    data = lines(session_id, 3000)
    put(home, session_id, 1, data)
    put_open(home, session_id)
    with open(home.segment(session_id, 1, sealed=True), "wb") as file:
        file.write(b"\x28\xb5\x2f\xfd but no frame")
    entries = list(Session(session_id, home.logs).entries())
    assert len(entries) == 3000
    assert seal_session(home, session_id) == 1
    assert sorted(os.listdir(home.logs)) == [f"{session_id}.0001.jsonl.zst", f"{session_id}.jsonl"]
    assert zstdcat(home.segment(session_id, 1, sealed=True)) == data


def test_damage_is_kept_as_it_is(home, session_id):
    data = lines(session_id, 10) + b"\0" * 5000 + b"no JSON\n" + lines(session_id, 10) + b'{"torn'
    put(home, session_id, 1, data)
    put_open(home, session_id)
    assert seal_session(home, session_id) == 1
    assert zstdcat(home.segment(session_id, 1, sealed=True)) == data


def test_an_empty_segment_can_be_sealed_too(home, session_id):
    put(home, session_id, 1, b"")
    put_open(home, session_id)
    assert seal_session(home, session_id) == 1
    assert zstdcat(home.segment(session_id, 1, sealed=True)) == b""


def test_other_sessions_are_left_alone(home, session_id):
    other = new_session_id()
    path = put(home, other, 1, lines(other, 10))
    put_open(home, other)
    assert seal_session(home, session_id) == 0
    assert os.path.exists(path)


def test_when_it_cannot_write_the_plain_one_stays(home, session_id):
    data = os.urandom(1 << 18) + b"\n"
    path = put(home, session_id, 1, data)
    put_open(home, session_id)
    code = as_the_recorder_does(
        home,
        session_id,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    assert code == 1
    with open(path, "rb") as file:
        assert file.read() == data
    assert not os.path.exists(home.segment(session_id, 1, sealed=True))
    assert seal_session(home, session_id) == 1
    assert zstdcat(home.segment(session_id, 1, sealed=True)) == data


def test_several_at_once_do_no_harm(home, session_id):
    contents = [lines(session_id, 2000, first=2000 * n) for n in range(4)]
    for number, data in enumerate(contents, 1):
        put(home, session_id, number, data)
    put_open(home, session_id)
    command = [sys.executable, "-c", AT_ONCE, home.path, session_id]
    running = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(30) for process in running] == [0, 0, 0]
    for number, data in enumerate(contents, 1):
        assert zstdcat(home.segment(session_id, number, sealed=True)) == data
    left = {name for name in os.listdir(home.logs) if not name.endswith(".zst")}
    assert left == {f"{session_id}.jsonl"}
    assert os.listdir(home.run) == []


def test_the_last_segment_is_left_to_its_recorder(home, session_id):
    """One that died in mid-rotation has written no end yet: it is closed before it is sealed."""
    for number in (1, 2):
        put(home, session_id, number, lines(session_id, 10, first=10 * number))
    assert seal_session(home, session_id) == 1
    left = [f"{session_id}.0001.jsonl.zst", f"{session_id}.0002.jsonl"]
    assert sorted(os.listdir(home.logs)) == left


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_at_any_moment_it_loses_nothing(home, session_id):
    data = lines(session_id, 20_000)
    command = [sys.executable, "-c", AT_ONCE, home.path, session_id]
    put(home, session_id, 1, data)
    put_open(home, session_id)
    begun = time.monotonic()
    subprocess.run(command, check=True)
    took_s = time.monotonic() - begun
    ended = 0
    for moment in range(60):
        put(home, session_id, 1, data)
        process = subprocess.Popen(command)
        try:
            ended += process.wait(took_s * moment / 50) == 0
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert sum(1 for _ in Session(session_id, home.logs).entries()) == 20_000, moment
    assert ended < 60


def test_nonsense_for_an_id_touches_nothing(home):
    for nonsense in ("", "../../etc", "x" * 300):
        before = time.monotonic()
        assert as_the_recorder_does(home, nonsense) == 2
        assert time.monotonic() - before < 5
    assert os.listdir(home.run) == []
