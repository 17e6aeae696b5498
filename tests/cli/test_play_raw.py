"""`cs-play --raw` on a real terminal, and what a pipe gets: bytes as recorded, at their time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import termios
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.support.logs import Said, ended, start, store_log, write_log
from tests.support.recording import OuterTerminal, children, state

if TYPE_CHECKING:
    from collections.abc import Iterator

QUESTION, ANSWER = b"\x1b[5n", b"\x1b[0n"
HOUR_MS = 3_600_000
# A minute apart: only a key can bring the next one in a test's time.
COUNTED = [start(), *(Said(n * 60_000, b"<%d>" % n) for n in range(100)), ended(6_000_000)]
TICKING = [start(), *(Said(n * 20, b"<%d>" % n) for n in range(5000)), ended(100_000)]
FULL_SCREEN = [
    start(),
    Said(0, b"shell$ "),
    Said(
        10, b"\x1b[?1049h\x1b[?1003h\x1b[?1006h\x1b[?2004h\x1b[?25l\x1b[>1u\x1b[2;9r\x1b[31mshown"
    ),
    Said(HOUR_MS, b"\x1b[?1049l"),
]


class Window(Protocol):
    """Starts `cs-play --raw ARGUMENTS` on a terminal of its own."""

    def __call__(
        self, *arguments: str | Path, size: tuple[int, int] = (80, 24), **streams: int
    ) -> OuterTerminal: ...


@pytest.fixture
def window(home: Path, commands: Path, tmp_path: Path) -> Iterator[Window]:
    opened: list[OuterTerminal] = []

    def open_window(
        *arguments: str | Path, size: tuple[int, int] = (80, 24), **streams: int
    ) -> OuterTerminal:
        words = list(map(str, arguments))
        argv = words if words[0] == "bash" else [str(commands / "cs-play"), "--raw", *words]
        environ = {**os.environ, "PATH": f"{commands}:{os.environ['PATH']}", "TERM": "xterm"}
        opened.append(OuterTerminal(argv, environ, size=size, cwd=tmp_path, streams=streams))
        return opened[-1]

    yield open_window
    for terminal in opened:
        terminal.close()


def is_still(terminal: OuterTerminal, seconds: float) -> bool:
    """Whether nothing comes in that time."""
    return not terminal.look(seconds)


def quit_by(terminal: OuterTerminal, data: bytes = b"q") -> int:
    """Type, answer the last question if it is asked, and give the exit code."""
    terminal.type(data)
    return end(terminal)


def end(terminal: OuterTerminal) -> int:
    """Answer the last question if it is asked, and give the exit code."""
    asked = terminal.until(
        lambda: QUESTION in terminal.screen or terminal.process.poll() is not None
    )
    if asked and QUESTION in terminal.screen and terminal.process.poll() is None:
        terminal.type(ANSWER)
    return terminal.wait()


def test_it_plays_to_the_end_byte_for_byte(home: Path, window: Window) -> None:
    store_log(home, start(), Said(0, b"one\r\n"), Said(30, b"two \xe2\x9c\xb3"), Said(60, b"\r\n"))
    terminal = window("last")
    assert terminal.wait() == 0
    assert bytes(terminal.screen) == "one\r\ntwo ✳\r\n".encode()
    assert terminal.mode() == terminal.found_mode


def test_line_ends_are_those_of_the_recording(home: Path, window: Window) -> None:
    store_log(home, start(), Said(0, b"one\ntwo\n"))
    terminal = window("last")
    assert terminal.wait() == 0
    assert bytes(terminal.screen) == b"one\ntwo\n"


def test_time_passes_as_it_did(home: Path, window: Window) -> None:
    store_log(home, start(), Said(0, b"a"), Said(HOUR_MS, b"b"))
    terminal = window("last", "--speed", "1000")
    terminal.wait_for(b"a")
    assert is_still(terminal, 0.5)
    assert quit_by(terminal) == 0
    assert b"b" not in terminal.screen


def test_what_was_typed_is_not_shown(home: Path, window: Window) -> None:
    store_log(home, start(), Said(0, b"shown"), Said(1, b"typed", "input"), Said(2, b"\r\n"))
    terminal = window("last")
    terminal.wait()
    assert b"typed" not in terminal.screen


def test_space_pauses_and_goes_on(home: Path, window: Window) -> None:
    store_log(home, *TICKING)
    terminal = window("last")
    terminal.wait_for(b"<3>")
    terminal.type(b" ")
    terminal.until(lambda: is_still(terminal, 0.4))
    before = len(terminal.screen)
    terminal.type(b" ")
    terminal.until(lambda: len(terminal.screen) > before)
    assert quit_by(terminal) == 0


def test_a_dot_shows_one_entry(home: Path, window: Window) -> None:
    store_log(home, *COUNTED)
    terminal = window("last")
    terminal.wait_for(b"<0>")
    for number in range(1, 6):
        terminal.type(b".")
        terminal.wait_for(b"<%d>" % number)
    terminal.type(b"...")
    terminal.wait_for(b"<8>")
    assert quit_by(terminal) == 0
    assert bytes(terminal.screen).count(b"<") == 9


def test_braces_change_the_speed_and_backspace_resets_it(home: Path, window: Window) -> None:
    store_log(home, start(), *(Said(n * 1000, b"<%d>" % n) for n in range(100)))
    terminal = window("last", "--speed", "0.01")
    terminal.wait_for(b"<0>")
    assert is_still(terminal, 1.2)
    terminal.type(b"\x7f")
    terminal.wait_for(b"<1>", limit_s=5)
    terminal.type(b"}" * 6)
    terminal.wait_for(b"<60>", limit_s=5)
    terminal.type(b"{" * 20)
    terminal.until(lambda: is_still(terminal, 1.0))
    assert b"<99>" not in terminal.screen
    assert quit_by(terminal) == 0


@pytest.mark.parametrize(
    ("typed", "code"), [(b"q", 0), (b"\x03", 130), (b"\x1b[113u", 0), (b"\x1b[99;5u", 130)]
)
def test_quitting_restores_everything(home: Path, window: Window, typed: bytes, code: int) -> None:
    store_log(home, *FULL_SCREEN)
    terminal = window("last")
    terminal.wait_for(b"shown")
    assert terminal.is_raw()
    assert quit_by(terminal, typed) == code
    assert terminal.mode() == terminal.found_mode
    given_back = bytes(terminal.screen)
    for mode in (b"?1049l", b"?1003l", b"?1006l", b"?2004l", b"?25h", b"<1u", b"r", b"m"):
        assert b"\x1b[" + mode in given_back[given_back.index(b"shown") :]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_signals_restore_everything(home: Path, window: Window, number: signal.Signals) -> None:
    store_log(home, *FULL_SCREEN)
    terminal = window("last")
    terminal.wait_for(b"shown")
    terminal.signal(number)
    assert end(terminal) == 128 + number
    assert terminal.mode() == terminal.found_mode
    assert b"\x1b[?1049l" in terminal.screen
    assert b"Traceback" not in terminal.screen


def test_a_signal_while_the_terminal_takes_nothing(home: Path, window: Window) -> None:
    store_log(home, start(), *(Said(0, b"x" * 8000) for _ in range(500)))
    terminal = window("last")
    terminal.until(terminal.is_raw, read=False)
    terminal.signal(signal.SIGTERM)
    terminal.until(lambda: terminal.process.poll() is not None, read=False)
    assert terminal.process.returncode == 128 + signal.SIGTERM
    assert terminal.mode() == terminal.found_mode


def test_keys_work_while_the_terminal_takes_nothing(home: Path, window: Window) -> None:
    store_log(home, start(), *(Said(0, b"x" * 8000) for _ in range(500)))
    terminal = window("last")
    terminal.until(terminal.is_raw, read=False)
    terminal.type(b"q", read=False)
    terminal.until(lambda: terminal.process.poll() is not None, read=False)
    assert terminal.process.returncode == 0


def test_a_window_that_is_closed_ends_it(home: Path, window: Window) -> None:
    store_log(home, *FULL_SCREEN)
    terminal = window("last")
    terminal.wait_for(b"shown")
    terminal.hang_up()
    assert terminal.process.wait(20) == 128 + signal.SIGHUP


def test_an_exception_restores_everything(window: Window) -> None:
    program = """
