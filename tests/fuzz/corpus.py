"""What the fuzzers begin with: a small file of each form that we read, and how it is changed."""

from __future__ import annotations

import struct
from functools import cache
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from formats import meta
from formats.checkpoints import Block
from formats.checkpoints import encode as encode_block
from formats.interchange import asciicast, tar, ttyrec
from formats.interchange.left_out import LeftOut
from formats.sealed import SealedWriter
from tests.support.foreign import START, said
from tests.support.logs import BEGINNING_US
from tests.support.stored import ID, session_lines

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

CONFIG = b"""\
command = "claude --continue"
rotate_bytes = "16M"
idle_limit_s = 2.0
record_input = true
mark_key = "^]"
capture_env = ["SHELL", "TERM"]
sync = "1s"
retention_days = "none"
max_store_bytes = "5GB"
redact = ["key-[0-9]+"]
redact_words = ["hunter2"]
"""
TLOG = (
    b'{"ver":"2.3","host":"h","rec":"r","user":"u","term":"x","session":1,"id":1,"pos":0,"time":1,'
    b'"timing":"=80x24>5+100<2[1/2]1/2","in_txt":"ls","in_bin":[1,2],"out_txt":"hello",'
    b'"out_bin":[240,159]}\n'
)
# What a number, a length or a bracket may become: where parsers go wrong.
TOKENS = (
    b"0", b"-1", b"1e999", b"99999999999999999999", b"\0", b"\xff", b"\n", b"\r", b'"', b"\\",
    b"[", b"]", b"{", b"}", b",", b":", b"null", b"true", b"NaN", b"\\ud800", b"\\u0000", b"#",
    struct.pack("<I", 0xFFFFFFFF), struct.pack("<I", 1 << 31), struct.pack("<I", 0), bytes(64),
    b"\x28\xb5\x2f\xfd", b"\x5e\x2a\x4d\x18", b"\x1f\x8b\x08", b"\xfd7zXZ\0", b"ustar",
)  # fmt: skip


@cache
def seeds() -> dict[str, bytes]:
    """A small file of each form by its name."""
    lines = [line for segment in session_lines(2, 8) for line in segment]
    log = b"".join(lines)
    sealed = SealedWriter(frame_bytes=400)
    entries = said((10, b"hello\r\n"), (500, b"ls\r", "input"), (900, b"\xf0\x9f\x98\x80 bye"))
    left = LeftOut()
    member = tar.header(f"{ID}.jsonl", len(log), 0) + log + tar.padding(len(log))
    block = Block(1, 0, 131_072, "0" * 64)
    stated = meta.Meta(
        session_id=ID, state="ended", command=["bash"], cwd="/", title="t", tags=["a"], term="x",
        cols=80, rows=24, idle_limit_s=2.0, start_us=BEGINNING_US, end_us=BEGINNING_US + 5,
        entries=3, input_bytes=1, output_bytes=2, log_bytes=3, open_bytes=3, segments=1, markers=0,
        exit_status=0, exit_signal=None, exit_reason="exited",
    )  # fmt: skip
    return {
        "log": log,
        "sealed": sealed.feed(log) + sealed.finish(),
        "cast v1": b"".join(asciicast.write_v1(entries, left)),
        "cast v2": b"".join(asciicast.write_v2(entries, left)),
        "cast v3": b"".join(asciicast.write_v3(entries, left)),
        "ttyrec": b"".join(ttyrec.write_ttyrec(entries, left)),
        "typescript": b'Script started on 2026-02-07 18:15:32+00:00 [TERM="x"]\nhello\r\n',
        "timing": b"H 0.0 COLUMNS 80\nO 0.500000 5\nI 0.1 2\nS 0.2 SIGWINCH ROWS=30 COLS=100\n",
        "tlog": TLOG,
        "tar": member + tar.end(len(member)),
        "config": CONFIG,
        "meta": meta.encode(stated),
        "sums": encode_block(block) + encode_block(block._replace(start=131_072, end=262_144)),
        "start": START["title"].encode(),
    }


def changed() -> SearchStrategy[tuple[str, bytes]]:
    """(The name of a seed, that seed with a few changes): most of it stays as it should be."""
    names = st.sampled_from(sorted(seeds()))
    return names.flatmap(lambda name: st.tuples(st.just(name), changes_of(seeds()[name])))


def changes_of(seed: bytes) -> SearchStrategy[bytes]:
    """A file with up to six bytes, pieces or tokens put in, taken out, doubled or exchanged."""
    place = st.integers(0, len(seed))
    piece = st.one_of(st.sampled_from(TOKENS), st.binary(max_size=6), _pieces_of(seed))
    change = st.tuples(place, st.integers(0, 40), piece)
    return st.lists(change, min_size=1, max_size=6).map(lambda changes: _made(seed, changes))


def _pieces_of(seed: bytes) -> SearchStrategy[bytes]:
    spans = st.tuples(st.integers(0, len(seed)), st.integers(1, 200))
    return spans.map(lambda span: seed[span[0] : span[0] + span[1]])


def _made(data: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    for place, length, piece in changes:
        data = data[:place] + piece + data[place + length :]
    return data
