"""Bytes of a terminal as text, for formats that hold only text."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_REPLACEMENT = "\ufffd"
_REPLACEMENT_BYTES = _REPLACEMENT.encode()
_LONGEST_TAIL = 3
_ASCII_END = 0x80
_LEAD = 0xC0


class TextStream:
    """UTF-8 of one stream, in pieces of any cut. Needs one of its own for each direction.

    A character that is cut waits for its end; what can be no character becomes U+FFFD.
    """

    __slots__ = ("_cut", "_decode", "_given", "_had", "_state")

    def __init__(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._decode, self._state = decoder.decode, decoder.getstate
        self._cut = False
        self._given = self._had = 0

    def text(self, data: bytes) -> str:
        """The characters that `data` completes."""
        if not self._cut:
            try:
                # Most pieces are whole, and then this is all.
                return data.decode()
            except UnicodeDecodeError:
                pass
        text = self._decode(data)
        self._cut = bool(self._state()[0])
        if _REPLACEMENT in text:
            self._given += text.count(_REPLACEMENT)
        if _REPLACEMENT_BYTES in data:
            self._had += data.count(_REPLACEMENT_BYTES)
        return text

    def texts(self, pieces: Iterable[bytes]) -> list[str]:
        """The same of many pieces; empty for one that completes no character."""
        texts: list[str] = []
        rest = iter(pieces)
        while True:
            if self._cut:
                piece = next(rest, None)
                if piece is None:
                    return texts
            else:
                try:
                    for text in map(bytes.decode, rest):
                        texts.append(text)  # noqa: PERF402  what came before an error is kept
                except UnicodeDecodeError as error:
                    piece = error.object
                else:
                    return texts
            texts.append(self.text(piece))

    def end(self) -> str:
        """What was left of a character that never ended."""
        text = self._decode(b"", final=True)
        self._given += text.count(_REPLACEMENT)
        return text

    @property
    def replaced(self) -> int:
        """How many bytes, or beginnings of characters, became U+FFFD. Right at the end."""
        return max(0, self._given - self._had)


def cut_character(data: bytes) -> int:
    """How many bytes at the end of `data` begin a character of UTF-8 that goes on after it."""
    for back in range(1, min(_LONGEST_TAIL, len(data)) + 1):
        byte = data[-back]
        if byte < _ASCII_END:
            return 0
        if byte >= _LEAD:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4  # noqa: PLR2004  RFC 3629
            return back if byte < 0xF5 and back < length else 0  # noqa: PLR2004
    return 0
