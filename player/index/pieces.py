"""`index/<uuid>.lines.zst`: the screen lines of a session, kept beside its log. docs/search.md.

A zstd file that `zstdcat` and `rg -z` read as plain text, one screen line a line. What only we
need lies in skippable frames: before each piece of text its head (JSON) and its grams, behind it
when its lines stood and, where the piece ends at a settled place of the log, the state from which
to go on. All of it is derived: what is torn, older or does not fit its log is thrown away and made
again.
"""

from __future__ import annotations

import io
import json
import os
import struct
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple
from zlib import crc32

import zstandard

from formats.damage import Counts
from formats.layout import open_own
from formats.place import Place
from player.index.grams import SHORTEST_TEXT_BYTES, packed_grams
from player.lines.columns import BlockError
from player.lines.lineblock import LineBlock, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from formats.layout import Home
    from player.index.grams import Sought
    from player.index.logfiles import Signature
    from player.lines.lineblock import Settled
    from player.lines.signals import Marker

VERSION: Final = 7
"""Of the file and of what is held to be a line: a new rule of extraction is a new version."""

FORMAT: Final = "claude-sessions-lines"
ENDING: Final = ".lines.zst"

_HEAD_MAGIC, _COLUMNS_MAGIC, _MARKERS_MAGIC, _STATE_MAGIC, _GRAMS_MAGIC = range(
    0x184D2A50, 0x184D2A55
)
_SKIPPABLE: Final = struct.Struct("<II")
_CHECKSUM_BYTES: Final = 4
_LONGEST_FRAME_BYTES: Final = 1 << 20
# Of a head or of grams; those of ours are far shorter.
_LARGEST_FILE_BYTES: Final = 1 << 30
# Of one that is held whole: 100 sessions of 100 MB each would make this much.

_NO_DAMAGE: Final = Counts()
# What reading a piece of something else, or of a torn file, may end with.
_NO_PIECE: Final = (
    KeyError, ValueError, TypeError, OverflowError, RecursionError, OSError, struct.error,
)  # fmt: skip


class Piece(NamedTuple):
    """One piece of the file: some lines, and what its head says.

    `until` is the last line of the log that it takes account of, `until_us` that line's time, and
    `active_us` how long until then something was going on (`player.index.extending`).
    `state`, compressed, is there when the next piece can go on from here. `signature` is only
    given by the last piece of a run: until then there is more to come.
    """

    lines: int
    text: bytes | memoryview
    columns: bytes | memoryview
    packed_markers: bytes | memoryview
    state: bytes
    until: Place
    until_us: int
    active_us: int
    signature: Signature
    damage: Counts

    def block(self) -> LineBlock:
        """Its lines. Raises BlockError when it is damaged."""
        return unpack(self.text, self.columns, self.lines)

    def markers(self) -> list[Marker]:
        """What happened beside its lines, by time."""
        if not self.packed_markers:
            return []
        from player.lines.signals import Marker  # noqa: PLC0415  who searches lines needs it not

        raw = zstandard.ZstdDecompressor().decompress(self.packed_markers)
        return [Marker(*fields) for fields in json.loads(raw)]


class Sidecar(NamedTuple):
    """What could be read of a file: its whole pieces and where they end.

    `resumable_bytes` is the end of the last piece that has a state, `whole_bytes` of the last.
    """

    pieces: list[Piece]
    resumable_bytes: int
    whole_bytes: int

    def is_of(self, signature: Signature) -> bool:
        """Whether it holds all lines of the log that has this signature."""
        return bool(self.pieces) and self.pieces[-1].signature == signature

    def blocks(self) -> list[LineBlock | None]:
        """The lines of each piece that has some. Raises BlockError when one is damaged."""
        return [piece.block() if piece.lines else None for piece in self.pieces]


def path_of(home: Home, session_id: str) -> str:
    """Where the lines of a session lie."""
    return os.path.join(home.index, session_id + ENDING)


def encode_piece(
    session_id: str,
    lines: Settled,
    markers: Sequence[Marker],
    *,
    until: Place,
    until_us: int,
    active_us: int = 0,
    state: bytes,
    signature: Signature = (),
    damage: Counts = _NO_DAMAGE,
) -> bytes:
    """One piece as it lies in the file."""
    text, columns = pack(lines) if lines.text else (b"", b"")
    grams = packed_grams(lines.text) if len(lines.text) >= SHORTEST_TEXT_BYTES else b""
    packed = _packed(markers)
    head = {
        "format": FORMAT,
        "version": VERSION,
        "session_id": session_id,
        "lines": len(lines.columns.counts),
        "grams_bytes": len(grams),
        "text_bytes": len(text),
        "columns_bytes": len(columns),
        "markers_bytes": len(packed),
        "state_bytes": len(state),
        "until": tuple(until),
        "until_us": until_us,
        "active_us": active_us,
        "log": signature,
        "damage": tuple(damage),
    }
    head_bytes = _dumps(head)
    return b"".join(
        (
            _skippable(_HEAD_MAGIC, head_bytes),
            _skippable(_GRAMS_MAGIC, _checksum(head_bytes, grams) + grams),
            text,
            _skippable(_COLUMNS_MAGIC, _checksum(head_bytes, columns, packed, state) + columns),
            _skippable(_MARKERS_MAGIC, packed),
            _skippable(_STATE_MAGIC, state),
        )
    )


def _skippable(magic: int, data: bytes) -> bytes:
    return _SKIPPABLE.pack(magic, len(data)) + data


