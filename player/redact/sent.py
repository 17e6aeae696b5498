"""The secrets in what was sent and typed: where in the stream the bytes of each stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from player.redact.stream import LONGEST_BYTES, Gathered, Text, Typed, line_before, strings

if TYPE_CHECKING:
    from player.redact.marks import Marks
    from player.redact.wanted import Wanted

# Taken apart around a place where a secret may begin: what is before it, and most secrets whole.
_BEFORE_BYTES: Final = 512
_PIECE_BYTES: Final = 4 << 10
_SURELY_WHOLE_BYTES: Final = 3 << 10


class Sent:
    """Goes through the output and the input of a session; with `marks` it notes what it finds."""

    def __init__(self, wanted: Wanted, marks: Marks | None) -> None:
        self._wanted, self._marks = wanted, marks
        self._output, self._input = Gathered(), Gathered()

    def shown(self, data: bytes) -> None:
        """Go on by some output."""
        if self._output.add(data):
            self._search_output()

    def typed(self, data: bytes) -> None:
        """Go on by some input."""
        if self._input.add(data):
            self._search_input()

    def finish(self) -> None:
        """Search what is left."""
        self._search_input()
        self._search_output()

    def _search_output(self) -> None:
        data, offset = self._output.take()
        place = self._wanted.first_in(data, 0)
        while place >= 0:
            end = place + _PIECE_BYTES
            start = line_before(data, place, _BEFORE_BYTES)
            if not self._search_piece(data[start:end], offset + start):
                end = place + LONGEST_BYTES
                self._search_piece(data[start:end], offset + start, longest=True)
            place = self._wanted.first_in(data, max(place + 1, end - _SURELY_WHOLE_BYTES))

    def _search_piece(self, data: bytes, offset: int, *, longest: bool = False) -> bool:
        """Whether what was found in it ends in it; it may be cut off where the piece ends.

        Of the `longest` piece that there can be it is taken as it is.
        """
        text = Text(data, offset)
        spans = self._wanted.find(text.text)
        if not longest and any(end >= len(text.text) - 1 for _, end in spans):
            return False
        if self._marks is not None:
            for start, end in spans:
                self._marks.output.update(text.places(start, end))
        for start, end in strings(data):
            for first, last in self._wanted.find(data[start:end]):
                if self._marks is not None:
                    self._marks.output.update(range(offset + start + first, offset + start + last))
        return True

    def _search_input(self) -> None:
        data, offset = self._input.take()
        for corrected in (False, True) if b"\x7f" in data or b"\b" in data else (False,):
            text = Typed(data, offset, corrected=corrected)
            for start, end in self._wanted.find(text.text):
                if self._marks is not None:
                    self._marks.input.update(text.places(start, end))
