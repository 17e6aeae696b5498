"""A disk that fails at any operation: the log states each entry once, or counts it in a gap."""

from __future__ import annotations

import errno
import os
import tempfile
from typing import ClassVar

import pytest

from formats.damage import Damage
from formats.errors import LogError
from formats.layout import Home, new_session_id
from formats.session import Session
from formats.size import Size
from recorder.log import Log
from tests.support.clocks import Ticking
from tests.support.faulty import Exited, Faulty


@pytest.fixture
def home():
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        made = Home(folder)
        made.create()
        yield made


def begin(home, files, *, rotate_bytes=1 << 20, sync_s=1.0):
    session_id = new_session_id()
    log = Log(
        home=home,
        session_id=session_id,
        clock=Ticking(),  # type: ignore[arg-type]
        rotate_bytes=rotate_bytes,
        files=files,
        sync_s=sync_s,
    )
    log._sums._starts = 99  # noqa: SLF001  the hashing process has tests of its own
    return log, Session(session_id, home.logs)


def attend(log, *, sync=True):
    """As the watching thread does, when it is time to try again."""
    log._writer._retry_at = 0.0  # noqa: SLF001
    log.attend(sync=sync)


def current_fd(log):
    return log._writer.current.fd  # noqa: SLF001


PIECES = [b"%03d;" % number * 20 for number in range(30)]


def record(log, *, attend_each=5):
    """A session of 30 entries, attended as the watching thread does."""
    log.start(Size(80, 24), {"command": ["true"]})
    for number, piece in enumerate(PIECES):
        log.output(piece)
        if number % attend_each == 0:
            attend(log)
    log.event({"type": "exit", "status": 0, "reason": "exited"})
    log.close()


def read(session):
    damage = Damage()
    entries = list(session.entries(damage))
    times = [entry.time_us for entry in entries]
    assert times == sorted(times)
    gaps = [e.event for e in entries if e.event and e.event["type"] == "gap"]
    return [e.data for e in entries if e.data], gaps, damage, entries


def steps_of(home, **options):
    files = Faulty()
    record(begin(home, files, **options)[0])
    return files.count


@pytest.mark.parametrize("how", ["EIO", "ENOSPC", "short"])
@pytest.mark.parametrize("rotate_bytes", [1000, 1 << 20])
@pytest.mark.parametrize("times", [1, 3])
def test_a_fault_at_any_operation_loses_nothing_and_doubles_nothing(home, how, rotate_bytes, times):
    for at in range(1, steps_of(home, rotate_bytes=rotate_bytes) + 1):
        log, session = begin(home, files := Faulty(), rotate_bytes=rotate_bytes)
        files.at, files.how, files.times = at + files.count, how, times
        try:
            record(log)
        except LogError:  # at the very start there is nothing yet to go on with
            assert at <= 2 * times + 2
            continue
        data, gaps, damage, entries = read(session)
        assert data == PIECES, at
        assert not gaps
        assert not damage, (at, damage.summary())
        assert entries[-1].event is not None
        assert entries[-1].event["type"] == "exit"
        assert not [name for name in os.listdir(home.logs) if name.endswith(".tmp")]


@pytest.mark.parametrize("rotate_bytes", [1000, 1 << 20])
def test_a_process_that_ends_at_any_operation_leaves_each_entry_once(home, rotate_bytes):
    for at in range(1, steps_of(home, rotate_bytes=rotate_bytes) + 1):
        log, session = begin(home, files := Faulty(), rotate_bytes=rotate_bytes)
        files.at, files.how = at + files.count, "exit"
        acknowledged = 0
        try:
            log.start(Size(80, 24), {"command": ["true"]})
            for number, piece in enumerate(PIECES):
                log.output(piece)
                acknowledged = number + 1
                if number % 5 == 0:
                    log.attend(sync=True)
            log.close()
        except Exited:
            os.close(current_fd(log))
        data, _, damage, _ = read(session)
        assert data[:acknowledged] == PIECES[:acknowledged], at
        assert data == PIECES[: len(data)], "an entry is there twice, or was invented"
        assert len(data) <= acknowledged + 1
        assert damage.torn <= 1
        assert not damage.lines


class SyncFails(Faulty):
    """Once a sync fails, and never again; the kernel has dropped what it was to write."""

    def __init__(self, number=errno.ENOSPC):
        super().__init__()
        self.failing = False
        self._number = number
        self.synced: list[int] = []

    def sync_data(self, fd):
        if self.failing:
            self.failing = False
            raise OSError(self._number, os.strerror(self._number))
        self.synced.append(os.fstat(fd).st_ino)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("rotate_bytes", [1000, 1 << 20])
