"""asciicast: what is written, what of it comes back, and what others' files look like."""

from __future__ import annotations

import json
from itertools import accumulate, pairwise
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.errors import LogError
from formats.interchange.asciicast import Intervals, write_v1, write_v2, write_v3
from formats.interchange.asciicast_reading import read_cast
from formats.interchange.left_out import LeftOut
from formats.interchange.raw import write_raw
from formats.interchange.text import TextStream
from formats.stretch import Stretch, cut
from tests.support.foreign import TEXTS, joined, plain, read_all, said, sessions
from tests.support.logs import BEGINNING_US, Said, lines

ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
WRITERS = {1: write_v1, 2: write_v2, 3: write_v3}
EXIT: dict[str, Any] = {"type": "exit", "status": 3, "reason": "exited"}
SMALL = said(
    (0, b"h\xc3\xa9llo\r\n"),
    (123, b"typed", "input"),
    (1500, {"type": "resize", "cols": 120, "rows": 40}),
    (2000, {"type": "marker", "label": "built"}),
    (2000, b"\x1b[1mend"),
    (2001, EXIT),
)


def _written(version: int, entries: Any) -> tuple[bytes, LeftOut]:
    left_out = LeftOut()
    return b"".join(WRITERS[version](entries, left_out)), left_out


def test_version_3_as_it_is_written() -> None:
    data, left_out = _written(3, SMALL)
    header, *lines = data.decode().splitlines()
    assert json.loads(header) == {
        "version": 3,
        "term": {"cols": 100, "rows": 30, "type": "xterm-256color"},
        "timestamp": BEGINNING_US // 1_000_000,
        "idle_time_limit": 2.5,
        "command": "bash -c 'echo '\"'\"'x'\"'\"''",
        "title": "a title \u2713",
        "env": {"SHELL": "/bin/bash"},
    }
    assert lines == [
        '[0.000, "o", "h\u00e9llo\\r\\n"]',
        '[0.123, "i", "typed"]',
        '[1.377, "r", "120x40"]',
        '[0.500, "m", "built"]',
        '[0.000, "o", "\\u001b[1mend"]',
        '[0.001, "x", "3"]',
    ]
    assert not left_out


def test_version_2_as_it_is_written() -> None:
    data, left_out = _written(2, SMALL)
    header, *lines = data.decode().splitlines()
    assert json.loads(header)["width"] == 100
    assert json.loads(header)["env"] == {"SHELL": "/bin/bash", "TERM": "xterm-256color"}
    assert lines[1:3] == ['[0.123000, "i", "typed"]', '[1.500000, "r", "120x40"]']
    assert left_out.summary() == "1 exit status"


def test_an_end_that_nobody_saw_has_no_status() -> None:
    died = said((0, b"x"), (1, {"type": "exit", "reason": "recorder died"}))
    killed = said((0, b"x"), (1, {"type": "exit", "signal": 9, "reason": "exited"}))
    for version in (2, 3):
        data, left_out = _written(version, died)
        assert len(data.splitlines()) == 2
        assert not left_out
    assert _written(3, killed)[0].splitlines()[-1] == b'[0.001, "x", "137"]'
    both = said((0, b"x"), (1, {"type": "exit", "status": 4, "signal": 9, "reason": "exited"}))
    assert _written(3, both)[0].splitlines()[-1] == b'[0.001, "x", "4"]'


def test_version_1_is_one_object_over_several_lines() -> None:
    data, left_out = _written(1, SMALL)
    found = json.loads(data)
    assert (found["version"], found["width"], found["height"]) == (1, 100, 30)
    assert found["stdout"] == [[0.0, "h\u00e9llo\r\n"], [2.0, "\x1b[1mend"]]
    assert found["duration"] == 2.001
    assert data.count(b"\n") > 5
    assert left_out.summary() == ("1 entry of input, 1 change of size, 1 marker, 1 exit status")


@pytest.mark.parametrize("version", [2, 3])
def test_what_a_cast_can_hold_comes_back(version: int) -> None:
    entries, damage = read_all(read_cast, _written(version, SMALL)[0])
    kept = SMALL if version == 3 else SMALL[:-1]
    assert plain(entries) == plain(kept)
    assert entries[0].time_us == BEGINNING_US // 1_000_000 * 1_000_000
    event = entries[0].event
    assert event is not None
    for name in ("cols", "rows", "command", "term", "title", "idle_limit_s", "env"):
        assert event[name] == (SMALL[0].event or {})[name], name
    assert not damage


