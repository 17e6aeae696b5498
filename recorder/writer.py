"""Lines into segments: rotation, durability, and what to do when the disk fails.

A fault never reaches the session. What cannot be written is kept, 1 MiB of the newest, and written
when the disk takes it again; what was lost is stated in a `gap` event. A failed sync is final for
its file: the kernel has dropped what it could not write and forgets to say so the next time, so
what is not known to be durable is written again, to a new segment.
"""

from __future__ import annotations

import errno
import time
from _thread import allocate_lock
from typing import TYPE_CHECKING, Any

from recorder.durability import Durability
from recorder.ring import EVENT_END, Place, Waiting, is_input, payload_bytes, stamp_of
from recorder.segments import Segments

if TYPE_CHECKING:
    from collections.abc import Callable

    from formats.files import Files
    from formats.layout import Home
    from recorder.segment import OpenSegment
    from recorder.sums import Sums

_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
# Ten tries a second for three seconds, then one a second.
_RETRY_S, _LATER_S, _QUICK_TRIES = 0.1, 1.0, 30
# There is no later then; nobody waits long for a disk that is broken.
_LAST_TRIES, _LAST_PAUSE_S = 5, 0.02


class Writer:
    """Owns the log's files. Every call but `sync` is made with `lock` held."""

    def __init__(
        self,
        *,
        files: Files,
        home: Home,
        session_id: str,
        rotate_bytes: int,
        keeps_unsynced: bool,
        sums: Sums,
        encode: Callable[[dict[str, Any], bytes | None], bytes],
        on_rotated: Callable[[], None],
        on_fault: Callable[[], None],
    ) -> None:
        self.lock = allocate_lock()
        self.entries = self.lost_input_bytes = self.lost_output_bytes = 0
        self.fault: str | None = None
        """Why the log could not be written, the first time; None if it always could."""
        self.failing = False
        self.has_gaps = False
        """Whether something is lost for good."""
        self._segments = Segments(files, home, session_id)
        self._rotate_bytes = rotate_bytes
        self._encode = encode
        self._on_rotated = on_rotated
        self._on_fault = on_fault
        self._sums = sums
        self._size_fields: dict[str, Any] = {}
        self._waiting = Waiting()
        self._durability = Durability(files, self._segments, self.lock, wanted=keeps_unsynced)
        self._resumes: Place | None = None
        self._broken = False
        self._reason = ""
        self._tries = 0
        self._retry_at = 0.0
        sums.open(1, self._segments.current)

    @property
    def current(self) -> OpenSegment:
        """The open segment."""
        return self._segments.current

    @property
    def log_bytes(self) -> int:
        """The bytes of all segments."""
        return self._segments.closed_bytes + self._segments.current.size

    @property
    def is_unsynced(self) -> bool:
        """Whether something is still to be made durable."""
        return self._durability.is_due

    @property
    def backoff(self) -> int:
        """How many times longer to wait for the next sync."""
        return self._durability.backoff

    def has_size(self, cols: int, rows: int) -> None:
        """What later segments state."""
        self._size_fields = {"cols": cols, "rows": rows}

    def write(self, line: bytes, payload: int) -> None:
        """Write a line, now or when it is possible."""
        self.entries += 1
        if self.failing:
            self._note_lost(self._waiting.add(line))
            return
        segment = self._segments.current
        try:
            if segment.size >= self._rotate_bytes:
                self._rotate()  # not before there is more to write: the exit is the last of all
                segment = self._segments.current
            segment.append(line, payload)
        except OSError as error:
            self._note_lost(self._waiting.add(line))
            self._fail(error)
            return
        self._durability.add(line)
        self._sums.advance(segment.size)

    def look(self) -> None:
        """See whether the log still lies where it was, whole; try again what has failed."""
        if self.failing:
            if time.monotonic() >= self._retry_at:
                self.recover()
            return
        try:
            why = self._segments.current.astray()
        except OSError:
            return
        if why is not None:
            self._note_fault(why)
            self.recover()

    def recover(self) -> bool:
        """Try to write what waits; true when all of it is written."""
        self._tries += 1
        self._retry_at = time.monotonic() + (_RETRY_S if self._tries < _QUICK_TRIES else _LATER_S)
        try:
            self._settle()
            self._state_gap()
            self._drain()
        except OSError as error:
            self.failing = True
            self._note_error(error)
            return False
        self.failing = self._broken = False
        self._tries = 0
        return True

    def sync(self) -> None:
        """Make durable what was written by now. Takes the lock itself, but not while it waits."""
        with self.lock:
            batch = None if self.failing else self._durability.next_batch()
        if batch is None:
            return
        try:
            self._durability.sync(batch)
        except OSError as error:
            with self.lock:
                self._distrust(error)

    def sync_entry(self) -> None:
        """Make the newest entry durable, before anything else is done: `sync = "each"`."""
        if self.failing:
            return
        try:
            self._durability.sync_entry()
        except OSError as error:
            self._distrust(error)

    def close(self) -> None:
        """The last try, and the end."""
        for _ in range(_LAST_TRIES):
            if not self.failing or self.recover():
                break
            time.sleep(_LAST_PAUSE_S)
        else:
            self._give_up()
        self._durability.close()
        self._segments.current.close()

    def _give_up(self) -> None:
        """Say at least what is lost, and how it ended: a full disk has room for two short lines.

        They fit behind the last line, in a block that the file has already, or else into one that
        is given back for them.
        """
        waiting = self._waiting
        lines = list(waiting.lines)
        last = lines.pop() if lines and lines[-1].endswith(EVENT_END) else None
        self._note_lost(lines)
        waiting.lines.clear()
        for line in lines:
            waiting.lose(1, payload_bytes(line), stamp_of(line))
        if self._broken or self._resumes is not None:
            self._note_lost([last] if last else [])
            return
        for again in (False, True):
            try:
                if again:
                    self._segments.make_room()
                self._segments.current.cut_back()
                self._state_gap()
                if last is not None:
                    self._append(last)
            except OSError:
                continue
            return
        try:
            self._segments.current.cut_back()
        except OSError:
            pass
        self._note_lost([last] if last else [])

    def remove(self) -> None:
        """Undo everything: the session never began."""
        self._segments.current.remove()

    def _distrust(self, error: OSError) -> None:
        """The file is not believed any more: what may not be in it goes to a new one."""
        self._take_back()
        self._fail(error)
        self.recover()

    def _take_back(self) -> None:
        """Have all that is not known to be durable written again."""
        taken = self._durability.take()
        if taken is not None:
            self._resumes, lines = taken
            self._note_lost(self._waiting.add_before(lines))

    def _settle(self) -> None:
        """Have a file that can be appended to."""
        segment = self._segments.current
        if self._resumes is not None:
            self._resume(self._resumes)
            return
        if self._broken:
            self._durability.retire(self._next(self._resume_stamp(), None))
            return
        segment.cut_back()
        why = segment.astray()
        if why is not None:
            self._leave(segment, why)

    def _resume(self, place: Place) -> None:
        old = self._next(self._resume_stamp(), None, resumes=place)
        if old.number == place.segment:
            self._segments.closed_bytes -= old.size - place.offset
        self.entries -= old.number - place.segment  # the first lines of what is replaced whole
        self._resumes = None
        self._durability.cut_later(place)
        old.close()

    def _leave(self, segment: OpenSegment, why: str) -> None:
        """Go on in a new segment; what others did to the old one is stated as a gap."""
        size, entries, lost_bytes = segment.seen
        in_place = segment.is_in_place()
        if in_place:
            entries, lost_bytes = segment.lost()
        # Written since it was last seen: still to be had, though the file may have no name.
        later = iter(()) if in_place else segment.lines(size)
        first = next(later, None)
        stamp = self._resume_stamp() if first is None else stamp_of(first)
        self._next(stamp, None)
        left = segment.file_bytes() if in_place else 0
        self._segments.closed_bytes -= segment.size - left
        self.entries -= entries
        self.lost_output_bytes += lost_bytes
        try:
            self._append_gap(entries, lost_bytes, why, stamp)
            while first is not None:
                self._append(first)
                first = next(later, None)
        except OSError:
            self._note_lost(self._waiting.add_before(later if first is None else (first, *later)))
            raise
        finally:
            self._durability.retire(segment)

    def _next(
        self, stamp: bytes | None, previous_sha256: str | None, resumes: Place | None = None
    ) -> OpenSegment:
        """Begin a new segment; the old one. Raises OSError when nothing has changed."""
        event: dict[str, Any] = {**self._size_fields, "previous_sha256": previous_sha256}
        if resumes is not None:
            event |= {"resumes_segment": resumes.segment, "resumes_offset": resumes.offset}
        old = self._segments.begin_next(
            lambda number: self._encode({"type": "segment", "number": number, **event}, stamp)
        )
        self.entries += 1
        new = self._segments.current
        self._durability.begin(new)
        self._sums.open(new.number, new)
        self._on_rotated()
        return old

    def _rotate(self) -> None:
        """Go on in a new segment, or as before."""
        size = self._segments.current.size
        sha256 = self._sums.close_segment(size)
        try:
            self._durability.retire(self._next(self._resume_stamp(), sha256))
        except OSError as error:
            if self._segments.misplaced:
                raise
            self._note_fault(error.strerror or "write error")
            self._rotate_bytes += size  # try again after as much again

    def _state_gap(self) -> None:
        waiting = self._waiting
        stamp = self._resume_stamp()
        self._append_gap(waiting.lost_entries, waiting.lost_bytes, self._reason, stamp)
        waiting.lost_entries = waiting.lost_bytes = 0

    def _append_gap(self, entries: int, size: int, reason: str, stamp: bytes | None) -> None:
        if entries:
            self.has_gaps = True
            event = {"type": "gap", "entries": entries, "bytes": size, "reason": reason}
            self._append(self._encode(event, stamp))
            self.entries += 1

    def _drain(self) -> None:
        while self._waiting.lines:
            if self._segments.current.size >= self._rotate_bytes:
                self._rotate()
            self._append(self._waiting.lines[0])
            self._waiting.pop()

    def _append(self, line: bytes) -> None:
        self._segments.current.append(line, payload_bytes(line))
        self._durability.add(line)

    def _resume_stamp(self) -> bytes | None:
        """The time of the first thing that waits: nothing that goes before it may be later."""
        waiting = self._waiting
        if waiting.lost_entries and waiting.lost_stamp:
            return waiting.lost_stamp
        return stamp_of(waiting.lines[0]) if waiting.lines else None

    def _fail(self, error: OSError) -> None:
        self.failing = True
        self._retry_at = time.monotonic() + _RETRY_S
        self._note_fault(error.strerror or "write error")
        self._note_error(error)
        try:
            self._segments.current.cut_back()
        except OSError:  # tried again before anything else is written
            return

    def _note_error(self, error: OSError) -> None:
        self._reason = error.strerror or "write error"
        self._broken = error.errno not in _FULL or self._segments.misplaced
        if self._broken and self._resumes is None:  # more than one line may be lost
            self._take_back()

    def _note_fault(self, reason: str) -> None:
        self._reason = reason
        self.fault = self.fault or reason
        self._on_fault()

    def _note_lost(self, lines: list[bytes]) -> None:
        self.entries -= len(lines)
        self.has_gaps = self.has_gaps or bool(lines)
        for line in lines:
            if is_input(line):
                self.lost_input_bytes += payload_bytes(line)
            else:
                self.lost_output_bytes += payload_bytes(line)
