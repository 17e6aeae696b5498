"""The screen engine: what it draws, what it refuses, and that it cannot hurt the process."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats import plainjson
from formats.errors import SessionsError
from formats.size import Size
from player.lines.history import History
from player.screen import LONGEST_LINE_ROWS, Cursor, Screen, ScreenEngineError
from player.screen import binding as ghostty
from player.screen.face import ENGINE_VARIABLE, engine_class

ROOT = Path(__file__).resolve().parents[2]
FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"


def screen_of(data: bytes, cols: int = 20, rows: int = 4, scrollback: int = 0) -> Screen:
    screen = Screen(Size(cols, rows), scrollback)
    screen.feed(data)
    return screen


def test_rows_as_drawn() -> None:
    screen = screen_of(b"one  \r\n\x1b[31mtwo\x1b[0m\x1b[4;3Hfour\x1b[2;10Hend")
    assert screen.text() == ["one", "two      end", "", "  four"]
    assert screen.cursor == Cursor(12, 1)


def test_there_are_as_many_rows_as_the_size_says() -> None:
    assert Screen(Size(30, 7)).text() == [""] * 7


def test_title() -> None:
    assert not Screen(Size(20, 4)).title
    assert screen_of("\x1b]2;✳ a topic\x07".encode()).title == "✳ a topic"


def test_alternate_screen_comes_and_goes() -> None:
    screen = screen_of(b"below\x1b[?1049h\x1b[Hon top")
    assert screen.alternate
    assert screen.text()[0] == "on top"
    screen.feed(b"\x1b[?1049l")
    assert not screen.alternate
    assert screen.text()[0] == "below"


def test_synchronized_update_is_seen() -> None:
    screen = screen_of(b"\x1b[?2026h")
    assert screen.state().synchronized
    screen.feed(b"\x1b[?2026l")
    assert not screen.state().synchronized


@pytest.mark.parametrize(
    ("asked", "given_size"),
    [
        (Size(1, 1), Size(2, 2)),
        (Size(0, 40), Size(2, 40)),
        (Size(65535, 65535), Size(1000, 500)),
        (Size(120, 40), Size(120, 40)),
    ],
)
def test_sizes_are_clamped(asked: Size, given_size: Size) -> None:
    assert Screen(asked).size == given_size
    screen = Screen(Size(80, 24))
    screen.resize(asked)
    assert screen.size == given_size


def test_the_main_screen_is_wrapped_anew_by_a_resize() -> None:
    screen = screen_of(b"abcdefghij", cols=10)
    screen.resize(Size(5, 4))
    assert screen.text() == ["abcde", "fghij", "", ""]
    assert screen.lines() == b"abcdefghij"


def test_a_program_may_change_the_columns_itself() -> None:
    screen = screen_of(b"\x1b[?40h\x1b[?3hwide", cols=80, rows=24)
    assert screen.size.cols == 132
    assert screen.text()[0] == "wide"


@pytest.mark.parametrize(
    ("text", "columns"),
    [("⚠️", 2), ("👩‍💻", 2), ("👍🏽", 2), ("🇫🇷", 2), (FAMILY, 2), ("e\u0301", 1), ("漢", 2)],
)
def test_characters_are_as_wide_as_grapheme_clusters(text: str, columns: int) -> None:
    assert screen_of(text.encode()).cursor.col == columns


def test_grapheme_clusters_outlive_a_reset_and_can_be_switched_off() -> None:
    assert screen_of(b"\x1bc" + FAMILY.encode()).cursor.col == 2
    assert screen_of(b"\x1b[?2027l" + FAMILY.encode(), cols=40).cursor.col > 2
    assert screen_of(b"\x1b[?2027l\x1bc" + FAMILY.encode()).cursor.col == 2


def test_without_scrollback_nothing_is_kept() -> None:
    assert screen_of(b"line\r\n" * 5000).state().history_rows == 0


def test_lines_are_whole_when_the_terminal_wrapped_them() -> None:
    screen = screen_of("abcdefghi 漢字\r\nshort  ".encode(), cols=10)
    assert screen.text() == ["abcdefghi", "漢字", "short", ""]
    assert screen.lines().decode() == "abcdefghi 漢字\nshort"


def test_a_line_is_whole_though_its_head_has_scrolled_off() -> None:
    screen = screen_of(b"x" * 95, cols=10, scrollback=1000)
    assert screen.state().history_rows == 6
    assert screen.lines() == b"x" * 95


def numbered(count: int) -> bytes:
    return b"".join(b"line %d\r\n" % number for number in range(count))


def test_history_gives_each_line_once() -> None:
    screen = Screen(Size(20, 4), 10_000)
    history = History(screen)
    taken: list[bytes] = []
    for start in range(0, len(numbered(3000)), 1000):
        screen.feed(numbered(3000)[start : start + 1000])
        taken += history.take().lines
    # The last three lines and the row of the cursor are on the screen.
    assert taken == numbered(2997).split(b"\r\n")[:-1]
    assert screen.state().history_rows == 0


def test_history_leaves_a_line_that_goes_on_in_the_screen_for_later() -> None:
    screen = Screen(Size(10, 4), 1000)
    history = History(screen)
    screen.feed(b"first\r\n" + b"y" * 55)
    assert history.take() == ([b"first"], 0, 1)
    assert history.take().lines == []
    screen.feed(b"y\r\n\n\n\n\n")
    assert history.take().lines == [b"y" * 56]


def test_history_gives_an_endless_line_in_pieces() -> None:
    screen = Screen(Size(10, 4), 10_000)
    history = History(screen)
    taken = []
    for _ in range(100):
        screen.feed(b"z" * 1000)
        taken += history.take().lines
    assert set(b"".join(taken)) == set(b"z")
    assert all(len(piece) <= 10 * (LONGEST_LINE_ROWS + 100) for piece in taken)
    assert screen.state().history_rows <= LONGEST_LINE_ROWS


def test_history_may_be_taken_in_the_middle_of_a_sequence() -> None:
    screen = Screen(Size(20, 4), 1000)
    history = History(screen)
    screen.feed(b"a\r\nb\r\nc\r\nd\r\ne\x1b[1")
    assert history.take().lines == [b"a"]
    screen.feed(b"m\xe6\xbc")
    history.take()
    screen.feed(b"\xa2!")
    assert screen.text()[3] == "e漢!"


def test_history_is_left_alone_while_the_alternate_screen_is_shown() -> None:
    screen = Screen(Size(20, 4), 1000)
    history = History(screen)
    screen.feed(b"a\r\nb\r\nc\r\nd\r\ne\x1b[?1049h")
    assert history.take() == ([], 0, 0)
    screen.feed(b"\x1b[?1049l")
    assert history.take().lines == [b"a"]


def test_history_gives_nothing_twice_after_a_resize() -> None:
    screen = Screen(Size(20, 4), 1000)
    history = History(screen)
    screen.feed(numbered(10) + b"a line that is wrapped, for it is longer than that")
    first = history.take().lines
    for cols in (9, 31, 12):
        screen.resize(Size(cols, 4))
        history.after_resize()
    screen.feed(b"\r\n" * 9)
    later = history.take().lines
    assert not set(first) & set(later) - {b""}
    assert b"a line that is wrapped, for it is longer than that" in later


@settings(deadline=None)
@given(st.binary(max_size=400), st.data())
def test_bytes_may_be_cut_anywhere(data: bytes, draw: st.DataObject) -> None:
    whole, cut = screen_of(data, 20, 6, 500), Screen(Size(20, 6), 500)
    place = draw.draw(st.integers(0, len(data)))
    cut.feed(data[:place])
    cut.feed(data[place:])
    assert cut.text() == whole.text()
    assert (cut.cursor, cut.title, cut.state()) == (whole.cursor, whole.title, whole.state())


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


def test_the_one_known_crash_of_the_engine_is_out_of_reach() -> None:
    """One row with scrollback and grapheme clusters: a size that is never given to the engine."""
    program = f"""
