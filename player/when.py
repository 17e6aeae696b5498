"""Moments as people write them on a command line: `2h`, `yesterday`, `2026-02-07 18:15`. Pure.

90s 30m 2h 3d 1w             so long ago
now today yesterday monday   a day is all of it: since its beginning, until its end
18:15  18:15:32              the last time clocks showed that, in the local time zone
2026-02-07                   that day
2026-02-07 18:15[:32]        local time; a T may stand for the blank
2026-02-07T18:15:32.123Z     RFC 3339, as in a log

Capitals or not.
"""

from __future__ import annotations

import re
import time

from formats import timestamp
from formats.errors import SessionsError, printable

US_PER_S = 1_000_000
_DAY_S = 86_400
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": _DAY_S, "w": 7 * _DAY_S}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FEWEST_LETTERS = 3

_AGO = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)([smhdw])(?: ago)?", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?", re.ASCII)
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[t ](\d{1,2}):(\d\d)(?::(\d\d))?)?", re.ASCII)


class WhenError(SessionsError):
    """It is written in no known way."""


def moment_us(text: str, now_us: int, *, end: bool = False) -> int:
    """The moment that `text` names, in microseconds since the epoch.

    Of a whole day its beginning, with `end` its last microsecond; of a minute or a second in the
    same way. Raises WhenError.
    """
    wanted = text.strip().lower()
    if found := _AGO.fullmatch(wanted):
        return now_us - round(float(found[1]) * _UNITS_S[found[2]] * US_PER_S)
    if wanted == "now":
        return now_us
    try:
        span = _span(wanted, time.localtime(now_us // US_PER_S), now_us)
    except (ValueError, OverflowError):
        span = None
    if span is None:
        raise WhenError(
            f"{printable(text)!r} is no moment: write 2h, yesterday, 18:15, 2026-02-07 or "
            "'2026-02-07 18:15'"
        )
    first_us, after_us = span
    return after_us - 1 if end else first_us


def _span(text: str, now: time.struct_time, now_us: int) -> tuple[int, int] | None:
    """The first microsecond of what is named, and the first after it."""
    days_ago = _days_ago(text, now)
    if days_ago is not None:
        return _local_us(now, -days_ago), _local_us(now, 1 - days_ago)
    if found := _CLOCK.fullmatch(text):
        clock = _clock(*found.groups())
        length_us = (1 if found[3] else 60) * US_PER_S
        first_us = _local_us(now, 0, clock)
        if first_us > now_us:
            first_us = _local_us(now, -1, clock)
        return first_us, first_us + length_us
    if found := _DATE.fullmatch(text):
        year, month, day, hour, minute, second = found.groups()
        date = time.strptime(f"{year}-{month}-{day}", "%Y-%m-%d")
        if hour is None:
            return _local_us(date, 0), _local_us(date, 1)
        first_us = _local_us(date, 0, _clock(hour, minute, second))
        return first_us, first_us + (1 if second else 60) * US_PER_S
    exact_us = timestamp.parse(text.upper())
    return exact_us, exact_us + 1


def _days_ago(text: str, now: time.struct_time) -> int | None:
    if text in ("today", "yesterday"):
        return int(text == "yesterday")
    if len(text) < _FEWEST_LETTERS:
        return None
    named = [number for number, name in enumerate(_WEEKDAYS) if name.startswith(text)]
    return (now.tm_wday - named[0]) % 7 if named else None


def _clock(hour: str, minute: str, second: str | None) -> tuple[int, int, int]:
    clock = int(hour), int(minute), int(second or 0)
    if clock > (23, 59, 59) or max(clock[1:]) > 59:  # noqa: PLR2004
        raise ValueError(hour)
    return clock


def _local_us(day: time.struct_time, later: int, clock: tuple[int, int, int] = (0, 0, 0)) -> int:
    """That time of the day `later` days after `day`, whatever summer time does."""
    date = (day.tm_year, day.tm_mon, day.tm_mday + later)
    return round(time.mktime((*date, *clock, 0, 0, -1))) * US_PER_S
