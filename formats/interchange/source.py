"""A file to be imported, as a stream of plain bytes: gzip, zstd and xz around it are taken off.

Bounded whatever the file claims: a piece at a time, and what expands like a bomb is refused.
"""

from __future__ import annotations

import lzma
import zlib
from typing import TYPE_CHECKING, Final

import zstandard

from formats.errors import LogError, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from formats.damage import Damage

    Read = Callable[[int], bytes]

HEAD_BYTES: Final = 64 << 10
"""So much can be looked at before it is read."""

_PIECE_BYTES: Final = 64 << 10
_MOST_LAYERS: Final = 3
ZSTD: Final = b"\x28\xb5\x2f\xfd"
_GZIP, _XZ = b"\x1f\x8b\x08", b"\xfd7zXZ\x00"
_ZLIB_GZIP: Final = 31
# As for sealed segments: the most that real logs shrink is about 120 times.
_LARGEST_RATIO: Final = 1000
_HARMLESS_BYTES: Final = 64 << 20
# What `zstd` and `xz` themselves take without being asked twice.
_LARGEST_WINDOW_BYTES: Final = 1 << 27
_LARGEST_XZ_BYTES: Final = 256 << 20


class Source:
    """Bytes to be read once, whose beginning can be looked at first."""

    def __init__(self, read: Read, layers: int = 0) -> None:
        self.layers = layers
        """How many compressions were taken off."""
        self._read = read
        self._head = b""
        self._place = 0

    def peek(self, size: int = HEAD_BYTES) -> bytes:
        """Up to `size` bytes from the beginning, without reading them."""
        while len(self._head) < min(size, HEAD_BYTES):
            piece = self._read(HEAD_BYTES - len(self._head))
            if not piece:
                break
            self._head += piece
        return self._head[:size]

    def read(self, size: int = _PIECE_BYTES) -> bytes:
        """The next bytes, `size` at most, maybe fewer; none at the end."""
        if self._place < len(self._head):
            found = self._head[self._place : self._place + size]
            self._place += len(found)
            return found
        found = self._read(size)
        self._place += len(found)
        return found

    def exactly(self, size: int) -> bytes:
        """The next `size` bytes; fewer only at the end. Takes no more memory than there are."""
        parts: list[bytes] = []
        while size > 0 and (found := self.read(min(size, _PIECE_BYTES))):
            parts.append(found)
            size -= len(found)
        return b"".join(parts)

    def seek(self, place: int) -> int:
        """Go back to the beginning, as long as no more was read than can be looked at."""
        if place != 0 or self._place > len(self._head):
            raise LogError("a stream cannot be read twice")
        self._place = 0
        return 0


def plain_source(read: Read, name: str, damage: Damage) -> Source:
    """The content of a file that `read` reads, whatever it is compressed with.

    Raises LogError for a bomb. A file that ends early, or is damaged, is read as far as it goes.
    """
    source = Source(read)
    for layer in range(1, _MOST_LAYERS + 1):
        unpack = _unpacker(source.peek(8))
        if unpack is None:
            break
        source = Source(_Unpacked(source, unpack, name, damage).read, layer)
    return source


def _unpacker(head: bytes) -> Callable[[Source], Iterator[bytes]] | None:
    if head.startswith(_GZIP):
        return _gunzip
    if head.startswith(ZSTD):
        return _unzstd
    return _unxz if head.startswith(_XZ) else None


class _Unpacked:
    """What comes out of one layer, counted against what went in."""

    def __init__(
        self,
        source: Source,
        unpack: Callable[[Source], Iterator[bytes]],
        name: str,
        damage: Damage,
    ) -> None:
        self._name = name
        self._damage = damage
        self._taken = self._given = 0
        self._pieces = unpack(Source(self._count(source.read)))
        self._rest = b""

    def _count(self, read: Read) -> Read:
        def counted(size: int) -> bytes:
            found = read(size)
            self._taken += len(found)
            return found

        return counted

    def read(self, size: int) -> bytes:
        if not self._rest:
            self._rest = self._next()
        found, self._rest = self._rest[:size], self._rest[size:]
        return found

    def _next(self) -> bytes:
        try:
            piece = next((piece for piece in self._pieces if piece), b"")
        except (EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError, MemoryError) as error:
            self._damage.frames += 1
            what = "it ends early" if isinstance(error, EOFError) else str(error)
            self._damage.note(self._name, f"its compression: {printable(what)}")
            return b""
        self._given += len(piece)
        if self._given > max(_HARMLESS_BYTES, self._taken * _LARGEST_RATIO):
            shown = printable(self._name, 200)
            raise LogError(f"{shown} expands more than {_LARGEST_RATIO} times: taken for a bomb")
        return piece


def _gunzip(source: Source) -> Iterator[bytes]:
    data = b""
    while data or (data := source.read()):
        member = zlib.decompressobj(_ZLIB_GZIP)
        while not member.eof:
            if not data and not (data := source.read()):
                raise EOFError
            yield member.decompress(data, _PIECE_BYTES)
            data = member.unconsumed_tail
        data = member.unused_data.lstrip(b"\0")  # padding, as tar writes it


def _unxz(source: Source) -> Iterator[bytes]:
    data = b""
    while data or (data := source.read()):
        stream = lzma.LZMADecompressor(memlimit=_LARGEST_XZ_BYTES)
        while not stream.eof:
            if stream.needs_input and not data and not (data := source.read()):
                raise EOFError
            yield stream.decompress(data, _PIECE_BYTES)
            data = b""
        data = stream.unused_data.lstrip(b"\0")


def _unzstd(source: Source) -> Iterator[bytes]:
    # Piece by piece, so that a frame without its end gives what it holds; any number of frames.
    decompressor = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW_BYTES)
    reader = decompressor.stream_reader(source, read_across_frames=True)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    while data := reader.read(_PIECE_BYTES):
        yield data
