"""`cs-export`: what may be typed after it. What it then does is `player.exporting.run`'s."""

from __future__ import annotations

import math
import os
from argparse import BooleanOptionalAction
from typing import TYPE_CHECKING

from formats.size import parse_size
from player.cli.apart import in_a_child
from player.cli.arguments import SESSION_HELP, checked, command_parser, number
from player.console import UsageError
from player.position import parse

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence

PROG = "cs-export"
_SLOWEST, _FASTEST = 0.01, 1000.0
_LONGEST_IDLE_S = 1e9

_DESCRIPTION = """\
Write a session to a file of another form: for other tools, a web page, another machine.
"""
_EPILOG = """\
forms, by the ending of FILE or by --format:
  .cast               asciinema's asciicast-v3 (also: asciicast-v2, asciicast-v1)
  .txt                what stood on the screen, each line once, as cs-text prints it
  .md                 the same as Markdown, under what was typed
  .html               one page that plays by itself in a browser: seek, speed, search, markers;
                      nothing is loaded from elsewhere
  .svg  .png          a picture of the screen at the end, or at --at T; .svg without --at moves
  .gif  .mp4  .webm   as it moved; the last two by ffmpeg
  .ttyrec             ttyrec, for ttyplay and termplay: output and sizes only
  .typescript         util-linux's typescript, with NAME.timing and, if anything was typed,
                      NAME.input beside it, for scriptreplay (also: typescript-classic)
  .raw                the bytes that were written to the screen
  .jsonl              the log as one file
  .tar.gz  .tar.zst   the log as it is, with marks and summary; the same bytes each time
  .gz, .zst or .xz after most of these compresses it (talk.cast.gz).
  What a form cannot hold is left out, and that is said.

times (T):
  90, 1:30, 1:02:03.5, 50%, 18:15:32, @18:15 and so on, as for cs-play

examples:
  cs-export last -o talk.cast                        for asciinema
  cs-export last -o part.cast --from 1:30 --to 2:00  half a minute of it
  cs-export 3f2a -o fast.cast --speed 2 --idle-limit 1
  cs-export last -o talk.html                        to look at in a browser
  cs-export last --format raw -o - | less -R
  cs-export last -o session.tar.zst                  to another machine, for cs-import

exit status: 0, or 2 for an error.
"""


def main(argv: Sequence[str]) -> int:
    """Export a session."""
    typed = parser().parse_args(argv)
    if typed.output is None and typed.format is None:
        raise UsageError(f"give -o FILE, whose ending says the form, or --format ({PROG} -h)")
    code = in_a_child(PROG, "nothing was exported; a file *.tmp may be left")
    if code is not None:
        return code
    from player.exporting.run import Request, export  # noqa: PLC0415  not for --help

    request = Request(
        home=typed.home,
        session=typed.session,
        output=typed.output,
        form=typed.format,
        start=typed.start,
        end=typed.end,
        at=typed.at,
        speed=typed.speed,
        idle_limit_s=typed.idle_limit,
        typed=not typed.no_input,
        size=typed.size,
        replace=typed.force,
        redact=typed.redact,
    )
    for path in export(PROG, request, os.environ):
        print(path)
    return 0


def parser() -> ArgumentParser:
    """The parser of `cs-export`."""
    made = command_parser(PROG, "[options] SESSION", _DESCRIPTION, _EPILOG)
    made.add_argument("session", metavar="SESSION", help=SESSION_HELP)
    where = made.add_argument_group("what is written").add_argument
    where(
        "-o",
        "--output",
        metavar="FILE",
        help="where to; - is stdout (default: the first characters of the id, in this folder)",
    )
    where("-f", "--format", metavar="FORM",
          help="the form, by its name or the ending it has, whatever the name of FILE")  # fmt: skip
    where("--force", action="store_true", help="replace FILE if it exists")
    what = made.add_argument_group("what of the session").add_argument
    what("--from", dest="start", metavar="T", type=checked(parse), help="from T on")
    what("--to", dest="end", metavar="T", type=checked(parse), help="up to T")
    what("--at", metavar="T", type=checked(parse), help="a picture of the moment T (.png, .svg)")
    what(
        "--redact",
        action=BooleanOptionalAction,
        help="mask secrets, best effort (default: in forms made to be shared, as .cast)",
    )
    what("--no-input", action="store_true", help="without what was typed")
    what(
        "-s",
        "--speed",
        metavar="N",
        type=number(_SLOWEST, _FASTEST),
        default=1.0,
        help="times as fast (default: 1)",
    )
    what(
        "-i",
        "--idle-limit",
        metavar="S",
        type=checked(_idle_limit),
        help="no wait longer than S seconds, counted before --speed",
    )
    what(
        "--size",
        metavar="COLSxROWS",
        type=checked(parse_size),
        help="the terminal's size, in place of all that the log says",
    )
    return made


def _idle_limit(text: str) -> float | None:
    """Seconds; `none` is no limit."""
    if text == "none":
        return None
    seconds = number(0, _LONGEST_IDLE_S)(text)
    if seconds == 0 or math.isnan(seconds):
        raise ValueError("0 would leave no time at all")
    return seconds
