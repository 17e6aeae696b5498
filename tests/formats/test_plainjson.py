"""JSON without orjson: the same values, and what is none for the one is none for the other."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from formats.plainjson import dumps, loads

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
# Whole texts, and such as one letter makes none of, or another.
TEXTS = st.builds(
    lambda value, escaped: json.dumps(value, ensure_ascii=escaped).encode(errors="surrogatepass"),
    VALUES,
    st.booleans(),
)
DAMAGED = st.builds(
    lambda text, place, put: text[: place % (len(text) + 1)] + put + text[place % len(text) + 1 :],
    TEXTS,
    st.integers(0, 1000),
    st.sampled_from(
        [b"", b"-", b"0", b"e9", b".", b"\\", b"\x00", b"\xff", b'"', b"]", b"\n", b" "]
    ),
)


def read_by(reads: Any, text: bytes) -> str:
    try:
        return repr(reads(text))
    except ValueError:
        return "none"


@given(TEXTS | DAMAGED)
@example(b"NaN")
@example(b"[-Infinity]")
@example(b"1e999")
@example(b"-0")
@example(b"-0.0")
@example(b"18446744073709551616")
@example(b"[01]")
@example(b'"\\ud800"')
@example(b'"\\ud83d\\ude00"')
@example(b"\xef\xbb\xbf1")
@example(b"[" * 1100 + b"]" * 1100)
@example(b"[" * 990 + b"]" * 990)
@example(b'{"a":1,"a":2}')
@example(b"")
def test_it_reads_as_orjson_does(text: bytes) -> None:
    assert read_by(loads, text) == read_by(orjson.loads, text)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 53), 1 << 53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(PLAIN)
def test_it_writes_as_orjson_does(value: Any) -> None:
    assert dumps(value).replace(b"\x7f", b"") == orjson.dumps(value).replace(b"\x7f", b"")


@pytest.mark.parametrize("value", [float("nan"), "\ud800"])
def test_what_cannot_be_written_is_an_error(value: object) -> None:
    with pytest.raises(ValueError, match=r"JSON|surrogates"):
        dumps(value)
