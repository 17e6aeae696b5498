"""The side file of checkpoints: what is written is read, and its own damage is known as such."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from formats.checkpoints import SUMS, Block, decode, encode, read_checkpoints

if TYPE_CHECKING:
    from pathlib import Path

ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
BLOCKS = [Block(1, 0, 100, "a1" * 32), Block(1, 100, 4000, "b2" * 32), Block(2, 0, 7, "c3" * 32)]
blocks = st.builds(
    lambda segment, start, length, digest: Block(segment, start, start + length, digest.hex()),
    st.integers(1, 1 << 40),
    st.integers(0, 1 << 50),
    st.integers(1, 1 << 40),
    st.binary(min_size=32, max_size=32),
)


@given(blocks)
def test_a_block_reads_back(block: Block) -> None:
    assert decode(encode(block)) == block


@given(st.binary(max_size=400))
def test_junk_is_none(junk: bytes) -> None:
    assert decode(junk) is None


def test_every_changed_bit_of_a_line_is_known() -> None:
    line = bytearray(encode(BLOCKS[1]))
    for place in range(len(line) - 1):
        for bit in range(8):
            line[place] ^= 1 << bit
            assert decode(bytes(line)) is None, (place, bit)
            line[place] ^= 1 << bit


def test_the_file(tmp_path: Path) -> None:
    assert read_checkpoints(str(tmp_path), ID) is None
    lines = [encode(block) for block in BLOCKS]
    path = tmp_path / (ID + SUMS)
    path.write_bytes(b"".join(lines))
    assert read_checkpoints(str(tmp_path), ID) == ({1: BLOCKS[:2], 2: BLOCKS[2:]}, 0)
    path.write_bytes(lines[0] + b"{}\n" + bytes(1000) + b"\n" + lines[2] + lines[1][:40])
    found = read_checkpoints(str(tmp_path), ID)
    assert found is not None
    assert found.blocks == {1: BLOCKS[:1], 2: BLOCKS[2:]}
    assert found.damaged_lines > 0


def test_a_block_takes_back_those_that_reach_into_it(tmp_path: Path) -> None:
    cut = Block(1, 100, 2000, "d4" * 32)
    path = tmp_path / (ID + SUMS)
    path.write_bytes(b"".join(map(encode, [*BLOCKS[:2], Block(1, 4000, 5000, "e5" * 32), cut])))
    assert read_checkpoints(str(tmp_path), ID) == ({1: [BLOCKS[0], cut]}, 0)


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(encode(BLOCKS[0]))
    (tmp_path / (ID + SUMS)).symlink_to(tmp_path / "elsewhere")
    assert read_checkpoints(str(tmp_path), ID) is None