@given(session=sessions(TEXTS), version=st.sampled_from([2, 3]))
def test_any_session_of_text_comes_back_equal(session: Any, version: int) -> None:
    entries, damage = read_all(read_cast, _written(version, session)[0])
    assert plain(entries) == plain(session)
    assert not damage


@given(session=sessions(TEXTS))
def test_output_comes_back_from_version_1(session: Any) -> None:
    entries, damage = read_all(read_cast, _written(1, session)[0])
    assert plain(entries) == [one for one in plain(session) if one[1] == "output" and one[2]]
    assert not damage


CUTS = st.lists(st.integers(0, 60), max_size=6)


@given(text=TEXTS, cuts=CUTS, version=st.sampled_from([1, 2, 3]))
def test_characters_may_be_cut_anywhere(text: bytes, cuts: list[int], version: int) -> None:
    places = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
    pieces = [text[a:b] for a, b in pairwise(places)]
    data, left_out = _written(version, said(*((1, piece) for piece in pieces)))
    assert [one[2] for one in joined(read_all(read_cast, data)[0])] == [text]
    assert not left_out


@pytest.mark.parametrize("version", [1, 2, 3])
def test_bytes_that_are_no_text_are_replaced_and_counted(version: int) -> None:
    data, left_out = _written(version, said((0, b"a\xff\xef\xbf\xbdb"), (1, b"\xe2\x82")))
    text = b"".join(one[2] for one in joined(read_all(read_cast, data)[0])).decode()
    assert text == "a\ufffd\ufffdb\ufffd"
    assert left_out.summary() == "2 bytes that are no UTF-8 (shown as U+FFFD)"


@given(times=st.lists(st.lists(st.integers(0, 10**7), min_size=1)))
def test_the_sum_of_rounded_intervals_stays_right(times: list[list[int]]) -> None:
    intervals, given_us, at_us = Intervals(), 0, 0
    for some in times:
        at = list(accumulate(some, initial=at_us))[1:]
        texts = intervals.texts(at)
        for at_us, text in zip(at, texts, strict=True):
            given_us += int(text.replace(b".", b"")) * 1000
            assert abs(given_us - at_us) <= 500


PIECES = (
    b"\x1e", b"\\u001e", b"\\", b'"', b"\xe2", b"\xe2\x94", b"\x94\x80", b"\x80", b"\xf0\x9f",
    b"\x98\x80", b"\x1b[1m", b"\r\n",
)  # fmt: skip
"""Parts of characters, and what has a meaning where many are written at once."""


@given(cuts=st.lists(st.lists(st.sampled_from(PIECES), min_size=1)))
def test_texts_are_the_same_many_at_once(cuts: list[list[bytes]]) -> None:
    one_by_one, together, written = TextStream(), TextStream(), TextStream()
    for pieces in cuts:
        texts = [one_by_one.text(piece) for piece in pieces]
        assert together.texts(pieces) == texts
        assert [orjson.loads(b'"%b"' % text) for text in written.escaped(pieces)] == texts
    assert one_by_one.end() == together.end() == written.end()
    assert one_by_one.replaced == together.replaced == written.replaced


@pytest.mark.parametrize("write", [write_v2, write_v3, write_raw])
@given(
    said=st.lists(
        st.tuples(
            st.integers(-50, 3000),
            st.binary(min_size=1, max_size=5) | TEXTS | st.sampled_from(PIECES),
            st.sampled_from(("output", "output", "output", "input")),
        )
    )
)
def test_many_at_once_are_written_as_one_by_one(write: Any, said: Any) -> None:
    """Characters that are cut or none, clocks set back, input in between."""
    at_ms = list(accumulate((wait for wait, _, _ in said), initial=0))[1:]
    log = b"".join(
        lines([Said(max(0, at), *rest) for at, (_, *rest) in zip(at_ms, said, strict=True)], ID)
    )
    parts = [part for part in cut(1, 0, log, ID) if isinstance(part, Stretch)]
    entries = [part.entry(number) for part in parts for number in range(len(part.data))]
    assert len(entries) == len(said)
    together, apart = LeftOut(), LeftOut()
    at_once = b"".join(write([SMALL[0], *parts], together))
    assert at_once == b"".join(write([SMALL[0], *entries], apart))
    assert together.counts == apart.counts


