"""One line as a value and back; every field is checked."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.entry import Decoder, Entry, LineError, decode_line, encode_line, event_size
from formats.line import LineEncoder
from formats.size import Size
from formats.timestamp import Stamper, text

ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
LINE = (
    b'{"timestamp":"2026-02-07T18:15:32.123Z","session_id":"%b","direction":"output",'
    b'"data":"SGVsbG8=","size":5}\n' % ID.encode()
)
HELLO = Entry(1_770_488_132_123_000, ID, "output", b"Hello")

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
counts = st.integers(0, 2**53)
sides = st.integers(0, 65535)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
sizes: dict[str, Any] = {"cols": sides, "rows": sides}
events = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("start"), "version": counts, **sizes},
        optional={
            "command": st.lists(words),
            "cwd": words,
            "term": words,
            "title": words,
            "tags": st.lists(words, max_size=3),
            "idle_limit_s": st.floats(0, 1e6),
            "env": st.dictionaries(words, words, max_size=3),
        },
    ),
    st.fixed_dictionaries(
        {"type": st.just("segment"), "number": counts, "previous_sha256": words, **sizes}
    ),
    st.fixed_dictionaries({"type": st.just("resize"), **sizes}),
    st.fixed_dictionaries({"type": st.just("marker"), "label": words}),
    st.fixed_dictionaries({"type": st.sampled_from(["pause", "resume", "masked"])}),
    st.fixed_dictionaries(
        {"type": st.just("gap"), "entries": counts, "bytes": counts, "reason": words}
    ),
    st.fixed_dictionaries({"type": st.just("clock"), "offset_ms": st.integers(-(2**53), 2**53)}),
    st.fixed_dictionaries(
        {"type": st.just("exit"), "reason": words},
        optional={"status": st.integers(0, 255), "signal": st.integers(0, 64)},
    ),
    # One that a later version may bring.
    st.dictionaries(words, values, max_size=4).map(lambda found: {**found, "type": "later"}),
)
times_us = st.integers(-62_167_219_200_000, 253_402_300_799_999).map(lambda ms: ms * 1000)
ids = st.uuids(version=4).map(str)
directions = st.sampled_from(["input", "output"])
plain = st.builds(Entry, times_us, ids, directions, st.binary(max_size=300))
entries = plain | st.builds(
    Entry,
    times_us,
    ids,
    directions,
    st.binary(max_size=20),
    events | st.none(),
    st.dictionaries(words.map(lambda word: "x-" + word), values, min_size=1, max_size=2)
    | st.none(),
)


@given(entries)
def test_decoding_gives_back_what_was_encoded(entry: Entry) -> None:
    line = encode_line(entry)
    assert decode_line(line) == entry
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")


@given(plain)
def test_a_line_is_the_five_fields_in_their_order(entry: Entry) -> None:
    fields = json.loads(encode_line(entry))
    assert fields == {
        "timestamp": text(entry.time_us),
        "session_id": entry.session_id,
        "direction": entry.direction,
        "data": base64.b64encode(entry.data).decode(),
        "size": len(entry.data),
    }
    assert list(fields) == ["timestamp", "session_id", "direction", "data", "size"]


@given(times_us, ids, events)
def test_the_recorder_writes_events_that_read_back(
    time_us: int, session_id: str, event: dict[str, Any]
) -> None:
    line = LineEncoder(session_id).event(Stamper().stamp(time_us), event)
    assert decode_line(line) == Entry(time_us, session_id, "output", b"", event)
    assert list(json.loads(line))[-1] == "event"


def test_undecodable_bytes_of_a_command_line_do_not_spoil_the_line() -> None:
    event = {
        "type": "start",
        "version": 1,
        "cols": 80,
        "rows": 24,
        "command": ["a\udcff\U0001f600"],
    }
    entry = decode_line(LineEncoder(ID).event(b"2026-02-07T18:15:32.123Z", event))
    assert entry.event is not None
    assert entry.event["command"] == ["a\ufffd\U0001f600"]


def test_the_line_of_the_specification() -> None:
    assert decode_line(LINE) == decode_line(LINE.rstrip()) == HELLO
    assert encode_line(HELLO) == LINE


def test_fields_in_another_order_and_blanks_are_read() -> None:
    shuffled = json.dumps(dict(reversed(json.loads(LINE).items())), indent=1).replace("\n", " ")
    assert decode_line(shuffled.encode()) == HELLO


def changed(**fields: Any) -> bytes:
    return orjson.dumps(json.loads(LINE) | fields)


WRONG_EVERYWHERE: list[Any] = [None, True, 1.5, [], {}, ["2", "0"]]
WRONG = {
    "timestamp": ["", "now", "2026-02-30T00:00:00.000Z", "x" * 24, 1, list("x" * 24)],
    "session_id": ["", ID[:-1], ID + "0", ID[:-1] + "g", "../" + ID[3:], ID.replace("-", "_"), 7],
    "direction": ["", "Output", "both", 1],
    "data": ["SGVsbG8", "SGVs bG8=", "SGVsbG8=\n", "SGVsbG8é", "=", "SGVsbG9v", 5],
    "size": [-5, 4, 6, 5.0, "5", 2**63],
}


@pytest.mark.parametrize(
    ("field", "value"),
    [(field, value) for field in WRONG for value in WRONG[field] + WRONG_EVERYWHERE],
)
def test_a_wrong_field_is_refused(field: str, value: object) -> None:
    with pytest.raises(LineError):
        decode_line(changed(**{field: value}))


def test_a_stamp_of_a_json_type_that_looks_like_one_is_refused() -> None:
    for value in (list("2026-02-07T18:15:32.123Z"), dict.fromkeys("abcdefghijklmnopqrstuvwx")):
        with pytest.raises(LineError):
            decode_line(changed(timestamp=value))


@pytest.mark.parametrize("field", list(WRONG))
def test_a_missing_field_is_named(field: str) -> None:
    fields = json.loads(LINE)
    del fields[field]
    with pytest.raises(LineError, match=field):
        decode_line(orjson.dumps(fields))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\0" * 50,
        b"null",
        b"[]",
        b"5",
        b'"text"',
        LINE[:-3],
        LINE[1:],
        LINE + LINE,
        b"\xff\xfe" + LINE,
        b"[" * 100_000,
        b'{"a":' * 100_000,
        LINE.replace(b"Hello", b"\xff").replace(b"output", b"\xff"),
    ],
)
def test_what_is_no_line_is_refused(line: bytes) -> None:
    with pytest.raises(LineError):
        decode_line(line)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "resize", "cols": -1, "rows": 5},
        {"type": "resize", "cols": 65536, "rows": 5},
        {"type": "resize", "cols": True, "rows": 5},
        {"type": "resize", "cols": 80},
        {"type": "start", "version": 1},
        {"type": "start", "version": 1, "cols": 1, "rows": 1, "command": "bash"},
        {"type": "start", "version": 1, "cols": 1, "rows": 1, "tags": [1]},
        {"type": "start", "version": 1, "cols": 1, "rows": 1, "env": {"A": 1}},
        {"type": "start", "version": 1, "cols": 1, "rows": 1, "idle_limit_s": -1},
        {"type": "segment", "number": "2", "cols": 1, "rows": 1},
        {"type": "marker", "label": 5},
        {"type": "gap", "entries": -1},
        {"type": "clock", "offset_ms": "1"},
        {"type": "exit", "status": "0"},
        {"type": "exit", "signal": 1.5},
    ],
)
def test_an_event_that_cannot_be_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(LineError):
        decode_line(changed(data="", size=0, event=event))


@pytest.mark.parametrize("event", [None, 5, "start", [], {}, {"type": 5}, {"kind": "start"}])
def test_an_event_of_another_form_is_kept_as_an_extra_field(event: object) -> None:
    entry = decode_line(changed(event=event))
    assert (entry.event, entry.extra) == (None, {"event": event})
    assert decode_line(encode_line(entry)) == entry


def test_null_is_said_of_what_there_is_not() -> None:
    event = {"type": "exit", "status": 3, "signal": None, "reason": None, "core": None}
    entry = decode_line(changed(data="", size=0, event=event))
    assert entry.event == {"type": "exit", "status": 3, "core": None}


def test_unknown_events_and_fields_are_kept() -> None:
    event = {"type": "later", "cols": "many"}
    entry = decode_line(changed(data="", size=0, event=event, note=[1]))
    assert (entry.event, entry.extra) == (event, {"note": [1]})


@given(st.binary(max_size=200))
def test_any_bytes_are_a_line_or_refused(line: bytes) -> None:
    with pytest.raises(LineError):
        decode_line(line)


@given(st.lists(entries, max_size=5))
def test_a_decoder_serves_lines_of_several_sessions(several: list[Entry]) -> None:
    decoder = Decoder()
    assert [decoder.decode(encode_line(entry)) for entry in several] == several


def test_a_decoder_is_not_confused_by_a_bad_line() -> None:
    decoder = Decoder()
    for _ in range(2):
        with pytest.raises(LineError):
            decoder.decode(changed(session_id="no id"))
        assert decoder.decode(LINE) == HELLO


def test_the_size_of_an_event() -> None:
    assert event_size({"type": "resize", "cols": 80, "rows": 24}) == Size(80, 24)
    assert event_size({"type": "resize", "cols": 0, "rows": 24}) is None
    assert event_size({"type": "marker", "cols": 80, "rows": 24}) is None


def test_ids_of_any_version_and_case_are_read() -> None:
    for session_id in (str(uuid.uuid1()), ID.upper()):
        assert decode_line(changed(session_id=session_id)).session_id == session_id


def decoded(decode: Any, line: bytes) -> Entry | str:
    try:
        entry: Entry = decode(line)
    except LineError as error:
        return str(error)
    return entry


SECONDS = st.sampled_from(["2026-02-07T18:15:32", "2026-02-07T18:15:60", "2026-02-07 18:15:32"])
ENDINGS = st.sampled_from([".123Z", ".456Z", ".123+01:00", ".123456Z", "Z", ".12Z", ".1a3Z"])
OTHER_ID = "8b1c2f70-0d5a-4f7e-b9f1-a6f3f0c1d2e3"


@given(
    st.lists(
        st.builds(
            '{{"timestamp":"{}{}","session_id":"{}","direction":"{}","data":"{}","size":{}}}'.format,
            SECONDS,
            ENDINGS,
            st.sampled_from([ID, OTHER_ID, ID.upper()]),
            st.sampled_from(["output", "output", "input"]),
            st.sampled_from(["SGVsbG8=", "", "SGVsbG9=", "SGVs bG8=", "SGVsbG8", 'SG"', "AAAA"]),
            st.sampled_from(["5", "0", "05", "5.0", "3", '5,"more":1', '0,"event":{"type":"x"}']),
        ).map(str.encode),
        max_size=8,
    )
)
def test_what_a_decoder_knows_of_earlier_lines_changes_nothing(lines: list[bytes]) -> None:
    decode = Decoder().decode
    assert [decoded(decode, line) for line in lines] == [
        decoded(decode_line, line) for line in lines
    ]
