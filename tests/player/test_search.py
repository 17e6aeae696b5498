"""Patterns: which lines they match, where, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.search.expression import PatternError, compile_pattern
from player.search.matching import matches
from player.search.pattern import How, Pattern

LINES = [
    "Unable to connect to Anthropic services",
    "error: [E0308] mismatched types",
    "ERROR again, error",
    "",
]


def found(
    text: str, lines: list[str] = LINES, **options: bool
) -> list[tuple[int, tuple[tuple[int, int], ...]]]:
    """(Number of the line, spans) of what matches."""
    block = "".join(f"{line}\n" for line in lines).encode()
    pattern = Pattern(text, How(**options))
    return [(match.numbers[0], match.spans[0]) for match in matches(block, [pattern])]


def test_lines_that_match_with_their_spans() -> None:
    assert found("error") == [(1, ((0, 5),)), (2, ((13, 18),))]
    assert found(r"connect\b.*\bAnth") == [(0, ((10, 25),))]
    assert found("nothing like it") == []


def test_case_can_be_ignored() -> None:
    assert found("error", ignore_case=True) == [(1, ((0, 5),)), (2, ((0, 5), (13, 18)))]


def test_literal_text_is_no_expression() -> None:
    assert found("[E0308]", fixed=True) == [(1, ((7, 14),))]
    assert found("[e0308]", fixed=True, ignore_case=True) == [(1, ((7, 14),))]


def test_a_pattern_that_matches_nothing_at_all_matches_every_line() -> None:
    assert [number for number, _ in found("")] == [0, 1, 2, 3]
    assert found("^$") == [(3, ((0, 0),))]


@pytest.mark.parametrize("text", ["(", "[a", "*", "a{9999999999999}", "(?P<x>", "\\", "(?<=a+)b"])
def test_what_is_no_expression_is_told_in_one_line(text: str) -> None:
    with pytest.raises(PatternError, match="is no regular expression") as caught:
        compile_pattern(text)
    assert str(caught.value).isprintable()
    compile_pattern(text, literal=True)


def test_warnings_about_a_pattern_stay_silent() -> None:
    assert compile_pattern("[[a]]").search("[]")


WORDS = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20)


@given(WORDS, WORDS, WORDS)
def test_literal_text_is_found_wherever_it_stands(before: str, text: str, after: str) -> None:
    line = before + text + after
    ((_, spans),) = found(text, [line], fixed=True)
    assert all(line[start:end] == text for start, end in spans)
