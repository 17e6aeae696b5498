"""Playing a session: finds what is meant, and plays it on the terminal or writes it to a pipe."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, NamedTuple

from formats.entry import event_size
from formats.errors import LogError, printable
from formats.layout import Home
from formats.session import Damage, Session
from formats.store import resolve
from player.cli.console import UsageError, say, say_damage
from player.loop import BATCH_BYTES, Loop
from player.passthrough import PassThrough
from player.terminal import Stopped, Terminal, clock_us, open_keyboard
from player.timeline import at_once, timeline
from player.times import Place, Span, elapsed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formats.entry import Entry
    from formats.size import Size
    from player.timeline import Moment

_STDOUT = 1
_US_PER_S = 1_000_000
_INTERRUPTED = 130
# Read in 10 ms; programs show their frame at once, and it is only for a word of warning.
_JUDGED_BYTES = 1 << 16


class Options(NamedTuple):
    """What is to be played and how.

    `speed` None is 1 on a terminal, and no delay elsewhere. `idle_limit_s` None is the recording's
    own limit, infinity none at all. `start`, `at` and `end` None are the session's first moment,
    `start`, and the last.
    """

    home: str | None
    session: str
    start: Place | None = None
    at: Place | None = None
    end: Place | None = None
    speed: float | None = None
    idle_limit_s: float | None = None
    repeat: bool = False
    timed: bool = True


def run(prog: str, options: Options) -> int:
    """Play, and say what had to be skipped. Gives the exit code."""
    session = resolve(Home.of(os.environ, options.home), options.session)
    plan = _plan(options, session)
    damage = Damage()
    if options.speed is None and not os.isatty(_STDOUT):
        _copy(plan, damage, repeat=options.repeat)
        code = 0
    else:
        _say_if_too_large(prog, plan)
        code = _play(plan, damage, speed=options.speed or 1.0, repeat=options.repeat)
    say_damage(prog, damage)
    return code


class _Plan(NamedTuple):
    """What is to be played, in microseconds since the session's first entry."""

    session: Session
    first: Entry
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


def _plan(options: Options, session: Session) -> _Plan:
    first = next(session.entries(), None)
    if first is None:
        raise LogError(f"{printable(session.path, 200)} holds no log entry")
    places: list[Place | None] = [options.start, options.at, options.end]
    last_us = first.time_us
    if any(place is not None and place.needs_end for place in places):
        last_us = _last_us(session, first.time_us)
    span = Span(first.time_us, last_us)
    start_us, at_us, end_us = (place and place.position_us(span) for place in places)
    start_us = start_us or 0
    at_us = start_us if at_us is None else at_us
    if at_us < start_us:
        raise UsageError(f"--at ({elapsed(at_us)}) lies before --from ({elapsed(start_us)})")
    if end_us is not None and end_us < at_us:
        raise UsageError(f"--to ({elapsed(end_us)}) lies before the start ({elapsed(at_us)})")
    limit_us = _idle_limit_us(options.idle_limit_s, first)
    return _Plan(session, first, start_us, at_us, end_us, limit_us, options.timed)


def _last_us(session: Session, first_us: int) -> int:
    """The time of the session's last entry: mostly, reading its last file is enough."""
    try:
        in_the_end = Session.at(session.files()[-1]).entries()
        return max((entry.time_us for entry in in_the_end), default=first_us)
    except (LogError, OSError, IndexError):  # that file is damaged, or was sealed just now
        return max((entry.time_us for entry in session.entries()), default=first_us)


def _idle_limit_us(asked_s: float | None, first: Entry) -> int | None:
    """The limit that was asked for, else the one that the recording states."""
    limit_s = asked_s
    if limit_s is None and first.event is not None and first.event["type"] == "start":
        limit_s = first.event.get("idle_limit_s")
    if not limit_s or not math.isfinite(limit_s):
        return None
    return round(limit_s * _US_PER_S)


def _say_if_too_large(prog: str, plan: _Plan) -> None:
    """One line, before anything is drawn, if the recorded screen is larger than the window."""
    if not os.isatty(_STDOUT):
        return
    recorded, or_more = _size(plan)
    window = os.get_terminal_size(_STDOUT)
    if recorded.cols > window.columns > 0 or recorded.rows > window.lines > 0:
        words = (
            f"recorded at {recorded.cols}x{recorded.rows}{or_more}, this window has "
            f"{window.columns}x{window.lines}: lines will break elsewhere than they did"
        )
        say(prog, words)


def _size(plan: _Plan) -> tuple[Size, str]:
    """The size at the beginning; where the log does not state it, judged by its first output."""
    event = plan.first.event
    stated = event_size(event) if event is not None else None
    if stated is not None:
        return stated, ""
    from player.sizing import initial_size  # noqa: PLC0415  only for other writers' logs

    return initial_size(_first_output(plan.session.entries())), " or more"


def _first_output(entries: Iterator[Entry]) -> Iterator[Entry]:
    size_bytes = 0
    for entry in entries:
        yield entry
        size_bytes += len(entry.data)
        if size_bytes > _JUDGED_BYTES:
            return


def _play(plan: _Plan, damage: Damage, *, speed: float, repeat: bool) -> int:
    def replay(number: int) -> Iterator[Moment]:
        return plan.replay(number, None if number else damage)

    with Terminal(open_keyboard(), _STDOUT) as terminal:
        target = PassThrough(_STDOUT)
        try:
            ending = Loop(replay, target, terminal, clock_us).run(speed=speed, repeat=repeat)
        except Stopped as stopped:
            return 128 + stopped.number
        finally:
            if target.leave():
                terminal.swallow_answers()
    return _INTERRUPTED if ending == "interrupt" else 0


def _copy(plan: _Plan, damage: Damage, *, repeat: bool) -> None:
    """The bytes without delay, joined to larger pieces."""
    written_bytes = _copy_once(plan.replay(0, damage))
    number = 1
    while repeat and written_bytes:
        written_bytes = _copy_once(plan.replay(number))
        number += 1


def _copy_once(moments: Iterator[Moment]) -> int:
    pieces: list[bytes] = []
    size_bytes = written_bytes = 0
    for moment in moments:
        pieces.append(moment.entry.data)
        size_bytes += len(moment.entry.data)
        if size_bytes >= BATCH_BYTES:
            _write(b"".join(pieces))
            pieces.clear()
            written_bytes += size_bytes
            size_bytes = 0
    _write(b"".join(pieces))
    return written_bytes + size_bytes


def _write(data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(_STDOUT, left) :]
