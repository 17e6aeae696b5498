"""Starting a module of ours as a process of its own, whatever folder and PYTHONPATH we are in."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def start_module(
    module: str,
    arguments: Sequence[str] = (),
    **streams: Any,  # noqa: ANN401  Popen's own
) -> subprocess.Popen[bytes]:
    """Run `python -m MODULE ARGUMENTS`; `streams` are Popen's. Raises OSError.

    What it says on stderr is shown with CS_DEBUG=1 only.
    """
    return subprocess.Popen(
        # -P: the folder that the user is in must not be searched for our modules.
        [sys.executable, "-P", "-m", module, *arguments],
        stderr=None if os.environ.get("CS_DEBUG") == "1" else subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": _OURS},
        text=False,
        **streams,
    )
