"""Logs of each version of the format read as they did when it was new. Never made anew by a test.

Beside each log lies what is in it: data as base64, times in microseconds since the epoch.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from formats import fingerprint
from formats.damage import Damage
from formats.entry import Entry, encode_line
from formats.session import Session

DATA = Path(__file__).parents[1] / "data"
LOGS = sorted(path for path in DATA.glob("v*.jsonl*"))


def expected_of(log: Path) -> tuple[list[Entry], dict[str, int]]:
    expected = json.loads(
        (DATA / (log.name.partition(".")[0] + ".expected.json")).read_text("utf-8")
    )
    entries = [
        Entry(**{**fields, "data": base64.b64decode(fields["data"])})
        for fields in expected["entries"]
    ]
    return entries, expected["damage"]


def test_there_are_some_of_every_version() -> None:
    assert {log.name.partition("-")[0] for log in LOGS} == {"v1"}
    assert len(LOGS) >= 4


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.name)
def test_a_golden_log_reads_as_ever(log: Path) -> None:
    entries, damage = expected_of(log)
    found = Damage()
    assert list(Session.at(str(log)).entries(found)) == entries
    assert {name: getattr(found, name) for name in damage} == damage


@pytest.mark.parametrize("holds_no_gap", [True, False])
def test_a_golden_fingerprint_fits_as_ever(*, holds_no_gap: bool) -> None:
    name = f"v1-sealed-{'without' if holds_no_gap else 'with'}-gap.jsonl.zst"
    with open(DATA / name, "rb") as file:
        found = fingerprint.find(file)
        assert found is not None
        assert fingerprint.fits(file, found)
    assert found.holds_no_gap == holds_no_gap


def test_our_lines_are_written_as_ever() -> None:
    """Byte for byte: what the recorder wrote then, the encoder writes now."""
    log = DATA / "v1-plain.jsonl"
    assert b"".join(encode_line(entry) for entry in expected_of(log)[0]) == log.read_bytes()
