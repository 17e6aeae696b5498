"""What is known of many lines beside their text, in columns: in memory and packed to bytes. Pure.

A column is packed by its bytes' places, which compresses well; what a line takes of the columns is
read when it is asked.
"""

from __future__ import annotations

import sys
from array import array
from itertools import accumulate, compress, islice, pairwise
from operator import add, sub
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from player.lines.look import Steps

    Fields = tuple[int, int, int, Steps, bool, bool, bool]
    """First and last time in microseconds, count, steps, whether typed, transient, passing."""

TYPED, TRANSIENT, _JUST_BEFORE, PASSING = 1, 2, 4, 8
_FLAGS: Final = range(16)
_IS_JUST_BEFORE: Final = [bool(flags & _JUST_BEFORE) for flags in _FLAGS]
_US_PER_MS: Final = 1000
_MILLISECONDS_US: Final = [_US_PER_MS * ms for ms in range(256)]
_WORD_BYTES: Final = 8
_TIMES_FASTER: Final = 10
# A line takes that much less when all are unpacked than when it is read alone.


class BlockError(ValueError):
    """The bytes are no block of lines."""


class Columns(NamedTuple):
    """One value for each line, by the time it first stood; times are microseconds.

    `steps` are in characters, `flags` TYPED, TRANSIENT and PASSING.
    """

    firsts_us: Sequence[int]
    lasts_us: Sequence[int]
    counts: Sequence[int]
    steps: Sequence[Steps]
    flags: Sequence[int]

    @property
    def scrolled_by(self) -> bool:
        """Whether each was seen at one moment only, and no more is said of any: mostly a flood."""
        return self.firsts_us == self.lasts_us and not any(self.flags)

    def fields(self) -> tuple[Iterable[Any], ...]:
        """The `Fields` of the lines, each of all of them: no loop is ours."""
        typed, transient, passing = (
            map([bool(value & flag) for value in _FLAGS].__getitem__, self.flags)
            for flag in (TYPED, TRANSIENT, PASSING)
        )
        return *self[:4], typed, transient, passing

    def part(self, begin: int, end: int) -> Columns:
        """Of the lines from one on and before another."""
        return Columns._make(column[begin:end] for column in self)

    def unpacked(self) -> Columns:
        """They: that of some is to be asked for (`UnpackedLater`)."""
        return self

    def only(self, kept: Sequence[bool]) -> Columns:
        """Of the lines that are to be kept."""
        return Columns._make(list(compress(column, kept)) for column in self)


