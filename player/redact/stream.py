"""What terminals are sent, taken apart: text that is printed, and all that is not. Pure.

The text of a stream is what is left without its control sequences. What moves the cursor
elsewhere ends a line, what colours or erases does not: so a secret is whole in
the text where it was sent in one go, in whatever colours, one character an entry or all at once.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_SEQUENCE: Final = 1 << 20
"""As long as the screen engine waits for the end of one."""

_ESCAPE: Final = b"\x1b"
# Control characters in a sequence are acted on where they stand; CAN and SUB break it off.
SEQUENCE: Final = (
    rb"\x1b\[[\x00-\x17\x19\x1c-?]*[@-~]?"
    rb"|\x1b\][^\x07\x18\x1a\x1b]*(?:\x07|\x1b\\)?"
    rb"|\x1b[PX^_][^\x18\x1a\x1b]*(?:\x1b\\)?"
    rb"|\x1b[ -/]*[0-~]?"
)
_NOT_PRINTED: Final = re.compile(rb"((?:" + SEQUENCE + rb"|[\x00-\x1f\x7f-\xff])++)")
_UNFINISHED: Final = re.compile(
    rb"\x1b(?:\[[\x00-\x17\x19\x1c-?]*|\][^\x07\x18\x1a]*|[PX^_][^\x18\x1a]*|[ -/]*)\Z"
)
# What text is sent with and does not show: colours, erasing and modes do not move the cursor.
_UNSEEN: Final = (
    rb"\x1b\[[0-9;:<=>?]*[mKhlqnc]|\x1b\][^\x07\x18\x1a\x1b]*(?:\x07|\x1b\\)?"
    rb"|\x1b[PX^_][^\x18\x1a\x1b]*(?:\x1b\\)?|\x1b[ -/][0-~]|\x1b[78=>]|[\x00\x07\x0e\x0f\r]"
)
_MOVE: Final = rb"(?:" + SEQUENCE + rb"|[\x01-\x06\x08\x0b\x0c\x10-\x1f\x7f])"
_DROPPED: Final = re.compile(_UNSEEN)
_MOVES: Final = re.compile(_MOVE)
_LEFT_OUT: Final = re.compile(_UNSEEN + rb"|(" + _MOVE + rb")")
# In what is typed, arrow keys are sequences of three characters, and each other byte is one key.
_TYPED: Final = re.compile(rb"\x1bO.|" + SEQUENCE + rb"|([\x00-\xff])", re.DOTALL)
_PIECE_BYTES: Final = 256 << 10
LONGEST_BYTES: Final = 48 << 10
"""Two of the longest secrets, with colours between."""
_STRING: Final = re.compile(rb"\x1b[\]PX^_]([^\x07\x18\x1a\x1b]{4,})")
# An emoji of a digit: its cell takes what follows into account.
_KEYCAPS: Final = (b"\xef\xb8\x8f", b"\xe2\x83\xa3")


class Tail:
    """The end of a stream that comes in pieces, as far as it is the beginning of a sequence."""

    def __init__(self) -> None:
        self.rest: bytes = b""

    def add(self, data: bytes) -> bytes:
        """Go on by some bytes; gives all that is known to be whole by them."""
        data = self.rest + data
        self.rest = b""
        last = data.rfind(_ESCAPE)
        if last >= 0 and len(data) - last < _LONGEST_SEQUENCE and _UNFINISHED.match(data, last):
            self.rest, data = data[last:], data[:last]
        return data


class Cutter:
    """Cuts a stream that comes in pieces into what is printed and what is not."""

    def __init__(self, offset: int = 0) -> None:
        self.offset = offset
        """Bytes taken so far, the beginning of an unfinished sequence not among them."""
        self._tail = Tail()

    def cut(self, data: bytes) -> list[bytes]:
        """Printed text and what is not, by turns, printed first; either may be empty.

        A sequence whose end is still to come is kept for the next call.
        """
        data = self._tail.add(data)
        self.offset += len(data)
        return _NOT_PRINTED.split(data)


def line_before(data: bytes, place: int, most_bytes: int) -> int:
    """Where to begin to read a stream, at most so many bytes before a place.

    At a line's or a sequence's beginning: in the middle of one it would read as text.
    """
    start = max(0, place - most_bytes)
    if not start:
        return 0
    lines = [
        at for at in (data.find(b"\n", start, place), data.find(_ESCAPE, start, place)) if at >= 0
    ]
    return min(lines, default=start)


def strings(data: bytes) -> Iterator[tuple[int, int]]:
    """Where titles, links, clipboards and the like stand in a stream: their contents."""
    if b"\x1b]" in data or b"\x1bP" in data or b"\x1b_" in data:
        for match in _STRING.finditer(data):
            yield match.span(1)


def is_keycap(after: bytes) -> bool:
    """Whether what follows a character makes an emoji of it."""
    return after.startswith(_KEYCAPS)


class Text:
    """The text of a stream, with the way back from places in it to those of the stream.

    Only a stream that holds escape sequences whole can be taken apart: see `Gathered`.
    """

    __slots__ = ("_data", "_offset", "_runs", "text")

    def __init__(self, data: bytes, offset: int = 0) -> None:
        self._data, self._offset = data, offset
        self._runs: tuple[list[int], list[int]] | None = None
        self.text = _MOVES.sub(b"\n", _DROPPED.sub(b"", data))

    def places(self, start: int, end: int) -> Iterator[int]:
        """Where in the stream the characters `start` to `end` of the text stand."""
        if self._runs is None:
            self._runs = self._made_runs()
        starts, offsets = self._runs
        run = bisect_right(starts, start) - 1
        for place in range(start, end):
            while run + 1 < len(starts) and starts[run + 1] <= place:
                run += 1
            yield offsets[run] + place - starts[run]

    def _made_runs(self) -> tuple[list[int], list[int]]:
        """Where runs of the text begin, in it and in the stream."""
        starts, offsets = [0], [self._offset]
        length = end = 0
        for match in _LEFT_OUT.finditer(self._data):
            if match.start() > end:
                starts.append(length)
                offsets.append(self._offset + end)
                length += match.start() - end
            if match[1] is not None:
                starts.append(length)
                offsets.append(self._offset + match.start())
                length += 1
            end = match.end()
        starts.append(length)
        offsets.append(self._offset + end)
        return starts, offsets


class Typed:
    """What was typed, as `Text` for output; with what Backspace took away, or without."""

    __slots__ = ("_places", "text")

    def __init__(self, data: bytes, offset: int = 0, *, corrected: bool = False) -> None:
        text = bytearray()
        self._places: list[int] = []
        for match in _TYPED.finditer(data):
            character = match[1]
            if character is None:
                continue
            if character in b"\x08\x7f":
                if corrected and text:
                    del text[-1], self._places[-1]
                continue
            text += b"\n" if character == b"\r" else character
            self._places.append(offset + match.start())
        self.text = bytes(text)

    def places(self, start: int, end: int) -> Iterator[int]:
        """Where in the stream the characters `start` to `end` of the text stand."""
        return iter(self._places[start:end])


class Gathered:
    """A stream in pieces large enough to search, each overlapping the one before."""

    def __init__(self) -> None:
        self._offset = 0
        self._data = bytearray()

    def add(self, data: bytes) -> bool:
        """Take more; whether there is enough to be worth a search."""
        self._data += data
        return len(self._data) >= _PIECE_BYTES

    def take(self) -> tuple[bytes, int]:
        """All that is there and where it begins. Its end stays, to be searched again with more."""
        data, offset = bytes(self._data), self._offset
        if len(data) > LONGEST_BYTES:
            start = line_before(data, len(data), LONGEST_BYTES)
            self._offset += start
            del self._data[:start]
        return data, offset
