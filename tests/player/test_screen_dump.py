"""Dumps: the screen that they draw is the one they were taken of, and so is what follows."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from formats.entry import OUTPUT, event_size
from formats.layout import Home
from formats.meant import resolve
from formats.size import Size
from player.replay.replay import Replay
from player.screen import Screen
from player.screen.values import Style
from tests.support.programs import PROGRAMS, SIZE, output_of
from tests.support.recordings import each_recording
from tests.support.screens import told
from tests.support.streams import streams
from tests.support.tmux import Tmux
from tests.support.window import environ_of

if TYPE_CHECKING:
    from pathlib import Path

# What a dump does not carry: docs/playing.md has the same list. Each with bytes that need it
# (before the cut, after it).
NOT_CARRIED = {
    "the alternate screen while the main one is shown": (b"\x1b[?47hbelow\x1b[?47l", b"\x1b[?47h"),
    "the character that REP repeats, if the cursor has left it": (b"ab\x1b[2;1H", b"\x1b[3b"),
    "where a shell's prompt is (OSC 133)": (b"\x1b]133;A\x07$ ls\r\n", b"\x1b[2J"),
    "modes that were put aside (XTSAVE)": (b"\x1b[?2004h\x1b[?2004s\x1b[?2004l", b"\x1b[?2004r"),
    "a wait to wrap that a tab back has taken into the row": (b"\x1b[20Gx\x1b[Z", b"y"),
    "keyboard modes below the one in force (kitty)": (b"\x1b[>1u\x1b[>5u\x1b[<u\x1b[<u", b""),
    "what has scrolled off": (b"line\r\n" * 9, b"\x1b[8;9t"),
}
# The same in made-up streams, and what is drawn alike but made of other cells: wide characters
# that a character set made blank, clusters written before the program changed how they are joined
# or put side by side by moves.
_LEFT_OUT = re.compile(
    rb"\x1b\[[0-9;]*[bZ]|\x1b[()]0|\?1?0?47[hl]|\?2027|\x1b#8|\]133|\xf0\x9f\x87"
)


def test_a_dump_draws_the_screen_and_goes_on_from_it() -> None:
    screen = Screen(Size(20, 5))
    screen.feed(
        "plain \x1b[1;31mred 漢\x1b[0m\r\n\x1b]8;;https://a.example\x07link\x1b]8;;\x07"
        "\x1b[44m\x1b[3;1H\x1b[K\x1b]2;title\x07\x1b]10;#102030\x07\x1b]4;7;#010203\x07"
        "\x1b[2;4r\x1b[?6h\x1b[?2004h\x1b[?1006h\x1b[?7l\x1b[4h\x1b[2;3H\x1b[5 q\x1b[4:3;58;5;9m"
        "\x1b[3g\x1b[7G\x1bH\x1b[2G\x1b[31;4".encode()
    )
    again = Screen(Size(20, 5))
    again.feed(screen.dump())
    assert told(again) == told(screen)
    for both in (screen, again):
        both.feed(b"2mx\ty\x1b[20Ezz")
    assert told(again) == told(screen)


def test_what_was_on_the_terminal_before_is_gone() -> None:
    screen = Screen(Size(20, 5))
    screen.feed(b"\x1b[?7lfew")
    again = Screen(Size(20, 5))
    again.feed(b"\x1b[?1h\x1b[4h\x1b[2;3r\x1b[?6h\x1b[44mmuch more of it\r\n\n\n\nand more")
    again.feed(screen.dump())
    assert again.rows() == screen.rows()
    assert again.cursor == screen.cursor


@pytest.mark.parametrize("entered", ["?47", "?1047", "?1049", "?1049h\x1b[?47"])
def test_the_main_screen_comes_back_from_under_the_alternate_one(entered: str) -> None:
    screen = Screen(Size(20, 5))
    screen.feed(b"\x1b[44m\x1b[2J\x1b[32mmain\x1b7\x1b[3;9Hwas here")
    screen.feed(f"\x1b[{entered}h\x1b[H\x1b[0;7mtop\x1b7\x1b[4;2H".encode())
    again = Screen(Size(20, 5))
    again.feed(screen.dump())
    for then in ("", "x\x1b8y", f"\x1b[{entered}lz", "\x1b8saved"):
        for both in (screen, again):
            both.feed(then.encode())
        assert told(again) == told(screen), then


def test_a_full_row_wraps_at_the_next_character() -> None:
    for text in ("x" * 20, "x" * 18 + "漢", "\x1b[41m" + " " * 20, "x" * 19 + "漢"):
        screen, again = Screen(Size(20, 3)), Screen(Size(20, 3))
        screen.feed(text.encode())
        again.feed(screen.dump())
        for both in (screen, again):
            both.feed(b"y")
            both.resize(Size(30, 3))
        assert told(again) == told(screen), text


def test_the_dump_takes_no_change_from_who_draws_only_changes() -> None:
    screen = Screen(Size(20, 3))
    screen.feed(b"one")
    screen.rows()
    screen.feed(b"\r\ntwo")
    screen.dump()
    assert dict(screen.rows(changed_only=True))[1][0].text == "two"


def test_where_a_wide_character_did_not_fit_only_a_background_is_left() -> None:
    wide = "a漢\x1b[58;5;4;4;104m漢漢\x1b[m\x1b[1K".encode()
    same(Size(3, 2), [wide], [b"and more"])
    screen = Screen(Size(3, 2))
    screen.feed(wide)
    assert screen.rows()[0][1][-1].style == Style(bg=12)


@settings(deadline=None, max_examples=150)
@given(
    streams(25),
    st.data(),
    st.sampled_from([Size(3, 2), Size(12, 5), Size(40, 9)]),
    st.sampled_from([Size(9, 4), Size(30, 12)]),
)
def test_a_dump_at_any_byte_changes_nothing(
    data: bytes, draw: st.DataObject, size: Size, later: Size
) -> None:
    assume(not _LEFT_OUT.search(data))
    place = draw.draw(st.integers(0, len(data)))
    # Where a wide character that had gone to the next row was erased, lines are joined otherwise.
    resized: list[bytes | Size] = [later, b"and more"] if data.isascii() else []
    same(size, [data[:place]], [data[place:], *resized])


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_dump_in_the_middle_of_a_real_program(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = output_of(name, tmp_path_factory.getbasetemp())
    if data is None:
        pytest.skip(f"needs {name}")
    chance = random.Random(name)
    for _ in range(25):
        place = chance.randrange(len(data))
        same(SIZE, [data[:place]], [data[place:], Size(60, 30)])


@each_recording
def test_a_dump_in_the_middle_of_a_recording(recording: Path, tmp_path: Path) -> None:
    session = resolve(Home.of({}, str(tmp_path)), str(recording))
    size = Replay(session, index=False).size
    steps: list[bytes | Size] = []
    for entry in session.entries():
        resized = event_size(entry.event) if entry.event else None
        if resized is not None:
            steps.append(resized)
        elif entry.direction == OUTPUT and entry.data:
            steps.append(entry.data)
    chance = random.Random(recording.name)
    for _ in range(12):
        place = chance.randrange(len(steps))
        cut = steps[place]
        if isinstance(cut, Size):
            same(size, steps[:place], steps[place:])
        else:
            at = chance.randrange(len(cut) + 1)
            same(size, [*steps[:place], cut[:at]], [cut[at:], *steps[place + 1 :]])


@pytest.mark.parametrize("what", NOT_CARRIED)
def test_what_is_not_carried_is_right_at_the_cut(what: str) -> None:
    before, after = NOT_CARRIED[what]
    screen, again = Screen(Size(20, 5), 50), Screen(Size(20, 5), 50)
    screen.feed(before)
    again.feed(screen.dump())
    assert again.rows() == screen.rows()
    assert again.cursor == screen.cursor
    screen.feed(after)
    again.feed(after)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_dump_in_a_real_terminal(
    name: str, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, commands: Path
) -> None:
    """In tmux: text, colours and cursor, at four moments of a program."""
    data = output_of(name, tmp_path_factory.getbasetemp())
    if data is None:
        pytest.skip(f"needs {name}")
    tmux = Tmux(tmp_path, environ_of(commands), size=SIZE, command="cat")
    try:
        for part in (1, 2, 3, 4):
            screen = Screen(SIZE)
            screen.feed(data[: len(data) * part // 4])
            in_tmux(tmux, tmp_path, screen)
    finally:
        tmux.close()


def in_tmux(tmux: Tmux, folder: Path, screen: Screen) -> None:
    (folder / "dump").write_bytes(screen.dump())
    line = f"cat {folder}/dump; exec sleep 1000"
    tmux("respawn-pane", "-k", f"stty raw -echo; {line}")
    tmux.until(lambda shown: [row.rstrip() for row in shown.splitlines()] == screen.text())
    col, row = screen.cursor
    # tmux tells of a cursor that waits to wrap as one behind the last column.
    cols = {col, SIZE.cols} if col == SIZE.cols - 1 else {col}
    assert tmux.told("cursor_x", "cursor_y") in [f"cursor_x={x} cursor_y={row}" for x in cols]
    assert tmux.told("alternate_on") == f"alternate_on={int(screen.alternate)}"
    captured = tmux("capture-pane", "-p", "-e", "-N").removesuffix("\n").replace("\n", "\r\n")
    there = Screen(SIZE)
    there.feed(captured.encode())
    assert painted(there) == painted(screen)


def painted(screen: Screen) -> list[list[tuple[str, int | None, int | None, bool, bool]]]:
    """Text and colours, in pieces that are painted alike: tmux keeps no more of a style.

    Without the cells at a row's end that were only erased: tmux's capture leaves them out.
    """
    rows = []
    for _, row in screen.rows():
        pieces: list[tuple[str, int | None, int | None, bool, bool]] = []
        for text, _, style in row:
            look = (style.fg, style.bg, style.bold, style.inverse)
            if pieces and pieces[-1][1:] == look:
                pieces[-1] = (pieces[-1][0] + text, *look)
            else:
                pieces.append((text, *look))
        while pieces and not pieces[-1][0].strip():
            pieces.pop()
        rows.append(pieces)
    return rows


def same(size: Size, before: list[bytes | Size], after: list[bytes | Size]) -> None:
    """A screen, and another that was dumped into, are alike after `before` and after `after`."""
    screen = Screen(size)
    for step in before:
        go(screen, step)
    again = Screen(screen.size)
    again.feed(screen.dump())
    assert told(again) == told(screen)
    for step in after:
        go(screen, step)
        go(again, step)
    assert told(again) == told(screen)


def go(screen: Screen, step: bytes | Size) -> None:
    if isinstance(step, Size):
        screen.resize(step)
    else:
        screen.feed(step)
