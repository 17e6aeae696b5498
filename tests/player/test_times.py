"""Times as people write them: which place each means, and what is refused in one line."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats import timestamp
from player.position import Span, TimeError, parse
from player.times import clock, elapsed

S = 1_000_000
# In UTC 18:15:32.123 to 19:15:32.123.
FIRST_US = timestamp.parse("2026-02-07T18:15:32.123Z")
HOUR = Span(FIRST_US, FIRST_US + 3600 * S)


@pytest.fixture(autouse=True)
def zone(monkeypatch):
    def use(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    use("UTC")
    yield use
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "position_us"),
    [
        ("0", 0),
        ("90", 90 * S),
        ("90s", 90 * S),
        ("0.25", 250_000),
        (".5", 500_000),
        ("1:30", 90 * S),
        ("90:00", 5400 * S),
        ("1:02:03.5", 3_723_500_000),
        ("0:00:05", 5 * S),
        ("0%", 0),
        ("50%", 1800 * S),
        ("12.5%", 450 * S),
        ("100%", 3600 * S),
        ("18:15:33", 877_000),
        ("18:30:00", 867_877_000),
        ("@18:30", 867_877_000),
        ("@18:30:00.5", 868_377_000),
        ("00:10:00", 600 * S),
        ("2026-02-07T18:15:33.123Z", 1 * S),
        ("2026-02-07T17:00:00Z", 0),
    ],
)
def test_a_time_means_a_place(text: str, position_us: int) -> None:
    assert parse(text).position_us(HOUR) == position_us


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "x", "-1", "1e3", "nan", "inf", "1:", ":30", "1:60", "1:99:00", "1:2:3:4", "101%",
        "%", "50 %", "@", "@1", "@25:00", "@24:00:00", "@18:15.5", "٣", "1:٣", "9" * 400,
        "9" * 400 + "%", "2026-02-07T18:15", "2026-13-07T18:15:33Z", "1\n", "\x1b[31m",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused_in_one_printable_line(text: str) -> None:
    with pytest.raises(TimeError) as caught:
        parse(text)
    assert str(caught.value).isprintable()


def test_the_clock_is_the_one_on_the_wall_here(zone) -> None:
    zone("America/New_York")
    assert parse("13:30:00").position_us(HOUR) == 867_877_000
    assert clock(FIRST_US) == "13:15:32"


def test_the_clock_may_have_passed_midnight() -> None:
    night = Span(timestamp.parse("2026-02-07T23:00:00Z"), timestamp.parse("2026-02-08T02:00:00Z"))
    assert parse("@01:00").position_us(night) == 7200 * S


def test_a_night_of_summer_time_has_its_own_length(zone) -> None:
    zone("Europe/Berlin")
    # 2026-03-29: clocks went from 02:00 to 03:00.
    night = Span(timestamp.parse("2026-03-28T23:30:00Z"), timestamp.parse("2026-03-29T03:00:00Z"))
    assert parse("@03:30").position_us(night) == 7200 * S


def test_a_clock_outside_the_session_is_told_with_its_hours() -> None:
    with pytest.raises(TimeError, match="ran from 18:15:32 to 19:15:32"):
        parse("@12:00").position_us(HOUR)
    with pytest.raises(TimeError, match="not in this session"):
        parse("12:00:00").position_us(HOUR)


def test_what_can_be_read_in_two_ways_is_asked_back() -> None:
    day = Span(timestamp.parse("2026-02-07T08:00:00Z"), timestamp.parse("2026-02-07T20:00:00Z"))
    with pytest.raises(TimeError, match=r"write @09:15:00 for the clock, 555:00 for the other"):
        parse("09:15:00").position_us(day)
    assert parse("@09:15:00").position_us(day) == 4500 * S
    assert parse("555:00").position_us(day) == 33_300 * S
    assert parse("9:15:00").position_us(day) == 33_300 * S


@pytest.mark.parametrize("text", ["90", "1:02:03.5", "2026-02-07T18:15:33Z"])
def test_most_times_need_no_end_of_the_session(text: str) -> None:
    assert not parse(text).needs_end


@pytest.mark.parametrize("text", ["50%", "18:15:33", "@18:15"])
def test_parts_and_clocks_need_it(text: str) -> None:
    assert parse(text).needs_end


def test_a_date_without_a_local_time_is_no_traceback() -> None:
    early = Span(timestamp.parse("0000-01-01T00:00:00Z"), timestamp.parse("0000-01-01T01:00:00Z"))
    with pytest.raises(TimeError):
        parse("@23:00").position_us(early)


def test_elapsed_is_hours_minutes_seconds() -> None:
    assert elapsed(83_456_999) == "0:01:23.456"
    assert elapsed(36_000 * S) == "10:00:00.000"


@given(st.integers(0, 9 * 3600 * 1000))
def test_what_is_shown_can_be_asked_for(ms: int) -> None:
    day = Span(0, 24 * 3600 * S)
    assert parse(elapsed(ms * 1000)).position_us(day) == ms * 1000


@given(st.text(max_size=12))
def test_any_text_is_a_time_or_a_time_error(text: str) -> None:
    try:
        place = parse(text)
    except TimeError:
        return
    try:
        assert place.position_us(HOUR) >= 0
    except TimeError:
        return
