"""What was written, on its way to be durable: synced, or given back to be written again.

Nothing here decides what to do about a fault: that is `recorder.writer`'s.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, NamedTuple

from recorder.ring import Place, Unsynced

if TYPE_CHECKING:
    from _thread import LockType

    from formats.files import Files
    from recorder.segment import OpenSegment
    from recorder.segments import Segments

_NO_SYNC = frozenset((errno.EINVAL, errno.ENOSYS, errno.ENOTSUP))
_MOST_RETIRED = 16
_LONGEST_BACKOFF = 64


class Batch(NamedTuple):
    """What one sync covers: segments that were closed, and the open one up to a place."""

    retired: list[OpenSegment]
    current: OpenSegment
    place: Place


class Durability:
    """The lines that are not known to be durable, and the files that they are in.

    Every call but `sync` is made with the log's lock held. Where durability is not `wanted`, or the
    file system cannot sync, nothing is kept.
    """

    def __init__(self, files: Files, segments: Segments, lock: LockType, *, wanted: bool) -> None:
        self._files = files
        self._segments = segments
        self._lock = lock
        self._unsynced = Unsynced(1, 0) if wanted else None
        self._retired: list[OpenSegment] = []
        self._cuts: list[Place] = []
        self._failures = 0

    @property
    def is_due(self) -> bool:
        """Whether something is still to be made durable."""
        return bool(self._retired or (self._unsynced is not None and self._unsynced))

    @property
    def backoff(self) -> int:
        """How many times longer to wait for the next sync: one that fails costs a new file."""
        return min(1 << self._failures, _LONGEST_BACKOFF)

    def add(self, line: bytes) -> None:
        """A line was written to the open segment."""
        if self._unsynced is not None:
            self._unsynced.add(line)

    def begin(self, segment: OpenSegment) -> None:
        """What comes next is written to a new segment."""
        if self._unsynced is not None:
            self._unsynced.begin(segment.number, segment.size)

    def retire(self, segment: OpenSegment) -> None:
        """Have a segment synced before it is closed."""
        if self._unsynced is None or len(self._retired) >= _MOST_RETIRED:
            segment.close()
        else:
            self._retired.append(segment)

    def cut_later(self, place: Place) -> None:
        """Cut a closed segment back to a place, once what replaces its rest is durable."""
        self._cuts.append(place)

    def take(self) -> tuple[Place, list[bytes]] | None:
        """The lines that may be lost and where the first lies; None where none are kept."""
        return None if self._unsynced is None else self._unsynced.take()

    def next_batch(self) -> Batch | None:
        """What is to be made durable now; None where there is nothing. `sync` is next."""
        current = self._segments.current
        if self._unsynced is None or not (self._retired or self._unsynced or current.new):
            return None
        retired, self._retired = self._retired, []
        batch = Batch(retired, current, Place(current.number, current.size))
        self._unsynced.begin(*batch.place)
        return batch

    def sync(self, batch: Batch) -> None:
        """Make it durable. Takes the lock itself, but not while it waits.

        Raises OSError when it failed, which is final for these files.
        """
        try:
            for segment in (*batch.retired, batch.current):
                self._files.sync_data(segment.fd)
        except OSError as error:
            with self._lock:
                self._take_fault(error)
        else:
            self._synced(batch.current, batch.place)
        finally:
            for segment in batch.retired:
                segment.close()

    def sync_entry(self) -> None:
        """Make all that is written durable at once. Raises OSError as `sync` does."""
        current = self._segments.current
        if self._unsynced is None:
            return
        self._unsynced.begin(current.number, current.size)
        try:
            self._files.sync_data(current.fd)
            if current.new:
                self._segments.sync_folder()
        except OSError as error:
            self._take_fault(error)
            return
        current.new = False
        self._unsynced.drop_before(Place(current.number, current.size))

    def close(self) -> None:
        """Let go of the segments that were to be synced."""
        for segment in self._retired:
            segment.close()

    def _take_fault(self, error: OSError) -> None:
        if error.errno in _NO_SYNC:  # not on this file system
            self._unsynced = None
        elif self._unsynced is not None:
            self._failures += 1
            raise error

    def _synced(self, current: OpenSegment, place: Place) -> None:
        self._failures = 0
        if current.new:
            try:
                self._segments.sync_folder()
            except OSError:  # with the next one
                return
            current.new = False
        with self._lock:
            if self._unsynced is None:
                return
            dropped = self._unsynced.drop_before(place)
            cuts, self._cuts = self._cuts, []
        del dropped  # a megabyte in pieces: not while somebody waits for the lock
        for cut in cuts:
            try:
                self._segments.cut(*cut)
            except OSError:  # sealed by now: readers know by the event
                continue
