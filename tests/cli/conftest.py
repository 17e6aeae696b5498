"""Fixtures of the command tests: a `cs-rec` with a store of its own."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.support.recording import Recorder
from tests.support.window import WINDOW, PlayerWindow, environ_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from formats.size import Size
    from tests.support.window import Open


@pytest.fixture
def cs_rec(tmp_path: Path) -> Iterator[Recorder]:
    """`cs-rec` with a home of its own; what it left running is ended."""
    recorder = Recorder(tmp_path)
    yield recorder
    recorder.close()


@pytest.fixture
def show(home: Path, commands: Path, tmp_path: Path) -> Iterator[Open]:
    """Starts a command of ours in a window of its own, over the store of this test."""
    opened: list[PlayerWindow] = []

    def start(*arguments: str | Path, size: Size = WINDOW) -> PlayerWindow:
        argv = [str(commands / arguments[0]), *map(str, arguments[1:])]
        opened.append(PlayerWindow(argv, environ_of(commands), size=size, cwd=tmp_path))
        return opened[-1]

    yield start
    for window in opened:
        window.close()


@pytest.fixture
def play(show: Open) -> Open:
    """Starts `cs-play ARGUMENTS` in a window of its own."""
    return partial(show, "cs-play")


@pytest.fixture
def linux() -> None:
    """Only where /proc tells about processes."""
    if not os.path.exists("/proc/self/status"):
        pytest.skip("there is no /proc to ask about processes")
