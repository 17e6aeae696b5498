"""`cs-ls`: the sessions that were recorded, newest first."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

from formats.layout import Home, parse_log_name
from formats.meta import rebuild
from formats.session import Session
from formats.store import Listed, is_recording, listing, look_up, resolve
from player.console import SESSION_HELP, UsageError, checked, command_parser, say
from player.listing import Shown, as_json, row, tabbed, table

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterable, Iterator, Sequence

PROG = "cs-ls"
_STDOUT = 1
_USUAL_WIDTH = 80

_DESCRIPTION = """\
List what was recorded, newest first: id, start, length, size on disk, exit status, command, title,
directory. Without SESSION all of them.
"""
_EPILOG = """\
output:
  On a terminal a table that fits into it. Else one session a line, the columns in full, a tab
  between them, no headings. Times are those of your time zone.
  EXIT is the command's exit status, the signal that ended it, "recording" while it runs, or - when
  the recorder could not write how it ended.
  --json, one object a line: session_id, path, recording, start, end, length_s, size_bytes,
  exit_status, exit_signal, exit_reason, command, title, tags, cwd, term, cols, rows, entries,
  input_bytes, output_bytes, log_bytes, segments, markers

examples:
  cs-ls                                   all sessions
  cs-ls -n 5                              the last five
  cs-ls last 3f2a talk.jsonl.zst          these, by id or path
  cs-ls --json | jq -r 'select(.exit_status != 0) | .session_id'

exit status: 0, or 2 for an error.
"""


def main(argv: Sequence[str]) -> int:
    """List sessions."""
    options = parser().parse_args(argv)
    home = Home.of(os.environ, options.home)
    if options.sessions:
        listed = [_look_up(home, text) for text in options.sessions]
        listed.sort(key=lambda one: one.meta.start_us, reverse=True)
    else:
        listed = listing(home)
    if not listed:
        say(PROG, f"no session is recorded yet in {home.logs}: cs-rec makes one")
    shown = _with_sizes(home, listed[: options.number])
    for line in _lines(shown, json_wanted=options.json):
        print(line)
    return 0


def parser() -> ArgumentParser:
    """The parser of `cs-ls`."""
    made = command_parser(PROG, "[options] [SESSION ...]", _DESCRIPTION, _EPILOG)
    made.add_argument("sessions", metavar="SESSION", nargs="*", help=SESSION_HELP)
    made.add_argument("-n", "--number", metavar="N", type=checked(_count), help="only the newest N")
    made.add_argument("--json", action="store_true", help="one JSON object a line")
    return made


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise UsageError(f"{text!r} is no number of sessions")
    return int(text)


def _look_up(home: Home, text: str) -> Listed:
    session = resolve(home, text)
    found = None
    if session.path == home.log(session.id):
        found = look_up(session, home.meta(session.id))
    return found or Listed(session, rebuild(session), is_recording(session))


def _with_sizes(home: Home, listed: Iterable[Listed]) -> list[Shown]:
    """The sessions with what they take on disk; those in the store by one look at its folder."""
    now_us = time.time_ns() // 1000
    in_store = _sizes(home)
    return [
        Shown(one, in_store[one.session.id], now_us)
        if one.session.path == home.log(one.session.id) and one.session.id in in_store
        else Shown(one, one.session.size_bytes(), now_us)
        for one in listed
    ]


def _sizes(home: Home) -> dict[str, int]:
    """Session id -> bytes of its log files."""
    sizes: dict[str, int] = {}
    try:
        with os.scandir(home.logs) as files:
            for file in files:
                name = parse_log_name(file.name)
                if name is not None:
                    size_bytes = file.stat(follow_symlinks=False).st_size
                    sizes[name.session_id] = sizes.get(name.session_id, 0) + size_bytes
    except FileNotFoundError:  # no store yet, or a file was sealed just now
        pass
    return sizes


def _lines(shown: Sequence[Shown], *, json_wanted: bool) -> Iterator[str] | list[str]:
    if json_wanted:
        return (json.dumps(as_json(one), ensure_ascii=False) for one in shown)
    if not shown:
        return []
    if not os.isatty(_STDOUT):
        return tabbed(row(one) for one in shown)
    width = os.get_terminal_size(_STDOUT).columns or _USUAL_WIDTH
    return table([row(one, os.path.expanduser("~")) for one in shown], width)
