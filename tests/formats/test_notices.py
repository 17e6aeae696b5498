"""What a person is to be told is told once, and nobody else's words are."""

from __future__ import annotations

import os

import pytest

from formats.layout import Home
from formats.notices import leave_notice, shown_us, take_notice


@pytest.fixture
def store(home) -> Home:
    return Home(str(home))


def test_it_is_told_once(store: Home) -> None:
    assert take_notice(store, 1_000_000) == []
    assert shown_us(store) is None
    leave_notice(store, ["one", "two"])
    leave_notice(store, ["three"])
    assert take_notice(store, 2_000_000) == ["three"]
    assert shown_us(store) == 2_000_000
    assert take_notice(store, 3_000_000) == []


def test_it_can_be_taken_back(store: Home) -> None:
    leave_notice(store, ["one"])
    leave_notice(store, [])
    leave_notice(store, [])
    assert take_notice(store, 1) == []


def test_nothing_in_it_reaches_the_terminal_as_it_is(store: Home) -> None:
    leave_notice(store, ["\x1b]0;x\x07", "x" * 2000])
    first, second = take_notice(store, 1)
    assert first == "\\x1b]0;x\\x07"
    assert len(second) < 500


def test_a_link_is_not_read(store: Home, tmp_path) -> None:
    (tmp_path / "mine").write_text("secret")
    os.symlink(tmp_path / "mine", os.path.join(store.path, "notice"))
    assert take_notice(store, 1) == []
