"""A window with a player in it: what is typed goes in, what a person would see comes out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from formats.size import Size
from player.screen import Screen
from tests.support.recording import OuterTerminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WINDOW = Size(100, 30)
QUESTION, ANSWER = b"\x1b[5n", b"\x1b[0n"

SEQUENCES = {
    "left": b"\x1b[D",
    "right": b"\x1b[C",
    "up": b"\x1b[A",
    "down": b"\x1b[B",
    "shift-left": b"\x1b[1;2D",
    "shift-right": b"\x1b[1;2C",
    "home": b"\x1b[H",
    "end": b"\x1bOF",
    "pgup": b"\x1b[5~",
    "pgdn": b"\x1b[6~",
    "f1": b"\x1bOP",
    "enter": b"\r",
    "escape": b"\x1b",
    "delete": b"\x1b[3~",
    "backspace": b"\x7f",
    "ctrl-o": b"\x0f",
    "ctrl-l": b"\x0c",
    "ctrl-u": b"\x15",
    "ctrl-w": b"\x17",
    "suspend": b"\x1a",
    "interrupt": b"\x03",
    "wheel-up": b"\x1b[<64;5;5M",
    "wheel-down": b"\x1b[<65;5;5M",
}


class PlayerWindow(OuterTerminal):
    """A terminal of `size` that draws what the player writes, as an emulator would."""

    def __init__(
        self,
        argv: list[str],
        environ: dict[str, str],
        *,
        size: Size,
        cwd: Path,
        streams: dict[str, int] | None = None,
    ) -> None:
        self._drawn = Screen(size)
        self._fed = 0
        self._answered = 0
        super().__init__(argv, environ, size=size, cwd=cwd, streams=streams or {})

    def drag(self, size: Size) -> None:
        """Another size, as by dragging the corner."""
        self.rows()
        self._drawn.resize(size)
        self.resize(*size)

    def press(self, *keys: str) -> None:
        """Press keys: names of SEQUENCES, or text as it is typed."""
        for key in keys:
            self.type(SEQUENCES.get(key) or key.encode())

    def click(self, col: int, row: int) -> None:
        """Press and release the left button."""
        self.type(b"\x1b[<0;%d;%dM\x1b[<0;%d;%dm" % (col + 1, row + 1, col + 1, row + 1))

    def rows(self) -> list[str]:
        """What stands in the window now, a text for each row."""
        data = bytes(self.screen[self._fed :])
        self._fed += len(data)
        self._drawn.feed(data)
        return self._drawn.text()

    @property
    def drawn(self) -> Screen:
        """The window as a screen."""
        self.rows()
        return self._drawn

    def answer(self) -> None:
        """Answer what the player asks at last, as terminals do."""
        asked = self.screen.count(QUESTION)
        if asked > self._answered and self.process.poll() is None:
            self._answered = asked
            self.type(ANSWER, read=False)

    def see(self, *texts: str, limit_s: float = 30) -> list[str]:
        """Wait until all of these stand in the window; its rows."""
        return self.until_seen(
            lambda rows: all(any(t in row for row in rows) for t in texts), limit_s
        )

    def until_seen(self, condition: Callable[[list[str]], bool], limit_s: float = 30) -> list[str]:
        """Wait until the window looks so; its rows."""
        rows: list[str] = []

        def holds() -> bool:
            nonlocal rows
            rows = self.rows()
            return condition(rows)

        try:
            self.until(holds, limit_s=limit_s)
        except AssertionError as error:
            shown = "\n".join(rows)
            message = f"{error}\nthe window shows:\n{shown}"
            raise AssertionError(message) from None
        return rows

    def bar(self) -> str:
        """The bar's line of words: the last row but one where the timeline has one of its own."""
        return next((row for row in reversed(self.rows()) if " / " in row), "")

    def leave(self, *keys: str) -> int:
        """Press the last keys and wait for the end; the exit status."""
        self.press(*keys)

        def gone() -> bool:
            self.answer()
            return self.process.poll() is not None

        self.until(gone)
        return self.wait()


class Open(Protocol):
    """Starts a command in a window of its own."""

    def __call__(self, *arguments: str | Path, size: Size = ...) -> PlayerWindow: ...


def environ_of(commands: Path) -> dict[str, str]:
    """The environment of a person's shell."""
    return {
        **os.environ,
        "PATH": f"{commands}:{os.environ['PATH']}",
        "TERM": "xterm-256color",
        "TZ": "UTC",
    }
