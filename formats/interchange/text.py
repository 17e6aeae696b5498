"""Bytes of a terminal as text, for formats that hold only text."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Final, cast

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_BETWEEN: Final = b"\x1e"
# A control character that no terminal heeds, so it is hardly ever sent; and how JSON writes it.
_BETWEEN_IN_JSON: Final = b"\\u001e"
_SHORT_BYTES: Final = 1024
# Of longer ones each by itself costs less than to join them.
_OVER_CUTS: Final = "over cuts"

_REPLACEMENT = "\ufffd"
_REPLACEMENT_BYTES = _REPLACEMENT.encode()
_LONGEST_TAIL = 3
_ASCII_END = 0x80
_LEAD = 0xC0


class TextStream:
    """UTF-8 of one stream, in pieces of any cut. Needs one of its own for each direction.

    A character that is cut waits for its end; what can be no character becomes U+FFFD.
    """

    __slots__ = ("_cut", "_decode", "_given", "_had", "_reset", "_state")

    def __init__(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._decode, self._state, self._reset = decoder.decode, decoder.getstate, decoder.reset
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

    def escaped(self, pieces: Sequence[bytes]) -> Sequence[bytes]:
        """As `texts`, each as JSON writes it, without its quotation marks.

        Decoding and writing many short ones at once takes two thirds of what it takes one by one.
        """
        joined = self._joined(pieces)
        if joined is None:
            return [orjson.dumps(text)[1:-1] for text in self.texts(pieces)]
        return orjson.dumps(joined)[1:-1].split(_BETWEEN_IN_JSON)

    def _joined(self, pieces: Sequence[bytes]) -> str | None:
        """As `texts`, with a character between them that is nowhere in them.

        None where there is no such, where they are no whole UTF-8 or so long that it does not pay:
        then nothing is taken.
        """
        data = _BETWEEN.join(pieces)
        if len(data) > _SHORT_BYTES * len(pieces):
            return None
        if data.count(_BETWEEN) >= len(pieces) or _BETWEEN_IN_JSON in data:
            return None
        begun = self._state()[0]
        cut = cut_character(data)
        try:
            text = (begun + data[: len(data) - cut]).decode(errors=_OVER_CUTS)
        except UnicodeDecodeError:
            return None
        if self._cut or cut:
            self._reset()
            self._decode(data[len(data) - cut :])
            self._cut = bool(cut)
        return text

    def end(self) -> str:
        """What was left of a character that never ended."""
        text = self._decode(b"", final=True)
        self._given += text.count(_REPLACEMENT)
        return text

    @property
    def replaced(self) -> int:
        """How many bytes, or beginnings of characters, became U+FFFD. Right at the end."""
        return max(0, self._given - self._had)


def _over_cut(error: UnicodeError) -> tuple[str, int]:
    """What is there of a character that the end of a piece has cut, and where to go on behind it.

    Raises the error when that is not what is wrong.
    """
    found = cast("UnicodeDecodeError", error)
    data, start = found.object, found.start
    end = data.find(_BETWEEN, start)
    length = _length(data[start])
    if not start < end < start + length:
        raise error
    until = start + length + len(_BETWEEN)
    try:
        character = (data[start:end] + data[end + len(_BETWEEN) : until]).decode()
    except UnicodeDecodeError:
        raise error from None
    return _BETWEEN.decode() + character, until


codecs.register_error(_OVER_CUTS, _over_cut)


def _length(lead: int) -> int:
    """How many bytes a character of UTF-8 has that begins with this one."""
    return 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4  # noqa: PLR2004  RFC 3629


def cut_character(data: bytes) -> int:
    """How many bytes at the end of `data` begin a character of UTF-8 that goes on after it."""
    for back in range(1, min(_LONGEST_TAIL, len(data)) + 1):
        byte = data[-back]
        if byte < _ASCII_END:
            return 0
        if byte >= _LEAD:
            return back if byte < 0xF5 and back < _length(byte) else 0  # noqa: PLR2004  as above
    return 0
