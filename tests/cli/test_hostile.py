"""Files made to eat memory or time: every command that reads says so in one line, and soon."""

from __future__ import annotations

import gzip
import os
import re
import struct
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import zstandard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.usefixtures("linux"), pytest.mark.slow, pytest.mark.timeout(300)]
MOST_KIB = 200 * 1024
MOST_CPU_S = 15
ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
# The high-water mark of the process alone: ru_maxrss would begin at that of its parent. What it
# has started counts too.
RUN = """
import os, re, resource, sys
import claude_sessions_recorder as commands
begun = os.getpid()
code = commands.main(sys.argv[1:])
sys.stdout.flush()
if os.getpid() != begun:
    sys.exit(code)  # a part of the work has a process of its own, which is counted where it began
peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
used, theirs = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
cpu = used.ru_utime + used.ru_stime + theirs.ru_utime + theirs.ru_stime
print(f"peak {max(peak, theirs.ru_maxrss)} {cpu}", file=sys.stderr)
sys.exit(code)
"""
READERS = {
    "verify": ["verify", "FILE"],
    "repair": ["repair", "--dry-run", "FILE"],
    "ls": ["ls", "FILE"],
    "play into a pipe": ["play", "FILE"],
    "play": ["play", "FILE"],
    "play raw": ["play", "--raw", "FILE"],
    "dump": ["play", "--dump-at", "50%", "FILE"],
    "text": ["text", "FILE"],
    "info": ["info", "FILE"],
    "grep": ["grep", "-F", "FILE", "x"],
    "index": ["index", "FILE"],
    "import": ["import", "FILE"],
    "export": ["export", "--format", "asciicast-v2", "-o", "-", "FILE"],
    "export raw": ["export", "--format", "raw", "-o", "-", "FILE"],
    "meta": ["meta", "FILE"],
    "redact": ["redact", "--dry-run", "FILE"],
}
IN_A_WINDOW = ("play", "play raw")
OF_THE_STORE = {
    "verify": ["verify"],
    "ls": ["ls"],
    "du": ["du"],
    "grep": ["grep", "-F", "all", "x"],
    "index": ["index"],
    "text": ["text", ID],
    "play": ["play", ID],
}
MIB = 1 << 20


def zstd(block: bytes, count: int, head: bytes = b"") -> bytes:
    compressor = zstandard.ZstdCompressor().compressobj()
    blocks = (compressor.compress(block) for _ in range(count))
    return b"".join([compressor.compress(head), *blocks, compressor.flush()])


def a_long_line() -> Iterator[bytes]:
    yield from (bytes(MIB) for _ in range(500))
    yield b"\n"


LOGS: dict[str, tuple[str, Callable[[], bytes] | Callable[[], Iterator[bytes]]]] = {
    "2 GiB of NULs": (".jsonl.zst", lambda: zstd(bytes(MIB), 2048)),
    "2 GiB of newlines": (".jsonl.zst", lambda: zstd(b"\n" * MIB, 2048)),
    "a terabyte in the header": (
        ".jsonl.zst",
        lambda: b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", 1 << 40) + b"\x09\0\0x",
    ),
    "a window of 2 GiB": (".jsonl.zst", lambda: b"\x28\xb5\x2f\xfd\0" + b"\xa8" + b"\x09\0\0x"),
    "depth of 100,000": (".jsonl", lambda: b"[" * 100_000 + b"\n"),
    "ten million tiny lines": (".jsonl", lambda: b"{}\n" * 10_000_000),
    "a line of 500 MB": (".jsonl", a_long_line),
}
CAST = b'{"version": 2, "width": 80, "height": 24}\n'
CAST_V1 = b'{"version": 1, "width": 80, "height": 24, "stdout": ['
EMPTY_FRAME = struct.pack("<III", 1_700_000_000, 0, 0)
TLOG = (
    b'{"ver":"2.3","host":"h","rec":"r","user":"u","term":"x","session":1,"id":1,"pos":0,"time":1,'
    b'"timing":"=80x24>1","in_txt":"","in_bin":[],"out_txt":"x","out_bin":[]}\n'
)
FOREIGN: dict[str, tuple[str, Callable[[], bytes] | Callable[[], Iterator[bytes]]]] = {
    "a cast of ten million lines": (".cast", lambda: CAST + b"[]\n" * 10_000_000),
    "a cast of 2 GiB": (".cast.zst", lambda: zstd(bytes(MIB), 2048, CAST)),
    "a cast of empty lines": (".cast.gz", lambda: gzip.compress(CAST + b"\n" * (1 << 28), 1)),
    "a cast of version 1 that is junk": (".json", lambda: CAST_V1 + b"[]," * 80_000_000),
    "a cast of version 1 in one value": (".json", lambda: CAST_V1 + b"[" * 100_000),
    "a cast of version 1 with a long one": (".json", lambda: CAST_V1 + b'"' + b"x" * (300 * MIB)),
    "a ttyrec of empty frames": (".ttyrec", lambda: EMPTY_FRAME * 20_000_000),
    "a tlog of tiny lines": (".json", lambda: TLOG + b"{}\n" * 10_000_000),
}
# A line that is one list of many small values: the most that text can be as values in memory.
CROWDED = {
    "a cast": (".cast", CAST + b'[0,"o","x"' + b",[]" * 1_300_000 + b"]\n"),
    "a cast of version 1": (".json", CAST_V1 + b"[0,[" + b"[]," * 1_300_000 + b"[]]]]}"),
    "a tlog": (".json", TLOG + TLOG[:-3] + b"0," * 2_000_000 + b"0]}\n"),
    "a log": (".jsonl", b"[" + b"[]," * 340_000 + b"[]]\n"),
}


