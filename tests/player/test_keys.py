"""Keys: what a person presses comes through, what a terminal answers does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.playing.keys import BACKSPACE, INTERRUPT, SUSPEND, KeyParser

REPLIES = {
    "cursor position": b"\x1b[12;40R",
    "device status": b"\x1b[0n",
    "primary attributes": b"\x1b[?62;22;52c",
    "secondary attributes": b"\x1b[>41;380;0c",
    "tertiary attributes": b"\x1bP!|00000000\x1b\\",
    "version": b"\x1bP>|quit q . { }\x1b\\",
    "mode report": b"\x1b[?2026;2$y",
    "window size": b"\x1b[8;40;120t",
    "title report": b"\x1b]lq q q .{} \x1b\\",
    "title with U+2733": b"\x1b]l\xe2\x9c\xb3 quit q\x1b\\",
    "colour": b"\x1b]11;rgb:1e1e/1e1e/1e1e\x07",
    "clipboard": b"\x1b]52;c;cXFxcQ==\x1b\\",
    "capability": b"\x1bP1+r544e=787465726d\x1b\\",
    "setting": b"\x1bP1$r0;4:3m\x1b\\",
    "kitty flags": b"\x1b[?1u",
    "graphics": b"\x1b_Gi=31;OK q\x1b\\",
    "focus": b"\x1b[I\x1b[O",
    "mouse, oldest form": b"\x1b[M qq",
    "mouse, oldest form, UTF-8": b"\x1b[M \xc4\x90q",
    "mouse, UTF-8 in the 8-bit range": b"\x1b[M \xc2\x9bq",
    "mouse, urxvt": b"\x1b[32;10;10M",
    "mouse, SGR": b"\x1b[<0;113;32M\x1b[<0;113;32m",
    "paste": b"\x1b[200~q quit . {} \x1b[31m q\x1b[201~",
    "8-bit cursor position": b"\x9b12;40R",
    "8-bit version": b"\x90>|quit q\x9c",
    "8-bit as UTF-8": b"\xc2\x9b12;40R",
    "arrows and function keys": b"\x1b[A\x1bOA\x1b[1;5C\x1bOP\x1b[15~\x1b[[A",
    "Alt and a key": b"\x1bq",
    "charset": b"\x1b(q",
    "text beyond ASCII": "qä→😀".encode()[1:],
    "kitty: release of q": b"\x1b[113;1:3u",
    "kitty: Alt-q": b"\x1b[113;3u",
    "kitty: Escape": b"\x1b[27u",
    "kitty: a key code beyond Unicode": b"\x1b[99999999999999999999u",
    "parameters without end": b"\x1b[" + b"1;" * 1000 + b"q",
}
KEYS = {
    b" ": [" "],
    b".": ["."],
    b"{": ["{"],
    b"}": ["}"],
    b"q": ["q"],
    b"\x7f": [BACKSPACE],
    b"\x08": [BACKSPACE],
    b"\x03": [INTERRUPT],
    b"\x1a": [SUSPEND],
    b"..q": [".", ".", "q"],
    b"\r": [],
    b"\x1b[113u": ["q"],
    b"\x1b[113;1:1u": ["q"],
    b"\x1b[113;65u": ["q"],  # caps lock
    b"\x1b[32;1:2u": [" "],
    b"\x1b[127u": [BACKSPACE],
    b"\x1b[91:123;2u": ["{"],
    b"\x1b[91;2;123u": ["{"],
    b"\x1b[99;5u": [INTERRUPT],
    b"\x1b[122;5u": [SUSPEND],
    b"\x1b[27;5;99~": [INTERRUPT],
}


@pytest.mark.parametrize(("data", "keys"), KEYS.items())
def test_keys(data: bytes, keys: list[str]) -> None:
    assert KeyParser().feed(data, 0) == keys


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_what_a_terminal_answers_is_no_key_and_the_next_key_is_one(reply: bytes) -> None:
    parser = KeyParser()
    assert parser.feed(reply, 0) == []
    assert parser.feed(b".", 0) == ["."]


@given(st.lists(st.sampled_from([*REPLIES.values(), *KEYS]), max_size=8), st.data())
def test_the_same_keys_however_the_bytes_are_cut(pieces: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=12)))
    parser = KeyParser()
    keys: list[str] = []
    for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        keys += parser.feed(whole[start:end], 0)
    assert keys == [key for piece in pieces for key in KEYS.get(piece, [])]


def test_a_lone_escape_does_not_swallow_the_key_that_follows_later() -> None:
    parser = KeyParser()
    assert parser.feed(b"\x1b", 1_000_000) == []
    assert parser.feed(b"q", 1_200_000) == ["q"]


def test_an_answer_that_comes_in_two_parts_is_still_one() -> None:
    parser = KeyParser()
    assert parser.feed(b"\x1b[12;", 1_000_000) == []
    assert parser.feed(b"40R", 1_500_000) == []


def test_an_answer_that_never_ends_does_not_swallow_keys_for_ever() -> None:
    parser = KeyParser()
    assert parser.feed(b"\x1b]11;rgb:", 0) == []
    assert parser.feed(b"q", 2_000_000) == ["q"]


def test_a_key_in_the_middle_of_a_sequence_ends_it() -> None:
    assert KeyParser().feed(b"\x1b[12\x03", 0) == [INTERRUPT]


@given(st.binary(max_size=64))
def test_any_bytes_are_taken(data: bytes) -> None:
    KeyParser().feed(data, 0)
