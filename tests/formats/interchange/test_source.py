"""Compression around any file: taken off, torn, nested, bombs; and what kind a file is."""

from __future__ import annotations

import gzip
import lzma
import tracemalloc
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from formats.damage import Damage
from formats.errors import LogError
from formats.interchange.reading import kind_of
from formats.interchange.source import plain_source
from formats.sealed import SealedWriter
from tests.support.foreign import opened, unpacked
from tests.support.logs import Said, lines

ZSTD = zstandard.ZstdCompressor(write_checksum=True).compress


def _xz(data: bytes) -> bytes:
    return lzma.compress(data, preset=0)


def _sealed(data: bytes) -> bytes:
    writer = SealedWriter(frame_bytes=1000)
    return writer.feed(data) + writer.finish()


PACKED = (b"\x1f\x8b", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd")


# What begins as a compressed file does is taken for one, in whatever it is packed.
@given(data=st.binary(max_size=5000).filter(lambda data: not data.startswith(PACKED)))
def test_each_is_taken_off(data: bytes) -> None:
    for packed in (
        data,
        gzip.compress(data),
        _xz(data),
        ZSTD(data),
        _sealed(data * 9 + b"\n"),
        gzip.compress(_xz(ZSTD(data))),
    ):
        found, damage = unpacked(packed)
        assert found in (data, data * 9 + b"\n")
        assert not damage


@pytest.mark.parametrize("pack", [gzip.compress, _xz, ZSTD])
def test_several_members_and_padding(pack) -> None:
    padding = b"" if pack is ZSTD else b"\0" * 1024
    assert unpacked(pack(b"one") + pack(b"two") + padding)[0] == b"onetwo"


@pytest.mark.parametrize("pack", [gzip.compress, _xz, ZSTD])
def test_one_that_ends_early_is_read_as_far_as_it_goes(pack) -> None:
    data = b"".join(b"%d," % (n * n) for n in range(100_000))
    packed = pack(data)
    found, damage = unpacked(packed[: len(packed) // 2])
    assert len(found) > 10_000
    assert data.startswith(found)
    if pack is not ZSTD:  # zstandard does not tell that a frame is not at its end
        assert damage.frames == 1


@pytest.mark.parametrize("pack", [gzip.compress, _xz, ZSTD])
def test_damage_inside_is_counted(pack) -> None:
    packed = bytearray(pack(b"".join(b"%d," % (n * n) for n in range(100_000))))
    packed[1000:1100] = bytes(100)
    _, damage = unpacked(bytes(packed))
    assert damage.frames == 1
    assert damage.summary().startswith("skipped 1 damaged frame (first: file, its compression: ")


@pytest.mark.parametrize("pack", [_xz, ZSTD])
def test_a_bomb_is_refused_in_little_memory(pack) -> None:
    bomb = pack(bytes(90 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(LogError, match="bomb"):
            _size(bomb)
        assert tracemalloc.get_traced_memory()[1] < 48 << 20
    finally:
        tracemalloc.stop()


def _size(data: bytes) -> int:
    source, size = plain_source(opened(data).read, "file", Damage()), 0
    while piece := source.read():
        size += len(piece)
    return size


def test_kinds_are_told_by_their_content() -> None:
    log = b"".join(lines([Said(0, b"x")], "3f2504e0-4f89-41d3-9a0c-0305e82c3301"))
    tar = bytes(257) + b"ustar\x0000"
    for head, kind in (
        (log, "jsonl"),
        (b"\0\0garbage\n" + log, "jsonl"),
        (log.replace(b'":"', b'" : "'), "jsonl"),
        (b'{"version": 2, "width": 80, "height": 24}\n', "asciicast"),
        (b'{\n "version": 1,\n "stdout": [\n', "asciicast"),
        (b"Script started on Tue\n", "typescript"),
        (b"0.123 45\n", "timing"),
        (b"H 0.000000 START_TIME 2026\n", "timing"),
        (tar, "tar"),
        (b"\1\0\0\0\2\0\0\0\3\0\0\0abc", "ttyrec"),
        (b"hello world, this is a text\n", None),
        (zlib.compress(b"x"), None),
        (b"", None),
        (b"{}", None),
    ):
        assert kind_of(head) == kind, head[:40]
