r"""Which line of the screen the user entered something on. Pure: what was typed in, lines out.

What was typed is put together as a line editor would; the line is then looked for on the screen,
because only what the screen showed may be kept: a password that no terminal echoed is nowhere to
be found, and so is never kept. After a key that brings back an older line, the cursor's is taken.
What was typed ahead, before a program was ready to show it, is looked for in what comes next.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from player.lines.likeness import trimmed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WAIT_US: Final = 2_000_000
"""So long after Enter a line may still appear: keys that were typed ahead are echoed later."""

_MOST_BYTES: Final = 4096
SHORTEST_ECHO: Final = 3
"""Fewer characters are found anywhere: they are only looked for at the end of the cursor's row."""

_HEAD_BYTES: Final = 24
# An interface wraps long input by itself; its beginning is on one row.

_MODES: Final = frozenset((b"!", b"#", b"/", b":", b"?", b"&", b"@"))

_KEYS: Final = re.compile(
    rb"\x1b\[[0-?]*[ -/]*([@-~])"
    rb"|\x1bO([A-Za-z])"
    rb"|\x1b[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)"
    rb"|\x1b[^\x1b]"
    rb"|([\x00-\x1f\x7f])"
    rb"|([^\x00-\x1f\x7f]+)"
)
_UNFINISHED: Final = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|O|[\]P_^X][^\x07\x1b]*\x1b?)?\Z")
_ESCAPE_US: Final = 50_000
_PASTE_BEGINS, _PASTE_ENDS = b"\x1b[200~", b"\x1b[201~"
_ENTER = b"\r\n"
_RUBOUT = b"\x7f\x08"
_KILL = b"\x15\x03\x04\x0b"
_RECALL = b"\x10\x0e\x12"


class Entered(NamedTuple):
    """What was typed before an Enter, as far as it is known.

    `recalled`: an older line was brought back, nobody knows which.
    """

    at_us: int
    text: bytes
    recalled: bool


class Found(NamedTuple):
    """The line that something was entered on; what is there, without borders, and before it."""

    line: bytes
    label: str
    prompt: bytes


class Keys:
    """Typed bytes, cut anywhere, become what was entered."""

    __slots__ = ("_complete", "_pasting", "_recalled", "_rest", "_rest_us", "_text")

    def __init__(self) -> None:
        self._text = bytearray()
        self._rest, self._rest_us = b"", 0
        self._recalled = self._complete = self._pasting = False

    def state(self) -> tuple[Any, ...]:
        """What `restore` needs."""
        text, rest = self._text.decode("latin-1"), self._rest.decode("latin-1")
        return text, rest, self._rest_us, self._recalled, self._complete, self._pasting

    def restore(self, state: Any) -> None:  # noqa: ANN401  of JSON
        """Go on where another left off."""
        text, rest, self._rest_us, self._recalled, self._complete, self._pasting = state
        self._text, self._rest = bytearray(text.encode("latin-1")), rest.encode("latin-1")

    def feed(self, at_us: int, data: bytes) -> list[Entered]:
        """What was entered by these keys; often nothing."""
        if data.isalnum() and not self._rest:
            # One key of a text, mostly.
            self._add(data)
            return []
        # Escape itself is a key: what does not go on at once never will.
        if at_us - self._rest_us < _ESCAPE_US:
            data = self._rest + data
        unfinished = _UNFINISHED.search(data, max(0, len(data) - _MOST_BYTES))
        self._rest, self._rest_us = unfinished[0] if unfinished else b"", at_us
        entered: list[Entered] = []
        for key in _KEYS.finditer(data, 0, len(data) - len(self._rest)):
            csi, ss3, control, text = key.groups()
            if text is not None:
                self._add(text)
            elif control is not None:
                if control in _ENTER and not self._pasting:
                    if self._recalled or self._text.strip():
                        entered.append(Entered(at_us, bytes(self._text.strip()), self._recalled))
                    self.clear()
                else:
                    self._edit(control)
            elif key[0] in (_PASTE_BEGINS, _PASTE_ENDS):
                self._pasting = key[0] == _PASTE_BEGINS
            elif (csi or ss3) in (b"A", b"B"):
                self.clear()
                self._recalled = True
        return entered

    def clear(self) -> None:
        """Forget what was typed since the last Enter: it is gone, or another program took it."""
        self._text.clear()
        self._recalled = self._complete = False

    def _add(self, text: bytes) -> None:
        if not self._complete and len(self._text) < _MOST_BYTES:
            self._text += text

    def _edit(self, control: bytes) -> None:
        if control in _RUBOUT:
            while self._text and self._text.pop() & 0xC0 == 0x80:  # noqa: PLR2004  the rest of it
                pass
        elif control in _KILL:
            self.clear()
        elif control == b"\x17":
            self._text = bytearray(re.sub(rb"\S*\s*\Z", b"", bytes(self._text)))
        elif control in _RECALL:
            self.clear()
            self._recalled = True
        elif control == b"\t" or (self._pasting and control in _ENTER):
            # The program completes it; or the row ends here.
            self._complete = bool(self._text)


def find(
    entered: Entered, lines: Sequence[bytes], cursor_row: bytes | None, prompt: bytes = b""
) -> Found | None:
    """The line that was entered, the cursor's or else the lowest that holds what was typed.

    `cursor_row` is given at the moment of the Enter only. `prompt` is what stood before the line
    that was entered last: a recalled one stands behind the same, mostly.
    """
    if entered.recalled:
        row = trimmed(cursor_row or b"")
        text = row.removeprefix(prompt)
        return Found(_line_of(row, lines), _label(text), prompt) if text.strip() else None
    needle = entered.text
    if len(needle) < SHORTEST_ECHO:
        row = trimmed(cursor_row or b"")
        if not row.endswith(needle):
            return None
        return Found(_line_of(row, lines), _label(needle), row.removesuffix(needle))
    for part in _shown_as(needle):
        for line in ([cursor_row] if cursor_row else []) + list(reversed(lines)):
            start = line.rfind(part)
            if start >= 0:
                label = _label(trimmed(line[start:]))
                return Found(_line_of(line, lines), label, line[:start])
    return None


def _shown_as(needle: bytes) -> Iterator[bytes]:
    """How it may stand on the screen, most of it first.

    A sign that begins it can be a mode of the program, which shows it as its prompt: `! ls`.
    """
    yield needle
    yield needle[:_HEAD_BYTES]
    if needle[:1] in _MODES and needle[1:2].strip():
        apart = needle[:1] + b" " + needle[1:]
        yield apart
        yield apart[:_HEAD_BYTES]


def _line_of(row: bytes, lines: Sequence[bytes]) -> bytes:
    """The line that a row of the screen belongs to: itself unless it is wrapped."""
    if row in lines:
        return row
    return next((line for line in reversed(lines) if row in line), row)


def _label(text: bytes) -> str:
    return text.decode(errors="replace").strip(" │┃|")
