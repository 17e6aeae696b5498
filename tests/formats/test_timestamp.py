"""Timestamps against datetime, over all years that it knows, and what is no timestamp."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.timestamp import Parser, Stamper, parse, second_text, text

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
moments = st.datetimes(timezones=st.just(UTC))


def us_of(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


@given(moments)
def test_text_is_what_datetime_writes(moment: datetime) -> None:
    expected = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert text(us_of(moment)) == expected.rjust(24, "0")


@given(moments)
def test_reading_gives_back_the_millisecond(moment: datetime) -> None:
    time_us = us_of(moment)
    assert parse(text(time_us)) == time_us - time_us % 1000


@given(st.lists(moments, max_size=8))
def test_one_stamper_and_one_parser_serve_many_times(several: list[datetime]) -> None:
    stamper, parser = Stamper(), Parser()
    for moment in several:
        stamp = stamper.stamp(us_of(moment)).decode()
        assert stamp == text(us_of(moment))
        assert parser.parse(stamp) == parse(stamp)


@given(moments, st.integers(-23 * 60 - 59, 23 * 60 + 59))
def test_other_offsets_are_read(moment: datetime, minutes: int) -> None:
    try:
        there = moment.astimezone(timezone(timedelta(minutes=minutes)))
    except OverflowError:
        return
    assert parse(there.isoformat(timespec="microseconds").rjust(32, "0")) == us_of(moment)


@pytest.mark.parametrize(
    ("stamp", "time_us"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.1Z", 100_000),
        ("1970-01-01t00:00:00.123456789z", 123_456),
        ("1970-01-01 00:00:01.000-00:00", 1_000_000),
        ("1969-12-31T23:59:59.999Z", -1000),
        ("2016-12-31T23:59:60.500Z", 1_483_228_800_500_000),
        ("0000-01-01T00:00:00.000Z", -62_167_219_200_000_000),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999_000),
    ],
)
def test_forms_that_other_writers_use(stamp: str, time_us: int) -> None:
    assert parse(stamp) == time_us


@pytest.mark.parametrize(
    "stamp",
    [
        "",
        "2026-02-07",
        "2026-02-07T18:15:32",
        "2026-02-07T18:15:32.Z",
        "2026-02-07T18:15:32.123",
        "2026-02-07T18:15:32.12\u0969Z",
        "2026-13-07T18:15:32.123Z",
        "2026-02-29T18:15:32.123Z",
        "1900-02-29T18:15:32.123Z",
        "2026-04-31T18:15:32.123Z",
        "2026-00-07T18:15:32.123Z",
        "2026-02-00T18:15:32.123Z",
        "2026-02-07T24:15:32.123Z",
        "2026-02-07T18:60:32.123Z",
        "2026-02-07T18:15:61.123Z",
        "2026-02-07T18:15:32.123+1:00",
        "2026-02-07T18:15:32.123Zx",
        "2026-02-07X18:15:32.123Z",
        "-026-02-07T18:15:32.123Z",
        "9999-12-31T23:59:60.000Z",
        "9999-12-31T23:59:59-01:00",
        "0000-01-01T00:00:00+00:01",
    ],
)
def test_what_is_no_time_is_refused(stamp: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(stamp)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_and_can_be_written_again(stamp: str) -> None:
    try:
        time_us = parse(stamp)
    except ValueError:
        return
    assert parse(text(time_us)) == time_us - time_us % 1000


@pytest.mark.parametrize("second", [-62_167_219_201, 253_402_300_800])
def test_years_without_four_digits_cannot_be_written(second: int) -> None:
    with pytest.raises(ValueError, match="0000 to 9999"):
        second_text(second)
