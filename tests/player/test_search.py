"""Searching screen lines: which match, where, and patterns that are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.lines.extractor import ScreenLine
from player.search.hits import PatternError, compile_pattern, hits


def line_of(text: str, first_us: int = 0) -> ScreenLine:
    return ScreenLine(text, first_us, first_us + 1, 1)


LINES = [
    line_of("Unable to connect to Anthropic services", 5),
    line_of("error: [E0308] mismatched types", 6),
    line_of("ERROR again, error", 7),
    line_of("", 8),
]


def found(text: str, **options) -> list[tuple[int, tuple[tuple[int, int], ...]]]:
    return [(hit.line.first_us, hit.spans) for hit in hits(LINES, compile_pattern(text, **options))]


def test_lines_that_match_with_their_spans() -> None:
    assert found("error") == [(6, ((0, 5),)), (7, ((13, 18),))]
    assert found(r"connect\b.*\bAnth") == [(5, ((10, 25),))]
    assert found("nothing like it") == []


def test_case_can_be_ignored() -> None:
    assert found("error", ignore_case=True) == [(6, ((0, 5),)), (7, ((0, 5), (13, 18)))]


def test_literal_text_is_no_expression() -> None:
    assert found("[E0308]", literal=True) == [(6, ((7, 14),))]
    assert found("[e0308]", literal=True, ignore_case=True) == [(6, ((7, 14),))]


def test_a_pattern_that_matches_nothing_at_all_matches_every_line() -> None:
    assert [first_us for first_us, _ in found("")] == [5, 6, 7, 8]
    assert found("^$") == [(8, ((0, 0),))]


def test_hits_come_as_the_lines_come() -> None:
    def lines():
        yield LINES[1]
        raise AssertionError("read on before the first hit was given")

    assert next(hits(lines(), compile_pattern("error"))).line is LINES[1]


@pytest.mark.parametrize("text", ["(", "[a", "*", "a{9999999999999}", "(?P<x>", "\\", "(?<=a+)b"])
def test_what_is_no_expression_is_told_in_one_line(text: str) -> None:
    with pytest.raises(PatternError, match="is no regular expression") as caught:
        compile_pattern(text)
    assert str(caught.value).isprintable()
    compile_pattern(text, literal=True)


def test_warnings_about_a_pattern_stay_silent() -> None:
    assert compile_pattern("[[a]]").search("[]")


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_literal_text_is_found_wherever_it_stands(before: str, text: str, after: str) -> None:
    line = line_of(before + text + after)
    (hit,) = hits([line], compile_pattern(text, literal=True))
    assert all(line.text[start:end] == text for start, end in hit.spans)
