"""`index/<uuid>.lines.zst`: the screen lines of a session, kept beside its log. docs/search.md.

A zstd file that `zstdcat` and `rg -z` read as plain text, one screen line a line. What only we
need lies in skippable frames: before each piece of text its head (JSON), behind it when its lines
stood and, where the piece ends at a settled place of the log, the state from which to go on. All of
it is derived: what is torn, older or does not fit its log is thrown away and made again.
"""

from __future__ import annotations

import json
import os
import struct
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple
from zlib import crc32

import zstandard

from formats.damage import Counts
from formats.layout import is_foreign, parse_log_name, read_small
from formats.segment import Place
from player.lines.lineblock import BlockError, LineBlock, pack, unpack
from player.lines.signals import Marker

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from formats.layout import Home
    from player.lines.lineblock import ScreenLine

VERSION: Final = 4
"""Of the file and of what is held to be a line: a new rule of extraction is a new version."""

FORMAT: Final = "claude-sessions-lines"
ENDING: Final = ".lines.zst"

_HEAD_MAGIC, _COLUMNS_MAGIC, _MARKERS_MAGIC, _STATE_MAGIC = range(0x184D2A50, 0x184D2A54)
_SKIPPABLE: Final = struct.Struct("<II")
_CHECKSUM_BYTES: Final = 4
_LONGEST_HEAD_BYTES: Final = 1 << 20
# 100 sessions of 100 MB each would make this much.
_LARGEST_FILE_BYTES: Final = 1 << 30

Signature = tuple[tuple[int, ...], ...]
"""The files of a log as they lie there: (segment's number or 0 for the open one, sealed, bytes,
modified in ns) each. Equal to what it was: nothing came, nothing went."""


