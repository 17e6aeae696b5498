"""The size of the window: where it comes from, and how a change of it reaches command and log."""

from __future__ import annotations

import itertools
import os
import signal

import pytest

from tests.support.recording import state


def sizes(log):
    return [(event["cols"], event["rows"]) for event in log.events("resize")]


def test_the_command_gets_the_size_of_the_terminal(cs_rec):
    terminal = cs_rec.start(".", "--", "stty", "size", size=(132, 43))
    assert terminal.wait() == 0
    assert terminal.screen == b"43 132\r\n"
    start = cs_rec.log.event("start")
    assert (start["cols"], start["rows"]) == (132, 43)
    assert sizes(cs_rec.log) == []


def test_a_change_reaches_the_command_and_is_logged_before_what_it_draws(cs_rec):
    terminal = cs_rec.start(".", *cs_rec.child("winsize"))
    terminal.wait_for(b"<100x30>")
    for cols, rows in (120, 40), (20, 5), (500, 200):
        terminal.resize(cols, rows)
        terminal.wait_for(b"<%dx%d>" % (cols, rows))
    terminal.type(b"q")
    assert terminal.wait() == 0
    log = cs_rec.log
    assert sizes(log) == [(120, 40), (20, 5), (500, 200)]
    logged = (100, 30)
    for entry in log.entries():
        if entry.event is not None and entry.event["type"] == "resize":
            logged = (entry.event["cols"], entry.event["rows"])
        elif entry.direction == "output" and entry.data:
            assert entry.data.endswith(b"<%dx%d>" % logged)


@pytest.mark.usefixtures("linux")
def test_a_storm_of_changes_becomes_one(cs_rec):
    """What the recorder had no time to see is not there for the command either."""
    terminal = cs_rec.start(".", *cs_rec.child("winsize"))
    terminal.wait_for(b"<100x30>")
    terminal.signal(signal.SIGSTOP)
    terminal.until(lambda: state(terminal.pid) == "T")
    for cols in range(40, 140):
        terminal.resize(cols, 25)
    terminal.resize(77, 33)
    terminal.signal(signal.SIGCONT)
    terminal.wait_for(b"<77x33>")
    terminal.type(b"q")
    assert terminal.wait() == 0
    assert sizes(cs_rec.log) == [(77, 33)]


def test_a_storm_ends_with_the_last_size(cs_rec):
    terminal = cs_rec.start(".", *cs_rec.child("winsize"))
    terminal.wait_for(b"<100x30>")
    for cols in range(40, 240):
        terminal.resize(cols, 25)
        os.kill(terminal.pid, signal.SIGWINCH)
    terminal.wait_for(b"<239x25>")
    terminal.type(b"q")
    assert terminal.wait() == 0
    found = sizes(cs_rec.log)
    assert found[-1] == (239, 25)
    assert len(found) <= 200
    assert all(one != other for one, other in itertools.pairwise(found))


def test_a_signal_without_a_change_is_no_event(cs_rec):
    terminal = cs_rec.start(".", *cs_rec.child("winsize"))
    terminal.wait_for(b"<100x30>")
    for _ in range(5):
        terminal.signal(signal.SIGWINCH)
    terminal.resize(90, 30)
    terminal.wait_for(b"<90x30>")
    terminal.type(b"q")
    assert terminal.wait() == 0
    assert sizes(cs_rec.log) == [(90, 30)]


def test_a_window_that_does_not_know_its_size_counts_as_80x24(cs_rec):
    terminal = cs_rec.start(".", *cs_rec.child("winsize"), size=(0, 0))
    terminal.wait_for(b"<80x24>")
    start = cs_rec.log.event("start")
    assert (start["cols"], start["rows"]) == (80, 24)
    terminal.resize(90, 30)
    terminal.wait_for(b"<90x30>")
    terminal.resize(0, 0)
    terminal.resize(91, 31)
    terminal.wait_for(b"<91x31>")
    terminal.type(b"q")
    assert terminal.wait() == 0
    assert sizes(cs_rec.log) == [(90, 30), (91, 31)]


def test_a_size_that_was_asked_for_stays(cs_rec):
    terminal = cs_rec.start("--size", "90x20", ".", *cs_rec.child("winsize"))
    terminal.wait_for(b"<90x20>")
    terminal.resize(120, 40)
    terminal.signal(signal.SIGWINCH)
    terminal.type(b"q")
    assert terminal.wait() == 0
    assert terminal.screen == b"<90x20>"
    assert sizes(cs_rec.log) == []
    start = cs_rec.log.event("start")
    assert (start["cols"], start["rows"]) == (90, 20)


@pytest.mark.parametrize(("option", "found"), [([], b"24 80"), (["--size", "100x31"], b"31 100")])
def test_without_a_terminal_it_is_80x24_or_what_was_asked_for(cs_rec, option, found):
    done = cs_rec.run("-q", *option, ".", "--", "stty", "size")
    assert done.stdout == found + b"\r\n"


def test_a_change_before_the_command_runs_is_not_missed(cs_rec):
    """Somewhere between the first line of the log and the first read: the size is asked again."""
    for _ in range(5):
        terminal = cs_rec.start(".", *cs_rec.child("winsize"))
        terminal.until(lambda: cs_rec.logs.exists() and any(cs_rec.logs.glob("*.jsonl")))
        terminal.resize(61, 17)
        terminal.wait_for(b"<61x17>")
        terminal.type(b"q")
        assert terminal.wait() == 0
        terminal.close()
        cs_rec.forget()
