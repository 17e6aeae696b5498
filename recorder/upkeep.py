"""Whether the store's maintenance is due, asked at each start of `cs-rec`, and starting it then.

It costs a look at a time stamp and at a folder that is nearly empty. What is due is done by
`recorder.maintenance`, a process of its own.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

from formats.layout import open_private
from formats.locks import is_held
from formats.run import dead_runs
from recorder.background import start_module

if TYPE_CHECKING:
    from formats.layout import Home

EACH_S: Final = 3600.0
_STAMP: Final = "maintained"
_LOCK: Final = "maintenance.lock"


def lock_path(home: Home) -> str:
    """What the one run of maintenance that is at work holds locked."""
    return os.path.join(home.run, _LOCK)


def start_maintenance(home: Home, now_s: float | None = None) -> int | None:
    """Start it if an hour went by since it last was, or if a recorder was killed; its pid.

    Where a home is new there is nothing to do yet. Fails in silence: the next start tries again.
    """
    stamp = os.path.join(home.run, _STAMP)
    try:
        if not _is_due(stamp, time.time() if now_s is None else now_s) and not dead_runs(home):
            return None
        if _is_at_work(home):
            return None
        os.utime(stamp)  # of many that start now, one does it
        return start_module("recorder.maintenance", (home.path,), lowest_priority=True)
    except OSError:
        return None


def _is_due(stamp: str, now_s: float) -> bool:
    try:
        return not 0 <= now_s - os.stat(stamp).st_mtime < EACH_S
    except FileNotFoundError:
        os.close(open_private(stamp, os.O_WRONLY))
        return False


def _is_at_work(home: Home) -> bool:
    try:
        fd = os.open(lock_path(home), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        return is_held(fd)
    finally:
        os.close(fd)
