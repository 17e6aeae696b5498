"""The door for programs: player.open."""

from __future__ import annotations

import subprocess
import sys

import pytest

import player
from formats.errors import NoSuchSessionError
from formats.layout import Home
from formats.writing import SessionWriter

ID = "12345678-1234-4123-8123-123456789abc"
START_US = 1_770_000_000_000_000


@pytest.fixture
def home(tmp_path, monkeypatch):
    folder = tmp_path / "home"
    monkeypatch.setenv("CLAUDE_SESSIONS_HOME", str(folder))
    home = Home(str(folder))
    home.create()
    with SessionWriter(home, ID) as writer:
        writer.event(START_US, {"type": "start", "version": 1, "cols": 40, "rows": 4})
        writer.entry(START_US + 1_000_000, "output", b"first\r\n")
        writer.entry(START_US + 5_000_000, "output", b"second")
    return home


def test_a_session_by_name_gives_events_screens_and_lines(home):
    session = player.open("last")
    assert session.id == ID
    assert [entry.data for entry in session.events() if entry.data] == [b"first\r\n", b"second"]
    assert session.duration_s == pytest.approx(5.0)
    assert session.screen_at(2.5).text()[:2] == ["first", ""]
    assert session.screen_at(99).text()[:2] == ["first", "second"]
    assert session.screen_at(0).text()[:2] == ["", ""]
    assert [line.text for line in session.lines()] == ["first", "second"]


def test_a_home_can_be_named(home, monkeypatch):
    monkeypatch.setenv("CLAUDE_SESSIONS_HOME", "/nowhere")
    assert player.open(ID[:6], home.path).id == ID


def test_what_is_not_there_is_said_in_one_line(home):
    with pytest.raises(NoSuchSessionError, match="no session"):
        player.open("ffff")


def test_importing_it_imports_nothing_else():
    ask = "import sys, player; print([n for n in sys.modules if n.startswith('player.')])"
    done = subprocess.run([sys.executable, "-c", ask], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
