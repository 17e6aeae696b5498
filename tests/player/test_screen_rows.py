"""Rows as styled runs: what they hold, and that no change is missed."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.size import Size
from player.screen import RGB, Row, Run, Screen, Style
from tests.support.streams import streams

PLAIN = Style()


def rows_of(data: bytes, cols: int = 20, rows: int = 4) -> list[Row]:
    screen = Screen(Size(cols, rows))
    screen.feed(data)
    numbered = screen.rows()
    assert [number for number, _ in numbered] == list(range(rows))
    return [runs for _, runs in numbered]


def test_text_is_cut_where_its_style_changes() -> None:
    (row, *others) = rows_of(b"one \x1b[1;31mtwo\x1b[0m three")
    assert row == (
        Run("one ", 4, PLAIN),
        Run("two", 3, Style(fg=1, bold=True)),
        Run(" three", 6, PLAIN),
    )
    assert others == [(), (), ()]


@pytest.mark.parametrize(
    ("sgr", "style"),
    [
        ("1", Style(bold=True)),
        ("2", Style(faint=True)),
        ("3", Style(italic=True)),
        ("4", Style(underline=1)),
        ("4:3", Style(underline=3)),
        ("21", Style(underline=2)),
        ("5", Style(blink=True)),
        ("7", Style(inverse=True)),
        ("8", Style(invisible=True)),
        ("9", Style(strike=True)),
        ("53", Style(overline=True)),
        ("33", Style(fg=3)),
        ("97", Style(fg=15)),
        ("38;5;200", Style(fg=200)),
        ("38;2;1;2;3", Style(fg=RGB | 0x010203)),
        ("44", Style(bg=4)),
        ("48;2;255;0;128", Style(bg=RGB | 0xFF0080)),
        ("4;58;5;9", Style(underline=1, underline_color=9)),
    ],
)
def test_styles(sgr: str, style: Style) -> None:
    assert rows_of(f"\x1b[{sgr}mx".encode())[0] == (Run("x", 1, style),)


def test_wide_characters_and_clusters_take_their_columns() -> None:
    family = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
    text = "漢a" + family + "e\u0301"
    assert rows_of(text.encode())[0] == (Run(text, 6, PLAIN),)


def test_blanks_with_a_background_count_and_others_at_the_end_do_not() -> None:
    first, second, *_ = rows_of(b"\x1b[44m\x1b[K\x1b[0m\r\n\x1b[48;2;1;2;3m \x1b[m  \x1b[1;3Hx")
    assert first == (
        Run("  ", 2, Style(bg=4)),
        Run("x", 1, PLAIN),
        Run(" " * 17, 17, Style(bg=4)),
    )
    assert second == (Run(" ", 1, Style(bg=RGB | 0x010203)),)


PIECES = st.one_of(
    st.sampled_from(
        ["\x1b[K", "\x1b[3X", "\x1b[2C", "\x1b[44m", "\x1b[48;2;9;8;7m", "\x1b[1;3m", "\x1b[m"]
    ),
    st.text("abc é─\x7f", max_size=6),
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_a_row_is_told_alike_whatever_stands_at_its_end(text: str) -> None:
    """Rows of nothing but single columns are read all at once, others cell by cell."""
    (alone, *_) = rows_of(b"\x1b[?7l" + text.encode())
    (beside, *_) = rows_of(b"\x1b[?7l" + text.encode() + "\x1b[1;19H\x1b[m漢".encode())
    assert beside[-1].text.endswith("漢")
    assert cells_of(alone)[:18] == cells_of(beside)[:18]


def cells_of(row: Row) -> list[tuple[str, Style]]:
    """Each column's character and style; a row is blank behind its end."""
    cells = [(character, run.style) for run in row for character in run.text]
    return cells + [(" ", PLAIN)] * (20 - len(cells))


def test_half_of_a_wide_character_is_a_blank() -> None:
    screen = Screen(Size(10, 3))
    screen.feed("\x1b[?1049h漢字漢字漢".encode())
    screen.resize(Size(9, 3))
    ((_, row), *_) = screen.rows()
    assert sum(run.cols for run in row) <= 9
    assert "".join(run.text for run in row) == "漢字漢字"


