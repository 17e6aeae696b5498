"""Lines that may have to be written again, or for the first time: 1 MiB of the newest of each.

Two threads use them, under the log's lock.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

RING_BYTES: Final = 1 << 20
"""A second of anything but a flood: a short fault loses nothing, and memory stays flat."""
EVENT_END: Final = b"}}\n"
"""How the line of an event ends, and no other."""
_DIRECTION = b'"direction":"input"'
# The direction's place, behind the timestamp and the session id.
_HEAD_BYTES = 120
_STAMP = slice(14, 38)


class Place(NamedTuple):
    """Where a line begins: the number of its segment and the byte in it."""

    segment: int
    offset: int


class _Batch:
    """Lines that follow each other in one segment."""

    __slots__ = ("lines", "offset", "segment")

    def __init__(self, segment: int, offset: int) -> None:
        self.segment = segment
        self.offset = offset
        self.lines: deque[bytes] = deque()


class Unsynced:
    """The newest lines that were written and are not known to be durable.

    In batches: one a segment, and a new one whenever a sync begins, so that what it covers is
    dropped at once when it has succeeded.
    """

    __slots__ = ("_batches", "_bytes", "_current")

    def __init__(self, segment: int, offset: int) -> None:
        self._current = _Batch(segment, offset)
        self._batches = deque((self._current,))
        self._bytes = 0

    def __bool__(self) -> bool:
        return self._bytes > 0

    def add(self, line: bytes) -> None:
        """A line was written behind the one before."""
        self._current.lines.append(line)
        self._bytes += len(line)
        if self._bytes > RING_BYTES:
            self._trim()

    def begin(self, segment: int, offset: int) -> None:
        """What comes next is written here; a sync that begins now covers all before it."""
        self._current = _Batch(segment, offset)
        self._batches.append(self._current)

    def drop_before(self, place: Place) -> list[_Batch]:
        """What was written before that place is durable. Gives it, to be freed without the lock."""
        dropped: list[_Batch] = []
        while self._batches[0] is not self._current:
            first = self._batches[0]
            if (first.segment, first.offset) >= place:
                break
            dropped.append(self._batches.popleft())
        self._bytes = sum(len(line) for batch in self._batches for line in batch.lines)
        return dropped

    def take(self) -> tuple[Place, list[bytes]]:
        """All lines and where the first of them lies; they are forgotten here."""
        while len(self._batches) > 1 and not self._batches[0].lines:
            self._batches.popleft()
        first = self._batches[0]
        lines = [line for batch in self._batches for line in batch.lines]
        self._batches.clear()
        self._bytes = 0
        self.begin(first.segment, first.offset)
        return Place(first.segment, first.offset), lines

    def _trim(self) -> None:
        while self._bytes > RING_BYTES:
            first = self._batches[0]
            if not first.lines:
                self._batches.popleft()
                continue
            size = len(first.lines.popleft())
            first.offset += size
            self._bytes -= size


class Waiting:
    """Lines that the disk did not take. Where there are too many the oldest are lost, and counted.

    So what was lost always lies before what is kept.
    """

    __slots__ = ("_bytes", "lines", "lost_bytes", "lost_entries", "lost_stamp")

    def __init__(self) -> None:
        self.lines: deque[bytes] = deque()
        self._bytes = 0
        self.lost_entries = self.lost_bytes = 0
        self.lost_stamp = b""
        """The time of the last line that was lost."""

    def add(self, line: bytes) -> list[bytes]:
        """Keep the newest line. Gives those that were lost for it."""
        self.lines.append(line)
        self._bytes += len(line)
        lost: list[bytes] = []
        while self._bytes > RING_BYTES and len(self.lines) > 1:
            oldest = self.lines.popleft()
            self._bytes -= len(oldest)
            self.lose(1, payload_bytes(oldest), stamp_of(oldest))
            lost.append(oldest)
        return lost

    def add_before(self, lines: Iterable[bytes]) -> list[bytes]:
        """Keep lines that come before all others. Gives those that were lost for them."""
        later, self.lines, self._bytes = self.lines, deque(), 0
        lost: list[bytes] = []
        for some in (lines, later):
            for line in some:
                lost += self.add(line)
        return lost

    def pop(self) -> None:
        """The oldest line was written."""
        self._bytes -= len(self.lines.popleft())

    def lose(self, entries: int, size: int, stamp: bytes) -> None:
        """Count what was lost before all that is kept."""
        self.lost_entries += entries
        self.lost_bytes += size
        self.lost_stamp = stamp


def payload_bytes(line: bytes) -> int:
    """How many bytes of the session a line holds, by its last field."""
    if line.endswith(EVENT_END):  # an event holds none
        return 0
    digits = line[line.rfind(b'"size":') + 7 : -2]
    return int(digits) if digits.isdigit() else 0


def stamp_of(line: bytes) -> bytes:
    """The time that a line states."""
    return line[_STAMP]


def is_input(line: bytes) -> bool:
    """Whether a line holds what was typed."""
    return line.find(_DIRECTION, 0, _HEAD_BYTES) >= 0