from formats.size import Size
from player.screen import Screen
family = {FAMILY!r}.encode()
screen = Screen(Size(120, 40), 1000)
screen.feed(family * 2621)
screen.resize(Size(20, 1))
screen.feed(family * 17000)
screen.lines()
print(screen.size)
"""
    done = run(program)
    assert (done.returncode, done.stdout) == (0, "Size(cols=20, rows=2)\n"), done.stderr


def test_the_header_is_not_parsed_at_a_start() -> None:
    program = """
import sys
import player.screen
assert "_cffi_backend" not in sys.modules
from formats.size import Size
player.screen.Screen(Size(80, 24))
print(*sorted({"cffi", "pycparser", "pyghostty"} & set(sys.modules)))
"""
    done = run(program)
    assert (done.returncode, done.stdout) == (0, "\n"), done.stderr


@pytest.fixture
def fresh_load(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(ghostty.LIBRARY_VARIABLE, raising=False)
    monkeypatch.setenv(ENGINE_VARIABLE, "ghostty")
    ghostty.load.cache_clear()
    engine_class.cache_clear()
    yield monkeypatch
    ghostty.load.cache_clear()
    engine_class.cache_clear()


def message_of_failure() -> str:
    with pytest.raises(ScreenEngineError) as failure:
        Screen(Size(80, 24))
    message = str(failure.value)
    assert isinstance(failure.value, SessionsError)
    assert failure.value.exit_code == 2
    assert "\n" not in message
    assert "pip install 'pyghostty" in message
    return message


def test_without_pyghostty(fresh_load: pytest.MonkeyPatch) -> None:
    fresh_load.setitem(sys.modules, "pyghostty", None)
    assert message_of_failure().startswith("no screen engine for this platform")


def test_without_cffi(fresh_load: pytest.MonkeyPatch) -> None:
    fresh_load.delitem(sys.modules, "player.screen.ghostty_abi", raising=False)
    fresh_load.setitem(sys.modules, "_cffi_backend", None)
    assert "cffi is not installed" in message_of_failure()


def test_a_library_that_is_none(fresh_load: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "libghostty-vt.so"
    broken.write_bytes(b"not a library")
    fresh_load.setenv(ghostty.LIBRARY_VARIABLE, str(broken))
    assert "cannot be loaded" in message_of_failure()


def test_another_library_is_refused(fresh_load: pytest.MonkeyPatch) -> None:
    fresh_load.setenv(ghostty.LIBRARY_VARIABLE, str(import_module("_cffi_backend").__file__))
    assert "not a version we know" in message_of_failure()


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("GhosttyTerminalOption", {"values": {"SCROLLBACK_MAX_BYTES": 99}}),
        ("GhosttySelection", {"size": 72}),
        ("GhosttyGridRef", None),
    ],
)
def test_another_version_is_refused(
    fresh_load: pytest.MonkeyPatch, kind: str, change: dict | None
) -> None:
    real = plainjson.loads

    def changed(text: bytes) -> dict:
        account = real(text)
        if change is None:
            del account["types"][kind]
        else:
            account["types"][kind] |= change
        return account

    fresh_load.setattr(ghostty, "loads", changed)
    assert "not a version we know" in message_of_failure()


def test_our_part_of_the_header_is_that_of_pyghostty() -> None:
    theirs = pytest.importorskip("pyghostty._ffi")
    ours, lib, _, _ = ghostty.load()
    for name in ours.list_types()[0]:
        if name in {"GhosttyPointPlace", "GhosttyScrollPlace"}:
            continue
        kind = ours.typeof(name)
        other = theirs.ffi.typeof(name)
        assert (kind.kind, ours.sizeof(name)) == (other.kind, theirs.ffi.sizeof(name)), name
        if kind.kind == "struct":
            assert {field: place.offset for field, place in kind.fields} == {
                field: place.offset for field, place in other.fields
            }
        if kind.kind == "enum":
            assert kind.elements.items() <= other.elements.items()
    for name in dir(lib):
        if name.startswith("ghostty_"):
            argument_sizes = [ours.sizeof(kind) for kind in ours.typeof(getattr(lib, name)).args]
            other = theirs.ffi.typeof(getattr(theirs.lib, name))
            assert argument_sizes == [theirs.ffi.sizeof(kind) for kind in other.args], name


def test_the_parsed_header_is_that_of_the_file() -> None:
    cffi = pytest.importorskip("cffi")
    parsed = cffi.FFI()
    parsed.cdef((ROOT / "player" / "screen" / "ghostty.h").read_text())
    ours, lib, path, _ = ghostty.load()
    assert parsed.list_types()[0] == ours.list_types()[0]
    for name in ours.list_types()[0]:
        assert parsed.sizeof(name) == ours.sizeof(name), name
    assert set(dir(lib)) == set(dir(parsed.dlopen(path)))
