"""`index/<uuid>.keys`: screens of a session to seek from, kept beside its log.

A header says of what it is: the engine's build, the session, its size at the beginning, its first
entry. Behind it keyframes, one record each, in the order of the log; a file grows at its end and
is read while it does. What is torn, damaged, or made by another engine or of another log is not
used, and made again (`player.replay.keying`): all of it is derived.

A snapshot of foreign making could crash the engine. So each record carries a keyed hash, the key
being a secret of this home on this machine: one that we did not write here is never decoded.
"""

from __future__ import annotations

import os
import struct
from bisect import bisect_right
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple
from zlib import crc32

import zstandard

from formats.layout import Home, open_private
from formats.place import Place
from formats.plainjson import dumps
from formats.size import Size
from player.screen import Screen

if TYPE_CHECKING:
    from formats.entry import Entry
    from formats.session import Session

ENDING: Final = ".keys"
_FORMAT, _VERSION = "claude-sessions-keys", 1
_MAGIC: Final = b"CSKEYS\r\n"
_HEADER: Final = struct.Struct("<8sII")
_RECORD: Final = struct.Struct("<4sqIQIHHII")
_RECORD_MAGIC: Final = b"KEYF"
HASH_BYTES: Final = 16
_SECRET_BYTES: Final = 32
_LARGEST_HEADER_BYTES: Final = 4096
_READ_BYTES: Final = 64 << 10
# A screen of 1000x500 whose cells all look different is the largest there can be.
_LARGEST_SNAPSHOT_BYTES: Final = 64 << 20


class Keyframe(NamedTuple):
    """A screen before a line: all entries up to `at_us`, a position, have been drawn.

    `place` is the line to go on with, `sign` the sign by which it is known again. The packed
    snapshot is `length` bytes at `offset` of the file, behind its hash.
    """

    at_us: int
    place: Place
    sign: int
    size: Size
    offset: int
    length: int


def sign_of(entry: Entry) -> int:
    """A number that says whether a line still is the one it was."""
    event = b"" if entry.event is None else dumps(entry.event)
    return crc32(b"%d %b %b" % (entry.time_us, entry.direction.encode(), event), crc32(entry.data))


def home_of(session: Session) -> Home | None:
    """The home in which a session is stored; None for a file somewhere."""
    if not session.stored:
        return None
    folder = os.path.dirname(session.path)
    home = Home(os.path.dirname(folder))
    return home if home.logs == folder else None


def keys_path(home: Home, session_id: str) -> str:
    """Where the keyframes of a session lie."""
    return os.path.join(home.index, session_id + ENDING)


def header_of(session_id: str, size: Size, first: Entry) -> bytes:
    """The header of a file of keyframes that were made of this log by the engine that is here."""
    stated = {
        "format": _FORMAT,
        "version": _VERSION,
        "engine": Screen.loaded_engine_id(),
        "session": session_id,
        "size": list(size),
        "first": sign_of(first),
    }
    text = dumps(stated)
    return _HEADER.pack(_MAGIC, len(text), crc32(text)) + text


def secret_of(home: Home, *, make: bool = False) -> bytes | None:
    """What proves that a record was written by us, here; None if there is none yet.

    The file alone will not do: it could have come along with a home that others made. Its inode
    and the time of its last change cannot.
    """
    path = os.path.join(home.index, "secret")
    try:
        if make and not os.path.exists(path):
            fd = open_private(path, os.O_WRONLY)
            try:
                os.write(fd, os.urandom(_SECRET_BYTES))
            finally:
                os.close(fd)
    except OSError:  # another process was first, or the home cannot be written
        pass
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        found = os.fstat(fd)
        secret = os.read(fd, _SECRET_BYTES)
    finally:
        os.close(fd)
    if found.st_uid != os.geteuid() or len(secret) != _SECRET_BYTES:
        return None
    return blake2b(b"%b %d %d" % (secret, found.st_ino, found.st_ctime_ns)).digest()


def record_of(secret: bytes, header: bytes, frame: Keyframe, packed: bytes) -> bytes:
    """The bytes of one keyframe, to be written at once behind what there is."""
    at_us, place, sign, size, _, _ = frame
    head = _RECORD.pack(_RECORD_MAGIC, at_us, *place, sign, *size, len(packed), 0)
    head = head[:-4] + struct.pack("<I", crc32(head[:-4]))
    return head + _hash(secret, header, head, packed) + packed


def _hash(secret: bytes, header: bytes, head: bytes, packed: bytes) -> bytes:
    hashed = blake2b(header, digest_size=HASH_BYTES, key=secret)
    hashed.update(head)
    hashed.update(packed)
    return hashed.digest()


