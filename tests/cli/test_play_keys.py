"""Every key of `cs-play` on a real terminal, by what stands on the screen afterwards."""

from __future__ import annotations

import base64
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import pytest

from formats.layout import Home
from formats.marks import read_marks
from formats.size import Size
from player.view.keymap import BY_KEY
from tests.support.logs import BEGINNING_US, Said, ended, start, store_log
from tests.support.recording import state
from tests.support.window import ANSWER, QUESTION, WINDOW, Open, PlayerWindow, environ_of

if TYPE_CHECKING:
    from pathlib import Path

MINUTE_MS = 60_000


def shown(number: int) -> bytes:
    """The screen is wiped and says which moment it is; some lines go away with it."""
    return b"\x1b[2J\x1b[Hmoment %02d\r\nline of %02d" % (number, number)


def minutes(count: int = 100) -> list[Said]:
    """One moment a minute, and half a minute later an output that changes nothing."""
    said = [start(80, 24)]
    for number in range(count):
        said.append(Said(number * MINUTE_MS, shown(number)))
        said.append(Said(number * MINUTE_MS + 30_000, b"\x1b[m"))
    said += [
        Said(20 * MINUTE_MS + 1, {"type": "marker", "label": "alpha"}),
        Said(40 * MINUTE_MS + 1, {"type": "marker", "label": "build it"}),
    ]
    return [*sorted(said, key=lambda one: one.at_ms), ended(count * MINUTE_MS)]


class Press(NamedTuple):
    """Keys, and what is to be seen then: texts, those of the bar with the place first."""

    keys: tuple[str, ...]
    texts: tuple[str, ...]


def at(place: str) -> str:
    return f"{place} / 1:40:00"


MOVES = [
    Press(("5",), ("moment 50", at("0:50:00"))),
    Press(("right",), ("moment 50", at("0:50:05"))),
    Press(("left", "left"), ("moment 49", at("0:49:55"))),
    Press(("up",), ("moment 50", at("0:50:55"))),
    Press(("down",), ("moment 49", at("0:49:55"))),
    Press(("shift-right",), ("moment 59", at("0:59:55"))),
    Press(("shift-left",), ("moment 49", at("0:49:55"))),
    *[
        Press((str(n),), (f"moment {n * 10:02d}", at(f"{n // 6}:{n * 10 % 60:02d}:00")))
        for n in range(10)
    ],
    Press(("g",), ("moment 00", at("0:00:00"))),
    Press(("G",), ("moment 99", at("1:40:00"))),
    Press(("home",), ("moment 00", at("0:00:00"))),
    Press(("end",), ("moment 99", at("1:40:00"))),
    Press(("5",), ("moment 50", at("0:50:00"))),
    Press((".",), ("moment 50", at("0:50:30"))),
    Press((".",), ("moment 51", at("0:51:00"))),
    Press((",",), ("moment 50", at("0:50:30"))),
    Press((",", ","), ("moment 49", at("0:49:30"))),
    Press((">",), ("moment 50", at("0:50:00"))),
    Press((">", ">"), ("moment 52", at("0:52:00"))),
    Press(("<",), ("moment 51", at("0:51:00"))),
    Press(("<", "<"), ("moment 49", at("0:49:00"))),
    Press(("g",), ("moment 00", at("0:00:00"))),
    Press(("]",), ("moment 20", at("0:20:00"), "alpha")),
    Press(("]",), ("moment 40", at("0:40:00"), "build it")),
    Press(("[",), ("moment 20", at("0:20:00"), "alpha")),
    Press((":", "1:30", "enter"), ("moment 01", at("0:01:30"))),
    Press((":", "75%", "enter"), ("moment 75", at("1:15:00"))),
    Press((":", "marker:build", "enter"), ("moment 40", at("0:40:00"))),
    Press((":", "18:25:32", "enter"), ("moment 09", at("0:09:59"))),
    Press((":", "+10m", "enter"), ("'10m' is no time",)),
    Press((":", "+10:00", "enter"), ("moment 19", at("0:19:59"))),
    Press((":", "-5s", "enter"), ("moment 19", at("0:19:54"))),
    Press((":", "50"), (":50",)),
    Press(("escape",), ("moment 19", at("0:19:54"))),
    Press((":", "12"), (":12",)),
    Press(("backspace", "backspace", "backspace"), ("moment 19", at("0:19:54"))),
    Press(("ctrl-o",), ("moment 19", at("0:19:59"))),
    Press(("ctrl-o",), ("moment 09", at("0:09:59"))),
    Press(("enter",), ("moment 10", at("0:10:00"))),
    Press(("backspace",), (" 1x",)),
    Press(("}", "}"), (" 4x",)),
    Press(("{",), (" 2x",)),
    Press(("=",), (" 1x",)),
]


