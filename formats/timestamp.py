"""Timestamps of the log: RFC 3339, UTC, milliseconds; integer microseconds since the epoch inside.

No datetime: importing it costs a start of the recorder 2 ms, using it costs every entry a
microsecond. Dates are computed by days since the epoch (H. Hinnant, "chrono-compatible low-level
date algorithms"), and whoever stamps or reads many neighbouring times does the date once a second.
"""

from __future__ import annotations

from functools import cache, lru_cache

US_PER_S = 1_000_000
_S_PER_DAY = 86_400
# 0000-01-01 and 9999-12-31 in days since 1970-01-01: what four digits of year can hold.
_FIRST_DAY, _LAST_DAY = -719_528, 2_932_896
_SHORTEST = len("2026-02-07T18:15:32Z")
_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MONTHS_PER_YEAR, _FEBRUARY, _LEAP_DAY = 12, 2, 29
_PLAIN_LENGTH = len("2026-02-07T18:15:32.123Z")


def _days_from_civil(year: int, month: int, day: int) -> int:
    year -= month <= _FEBRUARY
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * 146_097 + day_of_era - 719_468


def _civil_from_days(days: int) -> tuple[int, int, int]:
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (
        day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096
    ) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month_from_march + 2) // 5 + 1
    month = month_from_march + (3 if month_from_march < 10 else -9)  # noqa: PLR2004
    return year_of_era + era * 400 + (month <= _FEBRUARY), month, day


def second_text(second: int) -> bytes:
    """`2026-02-07T18:15:32` of a whole second since the epoch.

    Raises ValueError outside the years 0000 to 9999.
    """
    days, rest = divmod(second, _S_PER_DAY)
    if not _FIRST_DAY <= days <= _LAST_DAY:
        message = f"{second} seconds since 1970 lie outside the years 0000 to 9999"
        raise ValueError(message)
    year, month, day = _civil_from_days(days)
    return b"%04d-%02d-%02dT%02d:%02d:%02d" % (
        year, month, day, rest // 3600, rest // 60 % 60, rest % 60,
    )  # fmt: skip


class Stamper:
    """Microseconds since the epoch -> `2026-02-07T18:15:32.123Z`, the date computed once a second.

    Rounds down to the millisecond, so that a stamp is never later than what it stamps.
    """

    __slots__ = ("_milliseconds", "_prefix", "_second")

    def __init__(self) -> None:
        self._second: int | None = None
        self._prefix = b""
        self._milliseconds = _milliseconds()

    def stamp(self, time_us: int) -> bytes:
        """The text of one time; ValueError outside the years 0000 to 9999."""
        second, rest_us = divmod(time_us, US_PER_S)
        if second != self._second:
            self._prefix = second_text(second) + b"."
            self._second = second
        return self._prefix + self._milliseconds[rest_us // 1000]


@cache  # not made for who reads times only
def _milliseconds() -> tuple[bytes, ...]:
    return tuple(b"%03dZ" % ms for ms in range(1000))


class Parser:
    """`2026-02-07T18:15:32.123Z` -> microseconds since the epoch, the date computed once a second.

    What our own writer makes takes the short way. Other writers' RFC 3339 is read too: any
    number of decimals (those past the microsecond are cut), `z`, a blank for `T`, offsets as
    `+01:00`, and the leap second `:60`, which counts as the next second.
    """

    __slots__ = ("_prefix", "_second_us")

    def __init__(self) -> None:
        self._prefix = ""
        self._second_us = 0

    def parse(self, text: str) -> int:
        """The time in `text`; ValueError when it is not RFC 3339."""
        if len(text) == _PLAIN_LENGTH and text[19] == "." and text[23] == "Z":
            if text[:19] != self._prefix:
                self._second_us = _parse_second(text[:19]) * US_PER_S
                self._prefix = text[:19]
            return self._second_us + _digits(text[20:23]) * 1000
        return _parse_any(text)


def _digits(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        message = f"{text!r} are not digits"
        raise ValueError(message)
    return int(text)


def _parse_second(text: str) -> int:
    """Whole seconds since the epoch of `2026-02-07T18:15:32`, taken as UTC."""
    if text[4] + text[7] + text[13] + text[16] != "--::" or text[10] not in "Tt ":
        message = f"{text!r} is not a date and a time"
        raise ValueError(message)
    hour, minute, second = _digits(text[11:13]), _digits(text[14:16]), _digits(text[17:19])
    if hour > 23 or minute > 59 or second > 60:  # noqa: PLR2004
        message = f"{text!r} is no time of a day"
        raise ValueError(message)
    return _in_range(_days(text[:10]) * _S_PER_DAY + hour * 3600 + minute * 60 + second)


@lru_cache(maxsize=64)  # the days of a store's sessions are few
def _days(date: str) -> int:
    """Days since the epoch of `2026-02-07`."""
    year, month, day = _digits(date[:4]), _digits(date[5:7]), _digits(date[8:10])
    if not (1 <= month <= _MONTHS_PER_YEAR and 1 <= day <= _DAYS_IN_MONTH[month - 1]):
        message = f"{date!r} is no day of the calendar"
        raise ValueError(message)
    if (month, day) == (_FEBRUARY, _LEAP_DAY) and (year % 4 or (not year % 100 and year % 400)):
        message = f"{date!r}: {year} has no 29 February"
        raise ValueError(message)
    return _days_from_civil(year, month, day)


def _in_range(second: int) -> int:
    """An offset or a leap second may lead out of the years that can be written again."""
    if not _FIRST_DAY <= second // _S_PER_DAY <= _LAST_DAY:
        message = f"{second} seconds since 1970 lie outside the years 0000 to 9999"
        raise ValueError(message)
    return second


def _parse_any(text: str) -> int:
    if len(text) < _SHORTEST:
        message = f"{text!r} is too short for RFC 3339"
        raise ValueError(message)
    second = _parse_second(text[:19])
    rest = text[19:]
    fraction_us = 0
    if rest[0] == ".":
        end = 1
        while end < len(rest) and rest[end].isdigit():
            end += 1
        fraction_us = _digits(rest[1:end][:6].ljust(6, "0")) if end > 1 else _digits("")
        rest = rest[end:]
    return _in_range(second - _offset_s(rest)) * US_PER_S + fraction_us


def _offset_s(text: str) -> int:
    if text in ("Z", "z"):
        return 0
    if len(text) != len("+01:00") or text[0] not in "+-" or text[3] != ":":
        message = f"{text!r} is not Z or an offset as +01:00"
        raise ValueError(message)
    offset_s = _digits(text[1:3]) * 3600 + _digits(text[4:6]) * 60
    return offset_s if text[0] == "+" else -offset_s


def text(time_us: int) -> str:
    """One time as `2026-02-07T18:15:32.123Z`. For many, keep a `Stamper`."""
    return Stamper().stamp(time_us).decode("ascii")


def parse(stamp: str) -> int:
    """Microseconds since the epoch of one RFC 3339 time. For many, keep a `Parser`."""
    return Parser().parse(stamp)
