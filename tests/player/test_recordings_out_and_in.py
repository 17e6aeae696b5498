"""Each form out, and in again where it can be read, of recordings of real programs.

What holds all is equal; of the others the output is, and what is left out is counted once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from formats.damage import Damage
from formats.layout import Home
from formats.session import Session
from formats.size import DEFAULT_SIZE
from player.exporting.forms import FORMS, Destination, Target, form_named
from player.exporting.job import Job
from player.exporting.preparing import begun
from player.exporting.writing import write
from player.importing import Report, Wishes, import_files
from player.progress import Progress
from tests.support.foreign import joined
from tests.support.recordings import each_recording

if TYPE_CHECKING:
    from pathlib import Path

    from formats.entry import Entry

WHOLE = ("jsonl", "tar.gz", "tar.zst")
# What each of the others has no place for; v1 and raw tell no more than an order.
LEFT_OUT = {
    "asciicast-v3": set(),
    "asciicast-v2": {"exit"},
    "asciicast-v1": {"exit", "resize", "marker", "entry of input"},
    "ttyrec": {"exit", "marker", "entry of input"},
    "typescript": {"marker"},
    "typescript-classic": {"resize", "marker", "entry of input"},
    "raw": {"exit", "resize", "marker", "entry of input"},
}
OURS = {"pause", "resume", "masked", "gap", "clock"}
"""Events of our own that nobody else knows."""

VIDEO = ("mp4", "webm")
DRAWN = [
    # A second of work each, for what tests/cli/test_export_pictures.py looks at closely.
    pytest.param(form.name, marks=[pytest.mark.slow] if form.name == "gif" else [])
    for form in FORMS
    if form.drawn and form.name not in VIDEO
]


def _written(recording: Path, form: str, tmp_path: Path) -> tuple[Job, list[str]]:
    job = Job(Home(str(tmp_path / "home")), Session.at(str(recording)))
    target = Target(form_named(form))
    ending = (*target.form.endings, ".typescript")[0]
    to = Destination(str(tmp_path / f"x{ending}"), target)
    paths = write(job, to, Progress("cs-export", 1))
    assert not job.damage
    return job, paths


def _again(paths: list[str], form: str, tmp_path: Path) -> list[Entry]:
    home, report = Home(str(tmp_path / "other")), Report()
    files = paths[:2] if form.startswith("typescript") else paths
    (imported,) = import_files(home, files, Wishes(form="raw" if form == "raw" else None), report)
    assert not report.damage, report.damage.summary()
    assert not report.skipped_members
    return list(Session(imported.session_id, home.logs).entries())


def _bytes(entries: list[Entry], direction: str) -> bytes:
    return b"".join(e.data for e in entries if e.direction == direction)


@each_recording
@pytest.mark.parametrize("form", WHOLE)
def test_what_holds_all_is_equal(recording: Path, form: str, tmp_path: Path) -> None:
    job, paths = _written(recording, form, tmp_path)
    assert not job.left_out
    assert _again(paths, form, tmp_path) == list(Session.at(str(recording)).entries(Damage()))


@each_recording
@pytest.mark.parametrize("form", LEFT_OUT)
def test_what_holds_less_holds_the_output(recording: Path, form: str, tmp_path: Path) -> None:
    # Of a log that does not begin with a start event too, as other writers' do not.
    original = list(begun(Session.at(str(recording)).entries(), DEFAULT_SIZE))
    job, paths = _written(recording, form, tmp_path)
    again = _again(paths, form, tmp_path)
    output = _bytes(original, "output")
    textual = form.startswith("asciicast")
    assert _bytes(again, "output") == (
        output.decode(errors="replace").encode() if textual else output
    )
    said = set(job.left_out.counts)
    assert said <= LEFT_OUT[form] | OURS | {"byte that is no UTF-8"}
    there = {e.event["type"] for e in original if e.event} - {"start", "segment"}
    typed = any(e.direction == "input" and e.event is None for e in original)
    held = there - said
    assert not held & LEFT_OUT[form]
    if "entry of input" in LEFT_OUT[form]:
        assert ("entry of input" in said) == typed
    else:
        assert _bytes(again, "input") == _bytes(original, "input")
    if form in ("asciicast-v2", "asciicast-v3", "ttyrec", "typescript"):
        assert {e.event["type"] for e in again if e.event} - {"start", "segment"} == held
        assert [one[0] for one in joined(again)] == [
            one[0] for one in joined(original) if one[1] == "output" or "entry of input" not in said
        ]


@each_recording
@pytest.mark.parametrize("form", DRAWN)
def test_what_shows_the_screen_is_made(recording: Path, form: str, tmp_path: Path) -> None:
    pytest.importorskip("pyghostty")
    job, (path,) = _written(recording, form, tmp_path)
    assert not job.left_out
    beginnings = {
        "png": b"\x89PNG\r\n", "gif": b"GIF89a", "svg": b"<svg xmlns=", "html": b"<!doctype html>",
        "markdown": b"# ",
    }  # fmt: skip
    with open(path, "rb") as file:
        assert file.read(20).startswith(beginnings.get(form, b""))
