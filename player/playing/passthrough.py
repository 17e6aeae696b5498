"""Drawing by passing the recorded bytes on to the terminal, and undoing what they left behind.

A recording passed on can do to the terminal whatever bytes can. The modes it may have changed are
reset at the end; the title is left as it is.
"""

from __future__ import annotations

import os
import re
import select
import signal
import time
from typing import TYPE_CHECKING

from player.playing.filtering import Filter
from player.playing.terminal import QUESTION, Stopped, reopened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from player.replay.timeline import Moment

# A pipe that is ready takes at least this many bytes without waiting (POSIX).
_PIECE_BYTES = select.PIPE_BUF
# How long a stopped terminal may hold up our end.
_UNDO_S = 1.0
_WIPE = b"\x1b[H\x1b[2J"

_MARK = re.compile(
    rb"""(?:\x1b\[|\xc2?\x9b) (?:
            \? (?P<modes>[0-9;]*) (?P<on>[hl])
          | (?P<kitty>[<>=]) (?P<flags>[0-9;]*) u )
       | \x1b\] (?: (?P<link>8;) | (?P<colour>(?:4;[0-9]+|1[0-2]);)[^?] )
       | (?P<reset>\x1bc)""",
    re.VERBOSE,
)
# Without any of these there is no mark: looking for them first is ten times as fast.
_MARK_BEGINS = (b"\x1b[?", b"\x1b[>", b"\x1b[<", b"\x1b[=", b"\x1b]", b"\x1bc", b"\x9b")
# A mark that is longer, and cut, is missed.
_LONGEST_MARK = 64
_ALTERNATE = frozenset((b"47", b"1047", b"1049"))
_ORIGIN = b"6"
_MOST_POPS = 99

# What is off in a terminal at rest: reverse video, cursor and keypad keys, mouse reports of all
# kinds, focus reports, pasting in brackets, reverse wrap, side margins, reports of colour scheme
# and of size; insert mode and line feeds as new lines.
_MODES_OFF = b"".join(
    b"\x1b[?%dl" % mode
    for mode in (5, 1, 9, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2004, 45, 69, 2031, 2048)
)
# In this order: what was begun is broken off (CAN), held-back drawing ends.
_BREAK_OFF = b"\x18\x1b[?2026l"
_AT_REST = (
    b"\x1b[>4m"  # modifyOtherKeys
    + _MODES_OFF
    + b"\x1b[4l\x1b[20l\x1b>"
    + b"\x1b(B\x0f"  # ASCII
    + b"\x1b[?7h\x1b[?25h\x1b[0 q"  # wrapping, a cursor that can be seen, of the usual form
    + b"\x1b[m"
)
# The region's end puts the cursor into the corner: so it is kept aside. Not with origin mode, which
# is kept aside with it.
_REGION_OFF = b"\x1b7\x1b[r\x1b8"
_REGION_AND_ORIGIN_OFF = b"\x1b[?6l\x1b[r\x1b[9999;1H"
# What a program drew below its cursor would stand between the lines of the shell.
_ERASE_BELOW = b"\x1b[J"
_COLOURS_BACK = b"\x1b]104\x1b\\\x1b]110\x1b\\\x1b]111\x1b\\\x1b]112\x1b\\"
_LINK_END = b"\x1b]8;;\x1b\\"