def pack_columns(columns: Columns) -> bytes:
    """Each as `_planes`: unit, first, span, count, flags, steps, lengths, agos.

    Times are whole milliseconds as in a log (unit 1000) unless one of them is not (unit 1). Most
    last times are one microsecond before such a one: flagged, and that one is kept.
    """
    firsts, lasts, counts, steps, flags = columns
    grown = list(compress(zip(firsts, steps, strict=True), steps))
    of_ms = [last_us % _US_PER_MS for last_us in lasts]
    in_ms = (
        set(of_ms) <= {0, _US_PER_MS - 1}
        and not any(first_us % _US_PER_MS for first_us in firsts)
        and not any(at % _US_PER_MS for _, taken in grown for _, at in taken)
    )
    unit = _US_PER_MS if in_ms else 1
    just_before = [in_ms and of != 0 for of in of_ms]
    spans = zip(firsts, lasts, just_before, strict=True)
    parts: tuple[Sequence[int], ...] = (
        [unit],
        [(first_us - before) // unit for before, first_us in pairwise((0, *firsts))],
        [(last_us + more - first_us) // unit for first_us, last_us, more in spans],
        counts,
        [flag | _JUST_BEFORE * more for flag, more in zip(flags, just_before, strict=True)],
        list(map(len, steps)),
        [length for _, taken in grown for length, _ in taken],
        [(first_us - at) // unit for first_us, taken in grown for _, at in taken],
    )
    return b"".join(map(_planes, parts))


def _planes(values: Sequence[int]) -> bytes:
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

    def part(self, begin: int, end: int) -> _Column:
        """Of the places from one on and before another."""
        return _Column([plane[begin:end] for plane in self._planes], end - begin)

    def reaches(self, limit: int) -> bool:
        """Whether one of them is that large, at most 256."""
        low, *high = self._planes or [b""]
        return max(low, default=0) >= limit or any(plane.strip(b"\0") for plane in high)

    def are_none(self) -> bool:
        """Whether all of them are 0."""
        return not any(plane.strip(b"\0") for plane in self._planes)

    def values(self) -> list[int]:
        """All of them."""
        raw = bytearray(_WORD_BYTES * self._count)
        for place, plane in enumerate(self._planes):
            raw[place::_WORD_BYTES] = plane
        words = array("Q", bytes(raw))
        if sys.byteorder == "big":
            words.byteswap()
        return words.tolist()

    def sums(self, before: int, unit: int) -> list[int]:
        """For each place what is `before` all and the numbers up to it, times `unit`."""
        low, *high = self._planes or [b""]
        if unit == _US_PER_MS and not any(plane.strip(b"\0") for plane in high):
            steps: Iterable[int] = map(_MILLISECONDS_US.__getitem__, low)
        else:
            steps = map(unit.__mul__, self.values())
        return list(accumulate(steps, initial=unit * before))[1:]

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


class PackedColumns:
    """The columns of a block as they lie there; what a line takes of them is read when it is asked.

    Of the lines in which something was found mostly only some are asked, in order: unpacking all
    of them took three times as long as the search. Once many have been asked, all are unpacked.
    """

    __slots__ = (
        "_agos", "_alone", "_count", "_counts", "_fields", "_firsts", "_flags", "_lengths",
        "_spans", "_steps", "_unit",
    )  # fmt: skip

    def __init__(self, raw: bytes, count: int) -> None:
        reader = _Reader(raw)
        self._count = count
        self._unit = reader.column(1).value(0)
        self._firsts, self._spans, self._counts, self._flags, self._steps = (
            reader.column(count) for _ in range(5)
        )
        steps = self._steps.before(count)
        self._lengths, self._agos = reader.column(steps), reader.column(steps)
        self._fields: list[Fields] = []
        # So many more are read alone before all are unpacked.
        self._alone = count // _TIMES_FASTER

    def of(self, number: int) -> Fields:
        """The fields of one line."""
        if not self._fields:
            self._alone -= 1
            if self._alone >= 0:
                return self._read(number)
            whole = self.part(0, self._count).unpacked()
            self._fields = list(zip(*whole.fields(), strict=True))
        return self._fields[number]

    def flags(self, number: int) -> int:
        """TYPED, TRANSIENT and PASSING of one line, at once."""
        return self._flags.value(number)

    def _read(self, number: int) -> Fields:
        unit = self._unit
        first_us = unit * self._firsts.before(number + 1)
        steps: Steps = ()
        if count := self._steps.value(number):
            begin = self._steps.before(number)
            steps = tuple(
                (self._lengths.value(place), first_us - unit * self._agos.value(place))
                for place in range(begin, begin + count)
            )
        flags = self._flags.value(number)
        last_us = first_us + unit * self._spans.value(number) - bool(flags & _JUST_BEFORE)
        typed, transient, passing = (bool(flags & flag) for flag in (TYPED, TRANSIENT, PASSING))
        return first_us, last_us, self._counts.value(number), steps, typed, transient, passing

    def lasting(self) -> int:
        """How many of them are not transient."""
        return sum(not flags & TRANSIENT for flags in self._flags.values())

    def part(self, begin: int, end: int) -> UnpackedLater:
        """Of the lines from one on and before another. Raises BlockError."""
        if self._flags.part(begin, end).reaches(len(_FLAGS)):
            raise BlockError("its flags are none of ours")
        return UnpackedLater(self, begin, end)

    def scrolled_by(self, begin: int, end: int) -> bool:
        """Whether each of these lines was seen at one moment only, and no more is said of any."""
        columns = (self._spans, self._flags)
        return all(column.part(begin, end).are_none() for column in columns)

    def unpacked(self, begin: int, end: int) -> Columns:
        """Of the lines from one on and before another; no loop over all is ours."""
        flags = self._flags.part(begin, end).values()
        firsts = self._firsts.part(begin, end).sums(self._firsts.before(begin), self._unit)
        spans = map(self._unit.__mul__, self._spans.part(begin, end).values())
        ends = map(add, firsts, spans)
        lasts = list(map(sub, ends, map(_IS_JUST_BEFORE.__getitem__, flags)))
        counts = self._counts.part(begin, end).values()
        return Columns(firsts, lasts, counts, self._grown(begin, firsts), flags)

    def _grown(self, begin: int, firsts: Sequence[int]) -> Sequence[Steps]:
        """The steps of the lines from one on that have these first times; most have none."""
        grown: list[Steps] = [()] * len(firsts)
        counts = self._steps.part(begin, begin + len(firsts))
        if counts.are_none():
            return grown
        taken = counts.values()
        first = self._steps.before(begin)
        lengths, agos = (
            column.part(first, first + sum(taken)).values()
            for column in (self._lengths, self._agos)
        )
        steps = zip(lengths, agos, strict=True)
        unit = self._unit
        for number in compress(range(len(taken)), taken):
            first_us = firsts[number]
            grown[number] = tuple(
                (length, first_us - unit * ago) for length, ago in islice(steps, taken[number])
            )
        return grown


class UnpackedLater:
    """As `Columns`, of some lines of a block: unpacked when more is asked of them than mostly is.

    Of a flood nobody asks when each of its lines was there.
    """

    def __init__(self, packed: PackedColumns, begin: int, end: int) -> None:
        self._packed, self._begin, self._end = packed, begin, end
        self._unpacked: Columns | None = None

    @property
    def scrolled_by(self) -> bool:
        """As that of `Columns`."""
        return self._packed.scrolled_by(self._begin, self._end)

    def unpacked(self) -> Columns:
        """All of it."""
        if self._unpacked is None:
            self._unpacked = self._packed.unpacked(self._begin, self._end)
        return self._unpacked
