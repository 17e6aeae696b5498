"""Reading ahead: the same items, made by another process, a few before they are asked for."""

from __future__ import annotations

import os
import signal
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from formats.damage import Damage
from formats.errors import LogError, SessionsError
from formats.layout import Home
from formats.session import Session
from formats.stretch import Stretch
from player import ahead, forked, parallel
from player.ahead import read_ahead
from player.exporting import transcribing
from player.exporting.job import Job
from player.exporting.transcribing import transcribed
from player.forked import Later
from player.parallel import made_ahead
from player.progress import Progress
from tests.support.logs import Said, ended, start, store_log
from tests.support.recording import children

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from formats.stretch import Part


@pytest.fixture(autouse=True)
def no_child_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(parallel, "cores", lambda: 2)
    before = set(children(os.getpid()))
    yield
    assert set(children(os.getpid())) <= before


def test_the_items_come_in_order() -> None:
    assert list(made_ahead(range(1000))) == list(range(1000))
    assert not list(made_ahead(range(0)))


def test_an_error_comes_behind_what_was_made_before_it() -> None:
    def failing() -> Iterator[int]:
        yield from range(3)
        raise LogError("cannot read it")

    items = made_ahead(failing())
    assert [next(items) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(SessionsError, match="has died"):
        next(items)


def test_who_closes_it_ends_the_process() -> None:
    items = made_ahead(count())
    assert [next(items) for _ in range(1000)] == list(range(1000))
    items.close()  # `no_child_is_left` looks


def test_no_more_is_made_than_is_soon_needed(tmp_path: Path) -> None:
    made = tmp_path / "made"

    def endless() -> Iterator[bytes]:
        with made.open("ab", buffering=0) as file:
            while True:
                file.write(b".")
                yield bytes(100_000)

    items = made_ahead(endless())
    for _ in range(100):
        next(items)
    items.close()
    # A pipe of 1 MiB, what was read from it at once, and what waits to be written.
    assert 100 <= made.stat().st_size <= 115


def test_another_process_works_unless_there_is_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    def workers() -> Iterator[int]:
        yield os.getpid()

    assert list(made_ahead(workers())) != [os.getpid()]
    monkeypatch.setattr(parallel, "cores", lambda: 1)
    assert list(made_ahead(workers())) == [os.getpid()]


def test_a_log_that_is_read_ahead_is_the_same_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = [Said(number, b"%d\r\n" % number) for number in range(3000)]
    marker = Said(1000, {"type": "marker", "label": "x"})
    session_id = store_log(tmp_path, start(), *said[:1000], marker, *said[1000:])
    session = Session(session_id, Home(str(tmp_path)).logs)
    parts = list(session.stretches())
    assert list(read_ahead(session)) == parts
    monkeypatch.setattr(ahead, "_WORTH_BYTES", 0)
    assert list(read_ahead(session)) == parts
    last = parts[-1]
    assert isinstance(last, Stretch)
    assert list(read_ahead(session, start=last.place(10))) == [last.part(10)]
    assert {type(part) for part in parts} == {Stretch, tuple}


def test_what_is_wrong_with_a_log_that_is_read_ahead_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "_WORTH_BYTES", 0)
    session_id = store_log(tmp_path, start(), *(Said(n, b"some output") for n in range(100)))
    path = tmp_path / "logs" / f"{session_id}.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"size":11', b'"size":12', 3) + b"torn")
    session = Session(session_id, Home(str(tmp_path)).logs)
    here, there = Damage(), Damage()
    assert list(read_ahead(session, there)) == list(session.stretches(here))
    assert (there.counts, there.places) == (here.counts, here.places)
    assert (here.lines, here.torn) == (3, 1)

    parts = list(session.stretches())

    def broken(*_arguments: object) -> Iterator[Part]:
        yield from parts
        raise LogError("cannot read x: Input/output error")

    monkeypatch.setattr(Session, "stretches", broken)
    with pytest.raises(LogError, match="cannot read x: Input/output error"):
        list(read_ahead(session))


def test_what_is_new_in_lines_is_found_out_ahead_too(
    cs, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = [Said(n, b"line %d of many\r\n" % (n % 2900)) for n in range(3000)]
    session_id = store_log(home, start(), *said, ended(5000))
    assert cs("index", session_id).returncode == 0
    written: list[bytes] = []
    workers: list[object] = []
    begin = forked.Worker.__init__

    def begun(worker: forked.Worker[object], *rest: Any) -> None:
        workers.append(worker)
        begin(worker, *rest)

    monkeypatch.setattr(forked.Worker, "__init__", begun)
    monkeypatch.setattr(transcribing, "cores", lambda: 2)
    for worth_bytes in (0, 1 << 40):
        monkeypatch.setattr(ahead, "_WORTH_BYTES", worth_bytes)
        job = Job(Home(str(home)), Session(session_id, Home(str(home)).logs))
        with Progress("x", 1) as progress:
            written.append(b"".join(transcribed("text", job, progress)))
    assert written[0] == written[1]
    assert written[0].count(b"\n") == 2900
    assert len(workers) == 1


def test_a_value_is_worked_out_meanwhile() -> None:
    later = Later(lambda: (os.getpid(), "done"))
    pid, said = later.value()
    assert pid != os.getpid()
    assert said == "done"
    later.close()


def test_who_wants_a_value_no_more_does_not_wait_for_it() -> None:
    later = Later(signal.pause)
    later.close()  # `no_child_is_left` looks


def test_a_value_that_cannot_be_worked_out() -> None:
    later = Later(lambda: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(SessionsError, match="has died"):
        later.value()
    later.close()