def test_keys_that_move(home: Path, play: Open) -> None:
    store_log(home, *minutes())
    window = play("last", "--paused")
    window.see("moment 00", at("0:00:00"))
    for press in MOVES:
        window.press(*press.keys)
        window.see(*press.texts)
    assert window.leave("q") == 0


def test_every_key_of_the_table_is_tested_here() -> None:
    moved = {name for press in MOVES for name in press.keys}
    assert moved | ELSEWHERE >= set(BY_KEY), set(BY_KEY) - moved - ELSEWHERE


ELSEWHERE = set(" pslfmySojkHJKLciqQ/?nNh") | {
    "pgup", "pgdn", "wheel-up", "wheel-down", "f1", "ctrl-l", "suspend", "interrupt",
}  # fmt: skip


@pytest.mark.parametrize("key", [" ", "p"])
def test_pause_and_go_on(home: Path, play: Open, key: str) -> None:
    said = [start(), *(Said(n * 100, b"\x1b[Htick %03d" % n) for n in range(900)), ended(90_000)]
    store_log(home, *said)
    window = play("last")
    window.see("tick 0")
    window.press(key)
    window.see("❚❚")
    before = window.rows()[0]
    window.look(0.5)
    assert window.rows()[0] == before
    window.press(key)
    window.until_seen(lambda rows: rows[0] > before)
    window.see("▶")
    assert window.leave("q") == 0


def test_skipping_waits(home: Path, play: Open) -> None:
    store_log(home, *minutes())
    window = play("last")
    window.see("moment 00")
    window.press("s")
    window.see("1x skip")
    window.until_seen(lambda rows: rows[0] >= "moment 30")
    window.press("s")
    window.see("waits as they were")
    assert window.leave("q") == 0


def test_a_loop(home: Path, play: Open) -> None:
    said = [start(), *(Said(n * 100, b"\x1b[Htick %03d" % n) for n in range(900)), ended(90_000)]
    store_log(home, *said)
    window = play("last", "--paused")
    window.see("tick 000")
    window.press(":", "10", "enter")
    window.see("tick 100")
    window.press("l", ":", "10.5", "enter")
    window.see("tick 105")
    window.press("l", " ")
    window.see("1x loop")
    ticks = {b"tick %03d" % n for n in range(100, 105)}
    for _ in range(2):
        place = len(window.screen)
        window.until(partial(all_in, window, place, ticks))
    assert b"tick 107" not in window.screen
    window.press("l")
    window.see("loop off")
    window.see("tick 107")
    assert window.leave("q") == 0


def all_in(window: PlayerWindow, place: int, texts: set[bytes]) -> bool:
    return all(text in window.screen[place:] for text in texts)


def test_search_has_the_hits_of_cs_grep(home: Path, play: Open) -> None:
    """Words over the ends of rows, all of them marked; of the values of a counter the last."""
    box = "\x1b[2J\x1b[H│ unable to │\r\n│ connect   │"
    counted = [
        Said(n * MINUTE_MS, b"\x1b[2J\x1b[Hmoment\r\nread %d of 30 files" % (n * 10))
        for n in (1, 2, 3)
    ]
    last = Said(5 * MINUTE_MS, b"\x1b[2J\x1b[Hno more files\r\nof all these files")
    end = ended(6 * MINUTE_MS)
    store_log(home, start(80, 24), *counted, Said(4 * MINUTE_MS, box.encode()), last, end)
    window = play("last", "--paused")
    window.press("/", "UNABLE", "enter")
    window.see("UNABLE was never on the screen")
    window.press("/", "unable to connect", "enter")
    window.see("unable to", "connect", "hit 1 of 1", "0:04:00 / 0:06:00")
    marked = [run.text for _, row in window.drawn.rows() for run in row if run.style.bg == 3]
    assert marked == ["unable to", "connect"]
    window.press("g", "/", "files", "enter")
    window.see("read 30 of 30", "hit 1 of 3")
    window.press("n")
    window.see("no more files", "hit 2 of 3")
    window.press("N")
    window.see("read 30 of 30", "hit 1 of 3")
    window.press("G", "?", "files", "enter")
    window.see("no more files", "hit 2 of 3")
    assert window.leave("q") == 0


