"""Many lines at once: stretches of what our own writer makes of output and input, by their bytes.

Most lines of a log are such. Cutting and decoding them together costs a third of parsing each as
JSON, and who only wants what was written takes it from here without an object for each line. What
differs anywhere, by a blank even, is no part of a stretch: it is left to `formats.entry`, line by
line. Both ways give the same entries.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from itertools import accumulate, compress, repeat
from operator import add
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from pybase64 import b64decode

from formats.entry import Entry
from formats.line import INPUT, OUTPUT
from formats.timestamp import Parser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formats.line import Direction

_HEAD: Final = b'{"timestamp":"'
_TO_SESSION: Final = b'Z","session_id":"'
_TO_DIRECTION: Final = b'","direction":"'
_IN, _OUT = b"in", b"out"
_TO_DATA: Final = b'put","data":"'
_SHORTER: Final = len(_OUT) - len(_IN)
_DIRECTIONS: Final[dict[bytes, Direction]] = {_IN: INPUT, _OUT: OUTPUT}
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
    """Lines of output and input that follow each other in a segment, one value for each.

    `offset` is where the first line begins, `data` what was read at once, exactly. The other lists
    are what the lines say as text: the base64, the size, the second, the millisecond and, without
    its end, the direction.
    """

    segment: int
    offset: int
    session_id: str
    data: list[bytes]
    written: list[bytes]
    sizes: list[bytes]
    seconds: list[bytes]
    milliseconds: list[bytes]
    directions: list[bytes]

    def outputs(self) -> list[bytes]:
        """What was read of output; all of it, mostly."""
        if _IN not in self.directions:
            return self.data
        return list(compress(self.data, map(_OUT.__eq__, self.directions)))

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
        """Where a line begins, counted from 0; that behind the last too."""
        said_bytes = sum(map(len, self.written[:number])) + sum(map(len, self.sizes[:number]))
        shorter_bytes = self.directions[:number].count(_IN) * _SHORTER
        frames_bytes = _frame_bytes(self.session_id) * number
        return Place(self.segment, self.offset + frames_bytes + said_bytes - shorter_bytes)

    def entry(self, number: int) -> Entry:
        """One of its entries."""
        time_us = _second_us(self.seconds[number]) + _MILLISECONDS[self.milliseconds[number]]
        direction = _DIRECTIONS[self.directions[number]]
        return Entry(time_us, self.session_id, direction, self.data[number])

    def part(self, begin: int, end: int | None = None) -> Stretch:
        """Some of its lines: from one on, and before another."""
        if not begin and (end is None or end == len(self.written)):
            return self
        columns = (column[begin:end] for column in self[3:])
        return Stretch(*self.place(begin), self.session_id, *columns)

    def located(self) -> Iterator[tuple[Place, Entry]]:
        """Its entries, each with its place."""
        frames = map(_frames(self.session_id).__getitem__, self.directions)
        lengths = map(add, map(add, map(len, self.written), map(len, self.sizes)), frames)
        offsets = accumulate(lengths, initial=self.offset)
        directions = map(_DIRECTIONS.__getitem__, self.directions)
        same, none = repeat(self.session_id), repeat(None)
        fields = zip(self.times_us(), same, directions, self.data, none, none, strict=False)
        # Past the constructors, which are written in Python: that takes half the time.
        new = cast("Any", tuple).__new__
        places: Iterator[Place] = map(new, repeat(Place), zip(repeat(self.segment), offsets))
        entries: Iterator[Entry] = map(new, repeat(Entry), fields)
        return zip(places, entries, strict=False)  # there is a place more

    def steps(self) -> Iterator[tuple[int, Direction, bytes]]:
        """The time, the direction and the data of each line."""
        directions = map(_DIRECTIONS.__getitem__, self.directions)
        return zip(self.times_us(), directions, self.data, strict=True)


Part = Stretch | tuple[Place, Entry]
"""What a log is read as: a stretch, or one entry of any kind with its place."""


class Rest(NamedTuple):
    """Whole lines among which is one that is not as ours: where they begin, and they."""

    offset: int
    text: bytes


def cut(segment: int, offset: int, text: bytes, session_id: str) -> Iterator[Stretch | Rest]:
    """Whole lines as stretches of that session, and what lies between them, in order."""
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
    # As far as they are what they seem; their places are right in any case.
    lines = Stretch(
        segment, offset + begin, session_id, [], written, sizes, seconds, milliseconds, directions
    )
    while lines.written:
        data = _decoded(lines.written)
        behind = lines.part(len(data))
        if data:
            stretch = lines.part(0, len(data))._replace(data=data)
            yield stretch if _is_sound(stretch) else _between(Rest(offset, text), lines, behind)
        lines = behind
        if lines.written:
            # This is no base64. Mostly that is two lines, of which the first has no seam behind it.
            lines = behind.part(1)
            yield _between(Rest(offset, text), behind, lines)
    if end < len(text):
        yield Rest(offset + end, text[end:])


def _between(whole: Rest, first: Stretch, behind: Stretch) -> Rest:
    begin, end = first.offset - whole.offset, behind.offset - whole.offset
    return Rest(first.offset, whole.text[begin:end])


def _is_sound(stretch: Stretch) -> bool:
    """Whether what its lines say of their size is so, and their times are times."""
    import orjson  # noqa: PLC0415  20 ms that listing sessions and searching their index saves

    try:
        # JSON, because it takes a third of the time that `int` takes.
        stated = orjson.loads(b"[%b]" % b",".join(stretch.sizes))
        for second in set(stretch.seconds):
            _second_us(second)
    except ValueError:
        return False
    return bool(stated == list(map(len, stretch.data)))


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


@lru_cache(maxsize=16)
def _frames(session_id: str) -> dict[bytes, int]:
    """The same of a line of either direction."""
    longer = _frame_bytes(session_id)
    return {_OUT: longer, _IN: longer - _SHORTER}


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
