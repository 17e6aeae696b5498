"""The promise is one text, and docs/reliability.md names tests for each clause of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
# As it was given, word for word.
PROMISE = (
    "Every byte shown to you was first handed to the kernel; the recorder's death never loses an "
    "acknowledged entry; power loss loses at most one second (default); a full or broken disk "
    "never stops your session, and the gap is stated in the log; damage is detected, confined to "
    "one line or one frame, and never invents output."
)


def quoted(text: str) -> list[str]:
    """The quotations of a page, each as one line."""
    found = re.findall(r"(?:^> .*\n)+", text, flags=re.MULTILINE)
    return [" ".join(line.removeprefix("> ") for line in one.splitlines()) for one in found]


@pytest.mark.parametrize("page", ["README.md", "docs/reliability.md"])
def test_the_promise_stands_word_for_word(page):
    assert PROMISE in quoted((ROOT / page).read_text(encoding="utf-8"))


def test_each_clause_of_the_promise_has_its_tests():
    """A section of the page for each clause, under the clause's own words."""
    clauses = PROMISE.rstrip(".").split("; ")
    sections = dict(re.findall(r"^### (.+)\n((?:(?!^#).*\n?)*)", PAGE, flags=re.MULTILINE))
    assert list(sections)[: len(clauses)] == [c[0].upper() + c[1:] for c in clauses]
    for clause in list(sections)[: len(clauses)]:
        assert re.search(r"`tests/[\w/]+\.py::\w+`", sections[clause]), clause
