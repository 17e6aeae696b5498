"""`cs-restore`: bring sessions back from the trash."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from formats.errors import AmbiguousSessionError, NoSuchSessionError
from player.cli.arguments import command_parser
from player.cli.asking import described, short
from player.console import escaped, say

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence

    from formats.layout import Home
    from formats.meta import Meta
    from formats.trash import Trashed

PROG = "cs-restore"
_LAST = "last"
_LEAST_PREFIX = 4

_DESCRIPTION = """\
Bring sessions back from the trash, or list what is there.

Without SESSION it lists, the last removed first.
"""
_EPILOG = """\
output:
  Without SESSION, a removed session a line: id, when it was removed, size, title or command; a tab
  between them when the output is no terminal.
  --json, one object a line: session_id, removed (RFC 3339), size_bytes, title, command, path

examples:
  cs-restore                      what is in the trash
  cs-restore last                 bring back what was removed last
  cs-restore 3f2a                 by the first characters of its id

exit status: 0, or 2 for an error.
"""


def main(argv: Sequence[str]) -> int:
    """Restore or list."""
    typed = parser().parse_args(argv)
    from formats.layout import Home  # noqa: PLC0415  not for --help and wrong usage
    from formats.trash import restore, settle, trash  # noqa: PLC0415

    home = Home.of(os.environ, typed.home)
    for trouble in settle(home):
        say(PROG, trouble)
    removed = trash(home)
    if not typed.sessions:
        _list(home, removed, json_wanted=typed.json)
        return 0
    for one in [_named(removed, name) for name in typed.sessions]:
        meta = _meta(one)
        restore(home, one)
        say(PROG, f"{short(one.session_id)} ({described(meta)}) is back")
    return 0


def parser() -> ArgumentParser:
    """The parser of `cs-restore`."""
    made = command_parser(PROG, "[options] [SESSION ...]", _DESCRIPTION, _EPILOG)
    made.add_argument(
        "sessions",
        metavar="SESSION",
        nargs="*",
        help="an id in the trash, the first 4 or more characters of one, or last",
    )
    made.add_argument("--json", action="store_true", help="list as one JSON object a line")
    return made


def _named(removed: Sequence[Trashed], name: str) -> Trashed:
    """The removed session that is meant; of several removals of one id, the last."""
    if name == _LAST and removed:
        return removed[0]
    wanted = name.lower()
    long_enough = len(wanted) >= _LEAST_PREFIX
    found = [one for one in removed if long_enough and one.session_id.lower().startswith(wanted)]
    if len({one.session_id for one in found}) > 1:
        raise AmbiguousSessionError(f"{escaped(name)} begins several sessions in the trash")
    if not found:
        raise NoSuchSessionError(f"no {escaped(name[:80])!r} in the trash: cs-restore lists it")
    return found[0]


def _list(home: Home, removed: Sequence[Trashed], *, json_wanted: bool) -> None:
    from formats import timestamp  # noqa: PLC0415
    from player.console import size_text  # noqa: PLC0415
    from player.times import date_and_clock  # noqa: PLC0415

    if not removed:
        say(PROG, f"the trash of {home.path} is empty")
    gap = "  " if os.isatty(1) else "\t"
    for one in removed:
        meta = _meta(one)
        if json_wanted:
            fields: dict[str, Any] = {
                "session_id": one.session_id,
                "removed": timestamp.text(one.removed_us),
                "size_bytes": one.disk_bytes,
                "title": meta.title,
                "command": meta.command,
                "path": one.path,
            }
            print(json.dumps(fields, ensure_ascii=False))
        else:
            size = size_text(one.disk_bytes)
            size = f"{size:>7}" if os.isatty(1) else size
            when = date_and_clock(one.removed_us)
            print(short(one.session_id), when, size, described(meta), sep=gap)


def _meta(one: Trashed) -> Meta:
    """Its summary; rebuilt where it has none."""
    from formats.errors import LogError  # noqa: PLC0415
    from formats.meta import ENDED, Tally, read_meta, rebuild  # noqa: PLC0415
    from formats.session import Session  # noqa: PLC0415
    from formats.user import read_user  # noqa: PLC0415

    base = os.path.join(one.logs, one.session_id)
    meta = read_meta(base + ".meta.json")
    if meta is None:
        try:
            meta = rebuild(Session(one.session_id, one.logs))
        except LogError:
            meta = Tally().meta(one.session_id, ENDED, 0, 0)
    return read_user(base + ".user.json").over(meta)
