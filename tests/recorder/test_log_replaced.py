"""What a failed sync made the recorder write again is no damage, and is read once."""

from __future__ import annotations

import errno
import os
import time

import pytest

from formats.checkpoints import read_checkpoints
from formats.files import Files
from formats.layout import Home, new_session_id
from formats.repair import Repair
from formats.session import Session
from formats.size import Size
from formats.verify import check, plan
from recorder.clock import Clock
from recorder.log import Log

PIECES = [b"%03d;" % number * 20 for number in range(30)]


class SyncFails(Files):
    """Once a sync fails, and never again."""

    failing = False

    def sync_data(self, fd):
        if self.failing:
            self.failing = False
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        os.fdatasync(fd)


@pytest.fixture
def replaced(tmp_path):
    """A session of many small segments, in the middle of which a sync failed."""
    home = Home(str(tmp_path / "home"))
    home.create()
    session_id, files = new_session_id(), SyncFails()
    log = Log(home=home, session_id=session_id, clock=Clock(), rotate_bytes=1000, files=files)
    log.start(Size(80, 24), {"command": ["true"]})
    for piece in PIECES[:11]:
        log.output(piece)
    log.attend(sync=True)
    for piece in PIECES[11:20]:
        log.output(piece)
    files.failing = True
    log.attend(sync=True)
    for piece in PIECES[20:]:
        log.output(piece)
    log.attend(sync=True)
    log.event({"type": "exit", "status": 0, "reason": "exited"})
    last = log.segment
    log.close()
    deadline = time.monotonic() + 20
    while last not in getattr(read_checkpoints(home.logs, session_id), "blocks", {}):
        assert time.monotonic() < deadline, "the log is not hashed"
        time.sleep(0.01)
    return Session(session_id, home.logs)


def cut_back(session):
    """The segment of which a part is replaced, and the byte from which on it is."""
    for number in session.numbered()[0]:
        end = session.replaced_from(number)
        if end:
            return number, end
    raise AssertionError("nothing is replaced")


def states(session):
    return {verdict.state for verdict in map(check, plan(session))}


def test_it_is_whole(replaced):
    number, end = cut_back(replaced)
    assert os.path.getsize(replaced.numbered()[0][number]) == end, "the recorder cut it"
    assert states(replaced) == {"whole"}
    assert [entry.data for entry in replaced.entries() if entry.data] == PIECES
    assert not Repair(replaced).is_needed


def test_whatever_lies_in_the_part_that_is_replaced(replaced):
    number, _ = cut_back(replaced)
    with open(replaced.numbered()[0][number], "ab") as file:
        file.write(b"\0" * 700 + b"junk\n{")
    assert states(replaced) == {"whole"}
    assert [entry.data for entry in replaced.entries() if entry.data] == PIECES


def test_damage_before_it_is_found(replaced):
    """By its form: what was stated of the whole segment says nothing of the part that is left."""
    number, end = cut_back(replaced)
    with open(replaced.numbered()[0][number], "r+b") as file:
        file.seek(end - 40)
        file.write(b"\0")
    assert "damaged" in states(replaced)


def test_a_repaired_copy_has_each_entry_once(replaced):
    last = replaced.numbered()[1]
    assert last is not None
    with open(last, "r+b") as file:
        file.seek(30)
        file.write(b"\0\0\0")
    repair = Repair(replaced)
    assert repair.is_needed
    kept = [entry.data for entry in repair.entries() if entry.data]
    assert kept == [piece for piece in PIECES if piece in kept]
