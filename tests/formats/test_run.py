"""The run file of a recorder, and the marks that are left for it."""

from __future__ import annotations

import os
import stat
import termios

import pytest

from formats.errors import NoSuchSessionError
from formats.layout import Home, new_session_id
from formats.run import Run, left_on, post_mark, read_run, remove_run, runs, take_marks, write_run

MODE = [1, 2, 3, termios.ICANON | termios.ECHO, 15, 15, [b"\x03", b"\x1c", 0, 1, b"\xff"]]
STARTED_US = 1_770_488_132_123_000


@pytest.fixture
def home(tmp_path):
    made = Home(str(tmp_path / "home"))
    made.create()
    return made


@pytest.fixture
def session_id():
    return new_session_id()


def test_it_reads_back_as_it_was_written(home, session_id):
    fd = write_run(home, Run(session_id, 4711, "/dev/pts/3", MODE, STARTED_US))
    path = os.path.join(home.run, session_id)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    mode = [*MODE[:6], [3, 28, 0, 1, 255]]
    assert read_run(home, session_id) == Run(session_id, 4711, "/dev/pts/3", mode, STARTED_US)
    os.close(fd)
    left = read_run(home, session_id)
    assert left is not None
    assert not left.live
    remove_run(home, session_id)
    assert read_run(home, session_id) is None
    assert os.listdir(home.run) == []


def test_what_a_killed_one_left_on_a_terminal_is_found_the_newest_first(home):
    made = []
    for number, tty in enumerate(["/dev/pts/3", "/dev/pts/3", "/dev/pts/4", None]):
        run = Run(new_session_id(), 4711, tty, None, STARTED_US + number * 1000)
        os.close(write_run(home, run))
        made.append(run)
    live = Run(new_session_id(), 4711, "/dev/pts/3", None, STARTED_US + 9000)
    fd = write_run(home, live)
    assert left_on(home, "/dev/pts/3") == made[1]._replace(live=False)
    assert left_on(home, "/dev/pts/9") is None
    assert [run.session_id for run in runs(home)] == [
        live.session_id,
        *[run.session_id for run in reversed(made)],
    ]
    os.close(fd)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no JSON",
        b"[]",
        b"{}",
        b'{"pid":1,"tty":null,"mode":null,"started":"2026-02-07T18:15:32.123Z"}',
        b'{"pid":77,"tty":7,"mode":null,"started":"2026-02-07T18:15:32.123Z"}',
        b'{"pid":77,"tty":null,"mode":[1,2],"started":"2026-02-07T18:15:32.123Z"}',
        b'{"pid":77,"tty":null,"mode":[1,2,3,4,5,6,[256]],"started":"2026-02-07T18:15:32Z"}',
        b'{"pid":77,"tty":null,"mode":null,"started":"yesterday"}',
        b'{"pid":77,"tty":null,"mode":null,"started":7}',
        b"[" * 60_000,
    ],
)
def test_nonsense_is_nothing(home, session_id, data):
    with open(os.path.join(home.run, session_id), "wb") as file:
        file.write(data)
    assert read_run(home, session_id) is None
    assert runs(home) == []


def test_a_link_is_not_followed(home, session_id, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"precious")
    for name in (session_id, session_id + ".marks"):
        os.symlink(elsewhere, os.path.join(home.run, name))
    assert read_run(home, session_id) is None
    assert take_marks(home, session_id) == []
    assert elsewhere.read_bytes() == b"precious"


def test_marks_are_taken_once_and_in_order(home, session_id):
    fd = write_run(home, Run(session_id, 4711, None, None, STARTED_US))
    assert take_marks(home, session_id) == []
    for label in ("one", "zwei\n", "\udcff", "x" * 5000):
        assert post_mark(home, session_id, label) == 4711
    assert take_marks(home, session_id) == ["one", "zwei\n", "\udcff", "x" * 1000]
    assert take_marks(home, session_id) == []
    os.close(fd)


def test_nobody_takes_a_mark_when_the_recorder_is_gone(home, session_id):
    with pytest.raises(NoSuchSessionError):
        post_mark(home, session_id, "x")
    os.close(write_run(home, Run(session_id, 4711, None, None, STARTED_US)))
    with pytest.raises(NoSuchSessionError):
        post_mark(home, session_id, "x")


def test_marks_that_are_nonsense_are_skipped(home, session_id):
    os.close(write_run(home, Run(session_id, 4711, None, None, STARTED_US)))
    with open(os.path.join(home.run, session_id + ".marks"), "wb") as file:
        file.write(b'nonsense\n{"label":7}\n[]\n{"label":"good"}\n{"label":"torn')
    assert take_marks(home, session_id) == ["good"]
