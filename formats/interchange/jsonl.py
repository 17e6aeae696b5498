"""Our own log as one file: the lines of all segments, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, cast

from formats.entry import LineError, decode_line, encode_line
from formats.line import INPUT, LineEncoder
from formats.place import Place
from formats.segment import read_segment
from formats.timestamp import Stamper

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from formats.damage import Damage
    from formats.entry import Entry
    from formats.interchange.source import Source

_LINE_HEAD = b'{"timestamp":"'
_LINES_TO_TRY = 16


def is_jsonl(head: bytes) -> bool:
    """Whether a file begins as logs do, or with damage behind which one goes on."""
    if _LINE_HEAD in head:
        return True
    for line in head.split(b"\n", _LINES_TO_TRY)[:_LINES_TO_TRY]:
        try:
            decode_line(line)
        except LineError:
            continue
        return True
    return False


def write_jsonl(entries: Iterable[Entry]) -> Iterator[bytes]:
    """The lines. Segments are one here: their heads are left off, but for one that comes first."""
    stamp, encoder, session_id = Stamper().stamp, LineEncoder(""), ""
    for number, entry in enumerate(entries):
        if entry.session_id != session_id:
            session_id = entry.session_id
            encoder = LineEncoder(session_id)
        if entry.event is not None and entry.event["type"] == "segment" and number:
            continue
        if entry.event is not None or entry.extra is not None:
            yield encode_line(entry)
        else:
            write = encoder.input if entry.direction == INPUT else encoder.output
            yield write(stamp(entry.time_us), entry.data)


def read_jsonl(file: Source, name: str, damage: Damage) -> Iterator[Entry]:
    """The entries of a log."""
    begin = Place(0, 0)
    readable = cast("BinaryIO", file)  # it is read from its beginning to its end
    for _, entry in read_segment(readable, name, 1, begin=begin, expect="", damage=damage):
        yield entry
