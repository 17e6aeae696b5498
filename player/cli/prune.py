"""`cs-prune`: move old sessions to the trash, by age or until the store is small enough."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

from player.cli.arguments import checked, command_parser
from player.cli.asking import confirm, days_text, described, short
from player.console import UsageError, say

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping, Sequence

    from formats.config import Config
    from formats.layout import Home
    from formats.retention import Limits, Plan
    from formats.store import Listed

PROG = "cs-prune"
_FAILED = 2

_DESCRIPTION = """\
Move old sessions to the trash, by a plan that is shown first.

The plan names each session with its size, the oldest first. Pinned sessions (cs-pin) and those that
are being recorded stay, whatever their age. The age of a session is the time since its end.
"""
_EPILOG = """\
Without a limit those of the config count: retention_days and max_store_bytes. None is set unless
you set it. What is beyond them goes by itself too, a day after cs-rec or cs-ls has told you. What
lies in the trash is erased after trash_days (7), or by --empty-trash.

AGE is 30d, 12h, 2w, 6m (of 30 days) or 1y. SIZE is 5GB (of 1000) or 5G (of 1024), M and K likewise.
The size of the store is that of all sessions with what belongs to them, without the trash.

output:
  why (age or size), id, end, size, title or command, a session a line; words go to stderr
  --json, one object a line: session_id, reason, end (RFC 3339), size_bytes, title, command

examples:
  cs-prune --older-than 30d --dry-run     what would go
  cs-prune --max-size 5GB                 the oldest, until all take 5 GB; asks first
  cs-prune --older-than 1y --keep-lines   what stood on the screen stays searchable
  cs-prune --empty-trash                  erase what lies in the trash, for good; asks first