def pack(screen: Screen) -> bytes:
    """A snapshot, compressed. Raises ScreenEngineError where none can be made now."""
    return _compressor().compress(screen.snapshot())


@cache
def _compressor() -> zstandard.ZstdCompressor:
    """One for all: to make one costs more than a snapshot."""
    return zstandard.ZstdCompressor(level=1)  # as small as by 3, in less time


def unpack(packed: bytes, scrollback: int = 0) -> Screen:
    """The screen of a snapshot that we made. Raises ScreenEngineError, ZstdError."""
    raw = zstandard.ZstdDecompressor().decompress(packed, _LARGEST_SNAPSHOT_BYTES)
    return Screen.restore(raw, scrollback)


class Keyframes:
    """The keyframes of one session as far as they are written, read again as the file grows."""

    def __init__(self, home: Home, session_id: str, header: bytes) -> None:
        self._home = home
        self._path = keys_path(home, session_id)
        self._header = header
        self._secret: bytes | None = None
        self._file = -1
        self._inode = 0
        self._end = 0
        self._times: list[int] = []
        self._frames: list[Keyframe] = []

    def __del__(self) -> None:
        self._close()

    @property
    def frames(self) -> list[Keyframe]:
        """Those that were there at the last refreshing, in the order of the log."""
        return self._frames

    @property
    def end(self) -> int:
        """Where the last whole record ends; 0 when the file is not there or of something else."""
        return self._end

    def refresh(self) -> None:
        """Look what was written, or whether the file is another one now, or gone."""
        try:
            found = os.stat(self._path, follow_symlinks=False)
        except OSError:
            self._close()
            return
        if self._file < 0 or found.st_ino != self._inode:
            self._close()
            self._open()
        if self._file >= 0 and os.fstat(self._file).st_size < self._end:  # cut by somebody
            self._close()
            self._open()
        if self._file >= 0:
            self._read_on()

    def before(self, position_us: int) -> int:
        """The number of the last keyframe that has drawn nothing after that position, or -1."""
        return bisect_right(self._times, position_us) - 1

    def packed(self, number: int) -> bytes | None:
        """The packed snapshot of a keyframe; None when it is not what we wrote."""
        frame = self._frames[number]
        start = frame.offset - _RECORD.size
        length = _RECORD.size + HASH_BYTES + frame.length
        try:
            record = os.pread(self._file, length, start)
        except OSError:
            return None
        head, packed = record[: _RECORD.size], record[_RECORD.size + HASH_BYTES :]
        stated = record[_RECORD.size : _RECORD.size + HASH_BYTES]
        if self._secret is None or len(record) != length:
            return None
        return packed if _hash(self._secret, self._header, head, packed) == stated else None

    def first_damaged(self) -> int | None:
        """The number of the first keyframe that is not what we wrote; None when all are."""
        return next((n for n in range(len(self._frames)) if self.packed(n) is None), None)

    def _open(self) -> None:
        try:
            self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            found = os.fstat(self._file)
            header = os.pread(self._file, _LARGEST_HEADER_BYTES, 0)[: len(self._header)]
        except OSError:
            self._close()
            return
        self._secret = secret_of(self._home)
        if header != self._header or self._secret is None or found.st_uid != os.geteuid():
            self._close()
            return
        self._inode, self._end = found.st_ino, len(self._header)

    def _read_on(self) -> None:
        """Take in the whole records behind the last one that is known."""
        size_bytes = os.fstat(self._file).st_size
        start, piece = 0, b""
        while True:
            begin = self._end - start
            if begin + _RECORD.size > len(piece):
                start, begin, piece = self._end, 0, os.pread(self._file, _READ_BYTES, self._end)
            frame = _stated(piece[begin : begin + _RECORD.size], self._end + _RECORD.size)
            end = 0 if frame is None else frame.offset + HASH_BYTES + frame.length
            if frame is None or end > size_bytes:
                return
            self._frames.append(frame)
            self._times.append(frame.at_us)
            self._end = end

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file, self._inode, self._end = -1, 0, 0
        self._times.clear()
        self._frames.clear()


def _stated(head: bytes, offset: int) -> Keyframe | None:
    """The keyframe whose hash and snapshot lie at an offset, as the head before them states it."""
    if len(head) < _RECORD.size:
        return None
    magic, at_us, segment, line, sign, cols, rows, length, checksum = _RECORD.unpack(head)
    if magic != _RECORD_MAGIC or crc32(head[:-4]) != checksum:
        return None
    return Keyframe(at_us, Place(segment, line), sign, Size(cols, rows), offset, length)
