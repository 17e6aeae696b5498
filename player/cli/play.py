"""`cs-play`: what may be typed after it. What it then does is `player.playing`'s."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from player.cli.console import SESSION_HELP, checked, command_parser, number
from player.loop import FASTEST, SLOWEST
from player.times import parse

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence

PROG = "cs-play"
_LONGEST_IDLE_S = 1e9

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
Everything before --from and --at is drawn at once (or written), so that the screen is right.

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
    typed = parser().parse_args(argv)
    from player.playing import Options, run  # noqa: PLC0415  not for --help and wrong usage

    options = Options(
        home=typed.home,
        session=typed.session,
        start=typed.start,
        at=typed.at,
        end=typed.end,
        speed=typed.speed,
        idle_limit_s=typed.idle_limit,
        repeat=typed.loop,
        timed=not typed.no_timing,
    )
    return run(PROG, options)


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


def _idle_limit(text: str) -> float:
    """Seconds; `none` is infinity."""
    if text == "none":
        return math.inf
    seconds = number(0, _LONGEST_IDLE_S)(text)
    if seconds == 0:
        raise ValueError("0 would leave no time at all: --no-timing plays so")
    return seconds