def test_links_are_told_and_end() -> None:
    (row, *_) = rows_of(b"\x1b]8;;https://a.example/\x07here\x1b]8;;\x07 no", cols=30)
    assert row == (Run("here", 4, Style(link="https://a.example/")), Run(" no", 3, PLAIN))
    (row, *_) = rows_of(b"\x1b]8;;x:1\x07a\x1b]8;;x:2\x07b\x1b]8;;\x07")
    assert row == (Run("a", 1, Style(link="x:1")), Run("b", 1, Style(link="x:2")))


def test_nothing_but_text_gets_out() -> None:
    row = rows_of("a\x7fb\x9b31mc\u0085d\x00e".encode())[0]
    assert all(char.isprintable() or char == " " for run in row for char in run.text)


def test_a_heap_of_marks_is_cut() -> None:
    (row, *_) = rows_of(b"e" + "\u0301".encode() * 60_000)
    assert len("".join(run.text for run in row)) <= 40


def test_only_rows_that_changed() -> None:
    screen = Screen(Size(20, 4))
    screen.feed(b"one\r\ntwo\r\nthree")
    assert len(screen.rows(changed_only=True)) == 4
    assert screen.rows(changed_only=True) == []
    screen.feed(b"\x1b[2;1Hzwei")
    changed = dict(screen.rows(changed_only=True))
    assert changed[1] == (Run("zwei", 4, PLAIN),)
    assert 3 not in changed


@settings(deadline=None, max_examples=200)
@given(st.lists(streams(), max_size=6), st.sampled_from([Size(2, 2), Size(11, 4), Size(40, 8)]))
def test_changed_rows_are_all_that_changed(parts: list[bytes], size: Size) -> None:
    screen = Screen(size)
    picture: dict[int, Row] = {}
    for part in parts:
        screen.feed(part)
        picture.update(screen.rows(changed_only=True))
        assert picture == dict(screen.rows())


@settings(deadline=None, max_examples=200)
@given(streams())
def test_runs_fit_the_screen_and_hold_its_text(data: bytes) -> None:
    screen = Screen(Size(20, 5))
    screen.feed(data)
    cols = screen.size.cols
    for (_, row), text in zip(screen.rows(), screen.text(), strict=True):
        assert sum(run.cols for run in row) <= cols
        assert all(run.cols > 0 for run in row)
        assert all(one.style != two.style for one, two in itertools.pairwise(row))
        drawn = "".join(run.text for run in row)
        if "\x7f" not in data.decode(errors="replace"):
            # A joiner at a cell's end joins nothing there; in the text of a run it would.
            drawn, text = (one.replace("\u200d", "").rstrip() for one in (drawn, text))  # noqa: PLW2901
            assert drawn == text


def test_history_rows() -> None:
    screen = Screen(Size(20, 4), 1000)
    screen.feed(b"".join(b"\x1b[3%dmline %d\r\n" % (n % 8, n) for n in range(50)))
    assert screen.state().history_rows == 47
    screen.rows()
    found = screen.history_rows(0, 99)
    assert [row[0].text for row in found[:50]] == [f"line {n}" for n in range(50)]
    assert found[9][0].style == Style(fg=1)
    assert len(found) == 51
    assert screen.history_rows(45, 47) == found[45:47]
    assert screen.history_rows(60, 70) == []
    screen.feed(b"more")
    changed = dict(screen.rows(changed_only=True))
    assert changed[3][0].text == "more"
    assert len(screen.rows()) == 4


def test_the_alternate_screen_has_no_history() -> None:
    screen = Screen(Size(20, 4), 1000)
    screen.feed(b"a\r\n" * 9 + b"\x1b[?1049h\x1b[Hon top")
    assert [row for row in screen.history_rows(0, 100) if row] == [(Run("on top", 6, PLAIN),)]


def test_cursor_modes_and_colors() -> None:
    screen = Screen(Size(20, 4))
    assert screen.cursor_visible
    assert screen.colors() == (None, None, None, {})
    screen.feed(b"\x1b[?25l\x1b[5 q\x1b[?2004h\x1b[4h\x1b]4;1;rgb:12/34/56\x07\x1b]10;#abcdef\x07")
    assert not screen.cursor_visible
    assert screen.cursor_shape == ("bar", True)
    assert screen.mode(2004)
    assert screen.mode(4, ansi=True)
    assert not screen.mode(31337)
    assert screen.colors() == (0xABCDEF, None, None, {1: 0x123456})
