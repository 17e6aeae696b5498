"""Whether a session that is being recorded waits for its user: from what programs say and do."""

from __future__ import annotations

import pytest

from formats.entry import Entry
from player.sessions.recent import Recent, told_by, waits

S = 1_000_000
ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"


def told(*said: tuple[float, str]) -> Recent:
    """Output at these seconds; `>` before it means input."""
    return told_by(
        Entry(
            round(at_s * S), ID, "input" if text[:1] == ">" else "output", text.lstrip(">").encode()
        )
        for at_s, text in said
    )


def turning(from_s: float, count: int) -> list[tuple[float, str]]:
    return [(from_s + n / 4, f"\x1b]0;{'◐◑'[n % 2]} fixing it\x07") for n in range(count)]


@pytest.mark.parametrize(
    ("said", "at_s", "expected"),
    [
        ([(1, "working")], 5, False),
        ([(1, "working")], 12, True),  # still for 10 s
        ([(1, "working"), (2, ">y")], 11, False),
        ([(1, "\x1b]777;notify;agent;asks you\x1b\\")], 3, True),
        ([(1, "\x1b]9;your turn\x07")], 3, True),
        ([(1, "\x07")], 3, True),
        ([(1, "\x1b]9;your turn\x07"), (2, "goes on"), (3, "and on")], 3.5, False),
        ([(1, "\x1b]9;your turn\x07"), (2, ">y")], 5, False),
        ([(1, "\x1b]9;4;1;50\x07")], 5, False),  # a progress bar
        ([(1, "\x1b]133;A\x07$ \x1b]133;B\x07")], 3, True),
        ([(1, "\x1b]133;A\x07$ "), (2, "\x1b]133;C\x07")], 60, False),  # a command runs
        ([(1, "\x1b]133;C\x07"), (9, "\x1b]133;D;0\x07\x1b]133;A\x07")], 11, True),
        (turning(0, 9), 2.1, False),
        ([*turning(0, 9), (2.2, "\x1b]0;✳ fixing it\x07")], 5, True),
        ([(0, "\x1b]0;one thing\x07"), (1, "\x1b]0;another thing\x07")], 4, False),
        ([(1, "")], 5, False),  # it is starting
        ([(1, "")], 12, True),
    ],
)
def test_who_waits(said: list[tuple[float, str]], at_s: float, *, expected: bool) -> None:
    assert waits(told(*said), round(at_s * S)) is expected


def test_what_is_told() -> None:
    found = told((1, "\x1b]0;◐ fixing"), (2, " it\x07"), (3, ">x"), (4, "\x1b]9;look\x07"))
    assert (found.title, found.notification) == ("fixing it", "look")
    assert (found.input_us, found.output_us, found.last_us) == (3 * S, 4 * S, 4 * S)


def test_sequences_that_are_cut_by_entries() -> None:
    assert told((1, "\x1b]13"), (2, "3;A\x07$ ")).prompted is True
