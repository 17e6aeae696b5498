"""`cs-pin`: sessions that nothing removes by itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from player.cli.arguments import SESSION_HELP, command_parser
from player.cli.asking import in_store, short
from player.console import say

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence

PROG = "cs-pin"

_DESCRIPTION = """\
Pin sessions, so that no limit removes them.

Neither cs-prune nor the limits in the config touch what is pinned. cs-rm still does.
"""
_EPILOG = """\
examples:
  cs-pin last                                       keep the last session
  cs-pin --unpin 3f2a                               no longer
  cs-ls --json | jq -r 'select(.pinned).session_id' which are pinned

exit status: 0, or 2 for an error.
"""


def main(argv: Sequence[str]) -> int:
    """Pin, or take the pin away."""
    typed = parser().parse_args(argv)
    from formats.layout import Home  # noqa: PLC0415  not for --help and wrong usage
    from formats.user import read_user, write_user  # noqa: PLC0415

    home = Home.of(os.environ, typed.home)
    sessions = in_store(home, typed.sessions)
    for session in sessions:
        path = home.user(session.id)
        said = read_user(path)
        write_user(path, said._replace(pinned=not typed.unpin))
    names = ", ".join(short(session.id) for session in sessions)
    say(PROG, f"{names} no longer pinned" if typed.unpin else f"{names} pinned")
    return 0


def parser() -> ArgumentParser:
    """The parser of `cs-pin`."""
    made = command_parser(PROG, "[options] SESSION ...", _DESCRIPTION, _EPILOG)
    made.add_argument("sessions", metavar="SESSION", nargs="+", help=SESSION_HELP)
    made.add_argument("--unpin", action="store_true", help="take the pin away")
    return made