_NO_DAMAGE: Final = Counts()
# What reading a piece of something else, or of a torn file, may end with.
_NO_PIECE: Final = (
    KeyError, ValueError, TypeError, OverflowError, RecursionError, struct.error,
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
        raw = zstandard.ZstdDecompressor().decompress(self.packed_markers)
        return [Marker(*fields) for fields in json.loads(raw)]


class Sidecar(NamedTuple):
    """What could be read of a file: its whole pieces and where they end.

    `resumable_bytes` is the end of the last piece that has a state.
    """

    pieces: list[Piece]
    resumable_bytes: int

    def is_of(self, signature: Signature) -> bool:
        """Whether it holds all lines of the log that has this signature."""
        return bool(self.pieces) and self.pieces[-1].signature == signature

    def blocks(self) -> list[LineBlock | None]:
        """The lines of each piece that has some. Raises BlockError when one is damaged."""
        return [piece.block() if piece.lines else None for piece in self.pieces]


def path_of(home: Home, session_id: str) -> str:
    """Where the lines of a session lie."""
    return os.path.join(home.index, session_id + ENDING)


def signature_of(files: Iterable[str]) -> Signature:
    """The signature of a log that consists of these files."""
    found: list[tuple[int, ...]] = []
    for path in files:
        try:
            state = os.stat(path)
        except FileNotFoundError:  # sealed just now
            continue
        found.append(_signed(os.path.basename(path), state))
    return tuple(sorted(found))


def signatures(home: Home) -> dict[str, Signature]:
    """The signatures of all logs of a home, by session id, from one pass over its folder."""
    found: dict[str, list[tuple[int, ...]]] = {}
    try:
        with os.scandir(home.logs) as items:
            for item in items:
                name = parse_log_name(item.name)
                if name is not None and item.is_file(follow_symlinks=False):
                    signed = _signed(item.name, item.stat(follow_symlinks=False))
                    found.setdefault(name.session_id, []).append(signed)
    except FileNotFoundError:
        pass
    return {session_id: tuple(sorted(signed)) for session_id, signed in found.items()}


def _signed(name: str, state: os.stat_result) -> tuple[int, ...]:
    parsed = parse_log_name(name)
    number, sealed = (parsed.number or 0, parsed.sealed) if parsed else (0, name.endswith(".zst"))
    # Of a log that another user has taken over no lines hold: whoever reads it is told.
    size = -1 if is_foreign(state) else state.st_size
    return number, int(sealed), size, state.st_mtime_ns


def encode_piece(
    session_id: str,
    lines: Sequence[ScreenLine],
    markers: Sequence[Marker],
    *,
    until: Place,
    until_us: int,
    active_us: int = 0,
    state: bytes,
    signature: Signature = (),
    damage: Counts = _NO_DAMAGE,
) -> bytes:
    """One piece as it lies in the file. `lines` are by the time they first stood."""
    text, columns = pack(lines) if lines else (b"", b"")
    packed = _packed(markers)
    head = {
        "format": FORMAT,
        "version": VERSION,
        "session_id": session_id,
        "lines": len(lines),
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
    return value.to_bytes(4, "little")


def read_sidecar(path: str, session_id: str) -> Sidecar:
    """What there is of a file; no pieces when it is missing, foreign or of another version."""
    return parse_sidecar(read_small(path, _LARGEST_FILE_BYTES) or b"", session_id)


def parse_sidecar(data: bytes, session_id: str) -> Sidecar:
    """The whole pieces at the beginning of `data`; what is behind them is torn."""
    pieces: list[Piece] = []
    view = memoryview(data)  # of which nothing is copied
    place = resumable_bytes = 0
    while place < len(data):
        try:
            piece, place = _parse_piece(view, place, session_id)
        except _NO_PIECE:
            break
        pieces.append(piece)
        if piece.state:
            resumable_bytes = place
    return Sidecar(pieces, resumable_bytes)


def read_piece(file: BinaryIO, session_id: str) -> Piece | None:
    """The next piece of a file that is read from its beginning; None where no whole one follows.

    So a sidecar of any length is read in the memory of one piece.
    """
    try:
        _, size = _SKIPPABLE.unpack(frame := file.read(_SKIPPABLE.size))
        left_bytes = os.fstat(file.fileno()).st_size - file.tell()
        if size > min(left_bytes, _LONGEST_HEAD_BYTES):
            return None
        head_bytes = file.read(size)
        rest_bytes = _bytes_behind(_head_of(head_bytes, session_id))
        if not 0 <= rest_bytes <= left_bytes - size:
            return None
        data = b"".join((frame, head_bytes, file.read(rest_bytes)))
        return _parse_piece(memoryview(data), 0, session_id)[0]
    except _NO_PIECE:
        return None


def _head_of(head_bytes: bytes, session_id: str) -> dict[str, Any]:
    head: dict[str, Any] = json.loads(head_bytes)
    if (head["format"], head["version"], head["session_id"]) != (FORMAT, VERSION, session_id):
        raise BlockError("another version's, or another session's")
    return head


def _bytes_behind(head: dict[str, Any]) -> int:
    """How long a piece is behind its head: the text's own frame, and three skippable ones."""
    parts = ("text_bytes", "columns_bytes", "markers_bytes", "state_bytes")
    return int(sum(head[part] for part in parts)) + 3 * _SKIPPABLE.size + _CHECKSUM_BYTES


def _parse_piece(data: memoryview, place: int, session_id: str) -> tuple[Piece, int]:
    head_bytes, place = _frame(data, place, _HEAD_MAGIC, _LONGEST_HEAD_BYTES)
    head = _head_of(bytes(head_bytes), session_id)
    text = data[place : place + head["text_bytes"]]
    place += head["text_bytes"]
    columns, place = _frame(data, place, _COLUMNS_MAGIC, _CHECKSUM_BYTES + head["columns_bytes"])
    markers, place = _frame(data, place, _MARKERS_MAGIC, head["markers_bytes"])
    state, place = _frame(data, place, _STATE_MAGIC, head["state_bytes"])
    checksum, columns = columns[:_CHECKSUM_BYTES], columns[_CHECKSUM_BYTES:]
    if bytes(checksum) != _checksum(head_bytes, columns, markers, state):
        raise BlockError("damaged")
    segment, offset = head["until"]
    signature = tuple(tuple(file) for file in head["log"])
    piece = Piece(
        head["lines"],
        text,
        columns,
        markers,
        bytes(state),
        Place(segment, offset),
        head["until_us"],
        head["active_us"],
        signature,
        Counts(*head["damage"]),
    )
    return piece, place


def _frame(data: memoryview, place: int, magic: int, limit_bytes: int) -> tuple[memoryview, int]:
    found, size = _SKIPPABLE.unpack_from(data, place)
    start = place + _SKIPPABLE.size
    if found != magic or size > limit_bytes or start + size > len(data):
        raise BlockError("torn")
    return data[start : start + size], start + size