def test_search(home: Path, play: Open) -> None:
    said = minutes()
    said.insert(5, Said(MINUTE_MS + 30_001, b"\x1b[5;3H\x1b[31mNee\x1b[32mdle\x1b[m in red"))
    said.insert(60, Said(28 * MINUTE_MS + 30_001, b"\x1b[9;3Hanother \x1b[9;11Hneedle"))
    store_log(home, *sorted(said, key=lambda one: one.at_ms))
    window = play("last", "--paused")
    window.see("moment 00")
    window.press("/", "needle", "enter")
    window.see("moment 01", "Needle in red", "hit 1 of 2")
    row = dict(window.drawn.rows())[4]
    assert [(run.text, run.style.bg) for run in row if run.style.bg] == [("Needle", 3)]
    window.press("n")
    window.see("moment 28", "another needle", "hit 2 of 2")
    window.press("n")
    window.see("no hit after this")
    window.press("N")
    window.see("moment 01", "hit 1 of 2")
    window.press("G", "?", "NEEDLE", "enter")
    window.see("NEEDLE was never on the screen")
    window.press("?", "needle", "enter")
    window.see("moment 28", "hit 2 of 2")
    window.press("n")
    window.see("moment 01", "hit 1 of 2")
    window.press("/", "(", "enter")
    window.see("no regular expression")
    assert window.leave("q") == 0


def test_naming_a_moment(home: Path, play: Open) -> None:
    session = store_log(home, *minutes())
    window = play("last", "--paused", "--at", "30:00")
    window.see("moment 30")
    window.press("m", "jäger", "left", "left", "home", "end", "enter")
    window.see("marked 0:30:00.000 as jäger")
    window.press("m")
    window.see("name for 0:30:00.000:")
    window.press("one two")
    window.see("one two")
    window.press("ctrl-w", "ctrl-u")
    window.until_seen(lambda rows: not any("one" in row for row in rows))
    window.press("escape")
    window.until_seen(lambda rows: not any("name for" in row for row in rows))
    window.press("g", "]")
    window.see("moment 20")
    window.press("]")
    window.see("moment 30", "jäger")
    assert window.leave("q") == 0
    marks = read_marks(Home(str(home)), session)
    assert [(mark.at_us - BEGINNING_US, mark.label) for mark in marks] == [(1_800_000_000, "jäger")]


def test_copying_is_only_done_by_its_key(home: Path, play: Open) -> None:
    store_log(home, start(), Said(0, b"\x1b]52;c;aG9zdGlsZQ==\x07first  \r\nsecond"), ended(9_000))
    window = play("last", "--paused")
    window.see("second")
    assert b"\x1b]52" not in window.screen
    window.press("y")
    window.see("copied 2 lines")
    (copied,) = bytes(window.screen).split(b"\x1b]52;c;")[1:]
    assert base64.b64decode(copied.split(b"\x07")[0]) == b"first\nsecond\n"
    assert window.leave("q") == 0


def test_saving_the_screen(home: Path, play: Open, tmp_path: Path) -> None:
    store_log(home, start(), Said(0, b"\x1b[31mred\x1b[m & more"), ended(9_000))
    window = play("last", "--paused")
    window.see("red")
    for name in ("screen.txt", "screen.ansi", "screen.svg", "screen.html"):
        window.press("S", name, "enter")
        window.see(f"saved {name}")
    window.press("S", "screen.txt", "enter")
    window.see("cannot save screen.txt: File exists")
    window.press("S", "screen.doc", "enter")
    window.see("cannot be saved as .doc")
    assert window.leave("q") == 0
    assert (tmp_path / "screen.txt").read_text() == "red & more\n"
    assert (tmp_path / "screen.ansi").read_text() == "\x1b[0;31mred\x1b[m & more\n"
    assert ">red</text>" in (tmp_path / "screen.svg").read_text()
    assert "&amp; more" in (tmp_path / "screen.html").read_text()


def test_scrolling_back_while_paused(home: Path, play: Open) -> None:
    said = b"".join(b"row %03d\r\n" % n for n in range(200))
    store_log(home, start(), Said(0, said), Said(HOUR_MS, b"end"), ended(HOUR_MS))
    window = play("last")
    window.see("row 199")
    window.press("pgup")
    window.see("❚❚", "26 rows back", "row 155")
    window.press("k")
    window.see("29 rows back", "row 152")
    window.press("wheel-up")
    window.see("32 rows back", "row 149")
    window.press("j", "wheel-down")
    window.see("26 rows back")
    window.press(*["pgup"] * 12)
    window.see("row 000")
    window.press(*["pgdn"] * 14)
    window.until_seen(lambda rows: not any("rows back" in row for row in rows))
    window.see("row 199")
    assert window.leave("q") == 0


