"""What died in the middle of something has left files that serve nobody: they are removed here.

Where a lock tells that nobody is at it, at once; else when nobody has written to it for so long
that nobody can be. Anything whose name is not one of ours stays.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

from formats.belongings import owner_of
from formats.files import FILES, Files
from formats.holding import seal_lock
from formats.layout import SEALED
from formats.locks import taken
from formats.run import LEFT, MARKS
from recorder.seal import TEMPORARY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from formats.layout import Home

# A file is replaced within milliseconds, unless the machine sleeps in between.
_HOUR_US: Final = 3_600_000_000
# An import, a repair: written to all the time, unless it was stopped.
_DAY_US: Final = 24 * _HOUR_US
_UNFINISHED: Final = ".new"
_LOCKS: Final = (".seal", ".lines", ".keys")
_OF_THE_HOME: Final = ("retention.json.", "notice.")


def sweep(home: Home, now_us: int, files: Files = FILES) -> list[str]:
    """Remove what is left over; the paths. Raises OSError."""
    found: list[str] = []
    for path in _left_over(home, now_us):
        if path.endswith(SEALED + TEMPORARY):
            _under_lock(home, path, files)
        elif os.path.isdir(path):
            files.remove_tree(path)
        else:
            files.unlink(path)
        if not os.path.lexists(path):
            found.append(path)
    _remove_free_locks(home)
    return found


def _left_over(home: Home, now_us: int) -> Iterator[str]:
    kinds: tuple[tuple[str, Callable[[str, int], bool]], ...] = (
        (home.logs, _is_left_in_logs),
        (home.index, lambda name, age: name.endswith(TEMPORARY) and age > _HOUR_US),
        (home.run, _is_left_in_run),
        (home.path, lambda name, age: name.endswith(TEMPORARY) and age > _HOUR_US),
    )
    for folder, is_left in kinds:
        try:
            names = os.listdir(folder)
        except FileNotFoundError:
            continue
        for name in names:
            ours = name.startswith(_OF_THE_HOME) if folder == home.path else owner_of(name)
            path = os.path.join(folder, name)
            if ours and is_left(name, now_us - _written_us(path)):
                yield path


def _is_left_in_logs(name: str, age_us: int) -> bool:
    if name.endswith(TEMPORARY):
        return name.endswith(SEALED + TEMPORARY) or age_us > _HOUR_US
    return name.endswith(_UNFINISHED) and age_us > _DAY_US


def _is_left_in_run(name: str, age_us: int) -> bool:
    if name.endswith(LEFT):  # its terminal is closed, or was restored by other means
        return age_us > _DAY_US
    return name.endswith((TEMPORARY, MARKS)) and age_us > _HOUR_US


def _written_us(path: str) -> int:
    """When a file, or what is in a folder, was last written; now and later for what is gone."""
    try:
        found = os.lstat(path)
        inside = os.listdir(path) if stat.S_ISDIR(found.st_mode) else []
        times = [os.lstat(os.path.join(path, name)).st_mtime_ns for name in inside]
    except OSError:
        return 1 << 62
    return max([found.st_mtime_ns, *times]) // 1000


def _under_lock(home: Home, path: str, files: Files) -> None:
    """Remove what a sealer was writing, unless one is at work."""
    owner = owner_of(os.path.basename(path))
    try:
        with taken(seal_lock(home, str(owner)), wait=False):
            files.unlink(path)
    except BlockingIOError:
        return


def _remove_free_locks(home: Home) -> None:
    for name in os.listdir(home.run):
        if owner_of(name) and name.endswith(_LOCKS):
            try:
                with taken(os.path.join(home.run, name), wait=False):
                    pass  # nobody has it: its file goes with it
            except OSError:
                continue
