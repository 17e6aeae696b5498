"""When each entry is played: a pipeline of generators, entries in, (when, what) out.

Pure: no clock, no terminal. The stages in their order, each usable alone:

    shown       what can be seen: output, and events
    placed      at_us = time since the session's first entry
    until       nothing after the end of the range
    started     everything before the start of the range at 0, at once
    idle_limited   no wait longer than the limit

Speed is no stage: it is the playhead's, which can change while playing. That is also why the
idle limit comes before the speed, as in asciinema: a limit of 2 s at speed 2 waits 1 s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from formats.entry import OUTPUT, Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Moment(NamedTuple):
    """What is played, and when: `at_us` counts from the beginning of the replay."""

    at_us: int
    entry: Entry


def timeline(
    entries: Iterable[Entry],
    *,
    origin_us: int,
    start_us: int = 0,
    end_us: int | None = None,
    idle_limit_us: int | None = None,
) -> Iterator[Moment]:
    """The whole pipeline.

    `origin_us` is the time of the session's first entry, in microseconds since the epoch;
    `start_us` and `end_us` are places in the session, counted from there, and `end_us` itself is
    still played. `idle_limit_us` None keeps every wait.
    """
    moments = placed(shown(entries), origin_us)
    if end_us is not None:
        moments = until(moments, end_us)
    if start_us > 0:
        moments = started(moments, start_us)
    return moments if idle_limit_us is None else idle_limited(moments, idle_limit_us)


def shown(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Only what can be seen: what was typed is in the log, but the child's echo shows it."""
    return (entry for entry in entries if entry.direction == OUTPUT)


def placed(entries: Iterable[Entry], origin_us: int) -> Iterator[Moment]:
    """Entries with their time since `origin_us`.

    Our own logs never run backwards. In one that does, an entry is played with the one before it.
    """
    at_us = 0
    for entry in entries:
        at_us = max(at_us, entry.time_us - origin_us)
        yield Moment(at_us, entry)


def until(moments: Iterable[Moment], end_us: int) -> Iterator[Moment]:
    """Nothing after `end_us`."""
    for moment in moments:
        if moment.at_us > end_us:
            return
        yield moment


def started(moments: Iterable[Moment], start_us: int) -> Iterator[Moment]:
    """Begin at `start_us`: all before it is at 0, at once, so that the screen is right."""
    for moment in moments:
        yield Moment(max(0, moment.at_us - start_us), moment.entry)


def idle_limited(moments: Iterable[Moment], limit_us: int) -> Iterator[Moment]:
    """No wait longer than `limit_us` before a moment; all later ones come so much earlier."""
    previous_us = saved_us = 0
    for moment in moments:
        wait_us = moment.at_us - previous_us
        previous_us = moment.at_us
        saved_us += max(0, wait_us - limit_us)
        yield Moment(moment.at_us - saved_us, moment.entry)


def at_once(moments: Iterable[Moment]) -> Iterator[Moment]:
    """Everything at 0: no timing."""
    return (Moment(0, moment.entry) for moment in moments)
