"""Grams of a text: what is in it is never taken to be missing, most that is not is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.index.grams import Sought, grams_of, packed_grams
from player.search.expression import PatternError
from player.search.pattern import How, Pattern

# With characters that part words, and those that are another case of an ASCII letter.
CHARACTERS = st.sampled_from("abisk AB01_-|./Ää\u017f\u212a\u0130\u0131│\u00a0漢e\u0301")
LINE = st.text(CHARACTERS, max_size=30)


def may_hold(text: str, *needles: str) -> bool:
    return Sought(grams_of(one.encode()) for one in needles).may_be_in(packed_grams(text.encode()))


@given(st.lists(LINE, min_size=1, max_size=6), st.data())
def test_what_is_in_a_text_is_never_taken_to_be_missing(
    lines: list[str], data: st.DataObject
) -> None:
    text = "\n".join([*lines, ""])
    line = data.draw(st.sampled_from(lines))
    begin = data.draw(st.integers(0, len(line)))
    needle = line[begin : data.draw(st.integers(begin, len(line)))]
    assert may_hold(text, needle)
    assert may_hold(text, "nowhere to be found", needle)


@given(st.lists(LINE, min_size=1, max_size=6), LINE, st.builds(How, *([st.booleans()] * 7)))
def test_a_text_that_matches_has_the_grams_of_the_pattern(
    lines: list[str], sought: str, how: How
) -> None:
    lines = [*lines, sought.replace(" ", "  "), sought.upper(), sought]
    text = "\n".join([*lines, ""])
    try:
        pattern = Pattern(sought if how.fixed else re.escape(sought), how)
    except PatternError:  # more than --flow can hold
        return
    if not pattern.grams:
        return
    found = any(pattern.spans(line) for line in lines) or (
        pattern.flow is not None and pattern.flow.search(text.encode())
    )
    if found:
        assert Sought(pattern.grams).may_be_in(packed_grams(text.encode()))


def test_what_is_not_in_a_text_is_mostly_known_to_be_missing() -> None:
    words = [f"{one}{two}{three}" for one in "klm" for two in "aeiou" for three in "nst"]
    text = "\n".join(f"{one} {two}" for one in words for two in words)
    absent = [f"{one}{two}{three}" for one in "bdf" for two in "aeiou" for three in "pqr"]
    assert sum(may_hold(text, word + "tree") for word in absent) < len(absent) // 4
    assert not may_hold(text, "Traceback", "connection refused")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Error 404", {" 404", "error", "rror "}),
        (" Time-404 ", {" time", "time ", " 404 "}),
        ("a b c", set[str]()),
        ("\u017fa\u0131n\u212a", {"saink"}),
    ],
)
def test_which_grams_a_text_has(text: str, expected: set[str]) -> None:
    assert grams_of(text.encode()) == {one.encode() for one in expected if len(one) == 5}


def test_noise_has_no_grams_rather_than_too_many() -> None:
    noise = b"\n".join(b"%x" % (number * 0x9E3779B97F4A7C15) for number in range(90_000))
    assert packed_grams(noise) == b""
    assert Sought([frozenset({b"error"})]).may_be_in(b"")


def test_damaged_grams_are_said_to_be() -> None:
    packed = packed_grams(b"some words of a text\n")
    for broken in (packed[:-2], b"x" + packed[1:]):
        with pytest.raises(ValueError, match=r"."):
            Sought([frozenset({b"error"})]).may_be_in(broken)