def test_a_sync_that_fails_is_final_for_its_file(home, number, rotate_bytes):
    files = SyncFails(number)
    log, session = begin(home, files, rotate_bytes=rotate_bytes)
    log.start(Size(80, 24), {"command": ["true"]})
    for piece in PIECES[:10]:
        log.output(piece)
    log.attend(sync=True)
    synced_bytes = log.open_bytes
    for piece in PIECES[10:20]:
        log.output(piece)
    distrusted, number_before = os.fstat(current_fd(log)).st_ino, log.segment
    files.failing = True
    files.synced.clear()
    log.attend(sync=True)
    assert log.segment > number_before
    assert read(session)[0] == PIECES[:20], "before the old file is cut, too"
    for piece in PIECES[20:]:
        log.output(piece)
    log.attend(sync=True)
    log.event({"type": "exit", "status": 0, "reason": "exited"})
    log.close()
    assert distrusted not in files.synced
    data, gaps, damage, entries = read(session)
    assert data == PIECES
    assert not gaps
    assert not damage
    resumed = [e.event for e in entries if e.event and "resumes_segment" in e.event]
    assert len(resumed) == 1
    if rotate_bytes > 1000:
        assert resumed[0]["resumes_offset"] == synced_bytes
        # Cut: whoever knows nothing of this reads each entry once, too.
        assert os.path.getsize(home.segment(session.id, 1)) == synced_bytes
        names = [name for name in os.listdir(home.logs) if name.endswith(".jsonl")]
        sizes = [os.path.getsize(os.path.join(home.logs, name)) for name in names]
        assert log.log_bytes == sum(sizes), "what is replaced counts once"
    assert log.entries == len(entries)


def test_a_write_that_fails_for_good_takes_along_what_was_not_synced(home):
    """An I/O error: what the kernel still had of the file may be lost with it."""

    class WriteFails(Faulty):
        failing = False

        def write(self, fd, data):
            if self.failing:
                self.failing = False
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return super().write(fd, data)

    log, session = begin(home, files := WriteFails())
    log.start(Size(80, 24), {"command": ["true"]})
    log.output(PIECES[0])
    log.attend(sync=True)
    synced_bytes = log.open_bytes
    for piece in PIECES[1:5]:
        log.output(piece)
    files.failing = True
    log.output(PIECES[5])
    attend(log)
    log.close()
    data, gaps, damage, entries = read(session)
    assert (data, gaps) == (PIECES[:6], [])
    assert not damage
    (resumed,) = [e.event for e in entries if e.event and "resumes_segment" in e.event]
    assert (resumed["number"], resumed["resumes_offset"]) == (2, synced_bytes)


def test_what_is_written_while_a_sync_waits_is_not_made_durable_by_it(home):
    class Waits(SyncFails):
        log = None

        def sync_data(self, fd):
            if self.log is not None:
                written, self.log = self.log, None
                written.output(PIECES[1])
            super().sync_data(fd)

    log, session = begin(home, files := Waits(errno.EIO))
    log.start(Size(80, 24), {"command": ["true"]})
    log.output(PIECES[0])
    synced_bytes = log.open_bytes
    files.log = log
    log.attend(sync=True)
    assert log.open_bytes > synced_bytes
    files.failing = True
    log.attend(sync=True)
    log.close()
    data, gaps, damage, entries = read(session)
    assert (data, gaps) == (PIECES[:2], [])
    assert not damage
    (resumed,) = [e.event for e in entries if e.event and "resumes_segment" in e.event]
    assert resumed["resumes_offset"] == synced_bytes, "what came later is written again"


def test_of_an_entry_that_is_durable_at_once_the_name_of_its_file_is_too(home):
    class Noting(Faulty):
        done: ClassVar[list[str]] = []

        def sync_data(self, fd):
            self.done.append("data")

        def sync_folder(self, path):
            self.done.append("folder")

    log, _ = begin(home, files := Noting(), rotate_bytes=1000, sync_s=0.0)
    log.start(Size(80, 24), {"command": ["true"]})
    assert files.done[-2:] == ["data", "folder"]
    segment = log.segment
    for piece in PIECES:
        files.done.clear()
        log.output(piece)
        begun, segment = log.segment > segment, log.segment
        assert files.done == (["data", "folder"] if begun else ["data"])
    assert segment > 2


def test_on_a_file_system_that_cannot_sync_nothing_is_written_twice(home):
    class Cannot(Faulty):
        def sync_data(self, fd):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    log, session = begin(home, Cannot())
    record(log)
    assert (log.segment, log.fault) == (1, None)
    assert read(session)[0] == PIECES


