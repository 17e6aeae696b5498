"""A command in a process that may die, for those that feed the screen engine what anyone wrote."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from player.console import say

if TYPE_CHECKING:
    from types import FrameType

_PASSED_ON = (signal.SIGTERM, signal.SIGHUP)
_FAILED = 2
# What a crash ends with, and no person sends.
_CRASHES = frozenset(
    (signal.SIGSEGV, signal.SIGILL, signal.SIGBUS, signal.SIGFPE, signal.SIGABRT, signal.SIGTRAP)
)


def in_a_child(prog: str, crashed: str) -> int | None:
    """Go on in a child: None there, and here its exit code when it has ended.

    That the screen engine has crashed is said in one line, with what that means (`crashed`).
    """
    sys.stdout.flush()
    child = os.fork()
    if not child:
        return None

    def pass_on(number: int, _: FrameType | None) -> None:
        os.kill(child, number)

    for number in _PASSED_ON:
        signal.signal(number, pass_on)
    # Those that the terminal sends, the child has got too.
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code >= 0:
        return code
    if -code in _CRASHES:
        say(prog, f"the screen engine crashed ({signal.Signals(-code).name}): {crashed}")
        return _FAILED
    return 128 - code
