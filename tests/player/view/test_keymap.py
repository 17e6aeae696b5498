"""The keys: one table, shown in the help and in the docs."""

from __future__ import annotations

from pathlib import Path

import pytest

from player.playing.controller import Controller
from player.view.keymap import BY_KEY, GROUPS, as_markdown, columns, help_lines

PAGE = Path(__file__).parents[3] / "docs" / "playing.md"


def test_the_docs_show_the_keys_as_they_are() -> None:
    assert as_markdown() in PAGE.read_text()


def test_no_key_has_two_meanings() -> None:
    names = [name for group in GROUPS for key in group.keys for name in key.keys]
    assert len(names) == len(set(names)) == len(BY_KEY)


@pytest.mark.parametrize("key", [key for group in GROUPS for key in group.keys], ids=str)
def test_every_key_does_something(key) -> None:
    assert callable(getattr(Controller, f"_do_{key.action.replace('-', '_')}"))


def test_the_help_fits_into_a_line_each() -> None:
    assert max(map(len, help_lines())) <= 78


def test_a_wide_window_shows_the_help_in_two_columns() -> None:
    lines = help_lines()
    both = columns(lines, 200, 30)
    assert len(both) == -(-len(lines) // 2)
    for line in lines:
        assert any(line.strip() in shown for shown in both)
    assert columns(lines, 100, 30) == lines
