"""Many lines at once: stretches of output as our own writer makes it, known by their bytes.

Most lines of a log are such. Cutting and decoding them together costs a third of parsing each as
JSON, and who only wants what was written takes it from here without an object for each line. What
differs anywhere, by a blank even, is no part of a stretch: it is left to `formats.entry`, line by
line. Both ways give the same entries.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from itertools import accumulate, repeat
from operator import add
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
# Before whole lines, so that the base64 of the first lies between two seams as that of all others.
_BEFORE: Final = _TO_SIZE + b"0" + _END
_ANY_TIME: Final = b"0000-00-00T00:00:00.000"
_GROUPS: Final = 3
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
        return Place(self.segment, self.offset + self._frame_bytes() * number + said_bytes)

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
        offsets = accumulate(map(self._frame_bytes().__add__, lengths), initial=self.offset)
        same = repeat(self.session_id), repeat(OUTPUT)
        fields = zip(self.times_us(), *same, self.data, repeat(None), repeat(None))
        # Past the constructors, which are written in Python: that takes half the time.
        new = cast("Any", tuple).__new__
        places: Iterator[Place] = map(new, repeat(Place), zip(repeat(self.segment), offsets))
        entries: Iterator[Entry] = map(new, repeat(Entry), fields)
        return zip(places, entries, strict=False)  # there is a place more

    def _frame_bytes(self) -> int:
        """What a line takes beside its base64 and the digits of its size."""
        return len(_head(self.session_id)) + len(_TO_SIZE) + len(_END)


Part = Stretch | tuple[Place, Entry]
"""What a log is read as: a stretch of output, or one entry of any kind with its place."""


class Rest(NamedTuple):
    """Whole lines among which is one that belongs to no stretch: where they begin, and they."""

    offset: int
    text: bytes


def cut(segment: int, offset: int, text: bytes, session_id: str) -> Iterator[Stretch | Rest]:
    """Whole lines as stretches of output of that session, and what lies between them, in order."""
    first, *fields = _seam(session_id).split(b"".join((_BEFORE, text, _head(session_id))))
    sizes, seconds, milliseconds, written = (
        fields[group :: _GROUPS + 1] for group in range(_GROUPS + 1)
    )
    if not written:
        yield Rest(offset, text)
        return
    end = len(text) - len(written.pop())  # behind the last seam there is none of these lines
    begin = len(first) + len(_TO_SIZE) + len(sizes.pop(0)) + len(_END) - len(_BEFORE)
    del seconds[-1], milliseconds[-1]
    if begin:
        yield Rest(offset, text[:begin])
    if written:
        lines = Stretch(
            segment, offset + begin, session_id, [], written, sizes, seconds, milliseconds
        )
        data = _decoded(written)
        if len(data) == len(written):
            yield _checked(lines, data) or Rest(offset + begin, text[begin:end])
        else:
            yield from _mixed(lines, data, Rest(offset, text))
    if end < len(text):
        yield Rest(offset + end, text[end:])


def _mixed(lines: Stretch, data: list[bytes], whole: Rest) -> Iterator[Stretch | Rest]:
    """As `cut`, where `data` are not all lines, for one of them is not as ours."""
    while True:
        behind = lines.part(len(data))
        if data:
            yield _checked(lines.part(0, len(data)), data) or _between(whole, lines, behind)
        if not behind.written:
            return
        # This is no base64. Mostly that is two lines, of which the first has no seam behind it.
        lines = behind.part(1)
        yield _between(whole, behind, lines)
        data = _decoded(lines.written)


def _between(whole: Rest, first: Stretch, behind: Stretch) -> Rest:
    begin, end = first.offset - whole.offset, behind.offset - whole.offset
    return Rest(first.offset, whole.text[begin:end])


def _checked(lines: Stretch, data: list[bytes]) -> Stretch | None:
    """The lines with what they hold; None when one of them is not what it seems."""
    try:
        for second in set(lines.seconds):
            _second_us(second)
    except ValueError:
        return None
    # To write what they should say takes less time than to read what they say.
    sizes = b"%d," * len(data) % tuple(map(len, data))
    return lines._replace(data=data) if sizes == b",".join((*lines.sizes, b"")) else None


def _decoded(written: list[bytes]) -> list[bytes]:
    """What is written in base64, up to the first that is none."""
    found: list[bytes] = []
    with suppress(ValueError):
        found.extend(map(b64decode, written, repeat(None), repeat(True)))
    return found


@lru_cache(maxsize=16)
def _head(session_id: str) -> bytes:
    """A line up to its base64; the time does not matter, only how long it is."""
    return _HEAD + _ANY_TIME + _TO_SESSION + session_id.encode() + _TO_DATA


@lru_cache(maxsize=16)  # to make one takes 0.3 ms
def _seam(session_id: str) -> re.Pattern[bytes]:
    """The end of one line and the head of the next."""
    session = re.escape(_TO_SESSION + session_id.encode() + _TO_DATA)
    head = re.escape(_HEAD) + rb"(.{20})([0-9]{3})" + session
    return re.compile(re.escape(_TO_SIZE) + rb"([0-9]{1,7})" + re.escape(_END) + head, re.DOTALL)


@lru_cache(maxsize=256)
def _second_us(second: bytes) -> int:
    """The time of `2026-02-07T18:15:32.` since the epoch. Raises ValueError."""
    return Parser().parse(second.decode("ascii") + "000Z")
