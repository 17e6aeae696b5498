"""`cs-play` killed at any moment: the terminal is as it was before, or can be put right."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from formats.size import Size
from tests.support.logs import Said, ended, start, store_log
from tests.support.recording import children
from tests.support.window import PlayerWindow, environ_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TICKS = [Said(n * 20, b"\x1b[?1049h\x1b[?1003h\x1b[Htick %04d" % n) for n in range(3000)]
# Mouse reports of all kinds, focus, pasting in brackets, drawing held back.
MODES = (1000, 1002, 1003, 1004, 1006, 2004, 2026)


@pytest.fixture
def shell(home: Path, commands: Path, tmp_path: Path) -> Iterator[PlayerWindow]:
    store_log(home, start(80, 24), *TICKS, ended(60_000))
    argv = ["bash", "--norc", "--noprofile", "-i"]
    window = PlayerWindow(argv, environ_of(commands), size=Size(100, 30), cwd=tmp_path)
    window.type(b"PS1='$ '; bind 'set enable-bracketed-paste off'; clear\r")
    try:
        window.until_seen(lambda rows: rows[0] == "$")
        yield window
    finally:
        window.close()


def before_anything(window: PlayerWindow) -> None:
    """As soon as the process is there."""


def playing(window: PlayerWindow) -> None:
    window.see("tick")


def at_a_prompt(window: PlayerWindow) -> None:
    window.see("tick")
    window.press("/", "tick 1")
    window.see("/tick 1")


def looking_back(window: PlayerWindow) -> None:
    window.see("tick")
    window.press(" ", "pgup", "h")
    window.see("pause, go on")


@pytest.mark.usefixtures("linux")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(
    ("options", "moment"),
    [
        ("", before_anything),
        ("", playing),
        ("", at_a_prompt),
        ("", looking_back),
        ("--raw", before_anything),
        ("--raw", playing),
        ("--filtered", playing),
    ],
)
def test_the_terminal_is_as_it_was(
    shell: PlayerWindow,
    tmp_path: Path,
    number: signal.Signals,
    moment: Callable[[PlayerWindow], None],
    options: str,
) -> None:
    shell.type(f"stty -g > before; cs-play last {options}; echo killed-$?\r".encode())
    pid = player_of(shell)
    moment(shell)
    os.kill(pid, number)
    answered(shell, f"killed-{128 + number}")
    shell.type(b"stty -g > after; echo done-$?\r")
    shell.see("done-0")
    assert (tmp_path / "after").read_text() == (tmp_path / "before").read_text()
    assert_at_rest(shell)


@pytest.mark.usefixtures("linux")
def test_after_a_kill_fix_tty_puts_the_terminal_right(shell: PlayerWindow, tmp_path: Path) -> None:
    shell.type(b"cs-play last; echo killed-$?\r")
    pid = player_of(shell)
    shell.see("tick")
    os.kill(pid, signal.SIGKILL)
    shell.see("killed-137")
    assert shell.drawn.alternate
    shell.type(b"cs-rec --fix-tty; stty -a > after; echo done-$?\r")
    shell.see("done-0")
    flags = (tmp_path / "after").read_text().split()
    assert {"icanon", "echo", "isig", "icrnl", "opost", "onlcr"} <= {f.strip(";") for f in flags}
    assert_at_rest(shell)


def player_of(shell: PlayerWindow) -> int:
    """The pid of the cs-play that the shell has started, once it is one."""

    def found() -> int:
        for pid in children(shell.pid):
            # What the shell runs before has ended, perhaps.
            with suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
                if b"cs-play" in file.read():
                    return pid
        return 0

    return int(shell.until(found))


def answered(shell: PlayerWindow, text: str) -> None:
    """Wait for a text, and answer what the player asks at last, as terminals do."""

    def seen() -> bool:
        shell.answer()
        return any(text in row for row in shell.rows())

    shell.until(seen)


def assert_at_rest(shell: PlayerWindow) -> None:
    screen = shell.drawn
    assert not screen.alternate
    assert screen.cursor_visible
    assert [mode for mode in MODES if screen.mode(mode)] == []
    assert screen.mode(7)
    assert not screen.mode(6)
