r"""A screen line as a value, and many of them packed: text in one piece, the rest in columns.

Text is kept apart so that it can be searched without making a value of each line: a block's text
is UTF-8, each line ends with `\n`, and nothing else in it is a control character. The columns say
when each line stood; they are unpacked when the first of them is asked for.
"""

from __future__ import annotations

import sys
from array import array
from itertools import accumulate, chain, islice, pairwise, repeat
from operator import add, sub
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import zstandard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LEVEL: Final = 6
"""Level 9 makes the text of screens 2 to 4 % smaller and takes twice the time, as much as finding
the lines of plain output; to unpack all are alike."""

TYPED, TRANSIENT, _JUST_BEFORE, PASSING = 1, 2, 4, 8
_FLAGS: Final = range(16)
_PIECE_BYTES: Final = 1 << 20
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
    `passing`: a value of a counter that another value took the place of, when it was last seen.
    """

    text: str
    first_us: int
    last_us: int
    # It hides tuple.count, which nobody asks a screen line for.
    count: int  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleMethodOverride]
    steps: tuple[tuple[int, int], ...] = ()
    typed: bool = False
    transient: bool = False
    passing: bool = False

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

    def __init__(self, text: bytes, columns: bytes | memoryview, count: int) -> None:
        self.text = text
        self._packed = columns
        self._count = count
        self._columns: _Columns | None = None

    def __len__(self) -> int:
        return self._count

    def line(self, number: int, text: str | None = None) -> ScreenLine:
        """The line of that number, from 0; `text` if the caller has it at hand.

        Raises BlockError when the columns are damaged, or tell of fewer lines.
        """
        if self._columns is None:
            self._columns = _unpack(self._packed, self._count)
        if not 0 <= number < self._count:
            raise BlockError("its lines are more than it says")
        if text is None:
            text = self.text.split(b"\n", number + 1)[number].decode(errors="replace")
        return self._columns.line(number, text)

    def lasting(self) -> int:
        """How many of them are not transient. Raises BlockError as `line` does."""
        if self._columns is None:
            self._columns = _unpack(self._packed, self._count)
        return self._columns.lasting()

    def lines(self) -> Iterator[ScreenLine]:
        """All of them. Raises BlockError as `line` does."""
        if self.text.count(b"\n") != self._count:
            raise BlockError("its lines are not as many as it says")
        if self._columns is None:
            self._columns = _unpack(self._packed, self._count)
        yield from self._columns.lines(chain.from_iterable(self._texts()))

    def _texts(self) -> Iterator[list[str]]:
        """The texts, some at a time."""
        place = 0
        while place < len(self.text):
            end = self.text.find(b"\n", place + _PIECE_BYTES)
            end = len(self.text) if end < 0 else end + 1
            texts = self.text[place:end].decode(errors="replace").split("\n")
            texts.pop()
            yield texts
            place = end


def text_of(lines: Iterable[ScreenLine]) -> bytes:
    """The text of a block of them."""
    return "".join([f"{line.text}\n" for line in lines]).encode(errors="replace")


def pack(text: bytes, lines: Sequence[ScreenLine]) -> tuple[bytes, bytes]:
    """The text of `lines` (`text_of`) and their columns, both as zstd frames with a checksum, the
    columns' inner form known to `unpack` alone."""  # noqa: D205, D209
    compress = zstandard.ZstdCompressor(
        level=LEVEL, write_checksum=True, write_content_size=True
    ).compress
    return compress(text), compress(_pack(lines))


def unpack(text: bytes | memoryview, columns: bytes | memoryview, count: int) -> LineBlock:
    """The block of `count` lines that `pack` made these of. Raises BlockError.

    Of the columns nothing is looked at yet; that the lines are so many is not counted.
    """
    return LineBlock(_decompressed(text, _MOST_TEXT_BYTES), columns, count)


def merged(lines: Iterable[ScreenLine]) -> list[ScreenLine]:
    """Each text once, by the time it first stood; lines of several blocks of one session go in."""
    found: dict[str, ScreenLine] = {}
    for line in lines:
        known = found.get(line.text)
        found[line.text] = line if known is None else _joined(known, line)
    return sorted(found.values(), key=_first)


def _first(line: ScreenLine) -> int:
    return line.first_us


def _last(line: ScreenLine) -> int:
    return line.last_us


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
        max(one, other, key=_last).passing,
    )


