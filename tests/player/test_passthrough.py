"""Passing bytes on: what a recording leaves behind is known, however the bytes are cut."""

from __future__ import annotations

import os
import pty
import tty

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.entry import Entry
from player.playing.passthrough import Leftovers, PassThrough
from player.replay.timeline import Moment

SESSION = "2f0c6a3e-6f5b-4a53-9d0e-1c7a3c1f5b11"


def undo(data: bytes) -> bytes:
    leftovers = Leftovers()
    leftovers.note(data)
    return leftovers.undo()


def test_plain_text_leaves_nothing_but_the_cursor_in_its_line() -> None:
    assert undo(b"") == b""
    assert undo(b"one\r\ntwo\r\n") == b""
    assert undo(b"one\r\n$ ") == b"\r\n"


@pytest.mark.parametrize("mode", [b"47", b"1047", b"1049"])
def test_the_alternate_screen_is_left_as_it_was_entered(mode: bytes) -> None:
    leave = b"\x1b[?%bl" % mode
    assert leave in undo(b"\x1b[?%bh\x1b[H" % mode)
    assert leave in undo(b"\x1b[?25;%bh" % mode)
    assert leave in undo(b"\xc2\x9b?%bh" % mode)
    assert leave not in undo(b"\x1b[?%bh\x1b[H\x1b[?%bl" % (mode, mode))
    assert leave not in undo(b"\x1b[?%bh\x1bc" % mode)


def test_the_alternate_screen_is_not_left_when_it_was_not_entered() -> None:
    assert b"1049" not in undo(b"\x1b[31mred\x1b[m\r\n")


def test_modes_are_reset() -> None:
    given_back = undo(b"\x1b[?1003h\x1b[?1006h\x1b[?2004h\x1b[?25l\x1b[2;5r\x1b[1m")
    for mode in (b"?1003l", b"?1006l", b"?2004l", b"?25h", b"m", b"r", b"?7h", b"4l"):
        assert b"\x1b[" + mode in given_back


def test_what_was_begun_is_broken_off_first() -> None:
    assert undo(b"\x1b]0;half a title").startswith(b"\x18")


def test_keyboard_modes_are_popped_as_often_as_pushed_and_on_their_screen() -> None:
    given_back = undo(b"\x1b[>1u\x1b[?1049h\x1b[>1u\x1b[>3u\x1b[<u")
    assert given_back.count(b"\x1b[<1u") == 2
    assert given_back.index(b"\x1b[<1u") < given_back.index(b"\x1b[?1049l")
    assert b"\x1b[<" not in undo(b"\x1b[>1u\x1b[<1u")
    assert b"\x1b[<" not in undo(b"\x1b[<99999999999999u\x1b[?u")


def test_colours_links_and_origin_only_when_they_were_touched() -> None:
    assert b"\x1b]104" in undo(b"\x1b]11;#000000\x07")
    assert b"\x1b]104" in undo(b"\x1b]4;1;#000000\x07")
    assert b"\x1b]104" not in undo(b"\x1b]11;?\x07\x1b]4;1;?\x07")
    assert b"\x1b]8;;" in undo(b"\x1b]8;;http://example.org\x07")
    assert b"\x1b]8;;" not in undo(b"\x1b[1m")
    assert b"?6l" in undo(b"\x1b[?6h")
    assert b"?6l" not in undo(b"\x1b[1m")


PIECES = [
    b"text", b"\r\n", b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?25;47h", b"\x1b[>1u", b"\x1b[<u",
    b"\x1b[=5;1u", b"\x1b[?6h", b"\x1b[?6l", b"\x1b]11;#123456\x07", b"\x1b]10;?\x07", b"\x1bc",
    b"\x1b]8;;u\x07", b"\xc2\x9b?1047h", b"\x9b?47l", b"\x1b[31m", b"\xe2\x9c\xb3", b"\x1b",
    b"\x05",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.data())
def test_the_same_undoing_however_the_bytes_are_cut(
    pieces: list[bytes], data: st.DataObject
) -> None:
    whole = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=12)))
    leftovers = Leftovers()
    for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        leftovers.note(whole[start:end])
    assert leftovers.undo() == undo(whole)
    assert leftovers.asked == any(mark in whole for mark in (b"\x1b", b"\x9b", b"\x05"))


def moment(data: bytes) -> Moment:
    return Moment(0, Entry(0, SESSION, "output", data))


def test_a_pipe_gets_the_bytes_and_nothing_else() -> None:
    reader, writer = os.pipe()
    target = PassThrough(writer)
    target.draw([moment(b"\x1b[?1049h"), moment(b"x" * 3000)])
    assert target.flush()
    assert not target.leave()
    target.clear()
    assert target.flush()
    os.close(writer)
    with open(reader, "rb") as file:
        assert file.read() == b"\x1b[?1049h" + b"x" * 3000


def test_a_full_pipe_is_not_waited_for() -> None:
    reader, writer = os.pipe()
    target = PassThrough(writer)
    target.draw([moment(b"x" * (1 << 20))])
    assert not target.flush()
    assert len(os.read(reader, 1 << 20)) < 1 << 20
    os.close(reader)
    with pytest.raises(BrokenPipeError):
        target.flush()
    os.close(writer)


def test_a_terminal_that_takes_nothing_is_not_waited_for() -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    target = PassThrough(slave)
    target.draw([moment(b"x" * (1 << 20))])
    assert not target.flush()
    assert os.get_blocking(slave)
    got = 0
    while not target.flush():
        got += len(os.read(master, 1 << 16))
    assert got > 1 << 18
    os.close(master)
    os.close(slave)