class Leftovers:
    """What the bytes so far may have left behind in a terminal, and the bytes that undo it."""

    def __init__(self) -> None:
        self._tail = b""
        self._last = b"\n"
        self._escapes = False
        self._alternate: bytes | None = None
        """The mode by which the alternate screen was entered."""
        self._origin = False
        self._pushed = {False: 0, True: 0}
        """kitty keyboard modes pushed on the main and on the alternate screen."""
        self._keyboard_set = False
        self._colours = False
        self._link = False

    def note(self, data: bytes | memoryview) -> None:
        """These bytes have gone to the terminal."""
        if not data:
            return
        text = self._tail + bytes(data)
        self._last = text[-1:]
        self._escapes = self._escapes or any(mark in text for mark in (b"\x1b", b"\x9b", b"\5"))
        end = 0
        if any(begin in text for begin in _MARK_BEGINS):
            for match in _MARK.finditer(text):
                end = match.end()
                self._note_mark(match)
        begun = max(text.rfind(b"\x1b"), text.rfind(b"\x9b"), text.rfind(b"\xc2"))
        cut = begun >= end and len(text) - begun < _LONGEST_MARK
        self._tail = text[begun:] if cut else b""

    @property
    def asked(self) -> bool:
        """Whether there was anything to which a terminal may answer."""
        return self._escapes

    def undo(self) -> bytes:
        """What puts the terminal to rest, the cursor at the beginning of a line."""
        if not self._escapes:
            return b"" if self._last == b"\n" else b"\r\n"
        parts = [_BREAK_OFF]
        if self._alternate is not None:
            parts += [self._keyboard_back(alternate=True), b"\x1b[?%bl" % self._alternate]
        parts.append(self._keyboard_back(alternate=False))
        parts.append(_REGION_AND_ORIGIN_OFF if self._origin else _REGION_OFF)
        parts.append(_AT_REST)
        if self._colours:
            parts.append(_COLOURS_BACK)
        if self._link:
            parts.append(_LINK_END)
        if self._alternate is None:
            parts += [b"" if self._last == b"\n" else b"\r\n", _ERASE_BELOW]
        return b"".join(parts)

    def _keyboard_back(self, *, alternate: bool) -> bytes:
        pops = min(self._pushed[alternate], _MOST_POPS)
        back = b"\x1b[<%du" % pops if pops else b""
        return back + (b"\x1b[=0u" if self._keyboard_set else b"")

    def _note_mark(self, match: re.Match[bytes]) -> None:
        if match["on"]:
            self._note_modes(match["modes"].split(b";"), on=match["on"] == b"h")
        elif match["kitty"]:
            self._note_keyboard(match["kitty"], match["flags"])
        elif match["link"]:
            self._link = True
        elif match["colour"]:
            self._colours = True
        elif match["reset"]:
            self._alternate, self._origin = None, False
            self._pushed = {False: 0, True: 0}

    def _note_modes(self, modes: list[bytes], *, on: bool) -> None:
        for mode in modes:
            if mode in _ALTERNATE:
                self._alternate = mode if on else None
            elif mode == _ORIGIN:
                self._origin = on

    def _note_keyboard(self, action: bytes, flags: bytes) -> None:
        screen = self._alternate is not None
        if action == b">":
            self._pushed[screen] += 1
        elif action == b"<":
            digits = flags[:4] if flags.isdigit() else b""
            self._pushed[screen] = max(0, self._pushed[screen] - int(digits or 1))
        else:
            self._keyboard_set = True


class PassThrough:
    """A target (see `player.playing.loop`) that passes the recorded bytes on to a descriptor.

    `filtered`: without what could act on a terminal.

    Onto a terminal it writes through a descriptor of its own that never waits: so a terminal that
    is stopped stops no key.
    """

    def __init__(self, output: int, *, filtered: bool = False) -> None:
        self._left = memoryview(b"")
        self._filter = Filter() if filtered else None
        self._terminal = os.isatty(output)
        self._output, self._waits = reopened(output)
        self.leftovers = Leftovers()

    def draw(self, moments: Sequence[Moment]) -> None:
        """Take the bytes of moments that are due."""
        data = b"".join([moment.entry.data for moment in moments])
        self._left = memoryview(data if self._filter is None else self._filter.feed(data))

    def flush(self) -> bool:
        """Write what fits. Whether all is out. Raises Stopped when the terminal is gone."""
        while self._left:
            try:
                self._write_some()
            except BlockingIOError:
                return False
        return True

    def clear(self) -> None:
        """Reset what was left behind and wipe the screen."""
        if self._terminal:
            self._left = memoryview(self.leftovers.undo() + _WIPE)
            self.leftovers = Leftovers()
        if self._filter is not None:
            self._filter = Filter()

    def leave(self) -> bool:
        """Break off, and put the terminal to rest. Whether QUESTION was asked at last.

        Waits a second at most for a terminal that is stopped.
        """
        if not self._terminal:
            return False
        asked = self.leftovers.asked
        self._left = memoryview(self.leftovers.undo() + (QUESTION if asked else b""))
        self.leftovers = Leftovers()
        try:
            return self._flush_within(_UNDO_S) and asked
        except Stopped:  # the terminal is gone
            return False

    def _flush_within(self, seconds: float) -> bool:
        until_s = time.monotonic() + seconds
        while not self.flush():
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                return False
            select.select([], [self._output], [], left_s)
        return True

    def _write_some(self) -> None:
        piece = self._left
        if self._waits:
            if not select.select([], [self._output], [], 0)[1]:
                raise BlockingIOError
            piece = piece[:_PIECE_BYTES]
        try:
            written = os.write(self._output, piece)
        except (BlockingIOError, BrokenPipeError):
            raise
        except OSError:
            if self._terminal:
                raise Stopped(signal.SIGHUP) from None
            raise
        self.leftovers.note(piece[:written])
        self._left = self._left[written:]
