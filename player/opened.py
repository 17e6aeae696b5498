"""A recorded session for programs: what `player.open` gives."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from formats.layout import Home
from formats.meant import resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formats.damage import Damage
    from formats.entry import Entry
    from formats.session import Session
    from player.lines.extractor import ScreenLine
    from player.replay.replay import Replay
    from player.screen import Screen

_US_PER_S = 1_000_000


class OpenedSession:
    """One session. Nothing is read before it is asked for; a live one grows while it is open."""

    def __init__(self, home: Home, session: Session) -> None:
        self._home = home
        self._session = session

    @classmethod
    def named(cls, session: str, home: str | None = None) -> OpenedSession:
        """See `player.open`."""
        where = Home.of(os.environ, home)
        return cls(where, resolve(where, session))

    @property
    def id(self) -> str:
        """The session's id."""
        return self._session.id

    @cached_property
    def _replay(self) -> Replay:
        from player.replay.replay import Replay  # noqa: PLC0415  the screen engine: events need none

        return Replay(self._session)

    @property
    def duration_s(self) -> float:
        """Seconds from the first entry to the last that there is now."""
        return self._replay.duration_us / _US_PER_S

    def events(self, damage: Damage | None = None) -> Iterator[Entry]:
        """Every whole entry of the log, in order.

        `time_us` counts from the epoch, `data` are the bytes, `event` is the object of a line
        without bytes. What is damaged is skipped, and counted in `damage`.
        """
        return self._session.entries(damage)

    def screen_at(self, at_s: float) -> Screen:
        """The screen `at_s` seconds after the first entry: its `text()`, `rows()`, `cursor`.

        Raises ScreenEngineError where there is no screen engine, LogError for an empty log.
        """
        return self._replay.seek(max(0, round(at_s * _US_PER_S)))

    def lines(self) -> Iterator[ScreenLine]:
        """Every line of text that stood on the screen, by the time it first stood there."""
        from player.index.sidecar import lines_of  # noqa: PLC0415  as above

        return lines_of(self._home, self._session)
