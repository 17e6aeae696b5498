"""Recordings of real programs that are no part of this repository, where there are some.

They lie in the folder that CS_RECORDINGS names, else in `shared/recordings` beside the checkout:
`NAME.jsonl.zst`, and in `phrases.json` what stood on their screens.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).parents[2]


def folder() -> Path | None:
    """Where the recordings lie; None where there are none."""
    path = Path(os.environ.get("CS_RECORDINGS") or _ROOT.parent / "shared" / "recordings")
    return path if any(path.glob("*.jsonl.zst")) else None


def recordings() -> list[Path]:
    """The recordings by name; empty where there are none."""
    found = folder()
    return sorted(found.glob("*.jsonl.zst")) if found else []


def phrases() -> dict[str, Any]:
    """What stood on their screens, by the recording's name."""
    found = folder()
    return json.loads((found / "phrases.json").read_text()) if found else {}


def name_of(recording: Path) -> str:
    """The name under which `phrases` knows a recording."""
    return recording.name.removesuffix(".jsonl.zst")


_NONE = pytest.param(
    None, id="none", marks=pytest.mark.skip("no recordings: CS_RECORDINGS names a folder of them")
)

each_recording = pytest.mark.parametrize(
    "recording", [pytest.param(path, id=name_of(path)) for path in recordings()] or [_NONE]
)
"""A test of one argument more, `recording`, for each of them."""
