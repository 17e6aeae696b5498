"""Files made to eat memory: reading them stays small. Measured in a process of its own."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
from pathlib import Path

import pytest
import zstandard

from formats.entry import Entry, encode_line
from formats.frames import LARGEST_TABLE_BYTES, read_seek_table, seek_table

ROOT = Path(__file__).parents[2]
ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
LINE = encode_line(Entry(0, ID, "output", b"hello"))
MOST_KIB = 200 * 1024
# The high-water mark of this process alone: ru_maxrss would begin at that of its parent.
READER = """
import json, re, sys
from formats.damage import Damage
from formats.session import Session
damage = Damage()
entries = sum(1 for _ in Session(sys.argv[1], sys.argv[2]).entries(damage))
try:
    with open("/proc/self/status") as file:
        peak_kib = int(re.search(r"VmHWM:\\s+(\\d+)", file.read())[1])
except FileNotFoundError:
    import resource
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(json.dumps([entries, damage.lines, damage.frames, damage.torn, peak_kib]))
"""


def read(folder: Path) -> tuple[int, int, int, int]:
    """(Entries, damaged lines, damaged frames, torn) after checking the memory."""
    done = subprocess.run(
        [sys.executable, "-c", READER, ID, folder],
        check=True,
        capture_output=True,
        cwd=ROOT,
        timeout=50,
    )
    assert done.stderr == b""
    *counts, peak_kib = json.loads(done.stdout)
    assert peak_kib < MOST_KIB, f"{peak_kib} KiB"
    return tuple(counts)


def zeros_frame(size: int, *, state_size: bool, window_log: int = 20) -> bytes:
    """`size` NULs, small."""
    parameters = zstandard.ZstdCompressionParameters.from_level(
        3, window_log=window_log, write_content_size=state_size
    )
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj(
        size if state_size else -1
    )
    block = bytes(1 << 20)
    parts = [compressor.compress(block) for _ in range(size >> 20)]
    return b"".join(parts) + compressor.flush()


@pytest.mark.parametrize("state_size", [True, False])
def test_a_frame_of_a_gibibyte(tmp_path: Path, *, state_size: bool) -> None:
    bomb = zeros_frame(1 << 30, state_size=state_size)
    assert len(bomb) < 100_000
    line = zstandard.ZstdCompressor().compress(LINE)
    (tmp_path / f"{ID}.0001.jsonl.zst").write_bytes(line + bomb + line)
    entries, _, frames, _ = read(tmp_path)
    assert (entries, frames) == (2, 1)


def test_a_window_of_two_gibibytes(tmp_path: Path) -> None:
    frame = bytearray(zeros_frame(1 << 20, state_size=False))
    frame[5] = (31 - 10) << 3
    (tmp_path / f"{ID}.0001.jsonl.zst").write_bytes(bytes(frame) + LINE)
    assert read(tmp_path)[0] == 0


def test_the_largest_window_that_is_allowed(tmp_path: Path) -> None:
    frame = zeros_frame(64 << 20, state_size=False, window_log=27)
    line = zstandard.ZstdCompressor().compress(b"\n" + LINE)
    (tmp_path / f"{ID}.0001.jsonl.zst").write_bytes(frame + line)
    assert read(tmp_path)[0] == 1


def test_a_header_that_claims_a_terabyte(tmp_path: Path) -> None:
    header = b"\x28\xb5\x2f\xfd" + bytes((0xE0,)) + struct.pack("<Q", 1 << 40)
    block = struct.pack("<I", 1 | 1 << 3)[:3] + b"x"
    line = zstandard.ZstdCompressor().compress(LINE)
    (tmp_path / f"{ID}.0001.jsonl.zst").write_bytes(header + block + line)
    entries, _, frames, _ = read(tmp_path)
    assert (entries, frames) == (1, 1)


def test_a_table_of_a_million_frames(tmp_path: Path) -> None:
    line = zstandard.ZstdCompressor().compress(LINE)
    count = 4_000_000
    entries = struct.pack("<II", len(line), len(LINE)) + bytes(8 * (count - 1))
    footer = struct.pack("<IBI", count, 0, 0x8F92EAB1)
    header = struct.pack("<II", 0x184D2A5E, len(entries) + len(footer))
    (tmp_path / f"{ID}.0001.jsonl.zst").write_bytes(line + header + entries + footer)
    assert read(tmp_path)[0] == 1


def test_a_table_that_is_too_large_is_not_read() -> None:
    """It fits its file: so many frames of which none takes a byte."""
    most = (LARGEST_TABLE_BYTES - 9) // 8
    assert read_seek_table(io.BytesIO(seek_table([(0, 1)] * most))) is not None
    assert read_seek_table(io.BytesIO(seek_table([(0, 1)] * (most + 1)))) is None


def test_a_line_of_half_a_gigabyte(tmp_path: Path) -> None:
    path = tmp_path / f"{ID}.jsonl"
    with path.open("wb") as file:
        file.write(LINE)
        file.seek(500_000_000)
        file.write(b"\n" + LINE)
    assert read(tmp_path) == (2, 1, 0, 0)


def test_deep_json(tmp_path: Path) -> None:
    (tmp_path / f"{ID}.jsonl").write_bytes(b"[" * 1_000_000 + b"\n" + LINE)
    assert read(tmp_path) == (1, 1, 0, 0)
