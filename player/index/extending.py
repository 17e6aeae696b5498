"""The pieces of a session's sidecar: those that still hold, and new ones for what came since.

Runs the screen engine: only to be called in a process that may die (`player.index.indexing`).
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from formats.damage import Damage
from formats.layout import parse_log_name
from formats.line import OUTPUT
from formats.place import Place
from formats.segment import log_bytes_of
from formats.stretch import Stretch
from player.index.pieces import encode_piece
from player.lines.extractor import LineExtractor
from player.lines.sizing import initial_size
from player.screen import SMALLEST_SIZE, ScreenEngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from formats.session import Session
    from formats.size import Size
    from formats.stretch import Part
    from player.index.logfiles import Signature
    from player.index.pieces import Piece, Sidecar

    Progress = Callable[[int, int], None]

PIECE_BYTES: Final = 16 << 20
"""So much of a log makes a piece, and a segment at most: what is torn costs no more."""

_WORTH_A_STATE_BYTES: Final = 1 << 20
# Less than that is extracted again sooner than it is worth a piece of its own.

_LONGEST_PAUSE_US: Final = 5_000_000
# A longer one is no activity: somebody thinks, or is away.

_HELD_BYTES: Final = 24 << 20
_ASK_EVERY: Final = 128
# Entries, of 8 KiB at most: whether a piece is full, and who waits is told how far we are.


class Extension:
    """What makes a sidecar complete: `kept_bytes` of the old file stay, new pieces come behind.

    `signature` is that of the log, taken before it is read. `size` is believed instead of what
    the log says. `progress` is told how many bytes of the log are done, and of how many.
    """

    def __init__(
        self,
        session: Session,
        old: Sidecar,
        signature: Signature,
        *,
        size: Size | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._session = session
        self._signature = signature
        self._progress = progress
        self._lengths = _Lengths(session)
        self._damage = Damage()
        self._place, self._time_us = Place(0, 0), 0
        self._active_us = 0
        self._ended = self._complete = False
        self.kept_bytes = 0
        resumed = self._all_there(old) or self._resumed(old)
        if resumed is None:
            self._extractor = LineExtractor(size or initial_size(session.entries()))
            self._rest = session.stretches(self._damage)
            if size is not None:
                self._rest = map(_without_size, self._rest)
        else:
            self._extractor, self._rest = resumed

    def _all_there(self, old: Sidecar) -> tuple[LineExtractor, Iterator[Part]] | None:
        """Nothing is to do if the log still ends where it ended when the old file became complete.

        Only its files are others then: it was sealed.
        """
        last = old.pieces[-1] if old.pieces else None
        if last is None or not last.signature:
            return None
        damage = Damage()
        rest = self._behind(last, damage)
        if rest is None or next(rest, None) is not None or damage:
            return None
        damage.count_as(last.damage)
        self._keep(last, old.whole_bytes, damage)
        self._complete = last.signature == self._signature
        return LineExtractor(SMALLEST_SIZE), rest

    def _resumed(self, old: Sidecar) -> tuple[LineExtractor, Iterator[Part]] | None:
        """Where the last state left off, if the log still is what that was made of."""
        last = next((piece for piece in reversed(old.pieces) if piece.state), None)
        if last is None:
            return None
        try:
            extractor = LineExtractor.restored(last.state)
        except (ScreenEngineError, ValueError):
            return None
        damage = Damage()
        damage.count_as(last.damage)
        rest = self._behind(last, damage)
        if rest is None:
            return None
        self._keep(last, old.resumable_bytes, damage)
        return extractor, rest

    def _behind(self, last: Piece, damage: Damage) -> Iterator[Part] | None:
        """What the log has behind a piece; None if there no longer is what the piece ended with."""
        rest = self._session.stretches(damage, last.until)
        first = next(rest, None)
        if first is None:
            return None
        place, entry = next(first.located()) if isinstance(first, Stretch) else first
        if place != last.until or entry.time_us != last.until_us:
            return None
        if isinstance(first, Stretch) and len(first.data) > 1:
            rest = chain((first.part(1),), rest)
        return rest

    def _keep(self, last: Piece, kept_bytes: int, damage: Damage) -> None:
        """The old file stays up to there, which is the end of that piece."""
        self.kept_bytes = kept_bytes
        self._damage, self._place, self._time_us = damage, last.until, last.until_us
        self._active_us = last.active_us

    def pieces(self) -> Iterator[bytes]:
        """The new pieces as they lie in the file; the last makes it complete."""
        if self._complete:  # somebody else was faster
            return
        extractor, lengths = self._extractor, self._lengths
        begun = lengths.of(self._place)
        unasked = _ASK_EVERY
        for part in self._rest:
            if isinstance(part, Stretch):
                place = Place(part.segment, part.offset)
                unasked += len(part.data)
            else:
                place = part[0]
                unasked += 1
            if unasked >= _ASK_EVERY or place.segment != self._place.segment:
                unasked = 0
                done = lengths.of(place)
                held = extractor.held_bytes > _HELD_BYTES
                whole = done - begun >= PIECE_BYTES or place.segment != self._place.segment
                if held or (whole and done - begun >= _WORTH_A_STATE_BYTES):
                    begun = done
                    yield self._settled()
                if self._progress:
                    self._progress(done, lengths.total)
            self._feed(part)
        # Behind an exit nothing comes.
        if not self._ended and lengths.of(self._place) - begun >= _WORTH_A_STATE_BYTES:
            yield self._settled()
        yield encode_piece(
            self._session.id,
            extractor.finish_settled(),
            extractor.take_markers(),
            until=self._place,
            until_us=self._time_us,
            active_us=self._active_us,
            state=b"",
            signature=self._signature,
            damage=self._damage.counts,
        )

    def _feed(self, part: Part) -> None:
        """Go on by an entry, or by many."""
        before_us, active_us = self._time_us, self._active_us
        if isinstance(part, Stretch):
            output, typed = self._extractor.output, self._extractor.typed
            for time_us, direction, data in part.steps():
                (output if direction == OUTPUT else typed)(time_us, data)
                if 0 < time_us - before_us <= _LONGEST_PAUSE_US:
                    active_us += time_us - before_us
                before_us = time_us
            self._place = part.place(len(part.data) - 1)
            self._ended = False
        else:
            self._place, entry = part
            self._ended = entry.event is not None and entry.event["type"] == "exit"
            self._extractor.feed(entry)
            if 0 < entry.time_us - before_us <= _LONGEST_PAUSE_US:
                active_us += entry.time_us - before_us
            before_us = entry.time_us
        self._time_us, self._active_us = before_us, active_us

    def _settled(self) -> bytes:
        """The lines that are settled by now, and the state in which to go on."""
        lines = self._extractor.take_settled(standing=False)
        return encode_piece(
            self._session.id,
            lines,
            self._extractor.take_markers(),
            until=self._place,
            until_us=self._time_us,
            active_us=self._active_us,
            state=self._extractor.state(),
            damage=self._damage.counts,
        )


def _without_size(part: Part) -> Part:
    """What a person says of the size at the beginning is believed more than what the log says."""
    if isinstance(part, Stretch):
        return part
    place, entry = part
    starts = entry.event is not None and entry.event["type"] == "start"
    return (place, entry._replace(event=None)) if starts else part


class _Lengths:
    """How far into the whole log a place is, in bytes before compression."""

    def __init__(self, session: Session) -> None:
        self._begin: dict[int, int] = {}
        self.total = 0
        for path in session.files():
            name = parse_log_name(path.rpartition("/")[2])
            self._begin[(name and name.number) or 0] = self.total
            try:
                self.total += log_bytes_of(path)
            except FileNotFoundError:  # sealed just now
                continue

    def of(self, place: Place) -> int:
        """The bytes before `place`."""
        begin = self._begin.get(place.segment)
        return (self._begin.get(0, 0) if begin is None else begin) + place.offset
