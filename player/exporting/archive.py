"""A session as an archive: its segments as they are, uncompressed inside, its marks and summary.

The same bytes each time and wherever it is made, whether segments were sealed meanwhile or not:
names and order are those of the store, times those of the session.
"""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from formats import meta
from formats.interchange import tar
from formats.interchange.jsonl import write_jsonl
from formats.layout import META, parse_log_name
from formats.marks import MARKS
from formats.segment import open_segment
from formats.timestamp import US_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from formats.entry import Entry
    from formats.session import Session

_PIECE_BYTES = 256 << 10


def write_archive(
    session: Session, entries: Iterable[Entry] | None, marks_path: str | None
) -> Iterator[bytes]:
    """The bytes of a tar. `entries` None means all of it as it is, damage included.

    Else its log is what the entries are. `marks_path` is the file of its marks, if it has one.
    """
    writer = _Writer(session.id)
    if entries is None:
        found = meta.rebuild(session)
        number = 0
        for path in session.files():
            name = parse_log_name(os.path.basename(path))
            # The open segment follows the last that was closed.
            number = (name and name.number) or number + 1
            yield from writer.file(f"{session.id}.{number:04d}.jsonl", found, _plain(path))
        if marks_path is not None:
            with open(marks_path, "rb") as file:
                pieces = iter(lambda: file.read(_PIECE_BYTES), b"")
                yield from writer.file(session.id + MARKS, found, pieces)
    else:
        tally = meta.Tally()
        with tempfile.TemporaryFile() as log:
            log_bytes = _write(log, write_jsonl(_counted(entries, tally)))
            found = tally.meta(session.id, meta.ENDED, log_bytes, 0)
            log.seek(0)
            pieces = iter(lambda: log.read(_PIECE_BYTES), b"")
            yield from writer.file(f"{session.id}.0001.jsonl", found, pieces)
    summary = meta.encode(found._replace(open_bytes=0))
    yield from writer.file(session.id + META, found, iter((summary,)))
    yield tar.end(writer.size)


class _Writer:
    def __init__(self, session_id: str) -> None:
        self._session_id = session_id
        self.size = 0

    def file(self, name: str, found: meta.Meta, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """A header and the content, whose size must be known before: it is spooled to a file."""
        modified_s = (found.end_us or found.start_us) // US_PER_S
        with tempfile.TemporaryFile() as spool:
            size = _write(spool, pieces)
            spool.seek(0)
            yield tar.header(name, size, modified_s)
            while piece := spool.read(_PIECE_BYTES):
                yield piece
        padding = tar.padding(size)
        yield padding
        self.size += tar.BLOCK_BYTES + size + len(padding)


def _write(file: BinaryIO, pieces: Iterable[bytes]) -> int:
    return sum(file.write(piece) for piece in pieces)


def _counted(entries: Iterable[Entry], tally: meta.Tally) -> Iterator[Entry]:
    for entry in entries:
        tally.add(entry)
        yield entry


def _plain(path: str) -> Iterator[bytes]:
    """The lines of a segment, decompressed; of damaged frames, what can be read of them."""
    with open_segment(path) as file:
        if not path.endswith(".zst"):
            while piece := file.read(_PIECE_BYTES):
                yield piece
            return
        from formats.sealed import read_sealed  # noqa: PLC0415  15 ms

        for _, piece in read_sealed(file, 0, lambda _what, _offset: None):
            yield piece
