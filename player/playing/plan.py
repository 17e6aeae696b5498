"""What is to be played: options as typed, and as times of the session they are about."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from formats.entry import event_size
from formats.errors import LogError, printable
from player.console import UsageError
from player.position import Place, Span
from player.replay.timeline import at_once, timeline
from player.times import elapsed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formats.damage import Damage
    from formats.entry import Entry
    from formats.session import Session
    from formats.size import Size
    from player.replay.timeline import Moment
    from player.screen import Width

_US_PER_S = 1_000_000
# Read in 10 ms; programs show their frame at once, and it is only for a word of warning.
_JUDGED_BYTES = 1 << 16


class Options(NamedTuple):
    """What is to be played and how.

    `speed` None is 1 on a terminal, and no delay elsewhere. `idle_limit_s` None is the recording's
    own limit, infinity none at all. `start`, `at` and `end` None are the session's first moment,
    `start`, and the last. `filtered`: the bytes without what could act on a terminal. `resume`:
    from the place that was remembered. `find`: a pattern to be looked for and marked. `dump_at`: a
    moment to be written in the form `dump_as`.
    """

    home: str | None
    sessions: tuple[str, ...]
    start: Place | None = None
    at: Place | None = None
    end: Place | None = None
    speed: float | None = None
    idle_limit_s: float | None = None
    repeat: bool = False
    timed: bool = True
    raw: bool = False
    filtered: bool = False
    follow: bool = False
    bare: bool = False
    fit: bool = False
    links: bool = False
    mouse: bool = True
    resume: bool = False
    paused: bool = False
    find: str | None = None
    size: Size | None = None
    width: Width = "grapheme"
    dump_at: Place | None = None
    dump_as: str = "text"


class Plan(NamedTuple):
    """What is to be played, in microseconds since the session's first entry."""

    session: Session
    first: Entry
    size: Size | None
    start_us: int
    at_us: int
    end_us: int | None
    idle_limit_us: int | None
    timed: bool

    def replay(self, number: int, damage: Damage | None = None) -> Iterator[Moment]:
        """The moments of a round: the first begins at `at_us`, the others at `start_us`."""
        moments = timeline(
            self.session.entries(damage),
            origin_us=self.first.time_us,
            start_us=self.start_us if number else self.at_us,
            end_us=self.end_us,
            idle_limit_us=self.idle_limit_us,
        )
        return moments if self.timed else at_once(moments)


def make_plan(options: Options, session: Session) -> Plan:
    """The plan of one session. Raises LogError, UsageError and TimeError."""
    first = next(session.entries(), None)
    if first is None:
        raise LogError(f"{printable(session.path, 200)} holds no log entry")
    places: list[Place | None] = [options.start, options.at, options.end]
    last_us = first.time_us
    if any(place is not None and place.needs_end for place in places):
        last_us = session.last_us() or last_us
    span = Span(first.time_us, last_us)
    start_us, at_us, end_us = (place and place.position_us(span) for place in places)
    start_us = start_us or 0
    at_us = start_us if at_us is None else at_us
    if at_us < start_us:
        raise UsageError(f"--at ({elapsed(at_us)}) lies before --from ({elapsed(start_us)})")
    if end_us is not None and end_us < at_us:
        raise UsageError(f"--to ({elapsed(end_us)}) lies before the start ({elapsed(at_us)})")
    limit_us = _idle_limit_us(options.idle_limit_s, first)
    return Plan(session, first, options.size, start_us, at_us, end_us, limit_us, options.timed)


def _idle_limit_us(asked_s: float | None, first: Entry) -> int | None:
    """The limit that was asked for, else the one that the recording states."""
    limit_s = asked_s
    if limit_s is None and first.event is not None and first.event["type"] == "start":
        limit_s = first.event.get("idle_limit_s")
    if not limit_s or not math.isfinite(limit_s):
        return None
    return round(limit_s * _US_PER_S)


def recorded_size(plan: Plan) -> tuple[Size, str]:
    """The size at the beginning; where the log does not state it, judged by its first output."""
    event = plan.first.event
    stated = event_size(event) if event is not None else None
    if stated is not None:
        return stated, ""
    from player.lines.sizing import initial_size  # noqa: PLC0415  only for other writers' logs

    return initial_size(_first_output(plan.session.entries())), " or more"


def _first_output(entries: Iterator[Entry]) -> Iterator[Entry]:
    size_bytes = 0
    for entry in entries:
        yield entry
        size_bytes += len(entry.data)
        if size_bytes > _JUDGED_BYTES:
            return
