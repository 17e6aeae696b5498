"""What a program says beside its text: titles, notifications, prompts; and what the log says.

Pure: output and events in, markers out. Only what a person would want to jump to is a marker: a
title whose words changed, not one whose spinner turned.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from formats.entry import Entry

INPUT, NOTIFICATION, TITLE, PROMPT, CLEAR = "input", "notification", "title", "prompt", "clear"
MARKER, RESIZE, GAP, EXIT = "marker", "resize", "gap", "exit"

LONGEST_LABEL: Final = 200
_LONGEST_SEQUENCE_BYTES: Final = 4096
_SAID_AGAIN_US: Final = 1_000_000
_MOST_HELD: Final = 100_000
# A hostile recording rings without end; each takes some 200 bytes.

# OSC strings with their terminator (BEL, ST), other strings whole, what erases the screen and RIS,
# bells that stand alone. Two alternatives that begin with a byte each: the engine looks for these
# bytes alone, several times as fast.
_SIGNAL: Final = re.compile(
    rb"\x1b(?:\]([0-9]{0,5});?([^\x07\x1b]*)(?:\x07|\x1b\\)"
    rb"|[PX^_][^\x1b]*\x1b\\"
    rb"|(\[[23]J|c))"
    rb"|\x07"
)
# Quickly found, for most output says nothing of that: any of these but a bell.
_MAY_SAY: Final = re.compile(rb"\x1b(?:\[[23]J|\]|c)")
_STRING: Final = re.compile(rb"\x1b[\]PX^_]")
# So long is the longest beginning of one that this does not find.
_LONGEST_BEGINNING: Final = 3
_BEGINNING: Final = re.compile(rb"\x1b(?:[\]PX^_][^\x07\x1b]*\x1b?|\[[23]?)?\Z")
_NO_WORD: Final = re.compile(r"\A[^\w(\[~/.]+")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]+")


class Marker(NamedTuple):
    """A moment that something happened at: microseconds since the epoch, what, its words."""

    at_us: int
    kind: str
    label: str = ""


class Signals:
    """Gathers markers in `markers`, by time, until they are taken."""

    __slots__ = ("_rest", "_said", "_title", "erased", "markers")

    def __init__(self) -> None:
        self.markers: list[Marker] = []
        self.erased = False
        """Whether all was erased since somebody set this to False."""
        self._rest = b""
        self._title = ""
        self._said = (0, "")

    def state(self) -> tuple[str, str, tuple[int, str]]:
        """What `restore` needs; markers are to be taken before."""
        return self._rest.decode("latin-1"), self._title, self._said

    def restore(self, state: Any) -> None:  # noqa: ANN401  of JSON
        """Go on where another left off."""
        rest, self._title, said = state
        self._rest, self._said = rest.encode("latin-1"), tuple(said)

    def add(self, marker: Marker) -> None:
        """Remember a moment, its label made one short line."""
        if len(self.markers) < _MOST_HELD:
            label = _CONTROL.sub(" ", marker.label).strip()[:LONGEST_LABEL]
            self.markers.append(marker._replace(label=label))

    def output(self, time_us: int, data: bytes) -> None:
        """What was written at that time, in pieces of any size."""
        if not self._rest and b"\x07" not in data:
            # Most output is plain text or says nothing but how it looks: quickly told apart.
            if b"\x1b" not in data:
                return
            if b"\x1b" not in data[-_LONGEST_BEGINNING:]:
                found = _MAY_SAY.search(data)
                if found is None:
                    return
                if not _STRING.search(data):
                    self.erased = True
                    return
        data = self._rest + data
        end = 0
        for found in _SIGNAL.finditer(data):
            end = found.end()
            number, text, erased = found.groups()
            if number is not None:
                self._string(time_us, number, text.decode(errors="replace"))
            elif erased:
                self.erased = True
            elif found[0] == b"\x07":
                self._say(time_us, "bell")
        self._rest = _begun(data, max(end, len(data) - _LONGEST_SEQUENCE_BYTES))

    def event(self, entry: Entry) -> None:
        """What the log says of itself."""
        event = entry.event or {}
        kind = event.get("type")
        if kind == MARKER:
            self.add(Marker(entry.time_us, MARKER, str(event.get("label", ""))))
        elif kind == RESIZE:
            self.add(Marker(entry.time_us, RESIZE, f"{event['cols']}x{event['rows']}"))
        elif kind == GAP:
            lost = f"{event.get('bytes', 0)} bytes lost: {event.get('reason', '')}"
            self.add(Marker(entry.time_us, GAP, lost))
        elif kind == "pause":
            self.add(Marker(entry.time_us, GAP, "recording paused"))
        elif kind == EXIT:
            words = str(event.get("reason", ""))
            if "signal" in event:
                words = f"signal {event['signal']}"
            elif "status" in event:
                words = f"exit status {event['status']}"
            self.add(Marker(entry.time_us, EXIT, words))

    def _string(self, time_us: int, number: bytes, text: str) -> None:
        if number in (b"0", b"2"):
            title = _NO_WORD.sub("", text).strip()
            if title and title != self._title:
                self._title = title
                self.add(Marker(time_us, TITLE, title))
        elif number == b"9":
            # OSC 9;4 is a progress bar (ConEmu), as are the other numbers: no words.
            if not re.match(r"\d+(;|\Z)", text):
                self._say(time_us, text)
        elif number == b"777":
            what, _, words = text.partition(";")
            if what == "notify":
                self._say(time_us, words.replace(";", ": ", 1))
        elif number == b"133" and text.startswith("A"):
            self.add(Marker(time_us, PROMPT))

    def _say(self, time_us: int, words: str) -> None:
        """A notification, unless it is one that was just given: some are sent in several ways."""
        said_us, said = self._said
        if words in (said, "bell") and time_us - said_us < _SAID_AGAIN_US:
            return
        self._said = time_us, words
        self.add(Marker(time_us, NOTIFICATION, words))


def _begun(data: bytes, start: int) -> bytes:
    """What of a sequence has begun at the end of `data`, not before `start`, and goes on."""
    last = data.rfind(b"\x1b", start)
    if last < 0:
        return b""
    # A string is ended by an escape of its own.
    for place in (data.rfind(b"\x1b", start, last), last) if data[last + 1 :] == b"" else (last,):
        begun = _BEGINNING.match(data, place) if place >= 0 else None
        if begun:
            return begun[0]
    return b""
