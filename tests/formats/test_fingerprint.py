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
GAP = b'{"data":"","size":0,"event":{"type":"gap","entries":1,"bytes":1}}\n'


@pytest.mark.parametrize("data", [b"", b"\n", DATA])
def test_it_says_what_the_content_is_and_fits(data: bytes) -> None:
    file = io.BytesIO(seal(data))
    found = fingerprint.find(file)
    assert found is not None
    assert found.content_sha256 == sha256(data).digest()
    assert found.holds_no_gap
    assert fingerprint.fits(file, found)


@pytest.mark.parametrize("data", [GAP, DATA + GAP + DATA, GAP * 100, b"x" * 1950 + GAP])
def test_it_never_says_of_content_with_a_gap_that_it_holds_none(data: bytes) -> None:
    file = io.BytesIO(seal(data))
    found = fingerprint.find(file)
    assert found is not None
    assert not found.holds_no_gap
    assert fingerprint.fits(file, found)


def test_a_gap_across_a_cut_that_is_no_line_end_is_not_denied() -> None:
    writer = SealedWriter(frame_bytes=1000)
    data = b"x" * 1970 + GAP
    sealed = writer.feed(data[:2000]) + writer.feed(data[2000:]) + writer.finish()
    found = fingerprint.find(io.BytesIO(sealed))
    assert found is not None
    assert not found.holds_no_gap


@pytest.mark.parametrize("data", [DATA, DATA + GAP])
def test_every_bit_counts(data: bytes) -> None:
    sealed = bytearray(seal(data))
    for place in range(len(sealed)):
        for bit in range(8):
            sealed[place] ^= 1 << bit
            file = io.BytesIO(sealed)
            found = fingerprint.find(file)
            assert found is None or not fingerprint.fits(file, found), (place, bit)
            sealed[place] ^= 1 << bit


def test_what_it_says_of_gaps_counts() -> None:
    """Two bits tell the numbers apart: both may change at once."""
    sealed = seal(DATA + GAP)
    place = sealed.rindex(b"sha-256") + len(b"sha-256")
    file = io.BytesIO(sealed[:place] + b"\x02" + sealed[place + 1 :])
    found = fingerprint.find(file)
    assert found is not None
    assert found.holds_no_gap
    assert not fingerprint.fits(file, found)


@given(st.integers(0, len(seal(DATA)) - 1))
def test_a_file_that_was_cut_has_none_that_fits(length: int) -> None:
    file = io.BytesIO(seal(DATA)[:length])
    found = fingerprint.find(file)
    assert found is None or not fingerprint.fits(file, found)


def test_other_files_have_none() -> None:
    assert fingerprint.find(io.BytesIO(b"")) is None
    assert fingerprint.find(io.BytesIO(DATA)) is None
