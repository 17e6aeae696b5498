"""Times in words: those of the clock on the wall, and how long something took."""

from __future__ import annotations

import time

US_PER_S = 1_000_000
_MILLISECONDS_PER_MINUTE, _MILLISECONDS_PER_HOUR = 60_000, 3_600_000


def elapsed(us: int) -> str:
    """`0:01:23.456`: hours, minutes, seconds; rounded down to the millisecond.

    One digit of hours where one is enough: so `parse` always takes it for what it is.
    """
    ms = us // 1000
    hours, ms = divmod(ms, _MILLISECONDS_PER_HOUR)
    minutes, ms = divmod(ms, _MILLISECONDS_PER_MINUTE)
    return f"{hours}:{minutes:02d}:{ms // 1000:02d}.{ms % 1000:03d}"


def clock(us: int) -> str:
    """`18:15:32`: what clocks on the wall showed, in the local time zone."""
    return time.strftime("%H:%M:%S", localtime(us))


def date_and_clock(us: int) -> str:
    """`2026-02-07 18:15:32`, in the local time zone."""
    return time.strftime("%Y-%m-%d %H:%M:%S", localtime(us))


def localtime(us: int) -> time.struct_time:
    """The local time at a moment since the epoch."""
    return time.localtime(us // US_PER_S)
