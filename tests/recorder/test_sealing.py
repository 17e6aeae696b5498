"""No closed segment is forgotten, though one sealer at a time is at work."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from formats.layout import Home
from recorder import sealing
from recorder.sealing import Sealing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
LOG_BYTES = 1 << 20


class Started:
    """In place of the processes that the recorder starts: they work until they are told to end."""

    def __init__(self) -> None:
        self.modules: list[str] = []
        self.at_work: list[subprocess.Popen[bytes]] = []

    def start(self, module: str, *_: object, **__: object) -> int:
        self.modules.append(module)
        waits = [sys.executable, "-S", "-E", "-c", "import sys; sys.stdin.read()"]
        self.at_work.append(subprocess.Popen(waits, stdin=subprocess.PIPE))
        return self.at_work[-1].pid

    def end(self) -> None:
        """Have the oldest end; it is not reaped yet."""
        process = self.at_work.pop(0)
        assert process.stdin is not None
        process.stdin.close()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        process.returncode = 0  # ours to reap no more


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[Started]:
    made = Started()
    monkeypatch.setattr(sealing, "start_module", made.start)
    yield made
    for process in made.at_work:
        process.communicate()


@pytest.fixture
def seals(tmp_path: Path) -> Sealing:
    return Sealing(Home(str(tmp_path)), ID)


def test_what_was_closed_while_the_sealer_was_at_work_is_sealed_next(
    seals: Sealing, started: Started
) -> None:
    seals.start()
    seals.start()
    seals.start()
    assert len(started.modules) == 1
    seals.reap()
    assert len(started.modules) == 1, "it is still at work"
    started.end()
    seals.reap()
    assert started.modules == ["recorder.seal"] * 2, "one more run does it"
    started.end()
    seals.reap()
    assert len(started.modules) == 2
    seals.start()
    assert len(started.modules) == 3


def test_the_end_forgets_nothing(seals: Sealing, started: Started) -> None:
    """A second sealer waits for the first by itself, and goes on as the indexer."""
    seals.start()
    seals.start()
    seals.finish(LOG_BYTES)
    assert started.modules == ["recorder.seal"] * 2


def test_at_the_end_the_session_is_indexed_where_it_is_worth_it(
    seals: Sealing, started: Started
) -> None:
    seals.start()
    seals.finish(100)
    assert started.modules == ["recorder.seal"]
    seals.finish(LOG_BYTES)
    assert started.modules == ["recorder.seal", "player.index.indexing"]
