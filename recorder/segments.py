"""From one segment of a log to the next, so that no crash in between loses or doubles an entry."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from formats.errors import SessionsError
from recorder.segment import OpenSegment

if TYPE_CHECKING:
    from collections.abc import Callable

    from formats.files import Files
    from formats.layout import Home


class Segments:
    """The open segment of a session, and the closed ones that are not durable yet."""

    def __init__(self, files: Files, home: Home, session_id: str) -> None:
        self._files = files
        self._home = home
        self._session_id = session_id
        self._path = home.log(session_id)
        self.current = OpenSegment(files, self._path, 1)
        self._leftover = (0, 0)
        self.closed_bytes = 0
        """What lies in closed segments."""

    def begin_next(self, first_line: Callable[[int], bytes]) -> OpenSegment:
        """Close the open segment under its number and go on in a new one. Gives the old one, open.

        `first_line` makes the new one's first line of its number. Raises OSError, and nothing has
        changed: a segment never begins without that line.
        """
        old = self.current
        undo = self._make_room(old)
        try:
            new = OpenSegment(self._files, self._path, old.number + 1)
            try:
                new.append(first_line(new.number), 0)
            except OSError:
                self._leftover = new.identity()
                new.remove()
                raise
        except OSError:
            undo()
            raise
        self.current = new
        self.closed_bytes += old.size
        return old

    @property
    def misplaced(self) -> bool:
        """Whether the open segment has the name of a closed one: it must not be written to."""
        return self.current.path != self._path

    def closed_path(self, number: int) -> str:
        """Where a closed segment lies until it is sealed."""
        return self._home.segment(self._session_id, number)

    def sync_folder(self) -> None:
        """Make the names of the segments durable."""
        self._files.sync_folder(self._home.logs)

    def cut(self, number: int, size: int) -> None:
        """Cut a closed segment, where it is still there, to its first `size` bytes."""
        flags = os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        fd = os.open(self.closed_path(number), flags)
        try:
            if self._files.fstat(fd).st_size > size:
                self._files.truncate(fd, size)
                self._files.sync(fd)
        finally:
            self._files.close(fd)

    def make_room(self) -> None:
        """Give a full disk a block back: the summary, which can be made again from the log."""
        self._files.unlink(self._home.meta(self._session_id))

    def _remove_leftover(self) -> None:
        """Remove the new segment that did not take its first line, where that is still to do."""
        try:
            found = self._files.stat(self._path)
        except FileNotFoundError:
            return
        if (found.st_dev, found.st_ino) != self._leftover:
            raise FileExistsError(errno.EEXIST, "the log's name is taken")
        self._files.unlink(self._path)

    def _make_room(self, old: OpenSegment) -> Callable[[], None]:
        """Free the name of the open segment; gives what undoes it."""
        files = self._files
        if self.misplaced:
            self._remove_leftover()
            return lambda: None
        if old.is_in_place():
            target = self.closed_path(old.number)
        elif _exists(files, old.path):
            # Whatever lies in its place, a link too, is not ours to remove, nor to write to.
            target = f"{old.path}.found-{os.urandom(4).hex()}"
        else:
            try:
                self._home.create()
            except SessionsError as error:
                raise OSError(errno.ENOENT, str(error)) from None
            return lambda: None
        if _exists(files, target):  # never over anything
            raise FileExistsError(errno.EEXIST, "the next segment's name is taken")
        files.rename(old.path, target)

        def undo() -> None:
            try:
                self._remove_leftover()
                files.rename(target, self._path)
            except OSError:
                old.path = target

        return undo


def _exists(files: Files, path: str) -> bool:
    try:
        files.stat(path)
    except FileNotFoundError:
        return False
    return True
