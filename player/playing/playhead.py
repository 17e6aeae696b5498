"""Where the replay stands, as a value. Reads no clock: the wall time is always passed in."""

from __future__ import annotations

from typing import NamedTuple

PAUSED = 0.0
"""The speed at which no time passes."""
SLOWEST, FASTEST = 0.01, 1000.0
"""The speeds that may be asked for."""


class Playhead(NamedTuple):
    """A straight line from wall time to a place in the session; a new one where it bends.

    Pause, resume, seek and another speed give a new playhead that begins where the old one
    stands. Since everything is computed from the last bend, and nothing is summed up, the replay
    cannot drift.

    `wall_us` is the monotonic clock at the bend, `position_us` the place in the session then,
    `speed` session time per wall time; `PAUSED` stands still.
    """

    wall_us: int
    position_us: int = 0
    speed: float = 1.0

    @property
    def paused(self) -> bool:
        """Whether time stands still."""
        return self.speed == PAUSED

    def at(self, now_us: int) -> int:
        """The place in the session at wall time `now_us`."""
        return self.position_us + round((now_us - self.wall_us) * self.speed)

    def due_us(self, position_us: int) -> int | None:
        """The wall time at which `position_us` is reached; None while paused.

        A place that is already behind gives the wall time at which it was passed.
        """
        if self.paused:
            return None
        ahead_us = position_us - self.position_us
        return self.wall_us + round(ahead_us / self.speed)

    def at_speed(self, now_us: int, speed: float) -> Playhead:
        """From now on at another speed; `PAUSED` to pause."""
        return Playhead(now_us, self.at(now_us), speed)

    def moved_to(self, now_us: int, position_us: int) -> Playhead:
        """From now on elsewhere, at the same speed."""
        return Playhead(now_us, position_us, self.speed)
