"""Half a minute of recorders under kills, full disks and resizes, as benchmarks/soak.py has it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

SOAK = Path(__file__).parents[2] / "benchmarks" / "soak.py"


@pytest.mark.slow
@pytest.mark.root
@pytest.mark.timeout(180)
@pytest.mark.skipif(os.geteuid() != 0, reason="a disk of its own needs root")
def test_nothing_acknowledged_is_lost_but_in_stated_gaps():
    seed = str(time.time_ns() % 1_000_000)
    done = subprocess.run(
        [sys.executable, SOAK, "--minutes", "0.4", "--recorders", "8", "--seed", seed],
        capture_output=True,
        text=True,
        check=False,
        timeout=170,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "kills" in done.stdout
    assert "full disks" in done.stdout
