"""What stood on the screen of an export, moment by moment: entries in, screens to look at out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from formats.entry import OUTPUT, event_size
from formats.errors import LogError
from player.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from formats.entry import Entry

_REST_US: Final = 8_000
# Programs write a frame in one go: what stands shorter is half of one.

_PURSE: Final = 2000
_PURSE_PER_S: Final = 100
# Moments that are seen whatever comes after them: so many at once, and so many more each second.

_LONGEST_UPDATE_US: Final = 1_000_000
# Terminals stop waiting for the end of a synchronized update after about a second.


class Shot(NamedTuple):
    """The screen as it stood from `at_us`, microseconds since the beginning, on."""

    at_us: int
    screen: Screen


class Mark(NamedTuple):
    """A named moment."""

    at_us: int
    label: str


class Shots:
    """The looks at a session whose entries are `player.exporting.preparing.prepared`.

    What stood for `every_us` or longer is always seen; of what changes sooner there is a look each
    `every_us`, at a moment of rest if there is one, and not in the middle of an update that the
    program declares (mode 2026). `exact`: every moment is seen, as a player would show it that
    stops there, except in a flood. To be iterated once.
    """

    def __init__(self, entries: Iterable[Entry], every_us: int, *, exact: bool = False) -> None:
        self._entries = iter(entries)
        first = next(self._entries, None)
        size = None if first is None or first.event is None else event_size(first.event)
        if first is None or size is None:
            raise LogError("there is nothing in this part of the session")
        self.start = first
        self._every_us = every_us
        self._exact = exact
        self._held_us: int | None = None
        self._purse, self._filled_us = float(_PURSE), 0
        self.screen = Screen(size)
        self.marks: list[Mark] = []
        """Those that were passed so far."""
        self.end_us = 0
        """The time of the last entry that was passed."""

    def __iter__(self) -> Iterator[Shot]:
        """The looks, each to be used before the next is taken."""
        pieces: list[bytes] = []
        dirty_us: int | None = None
        drawn_us = 0
        for entry in self._entries:
            at_us = max(self.end_us, entry.time_us - self.start.time_us)
            if dirty_us is not None and at_us > drawn_us:
                self._feed(pieces)
                if self._is_due(at_us, drawn_us, dirty_us):
                    yield Shot(drawn_us, self.screen)
                    dirty_us = None
            self.end_us = at_us
            event = entry.event
            if event is not None:
                size = event_size(event)
                if size is not None:
                    self._feed(pieces)
                    self.screen.resize(size)
                elif event["type"] == "marker":
                    self.marks.append(Mark(at_us, str(event.get("label", ""))))
                if size is None:
                    continue
            elif entry.direction != OUTPUT:
                continue
            pieces.append(entry.data)
            drawn_us = at_us
            dirty_us = at_us if dirty_us is None else dirty_us
        if dirty_us is not None:
            self._feed(pieces)
            yield Shot(drawn_us, self.screen)

    def _feed(self, pieces: list[bytes]) -> None:
        if pieces:
            self.screen.feed(b"".join(pieces))
            pieces.clear()

    def _is_due(self, at_us: int, drawn_us: int, dirty_us: int) -> bool:
        """Whether what was drawn is to be looked at, when the next entry comes at `at_us`."""
        if self._exact and self._spend(drawn_us):
            return True
        stands_us, waits_us = at_us - drawn_us, at_us - dirty_us
        if not self.screen.state().synchronized:
            self._held_us = None
        else:
            self._held_us = drawn_us if self._held_us is None else self._held_us
            if at_us - self._held_us < _LONGEST_UPDATE_US:
                return False
        if stands_us >= self._every_us:
            return True
        return waits_us >= self._every_us and (
            stands_us >= _REST_US or waits_us >= 2 * self._every_us
        )

    def _spend(self, now_us: int) -> bool:
        self._purse += (now_us - self._filled_us) * _PURSE_PER_S / 1e6
        self._purse = min(self._purse, _PURSE)
        self._filled_us = now_us
        if self._purse < 1:
            return False
        self._purse -= 1
        return True
