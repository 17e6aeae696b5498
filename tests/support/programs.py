"""What real programs write to a terminal, recorded while the tests run."""

from __future__ import annotations

import os
import shutil
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from formats.size import Size
from tests.support.recording import OuterTerminal

if TYPE_CHECKING:
    from pathlib import Path

SIZE = Size(80, 24)
_MANY_LINES = "".join(f"line {n} of the text, with tábs\tand 漢字 and 🙂\n" for n in range(200))


class Program(NamedTuple):
    """A command on a file of text, and what is typed: each piece after its sign was seen."""

    argv: list[str]
    typed: list[tuple[bytes, bytes]]


PROGRAMS = {
    "vim": Program(
        ["vim", "-u", "NONE", "-N", "-c", "set number hlsearch", "text"],
        [(b"line 0", b"/line 150\r"), (b"160", b":split\rG"), (b"?25h", b":qa!\r")],
    ),
    "less": Program(
        ["less", "-S", "text"],
        [(b"line 0", b"G"), (b"line 199", b"?line 1\r"), (b"line 19", b"q")],
    ),
    "htop": Program(["htop", "-d", "2"], [(b"PID", b"\x1b[B\x1b[B"), (b"F10", b"q")]),
    "nano": Program(["nano", "-I", "text"], [(b"line 0", b"\x16\x16"), (b"line 3", b"x\x18n")]),
    "bash": Program(
        ["bash", "--norc"],
        [(b"bash", b"ls --color=always -la /\r"), (b"tmp", b"printf 'x%.0s' {1..300}; exit\r")],
    ),
}


@cache
def output_of(name: str, folder: Path) -> bytes | None:
    """All that the program wrote in a window of SIZE; None where it is not installed."""
    program = PROGRAMS[name]
    if not shutil.which(program.argv[0]):
        return None
    (folder / "text").write_text(_MANY_LINES)
    environ = {**os.environ, "TERM": "xterm-256color", "HOME": str(folder), "LANG": "C.UTF-8"}
    terminal = OuterTerminal(program.argv, environ, size=SIZE, cwd=folder, streams={})
    try:
        place = 0
        for sign, keys in program.typed:
            place = terminal.wait_for(sign, after=place)
            terminal.type(keys)
        terminal.wait()
    finally:
        terminal.close()
    return bytes(terminal.screen)
