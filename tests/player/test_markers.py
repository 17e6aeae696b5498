"""Markers that are derived: from keys and the screen, from titles and bells, from the log."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.layout import Home
from formats.marks import add_mark
from formats.session import Session
from player.index.markers import KINDS, markers_of
from player.index.sidecar import lines_of
from player.lines.entered import Keys
from player.lines.signals import Signals
from tests.support.logs import BEGINNING_US, Said, ended, start, store_log


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(str(tmp_path / "home"))


def found(home: Home, *said: Said) -> list[tuple[int, str, str]]:
    session = Session(store_log(Path(home.path), start(), *said), home.logs)
    markers = markers_of(home, session)
    assert markers_of(home, session) == markers
    return [((at_us - BEGINNING_US) // 1000, kind, label) for at_us, kind, label in markers]


def typed_lines(home: Home) -> list[str]:
    (name,) = {path.name.partition(".")[0] for path in Path(home.logs).iterdir()}
    return [line.text for line in lines_of(home, Session(name, home.logs)) if line.typed]


def keys(at_ms: int, data: bytes) -> Said:
    return Said(at_ms, data, "input")


def typing(at_ms: int, text: str) -> list[Said]:
    """Each key, and its echo a millisecond later."""
    keyed = [(at_ms + 10 * place, sign.encode()) for place, sign in enumerate(text)]
    return [said for at, sign in keyed for said in (keys(at, sign), Said(at + 1, sign))]


def test_a_line_that_was_entered_in_a_shell(home: Home) -> None:
    said = [Said(0, b"me@host:~$ "), keys(900, b"l"), Said(901, b"l"), keys(999, b"sx\x7f -la\r")]
    said += [Said(1003, b"s -la"), Said(1004, b"\r\ntotal 0\r\nme@host:~$ "), ended(5000)]
    assert found(home, *said) == [(999, "input", "ls -la"), (5000, "exit", "exit status 0")]
    assert typed_lines(home) == ["me@host:~$ ls -la"]


def test_a_line_that_was_entered_in_a_box_and_moved_to_the_talk(home: Home) -> None:
    box = "\x1b[20;1H│ > fix the flaky upload test          │\x1b[40;1H".encode()
    talk = b"\x1b[20;1H\x1b[2K\x1b[3;1H> fix the flaky upload test\x1b[40;1H"
    said = [keys(500, b"fix the flaky upload test"), Said(510, box), keys(2000, b"\r")]
    said += [Said(2040, talk), ended(9000)]
    assert found(home, *said)[0] == (2000, "input", "fix the flaky upload test")
    assert typed_lines(home) == ["│ > fix the flaky upload test          │"]


def test_a_sign_that_the_program_shows_as_its_prompt_is_no_hindrance(home: Home) -> None:
    shown = b"\x1b[2K\r! seq 1 60"
    said = [Said(0, b"> "), keys(500, b"!seq 1 60"), Said(510, shown), keys(1500, b"\r")]
    said += [Said(1600, b"\r\n1\r\n2\r\n"), ended(5000)]
    assert found(home, *said)[0] == (1500, "input", "! seq 1 60")
    assert typed_lines(home) == ["! seq 1 60"]


def test_what_is_typed_ahead_is_found_in_its_echo_not_in_the_answer(home: Home) -> None:
    # The echo and what the program draws come at once, and the screen is never at rest between.
    said = [Said(0, b"$ "), keys(900, b"htop\r"), Said(901, b"htop\r\n\x1b[?1049h\x1b[2J\x1b[H")]
    said += [Said(902, b"1 root  0.0 init\r\n2 root  9.9 htop\r\n"), ended(5000)]
    assert found(home, *said)[0] == (900, "input", "htop")
    assert typed_lines(home) == ["$ htop"]


def test_a_line_that_goes_with_its_enter_was_read_whole(home: Home) -> None:
    said = [Said(0, b"$ "), *typing(500, "less x"), keys(553, b"\r")]
    said += [Said(555, b"\r\n\x1b[?1049h\x1b[2J\x1b[Hthe text"), ended(5000)]
    assert found(home, *said)[0] == (553, "input", "less x")
    assert typed_lines(home) == ["$ less x"]


def test_keys_of_a_program_on_the_alternate_screen_are_not_part_of_a_command(home: Home) -> None:
    said = [Said(0, b"$ \x1b[?1049h\x1b[2J\x1b[Hthe text"), keys(500, b"jjq")]
    said += [Said(501, b"\x1b[?1049l"), *typing(900, "make"), keys(1200, b"\r")]
    said += [Said(1210, b"\r\ndone\r\n$ "), ended(5000)]
    assert found(home, *said)[0] == (1200, "input", "make")


def test_a_recalled_line_is_told_without_its_prompt(home: Home) -> None:
    said = [Said(0, b"me:~$ "), *typing(500, "git log"), keys(800, b"\r")]
    said += [Said(801, b"\r\nnothing\r\nme:~$ "), keys(2000, b"\x1b[A"), Said(2001, b"git log")]
    said += [keys(2500, b"\r"), Said(2501, b"\r\nnothing\r\nme:~$ "), ended(5000)]
    assert [label for _, kind, label in found(home, *said) if kind == "input"] == ["git log"] * 2


def test_what_the_screen_did_not_show_is_not_kept(home: Home) -> None:
    said = [Said(0, b"Password: "), keys(900, b"hunter2hunter2\r"), Said(1900, b"\r\nwelcome")]
    said += [Said(8000, b"\r\nhunter2hunter2 was the password"), ended(9000)]
    assert found(home, *said) == [(9000, "exit", "exit status 0")]
    assert typed_lines(home) == []


def test_an_older_command_is_known_by_the_row_of_the_cursor(home: Home) -> None:
    said = [Said(0, b"$ "), keys(900, b"\x1b[A"), Said(950, b"make test"), keys(1500, b"\r")]
    assert found(home, *said, ended(9000))[0] == (1500, "input", "$ make test")


@pytest.mark.parametrize("answer", [b"y", b"1"])
def test_a_short_answer_counts_where_the_cursor_is(home: Home, answer: bytes) -> None:
    said = [Said(0, b"yes 1 or no?\r\nGo on? "), keys(900, answer), Said(901, answer)]
    said += [keys(950, b"\r"), Said(951, b"\r\n"), ended(9000)]
    assert found(home, *said)[0] == (950, "input", answer.decode())
    assert typed_lines(home) == [f"Go on? {answer.decode()}"]


def test_titles_by_their_words(home: Home) -> None:
    titles = ["✳ Claude", "◐ Claude", "◑ Claude", "✳ Fix the test", "✳ Claude"]
    said = [Said(n * 100, f"\x1b]0;{title}\x07".encode()) for n, title in enumerate(titles)]
    assert found(home, *said)[:-1] == [(0, "title", "Claude"), (300, "title", "Fix the test")]


def test_notifications_once_each(home: Home) -> None:
    said = [
        Said(0, b"\x1b]9;Waiting for you\x07"),
        Said(10, b"\x07"),
        Said(5000, b"\x1b]777;notify;Claude Code;needs your permission\x1b\\"),
        Said(7000, b"\x1b]9;4;1;50\x07\x1b]2;no bell\x07"),
        Said(9000, b"beep\x07"),
        ended(9999),
    ]
    assert [one for one in found(home, *said) if one[1] == "notification"] == [
        (0, "notification", "Waiting for you"),
        (5000, "notification", "Claude Code: needs your permission"),
        (9000, "notification", "bell"),
    ]


def test_an_end_that_nobody_knows_is_no_success(home: Home) -> None:
    said = [Said(100, b"$ "), Said(600, {"type": "exit", "reason": "recorder died"})]
    assert found(home, *said) == [(600, "exit", "recorder died")]


def test_prompts_and_what_the_log_says(home: Home) -> None:
    said = [
        Said(100, b"\x1b]133;A\x07$ \x1b]133;B\x07"),
        Said(200, {"type": "resize", "cols": 100, "rows": 30}),
        Said(300, {"type": "marker", "label": "here\x1b[31m"}),
        Said(400, {"type": "gap", "entries": 3, "bytes": 99, "reason": "No space left"}),
        Said(500, {"type": "pause"}),
        Said(600, {"type": "exit", "signal": 9, "reason": "signal"}),
    ]
    assert found(home, *said) == [
        (100, "prompt", ""),
        (200, "resize", "100x30"),
        (300, "marker", "here [31m"),
        (400, "gap", "99 bytes lost: No space left"),
        (500, "gap", "recording paused"),
        (600, "exit", "signal 9"),
    ]


def test_a_screen_that_was_cleared_and_one_that_was_drawn_again(home: Home) -> None:
    page = b"".join(b"row %d of many\r\n" % n for n in range(12))
    said = [
        Said(0, page),
        Said(1000, b"\x1b[2J\x1b[3J\x1b[H" + page),
        Said(3000, b"\x1b[H\x1b[2J$ "),
        Said(5000, page),
        Said(7000, b"\x1b[?1049h\x1b[2J\x1b[H~\r\n~"),
        ended(9999),
    ]
    assert found(home, *said)[:-1] == [(3000, "clear", "")]


def test_marks_that_were_set_later_are_among_them(home: Home) -> None:
    session = Session(store_log(Path(home.path), start(), ended(9000)), home.logs)
    add_mark(home, session.id, BEGINNING_US + 5_000_000, "look here")
    assert [(kind, label) for _, kind, label in markers_of(home, session)] == [
        ("marker", "look here"),
        ("exit", "exit status 0"),
    ]
    assert {"marker", "exit"} <= set(KINDS)


SIGNALS = st.lists(
    st.sampled_from(
        [
            b"\x1b]0;a title\x07", b"\x1b]2;other\x1b\\", b"\x07", b"text", b"\x1b[2J", b"\x1bc",
            b"\x1b", b"\x1b]9;hello\x07", b"\x1b]133;A;k\x07", b"\x1bPq\x07\x1b\\", b"\x1b[31m",
            b"\x1b]777;notify;a;b\x07",
        ]
    )
)  # fmt: skip


@given(SIGNALS, st.lists(st.integers(1, 9), min_size=1))
def test_signals_do_not_depend_on_how_bytes_are_cut(said: list[bytes], cuts: list[int]) -> None:
    data = b"".join(said)
    whole, cut = Signals(), Signals()
    whole.output(5, data)
    place = number = 0
    while place < len(data):
        size = cuts[number % len(cuts)]
        cut.output(5, data[place : place + size])
        other = Signals()
        other.restore(cut.state())
        other.markers, other.erased = cut.markers, cut.erased
        cut, place, number = other, place + size, number + 1
    assert (cut.markers, cut.erased) == (whole.markers, whole.erased)


@pytest.mark.parametrize(
    ("typed", "entered"),
    [
        (b"hello\r", b"hello"),
        (b"hel\x7f\x7felp\n", b"help"),
        ("gr\u00f6\x7foss\r".encode(), b"gross"),
        (b"rm -rf /\x15ls\r", b"ls"),
        (b"one two\x17three\r", b"one three"),
        (b"cd Doc\tuments\r", b"cd Doc"),
        (b"\x1b[200~pasted\rtext\x1b[201~\r", b"pasted"),
        (b"\x1b[<0;10;5M\x1b[I\x1b]11;rgb:0/0/0\x07\x1bP>|x\x1b\\hi there\r", b"hi there"),
    ],
)
def test_keys_as_a_line_editor_reads_them(typed: bytes, entered: bytes) -> None:
    assert [one.text for one in Keys().feed(0, typed)] == [entered]
    keys, found = Keys(), []
    for byte in typed:
        found += keys.feed(0, bytes([byte]))
        after = Keys()
        after.restore(keys.state())
        keys = after
    assert [one.text for one in found] == [entered]


def test_enter_alone_enters_nothing() -> None:
    assert Keys().feed(0, b"\r\r  \r\x03\r") == []
