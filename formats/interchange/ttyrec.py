"""ttyrec: frames of what was written to the screen, each with its moment on the clock.

A frame is `[u32 seconds][u32 microseconds][u32 length][bytes]`, little-endian. Two extensions are
read and written: seconds beyond 2^32 in the upper 12 bits of the microseconds (ovh-ttyrec 1.2),
and the size as CSI 8 t, in the first frame after ESC % G (termrec). What is typed, markers and how
it ended have no place in it.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Final

from formats.entry import Entry
from formats.errors import LogError, printable
from formats.interchange.fields import LATEST_US, US_PER_S, side, start_entry
from formats.interchange.left_out import INPUT
from formats.interchange.text import cut_character
from formats.line import OUTPUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from formats.damage import Damage
    from formats.interchange.left_out import LeftOut
    from formats.interchange.source import Source

_HEADER = struct.Struct("<III")
_MICROSECONDS: Final = 0xFFFFF
_LARGEST_PIECE_BYTES: Final = 256 << 10
# Enough to tell it from anything else, where a length is a text's four characters.
_LONGEST_FRAME_BYTES: Final = 1 << 28
_SNIFFED_FRAMES: Final = 4
# In a row. A file of NULs is a file of empty frames.
_MOST_EMPTY_FRAMES: Final = 100_000
_UTF8: Final = b"\x1b%G"
_SIZE = re.compile(rb"(?:\x1b%G)?\x1b\[8;(\d{1,5});(\d{1,5})t")


def write_ttyrec(entries: Iterable[Entry], left_out: LeftOut) -> Iterator[bytes]:
    """Frames that end with a whole character: players decode each of its own."""
    iterator = iter(entries)
    first = next(iterator)
    event = first.event or {}
    last_us, cut = first.time_us, b""
    yield _frame(last_us, _UTF8 + b"\x1b[8;%d;%dt" % (event["rows"], event["cols"]))
    for entry in iterator:
        last_us = max(last_us, entry.time_us)
        if entry.event is not None and entry.event["type"] == "resize":
            if entry.event["cols"] and entry.event["rows"]:
                size = b"\x1b[8;%d;%dt" % (entry.event["rows"], entry.event["cols"])
                yield _frame(last_us, size)
        elif entry.event is not None or entry.direction != OUTPUT:
            left_out.add(INPUT if entry.event is None else entry.event["type"])
        else:
            data = cut + entry.data
            length = cut_character(data)
            data, cut = data[: len(data) - length], data[len(data) - length :]
            if data:
                yield _frame(last_us, data)
    if cut:
        yield _frame(last_us, cut)


def _frame(time_us: int, data: bytes) -> bytes:
    seconds, microseconds = divmod(max(0, time_us), US_PER_S)
    microseconds |= (seconds >> 32 & 0xFFF) << 20
    return _HEADER.pack(seconds & 0xFFFFFFFF, microseconds, len(data)) + data


def is_ttyrec(head: bytes) -> bool:
    """Whether the beginning of a file can be frames of ttyrec."""
    place = previous_us = found = 0
    while found < _SNIFFED_FRAMES and place + _HEADER.size <= len(head):
        time_us, length = _parse(head[place : place + _HEADER.size])
        _, microseconds, _ = _HEADER.unpack_from(head, place)
        if length > _LONGEST_FRAME_BYTES or not previous_us <= time_us <= LATEST_US:
            return False
        if microseconds & _MICROSECONDS >= US_PER_S:
            return False
        place, previous_us, found = place + _HEADER.size + length, time_us, found + 1
    return found > 0


def read_ttyrec(file: Source, name: str, damage: Damage, start_us: int) -> Iterator[Entry]:
    """The entries of a ttyrec; `start_us` is when an empty one began."""
    first, last_us = True, 0
    for time_us, data, whole in _pieces(file, name, damage):
        last_us = max(last_us, min(time_us, LATEST_US))
        match = _SIZE.match(data)
        rows, cols = (side(int(match[1])), side(int(match[2]))) if match else (0, 0)
        if first:
            yield start_entry(last_us, source="ttyrec", cols=cols, rows=rows)
            if match:
                data = data[match.end() :]  # noqa: PLW2901
            first = False
        elif match and whole and match.end() == len(data) and rows and cols:
            yield Entry(last_us, "", OUTPUT, b"", {"type": "resize", "cols": cols, "rows": rows})
            continue
        if data:
            yield Entry(last_us, "", OUTPUT, data)
    if first:
        yield start_entry(start_us, source="ttyrec", cols=0, rows=0)


def _pieces(file: Source, name: str, damage: Damage) -> Iterator[tuple[int, bytes, bool]]:
    """(Time, bytes, whether they are a whole frame): frames that are long come in pieces."""
    number = empty = 0
    while header := file.exactly(_HEADER.size):
        number += 1
        empty = 0 if any(header[-4:]) else empty + 1
        if empty > _MOST_EMPTY_FRAMES:
            raise LogError(f"{printable(name, 200)} is no ttyrec: it goes on with nothing at all")
        missing = _HEADER.size - len(header)
        time_us, length = (0, 0) if missing else _parse(header)
        whole = length <= _LARGEST_PIECE_BYTES
        while length and not missing:
            size = min(length, _LARGEST_PIECE_BYTES)
            data = file.exactly(size)
            missing = size - len(data)
            yield time_us, data, whole and not missing
            length -= size
        if missing:
            damage.torn += 1
            damage.note(name, f"frame {number}: a frame without its end")
            return


def _parse(header: bytes) -> tuple[int, int]:
    """(Microseconds since the epoch, length)."""
    seconds, microseconds, length = _HEADER.unpack(header)
    seconds |= (microseconds & 0xFFF00000) << 12
    return seconds * US_PER_S + min(microseconds & _MICROSECONDS, US_PER_S - 1), length
