"""Many lines at once: stretches of output as our own writer makes it, known by their bytes.

Most lines of a log are such. Cutting and decoding them together costs a third of parsing each as
JSON, and who only wants what was written takes it from here without an object for each line. What
differs anywhere, by a blank even, is no part of a stretch: it is left to `formats.entry`, line by
line. Both ways give the same entries.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import accumulate, repeat
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from pybase64 import b64decode

from formats.entry import Entry
from formats.line import OUTPUT
from formats.timestamp import Parser

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD: Final = b'{"timestamp":"'
_TO_SESSION: Final = b'Z","session_id":"'
_TO_DATA: Final = b'","direction":"output","data":"'
_TO_SIZE: Final = b'","size":'
_END: Final = b"}\n"
# Whole lines are put between these two, so that the base64 of each lies between two seams.
_BEFORE: Final = _TO_SIZE + b"0" + _END
_BEHIND: Final = _HEAD + b"0000-00-00T00:00:00.000" + _TO_SESSION + b"0" * 36 + _TO_DATA
# The bytes of a line beside its base64 and the digits of its size.
_FRAME_BYTES: Final = len(_BEHIND) + len(_TO_SIZE) + len(_END)
_GROUPS: Final = 4
_MILLISECONDS: Final = {b"%03d" % ms: ms * 1000 for ms in range(1000)}


class Place(NamedTuple):
    """Where a line begins: the segment's number, and the byte in it (as decompressed)."""

    segment: int
    offset: int


class Stretch(NamedTuple):
    """Lines of output that follow each other in a segment: what they hold, one value for each.

    `offset` is where the first line begins. `times_us` counts microseconds since the epoch, `data`
    is what was read at once, exactly, `written_bytes` what base64 and size take in the line.
    """

    segment: int
    offset: int
    session_id: str
    times_us: list[int]
    data: list[bytes]
    written_bytes: list[int]

    def place(self, number: int) -> Place:
        """Where a line begins, counted from 0."""
        offset = self.offset + _FRAME_BYTES * number + sum(self.written_bytes[:number])
        return Place(self.segment, offset)

    def entry(self, number: int) -> Entry:
        """One of its entries."""
        return Entry(self.times_us[number], self.session_id, OUTPUT, self.data[number])

    def behind(self, number: int) -> Stretch:
        """The lines from one on."""
        offset = self.place(number).offset
        times_us, data = self.times_us[number:], self.data[number:]
        written_bytes = self.written_bytes[number:]
        return Stretch(self.segment, offset, self.session_id, times_us, data, written_bytes)

    def located(self) -> Iterator[tuple[Place, Entry]]:
        """Its entries, each with its place."""
        offsets = accumulate(map(_FRAME_BYTES.__add__, self.written_bytes), initial=self.offset)
        same = repeat(self.session_id), repeat(OUTPUT)
        fields = zip(self.times_us, *same, self.data, repeat(None), repeat(None))
        # Past the constructors, which are written in Python: that takes half the time.
        new = cast("Any", tuple).__new__
        places: Iterator[Place] = map(new, repeat(Place), zip(repeat(self.segment), offsets))
        entries: Iterator[Entry] = map(new, repeat(Entry), fields)
        return zip(places, entries, strict=False)  # there is a place more


Part = Stretch | tuple[Place, Entry]
"""What a log is read as: a stretch of output, or one entry of any kind with its place."""


class Rest(NamedTuple):
    """Whole lines among which is one that belongs to no stretch: where they begin, and they."""

    offset: int
    text: bytes


def cut(segment: int, offset: int, text: bytes, session_id: str) -> Iterator[Stretch | Rest]:
    """Whole lines as stretches of output of that session, and what lies between them, in order."""
    first, *fields = _seam().split(_BEFORE + text + _BEHIND)
    sizes, seconds, milliseconds, ids, pieces = (
        fields[group :: _GROUPS + 1] for group in range(_GROUPS + 1)
    )
    if not pieces:
        yield Rest(offset, text)
        return
    # What follows the last seam is a line's only if that is the seam to _BEHIND.
    last = pieces.pop()
    begin = len(first) + len(_TO_SIZE) + len(sizes[0]) + len(_END) - len(_BEFORE)
    columns = _Columns(seconds[:-1], milliseconds[:-1], ids[:-1], pieces, sizes[1:])
    if not first and not last and text.count(b"\n") == len(pieces):
        yield _stretch(Place(segment, offset), columns, session_id) or Rest(offset, text)
    else:
        yield from _mixed(Place(segment, offset), text, begin, columns, session_id)


class _Columns(NamedTuple):
    """What stands in some lines: the base64 in `pieces`, one value for each line."""

    seconds: list[bytes]
    milliseconds: list[bytes]
    ids: list[bytes]
    pieces: list[bytes]
    sizes: list[bytes]

    def part(self, begin: int, end: int) -> _Columns:
        """Some of the lines."""
        return _Columns(*(column[begin:end] for column in self))

    def written_bytes(self) -> list[int]:
        """The bytes of each line that are not the same in all."""
        return list(map(int.__add__, map(len, self.pieces), map(len, self.sizes)))


@cache
def _seam() -> re.Pattern[bytes]:
    """The end of one line and the head of the next; 0.3 ms, that many a reader can do without."""
    head = re.escape(_HEAD) + rb"(.{20})([0-9]{3})" + re.escape(_TO_SESSION) + rb"(.{36})"
    end = re.escape(_TO_SIZE) + rb"([0-9]{1,7})" + re.escape(_END)
    return re.compile(end + head + re.escape(_TO_DATA), re.DOTALL)


def _stretch(place: Place, columns: _Columns, session_id: str) -> Stretch | None:
    """The lines from a place on; None when one of them is not what it seems."""
    seconds, milliseconds, ids, pieces, sizes = columns
    if ids.count(session_id.encode()) != len(ids):
        return None
    parse = Parser().parse
    try:
        second_us = {second: parse(second.decode("ascii") + "000Z") for second in set(seconds)}
        data = list(map(b64decode, pieces, repeat(None), repeat(True)))
    except ValueError:
        return None
    if list(map(_digits, map(len, data))) != sizes:
        return None
    times = zip(seconds, milliseconds, strict=True)
    times_us = [second_us[second] + _MILLISECONDS[ms] for second, ms in times]
    return Stretch(*place, session_id, times_us, data, columns.written_bytes())


@lru_cache(maxsize=8192)  # our own entries hold 8 KiB at most
def _digits(size: int) -> bytes:
    return b"%d" % size


def _mixed(
    place: Place, text: bytes, begin: int, columns: _Columns, session_id: str
) -> Iterator[Stretch | Rest]:
    """Stretches, and around each line that is not as ours what is to be read line by line.

    The first line of the columns begins at byte `begin` of the text.
    """
    line_bytes = map(_FRAME_BYTES.__add__, columns.written_bytes())
    starts = list(accumulate(line_bytes, initial=begin))
    if begin:
        yield Rest(place.offset, text[:begin])
    # A piece with a line's end in it is more than base64: there was no seam behind its first line.
    odd = [number for number, piece in enumerate(columns.pieces) if b"\n" in piece]
    done = 0
    for number in [*odd, len(columns.pieces)]:
        at, end = starts[done], starts[number]
        if at < end:
            here = place._replace(offset=place.offset + at)
            found = _stretch(here, columns.part(done, number), session_id)
            yield found or Rest(here.offset, text[at:end])
        done = number + 1
        after = starts[done] if done < len(starts) else len(text)
        if end < after:
            yield Rest(place.offset + end, text[end:after])
