"""What a long session is written with while another process looks for its secrets."""

from __future__ import annotations

import os
import select
import signal
from typing import TYPE_CHECKING, cast

import pytest

from formats.damage import Counts, Damage
from formats.layout import Home
from formats.session import Session
from formats.stretch import without_places
from player.exporting.clearance import Clearance
from player.exporting.output import NotClearedError
from player.index.logfiles import signature_of
from tests.support.logs import Said, ended, start, store_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from player.redact.redaction import Redaction


class Searched:
    """In place of a redaction: what its search does, and whether it was told that it is clean."""

    def __init__(
        self, search: Callable[[], bool], sent: Callable[[], Iterator[object]] | None = None
    ) -> None:
        self.is_clean = self.lines_are_clean = search
        self.sent = sent
        self.taken = False

    def take_as_clean(self) -> None:
        self.taken = True


@pytest.fixture
def session(home: Path) -> Session:
    session_id = store_log(home, start(), Said(0, b"words"), ended(5))
    return Session(session_id, Home(str(home)).logs)


def not_begun(session: Session, searched: Searched) -> Clearance:
    return Clearance(cast("Redaction", searched), session, signature_of(session.files()))


def clearance(session: Session, searched: Searched) -> Clearance:
    made = not_begun(session, searched)
    made.begin()
    return made


def end_of(search: Clearance) -> None:
    """Wait until its process has told."""
    later = search._later  # noqa: SLF001
    assert later is not None
    assert select.select([later._worker._fd], [], [], 20)[0]  # noqa: SLF001


def test_given(session: Session) -> None:
    searched = Searched(lambda: True)
    made = clearance(session, searched)
    end_of(made)
    assert not made.is_denied()
    assert made.is_given()
    assert not made.is_denied()
    assert searched.taken
    made.close()


def test_not_known_yet(session: Session) -> None:
    reading, writing = os.pipe()
    made = clearance(session, Searched(lambda: os.read(reading, 1) == b"1"))
    assert not made.is_denied()
    os.write(writing, b"1")
    assert made.is_given()
    made.close()
    os.close(reading)
    os.close(writing)


def die() -> bool:
    os.kill(os.getpid(), signal.SIGKILL)
    return True


@pytest.mark.parametrize(
    "search",
    [pytest.param(lambda: False, id="something was found"), pytest.param(die, id="it has died")],
)
def test_not_given_unless_it_is_known_to_be_clean(
    session: Session, search: Callable[[], bool]
) -> None:
    searched = Searched(search)
    made = clearance(session, searched)
    end_of(made)
    assert made.is_denied()
    assert not made.is_given()
    assert not searched.taken
    made.close()


def test_not_given_for_a_log_that_has_grown(session: Session) -> None:
    searched = Searched(lambda: True)
    made = clearance(session, searched)
    (path,) = session.files()
    with open(path, "ab") as log:
        log.write(b"{}\n")
    assert not made.is_given()
    assert not searched.taken
    made.close()


def test_the_session_comes_from_whoever_searches_it(session: Session) -> None:
    damage = Damage()

    def sent() -> Iterator[object]:
        yield from without_places(session.stretches(damage))
        damage.count_as(Counts(lines=3))
        yield True

    searched = Searched(lambda: True, sent)
    made = not_begun(session, searched)
    assert list(made.parts(damage)) == list(without_places(session.stretches()))
    assert damage.lines == 3
    assert made.is_given()
    assert searched.taken
    made.close()


def test_what_was_sent_must_be_clean(session: Session) -> None:
    searched = Searched(lambda: True, lambda: iter([False]))
    made = not_begun(session, searched)
    with pytest.raises(NotClearedError):
        list(made.parts(Damage()))
    assert not made.is_given()
    assert not searched.taken
    made.close()


def test_and_so_must_be_the_lines(session: Session) -> None:
    searched = Searched(lambda: False, lambda: iter([True]))
    made = not_begun(session, searched)
    assert not list(made.parts(Damage()))
    assert not made.is_given()
    assert not searched.taken
    made.close()


def test_what_ends_before_its_end_is_not_given(session: Session) -> None:
    def sent() -> Iterator[object]:
        yield from session.entries()
        os.kill(os.getpid(), signal.SIGKILL)
        yield True

    made = not_begun(session, Searched(lambda: True, sent))
    with pytest.raises(NotClearedError):
        list(made.parts(Damage()))
    assert not made.is_given()
    made.close()
