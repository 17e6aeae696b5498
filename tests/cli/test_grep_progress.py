"""The line that says how far a search has come: on a terminal only, and when it takes long."""

from __future__ import annotations

import io
import sys
import time

import pytest

from player.cli.grep import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time, "monotonic", made)
    return made


def test_after_a_second_it_says_how_far_and_how_many(monkeypatch, clock: Clock) -> None:
    stderr = Terminal()
    monkeypatch.setattr(sys, "stderr", stderr)
    progress = Progress(7)
    clock.now_s += 0.9
    progress.tell(2)
    assert stderr.getvalue() == ""
    clock.now_s += 0.2
    progress.hits = 1
    progress.tell(3)
    progress.making(25, 100)
    shown = stderr.getvalue().split("\r\x1b[K")
    assert shown == [
        "", "searched 3 of 7 sessions, 1 hit ", "read 25% of the log of session 4 of 7, 1 hit ",
    ]  # fmt: skip
    progress.clear()
    progress.clear()
    assert stderr.getvalue().endswith("1 hit \r\x1b[K")


def test_of_one_session_it_says_how_much_of_the_log_is_read(monkeypatch, clock: Clock) -> None:
    stderr = Terminal()
    monkeypatch.setattr(sys, "stderr", stderr)
    progress = Progress(1)
    clock.now_s += 2
    progress.tell(0)
    progress.making(1, 3)
    assert stderr.getvalue() == "\r\x1b[Kread 33% of the log, 0 hits "


def test_in_a_pipe_it_says_nothing(monkeypatch, clock: Clock) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    progress = Progress(7)
    clock.now_s += 60
    progress.tell(3)
    progress.clear()
    assert stderr.getvalue() == ""
