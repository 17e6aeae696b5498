"""Many lines at once: stretches of what our own writer makes of output and input, by their bytes.

Most lines of a log are such. Cutting and decoding them together costs a quarter of parsing each as
JSON, and who only wants what was written takes it from here without an object for each line. What
differs anywhere, by a blank even, is no part of a stretch: it is left to `formats.entry`, line by
line. Both ways give the same entries.

Each step is done for all lines before the next, by functions written in C: a line takes a
microsecond, of which a step of Python's own would be a tenth.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from itertools import accumulate, compress, groupby, repeat
from operator import add, itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from pybase64 import b64decode

from formats.entry import Entry
from formats.line import INPUT, OUTPUT
from formats.place import Place
from formats.timestamp import Parser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from formats.line import Direction

# Where the parts of a line lie: {"timestamp":"2026-02-07T18:15:32.123Z","session_id":"…
_HEAD: Final = b'{"timestamp":"'
_TO_SESSION: Final = b'Z","session_id":"'
_SESSION_BYTES: Final = 36
_TO_DIRECTION: Final = b'","direction":"'
_IN, _OUT = b"in", b"out"
_TO_DATA: Final = b'put","data":"'
_MINUTE_END: Final = len(_HEAD) + len(b"2026-02-07T18:15:")
_SECOND_END: Final = _MINUTE_END + len(b"32.")
_STAMP_END: Final = _SECOND_END + 3
_DIRECTION: Final = _STAMP_END + len(_TO_SESSION) + _SESSION_BYTES + len(_TO_DIRECTION)
_DATA: Final = _DIRECTION + len(_OUT) + len(_TO_DATA)

_stamp_of: Final = itemgetter(slice(_STAMP_END))
_to_data_of: Final = itemgetter(slice(_STAMP_END, _DATA))
_from_data_of: Final = itemgetter(slice(_DATA, None))
_second_of: Final = itemgetter(slice(_SECOND_END))
_milliseconds_of: Final = itemgetter(slice(_SECOND_END, None))

# Past the constructors of values, which are written in Python: that takes half the time.
_NEW: Final = cast("Any", tuple).__new__

_SECONDS: Final = {b"%02d." % s: s * 1_000_000 for s in range(60)}
_MILLISECONDS: Final = {b"%03d" % ms: ms * 1000 for ms in range(1000)}


class Stretch(NamedTuple):
    """Lines of output and input that follow each other in a segment, one value for each.

    `offset` is where the first line begins, `lengths` how many bytes they are, `data` what was read
    at once, exactly. `stamps` are their beginnings, up to the milliseconds; a later one is greater.
    """

    segment: int
    offset: int
    session_id: str
    data: Sequence[bytes]
    lengths: Sequence[int]
    stamps: Sequence[bytes]
    directions: Sequence[Direction]

    def outputs(self) -> Sequence[bytes]:
        """What was read of output; all of it, mostly."""
        if INPUT not in self.directions:
            return self.data
        return list(compress(self.data, map(OUTPUT.__eq__, self.directions)))

    def inputs(self) -> Sequence[bytes]:
        """What was read of input; none of it, mostly."""
        if INPUT not in self.directions:
            return ()
        return list(compress(self.data, map(INPUT.__eq__, self.directions)))

    def times_us(self) -> list[int]:
        """The time of each line in microseconds since the epoch; computed anew at each call."""
        second_us = {second: _second_us(second) for second in set(map(_second_of, self.stamps))}
        milliseconds = map(_MILLISECONDS.__getitem__, map(_milliseconds_of, self.stamps))
        seconds = map(second_us.__getitem__, map(_second_of, self.stamps))
        return list(map(add, seconds, milliseconds))

    def latest_us(self) -> int:
        """The latest of these times."""
        return _time_us(max(self.stamps))

    def place(self, number: int) -> Place:
        """Where a line begins, counted from 0; that behind the last too."""
        return Place(self.segment, self.offset + sum(self.lengths[:number]))

    def entry(self, number: int) -> Entry:
        """One of its entries."""
        time_us, direction = _time_us(self.stamps[number]), self.directions[number]
        return Entry(time_us, self.session_id, direction, self.data[number])

    def part(self, begin: int, end: int | None = None) -> Stretch:
        """Some of its lines: from one on, and before another."""
        if not begin and (end is None or end == len(self.data)):
            return self
        some = slice(begin, end)
        return Stretch(
            *self.place(begin),
            self.session_id,
            self.data[some],
            self.lengths[some],
            self.stamps[some],
            self.directions[some],
        )

    def located(self) -> Iterator[tuple[Place, Entry]]:
        """Its entries, each with its place."""
        offsets = accumulate(self.lengths, initial=self.offset)
        places: Iterator[Place] = map(_NEW, repeat(Place), zip(repeat(self.segment), offsets))
        return zip(places, self.entries(), strict=False)  # there is a place more

    def entries(self) -> Iterator[Entry]:
        """Its entries."""
        same, none = repeat(self.session_id), repeat(None)
        fields = zip(self.times_us(), same, self.directions, self.data, none, none, strict=False)
        return map(_NEW, repeat(Entry), fields)

    def steps(self) -> Iterator[tuple[int, Direction, bytes]]:
        """The time, the direction and the data of each line."""
        return zip(self.times_us(), self.directions, self.data, strict=True)


Part = Stretch | tuple[Place, Entry]
"""What a log is read as: a stretch, or one entry of any kind with its place."""


def without_places(parts: Iterable[Part]) -> Iterator[Stretch | Entry]:
    """For who does not ask where in the log an entry lies."""
    return (part if isinstance(part, Stretch) else part[1] for part in parts)


class Rest(NamedTuple):
    """Whole lines of which none is as ours: where they begin, and they."""

    offset: int
    text: bytes


def cut(segment: int, offset: int, text: bytes, session_id: str) -> Iterator[Stretch | Rest]:
    """Whole lines as stretches of that session, and what lies between them, in order."""
    lines = BytesIO(text).readlines()  # four times as fast as `split`, which looks at each byte
    place, to_data = Place(segment, offset), _to_data(session_id)

    def begins_as_ours(line: bytes) -> bool:
        return bool(_to_data_of(_as_output(line)) == to_data)

    def is_ours(line: bytes) -> bool:
        return _stretch(place, session_id, [line]) is not None

    # Mostly an event spoils it: its beginning tells in a tenth of the time.
    yield from _cut(place, session_id, lines, (begins_as_ours, is_ours))


def _cut(
    place: Place, session_id: str, lines: list[bytes], tests: tuple[Callable[[bytes], bool], ...]
) -> Iterator[Stretch | Rest]:
    """Lines that begin at a place, as `cut`; the tests, one after the other, tell them apart."""
    whole = _stretch(place, session_id, lines)
    if whole is not None:
        yield whole
    elif not tests:
        yield Rest(place.offset, b"".join(lines))
    else:
        for _, run in groupby(lines, tests[0]):
            alike = list(run)
            yield from _cut(place, session_id, alike, tests[1:])
            place = Place(place.segment, place.offset + sum(map(len, alike)))


def _stretch(place: Place, session_id: str, lines: list[bytes]) -> Stretch | None:
    """All of these lines; None when one of them is not as ours."""
    lengths, to_data = list(map(len, lines)), _to_data(session_id)
    directions: list[Direction] = [OUTPUT for _ in lines]
    if set(map(_to_data_of, lines)) != {to_data}:
        directions = [_direction_of(line) for line in lines]
        lines = list(map(_as_output, lines))
        if set(map(_to_data_of, lines)) != {to_data}:
            return None
    parted = map(bytes.partition, map(_from_data_of, lines), repeat(b'"'))
    written, _, ends = zip(*parted, strict=True)
    try:
        data = list(map(b64decode, written, repeat(None), repeat(True)))
    except ValueError:
        return None
    stamps = list(map(_stamp_of, lines))
    if list(ends) != list(map(_end_of, map(len, data))) or not _are_times(stamps):
        return None
    return Stretch(*place, session_id, data, lengths, stamps, directions)


@lru_cache(maxsize=16)
def _to_data(session_id: str) -> bytes:
    """What is between the time and the base64 in a line of output."""
    return b"".join((_TO_SESSION, session_id.encode(), _TO_DIRECTION, _OUT, _TO_DATA))


def _direction_of(line: bytes) -> Direction:
    return INPUT if line.startswith(_IN, _DIRECTION) else OUTPUT


def _as_output(line: bytes) -> bytes:
    """A line of input as if it were one of output, so that both have their parts at one place."""
    if not line.startswith(_IN, _DIRECTION):
        return line
    return line[:_DIRECTION] + _OUT + line[_DIRECTION + len(_IN) :]


@lru_cache(maxsize=1 << 13)  # a recorder reads no more bytes at once
def _end_of(size: int) -> bytes:
    """What is behind the base64 of so many bytes, and its quotation mark."""
    return b',"size":%d}\n' % size


def _are_times(stamps: list[bytes]) -> bool:
    first, last = min(stamps), max(stamps)
    seconds = {_second_of(first), _second_of(last)}
    if len(seconds) > 1:  # else they are alike, and all between them begin as they do
        seconds.update(map(_second_of, stamps))
    try:
        for second in seconds:
            _second_us(second)
    except ValueError:
        return False
    joined = b"".join(stamps)
    digits = (joined[at::_STAMP_END] for at in range(_SECOND_END, _STAMP_END))
    return len(joined) == _STAMP_END * len(stamps) and all(map(bytes.isdigit, digits))


def _second_us(second: bytes) -> int:
    """The time since the epoch of a line that begins so. Raises ValueError."""
    in_minute_us = _SECONDS.get(second[_MINUTE_END:])
    if in_minute_us is None:
        raise ValueError("no second of ours")
    return _minute_us(second[:_MINUTE_END]) + in_minute_us


@lru_cache(maxsize=256)
def _minute_us(minute: bytes) -> int:
    if not minute.startswith(_HEAD):
        raise ValueError("no line of ours")
    return Parser().parse(minute[len(_HEAD) :].decode("ascii") + "00.000Z")


def _time_us(stamp: bytes) -> int:
    return _second_us(stamp[:_SECOND_END]) + _MILLISECONDS[stamp[_SECOND_END:]]
