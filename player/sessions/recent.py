"""What a session that is being recorded is at: from the end of its log, whatever program it runs.

`recent` reads that end, `waits` judges. What counts is what any program may say to a terminal:
notifications, prompts (OSC 133), a title whose spinner turns; and whether anything comes at all.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

from formats.damage import Damage
from formats.line import INPUT, OUTPUT
from formats.place import Place
from formats.segment import last_line_start, open_segment, read_segment
from player.lines.signals import NOTIFICATION, TITLE, Signals

if TYPE_CHECKING:
    from collections.abc import Iterable

    from formats.entry import Entry
    from formats.session import Session

_QUIET_US: Final = 10_000_000
"""A program that wrote nothing for so long is taken to wait: most show that they are at work."""
_QUIET_AND_SAID_SO_US: Final = 1_500_000
_SPINNER_TURNS: Final = 2

_SEQUENCE: Final = re.compile(
    rb"\x1b\](?:[02];([^\x07\x1b]*)|133;([A-D])[^\x07\x1b]*)(?:\x07|\x1b\\)"
)


class Recent(NamedTuple):
    """What the end of a log tells; times in microseconds since the epoch, 0 for never.

    `notified_us`, `notification`: the last time that the program called the user, and its words.
    `prompted`: whether a shell shows its prompt, None where no shell says. `turned_us`: when a
    title last changed in its first sign only, as a spinner does.
    """

    last_us: int = 0
    output_us: int = 0
    input_us: int = 0
    title: str = ""
    notified_us: int = 0
    notification: str = ""
    prompted: bool | None = None
    turned_us: int = 0


def recent(session: Session) -> Recent:
    """What the end of a session's log tells. Raises LogError."""
    for path in reversed(session.files()):
        try:
            with open_segment(path) as file:
                begin = Place(1, last_line_start(file, path))
                entries = [
                    entry
                    for _, entry in read_segment(
                        file, path, 1, begin=begin, expect=session.id, damage=Damage()
                    )
                ]
        except FileNotFoundError:  # rotated or sealed just now
            continue
        if entries:
            return told_by(entries)
    return Recent()


def told_by(entries: Iterable[Entry]) -> Recent:
    """What these entries tell, in order."""
    signals = Signals()
    output: list[bytes] = []
    times_us: list[int] = []
    found = Recent()
    for entry in entries:
        found = found._replace(last_us=entry.time_us)
        if entry.data and entry.direction == INPUT:
            found = found._replace(input_us=entry.time_us)
        elif entry.data and entry.direction == OUTPUT:
            found = found._replace(output_us=entry.time_us)
            signals.output(entry.time_us, entry.data)
            output.append(entry.data)
            times_us.append(entry.time_us)
    for marker in signals.markers:
        if marker.kind == TITLE:
            found = found._replace(title=marker.label)
        elif marker.kind == NOTIFICATION:
            found = found._replace(notified_us=marker.at_us, notification=marker.label)
    ends = list(accumulate(map(len, output)))
    return _with_sequences(found, b"".join(output), ends, times_us)


def _with_sequences(found: Recent, output: bytes, ends: list[int], times_us: list[int]) -> Recent:
    before: bytes | None = None
    turns = 0
    for sequence in _SEQUENCE.finditer(output):
        title, prompt = sequence.groups()
        if prompt is not None:
            found = found._replace(prompted=prompt != b"C")
            continue
        if before is not None and title != before and _words(title) == _words(before):
            turns += 1
            if turns >= _SPINNER_TURNS:
                at_us = times_us[bisect_right(ends, sequence.start())]
                found = found._replace(turned_us=at_us)
        before = title
    return found


def _words(title: bytes) -> bytes:
    """The title without its first sign, if that is not a word."""
    head, _, rest = title.partition(b" ")
    return rest if not head.isalnum() else title


def waits(found: Recent, now_us: int) -> bool:
    """Whether the program waits for the user."""
    # Before it has said anything it is starting.
    quiet_us = now_us - (max(found.output_us, found.input_us) or found.last_us)
    if found.prompted is False:
        return False
    said_so = (
        found.notified_us > found.input_us
        or bool(found.prompted)
        or 0 < found.turned_us < now_us - _QUIET_AND_SAID_SO_US
    )
    return quiet_us >= (_QUIET_AND_SAID_SO_US if said_so else _QUIET_US)
