"""The screen engine's crashes: the one that is known is kept away, and others cost one line."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from formats.size import Size
from tests.support.engines import dying_engine
from tests.support.logs import Said, ended, start, store_log
from tests.support.window import PlayerWindow, environ_of

if TYPE_CHECKING:
    from pathlib import Path

FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
STOCK = f"""
import pyghostty
t = pyghostty.Terminal(120, 40, scrollback=1000)
t.feed({FAMILY!r} * 2621); t.resize(20, 1); t.feed({FAMILY!r} * 17000)
"""

pytestmark = pytest.mark.usefixtures("linux")


def crashing(home: Path) -> str:
    """What kills the stock engine: rows of graphemes that scroll, in a window of one row."""
    data = (FAMILY * 17000).encode()
    pieces = [data[place : place + 8192] for place in range(0, len(data), 8192)]
    return store_log(
        home,
        start(120, 40),
        Said(0, (FAMILY * 2621).encode()),
        Said(1000, {"type": "resize", "cols": 20, "rows": 1}),
        *(Said(2000 + number, piece) for number, piece in enumerate(pieces)),
        Said(9000, b"\r\nafter"),
        ended(9500),
    )


def test_the_case_is_still_one(tmp_path: Path) -> None:
    """When the engine bears it one day, SMALLEST_SIZE may become 1x1."""
    pytest.importorskip("pyghostty")
    done = subprocess.run([sys.executable, "-c", STOCK], cwd=tmp_path, check=False)
    assert done.returncode == -11


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        ("play --dump-at 9.2 SESSION", "after\n"),
        ("grep -F SESSION after", "after"),
        ("index SESSION", ""),
        ("text SESSION", "after"),
        ("export SESSION -o OUT --from 9.2", ""),
    ],
)
def test_the_known_crash_is_kept_away(
    cs: Any, home: Path, tmp_path: Path, line: str, holds: str
) -> None:
    done = cs(*words_of(line, crashing(home), tmp_path))
    assert done.returncode == 0, done.stderr
    assert holds in done.stdout


def test_the_known_crash_is_kept_away_from_the_player(
    home: Path, commands: Path, tmp_path: Path
) -> None:
    crashing(home)
    argv = [str(commands / "cs-play"), "last", "--paused"]
    window = PlayerWindow(argv, environ_of(commands), size=Size(100, 30), cwd=tmp_path)
    try:
        window.see("\U0001f469")
        window.press("G")
        window.see("after")
        window.press("pgup", "g", "G")
        window.see("after")
        assert window.leave("q") == 0
        assert b"failed" not in window.screen
    finally:
        window.close()


def words_of(line: str, session: str, folder: Path) -> list[str]:
    out = str(folder / "x.cast")
    return [{"SESSION": session, "OUT": out}.get(word, word) for word in line.split()]


@pytest.fixture
def dying(tmp_path: Path) -> dict[str, str]:
    """An environment in which the engine dies of the first byte."""
    if platform.machine() not in ("x86_64", "aarch64"):
        pytest.skip("knows no instruction to die of")
    return {"PYGHOSTTY_LIB": str(dying_engine(tmp_path, platform.machine()))}


@pytest.mark.parametrize(
    "line",
    [
        "play --dump-at 1 SESSION",
        "grep -F SESSION words",
        "index SESSION",
        "text SESSION",
        "export SESSION --no-redact -o OUT --from 1",
        "export SESSION -o OUT",
        "export SESSION -f html -o OUT",
        "redact SESSION",
    ],
)
def test_an_engine_that_dies_costs_one_line(
    cs: Any, home: Path, tmp_path: Path, dying: dict[str, str], line: str
) -> None:
    session = store_log(home, start(), Said(0, b"some words"), Said(2000, b"more"), ended(2500))
    command = line.split(maxsplit=1)[0]
    done = cs(*words_of(line, session, tmp_path), env=dying)
    assert done.returncode == 2
    said = done.stdout if command == "index" else done.stderr
    assert (done.stdout + done.stderr).count("\n") == 1, done
    assert said.startswith(session if command == "index" else f"cs-{command}: ")
    assert "the screen engine" in said
    assert not (tmp_path / "x.cast").exists()


def test_the_player_says_it_in_one_line_and_leaves_the_terminal_whole(
    home: Path, commands: Path, tmp_path: Path, dying: dict[str, str]
) -> None:
    words = [Said(n * 300, b"some words ") for n in range(9)]
    store_log(home, start(), *words, ended(2500))
    argv = [str(commands / "cs-play"), "last"]
    environ = environ_of(commands) | dying
    window = PlayerWindow(argv, environ, size=Size(100, 30), cwd=tmp_path)
    try:
        assert window.leave() == 2
        assert window.mode() == window.found_mode
        assert not window.drawn.alternate
        said = [row for row in window.rows() if row]
        assert len(said) == 1
        assert "the screen engine failed (signal 4) again and again" in said[0]
    finally:
        window.close()


def test_a_session_without_an_engine_is_still_played(
    cs: Any, home: Path, dying: dict[str, str]
) -> None:
    session = store_log(home, start(), Said(0, b"some words\r\n"), ended(2500))
    assert cs("play", session, env=dying).stdout == "some words\n"
    assert os.environ.get("PYGHOSTTY_LIB") is None
