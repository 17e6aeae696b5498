"""Marks: written one by one, read whatever state the file is in."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from formats.errors import LogError
from formats.layout import Home
from formats.marks import LONGEST_LABEL, Mark, add_mark, marks_path, read_marks

if TYPE_CHECKING:
    from pathlib import Path

SESSION = "2f0c6a3e-6f5b-4a53-9d0e-1c7a3c1f5b11"
NOON_US = 1_770_465_600_000_000


@pytest.fixture
def store(home: Path) -> Home:
    return Home(str(home))


def test_marks_come_back_by_their_time(store: Home) -> None:
    assert read_marks(store, SESSION) == []
    add_mark(store, SESSION, NOON_US + 5_000_000, "später ✳")
    add_mark(store, SESSION, NOON_US, "first")
    assert read_marks(store, SESSION) == [
        Mark(NOON_US, "first"),
        Mark(NOON_US + 5_000_000, "später ✳"),
    ]


def test_the_file_is_ours_alone_and_one_object_a_line(store: Home) -> None:
    add_mark(store, SESSION, NOON_US, 'a "label"\nin two lines')
    path = marks_path(store, SESSION)
    with open(path, "rb") as file:
        assert file.read() == (
            b'{"timestamp":"2026-02-07T12:00:00.000Z","label":"a \\"label\\"\\nin two lines"}\n'
        )
        assert stat.S_IMODE(os.fstat(file.fileno()).st_mode) == 0o600


def test_what_is_no_mark_is_skipped_and_a_torn_line_stays_alone(store: Home) -> None:
    add_mark(store, SESSION, NOON_US, "kept")
    with open(marks_path(store, SESSION), "ab") as file:
        file.write(b'[]\n{"label":1}\n{"timestamp":"noon","label":"x"}\n\xff\n{"times')
    add_mark(store, SESSION, NOON_US, "kept too")
    assert [mark.label for mark in read_marks(store, SESSION)] == ["kept", "kept too"]


def test_a_long_label_is_cut(store: Home) -> None:
    add_mark(store, SESSION, NOON_US, "x" * 10_000)
    assert read_marks(store, SESSION) == [Mark(NOON_US, "x" * LONGEST_LABEL)]


def test_neither_a_link_nor_another_name_is_followed(store: Home, tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"")
    store.create()
    (tmp_path / "home/logs" / f"{SESSION}.marks.jsonl").symlink_to(tmp_path / "victim")
    with pytest.raises(LogError, match="cannot write"):
        add_mark(store, SESSION, NOON_US, "x")
    assert (tmp_path / "victim").read_bytes() == b""
    with pytest.raises(LogError, match="no session id"):
        add_mark(store, "../../etc/passwd", NOON_US, "x")
