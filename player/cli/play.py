"""`cs-play`: what may be typed after it. What it then does is `player.playing`'s."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

from formats.size import parse_size
from player.cli.arguments import SESSION_HELP, checked, command_parser, number
from player.console import UsageError
from player.drawing import FORMS
from player.playing.playhead import FASTEST, SLOWEST
from player.position import parse

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence

PROG = "cs-play"
_LONGEST_IDLE_S = 1e9

_DESCRIPTION = """\
Play recorded sessions as they were: what the screen showed, when it showed it.
"""
_EPILOG = """\
keys (h shows them all):
  space      pause, go on              {  }       half, double speed; Backspace: speed 1
  ← → ↓ ↑    5 seconds, 1 minute       0 … 9      to 0 %, 10 % … 90 %
  ,  .       an entry back, on         <  >       a visible change back, on
  [  ]       marker before, after      :          go to 1:30, 50%, 18:15:32, +10s, marker:x
  /  n  N    find on the screen        Ctrl-O     back to before the last jump
  Enter  s   skip this wait, all       m  y  S    mark, copy, save
  q          quit                      Q          quit; --resume goes on there

times (T):
  90, 1:30, 1:02:03.5    since the beginning of the session
  50%                    that part of it
  18:15:32, @18:15       the clock on the wall in your time zone; with two digits of hours, and
                         only if the session ran at that time; @ always means the clock
  2026-02-07T18:15:32Z   that moment

output:
  On a terminal the screen is drawn as it was: nothing of the recording but text and style gets to
  your terminal, whatever it holds. --raw passes the recorded bytes on instead, as cat would, and
  resets at the end what they left behind: a hostile recording can then set your clipboard and
  title. --filtered passes on what cannot. When stdout is no terminal, the bytes are written as
  they are and without delay (--filtered: without what acts on terminals); with --speed, at their
  time.

examples:
  cs-play last                     play the session recorded last
  cs-play 3f2a --speed 2           twice as fast
  cs-play last --idle-limit 1      no wait longer than a second
  cs-play last --at 12:30          from 12 minutes 30 on
  cs-play last --from 50% --loop   the second half, again and again
  cs-play last --follow            a session that is being recorded, live
  cs-play last --find 'tests? failed'   the first moment at which that stood on the screen
  cs-play last --dump-at 1:30      the screen at that moment, as text; --svg, --html, --ansi
  cs-play last --dump-at 1:30 --png > screen.png
  cs-play talk.jsonl.zst           a log file, wherever it lies
  cs-play last > bytes             all that was written to the screen
  cs-play last --filtered | less -R

exit status: 0 played or quit, 2 an error, 128+N ended by signal N (Ctrl-C: 130).
"""


def main(argv: Sequence[str]) -> int:
    """Play a session; the exit code is in --help."""
    typed = parser().parse_args(argv)
    from player.playing import run  # noqa: PLC0415
    from player.playing.plan import Options  # noqa: PLC0415  not for --help and wrong usage

    if typed.form is not None and typed.dump_at is None:
        raise UsageError(f"--{typed.form} says how --dump-at T writes the screen: give that too")
    if typed.raw and typed.filtered:
        raise UsageError("--raw passes all on, --filtered does not: give one of them")
    if typed.form == "png" and sys.stdout.isatty():
        raise UsageError("a picture is no text for a terminal: --png > FILE")
    options = Options(
        home=typed.home,
        sessions=tuple(typed.session),
        start=typed.start,
        at=typed.at,
        end=typed.end,
        speed=typed.speed,
        idle_limit_s=typed.idle_limit,
        repeat=typed.loop,
        timed=not typed.no_timing,
        raw=typed.raw,
        filtered=typed.filtered,
        follow=typed.follow,
        bare=typed.bare,
        fit=typed.fit,
        links=typed.links,
        mouse=not typed.no_mouse,
        resume=typed.resume,
        paused=typed.paused,
        find=typed.find,
        size=typed.size,
        width=typed.width,
        dump_at=typed.dump_at,
        dump_as=typed.form or "text",
    )
    return run(PROG, options)


def parser() -> ArgumentParser:
    """The parser of `cs-play`."""
    made = command_parser(PROG, "[options] SESSION...", _DESCRIPTION, _EPILOG)
    made.add_argument(
        "session", metavar="SESSION", nargs="+", help=SESSION_HELP + "; several play in a row"
    )
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
    add("-p", "--paused", action="store_true", help="begin paused")
    add("-f", "--follow", action="store_true", help="begin at the end, and go on as it is recorded")
    add("--resume", action="store_true", help="go on where Q was pressed in this session")
    add(
        "--find",
        metavar="PATTERN",
        help="go to where PATTERN (a regular expression) first stood on "
        "the screen, and pause; with --at, only mark it there",
    )
    _add_view(made)
    _add_dump(made)
    return made


def _add_view(made: ArgumentParser) -> None:
    add = made.add_argument_group("the view").add_argument
    add("--bare", action="store_true", help="no bar: nothing but the recording (o shows the bar)")
    add(
        "--fit",
        action="store_true",
        help="leave out rows and columns that repeat the one before, where the window is smaller "
        "than the recording (default: show a part of it; H J K L move it)",
    )
    add("--links", action="store_true", help="let links to http and https through (OSC 8)")
    add("--no-mouse", action="store_true", help="leave the mouse to the terminal")
    add(
        "--size",
        metavar="COLSxROWS",
        type=checked(parse_size),
        help="the recorded terminal's size (default: as the log says, or else lets guess)",
    )
    add(
        "--width",
        choices=("grapheme", "legacy"),
        default="grapheme",
        help="how wide characters are: joined emoji as one, as in today's terminals, or each code "
        "point by itself, as in older ones (default: grapheme)",
    )
    add(
        "--raw",
        action="store_true",
        help="pass the recorded bytes on as they are, whatever they do to the terminal; only "
        "space, . { } Backspace and q are keys then",
    )
    add(
        "--filtered",
        action="store_true",
        help="as --raw, but of the bytes only text, style and moves: no title, clipboard, link, "
        "question or mode gets through; for pipes too",
    )


def _add_dump(made: ArgumentParser) -> None:
    add = made.add_argument_group("one moment").add_argument
    add(
        "--dump-at",
        metavar="T",
        type=checked(parse),
        help="write the screen as it was at T, and play nothing",
    )
    for form in FORMS[1:]:
        what = "text and colours" if form == "ansi" else form.upper()
        add(
            f"--{form}",
            dest="form",
            action="store_const",
            const=form,
            help=f"--dump-at as {what}",
        )


def _idle_limit(text: str) -> float:
    """Seconds; `none` is infinity."""
    if text == "none":
        return math.inf
    seconds = number(0, _LONGEST_IDLE_S)(text)
    if seconds == 0:
        raise ValueError("0 would leave no time at all: --no-timing plays so")
    return seconds
