"""The moments of a session that have names, and places as a person types them at `:`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from formats.errors import LogError, printable
from formats.files import FILES
from player.position import Place, Span, TimeError, parse

if TYPE_CHECKING:
    from formats.layout import Home

PLACE = ".place"
"""Beside the log: where `Q` left the player, in microseconds since the first entry."""

# Where `[` and `]` stop; a resize or a new title is to be seen on the timeline, but no place to go.
STOPS = frozenset(("marker", "input", "prompt", "notification", "exit"))


class Moment(NamedTuple):
    """A marker: microseconds since the session's first entry."""

    at_us: int
    kind: str
    label: str


class Places(NamedTuple):
    """A session's first moment (since the epoch), its known end (since the first), its markers."""

    origin_us: int
    end_us: int
    moments: tuple[Moment, ...] = ()

    def stops(self) -> list[int]:
        """Where `[` and `]` stop, in order, each once."""
        return sorted({moment.at_us for moment in self.moments if moment.kind in STOPS})

    def label_at(self, at_us: int) -> str:
        """What the markers at a moment are called."""
        found = [one for one in self.moments if one.at_us == at_us and one.kind in STOPS]
        return ", ".join(one.label or one.kind for one in found)

    def span(self) -> Span:
        """The session from its first to its last moment."""
        return Span(self.origin_us, self.origin_us + self.end_us)


def place_of(text: str, here_us: int, places: Places) -> int:
    """The moment that `text` means: `1:30`, `50%`, `18:15:32`, `+10s`, `-1:00`, `marker:NAME`.

    TimeError says what is wrong with it.
    """
    if text.startswith("marker:"):
        return _marker(text.removeprefix("marker:"), here_us, places)
    if text[:1] in "+-":
        place = parse(text[1:])
        if place.elapsed_us is None:
            message = f"{text!r} is no length of time: write +10, +10s or +1:30"
            raise TimeError(message)
        return here_us + place.elapsed_us * (1 if text[0] == "+" else -1)
    return parse(text).position_us(places.span())


def _marker(name: str, here_us: int, places: Places) -> int:
    """The next marker of that name after `here_us`, else the first; a part of its name will do."""
    wanted = name.casefold()
    named = [one for one in places.moments if one.kind in STOPS and one.label]
    found = [one.at_us for one in named if one.label.casefold() == wanted]
    found = found or [one.at_us for one in named if wanted in one.label.casefold()]
    if not found:
        labels = ", ".join(dict.fromkeys(one.label for one in named if one.kind == "marker"))
        message = f"no marker is called {name!r}" + (f": there are {labels}" if labels else "")
        raise TimeError(message)
    return min((at_us for at_us in found if at_us > here_us), default=min(found))


def write_place(home: Home, session_id: str, at_us: int) -> None:
    """Remember a place for `--resume`. Raises LogError when it cannot be written."""
    home.create()
    path = _place_path(home, session_id)
    try:
        FILES.replace(path, b"%d\n" % at_us)
    except OSError as error:
        raise LogError(f"cannot write {printable(path, 200)}: {error.strerror}") from None


def read_place(home: Home, session_id: str) -> Place | None:
    """The place that was remembered; None if there is none."""
    try:
        with open(_place_path(home, session_id), "rb") as file:
            digits = file.read(32).strip()
    except OSError:
        return None
    return Place("--resume", elapsed_us=int(digits)) if digits.isdigit() else None


def _place_path(home: Home, session_id: str) -> str:
    return os.path.join(home.logs, session_id + PLACE)
