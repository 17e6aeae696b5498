"""Forms of export: only those that can be written are offered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from formats.entry import OUTPUT, Entry
from formats.interchange.left_out import LeftOut
from formats.size import DEFAULT_SIZE
from player.exporting.forms import (
    FORMS,
    NAMES,
    Destination,
    ExportError,
    Target,
    form_named,
    target_of,
)
from player.exporting.preparing import begun
from player.exporting.writing import write_stream

if TYPE_CHECKING:
    from pathlib import Path

_SAID = Entry(1_000_000, "11111111-1111-4111-8111-111111111111", OUTPUT, b"said")
# These two kinds have writers of their own, and tests of them in tests/cli/test_export.py.
_STREAMS = [form.name for form in FORMS if not form.name.startswith(("typescript", "tar"))]


@pytest.mark.parametrize("name", _STREAMS)
def test_each_form_that_is_offered_has_a_writer(name: str, tmp_path: Path) -> None:
    path = str(tmp_path / "x")
    to = Destination(path, Target(form_named(name)))
    assert write_stream(begun([_SAID], DEFAULT_SIZE), to, LeftOut()) == [path]


@pytest.mark.parametrize("name", ["txt", "md", "html", "svg", "png", "gif", "mp4", "webm"])
def test_a_form_that_is_not_written_is_no_form(name: str) -> None:
    with pytest.raises(ExportError) as by_ending:
        target_of(f"x.{name}", None)
    assert "no ending that says its form (.cast, " in str(by_ending.value)
    with pytest.raises(ExportError) as by_name:
        form_named(name)
    assert str(by_name.value) == f"there is no form {name!r}; there are {', '.join(NAMES)}"
