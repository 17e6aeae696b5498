"""Forms of export: only those that can be written are offered."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from formats.layout import Home
from formats.session import Session
from player.exporting.forms import (
    FORMS,
    NAMES,
    Destination,
    ExportError,
    Target,
    form_named,
    target_of,
)
from player.exporting.job import Job
from player.exporting.writing import write
from player.progress import Progress
from tests.support.logs import Said, start, write_log

if TYPE_CHECKING:
    from pathlib import Path

    from player.exporting.forms import Form


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_each_form_that_is_offered_has_a_writer(form: Form, tmp_path: Path) -> None:
    if form.drawn:
        pytest.importorskip("pyghostty")
    log, path = tmp_path / "x.jsonl", str(tmp_path / "x")
    write_log(log, start(), Said(0, b"said"))
    job = Job(Home(str(tmp_path / "home")), Session.at(str(log)))
    assert path in write(job, Destination(path, Target(form)), Progress("cs-export", 1))
    assert os.path.getsize(path) > 0


@pytest.mark.parametrize(
    ("name", "form"), [("md", "markdown"), ("txt", "text"), ("cast", "asciicast-v3")]
)
def test_a_form_can_be_named_by_what_its_files_end_in(name: str, form: str) -> None:
    assert form_named(name).name == form


@pytest.mark.parametrize("name", ["bmp", "pdf"])
def test_a_form_that_is_not_written_is_no_form(name: str) -> None:
    with pytest.raises(ExportError) as by_ending:
        target_of(f"x.{name}", None)
    assert "no ending that says its form (.cast, " in str(by_ending.value)
    with pytest.raises(ExportError) as by_name:
        form_named(name)
    assert str(by_name.value) == f"there is no form {name!r}; there are {', '.join(NAMES)}"
