"""Files made to eat memory or time: every command that reads says so in one line, and soon."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys

import pytest
import zstandard

pytestmark = pytest.mark.usefixtures("linux")
MOST_KIB = 200 * 1024
MOST_CPU_S = 15
RUN = """
import re, resource, sys
import claude_sessions_recorder as commands
code = commands.main(sys.argv[1:])
sys.stdout.flush()
peak = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]
used = resource.getrusage(resource.RUSAGE_SELF)
print(f"peak {peak} {used.ru_utime + used.ru_stime}", file=sys.stderr)
sys.exit(code)
"""
COMMANDS = {
    "verify": ["verify"],
    "repair": ["repair", "--dry-run"],
    "ls": ["ls"],
    "play": ["play"],
    "text": ["text"],
    "grep": ["grep", "-F", "x"],
}


def zstd(block: bytes, count: int) -> bytes:
    compressor = zstandard.ZstdCompressor().compressobj()
    return b"".join(compressor.compress(block) for _ in range(count)) + compressor.flush()


MIB = 1 << 20
FILES = {
    "2 GiB of NULs": ("a.jsonl.zst", lambda: zstd(bytes(MIB), 2048)),
    "2 GiB of newlines": ("a.jsonl.zst", lambda: zstd(b"\n" * MIB, 2048)),
    "a terabyte in the header": (
        "a.jsonl.zst",
        lambda: b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", 1 << 40) + b"\x09\0\0x",
    ),
    "a window of 2 GiB": ("a.jsonl.zst", lambda: b"\x28\xb5\x2f\xfd\0" + b"\xa8" + b"\x09\0\0x"),
    "depth of 100,000": ("a.jsonl", lambda: b"[" * 100_000 + b"\n"),
    "ten million tiny lines": ("a.jsonl", lambda: b"{}\n" * 10_000_000),
    "a line of 500 MB": ("a.jsonl", None),
}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("what", FILES)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_hostile_file(tmp_path, what, command):
    name, make = FILES[what]
    path = tmp_path / name
    if make is None:
        with path.open("wb") as file:
            file.seek(500_000_000)
            file.write(b"\n")
    else:
        path.write_bytes(make())
    argv = [sys.executable, "-c", RUN, *COMMANDS[command]]
    if command == "grep":
        argv[-1:] = [str(path), "x"]
    else:
        argv.append(str(path))
    environ = os.environ | {"CLAUDE_SESSIONS_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        argv, capture_output=True, check=False, timeout=200, env=environ, cwd=tmp_path
    )
    words, _, measured = done.stderr.decode().rpartition("peak ")
    assert done.returncode not in (0, -9), done.stderr
    assert words.count("\n") == 1, words
    assert words.startswith(f"cs-{command}: "), words
    peak_kib, cpu_s = map(float, re.findall(r"[\d.]+", measured))
    assert peak_kib < MOST_KIB
    assert cpu_s < MOST_CPU_S