class Done(NamedTuple):
    code: int
    words: str
    peak_kib: float
    cpu_s: float


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Callable[..., Path]:
    """A file by its name, made when it is first asked for."""
    folder = tmp_path_factory.mktemp("hostile")

    def make(name: str, ending: str, content: Any) -> Path:
        path = folder / (name.replace(" ", "-") + ending)
        if not path.exists():
            found = content() if callable(content) else content
            with path.open("wb") as file:
                file.writelines([found] if isinstance(found, bytes) else found)
        return path

    return make


def run(words: list[str], path: Path, home: Path, *, in_a_window: bool = False) -> Done:
    argv = [sys.executable, "-c", RUN, *[str(path) if w == "FILE" else w for w in words]]
    environ = os.environ | {"CLAUDE_SESSIONS_HOME": str(home), "TERM": "xterm-256color"}
    if in_a_window:
        code, said = _in_a_window(argv, environ)
    else:
        done = subprocess.run(
            argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False, timeout=200,
            env=environ, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        code, said = done.returncode, done.stderr
    told, _, measured = said.decode().rpartition("peak ")
    assert measured, said
    return Done(code, told, *map(float, re.findall(r"[\d.]+", measured)))


def _in_a_window(argv: list[str], environ: dict[str, str]) -> tuple[int, bytes]:
    master, slave = os.openpty()

    def empty() -> None:
        try:
            while os.read(master, 65536):
                pass
        except OSError:  # nobody is there any more
            return

    with subprocess.Popen(
        argv, stdin=slave, stdout=slave, stderr=subprocess.PIPE, env=environ, start_new_session=True
    ) as process:
        os.close(slave)
        reader = threading.Thread(target=empty)
        reader.start()
        _, said = process.communicate(timeout=200)
        reader.join()
    os.close(master)
    return process.returncode, said


def is_bounded(done: Done, what: object) -> None:
    assert done.code >= 0, (what, done)
    assert done.words.count("\n") <= 1, (what, done)
    assert done.peak_kib < MOST_KIB, (what, done)
    assert done.cpu_s < MOST_CPU_S, (what, done)


def is_refused(done: Done, command: str, what: object) -> None:
    is_bounded(done, what)
    assert done.code not in (0, 1), (what, done)
    assert done.words.startswith(f"cs-{command}: "), (what, done)
    assert done.words.count("\n") == 1, (what, done)


@pytest.mark.parametrize("what", LOGS)
def test_as_a_log_no_command_takes_it(made, tmp_path, what):
    path = made(what, *LOGS[what])
    for name, words in READERS.items():
        done = run(words, path, tmp_path / "home", in_a_window=name in IN_A_WINDOW)
        is_refused(done, words[0], name)


@pytest.mark.parametrize("what", LOGS)
def test_in_the_store_it_harms_no_command(made, home, what):
    """Of a session that holds nothing one line tells, or its own place in the list."""
    path = made(what, *LOGS[what])
    (home / "logs").mkdir(mode=0o700)
    number = ".0001" if LOGS[what][0].endswith(".zst") else ""
    (home / "logs" / f"{ID}{number}{LOGS[what][0]}").hardlink_to(path)
    for name, words in OF_THE_STORE.items():
        is_bounded(run(words, path, home), name)


@pytest.mark.parametrize("what", FOREIGN)
def test_as_another_tools_recording_it_is_refused(made, tmp_path, what):
    path = made(what, *FOREIGN[what])
    for words in (READERS["import"], READERS["play into a pipe"], READERS["grep"]):
        is_refused(run(words, path, tmp_path / "home"), words[0], words)
    assert not list((tmp_path / "home").rglob("*.jsonl*")), "nothing of it is in the store"


@pytest.mark.parametrize("what", CROWDED)
def test_a_line_that_is_a_crowd_of_values_stays_small(made, tmp_path, what):
    path = made(f"crowd {what}", *CROWDED[what])
    for words in (READERS["import"], READERS["play into a pipe"]):
        is_bounded(run(words, path, tmp_path / "home"), words)
