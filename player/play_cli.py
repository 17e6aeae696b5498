"""`cs-play`: play a session in the terminal, or write its bytes to a pipe."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, NamedTuple

from formats.entry import event_size
from formats.errors import LogError, printable
from formats.layout import Home
from formats.session import Damage, Session
from formats.size import DEFAULT_SIZE, Size
from formats.store import resolve
from player.console import (
    SESSION_HELP,
    UsageError,
    checked,
    command_parser,
    number,
    say,
    say_damage,
)
from player.loop import BATCH_BYTES, FASTEST, SLOWEST, Loop
from player.passthrough import PassThrough
from player.terminal import Stopped, Terminal, clock_us, open_keyboard
from player.timeline import at_once, timeline
from player.times import Place, Span, elapsed, parse

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator, Sequence

    from formats.entry import Entry
    from player.timeline import Moment

PROG = "cs-play"
_STDOUT = 1
_US_PER_S = 1_000_000
_LONGEST_IDLE_S = 1e9
_INTERRUPTED = 130

_DESCRIPTION = """\
Play SESSION as it was: what its screen showed, when it showed it.
"""
_EPILOG = """\
keys:
  space      pause, go on              {  }       half, double speed
  .          pause, then one entry     Backspace  speed 1
  q, Ctrl-C  quit                      Ctrl-Z     suspend; fg draws the screen anew

times (T):
  90, 1:30, 1:02:03.5    since the beginning of the session
  50%                    that part of it
  18:15:32, @18:15       the clock on the wall in your time zone; with two digits of hours, and
                         only if the session ran at that time; @ always means the clock
  2026-02-07T18:15:32Z   that moment
Everything before --from and --at is drawn at once, so that the screen is right.

output:
  On a terminal the recorded bytes are passed on, and what they left behind (modes, alternate
  screen, colours) is reset at the end. When stdout is no terminal they are written as they are
  and without delay, as cat would; with --speed, at their time.

examples:
  cs-play last                     play the session recorded last
  cs-play 3f2a --speed 2           twice as fast
  cs-play last --idle-limit 1      no wait longer than a second
  cs-play last --at 12:30          from 12 minutes 30 on
  cs-play last --from 50% --loop   the second half, again and again
  cs-play talk.jsonl.zst           a log file, wherever it lies
  cs-play last > bytes             all that was written to the screen

exit status: 0 played or quit, 2 an error, 128+N ended by signal N (Ctrl-C: 130).
"""


def main(argv: Sequence[str]) -> int:
    """Play a session; the exit code is in --help."""
    options = parser().parse_args(argv)
    session = resolve(Home.of(os.environ, options.home), options.session)
    plan = _plan(options, session)
    damage = Damage()
    interactive = options.speed is not None or os.isatty(_STDOUT)
    if interactive:
        _say_if_too_large(plan)
        code = _play(plan, damage, speed=options.speed or 1.0, repeat=options.loop)
    else:
        code = _copy(plan, damage, repeat=options.loop)
    say_damage(PROG, damage)
    return code


def parser() -> ArgumentParser:
    """The parser of `cs-play`."""
    made = command_parser(PROG, "[options] SESSION", _DESCRIPTION, _EPILOG)
    made.add_argument("session", metavar="SESSION", help=SESSION_HELP)
    playing = made.add_argument_group("playing")
    add = playing.add_argument
    add(
        "-s",
        "--speed",
        metavar="N",
        type=number(SLOWEST, FASTEST),
        help="times as fast (default: 1; from 0.01 to 1000)",
    )
    add(
        "-i",
        "--idle-limit",
        "--max-wait",
        metavar="S",
        type=checked(_idle_limit),
        help="no wait longer than S seconds, counted before --speed; none: every wait in full "
        "(default: what was set when recording, else none)",
    )
    add("--from", dest="start", metavar="T", type=checked(parse), help="play from T on")
    add("--to", dest="end", metavar="T", type=checked(parse), help="play up to T")
    add(
        "--at",
        metavar="T",
        type=checked(parse),
        help="begin at T; with --loop, later rounds begin at --from",
    )
    add("-l", "--loop", action="store_true", help="begin anew at the end, until you quit")
    add("--no-timing", action="store_true", help="no waits at all")
    add(
        "--raw",
        action="store_true",
        help="pass the recorded bytes on as they are (today there is no other way)",
    )
    return made


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


def _plan(options: Namespace, session: Session) -> _Plan:
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
    limit_us = _idle_limit_us(options.idle_limit, first)
    return _Plan(session, first, start_us, at_us, end_us, limit_us, not options.no_timing)


def _last_us(session: Session, first_us: int) -> int:
    """The time of the session's last entry: mostly, reading its last file is enough."""
    try:
        in_the_end = Session.at(session.files()[-1]).entries()
        return max((entry.time_us for entry in in_the_end), default=first_us)
    except (LogError, OSError, IndexError):  # that file is damaged, or was sealed just now
        return max((entry.time_us for entry in session.entries()), default=first_us)


def _idle_limit(text: str) -> float:
    """Seconds; `none` is infinity."""
    if text == "none":
        return math.inf
    seconds = number(0, _LONGEST_IDLE_S)(text)
    if seconds == 0:
        raise ValueError("0 would leave no time at all: --no-timing plays so")
    return seconds


def _idle_limit_us(asked_s: float | None, first: Entry) -> int | None:
    """The limit that was asked for, else the one that the recording states."""
    limit_s = asked_s
    if limit_s is None and first.event is not None and first.event["type"] == "start":
        limit_s = first.event.get("idle_limit_s")
    if not limit_s or limit_s > _LONGEST_IDLE_S:
        return None
    return round(limit_s * _US_PER_S)


def _say_if_too_large(plan: _Plan) -> None:
    """One line, before anything is drawn, if the recorded screen is larger than the window."""
    if not os.isatty(_STDOUT):
        return
    recorded = _size(plan)
    window = os.get_terminal_size(_STDOUT)
    if recorded.cols > window.columns > 0 or recorded.rows > window.lines > 0:
        words = (
            f"recorded at {recorded.cols}x{recorded.rows}, this window has "
            f"{window.columns}x{window.lines}: lines will break elsewhere than they did"
        )
        say(PROG, words)


def _size(plan: _Plan) -> Size:
    event = plan.first.event
    return (event and event_size(event)) or DEFAULT_SIZE


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


def _copy(plan: _Plan, damage: Damage, *, repeat: bool) -> int:
    """The bytes without delay, joined to larger pieces."""
    number = 0
    while number == 0 or repeat:
        pieces: list[bytes] = []
        size_bytes = 0
        for moment in plan.replay(number, None if number else damage):
            pieces.append(moment.entry.data)
            size_bytes += len(moment.entry.data)
            if size_bytes >= BATCH_BYTES:
                _write(b"".join(pieces))
                pieces.clear()
                size_bytes = 0
        _write(b"".join(pieces))
        number += 1
    return 0


def _write(data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(_STDOUT, left) :]
