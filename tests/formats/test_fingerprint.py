"""The fingerprint of a sealed file: it is there, fits, and no changed bit escapes it."""

from __future__ import annotations

import io
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats import fingerprint
from formats.sealed import SealedWriter


def seal(data: bytes, frame_bytes: int = 1000) -> bytes:
    writer = SealedWriter(frame_bytes=frame_bytes)
    return writer.feed(data) + writer.finish()


DATA = b"".join(b"line %d of a log\n" % number for number in range(200))


@pytest.mark.parametrize("data", [b"", b"\n", DATA])
def test_it_says_what_the_content_is_and_fits(data: bytes) -> None:
    file = io.BytesIO(seal(data))
    found = fingerprint.find(file)
    assert found is not None
    assert found.content_sha256 == sha256(data).digest()
    assert fingerprint.fits(file, found)


def test_every_bit_counts() -> None:
    sealed = bytearray(seal(DATA))
    for place in range(len(sealed)):
        for bit in range(8):
            sealed[place] ^= 1 << bit
            file = io.BytesIO(sealed)
            found = fingerprint.find(file)
            assert found is None or not fingerprint.fits(file, found), (place, bit)
            sealed[place] ^= 1 << bit


@given(st.integers(0, len(seal(DATA)) - 1))
def test_a_file_that_was_cut_has_none_that_fits(length: int) -> None:
    file = io.BytesIO(seal(DATA)[:length])
    found = fingerprint.find(file)
    assert found is None or not fingerprint.fits(file, found)


def test_other_files_have_none() -> None:
    assert fingerprint.find(io.BytesIO(b"")) is None
    assert fingerprint.find(io.BytesIO(DATA)) is None
