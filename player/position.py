"""Places in a session as people write them.

    90  90.5  90s      seconds from the beginning
    1:30  1:02:03.5    minutes or hours too
    50%                that part of the session
    18:15:32           the clock on the wall, in the local time zone
    2026-02-07T18:15:32.123Z   that very moment (as cs-grep --json gives it)

`HH:MM:SS` with two digits of hours can be the clock or the time since the beginning. It is the
clock when the session was running at that time, else the time since the beginning; where both fit,
the person is asked to say which. A leading `@` always means the clock (`@18:15`), one digit of
hours always the beginning.
"""

from __future__ import annotations

import math
import re
import time
from typing import NamedTuple

from formats import timestamp
from formats.errors import SessionsError
from player.times import US_PER_S, clock, elapsed, localtime

_SECONDS_PER_DAY = 86_400
# Nobody records for a year; beyond it a float of seconds would begin to lose milliseconds.
_LONGEST_S = 366 * _SECONDS_PER_DAY
_SHORTEST_DATED = len("2026-02-07T18:15:32Z")

_SECONDS = r"(?a)(\d+(?:\.\d*)?|\.\d+)s?"
_PART = r"(?a)(\d+(?:\.\d*)?|\.\d+)%"
_COLONS = r"(?a)(@?)(?:(\d+):)?(\d+):(\d{1,2}(?:\.\d*)?)"


class TimeError(SessionsError):
    """A time that is written in no known way, or that is not in this session."""


class Span(NamedTuple):
    """The first and the last moment of a session, in microseconds since the epoch."""

    first_us: int
    last_us: int


class Place(NamedTuple):
    """A place in a session as it was asked for. Which one it is depends on the session.

    Exactly what was written is known: seconds from the beginning (`elapsed_us`), a time of day
    (`clock_us` since local midnight), either of these two, a part (0..1), or a moment in
    microseconds since the epoch.
    """

    text: str
    elapsed_us: int | None = None
    clock_us: int | None = None
    part: float | None = None
    moment_us: int | None = None

    @property
    def needs_end(self) -> bool:
        """Whether the session's end must be known to find it: for a long log, that costs."""
        return self.part is not None or self.clock_us is not None

    def position_us(self, span: Span) -> int:
        """Microseconds from the session's beginning, 0 at least.

        Only what `needs_end` looks at `span.last_us`. Raises TimeError for a time of day at which
        the session was not running, and for one that can be read in two ways.
        """
        if self.part is not None:
            return round((span.last_us - span.first_us) * self.part)
        if self.moment_us is not None:
            return max(0, self.moment_us - span.first_us)
        if self.clock_us is None:
            return self.elapsed_us or 0
        return self._on_the_clock(span, self.clock_us)

    def _on_the_clock(self, span: Span, clock_us: int) -> int:
        position_us = _next_time_of_day(span.first_us, clock_us) - span.first_us
        length_us = span.last_us - span.first_us
        if position_us > length_us:
            if self.elapsed_us is None or self.elapsed_us > length_us:
                message = (
                    f"{self.text} is not in this session, which ran from "
                    f"{clock(span.first_us)} to {clock(span.last_us)} ({elapsed(length_us)} long)"
                )
                raise TimeError(message)
            return self.elapsed_us
        if self.elapsed_us is not None and self.elapsed_us <= length_us:
            minutes, rest_us = divmod(self.elapsed_us, 60 * US_PER_S)
            message = (
                f"{self.text} can be the clock or the time since the beginning: write "
                f"@{self.text} for the clock, {minutes}:{rest_us / US_PER_S:02g} for the other"
            )
            raise TimeError(message)
        return position_us


def parse(text: str) -> Place:
    """The place that `text` asks for. Raises TimeError when it is no time."""
    if match := re.fullmatch(_SECONDS, text):
        return Place(text, elapsed_us=_microseconds(text, float(match[1])))
    if match := re.fullmatch(_PART, text):
        part = float(match[1]) / 100
        if part > 1:
            raise TimeError(f"{text!r} is more than the whole session")
        return Place(text, part=part)
    if match := re.fullmatch(_COLONS, text):
        return _with_colons(text, match)
    if len(text) >= _SHORTEST_DATED:
        try:
            return Place(text, moment_us=timestamp.parse(text))
        except ValueError:
            pass
    message = f"{text!r} is no time: write 90, 1:30, 1:02:03.5, 50% or 18:15:32"
    raise TimeError(message)


def _with_colons(text: str, match: re.Match[str]) -> Place:
    on_clock, hours, minutes, seconds = match.groups()
    if on_clock and hours is None:  # @18:15 has no seconds
        hours, minutes, seconds = minutes, seconds, "0"
        if "." in minutes:
            raise TimeError(f"{text!r} is no time of the day")
    if float(seconds) >= 60 or (hours is not None and int(minutes) >= 60):  # noqa: PLR2004
        raise TimeError(f"{text!r} is no time: minutes and seconds go to 59")
    total_s = int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds)
    total_us = _microseconds(text, total_s)
    of_the_day = total_s < _SECONDS_PER_DAY
    if on_clock:
        if not of_the_day:
            raise TimeError(f"{text!r} is no time of the day")
        return Place(text, clock_us=total_us)
    if hours is not None and len(hours) == 2 and of_the_day:  # noqa: PLR2004
        return Place(text, elapsed_us=total_us, clock_us=total_us)
    return Place(text, elapsed_us=total_us)


def _microseconds(text: str, seconds: float) -> int:
    if not math.isfinite(seconds) or seconds > _LONGEST_S:
        raise TimeError(f"{text!r} is longer than any session")
    return round(seconds * US_PER_S)


def _next_time_of_day(from_us: int, clock_us: int) -> int:
    """The first moment from `from_us` on at which local clocks show `clock_us` after midnight."""
    moment_us = 0
    local = localtime(from_us)
    for day in (0, 1):
        midnight = (local.tm_year, local.tm_mon, local.tm_mday + day)
        second, rest_us = divmod(clock_us, US_PER_S)
        # mktime takes hours, minutes and seconds by the clock, whatever summer time does that day.
        clock_time = (second // 3600, second // 60 % 60, second % 60)
        try:
            moment_s = round(time.mktime((*midnight, *clock_time, 0, 0, -1)))
        except OverflowError:
            raise TimeError("this session's date has no local time: give seconds") from None
        moment_us = moment_s * US_PER_S + rest_us
        if moment_us >= from_us:
            break
    return moment_us
