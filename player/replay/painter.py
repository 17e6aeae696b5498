"""Draws moments of a session on a screen as the terminal did: their output, and their sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from formats.entry import OUTPUT, event_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from player.replay.timeline import Moment
    from player.screen import Screen

_FED_AT_ONCE_BYTES: Final = 1 << 20


class Painter:
    """Joins what many entries hold, since each call of the engine has its price; `flush` draws it.

    `ignore_start`: the size that the session's first event states is not to be believed.
    """

    __slots__ = ("_bytes", "_ignore_start", "_pieces", "screen")

    def __init__(self, screen: Screen, *, ignore_start: bool = False) -> None:
        self.screen = screen
        self._ignore_start = ignore_start
        self._pieces: list[bytes] = []
        self._bytes = 0

    def add(self, moment: Moment) -> None:
        """Note what the moment draws; the size changes at its place."""
        _, _, direction, data, event, _ = moment.entry
        if event is not None:
            size = event_size(event)
            if size is not None and not (self._ignore_start and event["type"] == "start"):
                self.flush()
                self.screen.resize(size)
        if data and direction == OUTPUT:
            self.draw((data,))

    def draw(self, pieces: Sequence[bytes]) -> None:
        """Note output."""
        self._pieces += pieces
        self._bytes += sum(map(len, pieces))
        if self._bytes >= _FED_AT_ONCE_BYTES:
            self.flush()

    def flush(self) -> None:
        """Draw what was noted."""
        if self._pieces:
            self.screen.feed(b"".join(self._pieces))
            self._pieces.clear()
            self._bytes = 0


def paint(screen: Screen, moments: Iterable[Moment]) -> None:
    """Draw moments on a screen."""
    painter = Painter(screen)
    for moment in moments:
        painter.add(moment)
    painter.flush()
