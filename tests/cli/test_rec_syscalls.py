"""What reaches the kernel, and in which order, seen by strace(1)."""

from __future__ import annotations

import re
import shutil
from typing import NamedTuple

import pytest

pytestmark = pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace is not installed; .ci/run installs it"
)

_CALL = re.compile(r"^(\d+) +(\w+)\((\d+)<([^>]*)>.*? = (-?\d+)(?: .*)?$")
_UNFINISHED = re.compile(r"^(\d+) +(\w+)\((\d+)<([^>]*)>.*<unfinished \.\.\.>$")
_RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>.* = (-?\d+)(?: .*)?$")


class Write(NamedTuple):
    """One call of write(2): the thread, the descriptor, what it is open on, the bytes it took."""

    thread: str
    fd: int
    path: str
    size: int


@pytest.fixture
def traced(cs_rec, tmp_path):
    """Start `cs-rec` under strace; the function gives the writes that it made by then."""
    report = tmp_path / "trace"
    before = ("strace", "-f", "-y", "-s", "0", "-e", "trace=write,writev,pwrite64", "-o")

    def start(*arguments):
        terminal = cs_rec.start(*arguments, before=(*before, str(report)))
        return terminal, lambda: writes(report.read_text())

    return start


def writes(report):
    """The writes in the order in which they began."""
    found: list[Write | None] = []
    pending: dict[str, tuple[int, int, str]] = {}
    for line in report.splitlines():
        if match := _CALL.match(line):
            thread, name, fd, path, result = match.groups()
            if path.endswith(".sums"):  # checkpoints: another process's, and no entries
                continue
            assert name == "write", line
            found.append(Write(thread, int(fd), path, int(result)))
        elif match := _UNFINISHED.match(line):
            thread, name, fd, path = match.groups()
            pending[thread] = (len(found), int(fd), path)
            found.append(None)
        elif match := _RESUMED.match(line):
            thread, name, result = match.groups()
            place, fd, path = pending.pop(thread)
            found[place] = Write(thread, fd, path, int(result))
    return [write for write in found if write is not None]


def test_each_entry_is_one_write_and_comes_before_the_screen(cs_rec, traced):
    terminal, written = traced(".", *cs_rec.child("stages", 100, 30_000, 200_000))
    terminal.wait_for(b"READY")
    for _ in range(3):
        before = terminal.screen.count(b"DONE")
        terminal.type(b"x")
        terminal.until(lambda: terminal.screen.count(b"DONE") > before)  # noqa: B023
    terminal.type(b"x")
    assert terminal.wait() == 0

    log, path = cs_rec.log, str(cs_rec.log.files()[0])
    entries = log.entries()
    lines = log.segments()[0].splitlines(keepends=True)
    made = written()
    to_log = [write for write in made if write.path == path]
    assert [w.size for w in to_log] == [len(line) for line in lines], "one write an entry, whole"

    recorder = to_log[0].thread
    in_log = iter(entries)
    logged = shown = 0
    for write in made:
        if write.path == path:
            entry = next(in_log)
            logged += len(entry.data) * (entry.direction == "output")
        elif write.thread == recorder and write.fd == 1:
            shown += write.size
            assert shown <= logged, "the screen was written before the log"
    assert shown == logged == len(log.output()) > 200_000


def test_input_is_one_write_an_entry_too(cs_rec, traced):
    terminal, written = traced(".", *cs_rec.child("echo"))
    terminal.wait_for(b"READY")
    for number in range(30):
        key = b"%02d;" % number
        terminal.type(key)
        terminal.wait_for(key)
    terminal.type(b"\x04")
    assert terminal.wait() == 0
    path = str(cs_rec.log.files()[0])
    lines = cs_rec.log.segments()[0].splitlines(keepends=True)
    assert [w.size for w in written() if w.path == path] == [len(line) for line in lines]


def test_rotation_writes_each_entry_once_too(cs_rec, traced):
    terminal, written = traced("--rotate-bytes", "64K", ".", *cs_rec.child("count", 300_000))
    assert terminal.wait() == 0
    log = cs_rec.log
    assert len(log.files()) > 3
    lines = [line for part in log.segments() for line in part.splitlines(keepends=True)]
    # At the time of the call the segment had the name of the open one.
    path = str(log.folder / f"{log.id}.jsonl")
    assert [w.size for w in written() if w.path == path] == [len(line) for line in lines]
