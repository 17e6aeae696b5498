"""Fixtures of the command tests: a `cs-rec` with a store of its own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.recording import Recorder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def cs_rec(tmp_path: Path) -> Iterator[Recorder]:
    """`cs-rec` with a home of its own; what it left running is ended."""
    recorder = Recorder(tmp_path)
    yield recorder
    recorder.close()


@pytest.fixture
def linux() -> None:
    """Only where /proc tells about processes."""
    if not os.path.exists("/proc/self/status"):
        pytest.skip("there is no /proc to ask about processes")
