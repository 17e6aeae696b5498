"""`cs-ls`: the sessions that were recorded, newest first."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

from player.cli.console import UsageError, checked, command_parser, say
from player.selecting import SESSIONS_HELP, add_filters, filters_of, selected

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterable, Sequence

    from formats.store import Listed

PROG = "cs-ls"
_STDOUT, _STDERR = 1, 2
_USUAL_WIDTH = 80
_REBUILD_S = 0.2
# What a person waits for without noticing; the next call goes on.

_DESCRIPTION = """\
List what was recorded, the newest first.

Of each session id, start, length, size on disk, exit status, command, title and directory. Without
SESSION all of them.
"""
_EPILOG = """\
output:
  On a terminal a table that fits into it. Else one session a line, the columns in full, a tab
  between them, no headings. Times are those of your time zone.
  EXIT is the command's exit status, the signal that ended it, "recording" while it runs, or - when
  the recorder could not write how it ended. TITLE is a file's name for a log that lies elsewhere.
  --json, one object a line: session_id, path, recording, start, end, length_s, size_bytes,
  exit_status, exit_signal, exit_reason, command, title, tags, pinned, cwd, term, cols, rows,
  entries, input_bytes, output_bytes, log_bytes, segments, markers

examples:
  cs-ls                                   all sessions
  cs-ls -n 5                              the last five
  cs-ls last 3f2a talk.jsonl.zst          these, by id or path
  cs-ls --json | jq -r 'select(.exit_status != 0) | .session_id'

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
        say(PROG, f"no session is recorded yet in {home.logs}: cs-rec makes one")
    for line in _lines(listed[: typed.number], json_wanted=typed.json):
        print(line)
    if os.isatty(_STDERR):
        from formats.notices import take_notice  # noqa: PLC0415  only where it will be seen

        for words in take_notice(home, time.time_ns() // 1000):
            say(PROG, words)
    return 0


def parser() -> ArgumentParser:
    """The parser of `cs-ls`."""
    made = command_parser(PROG, "[options] [SESSION ...]", _DESCRIPTION, _EPILOG)
    made.add_argument("sessions", metavar="SESSION", nargs="*", help=SESSIONS_HELP)
    made.add_argument("-n", "--number", metavar="N", type=checked(_count), help="only the newest N")
    add_filters(made)
    made.add_argument("--json", action="store_true", help="one JSON object a line")
    return made


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise UsageError(f"{text!r} is no number of sessions")
    return int(text)


def _lines(listed: Sequence[Listed], *, json_wanted: bool) -> Iterable[str]:
    from player.listing import as_json, row, tabbed, table  # noqa: PLC0415

    now_us = time.time_ns() // 1000
    if json_wanted:
        return (json.dumps(as_json(one, now_us), ensure_ascii=False) for one in listed)
    if not os.isatty(_STDOUT):
        return tabbed(row(one, now_us) for one in listed)
    if not listed:
        return ()
    width = os.get_terminal_size(_STDOUT).columns or _USUAL_WIDTH
    return table([row(one, now_us, os.path.expanduser("~")) for one in listed], width)
