"""Sealed segments: what is written reads back, here and by zstdcat; foreign and damaged ones."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
from typing import TYPE_CHECKING

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from formats.frames import seek_table
from formats.sealed import FRAME_BYTES, SealedWriter, read_sealed, read_seek_table, walk_frames

if TYPE_CHECKING:
    from pathlib import Path

SEEKABLE_MAGIC = struct.pack("<I", 0x8F92EAB1)


def seal(data: bytes, frame_bytes: int = FRAME_BYTES, step: int = 1 << 16) -> bytes:
    writer = SealedWriter(frame_bytes=frame_bytes)
    fed = [writer.feed(data[place : place + step]) for place in range(0, len(data), step)]
    return b"".join(fed) + writer.finish()


def read(sealed: bytes, start: int = 0) -> tuple[list[tuple[int, bytes]], list[str]]:
    """(The chunks with their offsets, what was told of damage)."""
    told: list[str] = []
    chunks = list(read_sealed(io.BytesIO(sealed), start, lambda what, _: told.append(what)))
    return chunks, told


def content(sealed: bytes) -> bytes:
    chunks, told = read(sealed)
    assert told == []
    return b"".join(data for _, data in chunks)


def numbered(count: int, width: int = 40) -> bytes:
    return b"".join(b"%0*d\n" % (width, number) for number in range(count))


@given(st.binary(max_size=3000), st.integers(1, 500), st.integers(1, 700))
def test_any_bytes_read_back(data: bytes, frame_bytes: int, step: int) -> None:
    assert content(seal(data, frame_bytes, step)) == data


@given(st.lists(st.integers(0, 90), max_size=60), st.integers(1, 200), st.integers(1, 500))
def test_frames_end_at_line_ends_however_the_bytes_come(
    lengths: list[int], frame_bytes: int, step: int
) -> None:
    data = b"".join(b"x" * length + b"\n" for length in lengths)
    table = read_seek_table(io.BytesIO(seal(data, frame_bytes, step)))
    assert table is not None
    ends = [frame.start + frame.size for frame in table]
    longest = max(lengths, default=0) + 1
    if longest < frame_bytes:
        assert all(data[end - 1 : end] == b"\n" for end in ends)
    assert ends[-1:] == ([len(data)] if data else [])


def test_frames_are_a_mebibyte() -> None:
    table = read_seek_table(io.BytesIO(seal(numbered(100_000))))
    assert table is not None
    assert [frame.size // 1000 for frame in table] == [1048, 1048, 1048, 954]


def test_nothing_at_all() -> None:
    sealed = seal(b"")
    assert content(sealed) == b""
    assert read_seek_table(io.BytesIO(sealed)) == []
    assert content(b"") == b""


def test_the_table_is_that_of_the_seekable_format() -> None:
    data = numbered(100)
    sealed = seal(data, 1000)
    count, descriptor, magic = struct.unpack("<IBI", sealed[-9:])
    assert (descriptor, struct.pack("<I", magic)) == (0, SEEKABLE_MAGIC)
    table_bytes = 8 * count + 9
    header = sealed[-table_bytes - 8 : -table_bytes]
    assert struct.unpack("<II", header) == (0x184D2A5E, table_bytes)
    offset, contents = 0, b""
    for place in range(len(sealed) - table_bytes, len(sealed) - 9, 8):
        compressed, size = struct.unpack_from("<II", sealed, place)
        if not size:  # the fingerprint, the last
            assert sealed[offset : offset + 8] == struct.pack("<II", 0x184D2A55, compressed - 8)
            assert place == len(sealed) - 17
            offset += compressed
            continue
        frame = zstandard.ZstdDecompressor().decompress(sealed[offset : offset + compressed])
        assert len(frame) == size
        assert zstandard.get_frame_parameters(sealed[offset:]).has_checksum
        offset, contents = offset + compressed, contents + frame
    assert contents == data
    assert offset == len(sealed) - table_bytes - 8


def test_zstdcat_reads_it(tmp_path: Path) -> None:
    zstd = shutil.which("zstd")
    if zstd is None:
        pytest.skip("zstd is not installed")
    data = numbered(60_000)
    path = tmp_path / "log.zst"
    path.write_bytes(seal(data))
    done = subprocess.run([zstd, "-dcq", path], check=True, capture_output=True)
    assert done.stdout == data


@given(st.integers(0, 4200))
def test_reading_from_any_place_equals_reading_from_the_beginning(start: int) -> None:
    data = numbered(100)
    for sealed in (seal(data, 300), foreign(data, 300)):
        chunks, told = read(sealed, start)
        assert told == []
        if chunks:
            begin = chunks[0][0]
            assert begin <= start < begin + 400
            assert b"".join(piece for _, piece in chunks) == data[begin:]
            assert all(data[at : at + len(piece)] == piece for at, piece in chunks)
        else:
            assert start >= len(data)


def test_from_a_late_place_only_its_frame_is_read() -> None:
    class Counting(io.BytesIO):
        total = 0

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            self.total += len(data)
            return data

    data = numbered(100_000)
    sealed = seal(data)
    file = Counting(sealed)
    chunks = list(read_sealed(file, len(data) - 1, lambda *_: None))
    assert chunks[0][0] > 3_000_000
    assert file.total < len(sealed) // 2


def foreign(data: bytes, frame_bytes: int) -> bytes:
    """Frames without checksum, size or table, as another writer might make them."""
    compress = zstandard.ZstdCompressor(level=1, write_content_size=False).compress
    steps = range(0, len(data), frame_bytes)
    return b"".join(compress(data[place : place + frame_bytes]) for place in steps)


def test_foreign_files_are_read_to_their_last_frame() -> None:
    data = numbered(3000)
    assert content(foreign(data, 1000)) == data
    assert content(foreign(data, 1 << 30)) == data
    skippable = struct.pack("<II", 0x184D2A53, 5) + b"hello"
    assert content(skippable + foreign(data, 50_000) + skippable) == data
    # Two sealed files one after the other: the table at the end is that of the second only.
    assert content(seal(data) + seal(data)) == data + data


def test_a_single_big_frame() -> None:
    data = numbered(600_000)
    assert content(foreign(data, 1 << 30)) == data


def test_a_table_with_checksums() -> None:
    data = numbered(10)
    frame = zstandard.ZstdCompressor().compress(data)
    entry = struct.pack("<III", len(frame), len(data), 0)
    footer = struct.pack("<IB", 1, 0x80) + SEEKABLE_MAGIC
    header = struct.pack("<II", 0x184D2A5E, len(entry) + len(footer))
    sealed = frame + header + entry + footer
    table = read_seek_table(io.BytesIO(sealed))
    assert [tuple(frame) for frame in table or ()] == [(0, len(frame), 0, len(data), True)]
    assert content(sealed) == data


@pytest.mark.parametrize("change", ["count", "size", "magic", "reserved", "first", "short"])
def test_a_table_that_does_not_fit_is_not_believed(change: str) -> None:
    data = numbered(100)
    sealed = bytearray(seal(data, 1000))
    footer = len(sealed) - 9
    if change == "count":
        struct.pack_into("<I", sealed, footer, 0xFFFFFFFF)
    elif change == "size":
        struct.pack_into("<I", sealed, footer - 8 * 5 - 4, 5)
    elif change == "magic":
        sealed[-1] ^= 1
    elif change == "reserved":
        sealed[-5] |= 0x40
    elif change == "first":
        struct.pack_into("<I", sealed, footer - 8 * 5, 1 << 31)
    else:
        del sealed[-12:]
    assert read_seek_table(io.BytesIO(bytes(sealed))) is None
    chunks, _ = read(bytes(sealed))
    assert b"".join(piece for _, piece in chunks) == data


def test_a_size_in_the_table_that_is_wrong_costs_nothing() -> None:
    data = numbered(100)
    sealed = bytearray(seal(data, 1000))
    table = read_seek_table(io.BytesIO(bytes(sealed)))
    assert table is not None
    struct.pack_into("<I", sealed, len(sealed) - 9 - 8 * len(table) + 4, 7)
    assert content(bytes(sealed)) == data


def test_a_table_that_takes_two_frames_for_one_hides_nothing() -> None:
    data = numbered(100)
    written = seal(data, 1000)
    table = read_seek_table(io.BytesIO(written))
    assert table is not None
    first, second, *rest = table
    joined = [(first.length + second.length, first.size + second.size)]
    joined += [(frame.length, frame.size) for frame in rest]
    sealed = written[: rest[-1].offset + rest[-1].length] + seek_table(joined)
    assert read_seek_table(io.BytesIO(sealed)) is not None
    chunks, told = read(sealed)
    assert len(told) == 1
    assert b"".join(piece for _, piece in chunks) == data[rest[0].start :]


def test_truncated_at_every_byte() -> None:
    data = numbered(60)
    sealed = seal(data, 500)
    table = read_seek_table(io.BytesIO(sealed))
    assert table is not None
    for length in range(len(sealed)):
        got = b"".join(piece for _, piece in read(sealed[:length])[0])
        whole = sum(frame.size for frame in table if frame.offset + frame.length <= length)
        assert got == data[:whole]


def test_a_stream_that_was_cut_off_is_read_as_far_as_it_goes() -> None:
    data = numbered(20_000)
    compressor = zstandard.ZstdCompressor().compressobj()
    streamed = compressor.compress(data) + compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    chunks, told = read(streamed)
    assert b"".join(piece for _, piece in chunks) == data
    assert len(told) == 1


def test_what_follows_a_lost_frame_lies_where_it_did() -> None:
    data = numbered(100)
    sealed = bytearray(seal(data, frame_bytes=500))
    table = read_seek_table(io.BytesIO(sealed))
    assert table is not None
    for lost in table:
        sealed[lost.offset + lost.length - 1] ^= 1  # of its checksum
        chunks, told = read(bytes(sealed))
        assert len(told) == 1
        assert [place for place, _ in chunks] == [one.start for one in table if one != lost]
        assert all(data[place : place + len(piece)] == piece for place, piece in chunks)
        sealed[lost.offset + lost.length - 1] ^= 1


def test_every_bit_flipped_costs_at_most_its_frame_and_invents_nothing() -> None:
    data = numbered(40, width=60)
    sealed = seal(data, 500)
    table = read_seek_table(io.BytesIO(sealed))
    assert table is not None
    parts = [data[frame.start : frame.start + frame.size] for frame in table]
    for bit in range(len(sealed) * 8):
        damaged = bytearray(sealed)
        damaged[bit // 8] ^= 1 << bit % 8
        got = b"".join(piece for _, piece in read(bytes(damaged))[0])
        hit = [frame.offset <= bit // 8 < frame.offset + frame.length for frame in table]
        kept = [part for part, was_hit in zip(parts, hit, strict=True) if not was_hit]
        assert got in (data, b"".join(kept)), f"bit {bit}"


@given(st.binary(max_size=400))
def test_any_bytes_are_walked_to_their_end(junk: bytes) -> None:
    frames = list(walk_frames(io.BytesIO(junk)))
    assert all(frame.length > 0 for frame in frames)
    read(junk)
    read(b"\x28\xb5\x2f\xfd" + junk)


def test_junk_between_frames_costs_nothing_else() -> None:
    data = numbered(20)
    frame = foreign(data, 1 << 20)
    chunks, told = read(b"junk" + frame + b"more junk" + frame)
    assert b"".join(piece for _, piece in chunks) == data + data
    assert len(told) == 2
