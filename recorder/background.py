"""Starts our own modules as processes of their own, for work that the recorder must not do."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def start_module(
    module: str,
    arguments: Sequence[str] = (),
    fds: Sequence[int | None] = (),
    *,
    lowest_priority: bool = False,
) -> int:
    """Run `python -m MODULE ARGUMENTS` in a session of its own; its pid. OSError if it cannot be.

    It gets `fds` as its descriptors from 0 on; /dev/null for None and what is left of 0, 1, 2. It
    takes signals, though the thread that starts it may not.
    """
    # -P: the folder that the user is in must not be searched for our modules.
    argv = [sys.executable, "-P", "-m", module, *arguments]
    if lowest_priority:
        argv[3:3] = [__name__]
    environ = os.environ | {"PYTHONPATH": _OURS}
    # Copied out of the way first: a descriptor may be one of the numbers that are to be filled.
    spare = [None if fd is None else os.dup(fd) for fd in fds]
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    try:
        given = [*spare, *[None] * (3 - len(spare))]
        actions = [
            (os.POSIX_SPAWN_DUP2, null if fd is None else fd, number)
            for number, fd in enumerate(given)
        ]
        return os.posix_spawn(
            sys.executable, argv, environ, file_actions=actions, setsid=True, setsigmask=()
        )
    finally:
        for fd in (*spare, null):
            if fd is not None:
                os.close(fd)


def _give_way() -> None:
    """Run from now on only when nothing else wants the machine."""
    os.nice(19)
    if hasattr(os, "SCHED_IDLE"):
        try:
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        except OSError:
            return


if __name__ == "__main__":
    # `python -m recorder.background MODULE ...`: before the module's imports, which are felt too.
    _give_way()
    import runpy

    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
