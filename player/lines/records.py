"""What is on record of the lines of a session until somebody takes it: each text once. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from player.lines.look import Steps

_MOST_TYPED: Final = 1000
_FLEETING_AT_ONCE: Final = 200
_FLEETING_EVERY_US: Final = 50_000
# Of what flashes, an animation has thousands: so many at once, and then one in so long.

_LINE_BYTES: Final = 400
# What a line costs beside its text.


class Record:
    """What is known of a text that is settled. Times are microseconds since the epoch.

    `order` is the place among those that were first seen at the same time, from top to bottom.
    `typed`: the user entered something on it. `transient`: it never stood long enough.
    `passing`: when it was last seen another value of the same counter took its place.
    """

    __slots__ = ("count", "first_us", "last_us", "order", "passing", "steps", "transient", "typed")

    def __init__(
        self, order: int, first_us: int, last_us: int, count: int = 1, steps: Steps = ()
    ) -> None:
        self.order = order
        self.first_us = first_us
        self.last_us = last_us
        self.count = count
        self.steps = steps
        self.typed = self.transient = self.passing = False

    def add(self, other: Record) -> None:
        """The same text at another time."""
        if other.first_us < self.first_us:
            self.order, self.first_us, self.steps = other.order, other.first_us, other.steps
        if other.last_us >= self.last_us:
            self.last_us, self.passing = other.last_us, other.passing
        self.count += other.count
        self.typed |= other.typed
        self.transient &= other.transient


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
            record.typed = True
        known = self._known.setdefault(text, record)
        if known is record:
            self.held_bytes += _LINE_BYTES + len(text)
        else:
            known.add(record)

    def put_transient(self, text: bytes, record: Record) -> None:
        """As `put`, of what only flashed until the record's last time; of many only some."""
        # A purse of moments: it fills with time, and each line that is kept takes from it.
        gone_us = record.last_us
        self._fleeting_us = max(self._fleeting_us, gone_us - _FLEETING_AT_ONCE * _FLEETING_EVERY_US)
        if self._fleeting_us < gone_us:
            self._fleeting_us += _FLEETING_EVERY_US
            record.transient = True
            self.put(text, record)

    def expect_typed(self, text: bytes) -> None:
        """When this text is put for the next time, the user has entered something on it."""
        if len(self._typed) < _MOST_TYPED:
            self._typed.add(text)

    def take(self) -> list[tuple[bytes, Record]]:
        """All of them, by the time they were first seen; forgets them."""
        taken = sorted(self._known.items(), key=_when)
        self._known.clear()
        self.held_bytes = 0
        return taken

    def state(self) -> dict[str, Any]:
        """What `restore` needs, for JSON, when all are taken."""
        typed = [text.decode("latin-1") for text in self._typed]
        return {"typed": typed, "fleeting_us": self._fleeting_us}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where another left off."""
        self._typed = {text.encode("latin-1") for text in state["typed"]}
        self._fleeting_us = state["fleeting_us"]


def _when(item: tuple[bytes, Record]) -> tuple[int, int]:
    return item[1].first_us, item[1].order
