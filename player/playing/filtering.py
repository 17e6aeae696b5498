"""Recorded bytes without what could act on a terminal: a filter that denies what it does not know.

Text, style (SGR), moves, erasures and the few modes that a picture needs get through, their numbers
clamped. Titles, the clipboard, links, images, every question that a terminal would answer, mouse
and keyboard modes and the erasing of the scrollback do not. What comes out does not depend on how
the bytes were cut. Pure.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import Final

RESET: Final = (
    b"\x1b[?1049l\x1b[!p\x1b[?6l\x1b[r\x1b[4l\x1b[?7h\x1b[?25h\x1b[?2026l\x1b(B\x1b)B\x0f\x1b[m"
)
"""What undoes all that may have got through, but for the text."""

_LARGEST_NUMBER: Final = 9999
_LONGEST: Final = 256
# Controls but for BS HT LF VT FF CR SO SI; C1; what turns the direction of text around.
_DENIED: Final = (
    "\x00-\x07\x10-\x1a\x1c-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
)
# All that is not just text. In this order: what has an end goes before what has none yet.
_TOKEN: Final = re.compile(
    rf"(?P<sequence>\x1b(?:\[[ -?]{{0,{_LONGEST}}}[@-~]|[ -/]{{1,{_LONGEST}}}[0-~]"
    r"|[0-OQ-WYZ\\`-~]))"
    r"|\x1b(?P<string>[\]PX^_])"
    rf"|\x1b\[[ -?]{{{_LONGEST + 1},}}(?:[@-~]|(?P<endless>\Z)|)"
    rf"|(?P<begun>\x1b(?:\[[ -?]*|[ -/]{{1,{_LONGEST}}})?\Z)"
    rf"|[\x1b{_DENIED}]+?"
)
_STRING_END: Final = re.compile("[\x07\x18\x1a\x1b\x9c]")
_STRING_BEGINS: Final = re.compile(r"\x1b[\]PX^_]")
_ENDLESS: Final = re.compile(r"[ -?]*")
_HAS_C1: Final = re.compile("[\x90\x98\x9b\x9d-\x9f]")
_C1: Final = {code: f"\x1b{chr(code - 0x40)}" for code in (0x90, 0x98, 0x9B, 0x9D, 0x9E, 0x9F)}

_MOVES: Final = frozenset("ABCDEFGHIJKLMPSTXZ@`abdefgrsu")
_MOST_NUMBERS: Final = {"T": 1, "s": 0, "u": 0, "r": 2, "H": 2, "f": 2}
_STYLE: Final = re.compile(r"[0-9:;]*")
_NUMBERS: Final = re.compile(r"[0-9]*(?:;[0-9]*)*")
_MODES: Final = frozenset(("6", "7", "12", "25", "47", "1047", "1049", "2026"))
_INSERT: Final = "4"
_SCROLLBACK: Final = "3"
_ESCAPES: Final = frozenset(
    [f"\x1b{final}" for final in "78DEHM"]
    + [f"\x1b{introducer}{charset}" for introducer in "()*+" for charset in "0AB"]
)
_FULL_RESET: Final = "\x1bc"
# Of a full reset: what of it is a picture.
_WIPED: Final = "\x1b[m\x1b[r\x1b[?6l\x1b[?7h\x1b[4l\x1b(B\x0f\x1b[H\x1b[2J"


class Filter:
    """Filters one stream, given in pieces."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._begun = ""
        self._string = ""
        """The kind of string that is being skipped, `[` for an endless sequence; else empty."""
        self.passed = False
        """Whether any sequence got through, so that RESET is due at the end."""

    @property
    def kept_back(self) -> int:
        """How many characters wait for their end."""
        return len(self._begun)

    def feed(self, data: bytes) -> bytes:
        """What of these bytes, and of those that were begun before, may be shown."""
        text = self._begun + self._decoder.decode(data)
        self._begun = ""
        if _HAS_C1.search(text):
            text = text.translate(_C1)
        place = 0
        parts: list[str] = []
        while place < len(text):
            if self._string:
                place = self._skipped(text, place)
                continue
            # A string is skipped by hand: it may be long, and has no end yet.
            begins = _STRING_BEGINS.search(text, place)
            end = begins.end() if begins else len(text)
            parts.append(_TOKEN.sub(self._shown, text[place:end]))
            place = end
        found = "".join(parts)
        self.passed = self.passed or "\x1b" in found
        return found.encode()

    def _shown(self, match: re.Match[str]) -> str:
        kind = match.lastgroup
        if kind == "sequence":
            return _allowed(match[0])
        if kind == "begun":
            self._begun = match[0]
        elif kind == "string":
            self._string = match["string"]
        elif kind == "endless":
            self._string = "["
        return ""

    def _skipped(self, text: str, place: int) -> int:
        """Where the string that is being skipped ends, or all of it if it does not."""
        if self._string == "[":
            match = _ENDLESS.match(text, place)
            place = match.end() if match else place
            if place < len(text):
                self._string = ""
                return place + ("@" <= text[place] <= "~")
            return place
        end = _STRING_END.search(text, place)
        if end is None:
            return len(text)
        place = end.start()
        if text[place] == "\x1b":
            if place + 1 == len(text):
                self._begun = "\x1b"
                return len(text)
            self._string = ""
            return place + 2 if text[place + 1] == "\\" else place
        if text[place] != "\x07" or self._string == "]":
            self._string = ""
        return place + 1


@lru_cache(maxsize=4096)
def _allowed(sequence: str) -> str:
    """A sequence as it may be shown; empty if it may not."""
    if sequence.startswith("\x1b["):
        return _control(sequence[2:-1], sequence[-1])
    if sequence == _FULL_RESET:
        return _WIPED
    return sequence if sequence in _ESCAPES else ""


def _control(parameters: str, final: str) -> str:
    if final == "m":
        return f"\x1b[{parameters}m" if _STYLE.fullmatch(parameters) else ""
    if final in "hl":
        return _mode(parameters, final)
    if final not in _MOVES or not _NUMBERS.fullmatch(parameters):
        return ""
    numbers = [_clamped(number) for number in parameters.split(";")] if parameters else []
    if len(numbers) > _MOST_NUMBERS.get(final, 1):
        return ""
    if final == "J" and numbers == [_SCROLLBACK]:
        return ""
    return f"\x1b[{';'.join(numbers)}{final}"


def _clamped(number: str) -> str:
    number = number.lstrip("0") or number[:1]
    return str(_LARGEST_NUMBER) if len(number) > len(str(_LARGEST_NUMBER)) else number


def _mode(parameters: str, how: str) -> str:
    if parameters == _INSERT:
        return f"\x1b[{_INSERT}{how}"
    if not parameters.startswith("?"):
        return ""
    kept = [mode for mode in parameters[1:].split(";") if mode in _MODES]
    return f"\x1b[?{';'.join(kept)}{how}" if kept else ""
