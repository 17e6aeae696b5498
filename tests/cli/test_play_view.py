"""What the bar, the timeline and the options of the view show, in a real window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from formats.layout import Home
from formats.marks import add_mark
from formats.size import Size
from tests.support.logs import BEGINNING_US, Said, ended, start, store_log

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.window import Open, PlayerWindow

SECONDS = 100


def timeline(window: PlayerWindow) -> str:
    return window.rows()[-1]


def test_the_timeline_shows_what_happened_when(home: Path, play: Open) -> None:
    """In a window of 100 columns a second is a column."""
    happened = [
        Said(20_000, b"\x1b]9;look here\x07"),
        Said(30_000, {"type": "resize", "cols": 90, "rows": 20}),
        Said(40_000, {"type": "gap", "entries": 3, "bytes": 99, "reason": "disk full"}),
        Said(50_000, {"type": "marker", "label": "built"}),
        Said(60_000, b"make", "input"),
        Said(60_001, b"make"),
        Said(60_500, b"\r", "input"),
        Said(70_000, b"\x1b[9;1Hneedle"),
    ]
    session = store_log(home, start(80, 24), Said(0, b"$ "), *happened, ended(SECONDS * 1000))
    add_mark(Home(str(home)), session, BEGINNING_US + 80_000_000, "mine")
    window = play("last", "--paused", "--find", "needle")
    window.see("needle", "hit 1 of 1")
    window.press("g")
    window.until_seen(lambda rows: "●" in rows[-1] and "▪" in rows[-1])
    shown = timeline(window)
    assert {sign: shown.find(sign) for sign in "!↔×◆›●▪"} == {  # noqa: RUF001
        "!": 20,
        "↔": 30,
        "×": 40,  # noqa: RUF001
        "◆": 50,
        "›": 60,  # noqa: RUF001
        "●": 70,
        "▪": 99,
    }
    assert shown[80] == "◆"
    assert window.leave("q") == 0


def test_the_timeline_counts_new_lines_not_bytes(home: Path, play: Open) -> None:
    """A spinner that writes a megabyte is lower than a hundred lines of output."""
    spinner = [Said(n * 50, b"\x1b[H" + b"\\|/-"[n % 4 : n % 4 + 1] * 5000) for n in range(200)]
    lines = b"".join(b"a line of its own, the %dth\r\n" % n for n in range(100))
    store_log(home, start(80, 24), *spinner, Said(60_000, lines), ended(SECONDS * 1000))
    window = play("last", "--paused")
    window.until_seen(lambda rows: "█" in rows[-1])
    shown = timeline(window)
    assert shown[60] == "█"
    assert not set(shown[1:59]) & set("▄▅▆▇█")
    assert window.leave("q") == 0


def test_bare_shows_nothing_but_the_recording(home: Path, play: Open) -> None:
    store_log(home, start(80, 24), Said(0, b"shown"), ended(3_600_000))
    window = play("last", "--paused", "--bare", size=Size(80, 24))
    window.see("shown")
    window.look(0.3)
    assert [row for row in window.rows() if row] == ["shown"]
    window.press("o")
    window.see("0:00:00 / 1:00:00")
    assert window.leave("q") == 0


def test_a_bar_that_takes_a_row_of_the_recording_says_so(home: Path, play: Open) -> None:
    store_log(home, start(80, 24), Said(0, b"top\x1b[24;1Hbottom"), ended(3_600_000))
    window = play("last", "--paused", size=Size(80, 24))
    window.see("bottom", "rows 2-24/24")
    window.drag(Size(80, 26))
    window.see("top", "bottom")
    assert not any("rows" in row for row in window.rows())
    assert window.leave("q") == 0


def test_fit_from_the_beginning(home: Path, play: Open) -> None:
    said = b"\x1b[Hleft" + b" " * 90 + b"right\x1b[40;1Hlast"
    store_log(home, start(100, 40), Said(0, said), ended(3_600_000))
    window = play("last", "--paused", "--fit", size=Size(50, 20))
    rows = window.see("left", "right", "last")
    assert rows[0].split() == ["left", "right"]
    assert window.leave("q") == 0


def test_several_play_in_a_row(home: Path, play: Open) -> None:
    names = ("first", "second", "third")
    for number, name in enumerate(names):
        at = BEGINNING_US + number * 1_000_000
        said = Said(0, f"\x1b[2J\x1b[H{name} session".encode())
        store_log(home, start(80, 24), said, ended(300), beginning_us=at)
    window = play("last~2", "last~1", "last")
    code = window.leave()
    written = bytes(window.screen)
    places = [written.index(f"{name} session".encode()) for name in names]
    assert (code, places) == (0, sorted(places))


def test_several_are_left_at_the_one_that_is_quit(home: Path, play: Open) -> None:
    session = store_log(home, start(80, 24), Said(0, b"only this"), ended(3_600_000))
    window = play(session, session)
    window.see("only this")
    assert window.leave("q") == 0