HOUR_MS = 3_600_000


def test_panning_and_fitting(home: Path, play: Open) -> None:
    said = b"\x1b[H" + b"".join(b"%02d" % n + b"%98d" % n + b"\r\n" for n in range(39))
    store_log(home, start(100, 40), Said(0, said + b"\x1b[H"), ended(HOUR_MS))
    window = play("last", "--paused", size=Size(60, 20))
    window.see("cols 1-60/100 rows 1-18/40")
    window.press("L", "J")
    window.see("cols 9-68/100 rows 5-22/40")
    window.press("H", "K", "K")
    window.see("cols 1-60/100 rows 1-18/40")
    window.press(*"LLLLLLLLL")
    window.see("cols 41-100/100")
    assert window.rows()[3].endswith(" 3")
    window.press("c")
    window.see("cols 1-60/100 rows 1-18/40")
    window.press("f")
    row = window.until_seen(lambda rows: rows[3].startswith("03") and rows[3].endswith(" 3"))[3]
    assert row.split() == ["03", "3"]
    window.press("f")
    window.see("as recorded")
    assert window.leave("q") == 0


def test_the_bar_hides(home: Path, play: Open) -> None:
    store_log(home, *minutes())
    window = play("last", "--paused")
    window.see("moment 00", "0:00:00 /")
    window.press("o")
    window.until_seen(lambda rows: not any(" / " in row for row in rows))
    window.press(":")
    window.see(":")
    window.press("5:00", "enter")
    window.see("moment 05")
    window.press("o")
    window.see("0:05:00 /")
    assert window.leave("q") == 0


def test_help_and_information(home: Path, play: Open) -> None:
    session = store_log(home, *minutes())
    window = play("last", "--paused")
    window.see("moment 00")
    for key in ("h", "f1"):
        window.press(key)
        window.see("pause, go on", "↓ more")
        window.press(*["pgdn"] * 6)
        window.see("quit with 130")
        window.press("x")
        window.see("moment 00")
    window.press("i")
    window.see(session, "/srv/project", "bash")
    window.press("x")
    window.see("moment 00")
    assert window.leave("q") == 0


def test_drawing_anew(home: Path, play: Open) -> None:
    store_log(home, *minutes())
    window = play("last", "--paused")
    window.see("moment 00")
    window.drawn.feed(b"\x1b[Hsomeone wrote across it")
    window.see("someone wrote")
    window.press("ctrl-l")
    window.until_seen(lambda rows: rows[0] == "moment 00".ljust(80) + "│")
    assert window.leave("q") == 0


def test_the_timeline_takes_clicks(home: Path, play: Open) -> None:
    store_log(home, *minutes())
    window = play("last", "--paused")
    window.see("moment 00")
    window.click(50, 29)
    window.see("moment 50")
    window.click(50, 3)
    window.click(0, 29)
    window.see("moment 00")
    assert window.leave("q") == 0


def test_remembering_the_place(home: Path, play: Open) -> None:
    store_log(home, *minutes())
    window = play("last", "--paused", "--at", "33:00")
    window.see("moment 33")
    assert window.leave("Q") == 0
    window = play("last", "--paused", "--resume")
    window.see("moment 33")
    assert window.leave("q") == 0


def test_the_interrupt_key(home: Path, play: Open) -> None:
    store_log(home, *minutes())
    window = play("last")
    window.see("moment 00")
    assert window.leave("interrupt") == 130
    assert window.mode() == window.found_mode


def test_suspending(home: Path, commands: Path, tmp_path: Path) -> None:
    store_log(home, *minutes())
    shell = PlayerWindow(
        ["bash", "--norc", "--noprofile", "-i"], environ_of(commands), size=WINDOW, cwd=tmp_path
    )
    try:
        shell.type(b"PS1='$ '; cs-play last --paused\r")
        shell.see("moment 00")
        shell.press("suspend")
        shell.wait_for(QUESTION)
        shell.type(ANSWER)
        shell.see("Stopped")
        assert not any("moment" in row for row in shell.rows())
        shell.type(b"fg\r")
        shell.see("moment 00")
        shell.press("5")
        shell.see("moment 50")
        shell.press("q")
        shell.until(lambda: shell.screen.count(QUESTION) == 2)
        place = len(shell.screen)
        shell.type(ANSWER)
        shell.wait_for(b"$ ", after=place)
        shell.type(b"echo left-$?\r")
        shell.see("left-0")
        assert state(shell.pid) in "SR"
    finally:
        shell.close()
