"""`cs-play` and what could go wrong: hostile recordings, signals, a dying engine, a live log."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from formats.layout import Home
from formats.session import Session
from formats.size import Size
from player.replay.keyframes import keys_path
from player.replay.keying import make_keyframes
from tests.support.logs import Said, ended, start, store_log
from tests.support.recording import children
from tests.support.tmux import Tmux
from tests.support.window import Open, PlayerWindow, environ_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.recording import Recorder

HOUR_MS = 3_600_000
HOSTILE = b"".join(
    (
        b"\x1b]52;c;aG9zdGlsZQ==\x07\x1b]0;HOSTILE\x07\x1b]2;HOSTILE\x1b\\",
        b"\x1b[c\x1b[>c\x1b[6n\x1b[5n\x1b[>q\x1b[21t\x1b[18t\x05\x1bP$qm\x1b\\",
        b"\x1b[?1000h\x1b[?1003h\x1b[?1006h\x1b[?2004h\x1b[?1h\x1b=\x1b[?1049h\x1b[3;5r",
        b"\x1b[?7l\x1b[?25l\x1b[4h\x1b[20h\x1b]4;1;rgb:ff/ff/ff\x07\x1b]11;#ff0000\x07",
        b"VISIBLE\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07\x1b_Gf=100;AAAA\x1b\\",
        b"\x1b]0;HOSTILE without an end",
    )
)
MANY = [start(), *(Said(n * 100, HOSTILE + b"\x1b\\%d" % n) for n in range(50)), ended(5000)]
# The last bytes are half a sequence; it is an hour until the next.
CUT = [start(), Said(0, HOSTILE), Said(HOUR_MS, b"more"), ended(2 * HOUR_MS)]


STATE = ["pane_title", "alternate_on", "mouse_any_flag", "keypad_flag", "cursor_flag", "wrap_flag"]
STATE += ["insert_flag", "scroll_region_upper", "scroll_region_lower", "origin_flag"]
STATE += ["keypad_cursor_flag"]


@pytest.fixture
def tmux(home: Path, commands: Path, tmp_path: Path) -> Iterator[Tmux]:
    started = Tmux(tmp_path, environ_of(commands))
    started("set", "-g", "set-clipboard", "on")
    started("set-buffer", "UNTOUCHED")
    started("select-pane", "-T", "MY TITLE")
    yield started
    started.close()


@pytest.mark.parametrize(
    ("said", "options", "keys"),
    [
        (MANY, "--speed 1000", []),
        (MANY, "", ["q"]),
        (CUT, "", ["q"]),
        (CUT, "--links --speed 1000", ["5", ".", ",", "q"]),
        (MANY, "--filtered --speed 1000", []),
        (CUT, "--filtered", ["q"]),
    ],
    ids=["to the end", "quit", "quit in mid-sequence", "after seeks", "filtered", "filtered, quit"],
)
def test_a_hostile_recording_changes_nothing(
    home: Path, tmux: Tmux, said: list[Said], options: str, keys: list[str]
) -> None:
    store_log(home, *said)
    tmux.until(lambda shown: "$" in shown)
    before = tmux.told(*STATE)
    line = f"stty -g > before; cs-play last {options}; stty -g > after; echo DONE-$?"
    tmux("send-keys", f"cd {home}; clear; {line}", "Enter")
    for key in keys:
        tmux.until(lambda shown: " / " in shown or "VISIBLElink" in shown)
        tmux("send-keys", key)
    tmux.until(lambda shown: "DONE-0\n$" in shown)
    tmux("send-keys", "echo nothing-else", "Enter")
    shown = tmux.until(lambda shown: "\nnothing-else" in shown)
    assert shown.count("nothing-else") == 2
    assert "$ echo nothing-else" in shown, "something was typed into the shell"
    assert tmux("show-buffer") == "UNTOUCHED"
    assert tmux.told(*STATE) == before
    assert (home / "before").read_text() == (home / "after").read_text()
    assert "HOSTILE" not in shown


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_signals_restore_the_terminal(home: Path, play: Open, number: signal.Signals) -> None:
    store_log(home, *CUT)
    window = play("last")
    window.see("VISIBLE")
    assert window.is_raw()
    window.signal(number)
    assert window.leave() == 128 + number
    assert window.mode() == window.found_mode
    assert not window.drawn.alternate
    assert window.drawn.cursor_visible
    assert not any(window.drawn.mode(mode) for mode in (1000, 1003, 1006, 2004, 2026))
    assert window.drawn.mode(7)


def test_nothing_but_text_and_style_is_written(home: Path, play: Open) -> None:
    store_log(home, *MANY)
    window = play("last", "--speed", "10", "--no-mouse")
    window.see("VISIBLE")
    assert window.leave("q") == 0
    written = bytes(window.screen)
    for what in (b"\x1b]", b"\x1bP", b"\x1b_", b"\x05", b"\x07", b"[c", b"6n", b"?1003", b"?2004"):
        assert what not in written


def test_links_are_let_through_only_if_asked_and_only_to_the_web(home: Path, play: Open) -> None:
    links = b"\x1b]8;;%s\x1b\\here\x1b]8;;\x1b\\ "
    said = links % b"https://example.org/a" + links % b"javascript:x" + links % b"file:///etc"
    store_log(home, start(), Said(0, said), ended(HOUR_MS))
    window = play("last", "--links")
    window.see("here")
    assert window.leave("q") == 0
    assert b"\x1b]8;;https://example.org/a\x1b\\" in window.screen
    assert b"javascript" not in window.screen
    assert b"file:" not in window.screen


def test_an_engine_that_dies_costs_a_line(home: Path, play: Open, linux: None) -> None:
    said = [Said(n * 200, b"\x1b[Htick %03d" % n) for n in range(900)]
    store_log(home, start(), *said, ended(180_000))
    window = play("last")
    window.see("tick 0")

    def drawing() -> list[int]:
        return [pid for pid in children(window.pid) if nice_of(pid) == 0]

    # That which searches starts later, and lowers its priority then.
    window.until(lambda: len(children(window.pid)) > len(drawing()) == 1)
    os.kill(drawing()[0], signal.SIGSEGV)
    window.see("the screen engine failed (signal 11)")
    before = window.rows()[0]
    window.until_seen(lambda rows: rows[0] > before)
    assert window.leave("q") == 0
    assert window.mode() == window.found_mode
    assert b"cs-play: the screen engine failed (signal 11)" in window.screen


def nice_of(pid: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, pid)


def test_without_an_engine_the_bytes_are_passed_on(
    home: Path, play: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYGHOSTTY_LIB", "/nonexistent/libghostty-vt.so")
    store_log(home, start(), Said(0, b"\x1b]2;raw\x07shown\r\n"), ended(10))
    window = play("last")
    window.see("shown")
    window.leave()
    assert b"\x1b]2;" not in window.screen
    assert b"no screen engine for this platform" in window.screen
    assert b"the recorded bytes are played, filtered" in window.screen


def test_the_window_may_change_its_size(home: Path, play: Open) -> None:
    store_log(home, start(), Said(0, b"\x1b[24;70Hcorner"), Said(HOUR_MS, b"x"), ended(HOUR_MS))
    window = play("last", "--paused")
    window.see("corner", "80x24")
    window.drag(Size(40, 10))
    window.see("corner")
    window.see("rows")
    window.drag(Size(120, 50))
    window.see("corner", "80x24")
    assert window.leave("q") == 0


def test_resizes_of_the_recording_are_honoured(home: Path, play: Open) -> None:
    resize = {"type": "resize", "cols": 40, "rows": 10}
    store_log(home, start(), Said(0, b"first"), Said(60_000, resize), ended(HOUR_MS))
    window = play("last", "--paused")
    window.see("first", "80x24")
    window.press(":", "2:00", "enter")
    window.see("first", "40x10")
    window.press("g")
    window.see("80x24")
    assert window.leave("q") == 0


def test_of_an_ended_session_there_is_nothing_to_follow(home: Path, play: Open) -> None:
    store_log(home, start(), Said(0, b"first"), Said(9000, b" and last"), ended(HOUR_MS))
    window = play("last", "--follow")
    assert window.leave() == 0
    assert window.rows()[0] == "first and last"
    window.see("cs-play: nothing to follow: the session has ended, with this screen")


def test_a_live_session_is_followed_over_rotations(
    cs_rec: Recorder, commands: Path, tmp_path: Path
) -> None:
    unseen = "pad=$(printf '\\033[m%.0s' $(seq 700))"
    line = unseen + '; for n in $(seq 1000 99999); do echo "live-$n$pad"; sleep 0.05; done'
    recording = cs_rec.start("--rotate-bytes", "64k", ".", "--", "bash", "-c", line)
    recording.wait_for(b"live-1005")
    environ = environ_of(commands) | {"CLAUDE_SESSIONS_HOME": str(cs_rec.home)}
    argv = [str(commands / "cs-play"), "last", "--follow"]
    window = PlayerWindow(argv, environ, size=Size(100, 40), cwd=tmp_path)
    try:
        window.see("live-1010", "●")
        window.press("left")
        window.see("▶")
        window.press("/", "live-1002", "enter")
        window.see("❚❚", "hit 1 of 1", "live-1002")
        place = recording.wait_for(b"live-1080")
        window.press("G")
        window.see("●", "live-1080")
        recording.wait_for(b"live-1090", after=place)
        window.see("live-1090")
        sealed = list((cs_rec.home / "logs").glob("*.0001.jsonl*"))
        assert sealed, "it has rotated meanwhile"
        assert window.leave("q") == 0
    finally:
        window.close()


def test_the_index_may_go_or_be_damaged_while_it_is_played(home: Path, play: Open) -> None:
    unseen = b"\x1b[m" * 1300
    said = [Said(n * 1000, b"\r\nmoment-%03d" % n + unseen) for n in range(1, 400)]
    store = Home(str(home))
    session = Session(store_log(home, start(), *said, ended(400_000)), store.logs)
    assert make_keyframes(store, session)
    keys = Path(keys_path(store, session.id))
    whole = keys.read_bytes()
    assert len(whole) > 1000
    window = play("last", "--paused")
    window.see("0:00:00 / 0:06:40")
    for at_s, damage in (
        (350, None),
        (320, keys.unlink),
        (220, lambda: keys.write_bytes(whole[:-300])),
        (90, lambda: keys.write_bytes(os.urandom(5000))),
        (340, lambda: keys.write_bytes(whole[:700] + bytes(len(whole) - 700))),
    ):
        if damage is not None:
            damage()
        window.press(":", str(at_s), "enter")
        window.see(f"moment-{at_s:03d}", f"0:0{at_s // 60}:{at_s % 60:02d} / ")
        assert not any(f"moment-{at_s + 1:03d}" in row for row in window.rows())
    assert window.leave("q") == 0
