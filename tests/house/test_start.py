"""The start of `cs-rec` is felt: what it may import, and how much."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.logs import Said, ended, start, store_log

# Each costs 2 to 130 ms of a start that has 45.
DENIED = {
    "asyncio",
    "blessed",
    "cffi",
    "dataclasses",
    "logging",
    "orjson",
    "pathlib",
    "pyghostty",
    "subprocess",
    "threading",
    "zstandard",
}
# Beyond those of a bare Python, argparse and ptyprocess. One of ours costs a quarter of a
# millisecond, one of others' anything.
MOST_MODULES_OF_OURS = 35
MOST_BEFORE_THE_COMMAND = 30
MOST_MODULES_OF_OTHERS = 19
# Needed while the command runs: loaded while it starts.
BEHIND_THE_COMMAND = {"formats.meta", "formats.notices", "recorder.keyboard", "recorder.relay"}
BEHIND_THE_COMMAND |= {"recorder.upkeep"}
OURS = {"claude_sessions_recorder", "formats", "recorder"}
PACKAGES = OURS | {"player"}

A_RECORDING = "import claude_sessions_recorder as c; assert c.rec(['-q', '.', '--', 'true']) == 0"
ASK = """
import sys
import __future__
import argparse, ptyprocess
given = set(sys.modules)
{what}
print(*sorted(set(sys.modules) - given))
"""


def loaded_by(what: str) -> set[str]:
    """The modules that `what` loads beyond a bare Python, argparse and ptyprocess."""
    return last_line_of(ASK.format(what=what))


def last_line_of(program: str) -> set[str]:
    argv = [sys.executable, "-c", program]
    done = subprocess.run(
        argv, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30
    )
    return set(done.stdout.splitlines()[-1].split())


def ours_of(modules: set[str]) -> set[str]:
    return {name for name in modules if name.partition(".")[0] in PACKAGES}


def roots(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_a_whole_recording_imports_nothing_heavy(home):
    loaded = roots(loaded_by(A_RECORDING))
    assert not loaded & DENIED
    assert loaded >= OURS
    assert "player" not in loaded


def test_the_number_of_modules_has_a_budget(home):
    loaded = loaded_by(A_RECORDING)
    ours = ours_of(loaded)
    assert len(ours) <= MOST_MODULES_OF_OURS, sorted(ours)
    assert len(loaded - ours) <= MOST_MODULES_OF_OTHERS, sorted(loaded - ours)


def test_what_passes_bytes_on_is_loaded_while_the_command_starts():
    loaded = loaded_by("import recorder.cli")
    assert not loaded & BEHIND_THE_COMMAND
    assert len(ours_of(loaded)) <= MOST_BEFORE_THE_COMMAND, sorted(ours_of(loaded))


def test_the_version_imports_no_command(home):
    what = "import claude_sessions_recorder as c; assert c.rec(['--version']) == 0"
    assert loaded_by(what) == {"claude_sessions_recorder", "formats"}


@pytest.mark.parametrize("module", ["player.cli.play", "player.cli.grep", "player.cli.ls"])
def test_the_engine_and_the_drawing_are_loaded_when_they_are_needed(module):
    assert not roots(loaded_by(f"import {module}")) & {"asyncio", "blessed", "cffi", "pyghostty"}


# What reads logs, draws screens, or works in other processes; what few searches and lists need.
NOT_TO_FIND = {"blessed", "cffi", "dataclasses", "datetime", "inspect", "orjson", "pybase64"}
NOT_TO_FIND |= {"heapq", "pyghostty", "shutil", "signal", "string", "subprocess", "uuid"}
NOT_TO_FIND |= {"formats.entry", "formats.logreader", "formats.segment", "formats.stretch"}
NOT_TO_FIND |= {"player.forked", "player.lines.likeness", "player.lines.signals"}
NOT_TO_FIND |= {"player.position", "player.search.raw", "player.transcript"}
# Says which of our modules compile an expression, as they are loaded or later.
COMPILING = """
import re, sys
compile = re.compile
def told(*arguments):
    compiling.add(sys._getframe(1).f_globals["__name__"])
    return compile(*arguments)
