"""`cs-ls`: the sessions that were recorded, newest first."""

from __future__ import annotations

import os
import time
from itertools import islice
from typing import TYPE_CHECKING

from player.cli.arguments import checked, command_parser
from player.cli.selecting import SESSIONS_HELP, add_filters, filters_of, none_yet, selected
from player.console import UsageError, say
from player.sessions.overview import STATES

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterable, Sequence

    from formats.layout import Home
    from formats.store import Listed
    from player.sessions.overview import Overview

PROG = "cs-ls"
_STDOUT, _STDERR = 1, 2
_USUAL_WIDTH = 80
_REBUILD_S = 0.2
# What a person waits for without noticing; the next call goes on.

_DESCRIPTION = """\
List what was recorded, newest first.

Says of each session what state it is in, how old it is, how long something was going on in it, what
it was about and where. Without SESSION all of them.
"""
_EPILOG = """\
output:
  On a terminal a table that fits into it. Else one session a line, the columns in full, a tab
  between them, no headings.
  STATE      recording; waiting (for you: the program called you, shows a prompt, or has been still
             for 10 s); done; failed, with the exit status or the signal
  AGE        since it began: 45s, 12m, 3h, 5d, 8w, 2y
  ACTIVE     how long something was written or typed; pauses of more than 5 s are left out
  LINES      how many lines of text were to be read on its screen
  TITLE      what you called it, else the title that the program gave its window, else the first
             line that was typed; a log's file name where it lies elsewhere
  SIZE       of its log on the disk; RATIO: how many times smaller that is than its lines
  ACTIVE, LINES and most titles come from the search index (cs-index); - is what it does not hold.
  --json, one object a line: session_id, path, state, recording, start, end, age_s, length_s,
  active_s, lines, entered (lines that were typed), size_bytes, ratio, exit_status, exit_signal,
  exit_reason, command, title (as shown), given_title, notification (the program's last, of a
  session that is recorded), tags, pinned, cwd, term, cols, rows, entries, input_bytes,
  output_bytes, log_bytes, segments, markers

examples:
  cs-ls                                   all sessions
  cs-ls -n 5                              the last five
  cs-ls --state waiting                   which of them wait for you
  cs-ls --cwd . --since monday            what was done in this folder this week
  cs-ls last 3f2a talk.jsonl.zst          these, by id or path
  cs-ls --json | jq -r 'select(.state == "failed") | .session_id'

exit status: 0, or 2 for an error.
"""


def main(argv: Sequence[str]) -> int:
    """List sessions."""
    typed = parser().parse_args(argv)
    # Not for --help and wrong usage.
    from formats.layout import Home  # noqa: PLC0415

    home = Home.of(os.environ, typed.home)
    filters, rebuild_s = filters_of(typed), None if typed.json else _REBUILD_S
    listed = selected(home, typed.sessions, filters, rebuild_s=rebuild_s)
    if not listed and filters:
        say(PROG, f"no session in {home.logs} is as the filters want it")
    elif not listed:
        say(PROG, none_yet(home))
    now_us = time.time_ns() // 1000
    shown = _overviews(home, listed, typed.state, typed.number, now_us)
    for line in _lines(shown, now_us, json_wanted=typed.json):
        print(line)
    if os.isatty(_STDERR):
        from formats.notices import take_notice  # noqa: PLC0415  only where it will be seen

        for words in take_notice(home, now_us):
            say(PROG, words)
    return 0


def _overviews(
    home: Home, listed: Sequence[Listed], states: Sequence[str], number: int | None, now_us: int
) -> list[Overview]:
    from player.sessions.overview import overview, with_lines  # noqa: PLC0415  not for --help

    found = (overview(home, one, now_us) for one in listed)
    wanted = (one for one in found if not states or one.state in states)
    return with_lines(home, list(islice(wanted, number)), now_us)


def parser() -> ArgumentParser:
    """The parser of `cs-ls`."""
    made = command_parser(PROG, "[options] [SESSION ...]", _DESCRIPTION, _EPILOG)
    made.add_argument("sessions", metavar="SESSION", nargs="*", help=SESSIONS_HELP)
    made.add_argument("-n", "--number", metavar="N", type=checked(_count), help="only the newest N")
    made.add_argument(
        "--state",
        metavar="STATE",
        action="append",
        choices=STATES,
        default=[],
        help=f"only sessions in this state: {', '.join(STATES)} (may be given again)",
    )
    add_filters(made)
    made.add_argument("--json", action="store_true", help="one JSON object a line")
    return made


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise UsageError(f"{text!r} is no number of sessions")
    return int(text)


def _lines(shown: Sequence[Overview], now_us: int, *, json_wanted: bool) -> Iterable[str]:
    from player.sessions.listing import as_json, row, tabbed, table  # noqa: PLC0415

    if json_wanted:
        import json  # noqa: PLC0415

        return (json.dumps(as_json(one, now_us), ensure_ascii=False) for one in shown)
    if not os.isatty(_STDOUT):
        return tabbed(row(one, now_us) for one in shown)
    if not shown:
        return ()
    width = os.get_terminal_size(_STDOUT).columns or _USUAL_WIDTH
    return table([row(one, now_us, os.path.expanduser("~")) for one in shown], width)
