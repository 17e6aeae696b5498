"""`cs-meta`: what a person says of a session: its title and its tags."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from player.cli.arguments import SESSION_HELP, checked, command_parser
from player.cli.asking import in_store
from player.console import UsageError, escaped

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence

    from formats.meta import Meta
    from formats.user import UserData

PROG = "cs-meta"

_DESCRIPTION = """\
Show or change the title and the tags of a session.

The log is not touched: they lie beside it, go before what cs-rec was told, and are never lost to a
rebuilt summary.
"""
_EPILOG = """\
output:
  title, tags and pinned, a line each, as they are now
  --json, one object: session_id, title, tags, pinned

examples:
  cs-meta last --title "the build broke" --tag ci --tag urgent
  cs-meta last --untag urgent
  cs-meta last --title ""                 no title
  cs-meta last --reset                    as cs-rec was told

exit status: 0, or 2 for an error.
"""


def main(argv: Sequence[str]) -> int:
    """Change, then show."""
    typed = parser().parse_args(argv)
    from formats.layout import Home  # noqa: PLC0415  not for --help and wrong usage
    from formats.meta import read_meta, rebuild  # noqa: PLC0415
    from formats.user import read_user, write_user  # noqa: PLC0415

    home = Home.of(os.environ, typed.home)
    (session,) = in_store(home, [typed.session])
    logged = read_meta(home.meta(session.id)) or rebuild(session)
    before = read_user(home.user(session.id))
    said = _changed(before, logged, typed)
    if said != before:
        write_user(home.user(session.id), said)
    shown = said.over(logged)
    if typed.json:
        fields = {"session_id": session.id, "title": shown.title, "tags": shown.tags}
        print(json.dumps(fields | {"pinned": said.pinned}, ensure_ascii=False))
        return 0
    print(f"title   {escaped(shown.title or '')}".rstrip())
    print(f"tags    {escaped(' '.join(shown.tags))}".rstrip())
    print(f"pinned  {'yes' if said.pinned else 'no'}")
    return 0


def parser() -> ArgumentParser:
    """The parser of `cs-meta`."""
    made = command_parser(PROG, "[options] SESSION", _DESCRIPTION, _EPILOG)
    made.add_argument("session", metavar="SESSION", help=SESSION_HELP)
    made.add_argument(
        "--title", metavar="TEXT", type=checked(_text), help="its title; empty for none"
    )
    made.add_argument(
        "--tag",
        metavar="TAG",
        action="append",
        default=[],
        type=checked(_tag),
        help="give it a tag (repeatable)",
    )
    made.add_argument(
        "--untag", metavar="TAG", action="append", default=[], help="take a tag away (repeatable)"
    )
    made.add_argument(
        "--reset", action="store_true", help="first forget all that cs-meta was told before"
    )
    made.add_argument("--json", action="store_true", help="one JSON object")
    return made


def _changed(said: UserData, logged: Meta, typed: Namespace) -> UserData:
    """What the person says after this command."""
    if typed.reset:
        said = said._replace(title=None, tags=None)
    if typed.title is not None:
        said = said._replace(title=typed.title)
    if typed.tag or typed.untag:
        tags = dict.fromkeys([*said.over(logged).tags, *typed.tag])
        for tag in typed.untag:
            if tag not in tags:
                raise UsageError(f"{escaped(tag)!r} is no tag of it: {escaped(', '.join(tags))}")
            del tags[tag]
        said = said._replace(tags=tuple(tags))
    return said


def _text(text: str) -> str:
    from formats.user import LONGEST_TEXT  # noqa: PLC0415

    if len(text) > LONGEST_TEXT:
        raise UsageError(f"longer than {LONGEST_TEXT} characters")
    return text


def _tag(text: str) -> str:
    if not text.strip():
        raise UsageError("a tag cannot be empty")
    return _text(text)