def test_segments_that_wait_for_a_sync_do_not_use_up_the_descriptors(home):
    log, session = begin(home, Faulty(), rotate_bytes=100)
    log.start(Size(80, 24), {"command": ["true"]})
    before = len(os.listdir("/dev/fd"))
    for piece in PIECES:
        log.output(piece)
    assert log.segment == len(PIECES) + 1
    assert len(os.listdir("/dev/fd")) - before <= 16
    log.attend(sync=True)
    assert len(os.listdir("/dev/fd")) == before
    log.close()
    assert read(session)[0] == PIECES


def test_a_rotation_that_cannot_be_is_not_tried_again_with_each_entry(home):
    class NoMore(Faulty):
        tried, refuses = 0, False

        def open_new(self, path, flags):
            if self.refuses:
                self.tried += 1
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            return super().open_new(path, flags)

    log, session = begin(home, files := NoMore(), rotate_bytes=500)
    log.start(Size(80, 24), {"command": ["true"]})
    files.refuses = True
    for piece in PIECES:
        log.output(piece)
    assert log.segment == 1
    assert 1 <= files.tried <= 5, "after twice as much each time"
    log.close()
    assert read(session)[0] == PIECES


def test_what_was_rotated_away_is_made_durable_too(home):
    class Noting(Faulty):
        sizes: ClassVar[dict[int, int]] = {}

        def sync_data(self, fd):
            found = os.fstat(fd)
            self.sizes[found.st_ino] = found.st_size

    log, session = begin(home, files := Noting(), rotate_bytes=1000)
    log.start(Size(80, 24), {"command": ["true"]})
    for piece in PIECES:
        log.output(piece)
    assert log.segment > 5
    log.attend(sync=True)
    found = [os.stat(path) for path in session.files()]
    assert [files.sizes.get(one.st_ino) for one in found] == [one.st_size for one in found]
    log.close()


def test_each_is_durable_before_it_counts(home):
    class Counting(Faulty):
        syncs = 0

        def sync_data(self, fd):
            self.syncs += 1

    files = Counting()
    log, _ = begin(home, files, sync_s=0.0)
    log.start(Size(80, 24), {"command": ["true"]})
    for number, piece in enumerate(PIECES):
        log.output(piece)
        assert files.syncs == number + 2
    log.close()


def test_with_none_nothing_is_synced(home):
    class Never(Faulty):
        def sync_data(self, fd):
            raise AssertionError

    log, session = begin(home, Never(), sync_s=None)
    record(log)
    assert read(session)[0] == PIECES


class TestALogThatOthersTouch:
    @pytest.fixture
    def begun(self, home):
        log, session = begin(home, Faulty())
        log.start(Size(80, 24), {"command": ["true"]})
        for piece in PIECES[:10]:
            log.output(piece)
        log.attend(sync=True)
        return log, session

    def finish(self, log, session, *, from_piece=10):
        """Three entries that are written before anybody looks, and more after."""
        for piece in PIECES[10:13]:
            log.output(piece)
        log.attend(sync=True)
        for piece in PIECES[13:]:
            log.output(piece)
        log.event({"type": "exit", "status": 0, "reason": "exited"})
        log.close()
        data, gaps, damage, entries = read(session)
        assert data[-20:] == PIECES[10:]
        assert entries[-1].event["type"] == "exit"
        return data, gaps, damage

    def test_removed(self, home, begun):
        log, session = begun
        os.unlink(log.path)
        data, [gap], damage = self.finish(log, session)
        assert data == PIECES[10:]
        assert gap["entries"] == 11
        assert gap["bytes"] == sum(map(len, PIECES[:10]))
        assert "removed" in gap["reason"]
        assert damage.missing_segments == 1

    def test_moved_away(self, home, begun):
        log, session = begun
        os.rename(log.path, log.path + ".mine")
        _, [gap], _ = self.finish(log, session)
        assert gap["entries"] == 11
        assert "moved" in gap["reason"]

    def test_replaced_by_a_link(self, home, begun, tmp_path):
        log, session = begun
        precious = tmp_path / ".bashrc"
        precious.write_text("mine")
        os.unlink(log.path)
        os.symlink(precious, log.path)
        _, [gap], _ = self.finish(log, session)
        assert gap["entries"] == 11
        assert precious.read_text() == "mine"
        [link] = [name for name in os.listdir(home.logs) if ".found-" in name]
        assert os.readlink(os.path.join(home.logs, link)) == str(precious)

    @pytest.mark.parametrize("size", [0, 1, 500, 1000])
    def test_cut(self, home, begun, size):
        log, session = begun
        before, _, _, _ = read(session)
        os.truncate(log.path, size)
        data, [gap], _ = self.finish(log, session)
        kept = len(data) - 20
        assert data[:kept] == before[:kept]
        assert gap["bytes"] == sum(map(len, before[kept:]))
        assert gap["entries"] in (10 - kept, 10 - kept + 1)

    def test_the_whole_folder_is_gone(self, home, begun):
        log, session = begun
        os.rename(home.logs, home.logs + ".mine")
        data, [gap], _ = self.finish(log, session)
        assert data == PIECES[10:]
        assert gap["entries"] == 11

    def test_written_by_another(self, home, begun):
        log, session = begun
        with open(log.path, "ab") as file:
            file.write(b"a stranger was here\n")
        data, gaps, damage = self.finish(log, session)
        assert data == PIECES
        assert not gaps
        assert damage.lines == 1


