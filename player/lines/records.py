"""What is on record of the lines of a session until somebody takes it: each text once. Pure."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from player.lines.columns import PASSING, TRANSIENT, TYPED, Columns
from player.lines.lineblock import Settled

if TYPE_CHECKING:
    from player.lines.look import Steps

_MOST_TYPED: Final = 1000
_FLEETING_AT_ONCE: Final = 200
_FLEETING_EVERY_US: Final = 50_000
# Of what flashes, an animation has thousands: so many at once, and then one in so long.

_LINE_BYTES: Final = 400
# What a line costs beside its text.
_NOTHING: Final = Settled(b"", Columns((), (), (), (), ()))


Record = tuple[int, int, int, int, "Steps", int]
"""What is known of a text that is settled: first time in microseconds since the epoch, the place
among those that were first seen then, from top to bottom; last time, count, steps in bytes, flags
(TYPED: the user entered something on it; TRANSIENT: it never stood long enough; PASSING: when it
was last seen another value of the same counter took its place). A tuple, for of plain output there
are as many as lines."""


def record_of(
    order: int, first_us: int, last_us: int, count: int = 1, steps: Steps = (), *, flags: int = 0
) -> Record:
    """A record, the place first."""
    return first_us, order, last_us, count, steps, flags


def _joined(one: Record, other: Record) -> Record:
    """The same text at two times."""
    first_us, order, last_us, count, steps, flags = one
    if other[0] < first_us:
        first_us, order, steps = other[0], other[1], other[4]
    passing = (other[5] if other[2] >= last_us else flags) & PASSING
    joined = (flags | other[5]) & TYPED | flags & other[5] & TRANSIENT | passing
    return first_us, order, max(last_us, other[2]), count + other[3], steps, joined


class Records:
    """Gathers records by their text."""

    __slots__ = ("_fleeting_us", "_known", "_typed", "held_bytes")

    def __init__(self) -> None:
        self.held_bytes = 0
        """About how much memory they take."""
        self._known: dict[bytes, Record] = {}
        self._typed: set[bytes] = set()
        self._fleeting_us = 0

    def put(self, text: bytes, record: Record) -> None:
        """This text stood, at a time that the record says."""
        if text in self._typed:
            self._typed.discard(text)
            record = (*record[:5], record[5] | TYPED)
        known = self._known.setdefault(text, record)
        if known is record:
            self.held_bytes += _LINE_BYTES + len(text)
        else:
            self._known[text] = _joined(known, record)

    def put_transient(self, text: bytes, record: Record) -> None:
        """As `put`, of what only flashed until the record's last time; of many only some."""
        # A purse of moments: it fills with time, and each line that is kept takes from it.
        gone_us = record[2]
        self._fleeting_us = max(self._fleeting_us, gone_us - _FLEETING_AT_ONCE * _FLEETING_EVERY_US)
        if self._fleeting_us < gone_us:
            self._fleeting_us += _FLEETING_EVERY_US
            self.put(text, (*record[:5], record[5] | TRANSIENT))

    def expect_typed(self, text: bytes) -> None:
        """When this text is put for the next time, the user has entered something on it."""
        if len(self._typed) < _MOST_TYPED:
            self._typed.add(text)

    def take(self) -> Settled:
        """All of them, by the time they were first seen; forgets them."""
        taken = sorted(self._known.items(), key=itemgetter(1))
        self._known.clear()
        self.held_bytes = 0
        if not taken:
            return _NOTHING
        texts, records = zip(*taken, strict=True)
        firsts_us, _, lasts_us, counts, steps, flags = zip(*records, strict=True)
        if any(steps):
            pairs = zip(texts, steps, strict=True)
            steps = tuple([one and _in_characters(text, one) for text, one in pairs])
        text = b"\n".join((*texts, b"")).decode(errors="replace").encode()
        return Settled(text, Columns(firsts_us, lasts_us, counts, steps, flags))

    def state(self) -> dict[str, Any]:
        """What `restore` needs, for JSON, when all are taken."""
        typed = [text.decode("latin-1") for text in self._typed]
        return {"typed": typed, "fleeting_us": self._fleeting_us}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where another left off."""
        self._typed = {text.encode("latin-1") for text in state["typed"]}
        self._fleeting_us = state["fleeting_us"]


def _in_characters(text: bytes, steps: Steps) -> Steps:
    return tuple((len(text[:length].decode(errors="replace")), at_us) for length, at_us in steps)
