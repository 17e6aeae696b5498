"""The keys that the recorder keeps for itself: mark and pause."""

from __future__ import annotations

import pytest

MARK, PAUSE = b"\x1d", b"\x1c"
KEYS = ("--mark-key", "^]", "--pause-key", "^\\")


def start(cs_rec, *options):
    terminal = cs_rec.start(*options, ".", *cs_rec.child("echo"))
    terminal.wait_for(b"READY")
    return terminal


def say(terminal, text):
    """Type it, and see it."""
    begin = len(terminal.screen)
    terminal.type(text)
    terminal.wait_for(text, after=begin)


def press(cs_rec, terminal, key, event):
    """Press a key of ours, and wait until the log says so."""
    before = len(cs_rec.log.events(event))
    terminal.type(key)
    terminal.until(lambda: len(cs_rec.log.events(event)) > before)


class TestMark:
    def test_each_is_a_numbered_event_and_does_not_reach_the_command(self, cs_rec):
        terminal = start(cs_rec, *KEYS)
        say(terminal, b"one")
        press(cs_rec, terminal, MARK, "marker")
        say(terminal, b"two")
        press(cs_rec, terminal, MARK, "marker")
        terminal.type(b"\x04")
        assert terminal.wait() == 0
        log = cs_rec.log
        assert terminal.screen == b"READYonetwoBYE"
        assert log.input() == b"onetwo\x04"
        assert [event["label"] for event in log.events("marker")] == ["mark 1", "mark 2"]
        assert log.meta()["markers"] == 2
        order = [e.event["type"] if e.event else e.data for e in log.entries()]
        typed = [what for what in order if what in (b"one", b"two", "marker")]
        assert [what for what in typed if what == "marker"] == ["marker"] * 2
        assert order.index(b"one") < order.index("marker") < order.index(b"two")

    def test_in_the_middle_of_what_was_read_at_once(self, cs_rec):
        terminal = start(cs_rec, *KEYS)
        terminal.type(b"ab" + MARK + b"cd" + MARK + MARK + b"ef\x04")
        assert terminal.wait() == 0
        assert terminal.screen == b"READYabcdefBYE"
        assert cs_rec.log.input() == b"abcdef\x04"
        assert len(cs_rec.log.events("marker")) == 3


class TestPause:
    def test_what_happens_meanwhile_is_shown_and_not_logged(self, cs_rec):
        terminal = start(cs_rec, *KEYS)
        say(terminal, b"before")
        press(cs_rec, terminal, PAUSE, "pause")
        say(terminal, b"secret")
        say(terminal, b"hidden")
        press(cs_rec, terminal, PAUSE, "resume")
        say(terminal, b"after")
        terminal.type(b"\x04")
        assert terminal.wait() == 0
        log = cs_rec.log
        assert terminal.screen == b"READYbeforesecrethiddenafterBYE"
        assert log.output() == b"READYbeforeafterBYE"
        assert log.input() == b"beforeafter\x04"
        kinds = [event["type"] for event in log.events()]
        assert kinds == ["start", "pause", "resume", "exit"]
        for path in cs_rec.home.rglob("*.json*"):
            assert b"c2VjcmV0" not in path.read_bytes()  # "secret"

    def test_a_session_that_ends_paused_still_says_how_it_ended(self, cs_rec):
        terminal = start(cs_rec, *KEYS)
        press(cs_rec, terminal, PAUSE, "pause")
        terminal.type(b"\x04")
        assert terminal.wait() == 0
        assert terminal.screen == b"READYBYE"
        assert cs_rec.log.output() == b"READY"
        assert [e["type"] for e in cs_rec.log.events()] == ["start", "pause", "exit"]

    def test_the_size_is_followed_meanwhile(self, cs_rec):
        terminal = cs_rec.start(*KEYS, ".", *cs_rec.child("winsize"))
        terminal.wait_for(b"<100x30>")
        press(cs_rec, terminal, PAUSE, "pause")
        terminal.resize(90, 20)
        terminal.wait_for(b"<90x20>")
        press(cs_rec, terminal, PAUSE, "resume")
        terminal.type(b"q")
        assert terminal.wait() == 0
        (event,) = cs_rec.log.events("resize")
        assert (event["cols"], event["rows"]) == (90, 20)


def test_by_default_there_are_none(cs_rec):
    terminal = start(cs_rec)
    every = bytes(range(5, 256))
    say(terminal, every)
    terminal.type(b"\x04")
    assert terminal.wait() == 0
    assert cs_rec.log.input() == every + b"\x04"
    assert {e["type"] for e in cs_rec.log.events()} == {"start", "exit"}


@pytest.mark.parametrize("options", [(), ("--no-input",)])
def test_the_configuration_can_set_them(cs_rec, options):
    cs_rec.home.mkdir(mode=0o700)
    (cs_rec.home / "config.toml").write_text('mark_key = "^B"\npause_key = "^P"\n')
    terminal = start(cs_rec, *options)
    press(cs_rec, terminal, b"\x02", "marker")
    press(cs_rec, terminal, b"\x10", "pause")
    press(cs_rec, terminal, b"\x10", "resume")
    terminal.type(b"\x04")
    assert terminal.wait() == 0
    assert terminal.screen == b"READYBYE"
