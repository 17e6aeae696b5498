"""`cs-mark`: name a moment of a session, from inside it or from elsewhere."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

from formats.errors import NoSuchSessionError
from player.cli.arguments import SESSION_HELP, checked, command_parser
from player.cli.asking import in_store, short
from player.console import UsageError, say
from player.position import parse as parse_time

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence

    from formats.layout import Home
    from formats.session import Session
    from player.position import Place

PROG = "cs-mark"
_USUAL = "mark"
_INSIDE = "CS_SESSION_ID"

_DESCRIPTION = """\
Set a marker: a moment of a session with a name, to jump to in cs-play.

Inside a session that is being recorded, LABEL is all it needs: scripts can mark what they do.
"""
_EPILOG = """\
A marker of the session that is recorded now goes into its log, at this moment. One of a session
that has ended, or one set --at another time, lies beside the log, which stays as it was recorded.

examples:
  cs-mark "tests begin"                        from inside a session
  make || cs-mark "make failed"                in a script
  cs-mark --session last --at 12:30 "here it went wrong"

exit status: 0, or 2 for an error.
"""


def main(argv: Sequence[str]) -> int:
    """Set a marker."""
    typed = parser().parse_args(argv)
    from formats.layout import Home  # noqa: PLC0415  not for --help and wrong usage
    from formats.run import read_run  # noqa: PLC0415

    home = Home.of(os.environ, typed.home)
    name = typed.session or os.environ.get(_INSIDE)
    if not name:
        raise UsageError(f"not inside a session ({_INSIDE} is not set): name one by --session")
    session = _session(home, name, inside=not typed.session)
    run = read_run(home, session.id)
    if run is not None and run.live and typed.at is None:
        _post(home, session, typed.label)
    else:
        _add(home, session, typed.label, typed.at)
    say(PROG, f"marked {short(session.id)}: {typed.label}")
    return 0


def parser() -> ArgumentParser:
    """The parser of `cs-mark`."""
    made = command_parser(PROG, "[options] [LABEL]", _DESCRIPTION, _EPILOG)
    made.add_argument(
        "label", metavar="LABEL", nargs="?", default=_USUAL, help=f"its name (default: {_USUAL})"
    )
    made.add_argument(
        "--session", metavar="SESSION", help=f"{SESSION_HELP} (default: the one this runs in)"
    )
    made.add_argument(
        "--at",
        metavar="T",
        type=checked(parse_time),
        help="the moment, as for cs-play (default: now, or the end of a session that has ended)",
    )
    return made


def _session(home: Home, name: str, *, inside: bool) -> Session:
    try:
        return in_store(home, [name])[0]
    except NoSuchSessionError:
        if not inside:
            raise
        where = "is its home another one? name it by --home"
        raise NoSuchSessionError(
            f"the session this runs in is not in {home.path}: {where}"
        ) from None


def _post(home: Home, session: Session, label: str) -> None:
    from formats.run import post_mark  # noqa: PLC0415

    os.kill(post_mark(home, session.id, label), signal.SIGUSR1)


def _add(home: Home, session: Session, label: str, at: Place | None) -> None:
    from formats.marks import add_mark  # noqa: PLC0415
    from formats.meta import read_meta, rebuild  # noqa: PLC0415
    from player.position import Span  # noqa: PLC0415

    meta = read_meta(home.meta(session.id)) or rebuild(session)
    last_us = time.time_ns() // 1000 if meta.end_us is None else meta.end_us
    span = Span(meta.start_us, last_us)
    length_us = last_us - meta.start_us
    position_us = length_us if at is None else min(at.position_us(span), length_us)
    add_mark(home, session.id, meta.start_us + position_us, label)
