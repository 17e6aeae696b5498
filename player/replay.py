"""A session to be played from any moment: the screen at a time, and what follows it.

A position is the time since the session's first entry, in microseconds, and never runs backwards.
The screen at a position is what all output up to it has drawn, that of the very same time too.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from formats.entry import OUTPUT, event_size
from formats.errors import LogError, printable
from formats.session import Place
from player.screen import Screen
from player.sizing import initial_size
from player.timeline import Moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from formats.session import Damage, Session
    from formats.size import Size

_FED_AT_ONCE_BYTES: Final = 1 << 20


class Start(NamedTuple):
    """Where reading begins: the place of a line, and the position of the line before it."""

    at_us: int
    place: Place


_BEGINNING: Final = Start(0, Place(0, 0))


class Replay:
    """A session, at any moment.

    `size` is the terminal's at the beginning, in place of what the log says or lets guess; later
    resizes are honoured. Raises LogError when the session holds no entry.
    """

    def __init__(self, session: Session, *, size: Size | None = None, index: bool = True) -> None:
        self.session = session
        self.indexed = index
        first = next(session.entries(), None)
        if first is None:
            raise LogError(f"{printable(session.path, 200)} holds no log entry")
        self.origin_us = first.time_us
        """The time of the first entry, in microseconds since the epoch."""
        self._first = first
        self._asked_size = size
        # The moment that was asked for last: what follows it is mostly asked for next.
        self._last = (0, _BEGINNING)

    @cached_property
    def size(self) -> Size:
        """The terminal's size at the beginning: asked for, stated, or else inferred."""
        event = self._first.event
        stated = None if event is None else event_size(event)
        return self._asked_size or stated or initial_size(self.session.entries())

    @property
    def duration_us(self) -> int:
        """The position of the last entry that there is now; reads the end of the log."""
        last_us = self.session.last_us()
        return 0 if last_us is None else max(0, last_us - self.origin_us)

    def seek(self, position_us: int) -> Screen:
        """The screen at a position: a new one, the caller's own."""
        screen, start = Screen(self.size), _BEGINNING
        drawing = _Joined(screen, ignore_start=self._asked_size is not None)
        after = start
        for place, moment in self._from(start):
            if moment.at_us > position_us:
                after = Start(after.at_us, place)
                break
            drawing.draw(moment)
            after = Start(moment.at_us, place)
        drawing.flush()
        self._last = (position_us, after)
        return screen

    def entries_from(self, position_us: int, damage: Damage | None = None) -> Iterator[Moment]:
        """What comes after a position, output, input and events, each with its own."""
        return (moment for _, moment in self.located(position_us, damage))

    def located(
        self, position_us: int = -1, damage: Damage | None = None
    ) -> Iterator[tuple[Place, Moment]]:
        """As `entries_from`, with the place of each entry in the log; -1: from the first on."""
        known_us, start = self._last
        if position_us < known_us:
            start = _BEGINNING
        for place, moment in self._from(start, damage):
            if moment.at_us > position_us:
                yield place, moment

    def after(
        self, place: Place, at_us: int, damage: Damage | None = None
    ) -> Iterator[tuple[Place, Moment]]:
        """What comes after the entry at `place`, whose position was `at_us`: to go on following."""
        for found, moment in self._from(Start(at_us, place), damage):
            if found != place:
                yield found, moment

    def _from(self, start: Start, damage: Damage | None = None) -> Iterator[tuple[Place, Moment]]:
        at_us = start.at_us
        for place, entry in self.session.located(damage, start.place):
            # Our own logs never run backwards. In others an entry is played with that before it.
            at_us = max(at_us, entry.time_us - self.origin_us)
            yield place, Moment(at_us, entry)


class _Joined:
    """Feeds a screen what many entries hold at once: each call of the engine has its price."""

    __slots__ = ("_bytes", "_ignore_start", "_pieces", "screen")

    def __init__(self, screen: Screen, *, ignore_start: bool = False) -> None:
        self.screen = screen
        self._ignore_start = ignore_start
        self._pieces: list[bytes] = []
        self._bytes = 0

    def draw(self, moment: Moment) -> None:
        """Note what the moment draws; resizes happen at their place."""
        entry = moment.entry
        if entry.event is not None:
            size = event_size(entry.event)
            if size is not None and not (self._ignore_start and entry.event["type"] == "start"):
                self.flush()
                self.screen.resize(size)
        if entry.data and entry.direction == OUTPUT:
            self._pieces.append(entry.data)
            self._bytes += len(entry.data)
            if self._bytes >= _FED_AT_ONCE_BYTES:
                self.flush()

    def flush(self) -> None:
        """Draw what was noted."""
        if self._pieces:
            self.screen.feed(b"".join(self._pieces))
            self._pieces.clear()
            self._bytes = 0


def draw(screen: Screen, moments: Iterable[Moment]) -> None:
    """Draw moments on a screen as the terminal did: their output, and their sizes."""
    drawing = _Joined(screen)
    for moment in moments:
        drawing.draw(moment)
    drawing.flush()
