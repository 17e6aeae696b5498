"""`cs-grep --play`: the player opens at the hit, on a real terminal, with the pattern to go on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.support.logs import Said, ended, start, store_log

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.window import Open

MINUTE_MS = 60_000


@pytest.fixture
def grep(home: Path, show: Open) -> Open:
    """`cs-grep ARGUMENTS` in a window, over a session with something else each minute."""
    shown = ["start", "a Needle (x)", "hay", "the needle (x) again", "one word", "│ and │", "end"]
    said = [
        Said(number * MINUTE_MS, f"\x1b[2J\x1b[Hmoment {number}\r\n{text}".encode())
        for number, text in enumerate(shown)
    ]
    said[5] = Said(5 * MINUTE_MS, "\x1b[2J\x1b[Hmoment 5\r\n│ over the │\r\n│ end of it │".encode())
    said[6] = Said(6 * MINUTE_MS, b"\x1b[2J\x1b[Hmoment 6\r\nover\r\nthe end of it")
    store_log(home, start(80, 24), *said, ended(7 * MINUTE_MS))
    return partial(show, "cs-grep")


def test_the_first_hit_and_from_there_to_the_next(grep) -> None:
    window = grep("--play", "last", "-F", "-i", "NEEDLE (X)")
    window.see("moment 1", "a Needle (x)", "0:01:00 / 0:07:00")
    window.press("n")
    window.see("moment 3", "the needle (x) again", "0:03:00 / 0:07:00")
    assert window.leave("q") == 0


def test_the_hit_of_a_number(grep) -> None:
    window = grep("last", "-i", "needle", "--play=2")
    window.see("moment 3", "0:03:00 / 0:07:00")
    assert window.leave("q") == 0


def test_a_match_over_the_end_of_a_line(grep) -> None:
    window = grep("--play", "last", "over the end of it")
    window.see("moment 5", "0:05:00 / 0:07:00")
    window.press("n")
    window.see("moment 6", "0:06:00 / 0:07:00")
    assert window.leave("q") == 0


def test_there_are_not_so_many(cs, grep) -> None:
    done = cs("grep", "--play=9", "last", "needle")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "cs-grep: there is only 1 hit: nothing to play\n"
    none = cs("grep", "--play", "last", "no such thing")
    assert (none.returncode, none.stderr) == (1, "cs-grep: nothing matches: nothing to play\n")
