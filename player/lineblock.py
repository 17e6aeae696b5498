r"""A screen line as a value, and many of them packed: text in one piece, the rest in columns.

Text is kept apart so that it can be searched without making a value of each line: a block's text
is UTF-8, each line ends with `\n`, and nothing else in it is a control character. The columns say
when each line stood; they are unpacked when the first of them is asked for.
"""

from __future__ import annotations

import sys
from array import array
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

import zstandard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LEVEL: Final = 9
"""On the text of screens 4 % smaller than level 6 and as fast to unpack; facts: search."""

TYPED, TRANSIENT, _JUST_BEFORE = 1, 2, 4
_US_PER_MS: Final = 1000
_WORD_BYTES: Final = 8
# A hostile file must not choose our memory: 16 million lines, 512 MiB of text.
_MOST_COLUMN_BYTES: Final = 1 << 28
_MOST_TEXT_BYTES: Final = 1 << 29


class ScreenLine(NamedTuple):
    """A line of text that stood on the screen.

    At `first_us` (microseconds since the epoch) the whole of it was to be seen for the first time,
    at `last_us` for the last; in between it came `count` times. A line that the terminal wrapped
    to several rows is one line; the blanks at its end are not part of it. `steps` are for a line
    that grew: (characters, microseconds) say that so much of it was to be seen earlier. `typed`:
    the user entered something on it. `transient`: it never stood long enough to be read.
    """

    text: str
    first_us: int
    last_us: int
    # It hides tuple.count, which nobody asks a screen line for.
    count: int  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleMethodOverride]
    steps: tuple[tuple[int, int], ...] = ()
    typed: bool = False
    transient: bool = False

    def seen_us(self, end: int) -> int:
        """When the first `end` characters were to be seen for the first time."""
        return next((at for length, at in self.steps if length >= end), self.first_us)


class BlockError(ValueError):
    """The bytes are no block of lines."""


class LineBlock:
    r"""Some screen lines by the time they first stood; `len()` says how many.

    `text` is all of them in UTF-8, each with its `\n`.
    """

    __slots__ = ("_columns", "_count", "_packed", "text")

    def __init__(self, text: bytes, columns: bytes, count: int) -> None:
        self.text = text
        self._packed = columns
        self._count = count
        self._columns: _Columns | None = None

    def __len__(self) -> int:
        return self._count

    def line(self, number: int, text: str | None = None) -> ScreenLine:
        """The line of that number, from 0; `text` if the caller has it at hand."""
        if self._columns is None:
            self._columns = _unpack(self._packed, self._count)
        if text is None:
            text = self.text.split(b"\n", number + 1)[number].decode(errors="replace")
        return self._columns.line(number, text)

    def lines(self) -> Iterator[ScreenLine]:
        """All of them."""
        texts = self.text.decode(errors="replace").split("\n")
        for number in range(self._count):
            yield self.line(number, texts[number])


def pack(lines: Sequence[ScreenLine]) -> tuple[bytes, bytes]:
    """Text and columns of `lines`, both as zstd frames with a checksum, the columns' inner form
    known to `unpack` alone."""  # noqa: D205, D209
    compress = zstandard.ZstdCompressor(
        level=LEVEL, write_checksum=True, write_content_size=True
    ).compress
    text = "".join([f"{line.text}\n" for line in lines]).encode(errors="replace")
    return compress(text), compress(_pack(lines))


def unpack(text: bytes, columns: bytes, count: int) -> LineBlock:
    """The block of `count` lines that `pack` made these of. Raises BlockError."""
    raw = _decompressed(text, _MOST_TEXT_BYTES)
    if raw.count(b"\n") != count:
        raise BlockError("its lines are not as many as it says")
    return LineBlock(raw, columns, count)


def merged(lines: Iterable[ScreenLine]) -> list[ScreenLine]:
    """Each text once, by the time it first stood; lines of several blocks of one session go in."""
    found: dict[str, ScreenLine] = {}
    for line in lines:
        known = found.get(line.text)
        found[line.text] = line if known is None else _joined(known, line)
    return sorted(found.values(), key=_first)


def _first(line: ScreenLine) -> int:
    return line.first_us


def _joined(one: ScreenLine, other: ScreenLine) -> ScreenLine:
    first = one if one.first_us <= other.first_us else other
    return ScreenLine(
        one.text,
        first.first_us,
        max(one.last_us, other.last_us),
        one.count + other.count,
        first.steps,
        one.typed or other.typed,
        one.transient and other.transient,
    )