def test_casts_as_others_write_them() -> None:
    pretty = b"""{
  "version": 1, "width": 80, "height": 24, "duration": 1.5, "command": "/bin/zsh", "title": "",
  "env": {"TERM": "xterm", "SHELL": null},
  "stdout": [[0.2, "a"], [0.3, "\\u00e9"]]
}"""
    entries, damage = read_all(read_cast, pretty)
    assert joined(entries) == [(200, "output", b"a"), (500, "output", "\u00e9".encode())]
    null_env = b'{"version": 2, "width": 80, "height": 24, "env": null}\n[1, "o", "x"]\n\n'
    assert joined(read_all(read_cast, null_env)[0]) == [(1000, "output", b"x")]
    null_value = b'{"version":2,"width":80,"height":24,"env":{"SHELL":null}}\n[1.5,"o","x"]'
    entries, damage = read_all(read_cast, null_value)
    assert (entries[0].event or {})["env"] == {"SHELL": None}
    comments = (
        b'{"version": 3, "term": {"cols": 80, "rows": 24}, "timestamp": 1700000000}\n'
        b'# made by hand\n[0.5, "o", "x"]\n#[9, "o", "no"]\n[0.5, "z", "new"]\n[1, "x", "143"]\n'
    )
    entries, damage = read_all(read_cast, comments)
    assert not damage
    assert entries[0].time_us == 1_700_000_000_000_000
    assert [(at, data, event and event["type"]) for at, _, data, event in plain(entries)] == [
        (500_000, b"x", None),
        (1_000_000, b"", "asciicast"),
        (2_000_000, b"", "exit"),
    ]
    again, _ = _written(3, entries)
    assert b'[0.500, "z", "new"]' in again


@pytest.mark.parametrize("cut", range(1, 30))
def test_a_torn_last_line_is_counted_and_the_rest_is_read(cut: int) -> None:
    data, _ = _written(2, said((0, b"one"), (1000, b"two, longer than the cut is")))
    entries, damage = read_all(read_cast, data[:-cut])
    assert joined(entries)[0] == (0, "output", b"one")
    # Without its newline alone, the last line is whole.
    assert (damage.torn, len(joined(entries))) == ((0, 2) if cut == 1 else (1, 1))


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense", b"{}", b"[]", b"[1]", b'[1, "o"]', b'["1", "o", "x"]', b'[1, 2, "x"]',
        b'[1, "o", 3]', b'[1e400, "o", "x"]', b'[1e300, "o", "x"]', b'[NaN, "o", "x"]',
        b'[1, "r", "0x0"]', b'[1, "r", "999999x1"]', b'[1, "x", "one"]', b"[" * 5000,
    ],
)  # fmt: skip
def test_a_damaged_line_is_skipped_and_counted(line: bytes) -> None:
    head = b'{"version": 2, "width": 80, "height": 24}\n'
    entries, damage = read_all(read_cast, head + line + b'\n[2, "o", "y"]\n')
    assert joined(entries) == [(2000, "output", b"y")]
    assert damage.lines == 1
    assert damage.first is not None
    assert damage.first.startswith("file, line 2: ")


def test_hostile_headers_and_times_harm_nothing() -> None:
    head = (
        b'{"version": 2, "width": 1e9, "height": -3, "timestamp": 1e99, "title": 4, "env": [1]}\n'
    )
    entries, _ = read_all(read_cast, head + b'[5, "o", "a"]\n[-1e6, "o", "b"]\n["\\ud800", 1]\n')
    event = entries[0].event or {}
    assert (event["cols"], event["rows"], "title" in event) == (0, 0, False)
    assert joined(entries) == [(5000, "output", b"ab")]
    lone = b'{"version": 2, "width": 8, "height": 2}\n[0, "o", "\\ud800x"]\n'
    assert joined(read_all(read_cast, lone)[0]) == [(0, "output", "\ufffdx".encode())]


@pytest.mark.parametrize("data", [b'{"version": 4}\n', b'{"version": 1}', b"{}", b"", b"[1]\n"])
def test_what_is_no_cast_is_refused(data: bytes) -> None:
    with pytest.raises(LogError, match="asciicast"):
        read_all(read_cast, data)
