"""`cs-text`: a whole session as readable text."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from formats import timestamp
from player.cli.arguments import SESSION_HELP, checked, command_parser
from player.console import say_damage
from player.position import Span, parse

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator, Sequence

    from formats.meta import Meta
    from player.lines.lineblock import ScreenLine

PROG = "cs-text"
_US_PER_S = 1_000_000

_DESCRIPTION = """\
Print all that stood on a session's screen as text: the transcript.

Each line comes once, in the order in which the lines came. Repaints, spinners and the frames of
boxes are left out.
"""
_EPILOG = """\
output:
  The lines, control characters escaped. --times puts before each when it was first to be seen:
  since the beginning, and the clock on the wall. --markdown makes a heading of each line that the
  user typed, and blocks of text of what came after it. --json, one object a line: session_id,
  first_s, first, last_s, last (seconds since the beginning, and RFC 3339), count, typed, text.

examples:
  cs-text last                       all of the last session
  cs-text 3f2a --from 12:30 --times  from a moment on
  cs-text last --markdown > talk.md  what was typed, and what came

exit status: 0, or 2 for an error.
"""


def main(argv: Sequence[str]) -> int:
    """Print the transcript of a session."""
    typed = parser().parse_args(argv)
    # Not for --help and wrong usage.
    from formats.damage import Damage  # noqa: PLC0415
    from formats.layout import Home  # noqa: PLC0415
    from formats.meant import meant  # noqa: PLC0415
    from player.index.sidecar import batches_of  # noqa: PLC0415
    from player.lines.lineblock import lines_in  # noqa: PLC0415
    from player.transcript.forms import markdown, plain, timed, title_of  # noqa: PLC0415
    from player.transcript.transcript import transcript  # noqa: PLC0415

    home = Home.of(os.environ, typed.home)
    one = meant(home, typed.session)
    damage = Damage()
    start_us = one.meta.start_us
    end_us = one.meta.end_us
    if end_us is None and any(place and place.needs_end for place in (typed.start, typed.to)):
        end_us = one.session.last_us()
    span = Span(start_us, end_us or start_us)
    since_us = start_us + typed.start.position_us(span) if typed.start else None
    until_us = start_us + typed.to.position_us(span) if typed.to else None
    reads = transcript(batches_of(home, one.session, damage=damage), since_us, until_us)
    end = "\n"
    printed: Iterator[str]
    if typed.json:
        printed = (_as_json(one.meta, line) for line in lines_in(reads))
    elif typed.markdown:
        printed = markdown(title_of(one.meta), one.meta, reads)
    elif typed.times:
        printed = timed(reads, start_us)
    else:
        printed, end = plain(reads), ""
    for piece in printed:
        print(piece, end=end)
    say_damage(PROG, damage)
    return 0


def parser() -> ArgumentParser:
    """The parser of `cs-text`."""
    made = command_parser(PROG, "[options] SESSION", _DESCRIPTION, _EPILOG)
    add = made.add_argument
    add("session", metavar="SESSION", help=SESSION_HELP)
    add("--from", dest="start", metavar="T", type=checked(parse),
        help="only what came from then on: 90, 1:30, 50%%, 18:15:32, as for cs-play")  # fmt: skip
    add("--to", metavar="T", type=checked(parse), help="only what came until then")
    forms = made.add_mutually_exclusive_group()
    forms.add_argument("--times", action="store_true", help="before each line when it came")
    forms.add_argument("--markdown", action="store_true", help="as Markdown")
    forms.add_argument("--json", action="store_true", help="one JSON object a line")
    return made


def _as_json(meta: Meta, line: ScreenLine) -> str:
    fields: dict[str, Any] = {
        "session_id": meta.session_id,
        "first_s": (line.first_us - meta.start_us) / _US_PER_S,
        "first": timestamp.text(line.first_us),
        "last_s": (line.last_us - meta.start_us) / _US_PER_S,
        "last": timestamp.text(line.last_us),
        "count": line.count,
        "typed": line.typed,
        "text": line.text,
    }
    return json.dumps(fields, ensure_ascii=False)