class _Columns(NamedTuple):
    first_us: list[int]
    span_us: list[int]
    counts: list[int]
    flags: list[int]
    # Of line n the steps begin[n] to begin[n + 1].
    begin: list[int]
    length: list[int]
    ago_us: list[int]

    def line(self, number: int, text: str) -> ScreenLine:
        first_us, flags = self.first_us[number], self.flags[number]
        steps = tuple(
            (self.length[place], first_us - self.ago_us[place])
            for place in range(self.begin[number], self.begin[number + 1])
        )
        return ScreenLine(
            text,
            first_us,
            first_us + self.span_us[number] - bool(flags & _JUST_BEFORE),
            self.counts[number],
            steps,
            bool(flags & TYPED),
            bool(flags & TRANSIENT),
        )


def _pack(lines: Sequence[ScreenLine]) -> bytes:
    """The columns, each as `_planes`: unit, first, span, count, flags, steps, lengths, agos.

    Times are whole milliseconds as in a log (unit 1000) unless one of them is not (unit 1). Most
    last times are one microsecond before such a one: flagged, and that one is kept.
    """
    in_ms = all(
        line.first_us % _US_PER_MS == 0
        and line.last_us % _US_PER_MS in (0, _US_PER_MS - 1)
        and all(at % _US_PER_MS == 0 for _, at in line.steps)
        for line in lines
    )
    unit = _US_PER_MS if in_ms else 1
    firsts: list[int] = []
    spans: list[int] = []
    flags: list[int] = []
    before_us = 0
    for line in lines:
        just_before = in_ms and line.last_us % _US_PER_MS != 0
        firsts.append((line.first_us - before_us) // unit)
        spans.append((line.last_us + just_before - line.first_us) // unit)
        flags.append(TYPED * line.typed | TRANSIENT * line.transient | _JUST_BEFORE * just_before)
        before_us = line.first_us
    columns = (
        [unit],
        firsts,
        spans,
        [line.count for line in lines],
        flags,
        [len(line.steps) for line in lines],
        [length for line in lines for length, _ in line.steps],
        [(line.first_us - at) // unit for line in lines for _, at in line.steps],
    )
    return b"".join(map(_planes, columns))


def _planes(values: list[int]) -> bytes:
    """How many bytes each value takes, then all lowest bytes, all second bytes and so on."""
    words = array("Q", values)
    if sys.byteorder == "big":
        words.byteswap()
    raw = words.tobytes()
    width = max(1, (max(values, default=0).bit_length() + 7) // 8)
    return bytes((width,)) + b"".join(raw[place::_WORD_BYTES] for place in range(width))


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def values(self, count: int) -> list[int]:
        place = self._place
        width = self._data[place] if place < len(self._data) else 0
        end = place + 1 + width * count
        if not 1 <= width <= _WORD_BYTES or end > len(self._data):
            raise BlockError("its columns are too short")
        raw = bytearray(_WORD_BYTES * count)
        for plane in range(width):
            start = place + 1 + plane * count
            raw[plane::_WORD_BYTES] = self._data[start : start + count]
        self._place = end
        words = array("Q", bytes(raw))
        if sys.byteorder == "big":
            words.byteswap()
        return words.tolist()


def _unpack(packed: bytes, count: int) -> _Columns:
    reader = _Reader(_decompressed(packed, _MOST_COLUMN_BYTES))
    (unit,) = reader.values(1)
    firsts = [unit * first for first in accumulate(reader.values(count))]
    spans = [unit * span for span in reader.values(count)]
    counts, flags, steps = (reader.values(count) for _ in range(3))
    begin = list(accumulate(steps, initial=0))
    lengths = reader.values(begin[-1])
    agos = [unit * ago for ago in reader.values(begin[-1])]
    return _Columns(firsts, spans, counts, flags, begin, lengths, agos)


def _decompressed(frame: bytes, limit_bytes: int) -> bytes:
    try:
        size = zstandard.frame_content_size(frame)
        if not 0 <= size <= limit_bytes:
            raise BlockError("it is larger than any block of ours")
        return zstandard.ZstdDecompressor().decompress(frame)
    except (zstandard.ZstdError, MemoryError) as error:
        raise BlockError(str(error).rpartition(": ")[2]) from None
