"""Many lines at once: stretches of output as our own writer makes it, known by their bytes.

Most lines of a log are such. Cutting and decoding them together costs a third of parsing each as
JSON, and who only wants what was written takes it from here without an object for each line. What
differs anywhere, by a blank even, is no part of a stretch: it is left to `formats.entry`, line by
line. Both ways give the same entries. What was typed ends a stretch, but is decoded along.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from itertools import accumulate, groupby, repeat
from operator import add
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from pybase64 import b64decode

from formats.entry import Entry
from formats.line import INPUT, OUTPUT
from formats.timestamp import Parser

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD: Final = b'{"timestamp":"'
_TO_SESSION: Final = b'Z","session_id":"'
_TO_DIRECTION: Final = b'","direction":"'
_IN, _OUT = b"in", b"out"
_TO_DATA: Final = b'put","data":"'
_SHORTER: Final = len(_OUT) - len(_IN)
_TO_SIZE: Final = b'","size":'
_END: Final = b"}\n"
# Before whole lines, so that the base64 of the first lies between two seams as that of all others.
_BEFORE: Final = _TO_SIZE + b"0" + _END
_ANY_TIME: Final = b"0000-00-00T00:00:00.000"
_GROUPS: Final = 4
_MILLISECONDS: Final = {b"%03d" % ms: ms * 1000 for ms in range(1000)}


class Place(NamedTuple):
    """Where a line begins: the segment's number, and the byte in it (as decompressed)."""

    segment: int
    offset: int


class Stretch(NamedTuple):
    """Lines of output that follow each other in a segment: what they hold, one value for each.

    `offset` is where the first line begins, `data` what was read at once, exactly. The other lists
    are what the lines say as text: the base64, the size, the second and the millisecond.
    """

    segment: int
    offset: int
    session_id: str
    data: list[bytes]
    written: list[bytes]
    sizes: list[bytes]
    seconds: list[bytes]
    milliseconds: list[bytes]

    def times_us(self) -> list[int]:
        """The time of each line in microseconds since the epoch; computed anew at each call."""
        second_us = {second: _second_us(second) for second in set(self.seconds)}
        times = zip(self.seconds, self.milliseconds, strict=True)
        return [second_us[second] + _MILLISECONDS[ms] for second, ms in times]

    def latest_us(self) -> int:
        """The latest of these times."""
        seconds, milliseconds = self.seconds, self.milliseconds
        latest = max(seconds)
        first = seconds.index(latest)
        if seconds.count(latest) == len(seconds) - first:  # mostly: time does not run backwards
            return _second_us(latest) + _MILLISECONDS[max(milliseconds[first:])]
        times = zip(seconds, milliseconds, strict=True)
        return _second_us(latest) + max(_MILLISECONDS[ms] for at, ms in times if at == latest)

    def place(self, number: int) -> Place:
        """Where a line begins, counted from 0."""
        said_bytes = sum(map(len, self.written[:number])) + sum(map(len, self.sizes[:number]))
        return Place(
            self.segment, self.offset + _frame_bytes(self.session_id) * number + said_bytes
        )

    def entry(self, number: int) -> Entry:
        """One of its entries."""
        time_us = _second_us(self.seconds[number]) + _MILLISECONDS[self.milliseconds[number]]
        return Entry(time_us, self.session_id, OUTPUT, self.data[number])

    def part(self, begin: int, end: int | None = None) -> Stretch:
        """Some of its lines: from one on, and before another."""
        if not begin and (end is None or end == len(self.data)):
            return self
        some = slice(begin, end)
        return Stretch(
            *self.place(begin),
            self.session_id,
            self.data[some],
            self.written[some],
            self.sizes[some],
            self.seconds[some],
            self.milliseconds[some],
        )

    def located(self) -> Iterator[tuple[Place, Entry]]:
        """Its entries, each with its place."""
        lengths = map(add, map(len, self.written), map(len, self.sizes))
        offsets = accumulate(
            map(_frame_bytes(self.session_id).__add__, lengths), initial=self.offset
        )
        same = repeat(self.session_id), repeat(OUTPUT)
        fields = zip(self.times_us(), *same, self.data, repeat(None), repeat(None))
        # Past the constructors, which are written in Python: that takes half the time.
        new = cast("Any", tuple).__new__
        places: Iterator[Place] = map(new, repeat(Place), zip(repeat(self.segment), offsets))
        entries: Iterator[Entry] = map(new, repeat(Entry), fields)
        return zip(places, entries, strict=False)  # there is a place more


Part = Stretch | tuple[Place, Entry]
"""What a log is read as: a stretch of output, or one entry of any kind with its place."""


class Typed(NamedTuple):
    """A line of input, where it begins: as any entry with its place."""

    place: Place
    entry: Entry


class Rest(NamedTuple):
    """Whole lines among which is one that is not as ours: where they begin, and they."""

    offset: int
    text: bytes


class _Lines(NamedTuple):
    """Lines of both directions that follow each other, as text: as far as they are what they seem.

    Each has its place in the log, whatever is wrong with it.
    """

    segment: int
    offset: int
    session_id: str
    written: list[bytes]
    sizes: list[bytes]
    seconds: list[bytes]
    milliseconds: list[bytes]
    directions: list[bytes]

    def end(self, count: int) -> int:
        """Where the line behind the first `count` begins."""
        said_bytes = sum(map(len, self.written[:count])) + sum(map(len, self.sizes[:count]))
        shorter_bytes = self.directions[:count].count(_IN) * _SHORTER
        return self.offset + _frame_bytes(self.session_id) * count + said_bytes - shorter_bytes

    def behind(self, count: int) -> _Lines:
        """What comes behind the first `count` lines."""
        rest = (column[count:] for column in self[3:])
        return _Lines(self.segment, self.end(count), self.session_id, *rest)


