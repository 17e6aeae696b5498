"""What the commands that change the store share: naming its sessions, asking before."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING

from formats.errors import SessionsError
from player.console import UsageError, escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from formats.layout import Home
    from formats.meta import Meta
    from formats.session import Session

_SHORT = 8


class RefusedError(SessionsError):
    """The person said no, or was not there to be asked."""


def short(session_id: str) -> str:
    """As much of an id as `cs-ls` shows."""
    return session_id[:_SHORT]


def in_store(home: Home, names: Sequence[str]) -> list[Session]:
    """The sessions of the store that are named, each once. UsageError for a file elsewhere."""
    from formats.meant import resolve  # noqa: PLC0415  not for --help

    found: dict[str, Session] = {}
    for name in names:
        session = resolve(home, name)
        if session.path != home.log(session.id):
            where = escaped(home.path)
            raise UsageError(
                f"{escaped(name)!r} is a file: only sessions in {where} can be changed"
            )
        found[session.id] = session
    return list(found.values())


def described(meta: Meta) -> str:
    """What a person knows a session by: its title, else its command."""
    return escaped(meta.title or shlex.join(meta.command) or "no command")


def days_text(trash_days: float | None) -> str:
    """How long what is removed now stays in the trash, as words that follow "trash"."""
    if trash_days is None:
        return ""
    return f" for {trash_days:g} day{'' if trash_days == 1 else 's'}"


def confirm(question: str, *, yes: bool) -> None:
    """Go on only with `yes` or when a person at the terminal says so. Raises RefusedError."""
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise RefusedError("this asks first, and there is no terminal to ask on: -y says yes")
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    answer = os.read(sys.stdin.fileno(), 1024).decode(errors="replace").strip().lower()
    if answer not in ("y", "yes"):
        raise RefusedError("nothing was changed")
