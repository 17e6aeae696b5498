"""Which session a person means by what was typed.

It is compared with the names that lie in the folder, and never becomes part of a path.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from formats.errors import (
    AmbiguousSessionError,
    BadSessionIdError,
    LogError,
    NoSuchSessionError,
    printable,
)
from formats.layout import parse_log_name
from formats.session import Session, is_log_path
from formats.store import listed, listing, session_ids

if TYPE_CHECKING:
    from formats.layout import Home
    from formats.store import Listed

SHORTEST_PREFIX = 4
_ID_LENGTH = 36
_ID_CHARACTERS = frozenset("0123456789abcdef-")
_LAST = "last"
_MOST_DIGITS = 9
_SHOWN_CANDIDATES = 3
_SHOWN_CHARACTERS = 8
_FORMS = "a session is an id, its first 4 or more characters, last, last~N or a path"


def resolve(home: Home, text: str) -> Session:
    """The session that `text` names: id, unique prefix of 4+, `last`, `last~N`, or a path.

    Anything with a slash or the ending of a log is a path; a file in the current folder is found
    by its bare name where no session answers to it. Raises BadSessionIdError,
    NoSuchSessionError, AmbiguousSessionError, LogError (a path to what is no log) and, unless it
    is a path, UnsafeHomeError.
    """
    if "/" in text or is_log_path(text):
        return _at_path(text)
    if _is_last(text):
        return _nth_last(home, text).session
    session_id = _by_prefix(home, text) if _can_be_prefix(text) else None
    if session_id is not None:
        return Session(session_id, home.logs)
    if os.path.isfile(text):
        return _at_path(text)
    shown = printable(text)
    if not _can_be_prefix(text):
        raise BadSessionIdError(f"{shown!r} names no session: {_FORMS}")
    if not session_ids(home):
        raise _nothing_recorded(home)
    raise NoSuchSessionError(f"no session {shown} in {printable(home.path, 200)}; cs-ls shows them")


def meant(home: Home, text: str) -> Listed:
    """The session that `text` names, as it is listed. Raises what `resolve` raises."""
    if _is_last(text):  # which takes a listing to find: one is enough
        return _nth_last(home, text)
    return listed(home, resolve(home, text))


def _is_last(text: str) -> bool:
    return text == _LAST or text.startswith(_LAST + "~")


def _can_be_prefix(text: str) -> bool:
    return SHORTEST_PREFIX <= len(text) <= _ID_LENGTH and _ID_CHARACTERS.issuperset(text.lower())


def _by_prefix(home: Home, text: str) -> str | None:
    """The one session whose id begins so; None when there is none."""
    names = session_ids(home)
    if text in names:
        return text
    wanted = text.lower()
    found = sorted(name for name in names if name.lower().startswith(wanted))
    if len(found) > 1:
        length = max(_SHOWN_CHARACTERS, len(text) + 2)
        shown = ", ".join(name[:length] for name in found[:_SHOWN_CANDIDATES])
        more = ", ..." if len(found) > _SHOWN_CANDIDATES else ""
        raise AmbiguousSessionError(
            f"{printable(text)} begins {len(found)} sessions ({shown}{more}); cs-ls shows them"
        )
    if not found:
        _refuse_link(home, wanted)
    return found[0] if found else None


def _refuse_link(home: Home, wanted: str) -> None:
    """Raise LogError when what is meant is a link among the logs: it may lead anywhere."""
    try:
        names = os.listdir(home.logs)
    except OSError:
        return
    for name in names:
        path = os.path.join(home.logs, name)
        if name.lower().startswith(wanted) and parse_log_name(name) and os.path.islink(path):
            shown = printable(path, 200)
            raise LogError(f"{shown} is a link, and not read: name the file that it leads to")


def _nth_last(home: Home, text: str) -> Listed:
    digits = text[len(_LAST) + 1 :] if text != _LAST else "0"
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS):
        raise BadSessionIdError(f"{printable(text)!r} names no session: {_FORMS}")
    sessions = listing(home)
    if not sessions:
        raise _nothing_recorded(home)
    if int(digits) >= len(sessions):
        count = "is only 1 session" if len(sessions) == 1 else f"are only {len(sessions)} sessions"
        where = printable(home.path, 200)
        raise NoSuchSessionError(f"no session {text}: there {count} in {where}; cs-ls shows them")
    return sessions[int(digits)]


def _nothing_recorded(home: Home) -> NoSuchSessionError:
    where = printable(home.path, 200)
    return NoSuchSessionError(f"no session recorded yet in {where}: cs-rec records one")


def _at_path(path: str) -> Session:
    if "\0" in path or not os.path.exists(path):
        raise NoSuchSessionError(f"there is no file {printable(path, 200)}")
    return Session.at(path)
