r"""How an agent's interface gets its rows onto the terminal: four ways that are in use.

Each is given the rows that are finished, which go up in the transcript, and the live rows below
them. All remember what they drew last.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from benchmarks.corpus.stage import Window, width

if TYPE_CHECKING:
    from benchmarks.corpus.stage import Stage

_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
_MOST_REDRAWN: Final = 200
_WORD: Final = re.compile(r"[^ ]+")
_LEAST_JUMP: Final = 4
_LEAST_ALIKE: Final = 12
_TITLES: Final = "◐◓◑◒"
_COLORS: Final = {
    "●": "38;5;114", "✻": "38;5;174", "✽": "38;5;174", "✶": "38;5;174", "✢": "38;5;174",
    "│": "2", "╭": "2", "╰": "2", "⎿": "38;5;246", ">": "38;5;153",
}  # fmt: skip


def styled(row: str) -> str:
    """The row with colours as an interface gives them."""
    lead = row.lstrip(" ")[:1]
    color = _COLORS.get(lead)
    if color is None:
        return f"\x1b[38;2;177;185;249m{row}\x1b[39m" if row[:8] == "        " else row
    start = len(row) - len(row.lstrip(" "))
    return f"{row[:start]}\x1b[{color}m{lead}\x1b[39m{row[start + 1 :]}"


class Painter:
    """Erases the live rows and prints them again in each frame, on the main screen.

    What Ink does, and with it most agents' interfaces until 2025.
    """

    synchronized = alternate = False

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.live: list[str] = []
        self.window = Window(stage, stage.size.rows, kept=not self.alternate)

    def begin(self) -> None:
        """Before the first frame."""

    def end(self) -> None:
        """After the last."""
        self.window.clear()
        self.stage.write("\r\n")

    def paint(self, finished: list[str], live: list[str]) -> None:
        """One frame."""
        data = self._frame(finished, live)
        if data:
            self.stage.write(_BEGIN + data + _END if self.synchronized else data)
        self.live = live
        self.window.height = self.stage.size.rows - len(live)
        for row in finished:
            self.window.add(row)
        self.window.make_room()

    def turn_ends(self) -> None:
        """A moment at which some interfaces draw everything anew."""

    def tick(self, number: int) -> None:
        """A frame of work is to come: now and then the title turns."""
        if number % 8 == 0:
            self.stage.write(f"\x1b]0;{_TITLES[number // 8 % 4]} made-up agent\x07")

    def _frame(self, finished: list[str], live: list[str]) -> str:
        erased = "\x1b[2K\x1b[1A" * (len(self.live) - 1) + "\x1b[2K\x1b[G" if self.live else ""
        return erased + "\r\n".join(map(styled, [*finished, *live]))


class Redrawing(Painter):
    """As `Painter`, and draws all that there is anew when a turn ends or the size changes."""

    synchronized = True

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._transcript: list[str] = []

    def paint(self, finished: list[str], live: list[str]) -> None:
        """One frame."""
        self._transcript += finished
        super().paint(finished, live)

    def turn_ends(self) -> None:
        """Everything is erased, the scrollback too, and written again."""
        rows = self._transcript = self._transcript[-_MOST_REDRAWN:]
        data = "\x1b[2J\x1b[3J\x1b[H" + "\r\n".join(map(styled, [*rows, *self.live]))
        self.stage.write(_BEGIN + data + _END)
        # What is drawn again at once never went.


class Difference(Painter):
    """Writes only the cells that changed, on the main screen, and jumps over the others."""

    synchronized = True

    def _frame(self, finished: list[str], live: list[str]) -> str:
        if finished or len(live) != len(self.live):
            up = f"\x1b[{len(self.live) - 1}A" if len(self.live) > 1 else ""
            return f"{up}\r" + "\x1b[K\r\n".join(map(styled, [*finished, *live])) + "\x1b[J"
        data, at = "", len(live) - 1
        for place, (old, new) in enumerate(zip(self.live, live, strict=True)):
            if old != new:
                move = place - at
                data += f"\x1b[{-move}A" if move < 0 else f"\x1b[{move}B" if move else ""
                data += "\r" + shimmer(new) + changed_cells(old, new) + "\x1b[39m"
                at = place
        if not data:
            return ""
        return data + (f"\x1b[{len(live) - 1 - at}B" if at < len(live) - 1 else "") + "\r"


class Alternate(Painter):
    """The alternate screen: the transcript above the live rows, each row drawn where it differs.

    What moves up by a row is other cells in each of them. Rows that have little in common with
    what was there are written anew, their words placed by columns.
    """

    synchronized = alternate = True

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._shown = [""] * stage.size.rows

    def begin(self) -> None:
        """Before the first frame."""
        self.stage.write("\x1b[?1049h\x1b[?1000h\x1b[?25l\x1b[H\x1b[2J")

    def end(self) -> None:
        """After the last."""
        self.window.clear()
        self.stage.write("\x1b[?1000l\x1b[?1049l\x1b[?25h")

    def _frame(self, finished: list[str], live: list[str]) -> str:
        rows, height = self.stage.size.rows, self.stage.size.rows - len(live)
        above = [*self.window.texts(), *finished][-height:]
        new = [*above, *[""] * (height - len(above)), *live]
        data, at = "", 0
        for place, (old, row) in enumerate(zip(self._shown, new, strict=True)):
            if old != row:
                down = f"\x1b[{place - at}B" if place > at else ""
                data += f"\r{down}{shimmer(row)}{redrawn_row(old, row)}\x1b[39m"
                at = place
        self._shown = new
        return f"\x1b[H{data}\x1b[{rows};1H\x1b[{rows - 2};3H" if data else ""


class Inserting(Painter):
    """The main screen: what is finished is scrolled in above the live rows, by a region.

    As Codex does it: the region begins at the first row, so that what leaves it is kept.
    """

    synchronized = True

    def _frame(self, finished: list[str], live: list[str]) -> str:
        rows, height = self.stage.size.rows, self.stage.size.rows - len(live)
        data = f"\x1b[1;{height}r\x1b[{height};1H" if finished else ""
        data += "".join(f"\r\n{styled(row)}\x1b[K" for row in finished)
        data += "\x1b[r" if finished else ""
        drawn = self.live or [""] * len(live)
        for place, (old, row) in enumerate(zip(drawn, live, strict=True), height + 1):
            if old != row:
                data += f"\x1b[{place};1H{shimmer(row)}{changed_cells(old, row)}\x1b[39m"
        return f"{data}\x1b[{rows - 2};3H" if data else ""


def redrawn_row(old: str, new: str) -> str:
    """What makes `new` of `old`: only what differs, where they begin alike."""
    if old[:_LEAST_ALIKE] == new[:_LEAST_ALIKE]:
        return changed_cells(old, new)
    return "\x1b[2K" + placed(new)


def shimmer(row: str) -> str:
    """The name of what an agent does, in a colour that is another in each frame."""
    glyph, _, rest = row.partition(" ")
    verb = rest.partition(" ")[0]
    if not verb.endswith("…"):
        return ""
    shade = 119 + ord(glyph[0]) % 7 * 5
    return f"\x1b[3G\x1b[38;2;215;{shade};87m{verb}\x1b[38;2;153;153;153m"


def placed(row: str) -> str:
    """The words of a row, each sent to its column: no blanks are written."""
    parts: list[str] = []
    col = 0
    for number, word in enumerate(_WORD.finditer(row)):
        col = width(row[: word.start()]) + 1
        style = "\x1b[38;5;246m" if number == 0 and not word[0].isalnum() else ""
        parts.append(f"\x1b[{col}G{style}{word[0]}" + ("\x1b[39m" if style else ""))
    return "".join(parts)


def changed_cells(old: str, new: str) -> str:
    """What makes `new` of `old`, from the first column on; both of characters of known width."""
    if not (old.isascii() and new.isascii()) and width(old + new) != len(old + new):
        return new + "\x1b[K"
    data, col = "", 0
    if len(new) < len(old):
        new += " " * (len(old) - len(new))
    old += " " * (len(new) - len(old))
    while col < len(new):
        if old[col] == new[col]:
            col += 1
            continue
        end = col + 1
        # Up to where some cells in a row are as they were.
        while end < len(new) and old[end : end + _LEAST_JUMP] != new[end : end + _LEAST_JUMP]:
            end += 1
        data += f"\x1b[{col + 1}G{new[col:end]}"
        col = end
    return data
