"""The files of each session, wherever in the home they lie: what it takes, what moves with it.

Only plain files count. A link is never followed, opened or moved: it may lead out of the home.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from formats.errors import LogError, printable
from formats.layout import is_session_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formats.layout import Home

_ID_LENGTH = 36


class Belonging(NamedTuple):
    """One file: `folder` is `logs` or `index`, `disk_bytes` its length."""

    folder: str
    name: str
    disk_bytes: int


FOLDERS = ("logs", "index")
"""What holds a session's files. `run/` holds locks of those that are recorded now."""


def belongings(home: Home, session_id: str | None = None) -> dict[str, list[Belonging]]:
    """The files of every session, or of one: the log's segments first, as they are in the folder.

    Files of which nobody knows the purpose count too, when they are named `<uuid>.…`. Raises
    UnsafeHomeError, and LogError when a folder cannot be listed.
    """
    home.check()
    found: dict[str, list[Belonging]] = {}
    for folder in FOLDERS:
        for item in _files(os.path.join(home.path, folder)):
            owner = owner_of(item.name)
            if owner is None or session_id not in (None, owner):
                continue
            try:
                size = item.stat(follow_symlinks=False).st_size
            except FileNotFoundError:  # sealed just now
                continue
            found.setdefault(owner, []).append(Belonging(folder, item.name, size))
    return found


def owner_of(name: str) -> str | None:
    """The session that a file's name begins with: `<uuid>.` and anything."""
    session_id = name[:_ID_LENGTH]
    return (
        session_id
        if name[_ID_LENGTH : _ID_LENGTH + 1] == "." and is_session_id(session_id)
        else None
    )


def _files(folder: str) -> Iterator[os.DirEntry[str]]:
    try:
        if os.path.islink(folder):
            return
        with os.scandir(folder) as items:
            yield from (item for item in items if item.is_file(follow_symlinks=False))
    except FileNotFoundError:
        return
    except OSError as error:
        raise LogError(f"cannot list {printable(folder, 200)}: {error.strerror}") from None
