"""Moments as people write them."""

from __future__ import annotations

import pytest

from formats import timestamp
from player.when import WhenError, moment_us

pytestmark = pytest.mark.usefixtures("utc")

# A Wednesday.
NOW_US = timestamp.parse("2026-02-11T18:15:32.500Z")


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("now", "2026-02-11T18:15:32.500Z", "2026-02-11T18:15:32.500Z"),
        ("2h", "2026-02-11T16:15:32.500Z", "2026-02-11T16:15:32.500Z"),
        ("90s ago", "2026-02-11T18:14:02.500Z", "2026-02-11T18:14:02.500Z"),
        ("1.5d", "2026-02-10T06:15:32.500Z", "2026-02-10T06:15:32.500Z"),
        ("2w", "2026-01-28T18:15:32.500Z", "2026-01-28T18:15:32.500Z"),
        ("today", "2026-02-11T00:00:00.000Z", "2026-02-11T23:59:59.999Z"),
        ("Yesterday", "2026-02-10T00:00:00.000Z", "2026-02-10T23:59:59.999Z"),
        ("monday", "2026-02-09T00:00:00.000Z", "2026-02-09T23:59:59.999Z"),
        ("wed", "2026-02-11T00:00:00.000Z", "2026-02-11T23:59:59.999Z"),
        ("18:15", "2026-02-11T18:15:00.000Z", "2026-02-11T18:15:59.999Z"),
        ("23:00:05", "2026-02-10T23:00:05.000Z", "2026-02-10T23:00:05.999Z"),
        ("2026-01-31", "2026-01-31T00:00:00.000Z", "2026-01-31T23:59:59.999Z"),
        ("2026-01-31 9:30", "2026-01-31T09:30:00.000Z", "2026-01-31T09:30:59.999Z"),
        ("2026-01-31T09:30:01", "2026-01-31T09:30:01.000Z", "2026-01-31T09:30:01.999Z"),
        ("2026-01-31T09:30:01.5+01:00", "2026-01-31T08:30:01.500Z", "2026-01-31T08:30:01.500Z"),
    ],
)
def test_a_moment_or_the_ends_of_what_is_named(text, first, last):
    assert timestamp.text(moment_us(text, NOW_US)) == first
    assert timestamp.text(moment_us(text, NOW_US, end=True)) == last


@pytest.mark.parametrize(
    "text", ["", "x", "25:00", "18:60", "2026-13-01", "2026-02-30", "1y", "mo", "-2h", "9" * 40]
)
def test_what_is_no_moment(text):
    with pytest.raises(WhenError, match="is no moment"):
        moment_us(text, NOW_US)