def cut(
    segment: int, offset: int, text: bytes, session_id: str
) -> Iterator[Stretch | Typed | Rest]:
    """Whole lines as stretches of output of that session, and what lies between them, in order."""
    first, *fields = _seam(session_id).split(b"".join((_BEFORE, text, _head(session_id))))
    sizes, seconds, milliseconds, directions, written = (
        fields[group :: _GROUPS + 1] for group in range(_GROUPS + 1)
    )
    if not written:
        yield Rest(offset, text)
        return
    # Behind the last seam there is none of these lines: its own begins as far from the end of the
    # text as what is behind it is long, for that ends with a head too.
    end = len(text) - len(written.pop()) + _SHORTER * (directions[-1] == _IN)
    begin = len(first) + len(_TO_SIZE) + len(sizes.pop(0)) + len(_END) - len(_BEFORE)
    del seconds[-1], milliseconds[-1], directions[-1]
    if begin:
        yield Rest(offset, text[:begin])
    lines = _Lines(
        segment, offset + begin, session_id, written, sizes, seconds, milliseconds, directions
    )
    while lines.written:
        data = _decoded(lines.written)
        behind = lines.behind(len(data))
        if data:
            parts = _parts(lines, data)
            yield from parts or (_between(Rest(offset, text), lines, behind),)
        lines = behind
        if lines.written:
            # This is no base64. Mostly that is two lines, of which the first has no seam behind it.
            lines = behind.behind(1)
            yield _between(Rest(offset, text), behind, lines)
    if end < len(text):
        yield Rest(offset + end, text[end:])


def _between(whole: Rest, first: _Lines, behind: _Lines) -> Rest:
    begin, end = first.offset - whole.offset, behind.offset - whole.offset
    return Rest(first.offset, whole.text[begin:end])


def _parts(lines: _Lines, data: list[bytes]) -> list[Stretch | Typed]:
    """The first lines with what they hold; none when one of them is not what it seems."""
    import orjson  # noqa: PLC0415  20 ms that listing sessions and searching their index saves

    count = len(data)
    segment, place, session_id, *columns = lines
    written, sizes, seconds, milliseconds, directions = (column[:count] for column in columns)
    try:
        # JSON, because it takes a third of the time that `int` takes.
        stated = orjson.loads(b"[%b]" % b",".join(sizes))
        for second in set(seconds):
            _second_us(second)
    except ValueError:
        return []
    if stated != list(map(len, data)):
        return []
    if _IN not in directions:
        return [Stretch(segment, place, session_id, data, written, sizes, seconds, milliseconds)]
    parts: list[Stretch | Typed] = []
    begin, frame_bytes = 0, _frame_bytes(session_id)
    for direction, alike in groupby(directions):
        some = slice(begin, begin := begin + len(list(alike)))
        stretch = Stretch(
            segment, place, session_id, data[some], written[some], sizes[some], seconds[some],
            milliseconds[some],
        )  # fmt: skip
        if direction == _OUT:
            parts.append(stretch)
            place = stretch.place(len(stretch.data)).offset
            continue
        typed = zip(stretch.times_us(), stretch.data, stretch.written, stretch.sizes, strict=True)
        for time_us, keys, said, size in typed:
            parts.append(Typed(Place(segment, place), Entry(time_us, session_id, INPUT, keys)))
            place += frame_bytes - _SHORTER + len(said) + len(size)
    return parts


def _decoded(written: list[bytes]) -> list[bytes]:
    """What is written in base64, up to the first that is none."""
    found: list[bytes] = []
    with suppress(ValueError):
        found.extend(map(b64decode, written, repeat(None), repeat(True)))
    return found


@lru_cache(maxsize=16)
def _head(session_id: str) -> bytes:
    """A line of output up to its base64; the time does not matter, only how long it is."""
    session = session_id.encode()
    return _HEAD + _ANY_TIME + _TO_SESSION + session + _TO_DIRECTION + _OUT + _TO_DATA


@lru_cache(maxsize=16)
def _frame_bytes(session_id: str) -> int:
    """What a line of output takes beside its base64 and the digits of its size."""
    return len(_head(session_id)) + len(_TO_SIZE) + len(_END)


@lru_cache(maxsize=16)  # to make one takes 0.3 ms
def _seam(session_id: str) -> re.Pattern[bytes]:
    """The end of one line and the head of the next."""
    session = re.escape(_TO_SESSION + session_id.encode() + _TO_DIRECTION)
    head = re.escape(_HEAD) + rb"(.{20})([0-9]{3})" + session + b"(in|out)" + re.escape(_TO_DATA)
    return re.compile(re.escape(_TO_SIZE) + rb"([0-9]{1,7})" + re.escape(_END) + head, re.DOTALL)


@lru_cache(maxsize=256)
def _second_us(second: bytes) -> int:
    """The time of `2026-02-07T18:15:32.` since the epoch. Raises ValueError."""
    return Parser().parse(second.decode("ascii") + "000Z")
