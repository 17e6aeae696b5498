"""A tmux of one's own: a real terminal, that can be asked what stands in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from formats.size import Size

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_SIZE = Size(100, 30)


class Tmux:
    """One window of `size`, in which `command` runs. Skips the test where there is no tmux."""

    def __init__(
        self,
        folder: Path,
        environ: dict[str, str],
        *,
        size: Size = _SIZE,
        command: str = "env PS1='$ ' bash --norc",
    ) -> None:
        if not shutil.which("tmux"):
            pytest.skip("needs tmux")
        self._socket = str(folder / "tmux")
        self._environ = environ
        place = ("-x", str(size.cols), "-y", str(size.rows))
        self("-f", os.devnull, "new-session", "-d", *place, command)
        self("set", "-g", "status", "off")
        self("resize-window", *place)

    def __call__(self, *arguments: str) -> str:
        argv = ["tmux", "-S", self._socket, *arguments]
        done = subprocess.run(
            argv, capture_output=True, text=True, env=self._environ, check=False, timeout=30
        )
        return done.stdout

    def until(self, condition: Callable[[str], bool]) -> str:
        """Wait until what stands in the window is so; what stands there."""
        deadline = time.monotonic() + 40
        while not condition(shown := self("capture-pane", "-p")):
            assert time.monotonic() < deadline, shown
            time.sleep(0.05)
        return shown

    def told(self, *names: str) -> str:
        """What tmux calls its formats, as `name=value`."""
        return self("display-message", "-p", " ".join(f"{n}=#{{{n}}}" for n in names)).strip()

    def close(self) -> None:
        self("kill-server")