exit status: 0, or 2 for an error, or when the answer was no.
"""


def main(argv: Sequence[str]) -> int:
    """Show the plan, ask, carry it out."""
    typed = parser().parse_args(argv)
    from formats.config import load  # noqa: PLC0415  not for --help and wrong usage
    from formats.layout import Home  # noqa: PLC0415
    from formats.trash import settle  # noqa: PLC0415

    home = Home.of(os.environ, typed.home)
    if not typed.dry_run:
        for trouble in settle(home):
            say(PROG, trouble)
    if typed.empty_trash:
        return _empty_trash(home, yes=typed.yes, dry_run=typed.dry_run)
    return _prune(home, load(home, os.environ), typed)


def parser() -> ArgumentParser:
    """The parser of `cs-prune`."""
    made = command_parser(PROG, "[options]", _DESCRIPTION, _EPILOG)
    made.add_argument(
        "--older-than", metavar="AGE", type=checked(_age_us), help="those that ended before that"
    )
    made.add_argument(
        "--max-size", metavar="SIZE", type=checked(_size), help="the oldest until all take less"
    )
    made.add_argument(
        "--keep-lines",
        action="store_true",
        help="keep screen lines and summary of what goes (2 %% of its size; also keep_lines)",
    )
    made.add_argument(
        "--empty-trash", action="store_true", help="instead, erase what lies in the trash"
    )
    made.add_argument("--dry-run", action="store_true", help="only show what would be done")
    made.add_argument("-y", "--yes", action="store_true", help="do not ask")
    made.add_argument("--json", action="store_true", help="one JSON object a line")
    return made


def _age_us(text: str) -> int:
    from formats.quantities import parse_age_us  # noqa: PLC0415

    return parse_age_us(text)


def _size(text: str) -> int:
    from formats.quantities import parse_bytes  # noqa: PLC0415

    return parse_bytes(text)


def _prune(home: Home, config: Config, typed: Namespace) -> int:
    from formats.housekeeping import candidates, carry_out  # noqa: PLC0415
    from formats.retention import plan  # noqa: PLC0415
    from formats.store import listing  # noqa: PLC0415

    now_us = time.time_ns() // 1000
    sessions = listing(home)
    made = plan(candidates(home, sessions), _limits(config, typed), now_us)
    _show(made, {one.session.id: one for one in sessions}, json_wanted=typed.json)
    _sum_up(made)
    if typed.dry_run or not made.going:
        return 0
    confirm("move them to the trash?", yes=typed.yes)
    keep_lines = typed.keep_lines or config.keep_lines
    if keep_lines:
        _make_lines(home, made)
    done = carry_out(home, made, now_us, keep_lines=keep_lines)
    for trouble in done.failed:
        say(PROG, trouble)
    count = _sessions(len(done.discarded))
    days = days_text(config.trash_days)
    say(PROG, f"{count} moved to the trash{days}: cs-restore lists them, --empty-trash erases them")
    return _FAILED if done.failed else 0


def _make_lines(home: Home, made: Plan) -> None:
    """What stays must be there: the screen lines of those that go, where they were not made yet."""
    from formats.errors import SessionsError  # noqa: PLC0415
    from formats.session import Session  # noqa: PLC0415
    from player.index.sidecar import pieces_of  # noqa: PLC0415

    for one in made.going:
        try:
            for _ in pieces_of(home, Session(one.session_id, home.logs)):
                pass
        except SessionsError as error:
            say(PROG, str(error))


def _limits(config: Config, typed: Namespace) -> Limits:
    from formats.housekeeping import limits_of  # noqa: PLC0415
    from formats.retention import Limits  # noqa: PLC0415

    limits = Limits(typed.older_than, typed.max_size) or limits_of(config)
    if not limits:
        raise UsageError(
            "what is too old, or too much? say --older-than 30d or --max-size 5GB, or set "
            "retention_days or max_store_bytes in the config"
        )
    return limits


def _show(made: Plan, sessions: Mapping[str, Listed], *, json_wanted: bool) -> None:
    from formats import timestamp  # noqa: PLC0415
    from player.console import size_text  # noqa: PLC0415
    from player.times import date_and_clock  # noqa: PLC0415

    tty = os.isatty(1)
    for session_id, reason, disk_bytes in made.going:
        meta = sessions[session_id].meta
        end_us = meta.start_us if meta.end_us is None else meta.end_us
        if json_wanted:
            fields: dict[str, Any] = {
                "session_id": session_id,
                "reason": reason,
                "end": timestamp.text(end_us),
                "size_bytes": disk_bytes,
                "title": meta.title,
                "command": meta.command,
            }
            print(json.dumps(fields, ensure_ascii=False))
            continue
        size = size_text(disk_bytes)
        cells = (f"{reason:<4}", short(session_id), date_and_clock(end_us), f"{size:>7}")
        print(*(cells if tty else (reason, session_id, date_and_clock(end_us), size)),
              described(meta), sep="  " if tty else "\t")  # fmt: skip


def _sum_up(made: Plan) -> None:
    from player.console import size_text  # noqa: PLC0415

    if not made.going:
        say(PROG, f"nothing goes: the store takes {size_text(made.store_bytes)}")
    else:
        freed, store = size_text(made.freed_bytes), size_text(made.store_bytes)
        say(PROG, f"{_sessions(len(made.going))}, {freed} of {store}")
    if made.spared:
        count = _sessions(len(made.spared))
        say(PROG, f"{count} beyond the limit: pinned, or being recorded; they stay")
    if made.over_bytes:
        say(PROG, f"the store stays {size_text(made.over_bytes)} larger than asked")


def _empty_trash(home: Home, *, yes: bool, dry_run: bool) -> int:
    from formats.trash import erase, trash  # noqa: PLC0415
    from player.console import size_text  # noqa: PLC0415

    removed = trash(home)
    size = size_text(sum(one.disk_bytes for one in removed))
    what = f"{_sessions(len(removed))} in the trash, {size}"
    say(PROG, what)
    if dry_run or not removed:
        return 0
    confirm("erase them for good?", yes=yes)
    for one in removed:
        erase(home, one)
    say(PROG, "erased")
    return 0


def _sessions(count: int) -> str:
    return f"{count} session{'' if count == 1 else 's'}"
