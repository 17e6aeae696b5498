"""Searching a session: hits are given while its lines are being made, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.layout import Home
from formats.session import Session
from player.index import sidecar
from player.lines.lineblock import LineBlock, ScreenLine, pack, settled_of, unpack
from player.search.finding import search
from player.search.matching import Matched, matches
from player.search.pattern import How, Pattern
from player.search.results import Result, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SESSION = Session("3f2504e0-4f89-41d3-9a0c-0305e82c3301", "/nowhere")
MADE = [
    [("error one", 10, 1), ("hay", 20, 1), ("error two", 30, 2)],
    [("error three", 25, 1), ("error one", 40, 5)],
    [("error four", 50, 1)],
]


def block_of(lines: list[tuple[str, int, int]]) -> LineBlock:
    made = [
        ScreenLine(text, at_us, at_us + 5, count)
        for text, at_us, count in sorted(lines, key=lambda line: line[1])
    ]
    return unpack(*pack(settled_of(made)), len(made))


class Clock:
    """Shows `step_s` more for each block, which is made just then unless it is `ready`."""

    def __init__(self, step_s: float, *, ready: bool = False) -> None:
        self.now_s = 0.0
        self.step_s = step_s
        self.ready = ready

    def __call__(self) -> float:
        return self.now_s

    def blocks(
        self, *_: object, progress: Callable[[int, int], None], **__: object
    ) -> Iterator[LineBlock]:
        for number, lines in enumerate(MADE):
            self.now_s += self.step_s
            if not self.ready:
                progress(number, len(MADE))
            yield block_of(lines)


def results(
    monkeypatch,
    step_s: float,
    wanted: Wanted = Wanted(),  # noqa: B008
    *,
    ready: bool = False,
) -> list[Result]:
    clock = Clock(step_s, ready=ready)
    monkeypatch.setattr(sidecar, "blocks_of", clock.blocks)
    patterns = [Pattern("error", How())]
    return list(
        search(
            Home("/nowhere"), SESSION, lambda text: matches(text, patterns), wanted, clock_s=clock
        )
    )


def shown(result: Result) -> list[tuple[str, int, int]]:
    return [(hit.texts[0], hit.at_us, hit.count) for hit in result.hits]


def test_what_is_quickly_there_is_one_result_by_time(monkeypatch) -> None:
    (result,) = results(monkeypatch, 0.1)
    assert result.done
    assert shown(result) == [
        ("error one", 10, 6), ("error three", 25, 1), ("error two", 30, 2), ("error four", 50, 1),
    ]  # fmt: skip


def test_what_was_made_before_is_one_result_however_long_it_takes(monkeypatch) -> None:
    (slowly,) = results(monkeypatch, 1.5, ready=True)
    (quickly,) = results(monkeypatch, 0.1, ready=True)
    assert slowly == quickly


def test_what_takes_long_is_given_as_it_comes_and_once(monkeypatch) -> None:
    first, second, third, last = results(monkeypatch, 1.5)
    assert shown(first) == [("error one", 10, 1), ("error two", 30, 2)]
    assert shown(second) == [("error three", 25, 1)]
    assert shown(third) == [("error four", 50, 1)]
    assert [one.done for one in (first, second, third, last)] == [False, False, False, True]


@pytest.mark.parametrize("step_s", [0.1, 1.5])
def test_no_more_than_are_wanted(monkeypatch, step_s: float) -> None:
    given = results(monkeypatch, step_s, Wanted(most=3))
    assert sum(len(result.hits) for result in given) == 3


def test_lines_around_wait_for_the_whole_session(monkeypatch) -> None:
    (result,) = results(monkeypatch, 1.5, Wanted(after=1))
    assert len(result.hits) == 4
    assert result.groups


@pytest.mark.parametrize("step_s", [0.1, 1.5])
def test_where_one_hit_is_enough_no_more_text_is_searched(monkeypatch, step_s: float) -> None:
    clock = Clock(step_s)
    monkeypatch.setattr(sidecar, "blocks_of", clock.blocks)
    searched: list[bytes] = []

    def find(text: bytes) -> Iterator[Matched]:
        searched.append(text)
        return matches(text, [Pattern("three", How())])

    given = list(search(Home("/nowhere"), SESSION, find, Wanted(one=True), clock_s=clock))
    assert [one for result in given for one in shown(result)] == [("error three", 25, 1)]
    assert len(searched) == 2  # of three


COUNTER = [
    ScreenLine("error, again in 3 s", 100, 109, 1, passing=True),
    ScreenLine("an error in 1 module", 105, 300, 1),
    ScreenLine("error, again in 2 s", 110, 119, 2, passing=True),
    ScreenLine("error, again in 1 s", 120, 129, 1),
    ScreenLine("error, again in 9 s", 200, 209, 1, passing=True),
]


def counted(monkeypatch, wanted: Wanted, said: str = "error") -> list[tuple[str, int, int]]:
    block = unpack(*pack(settled_of(COUNTER)), len(COUNTER))
    monkeypatch.setattr(sidecar, "blocks_of", lambda *_, **__: iter([block]))
    patterns = [Pattern(said, How())]
    (result,) = search(Home("/nowhere"), SESSION, lambda text: matches(text, patterns), wanted)
    return shown(result)


def test_of_a_counter_the_last_value_that_matches_is_a_hit_and_counts_all(monkeypatch) -> None:
    assert counted(monkeypatch, Wanted()) == [
        ("an error in 1 module", 105, 1), ("error, again in 1 s", 120, 4),
        ("error, again in 9 s", 200, 1),
    ]  # fmt: skip
    assert counted(monkeypatch, Wanted(), "again in 3 s") == [("error, again in 3 s", 100, 1)]
    assert counted(monkeypatch, Wanted(most=2)) == counted(monkeypatch, Wanted())[:2]


def test_each_value_of_a_counter_is_a_hit_where_that_is_wanted(monkeypatch) -> None:
    assert [hit[0] for hit in counted(monkeypatch, Wanted(values=True))] == [
        line.text for line in COUNTER
    ]


screen_lines = st.builds(
    ScreenLine,
    st.builds(
        "{}{} {}".format,
        st.sampled_from(["some", "the"]),
        st.sampled_from([" error", "\u00a0error"]),
        st.integers(0, 3),
    ),
    st.integers(0, 50),
    st.integers(50, 99),
    st.integers(1, 3),
    steps=st.just(()),
    typed=st.booleans(),
    transient=st.booleans(),
    passing=st.booleans(),
)
blocks_of_lines = st.lists(st.lists(screen_lines, min_size=1, max_size=30), max_size=3)
ways = st.builds(
    Wanted,
    typed=st.sampled_from([None, True, False]),
    transient=st.booleans(),
    since_us=st.sampled_from([None, 70]),
    most=st.sampled_from([None, 2]),
    values=st.booleans(),
)


@given(blocks_of_lines, ways, st.sampled_from(["error", "error 1", "1 some"]))
def test_as_many_are_counted_as_are_listed(
    made: list[list[ScreenLine]], wanted: Wanted, said: str
) -> None:
    for lines in made:
        lines.sort(key=lambda line: line.first_us)
    blocks = [unpack(*pack(settled_of(lines)), len(lines)) for lines in made]
    patterns = [Pattern(said, How())]

    def number(wanted: Wanted) -> int:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sidecar, "blocks_of", lambda *_, **__: iter(blocks))
            found = search(Home("/nowhere"), SESSION, lambda text: matches(text, patterns), wanted)
            return sum(result.number for result in found)

    assert number(wanted._replace(counted=True)) == number(wanted)
