"""The terminal's size when a log does not say it: inferred from what was drawn. Pure.

Other writers of the five-field format leave the size out. A program that draws a screen gives it
away: it addresses the last row and column, sets scrolling regions, paints bars and rules from
margin to margin. All of these are lower bounds, and the largest is the answer: a screen too small
breaks every row (recall 0.26 to 0.69), one too large almost nothing (1.00; facts measured on
120x40 recordings).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from formats.entry import OUTPUT, event_size
from formats.size import Size
from player.lines.reach import LARGEST, Evidence, Reader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from formats.entry import Entry

LONGEST_LOOK_BYTES: Final = 2 << 20
"""So much of the output is looked at, 0.2 s, where nothing tells a size: a shell, which may start
an editor later."""

# What terminals report, in what was typed: CSI 8 (or 48) ; rows ; cols t, and the cursor's place.
_REPORTED_SIZE = re.compile(rb"\x1b\[4?8;(\d{1,4});(\d{1,4})[;t]")
_REPORTED_PLACE = re.compile(rb"\x1b\[(\d{1,4});(\d{1,4})R")


def initial_size(entries: Iterable[Entry]) -> Size:
    """The size at the beginning of a session, stated by its first event or else inferred."""
    output = bytearray()
    reported: list[Size] = []
    evidence = Evidence()
    for entry in entries:
        size = None if entry.event is None else event_size(entry.event)
        if size is not None:
            if not output or entry.event is None or entry.event["type"] != "resize":
                return size
            # What follows was drawn for another size.
            break
        if entry.direction != OUTPUT:
            reported += _sizes(_REPORTED_SIZE, entry.data)
            for place in _sizes(_REPORTED_PLACE, entry.data):
                evidence.addressed(place.rows, place.cols)
        else:
            output += entry.data
            if len(output) >= LONGEST_LOOK_BYTES:
                break
    if reported:
        return reported[0]
    Reader(evidence).read(bytes(output[:LONGEST_LOOK_BYTES]))
    return evidence.size()


def infer_size(entries: Iterable[Entry]) -> Size:
    """The size inferred from what was drawn, whatever the events say; at least 80x24."""
    return initial_size(entry._replace(event=None) for entry in entries)


def _sizes(pattern: re.Pattern[bytes], data: bytes) -> list[Size]:
    found = (Size(int(cols), int(rows)) for rows, cols in pattern.findall(data))
    return [
        size for size in found if 0 < size.cols <= LARGEST.cols and 0 < size.rows <= LARGEST.rows
    ]
