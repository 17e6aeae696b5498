"""Starting a module of ours as a process of its own, whatever folder and PYTHONPATH we are in."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def start_module(
    module: str,
    arguments: Sequence[str] = (),
    *,
    stdin: int,
    stdout: int,
    start_new_session: bool = False,
) -> subprocess.Popen[bytes]:
    """Run `python -m MODULE ARGUMENTS`; the rest is as for Popen. Raises OSError.

    What it says on stderr is shown with CS_DEBUG=1 only.
    """
    return subprocess.Popen(
        # -P: the folder that the user is in must not be searched for our modules.
        [sys.executable, "-P", "-m", module, *arguments],
        stdin=stdin,
        stdout=stdout,
        stderr=None if os.environ.get("CS_DEBUG") == "1" else subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": _OURS},
        start_new_session=start_new_session,
    )