from player.playing.terminal import Terminal
with Terminal(0, 1) as terminal:
    terminal.wait(0, for_room=False)
    raise ValueError("in mid-play")
"""
    terminal = window(
        "bash", "-c", f"cd {Path(__file__).parents[2]}; exec {sys.executable} -c '{program}'"
    )
    assert terminal.wait() == 1
    assert terminal.mode() == terminal.found_mode
    assert b"in mid-play\r\n" in terminal.screen


def test_answers_of_the_terminal_are_no_keys(home: Path, window: Window) -> None:
    store_log(home, start(), Said(0, b"asked\x1b[6n\x1b[21t\x1b[>q"), *COUNTED[2:])
    terminal = window("last")
    terminal.wait_for(b"\x1b[>q")
    terminal.type(b"\x1b[12;40R\x1b]lquit q . q\x1b\\\x1bP>|q ... q\x1b\\")
    assert is_still(terminal, 0.3)
    terminal.type(b".")
    terminal.wait_for(b"<1>")
    assert b"<2>" not in terminal.screen
    assert quit_by(terminal) == 0


def test_answers_of_the_terminal_do_not_reach_the_shell(home: Path, window: Window) -> None:
    store_log(home, start(), Said(0, b"asked\x1b[c"))
    terminal = window("last")
    terminal.wait_for(QUESTION)
    terminal.type(b"\x1b[?62;22c" + ANSWER)
    assert terminal.wait() == 0
    terminal.type(b"shell\n")
    own = os.open(os.ttyname(terminal._own), os.O_RDONLY | os.O_NOCTTY)  # noqa: SLF001
    assert os.read(own, 4096) == b"shell\n"
    os.close(own)


def test_a_terminal_that_never_answers_is_not_waited_for_long(home: Path, window: Window) -> None:
    store_log(home, start(), Said(0, b"\x1b[31mred\r\n"))
    terminal = window("last")
    assert terminal.wait(limit_s=5) == 0
    assert terminal.mode() == terminal.found_mode


def test_suspending_and_going_on(home: Path, window: Window) -> None:
    store_log(home, *FULL_SCREEN)
    shell = window("bash", "--norc", "--noprofile", "-i")
    shell.type(b"PS1='$ '; cs-play --raw last\r")
    shell.wait_for(b"shown")
    (player,) = children(shell.pid)
    shell.type(b"\x1a")
    shell.wait_for(QUESTION)
    shell.type(ANSWER)
    place = shell.wait_for(b"Stopped")
    assert state(player) == "T"
    assert b"\x1b[?1049l" in shell.screen
    shell.type(b"fg\r")
    place = shell.wait_for(b"shown", after=place)  # drawn anew, from the beginning
    shell.until(shell.is_raw)
    shell.type(b"q")
    place = shell.wait_for(QUESTION, after=place)
    shell.type(ANSWER)
    place = shell.wait_for(b"$ ", after=place)
    shell.type(b"echo status-$?\r")
    shell.wait_for(b"status-0\r", after=place)
    shell.type(b"exit\r")
    assert shell.wait() == 0


def test_stopped_from_outside_it_takes_the_terminal_again(home: Path, window: Window) -> None:
    store_log(home, *FULL_SCREEN)
    terminal = window("last")
    terminal.wait_for(b"shown")
    terminal.signal(signal.SIGSTOP)
    terminal.until(lambda: state(terminal.pid) == "T")
    own = os.open(os.ttyname(terminal._own), os.O_RDWR | os.O_NOCTTY)  # noqa: SLF001
    termios.tcsetattr(own, termios.TCSANOW, terminal.found_mode)
    os.close(own)
    terminal.signal(signal.SIGCONT)
    terminal.until(terminal.is_raw)
    assert quit_by(terminal) == 0
    assert terminal.mode() == terminal.found_mode


def test_looping_over_nothing_ends(home: Path, cs) -> None:
    store_log(home, start(), ended(1000))
    assert cs("play", "last", "--loop").returncode == 0


def test_keys_come_from_the_terminal_when_stdin_is_something_else(
    home: Path, window: Window
) -> None:
    store_log(home, *COUNTED)
    terminal = window("last", stdin=subprocess.DEVNULL)
    terminal.wait_for(b"<0>")
    terminal.type(b".")
    terminal.wait_for(b"<1>")
    assert quit_by(terminal) == 0
    assert terminal.mode() == terminal.found_mode


def test_without_any_keyboard_it_plays(home: Path, cs) -> None:
    store_log(home, start(), Said(0, b"a"), Said(50, b"b"))
    done = cs("play", "last", "--speed", "1", start_new_session=True)
    assert (done.returncode, done.stdout) == (0, "ab")


def test_a_pipe_gets_the_bytes_at_once(home: Path, commands: Path) -> None:
    every_byte = bytes(range(256))
    store_log(home, *FULL_SCREEN, Said(HOUR_MS, every_byte))
    done = subprocess.run(
        [commands / "cs-play", "last"], capture_output=True, check=False, timeout=30
    )
    expected = b"".join(one.what for one in FULL_SCREEN if isinstance(one.what, bytes))
    assert (done.returncode, done.stdout, done.stderr) == (0, expected + every_byte, b"")


def test_a_pipe_with_a_speed_gets_them_at_their_time(home: Path, cs) -> None:
    store_log(home, start(), Said(0, b"a"), Said(HOUR_MS, b"b"))
    with pytest.raises(subprocess.TimeoutExpired) as late:
        cs("play", "last", "--speed", "100", timeout=3)
    assert late.value.stdout == b"a"


def test_who_reads_only_the_beginning_is_no_error(home: Path, commands: Path) -> None:
    store_log(home, start(), *(Said(0, b"x" * 8000) for _ in range(500)))
    done = subprocess.run(
        ["bash", "-c", 'set -o pipefail; "$0" last | head -c 10', commands / "cs-play"],
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"x" * 10, b"")


LETTERS = [start(), *(Said(n * 1000, bytes((97 + n,))) for n in range(26)), ended(25_000)]


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ([], "abcdefghijklmnopqrstuvwxyz"),
        (["--to", "3"], "abcd"),
        (["--to", "0:03.5"], "abcd"),
        (["--to", "20%"], "abcdef"),
        (["--to", "18:15:35.123"], "abcd"),
        (["--to", "2026-02-07T18:15:35.123Z"], "abcd"),
        (["--from", "5", "--to", "6"], "abcdefg"),
        (["--at", "25"], "abcdefghijklmnopqrstuvwxyz"),
        (["--from", "99:00"], "abcdefghijklmnopqrstuvwxyz"),
        (["--raw"], "abcdefghijklmnopqrstuvwxyz"),
    ],
)
def test_ranges(home: Path, cs, monkeypatch, arguments: list[str], shown: str) -> None:
    monkeypatch.setenv("TZ", "UTC")
    store_log(home, *LETTERS)
    done = cs("play", "last", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (0, shown, "")


def test_all_before_the_start_is_drawn_at_once(home: Path, window: Window) -> None:
    store_log(home, *COUNTED)
    terminal = window("last", "--at", "50:00")
    terminal.wait_for(b"<50>", limit_s=5)
    assert is_still(terminal, 0.3)
    assert quit_by(terminal) == 0
    assert b"<51>" not in terminal.screen


def test_an_idle_limit_shortens_waits_before_the_speed(home: Path, window: Window) -> None:
    store_log(home, *COUNTED[:6])
    for option in ("--idle-limit", "--max-wait", "-i"):
        terminal = window("last", option, "1", "--speed", "50")
        assert terminal.wait(limit_s=10) == 0
        assert b"<4>" in terminal.screen


def test_the_recordings_own_idle_limit_is_the_default(home: Path, window: Window) -> None:
    store_log(home, start(idle_limit_s=0.02), *COUNTED[1:6])
    terminal = window("last")
    assert terminal.wait(limit_s=10) == 0
    terminal = window("last", "--idle-limit", "none")
    terminal.wait_for(b"<0>")
    assert is_still(terminal, 0.5)
    assert quit_by(terminal) == 0


def test_no_timing(home: Path, window: Window) -> None:
    store_log(home, *COUNTED)
    terminal = window("last", "--no-timing")
    assert terminal.wait(limit_s=10) == 0
    assert b"<99>" in terminal.screen


def test_looping_begins_anew(home: Path, window: Window) -> None:
    store_log(home, start(), Said(0, b"begin"), Said(10, b"middle"), Said(20, b"end"))
    terminal = window("last", "--loop", "--at", "0.015")
    place = terminal.wait_for(b"end")
    place = terminal.wait_for(b"begin", after=place)
    terminal.wait_for(b"begin", after=place)
    assert quit_by(terminal) == 0


def test_a_recording_larger_than_the_window_is_said_once(home: Path, window: Window) -> None:
    store_log(home, start(cols=120, rows=40), Said(0, b"x\r\n"), Said(1, b"y\r\n"))
    small = window("last")
    small.wait()
    assert bytes(small.screen).count(b"120x40") == 1
    assert bytes(small.screen).index(b"120x40") < bytes(small.screen).index(b"x\r\n")
    large = window("last", size=(120, 40))
    large.wait()
    assert bytes(large.screen) == b"x\r\ny\r\n"


def test_a_size_that_is_only_judged_is_said_so(tmp_path: Path, window: Window) -> None:
    write_log(tmp_path / "foreign.jsonl", Said(0, b"\x1b[40;100Hx\r\n"))
    terminal = window("foreign.jsonl")
    end(terminal)
    assert b"recorded at 100x40 or more, this window has 80x24" in terminal.screen


def test_damage_is_said_when_the_terminal_is_free_again(tmp_path: Path, window: Window) -> None:
    path = tmp_path / "log.jsonl"
    write_log(path, start(), Said(0, b"one\r\n"), Said(10, b"two\r\n"))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], b"{damaged\n", *lines[2:]]))
    terminal = window(path)
    assert terminal.wait() == 0
    text = bytes(terminal.screen).decode()
    assert text.startswith("one\r\ntwo\r\ncs-play: skipped 1 damaged line (first: ")
    assert text.count("\n") == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--speed", "0"], "'0' is no number from 0.01 to 1000"),
        (["--speed", "1001"], "--speed"),
        (["--speed", "nan"], "--speed"),
        (["--speed", "fast"], "--speed"),
        (["--speed"], "--speed"),
        (["--idle-limit", "-1"], "--idle-limit"),
        (["--idle-limit", "0"], "--no-timing"),
        (["--from", "1:99"], "--from"),
        (["--from", "10", "--to", "5"], "--to"),
        (["--from", "10", "--at", "5"], "--at"),
        (["--at", "12:00:00"], "not in this session"),
        (["--spee", "2"], "--spee"),
        (["no-such-session"], "no-such-session"),
    ],
)
def test_wrong_usage_is_one_line_and_2(home: Path, cs, arguments: list[str], words: str) -> None:
    store_log(home, *LETTERS)
    done = cs("play", "last", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("cs-play: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_file_without_entries_is_an_error(cs, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_bytes(b"")
    done = cs("play", tmp_path / "empty.jsonl")
    assert done.returncode == 2
    assert "holds no log entry" in done.stderr


def test_help_names_the_keys(cs) -> None:
    done = cs("play", "--help")
    assert done.returncode == 0
    for words in ("space", "Backspace", "--from T", "examples:", "exit status:"):
        assert words in done.stdout


def test_stty_prints_the_same_before_and_after(home: Path, window: Window, tmp_path: Path) -> None:
    store_log(home, *FULL_SCREEN)
    shell = window("bash", "--norc", "--noprofile", "-i")
    shell.type(b"stty -g > before; cs-play --raw last; stty -g > after; exit\r")
    shell.wait_for(b"shown")
    shell.type(b"q")
    shell.wait_for(QUESTION)
    shell.type(ANSWER)
    shell.wait()
    assert (tmp_path / "before").read_bytes() == (tmp_path / "after").read_bytes()
