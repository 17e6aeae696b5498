"""`cs-redact`: mask the secrets of a stored session."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple

from formats.errors import LogError
from player.cli.apart import in_a_child
from player.cli.arguments import SESSION_HELP, command_parser
from player.cli.asking import in_store, short
from player.console import say, say_damage

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator, Sequence

    from formats.layout import Home
    from formats.marks import Mark
    from formats.session import Session
    from formats.trash import Trashed
    from formats.user import UserData
    from player.redact.redaction import Redaction

PROG = "cs-redact"
_FAILED = 2

_DESCRIPTION = """\
Mask the secrets in stored sessions: tokens, keys, passwords.

They are looked for in what was sent, in what stood on the screen, however it was drawn there, and
in what was typed; they become asterisks, as many, so that nothing else moves. Best effort, and no
guarantee: look at it before you share it.
"""
_EPILOG = """\
Of your own, the config masks what matches a pattern of redact, and the words in redact_words.

The session keeps its id. It is written anew: its checkpoints and segments' hashes are those of the
redacted log, a signature of the original is not carried over, and its search index is made again.
The original goes to the trash, secrets and all, and stays there for trash_days (7), or until
cs-prune --empty-trash erases it.

examples:
  cs-redact last --dry-run        what would be masked, by kind
  cs-redact last                  mask it
  cs-redact --now last            and keep no original
  cs-export last -o talk.html     leave it as it is, and mask what is shared

exit status: 0, or 2 for an error, or when something is left that could not be masked.
"""


def main(argv: Sequence[str]) -> int:
    """Redact sessions."""
    typed = parser().parse_args(argv)
    code = in_a_child(PROG, "this session and those after it are as they were")
    if code is not None:
        return code
    from formats.config import load  # noqa: PLC0415  not for --help and wrong usage
    from formats.damage import Damage  # noqa: PLC0415
    from formats.holding import held  # noqa: PLC0415
    from formats.layout import Home  # noqa: PLC0415
    from player.redact.finder import Finder  # noqa: PLC0415
    from player.redact.redaction import Redaction  # noqa: PLC0415

    home = Home.of(os.environ, typed.home)
    finder = Finder.of(load(home, os.environ))
    code = 0
    for session in in_store(home, typed.sessions):
        if not typed.dry_run:
            home.create()
            with held(home, session.id):  # else it would be found out after all the work
                pass
        damage = Damage()
        redaction = Redaction.of(session, finder, damage)
        beside = _Beside.of(home, session.id)
        for text in beside.texts():
            redaction.learn(text)
        report = redaction.report
        if report.left:
            code = _FAILED
        say_damage(PROG, damage)
        say(PROG, f"{short(session.id)}: {report.in_words()}")
        if report.secrets and not typed.dry_run:
            _rewrite(home, session, redaction, beside, now=typed.now)
    return code


def parser() -> ArgumentParser:
    """The parser of `cs-redact`."""
    made = command_parser(PROG, "[options] SESSION ...", _DESCRIPTION, _EPILOG)
    made.add_argument("sessions", metavar="SESSION", nargs="+", help=SESSION_HELP)
    made.add_argument("--dry-run", action="store_true", help="only say what there is")
    made.add_argument("--now", action="store_true", help="erase the original, past the trash")
    return made


class _Beside(NamedTuple):
    """What lies beside a session's log and is a person's own: title, tags, markers."""

    said: UserData
    marks: Sequence[Mark]

    @classmethod
    def of(cls, home: Home, session_id: str) -> _Beside:
        from formats.marks import read_marks  # noqa: PLC0415  not for --help
        from formats.user import read_user  # noqa: PLC0415

        return cls(read_user(home.user(session_id)), read_marks(home, session_id))

    def texts(self) -> Iterator[str]:
        """All that is written there."""
        yield self.said.title or ""
        yield from self.said.tags or ()
        for mark in self.marks:
            yield mark.label

    def write(self, home: Home, session_id: str, redaction: Redaction) -> None:
        """Put it beside the session again, its secrets masked."""
        from formats.marks import add_mark  # noqa: PLC0415
        from formats.user import NOTHING, write_user  # noqa: PLC0415

        said = self.said
        if said != NOTHING:
            title = None if said.title is None else redaction.text(said.title)
            tags = None if said.tags is None else tuple(map(redaction.text, said.tags))
            write_user(home.user(session_id), said._replace(title=title, tags=tags))
        for mark in self.marks:
            add_mark(home, session_id, mark.at_us, redaction.text(mark.label))


def _rewrite(
    home: Home, session: Session, redaction: Redaction, beside: _Beside, *, now: bool
) -> None:
    """Write it anew in the place of the original."""
    from formats.trash import discard, erase  # noqa: PLC0415
    from formats.writing import SessionWriter  # noqa: PLC0415

    removed: list[Trashed] = []

    def move_away() -> None:
        removed.append(discard(home, session.id, time.time_ns() // 1000))

    with SessionWriter(home, session.id, before_publishing=move_away) as writer:
        for entry in redaction.entries():
            writer.add(entry)
    beside.write(home, session.id, redaction)
    if not removed:
        raise LogError(f"{short(session.id)} could not be replaced")
    if now:
        erase(home, removed[0])
    say(PROG, f"{short(session.id)} is rewritten; " + _where_it_is(session.id, now=now))


def _where_it_is(session_id: str, *, now: bool) -> str:
    if now:
        return "the original is erased"
    back = f"cs-rm --now {short(session_id)} && cs-restore {short(session_id)}"
    return f"the original, secrets and all, is in the trash ({back} brings it back)"