def test_what_is_lost_is_counted_to_the_entry(home):
    files = Faulty()
    log, session = begin(home, files)
    log.start(Size(80, 24), {"command": ["true"]})
    log.output(b"before")
    files.at, files.how, files.times = 0, "ENOSPC", 1 << 60
    big = [b"%05d" % number * 1600 for number in range(400)]
    for piece in big:
        log.output(piece)
    assert log.failing
    assert len(read(session)[0]) == 1
    files.times = 0
    attend(log, sync=False)
    assert not log.failing
    log.output(b"after")
    log.close()
    data, [gap], damage, entries = read(session)
    kept = data[1:-1]
    assert kept == big[-len(kept) :]
    assert gap["entries"] == len(big) - len(kept)
    assert gap["bytes"] == 8000 * gap["entries"]
    assert 700_000 < sum(map(len, kept)) < 1 << 20
    assert not damage
    assert log.output_bytes == sum(map(len, data))
    assert log.entries == len(entries)


class Full(Faulty):
    """A disk with so much room, of which a write takes what there is and then fails."""

    room = 1 << 30

    def write(self, fd, data):
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = os.write(fd, data[: self.room])
        self.room -= written
        return written

    def truncate(self, fd, size):
        self.room += os.fstat(fd).st_size - size
        os.ftruncate(fd, size)


def test_a_session_that_ends_on_a_full_disk_says_what_is_lost(home):
    """A block has room behind its last line, for two short ones if not for what is missing."""
    log, session = begin(home, files := Full())
    log.start(Size(80, 24), {"command": ["true"]})
    for piece in PIECES[:3]:
        log.output(piece)
    files.room = 500
    for number in range(4):
        log.output(b"%d" % number * 1000)
    log.event({"type": "exit", "status": 3, "reason": "exited"})
    log.close()
    data, gaps, damage, entries = read(session)
    assert data == PIECES[:3]
    assert [(gap["entries"], gap["bytes"]) for gap in gaps] == [(4, 4000)]
    assert entries[-1].event == {"type": "exit", "status": 3, "reason": "exited"}
    assert not damage
    assert log.entries == len(entries)
    assert log.output_bytes == sum(map(len, PIECES[:3]))


def test_the_summary_gives_way_to_it(home):
    """It can be made again from the log; what is lost can not."""

    def unlink(path):
        os.unlink(path)
        files.room = 4096

    log, session = begin(home, files := Full())
    files.unlink = unlink  # type: ignore[assignment]
    log.start(Size(80, 24), {"command": ["true"]})
    with open(home.meta(session.id), "w", encoding="utf-8") as file:
        file.write("{}")
    files.room = 100
    log.output(b"x" * 8000)
    log.event({"type": "exit", "status": 3, "reason": "exited"})
    log.close()
    _, gaps, damage, entries = read(session)
    assert [(gap["entries"], gap["bytes"]) for gap in gaps] == [(1, 8000)]
    assert entries[-1].event == {"type": "exit", "status": 3, "reason": "exited"}
    assert not damage


@pytest.mark.parametrize("room", [0, 100, 250])
def test_where_there_is_no_room_even_for_that_no_line_is_torn(home, room):
    log, session = begin(home, files := Full())
    log.start(Size(80, 24), {"command": ["true"]})
    for piece in PIECES[:3]:
        log.output(piece)
    files.room = room
    log.output(b"x" * 1000)
    log.event({"type": "exit", "status": 3, "reason": "exited"})
    log.close()
    data, _, damage, entries = read(session)
    assert data == PIECES[:3]
    assert not damage
    assert log.entries == len(entries)
