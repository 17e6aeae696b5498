"""`cs-rm`: remove sessions, to the trash unless told otherwise."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from player.cli.arguments import SESSION_HELP, command_parser
from player.cli.asking import confirm, days_text, described, in_store, short
from player.console import say

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence

    from formats.store import Listed

PROG = "cs-rm"

_DESCRIPTION = """\
Remove sessions: log, summary, marks, search index and all.

They lie in the trash, and can be brought back by cs-restore, until their days there are over
(trash_days in the config: 7) or cs-prune --empty-trash erases them.
"""
_EPILOG = """\
A session that is being recorded is never removed, and only a whole session is: no part of one. What
is named by a path, outside the store, is a file of yours: remove it with rm.

examples:
  cs-rm last                      the last session, to the trash
  cs-restore last                 and back again
  cs-rm --now 3f2a 77c0           these two, for good; asks first
  cs-rm --now -y 3f2a             without asking

exit status: 0, or 2 for an error, or when the answer was no.
"""


def main(argv: Sequence[str]) -> int:
    """Remove sessions."""
    typed = parser().parse_args(argv)
    from formats.config import load  # noqa: PLC0415  not for --help and wrong usage
    from formats.layout import Home  # noqa: PLC0415
    from formats.store import listing  # noqa: PLC0415
    from formats.trash import discard, erase, settle  # noqa: PLC0415

    home = Home.of(os.environ, typed.home)
    trash_days = load(home, os.environ).trash_days
    for trouble in settle(home):
        say(PROG, trouble)
    wanted = {session.id for session in in_store(home, typed.sessions)}
    sessions = [one for one in listing(home) if one.session.id in wanted]
    if typed.now:
        confirm(_question(sessions), yes=typed.yes)
    for one in sessions:
        removed = discard(home, one.session.id, time.time_ns() // 1000)
        if typed.now:
            erase(home, removed)
        _tell(one, trash_days, now=typed.now)
    return 0


def parser() -> ArgumentParser:
    """The parser of `cs-rm`."""
    made = command_parser(PROG, "[options] SESSION ...", _DESCRIPTION, _EPILOG)
    made.add_argument("sessions", metavar="SESSION", nargs="+", help=SESSION_HELP)
    made.add_argument("--now", action="store_true", help="for good, past the trash; asks first")
    made.add_argument("-y", "--yes", action="store_true", help="do not ask")
    return made


def _question(sessions: Sequence[Listed]) -> str:
    from player.console import size_text  # noqa: PLC0415

    size = size_text(sum(one.disk_bytes for one in sessions))
    if len(sessions) == 1:
        (one,) = sessions
        return f"erase {short(one.session.id)} ({described(one.meta)}, {size}) for good?"
    return f"erase {len(sessions)} sessions ({size}) for good?"


def _tell(one: Listed, trash_days: float | None, *, now: bool) -> None:
    name = f"{short(one.session.id)} ({described(one.meta)})"
    if now:
        say(PROG, f"{name} is erased")
    else:
        back = f"cs-restore {short(one.session.id)}"
        say(PROG, f"{name} is in the trash{days_text(trash_days)}; {back} brings it back")
