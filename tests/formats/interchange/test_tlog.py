"""tlog: messages as tlog-rec writes them, and damaged ones."""

from __future__ import annotations

import json
from typing import Any

import pytest

from formats.interchange.tlog import is_tlog, read_tlog
from tests.support.foreign import joined, plain, read_all


def _message(**fields: Any) -> bytes:
    known = {
        "ver": "2.3", "host": "vm", "rec": "1-a", "user": "root", "term": "xterm", "session": 1,
        "id": 1, "pos": 0, "time": 1795478387.508, "timing": "", "in_txt": "", "in_bin": [],
        "out_txt": "", "out_bin": [],
    }  # fmt: skip
    return json.dumps(known | fields).encode() + b"\n"


def test_a_message_as_tlog_writes_it() -> None:
    data = _message(
        timing="=80x24>2+307>3]1/1>2+10<2=100x30[1/2",
        out_txt="h\u00e9llo\ufffdx\n",
        out_bin=[255],
        in_txt="ok\ufffd",
        in_bin=[0xC3, 0x28],
    )
    entries, damage = read_all(read_tlog, data)
    assert is_tlog(data)
    assert not damage
    assert entries[0].time_us == 1_795_478_387_508_000
    event = entries[0].event or {}
    assert (event["cols"], event["rows"], event["term"], event["user"]) == (80, 24, "xterm", "root")
    assert plain(entries)[1:] == [
        (0, "output", "h\u00e9".encode(), None),
        (307_000, "output", b"llo", None),
        (307_000, "output", b"\xff", None),
        (307_000, "output", b"x\n", None),
        (317_000, "input", b"ok", None),
        (317_000, "output", b"", {"type": "resize", "cols": 100, "rows": 30}),
        (317_000, "input", b"\xc3(", None),
    ]


def test_messages_follow_each_other_by_their_position() -> None:
    data = _message(timing=">1", out_txt="a") + _message(id=2, pos=1500, timing=">1", out_txt="b")
    entries, damage = read_all(read_tlog, data)
    assert joined(entries) == [(0, "output", b"a"), (1500, "output", b"b")]
    assert not damage


def test_missing_foreign_and_torn_messages_are_counted() -> None:
    data = (
        _message(timing=">1", out_txt="a")
        + _message(rec="2-b", timing=">1", out_txt="no")
        + b"garbage\n"
        + _message(id=5, pos=10, timing=">1", out_txt="b")
        + _message(id=6, timing=">1", out_txt="c")[:-20]
    )
    entries, damage = read_all(read_tlog, data)
    assert joined(entries) == [(0, "output", b"a"), (10, "output", b"b")]
    assert (damage.lines, damage.torn) == (3, 1)


@pytest.mark.parametrize(
    "timing", [">9", "]1/9", ">1x", "+99999999999999999999>1", "]1/1", "+999999999999999>1"]
)
def test_a_timing_that_lies(timing: str) -> None:
    entries, damage = read_all(read_tlog, _message(timing=timing, out_txt="a", out_bin=["x"]))
    assert len(b"".join(e.data for e in entries)) <= 1
    assert entries[-1].time_us == entries[0].time_us
    assert damage.lines == (0 if timing.endswith("9>1") and len(timing) < 20 else 1)


def test_a_line_of_the_journal_holds_the_message() -> None:
    data = json.dumps({"MESSAGE": _message(timing=">1", out_txt="a").decode()}).encode() + b"\n"
    assert joined(read_all(read_tlog, data)[0]) == [(0, "output", b"a")]
