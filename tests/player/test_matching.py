"""Matching a block of lines finds what Python's `re` finds line by line, however it is sought."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from player.search import sieve
from player.search.matching import matches
from player.search.pattern import How, Pattern

LINES = st.lists(st.text("aAkKsSiI 0_-\u0130\u0131\u212a\u017fäÄ│", max_size=8), max_size=6)
ATOMS = st.sampled_from([
    "a", "k", "S", "i", "ä", "K", "ak", "si", ".", r"\w", r"\W", r"\d", r"\s", r"\S", "[^a]",
    "[a-k]", "[^\\W0]", "[ä-ü]", "[iä]", "^", "$", r"\b", r"\B", "(?=a)", "(?<!k)", "(?i:s)", "\\n",
    "│", "(?>a)",
])  # fmt: skip
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})"),
        inner.map(lambda one: f"(?:{one})*"),
        inner.map(lambda one: f"(?:{one}){{1,3}}?"),
        inner.map(lambda one: f"({one})"),
    ),
    max_leaves=6,
)


def found(lines: list[str], pattern: Pattern) -> list[tuple[int, tuple[tuple[int, int], ...]]]:
    text = "".join(f"{line}\n" for line in lines).encode()
    return [(match.numbers[0], match.spans[0]) for match in matches(text, [pattern])]


@pytest.fixture(params=["RE2", "no RE2"])
def engine(request, monkeypatch) -> None:
    if request.param == "no RE2":
        monkeypatch.setattr(sieve, "linear", lambda _expression: None)
        monkeypatch.setattr("player.search.pattern.linear", lambda _expression: None)


@pytest.mark.usefixtures("engine")
class TestAgainstRe:
    @example(lines=["SA"], expression="(?i:s)[^a]", fold=False)
    @example(lines=["SA"], expression="s(?-i:[^a])", fold=True)
    @settings(max_examples=400)
    @given(lines=LINES, expression=EXPRESSIONS, fold=st.booleans())
    def test_expressions(self, lines: list[str], expression: str, *, fold: bool) -> None:
        pattern = Pattern(expression, How(ignore_case=fold, exact=True))
        regex = re.compile(expression, re.IGNORECASE if fold else re.NOFLAG)
        numbers = [number for number, line in enumerate(lines) if regex.search(line)]
        assert [number for number, _ in found(lines, pattern)] == numbers

    @given(lines=LINES, text=st.text("aKsi 0", min_size=1, max_size=4), fold=st.booleans())
    def test_plain_text(self, lines: list[str], text: str, *, fold: bool) -> None:
        pattern = Pattern(text, How(ignore_case=fold, fixed=True, exact=True))
        regex = re.compile(re.escape(text), re.IGNORECASE if fold else re.NOFLAG)
        spans = [tuple(match.span() for match in regex.finditer(line)) for line in lines]
        assert found(lines, pattern) == [(n, one) for n, one in enumerate(spans) if one]


@pytest.mark.usefixtures("engine")
def test_far_apart_and_next_to_each_other() -> None:
    lines = ["needle", "x" * 5000, "a needle", "needle needle", *["hay"] * 3000, "needle"]
    pattern = Pattern("needle", How(exact=True))
    assert [number for number, _ in found(lines, pattern)] == [0, 2, 3, len(lines) - 1]


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("fold", [False, True])
def test_words_over_the_ends_of_lines(*, fold: bool) -> None:
    lines = ["one connect", "│ to", "elsewhere", "Connect  to", "connect", "status", "to"]
    text = "".join(f"{line}\n" for line in lines).encode()
    pattern = Pattern("connect to", How(ignore_case=fold))
    numbers = [match.numbers for match in matches(text, [pattern])]
    assert numbers == [(0, 1), *([(3,)] if fold else []), (4, 5, 6)]


@pytest.mark.usefixtures("engine")
def test_blanks_and_the_edges_of_boxes_count_as_one_blank() -> None:
    text = "connect   to\nconnect │ to\nconnect, to\n".encode()
    (first, second) = matches(text, [Pattern("connect to", How())])
    assert (first.numbers, first.spans) == ((0,), (((0, 12),),))
    assert (second.numbers, second.spans) == ((1,), (((0, 12),),))
    assert not list(matches(text, [Pattern("connect to", How(exact=True))]))
