"""Both screen engines behind the same face, and neither: what they lack is stated here."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formats.size import Size
from player.lines.history import History
from player.screen import Cursor, Screen, ScreenEngineError
from player.screen.face import ENGINE_VARIABLE, engine_class
from tests.support.logs import Said, ended, start, store_log
from tests.support.programs import PROGRAMS, SIZE, output_of
from tests.support.screens import told
from tests.support.streams import streams

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AVT = "avt"


@pytest.fixture(params=["ghostty", AVT])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv(ENGINE_VARIABLE, request.param)
    engine_class.cache_clear()
    yield request.param
    engine_class.cache_clear()


def screen_of(data: str, cols: int = 20, rows: int = 4, scrollback: int = 0) -> Screen:
    screen = Screen(Size(cols, rows), scrollback)
    screen.feed(data.encode())
    return screen


def test_the_engine_is_the_one_asked_for(engine: str) -> None:
    assert Screen.loaded_engine_id().startswith("pyavt-" if engine == AVT else "pyghostty-")


def test_text_cursor_and_title(engine: str) -> None:
    screen = screen_of("one  \r\n\x1b[31mtwo\x1b[0m\x1b[4;3H漢字x\x1b[2;10Hend\x1b]2;a title\x07")
    assert screen.text() == ["one", "two      end", "", "  漢字x"]
    assert screen.cursor == Cursor(12, 1)
    assert screen.title == "a title"
    assert screen.size == Size(20, 4)


def test_styles(engine: str) -> None:
    screen = screen_of("\x1b[1;3;4;31;48;5;99mx\x1b[0;2;7;9;38;2;1;2;3my\x1b[0m z")
    ((_, row), *_) = screen.rows()
    assert [(run.text, run.cols) for run in row] == [("x", 1), ("y", 1), (" z", 2)]
    first, second, third = (run.style for run in row)
    assert (first.bold, first.italic, first.underline, first.fg, first.bg) == (True, True, 1, 1, 99)
    assert (second.faint, second.inverse, second.strike, second.fg) == (True, True, True, 0x1010203)
    assert third == type(third)()


def test_only_changed_rows(engine: str) -> None:
    screen = screen_of("one\r\ntwo")
    screen.rows()
    assert screen.rows(changed_only=True) in ([], [(1, screen.rows()[1][1])])
    screen.rows()
    screen.feed(b"\x1b[1;1Hmore")
    assert dict(screen.rows(changed_only=True))[0][0].text == "more"


def test_the_alternate_screen_comes_and_goes(engine: str) -> None:
    screen = screen_of("below\x1b[?1049h\x1b[Hon top")
    assert screen.alternate
    assert screen.text()[0] == "on top"
    screen.feed(b"\x1b[?1049l")
    assert not screen.alternate
    assert screen.text()[0] == "below"


def test_modes(engine: str) -> None:
    screen = screen_of("\x1b[?2004;1006h\x1b[?25l\x1b[?2026h")
    assert screen.mode(2004)
    assert screen.mode(1006)
    assert screen.mode(7)
    assert not screen.mode(1000)
    assert not screen.cursor_visible
    assert screen.state().synchronized


def test_sizes_are_clamped(engine: str) -> None:
    screen = Screen(Size(0, 65535))
    assert screen.size == Size(2, 500)
    screen.resize(Size(65535, 1))
    assert screen.size == Size(1000, 2)


def test_a_resize(engine: str) -> None:
    screen = screen_of("a line\r\nanother", cols=20, rows=4)
    screen.rows()
    for size in (Size(30, 9), Size(5, 2), Size(40, 3)):
        screen.resize(size)
        assert screen.size == size
        assert len(screen.rows(changed_only=True)) == size.rows
        assert len(screen.text()) == size.rows
    screen.feed(b"\x1b[Hnew\x7f\x1b[K")
    assert screen.text()[0] == "new"


def test_a_wide_character_that_does_not_fit_wraps_without_a_gap(engine: str) -> None:
    screen = screen_of("123456789漢字", cols=10)
    assert screen.lines() == "123456789漢字".encode()


def test_what_scrolls_off_is_taken_once_and_whole(engine: str) -> None:
    screen = Screen(Size(10, 3), 100)
    history = History(screen)
    lines: list[bytes] = []
    for number in range(40):
        screen.feed(b"line %d of them\r\n" % number)
        lines += history.take().lines
    assert lines == [b"line %d of them" % number for number in range(len(lines))]
    assert len(lines) >= 37
    screen.feed(b"\x1b[?1049h" + b"not this\r\n" * 9)
    assert history.take().lines == []


def test_the_lines_on_the_screen_are_unwrapped(engine: str) -> None:
    screen = screen_of("a long line of words\r\nshort\r\n", cols=8, scrollback=50)
    assert screen.lines() == b"a long line of words\nshort"
    assert screen.goes_on(0)
    assert screen.start_of_line(screen.state().history_rows) == 0


def test_a_screen_comes_back(engine: str) -> None:
    screen = screen_of(
        "line\r\n" * 9 + "漢 \x1b[31mx\x1b[?2004h\x1b]2;t\x07\x1b[?104", scrollback=50
    )
    again = Screen.restore(screen.snapshot())
    assert again.history_rows(0, 99) == screen.history_rows(0, 99)
    for both in (screen, again):
        both.feed("9hon top\x1b[1;4漢".encode()[:-1])
    assert told(again) == told(screen)
    with pytest.raises(ScreenEngineError, match="no snapshot"):
        Screen.restore(b"CSSN")
    with pytest.raises(ScreenEngineError, match="damaged"):
        Screen.restore(screen.snapshot()[:-20])


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(streams(25), st.data())
def test_a_snapshot_at_any_byte_changes_nothing(
    engine: str, data: bytes, draw: st.DataObject
) -> None:
    place = draw.draw(st.integers(0, len(data)))
    whole, cut = Screen(Size(24, 6), 50), Screen(Size(24, 6), 50)
    try:
        whole.feed(data)
        cut.feed(data[:place])
        again = Screen.restore(cut.snapshot())
        assert kept(again, engine) == kept(cut, engine)
        again.feed(data[place:])
    except ScreenEngineError as refusal:
        assert "no snapshot can be made" in str(refusal) or "gives up" in str(refusal)  # noqa: PT017
        return
    assert kept(again, engine) == kept(whole, engine)


def kept(screen: Screen, engine: str) -> dict[str, Any]:
    """All that a screen tells; of pyavt without what its own dump loses."""
    found = told(screen)
    if engine == AVT:
        del found["state"], found["title"]
        found["modes"] = {number: on for number, on in found["modes"].items() if number != 6}
    return found


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_dump_in_the_middle_of_a_real_program(
    engine: str, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = output_of(name, tmp_path_factory.getbasetemp())
    if data is None:
        pytest.skip(f"needs {name}")
    chance = random.Random(name)
    for _ in range(8):
        place = chance.randrange(len(data))
        screen, again = Screen(SIZE), Screen(SIZE)
        screen.feed(data[:place])
        again.feed(screen.dump())
        assert (again.rows(), again.cursor) == (screen.rows(), screen.cursor)
        for both in (screen, again):
            both.feed(data[place:])
        assert (again.rows(), again.cursor) == (screen.rows(), screen.cursor)


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_engines_see_the_same_text(
    name: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = output_of(name, tmp_path_factory.getbasetemp())
    if data is None:
        pytest.skip(f"needs {name}")
    shown: list[list[str]] = []
    for which in ("ghostty", AVT):
        monkeypatch.setenv(ENGINE_VARIABLE, which)
        engine_class.cache_clear()
        screen = Screen(SIZE)
        screen.feed(data[: len(data) // 2])
        shown.append(screen.text())
    engine_class.cache_clear()
    assert shown[0] == shown[1]


def test_a_panic_of_pyavt_is_an_error_like_others(monkeypatch: pytest.MonkeyPatch) -> None:
    from player.screen import _avt  # noqa: PLC0415

    class PanicException(BaseException):
        pass

    class Broken:
        size = (20, 4)

        def feed_str(self, _: str) -> None:
            raise PanicException("index out of bounds")

    monkeypatch.setattr(_avt.avt, "Vt", lambda *_: Broken())
    screen = _avt.AvtScreen(Size(20, 4))
    with pytest.raises(ScreenEngineError, match="gives up"):
        screen.feed(b"x")


@pytest.mark.parametrize("command", ["play", "grep", "text", "export"])
def test_commands_work_with_either(
    cs: Any, home: Path, tmp_path: Path, engine: str, command: str
) -> None:
    said = (Said(0, b"\x1b[2J\x1b[3;5Hplaced "), Said(900, b"\x1b[3;12Hwords"), Said(1500, b"!"))
    session_id = store_log(home, start(40, 10), *said, ended(2000))
    out = tmp_path / "x.raw"
    arguments: dict[str, list[Any]] = {
        "play": ["--dump-at", "1", session_id],
        "grep": [session_id, "placed words"],
        "text": [session_id],
        "export": [session_id, "-o", out, "--format", "raw", "--from", "1"],
    }
    done = cs(command, *arguments[command])
    assert done.returncode == 0, done.stderr
    if command == "export":
        screen = Screen(Size(40, 10))
        screen.feed(out.read_bytes())
        assert screen.text()[2] == "    placed words!"
    else:
        assert "placed words" in done.stdout


def test_without_an_engine_one_line_says_what_is_missing(cs: Any, home: Path) -> None:
    session_id = store_log(home, start(), Said(0, b"bytes\r\n"), ended(10))
    nothing = {"PYGHOSTTY_LIB": "/nonexistent"}
    done = cs("play", session_id, "--dump-at", "1", env=nothing)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "no screen engine" in done.stderr
    assert "pip install" in done.stderr
    assert cs("play", session_id, env=nothing).stdout == "bytes\n"


def test_the_second_engine_is_taken_where_the_first_is_missing() -> None:
    program = (
        "import sys; sys.modules['pyghostty'] = None\n"
        "from player.screen import Screen; print(Screen.loaded_engine_id())\n"
    )
    environ = {k: v for k, v in os.environ.items() if k not in (ENGINE_VARIABLE, "PYGHOSTTY_LIB")}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("pyavt-")
