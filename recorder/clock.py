"""The session's clock: wall time at its start plus the time that has really passed since.

So no step of the wall clock, and no sleep of the machine, makes times run backwards or gaps lie.
"""

from __future__ import annotations

import time

# BOOTTIME counts while the machine sleeps, as the user's day does; macOS has only MONOTONIC.
_ELAPSED = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock:
    """Gives microseconds since the epoch that never run backwards."""

    __slots__ = ("_origin_ns",)

    def __init__(self) -> None:
        self._origin_ns = time.time_ns() - time.clock_gettime_ns(_ELAPSED)

    def now_us(self) -> int:
        """Wall time at the session's start plus what has passed since."""
        return (self._origin_ns + time.clock_gettime_ns(_ELAPSED)) // 1000

    def offset_us(self) -> int:
        """How far the wall clock, which may have been set since, is ahead of `now_us` now."""
        return time.time_ns() // 1000 - self.now_us()