def _packed(markers: Sequence[Marker]) -> bytes:
    if not markers:
        return b""
    return zstandard.ZstdCompressor().compress(_dumps([tuple(marker) for marker in markers]))


def _dumps(value: object) -> bytes:
    import orjson  # noqa: PLC0415  20 ms that reading does not need

    return orjson.dumps(value)


def _checksum(*parts: bytes | memoryview) -> bytes:
    """Of all but the text: its frame has one of its own."""
    value = 0
    for part in parts:
        value = crc32(part, value)
    return value.to_bytes(_CHECKSUM_BYTES, "little")


def read_sidecar(path: str, session_id: str, sought: Sought | None = None) -> Sidecar:
    """What there is of a file, as `read_pieces`; none when it is missing, foreign or too large."""
    file = open_own(path)
    if file is None:
        return Sidecar([], 0, 0)
    with file:
        if os.fstat(file.fileno()).st_size > _LARGEST_FILE_BYTES:
            return Sidecar([], 0, 0)
        return _sidecar(read_pieces(file, session_id, sought))


def parse_sidecar(data: bytes, session_id: str) -> Sidecar:
    """The whole pieces at the beginning of `data`; what is behind them is torn."""
    return _sidecar(read_pieces(io.BytesIO(data), session_id))


def _sidecar(found: Iterator[tuple[Piece, int]]) -> Sidecar:
    pieces: list[Piece] = []
    resumable_bytes = end = 0
    for piece, end in found:
        pieces.append(piece)
        if piece.state:
            resumable_bytes = end
    return Sidecar(pieces, resumable_bytes, end)


def read_pieces(
    file: BinaryIO, session_id: str, sought: Sought | None = None
) -> Iterator[tuple[Piece, int]]:
    """The whole pieces from the beginning of a file on, each with where it ends, in turn.

    So a sidecar of any length is read in the memory of one piece. A piece whose lines cannot hold
    what is `sought` is passed over and comes without lines, markers and state. What is torn,
    foreign or of another version ends them.
    """
    size = file.seek(0, os.SEEK_END)
    end = 0
    while end < size:
        file.seek(end)
        try:
            piece = _read_piece(file, size, session_id, sought)
        except _NO_PIECE:
            return
        end = file.tell()
        yield piece, end


def _read_piece(file: BinaryIO, size: int, session_id: str, sought: Sought | None) -> Piece:
    """The piece that begins at the file's place, which is then behind it."""
    head_bytes = _read_frame(file, _HEAD_MAGIC)
    head: dict[str, Any] = json.loads(head_bytes)
    if (head["format"], head["version"], head["session_id"]) != (FORMAT, VERSION, session_id):
        raise BlockError("another version's, or another session's")
    grams = _read_frame(file, _GRAMS_MAGIC)
    checksum, grams = grams[:_CHECKSUM_BYTES], grams[_CHECKSUM_BYTES:]
    if len(grams) != head["grams_bytes"] or checksum != _checksum(head_bytes, grams):
        raise BlockError("damaged")
    body_bytes = _bytes_behind(head)
    if not 0 <= body_bytes <= size - file.tell():
        raise BlockError("torn")
    if sought is not None and not sought.may_be_in(grams):
        file.seek(body_bytes, os.SEEK_CUR)
        return _piece(head, _NOTHING_READ)
    body = memoryview(file.read(body_bytes))  # of which nothing is copied
    text, place = body[: head["text_bytes"]], head["text_bytes"]
    columns, place = _frame(body, place, _COLUMNS_MAGIC)
    markers, place = _frame(body, place, _MARKERS_MAGIC)
    state, place = _frame(body, place, _STATE_MAGIC)
    checksum, columns = bytes(columns[:_CHECKSUM_BYTES]), columns[_CHECKSUM_BYTES:]
    if place != body_bytes or checksum != _checksum(head_bytes, columns, markers, state):
        raise BlockError("damaged")
    return _piece(head, _Body(text, columns, markers, bytes(state)))


class _Body(NamedTuple):
    """What lies behind a piece's head and grams."""

    text: memoryview
    columns: memoryview
    markers: memoryview
    state: bytes


_NOTHING_READ: Final = _Body(memoryview(b""), memoryview(b""), memoryview(b""), b"")


def _piece(head: dict[str, Any], body: _Body) -> Piece:
    segment, offset = head["until"]
    return Piece(
        head["lines"] if body is not _NOTHING_READ else 0,
        *body,
        Place(segment, offset),
        head["until_us"],
        head["active_us"],
        tuple(tuple(file) for file in head["log"]),
        Counts(*head["damage"]),
    )


def _bytes_behind(head: dict[str, Any]) -> int:
    """How long a piece is behind its grams: the text's own frame, and three skippable ones."""
    parts = ("text_bytes", "columns_bytes", "markers_bytes", "state_bytes")
    return int(sum(head[part] for part in parts)) + 3 * _SKIPPABLE.size + _CHECKSUM_BYTES


def _read_frame(file: BinaryIO, magic: int) -> bytes:
    """One of those before the text."""
    found, size = _SKIPPABLE.unpack(file.read(_SKIPPABLE.size))
    if found != magic or size > _LONGEST_FRAME_BYTES:
        raise BlockError("torn")
    data = file.read(size)
    if len(data) < size:
        raise BlockError("torn")
    return data


def _frame(data: memoryview, place: int, magic: int) -> tuple[memoryview, int]:
    found, size = _SKIPPABLE.unpack_from(data, place)
    start = place + _SKIPPABLE.size
    if found != magic or start + size > len(data):
        raise BlockError("torn")
    return data[start : start + size], start + size
