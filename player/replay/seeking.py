"""Where to begin drawing for a position: the nearest keyframe, stored or kept on the way.

Stored ones are those of the session's index (`keyframes`); they are made in the background at the
first need (`keying`). The others are made in passing, where there were no stored ones: they make
seeking fast in a file that lies anywhere, or while the index is being made.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from formats.layout import parse_log_name
from formats.place import Place
from formats.segment import log_bytes_of
from player.screen import Screen, ScreenEngineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from formats.layout import Home
    from formats.session import Session
    from player.replay.keyframes import Keyframes

SPACING_BYTES: Final = 256 << 10
"""So much of a session lies between two keyframes: what a seek costs is bytes, not time."""

LINE_BYTES: Final = 64
"""What reading a line costs beside its payload, in bytes that could be drawn meanwhile."""

SMALLEST_LOG_BYTES: Final = 1 << 20
"""What is smaller needs no stored keyframes: all of it is drawn in some 10 ms."""


class Start(NamedTuple):
    """Where reading begins: the position of the line before it, its place, and its sign.

    The sign tells whether it still is the line it was (`keyframes.sign_of`); None where there
    can be no doubt.
    """

    at_us: int
    place: Place
    sign: int | None = None


BEGINNING: Final = Start(0, Place(0, 0))


def uncovered_bytes(session: Session, place: Place, enough: int | None = None) -> int:
    """The bytes of the log behind a place, before compression.

    Counted from the end, up to `enough` of them, if given.
    """
    total = 0
    for path in reversed(session.files()):
        if enough is not None and total >= enough:
            break
        name = parse_log_name(os.path.basename(path))
        number = name.number if name else None
        if number is not None and number < place.segment:
            continue
        try:
            size_bytes = log_bytes_of(path)
        except FileNotFoundError:  # sealed just now
            continue
        total += size_bytes
        if number == place.segment or (number is None and size_bytes >= place.offset):
            total -= min(size_bytes, place.offset)
    return total


class Found(NamedTuple):
    """A start, and the screen there: a new one for each call, with so many rows of scrollback.

    None instead of the screen where the keyframe proves to be damaged.
    """

    start: Start
    screen: Callable[[int], Screen | None]


class Passed:
    """Keyframes that were kept in passing, compressed: some 3 KB each."""

    def __init__(self) -> None:
        self._starts: list[Start] = []
        self._packed: list[bytes] = []

    def keep(self, start: Start, screen: Screen) -> None:
        """Keep the screen before a line, unless it is known or no snapshot can be made now."""
        from player.replay.keyframes import pack  # noqa: PLC0415  not for a small session

        number = bisect_right(self._starts, start)
        if number and self._starts[number - 1] == start:
            return
        try:
            packed = pack(screen)
        except ScreenEngineError:
            return
        self._starts.insert(number, start)
        self._packed.insert(number, packed)

    def before(self, position_us: int, steps: int = 0) -> Found | None:
        """The last that has drawn nothing after a position, or one that is some steps earlier."""
        number = bisect_right(self._starts, position_us, key=_position) - 1 - steps
        if number < 0:
            return None

        def screen(scrollback: int) -> Screen:
            from player.replay.keyframes import unpack  # noqa: PLC0415

            return unpack(self._packed[number], scrollback)

        return Found(self._starts[number], screen)


def _position(start: Start) -> int:
    return start.at_us


class Stored:
    """The keyframes of a session's index, there or not yet."""

    def __init__(self, session: Session, home: Home, index: Keyframes) -> None:
        self._session, self._home = session, home
        self._index: Keyframes | None = index
        index.refresh()
        self._have_made(index.frames[-1].place if index.frames else BEGINNING.place)

    def before(self, position_us: int, steps: int = 0) -> Found | None:
        """As `Passed.before`."""
        index = self._index
        if index is None:
            return None
        index.refresh()
        number = index.before(position_us) - steps
        if number < 0:
            return None
        frame = index.frames[number]
        start = Start(frame.at_us, frame.place, frame.sign)

        def screen(scrollback: int) -> Screen | None:
            from player.replay.keyframes import unpack  # noqa: PLC0415

            packed = index.packed(number)
            return None if packed is None else unpack(packed, scrollback)

        return Found(start, screen)

    def drop(self) -> None:
        """What is stored is damaged or of another log: go on without, and have it made anew."""
        self._index = None
        self._have_made(BEGINNING.place)

    def _have_made(self, covered: Place) -> None:
        enough = SMALLEST_LOG_BYTES
        if uncovered_bytes(self._session, covered, enough) >= enough:
            from player.replay.keying import start_keying  # noqa: PLC0415  mostly all are there

            start_keying(self._home, self._session.id)
