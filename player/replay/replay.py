"""A session to be played from any moment: the screen at a time, and what follows it.

A position is the time since the session's first entry, in microseconds, and never runs backwards.
The screen at a position is what all output up to it has drawn, that of the very same time too.
"""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Final

from formats.entry import event_size
from formats.errors import LogError, printable
from formats.stretch import Stretch
from player.replay.painter import Painter
from player.replay.passage import Passage
from player.replay.seeking import BEGINNING, SMALLEST_LOG_BYTES, Passed, Start
from player.replay.timeline import Moment
from player.screen import GRAPHEME, Screen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from formats.damage import Damage
    from formats.place import Place
    from formats.session import Session
    from formats.size import Size
    from formats.stretch import Part
    from player.replay.seeking import Found, Stored
    from player.screen import Width

    Progress = Callable[[int], None]

_HISTORY_STEPS: Final = 4
# Keyframes that are passed over, so that what scrolled off in a MiB of output can be looked at.


class Replay:
    """A session, at any moment.

    `size` is the terminal's at the beginning, in place of what the log says or lets guess; later
    resizes are honoured. `width` says how wide characters are (see `Screen`). `index`: use the
    session's keyframes, and have them made in the background where they are missing and worth it.
    Raises LogError when it holds no entry.
    """

    def __init__(
        self,
        session: Session,
        *,
        size: Size | None = None,
        width: Width = GRAPHEME,
        index: bool = True,
    ) -> None:
        self.session = session
        first = next(session.entries(), None)
        if first is None:
            raise LogError(f"{printable(session.path, 200)} holds no log entry")
        self.first = first
        """The first entry."""
        self.origin_us = first.time_us
        """Its time, in microseconds since the epoch: position 0."""
        self._asked_size = size
        self._width: Width = width
        # Keyframes are of the stated size, and of the width that is usual.
        self._wants_index = index and size is None and width == GRAPHEME
        self._passed = Passed()
        # The moment that was asked for last: what follows it is mostly asked for next.
        self._last = (0, BEGINNING)
        self._rest: Iterator[Part] = iter(())

    @cached_property
    def size(self) -> Size:
        """The terminal's size at the beginning: asked for, stated, or else inferred."""
        event = self.first.event
        size = self._asked_size or (None if event is None else event_size(event))
        if size is None:
            from player.lines.sizing import initial_size  # noqa: PLC0415  only for other writers' logs

            size = initial_size(self.session.entries())
        return size

    @property
    def duration_us(self) -> int:
        """The position of the last entry that there is now; reads the end of the log."""
        last_us = self.session.last_us()
        return 0 if last_us is None else max(0, last_us - self.origin_us)

    @property
    def hopeless(self) -> bool:
        """Whether there will be no index, for the screen engine dies of this session.

        It plays all the same, and a seek takes as long as what is before it.
        """
        from player.replay.keyframes import home_of  # noqa: PLC0415  not for a small session
        from player.replay.keying import is_hopeless  # noqa: PLC0415

        home = home_of(self.session)
        return home is not None and is_hopeless(home, self.session.id)

    def prepare(self) -> None:
        """Have keyframes made in the background where there are none, before a seek needs them."""
        _ = self._stored

    def new_screen(self, scrollback: int = 0) -> Screen:
        """The empty screen at the beginning."""
        return Screen(self.size, scrollback, self._width)

    def painter(self, screen: Screen) -> Painter:
        """What draws this session's moments on a screen of it."""
        return Painter(screen, ignore_start=self._asked_size is not None)

    def seek(
        self, position_us: int, *, scrollback: int = 0, progress: Progress | None = None
    ) -> Screen:
        """The screen at a position: a new one, the caller's own.

        With `scrollback` it also holds rows that scrolled off in the last MiB of output before
        it. Where there is no keyframe near, it is a matter of seconds: `progress` is told
        positions on the way, some every 256 KiB, and may raise to give up.
        """
        found = self._nearest(position_us, _HISTORY_STEPS if scrollback else 0)
        start = found.start if found else BEGINNING
        screen = found.screen(scrollback) if found else self.new_screen(scrollback)
        parts = self.following(start)
        if screen is None or parts is None:
            self._drop_stored()
            return self.seek(position_us, scrollback=scrollback, progress=progress)
        passage = Passage(parts, self.painter(screen), start, self.origin_us)
        for stop in passage.stops(position_us):
            self._pass(Start(stop.at_us, stop.place), screen, progress, keep=not scrollback)
        self._last = (position_us, passage.start)
        self._rest = passage.rest()
        return screen

    @property
    def reached(self) -> tuple[Place, int]:
        """The last entry that the last seek has drawn, where none came after it: place, position.

        Else the entry that comes next.
        """
        _, start = self._last
        return start.place, start.at_us

    def entries_from(self, position_us: int, damage: Damage | None = None) -> Iterator[Moment]:
        """What comes after a position, output, input and events, each with its own."""
        return (moment for _, moment in self.located(position_us, damage))

    def located(
        self, position_us: int = -1, damage: Damage | None = None
    ) -> Iterator[tuple[Place, Moment]]:
        """As `entries_from`, with the place of each entry in the log; -1: from the first on."""
        known_us, start = self._last
        if position_us != known_us:
            found = self._nearest(position_us)
            start = found.start if found else BEGINNING
        elif damage is None:
            rest, self._rest = self._rest, iter(())
            if (first := next(rest, None)) is not None:
                yield from self._moments(chain((first,), rest), start.at_us)
                return
        parts = self.following(start, damage)
        if parts is None:
            start, parts = BEGINNING, self.session.stretches()
        for place, moment in self._moments(parts, start.at_us):
            if moment.at_us > position_us:
                yield place, moment

    def after(
        self, place: Place, at_us: int, damage: Damage | None = None
    ) -> Iterator[tuple[Place, Moment]]:
        """What comes after the entry at `place`, whose position was `at_us`: to go on following."""
        for found, moment in self.located_after(Start(at_us, place), damage):
            if found != place:
                yield found, moment

    def located_after(
        self, start: Start, damage: Damage | None = None
    ) -> Iterator[tuple[Place, Moment]]:
        """The entries from a line on, with their places."""
        return self._moments(self.session.stretches(damage, start.place), start.at_us)

    def following(self, start: Start, damage: Damage | None = None) -> Iterator[Part] | None:
        """The log from a line on; None when the line there no longer is the one that it was."""
        parts = self.session.stretches(damage, start.place)
        if start.sign is None:
            return parts
        from player.replay.keyframes import sign_of  # noqa: PLC0415

        first = next(parts, None)
        if first is None:
            return None
        place, entry = next(first.located()) if isinstance(first, Stretch) else first
        if place != start.place or sign_of(entry) != start.sign:
            return None
        return chain((first,), parts)

    def _moments(self, parts: Iterable[Part], at_us: int) -> Iterator[tuple[Place, Moment]]:
        """The entries of a log, with their places; `at_us` is the position before the first."""
        origin_us = self.origin_us
        for part in parts:
            for place, entry in part.located() if isinstance(part, Stretch) else (part,):
                # Our own logs never run backwards. In others an entry is played with that before.
                at_us = max(at_us, entry.time_us - origin_us)
                yield place, Moment(at_us, entry)

    def _nearest(self, position_us: int, steps: int = 0) -> Found | None:
        """The nearest keyframe before a position, or one that is some steps earlier."""
        if position_us <= 0:  # the beginning: not to be kept waiting for an index
            return None
        passed = self._passed.before(position_us, steps)
        stored = self._stored.before(position_us, steps) if self._stored else None
        if passed is not None and stored is not None:
            return stored if stored.start.place > passed.start.place else passed
        return stored or passed

    @cached_property
    def _stored(self) -> Stored | None:
        """The session's index; None where there can be none or none is needed."""
        if not self._wants_index or self.session.log_bytes(SMALLEST_LOG_BYTES) < SMALLEST_LOG_BYTES:
            return None
        from player.replay.keyframes import Keyframes, header_of, home_of  # noqa: PLC0415
        from player.replay.seeking import Stored  # noqa: PLC0415

        home = home_of(self.session)
        if home is None:
            return None
        header = header_of(self.session.id, self.size, self.first)
        return Stored(self.session, home, Keyframes(home, self.session.id, header))

    def _drop_stored(self) -> None:
        if self._stored is not None:
            self._stored.drop()

    def _pass(self, start: Start, screen: Screen, progress: Progress | None, *, keep: bool) -> None:
        if keep:
            self._passed.keep(start, screen)
        if progress:
            progress(start.at_us)
