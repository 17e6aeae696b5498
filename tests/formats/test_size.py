"""Sizes as people type them."""

from __future__ import annotations

import pytest

from formats.size import Size, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [("120x40", Size(120, 40)), ("1X1", Size(1, 1)), ("65535x65535", Size(65535, 65535))],
)
def test_sizes(text: str, size: Size) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text",
    ["", "x", "80", "80x", "x24", "0x24", "80x0", "65536x1", "-1x5", "\uff180x24", "80x24x2"],
)
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match=r"COLSxROWS|go from 1"):
        parse_size(text)
