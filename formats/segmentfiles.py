"""Which files a session's log consists of now: a recorder may rotate and seal while we read."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from formats.errors import LogError, printable
from formats.layout import LOG, SEALED, is_foreign, parse_log_name

if TYPE_CHECKING:
    from collections.abc import Sequence


class SegmentFile(NamedTuple):
    """The file of a segment; a closed one is not written to any more."""

    path: str
    closed: bool


class SegmentFiles:
    """The segments of one session in a folder.

    `at_rest`: their paths, where they are known and nobody records the session; the folder is
    listed when one of them is gone. All raise LogError for a file of another user, who would choose
    what we read, and for a folder that cannot be listed.
    """

    def __init__(self, session_id: str, folder: str, at_rest: Sequence[str] = ()) -> None:
        self.folder = folder
        self._session_id = session_id
        self._at_rest = at_rest

    def looked_up(self, number: int) -> tuple[str | None, dict[int, str], list[str]]:
        """The file of a segment if it is closed, else all that there is.

        In a long session a look into the folder costs as much as all the rest of a seek.
        """
        path = self.closed(number)
        if path is not None:
            return path, {}, []
        closed, opened = self.numbered()
        return closed.get(number), closed, opened

    def closed(self, number: int) -> str | None:
        """The file of a closed segment that has its usual name; None: only the folder can tell."""
        for ending in (LOG, SEALED):
            path = os.path.join(self.folder, f"{self._session_id}.{number:04}{ending}")
            try:
                found = os.lstat(path)
            except OSError:
                continue
            if stat.S_ISREG(found.st_mode):
                _check_owner(path, found)
                return path
        return None

    def file_of(self, number: int) -> SegmentFile | None:
        """The file of a segment; None where there is none."""
        path = self.closed(number)
        if path is not None:
            return SegmentFile(path, closed=True)
        closed, opened = self.numbered()
        if number in closed:
            return SegmentFile(closed[number], closed=True)
        is_open = opened and number == max(closed, default=0) + 1
        return SegmentFile(opened[0], closed=False) if is_open else None

    def numbered(self) -> tuple[dict[int, str], list[str]]:
        """(number -> path of the closed ones, the open one if there is one)."""
        closed: dict[int, str] = {}
        opened: list[str] = []
        for text in self._names():
            name = parse_log_name(text)
            if name is None:
                continue
            path = os.path.join(self.folder, text)
            if name.number is None:
                # A plain one and a sealed one of the same segment: sealing was cut short.
                opened = [path] if not name.sealed else opened or [path]
            elif not (name.sealed and name.number in closed):
                closed[name.number] = path
        return closed, opened

    def _names(self) -> list[str]:
        """The names in the folder that begin with the id, of files that are ours to read."""
        try:
            for path in self._at_rest:
                _check_owner(path, os.lstat(path))
        except OSError:  # sealed just now
            self._at_rest = ()
        if self._at_rest:
            return [os.path.basename(path) for path in self._at_rest]
        try:
            with os.scandir(self.folder) as items:
                # A link may lead out of the store, a dangling one would be looked for for ever.
                ours = (item for item in items if item.name.startswith(self._session_id))
                return [item.name for item in ours if _is_readable(item)]
        except OSError as error:
            message = f"cannot list {printable(self.folder, 200)}: {error.strerror}"
            raise LogError(message) from None


def _is_readable(item: os.DirEntry[str]) -> bool:
    """Whether it is a file. Raises LogError for one of another user.

    Links are passed over: `formats.meant` refuses them by name.
    """
    if not item.is_file(follow_symlinks=False):
        return False
    try:
        found = item.stat(follow_symlinks=False)
    except FileNotFoundError:  # renamed just now
        return True
    _check_owner(item.path, found)
    return True


def _check_owner(path: str, found: os.stat_result) -> None:
    """Raise LogError for a file of another user, who would choose what we read."""
    if is_foreign(found):
        shown = printable(path, 200)
        message = f"{shown} belongs to another user (uid {found.st_uid}): chown it, or remove it"
        raise LogError(message)