compiling = set()
re.compile = told
{what}
print(*sorted(compiling))
"""


@pytest.fixture
def indexed(home):
    """A home with a session whose lines are in the index, and its log's own summary."""
    store_log(home, start(), Said(1000, b"hello\r\n"), ended(2000))
    for before in (["index"], ["ls", "--json"]):
        argv = [sys.executable, "-m", "claude_sessions_recorder", *before]
        subprocess.run(argv, check=True, capture_output=True, timeout=30)


@pytest.mark.parametrize(
    ("arguments", "most"), [(["grep", "-c", "last", "hello"], 43), (["ls"], 24)]
)
def test_what_is_in_the_index_is_found_and_listed_without_reading_a_log(indexed, arguments, most):
    """A person waits for the first hit: what reads logs or draws screens is not loaded for it."""
    name, *rest = arguments
    loaded = loaded_by(f"import claude_sessions_recorder as c; assert c.{name}({rest}) == 0")
    assert not (loaded | roots(loaded)) & NOT_TO_FIND
    assert len(ours_of(loaded)) <= most, sorted(ours_of(loaded))


@pytest.mark.parametrize("arguments", [["grep", "-c", "last", "hello"], ["ls"]])
def test_no_expression_of_ours_is_compiled_to_find_and_to_list(indexed, arguments):
    """But the one that is asked for. Compiling one takes as long as loading a module."""
    name, *rest = arguments
    what = f"import claude_sessions_recorder as c; assert c.{name}({rest}) == 0"
    compiling = last_line_of(COMPILING.format(what=what))
    assert ours_of(compiling) <= {"player.search.expression"}


# All that is loaded before the first screen, by the process that has the terminal. What draws is
# another one; what is only sometimes needed is loaded then.
MOST_BEFORE_A_SCREEN = 62
# Of these, before the process that draws is begun.
MOST_BEFORE_DRAWING = 40
# orjson alone brings dataclasses, datetime, inspect and uuid, and takes 20 ms of 120.
NOT_BEFORE_A_SCREEN = {"asyncio", "blessed", "dataclasses", "inspect", "logging", "orjson"}
NOT_BEFORE_A_SCREEN |= {"PIL", "http", "pathlib", "pyghostty", "subprocess", "tempfile", "tomllib"}
NOT_BEFORE_A_SCREEN |= {"pyavt", "uuid"}
A_FIRST_SCREEN = """
from formats.layout import Home
from formats.meant import resolve
from player.playing.frames import decode
from player.playing.serving import drawing
home = Home.of(__import__("os").environ)
answer = drawing(home, resolve(home, "last"), size=None, live=False, end_us=None)()
assert decode(answer({"do": "seek", "at_us": 1500})).rows[0][1][0].text == "hellö"
"""


def test_what_draws_is_begun_before_the_player_has_loaded_the_rest():
    loaded = loaded_by("import player.cli.play, player.playing.processes")
    assert "player.playing.drawn" not in loaded
    assert len(ours_of(loaded)) <= MOST_BEFORE_DRAWING, sorted(ours_of(loaded))


def test_a_first_screen_needs_few_modules(home):
    store_log(home, start(), Said(1, "hellö\r\n".encode()), ended(2))
    loaded = roots(loaded_by(A_FIRST_SCREEN))
    assert {"_cffi_backend", "player"} <= loaded
    assert not loaded & NOT_BEFORE_A_SCREEN


def test_what_plays_loads_little_before_its_first_screen():
    loaded = loaded_by("import player.playing.drawn")
    # What draws is another process.
    assert not roots(loaded) & (NOT_BEFORE_A_SCREEN | {"_cffi_backend", "zstandard"})
    assert len(ours_of(loaded)) <= MOST_BEFORE_A_SCREEN, sorted(ours_of(loaded))
