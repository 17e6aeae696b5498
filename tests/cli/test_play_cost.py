"""What a frame costs, in calls of the system: each of the two processes wakes once for it."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.support.logs import Said, ended, start, write_log

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.window import Open

FRAMES, FRAME_MS = 75, 33
LOADED = 30
"""By then what is loaded on the side has been, and what the session holds is known."""


def test_the_calls_for_a_frame(show: Open, tmp_path: Path) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed; .ci/run installs it")
    log, trace = tmp_path / "frames.jsonl", tmp_path / "trace"
    frames = [Said(n * FRAME_MS, b"\x1b[2;2Hframe %d." % n) for n in range(FRAMES)]
    write_log(log, start(80, 24), *frames, ended(FRAMES * FRAME_MS))
    calls = "trace=read,write,select,pselect6,poll"
    window = show(strace, "-f", "-s", "4000", "-e", calls, "-o", trace, "cs-play", log)
    assert window.leave() == 0
    found = re.findall(r"^(\d+) +(\w+)\((.*)", trace.read_text(), re.MULTILINE)
    drawn = [at for at, (_, call, told) in enumerate(found) if call == "write" and "frame " in told]
    painted = [at for at in drawn if "2026h" in found[at][2]][LOADED:]
    assert len(painted) > 10, "slow or not, it plays on"
    first, last = painted[0], painted[-1]
    by_process = Counter(found[at][0] for at in range(first, last))
    player = found[first][0]
    drawing = next(found[at][0] for at in drawn if found[at][0] != player)
    count = len(painted) - 1
    # Waits until it is due, reads what it had asked for, asks for the next, writes this one.
    assert 3.5 <= by_process[player] / count <= 4.5
    assert by_process[drawing] / count <= 2.5, "reads what is asked, answers"