class _Columns:
    """The columns of a block as they lie there; what a line takes of them is read when it is asked.

    Of the lines in which something was found only some are asked, in order. Unpacking all of them
    took three times as long as the search.
    """

    __slots__ = (
        "_agos", "_counts", "_firsts", "_flags", "_lengths", "_spans", "_steps", "_unit",
    )  # fmt: skip

    def __init__(self, raw: bytes, count: int) -> None:
        reader = _Reader(raw)
        self._unit = reader.column(1).value(0)
        self._firsts, self._spans, self._counts, self._flags, self._steps = (
            reader.column(count) for _ in range(5)
        )
        steps = self._steps.before(count)
        self._lengths, self._agos = reader.column(steps), reader.column(steps)

    def line(self, number: int, text: str) -> ScreenLine:
        unit = self._unit
        first_us = unit * self._firsts.before(number + 1)
        steps: tuple[tuple[int, int], ...] = ()
        if count := self._steps.value(number):
            begin = self._steps.before(number)
            steps = tuple(
                (self._lengths.value(place), first_us - unit * self._agos.value(place))
                for place in range(begin, begin + count)
            )
        span_us, flags = unit * self._spans.value(number), self._flags.value(number)
        return _line(text, (first_us, span_us), self._counts.value(number), steps, flags)

    def lasting(self) -> int:
        return sum(not flags & TRANSIENT for flags in self._flags.values())

    def lines(self, texts: Iterable[str]) -> Iterator[ScreenLine]:
        """All of them, a tenth of the time that one after the other takes: no loop here is ours."""
        times_unit = self._unit.__mul__
        flags = self._flags.values()
        if max(flags, default=0) >= len(_FLAGS):
            raise BlockError("its flags are none of ours")
        firsts = list(accumulate(map(times_unit, self._firsts.values())))
        ends = map(add, firsts, map(times_unit, self._spans.values()))
        just_before, typed, transient, passing = (
            map([bool(value & flag) for value in _FLAGS].__getitem__, flags)
            for flag in (_JUST_BEFORE, TYPED, TRANSIENT, PASSING)
        )
        lasts = map(sub, ends, just_before)
        fields = zip(
            texts, firsts, lasts, self._counts.values(), self._grown(firsts), typed, transient,
            passing, strict=False,
        )  # fmt: skip
        # Past the constructor, which is written in Python.
        return map(cast("Any", tuple).__new__, repeat(ScreenLine), fields)

    def _grown(self, firsts: Sequence[int]) -> Iterable[tuple[tuple[int, int], ...]]:
        """The steps of each line; most have none."""
        counts = self._steps.values()
        if not any(counts):
            return repeat(())
        steps = zip(self._lengths.values(), self._agos.values(), strict=True)
        unit = self._unit
        return (
            tuple((length, first_us - unit * ago) for length, ago in islice(steps, count))
            if count
            else ()
            for first_us, count in zip(firsts, counts, strict=True)
        )


def _line(
    text: str,
    stood_us: tuple[int, int],
    count: int,
    steps: tuple[tuple[int, int], ...],
    flags: int,
) -> ScreenLine:
    first_us, span_us = stood_us
    last_us = first_us + span_us - bool(flags & _JUST_BEFORE)
    typed, transient, passing = (bool(flags & flag) for flag in (TYPED, TRANSIENT, PASSING))
    return ScreenLine(text, first_us, last_us, count, steps, typed, transient, passing)


def _pack(lines: Sequence[ScreenLine]) -> bytes:
    """The columns, each as `_planes`: unit, first, span, count, flags, steps, lengths, agos.

    Times are whole milliseconds as in a log (unit 1000) unless one of them is not (unit 1). Most
    last times are one microsecond before such a one: flagged, and that one is kept.
    """
    first_us = [line.first_us for line in lines]
    last_us = [line.last_us for line in lines]
    grown = [line for line in lines if line.steps]
    in_ms = (
        not any(at % _US_PER_MS for at in first_us)
        and {at % _US_PER_MS for at in last_us} <= {0, _US_PER_MS - 1}
        and not any(at % _US_PER_MS for line in grown for _, at in line.steps)
    )
    unit = _US_PER_MS if in_ms else 1
    just_before = [in_ms and at % _US_PER_MS != 0 for at in last_us]
    spans = zip(first_us, last_us, just_before, strict=True)
    flags = zip(lines, just_before, strict=True)
    columns = (
        [unit],
        [(at - before) // unit for before, at in pairwise((0, *first_us))],
        [(last + more - first) // unit for first, last, more in spans],
        [line.count for line in lines],
        [
            TYPED * line.typed
            | TRANSIENT * line.transient
            | _JUST_BEFORE * before
            | PASSING * line.passing
            for line, before in flags
        ],
        [len(line.steps) for line in lines],
        [length for line in grown for length, _ in line.steps],
        [(line.first_us - at) // unit for line in grown for _, at in line.steps],
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


class _Column:
    """Some numbers as `_planes` wrote them."""

    __slots__ = ("_count", "_known", "_planes")

    def __init__(self, planes: list[bytes], count: int) -> None:
        self._planes = planes
        self._count = count
        self._known = (0, 0)

    def values(self) -> list[int]:
        """All of them."""
        raw = bytearray(_WORD_BYTES * self._count)
        for place, plane in enumerate(self._planes):
            raw[place::_WORD_BYTES] = plane
        words = array("Q", bytes(raw))
        if sys.byteorder == "big":
            words.byteswap()
        return words.tolist()

    def value(self, number: int) -> int:
        """The number of that place."""
        value = 0
        for plane in reversed(self._planes):
            value = value << 8 | plane[number]
        return value

    def before(self, number: int) -> int:
        """The sum of all numbers before that place; asked in order it is fast."""
        place, known = self._known
        if number < place:
            place = known = 0
        for shift, plane in enumerate(self._planes):
            known += sum(plane[place:number]) << 8 * shift
        self._known = number, known
        return known


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def column(self, count: int) -> _Column:
        place = self._place
        width = self._data[place] if place < len(self._data) else 0
        self._place = end = place + 1 + width * count
        if not 1 <= width <= _WORD_BYTES or end > len(self._data):
            raise BlockError("its columns are too short")
        starts = range(place + 1, end, count) if count else ()
        return _Column([self._data[start : start + count] for start in starts], count)


def _unpack(packed: bytes | memoryview, count: int) -> _Columns:
    return _Columns(_decompressed(packed, _MOST_COLUMN_BYTES), count)


def _decompressed(frame: bytes | memoryview, limit_bytes: int) -> bytes:
    try:
        size = zstandard.frame_content_size(frame)
        if not 0 <= size <= limit_bytes:
            raise BlockError("it is larger than any block of ours")
        return zstandard.ZstdDecompressor().decompress(frame)
    except (zstandard.ZstdError, MemoryError) as error:
        raise BlockError(str(error).rpartition(": ")[2]) from None
