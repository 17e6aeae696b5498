"""What of a session is exported, and when: a pipeline of generators, entries in, entries out.

What comes out begins with a `start` event that states the size. The stages in their order:

    begun       the first entry is a start event with the size
    marked      with the marks that were set later
    cut         from one place to another; the screen as it was before is drawn at once
    untyped     without what was typed
    idle_limited, sped   with other times
"""

from __future__ import annotations

from heapq import merge
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, overload

from formats.entry import OUTPUT, Entry, event_size
from formats.line import FORMAT_VERSION
from formats.size import DEFAULT_SIZE, Size
from formats.stretch import Stretch
from player.playing.apart import ScreenApart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from formats.entry import Event
    from formats.marks import Mark

# As much as a recorder reads at once.
_ENTRY_BYTES = 8192


class Wanted(NamedTuple):
    """What is asked for: places in microseconds since the first entry, None for the ends."""

    start_us: int = 0
    end_us: int | None = None
    speed: float = 1.0
    idle_limit_us: int | None = None
    typed: bool = True
    size: Size | None = None

    @property
    def everything(self) -> bool:
        """Whether the session is wanted as it is."""
        return self == Wanted()


def prepared(
    entries: Iterable[Entry], size: Size, wanted: Wanted, marks: Sequence[Mark] = ()
) -> Iterator[Entry]:
    """The whole pipeline. `size` is the terminal's at the beginning, if the log does not say it."""
    made = begun(entries, size, wanted.size)
    if marks:
        made = marked(made, marks)
    if wanted.start_us > 0 or wanted.end_us is not None:
        made = cut(made, wanted.start_us, wanted.end_us)
    if not wanted.typed:
        made = untyped(made)
    if wanted.idle_limit_us is not None:
        made = idle_limited(made, wanted.idle_limit_us)
    return made if wanted.speed == 1.0 else sped(made, wanted.speed)


@overload
def begun(parts: Iterable[Entry], size: Size, asked: Size | None = None) -> Iterator[Entry]: ...
@overload
def begun(
    parts: Iterable[Entry | Stretch], size: Size, asked: Size | None = None
) -> Iterator[Entry | Stretch]: ...
def begun(
    parts: Iterable[Entry | Stretch], size: Size, asked: Size | None = None
) -> Iterator[Entry | Stretch]:
    """The first entry is a start event with a size; other heads of segments are left off.

    `asked` goes before all sizes that the log states. Entries or stretches in, the same out.
    """
    iterator = iter(parts)
    begin = next(iterator, None)
    if begin is None:
        return
    first = begin.entry(0) if isinstance(begin, Stretch) else begin
    event = first.event
    if event is not None and event["type"] in ("start", "segment"):
        size = asked or event_size(event) or size
        known = dict[str, object](event if event["type"] == "start" else {})
    else:
        size, known = asked or size, dict[str, object]()
        iterator = chain((begin,), iterator)
    head: Event = {"type": "start", "version": FORMAT_VERSION}
    head["command"] = []
    head |= known
    head |= {"cols": size.cols, "rows": size.rows}
    yield Entry(first.time_us, first.session_id, OUTPUT, b"", head)
    left_off = {"start", "segment", "resize"} if asked else {"start", "segment"}
    for part in iterator:
        if isinstance(part, Stretch) or part.event is None or part.event["type"] not in left_off:
            yield part


def _before(first: Entry, others: Iterator[Entry]) -> Iterator[Entry]:
    yield first
    yield from others


def marked(entries: Iterable[Entry], marks: Iterable[Mark]) -> Iterator[Entry]:
    """With marks that were set after the recording, each at its time."""
    iterator = iter(entries)
    first = next(iterator, None)
    if first is None:
        return
    yield first
    named = (
        Entry(
            max(first.time_us, mark.at_us),
            first.session_id,
            OUTPUT,
            b"",
            {"type": "marker", "label": mark.label},
        )
        for mark in marks
    )
    yield from merge(iterator, named, key=lambda entry: entry.time_us)


def cut(entries: Iterable[Entry], start_us: int, end_us: int | None) -> Iterator[Entry]:
    """From `start_us` to `end_us`, both played; the screen as it was before is drawn at once.

    Raises SessionsError when that screen cannot be had.
    """
    iterator = iter(entries)
    first = next(iterator, None)
    if first is None:
        return
    end_us = None if end_us is None else first.time_us + end_us
    if start_us <= 0:
        yield first
    else:
        cut_us = first.time_us + start_us
        screen = ScreenApart(event_size(first.event or {}) or DEFAULT_SIZE)
        iterator = _skipped(iterator, first.time_us, cut_us, screen)
        yield from _drawn(first, cut_us, screen)
    last_us = first.time_us
    for entry in iterator:
        last_us = max(last_us, entry.time_us)
        if end_us is not None and last_us > end_us:
            return
        yield entry


def _skipped(
    entries: Iterator[Entry], last_us: int, cut_us: int, screen: ScreenApart
) -> Iterator[Entry]:
    """Draw what comes before the cut. Returns what comes after it."""
    for entry in entries:
        last_us = max(last_us, entry.time_us)
        if last_us >= cut_us:
            return _before(entry, entries)
        resized = None if entry.event is None else event_size(entry.event)
        if resized is not None:
            screen.resize(resized)
        elif entry.data and entry.direction == OUTPUT:
            screen.feed(entry.data)
    return entries


def _drawn(first: Entry, cut_us: int, screen: ScreenApart) -> Iterator[Entry]:
    """The start of what is left, and what draws the screen at the cut."""
    size, dump = screen.dumped()
    yield first._replace(time_us=cut_us, event={**(first.event or {}), **size._asdict()})
    for place in range(0, len(dump), _ENTRY_BYTES):
        piece = dump[place : place + _ENTRY_BYTES]
        yield Entry(cut_us, first.session_id, OUTPUT, piece)


def untyped(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Without what was typed."""
    return (entry for entry in entries if entry.direction == OUTPUT)


def idle_limited(entries: Iterable[Entry], limit_us: int) -> Iterator[Entry]:
    """No wait longer than `limit_us`; all that comes after one is so much earlier.

    The limit that the recording asks its players for is left off: it has been kept.
    """
    previous_us: int | None = None
    saved_us = 0
    for entry in entries:
        if previous_us is None:
            event = dict(entry.event or {})
            event.pop("idle_limit_s", None)
            yield entry._replace(event=event)
        else:
            saved_us += max(0, entry.time_us - previous_us - limit_us)
            yield entry._replace(time_us=entry.time_us - saved_us)
        previous_us = max(entry.time_us, previous_us or 0)


def sped(entries: Iterable[Entry], speed: float) -> Iterator[Entry]:
    """So many times as fast."""
    origin_us: int | None = None
    for entry in entries:
        if origin_us is None:
            origin_us = entry.time_us
        yield entry._replace(time_us=origin_us + round((entry.time_us - origin_us) / speed))
