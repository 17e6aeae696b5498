"""Redaction measured: how fast a session is searched for secrets, and rewritten without them.

    python benchmarks/redact.py                      each style of session
    python benchmarks/redact.py recordings FOLDER    real recordings

MB/s are of payload, what was written to the terminal, for each second of CPU (user and system), so
of one core; medians. "drawn": the screen engine is fed the same output in pieces of 2 KB and gives
its rows after each, and nobody looks at them: no search that sees what stood for moments is faster.
"searched": nothing is found in it. "masked": a key was printed each 64 KiB
of payload, and all of them are masked, which reads the session four times. "left" are keys that
can still be read, in the bytes or on a screen: none.
"""

from __future__ import annotations

import argparse
import os
import random
import string
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from benchmarks.corpus import making
from formats.entry import Entry
from formats.line import OUTPUT
from formats.session import Session
from player.lines.sizing import initial_size
from player.redact.finder import Finder
from player.redact.redaction import Redaction
from player.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from formats.size import Size

MB: Final = 1e6
_EVERY_BYTES: Final = 64 << 10
_READ_BYTES: Final = 8 << 10
_FLOOD: Final = "flood"
_ID: Final = "00000000-0000-4000-8000-000000000000"
_DRAWN_BYTES: Final = 2 << 10
_HEAD: Final = "| | B/entry | drawn MB/s | searched MB/s | masked MB/s | keys | left |"


def main(argv: Sequence[str]) -> int:
    """Do what the command line says."""
    made = argparse.ArgumentParser(
        description=__doc__,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("what", nargs="?", choices=("styles", "recordings"), default="styles")
    made.add_argument("folder", nargs="?", type=Path)
    made.add_argument("--size-mb", type=float, default=4, help="of JSONL a style (default 4)")
    made.add_argument("--rounds", type=int, default=3, help="the median counts (default 3)")
    styles = ",".join([*making.STYLES, _FLOOD])
    made.add_argument("--styles", default=styles, help=f"with commas; {_FLOOD} is plain lines")
    options = made.parse_args(argv)
    print(_HEAD)
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    if options.what == "recordings":
        for path in sorted(options.folder.glob("*.jsonl.zst")):
            _measure(path.name.removesuffix(".jsonl.zst"), _read(path), options.rounds)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        for style in options.styles.split(","):
            size_bytes = int(options.size_mb * MB)
            if style == _FLOOD:
                _measure(style, _flood(size_bytes * 3 // 4), options.rounds)
                continue
            session, _ = making.make_session(Path(folder), style, size_bytes, 1)
            _measure(style, _read(Path(folder, f"{session.session_id}.jsonl")), options.rounds)
    return 0


def _read(path: Path) -> list[Entry]:
    return list(Session.at(str(path)).entries())


def _flood(size_bytes: int) -> list[Entry]:
    """Lines of words as fast as a terminal takes them: 8 KiB an entry."""
    source = random.Random(1)
    words = ["".join(source.choices(string.ascii_lowercase, k=n % 8 + 2)) for n in range(500)]
    lines: list[str] = []
    while len(lines) * 80 < size_bytes:
        lines.append(" ".join(source.choices(words, k=14)))
    data = "\r\n".join(lines).encode()
    start = {"type": "start", "version": 1, "cols": 120, "rows": 40, "command": ["cat"]}
    entries = [Entry(0, _ID, "output", b"", start)]
    return entries + [
        Entry(begin // 8, _ID, "output", data[begin : begin + _READ_BYTES])
        for begin in range(0, len(data), _READ_BYTES)
    ]


def _measure(name: str, entries: Sequence[Entry], rounds: int) -> None:
    size = initial_size(entries)
    output = [len(entry.data) for entry in entries if entry.direction == "output" and entry.data]
    drawn = sorted(_drawn(entries, size) for _ in range(rounds))[rounds // 2]
    searched, _ = _timed(entries, size, rounds)
    keys = [_key(number) for number in range(max(1, sum(output) // _EVERY_BYTES))]
    masked, redaction = _timed(_with_keys(entries, keys), size, rounds)
    data = b"".join(entry.data for entry in redaction.entries()).decode(errors="replace")
    left = redaction.report.left + sum(key[8:] in data for key in keys)
    print(
        f"| {name} | {sum(output) / len(output):,.0f} | {sum(output) / drawn / MB:.1f} "
        f"| {sum(output) / searched / MB:.1f} | {sum(output) / masked / MB:.1f} "
        f"| {len(keys)} | {left} |",
        flush=True,
    )


def _drawn(entries: Sequence[Entry], size: Size) -> float:
    """The CPU seconds of the screen engine alone: the floor of a search."""
    screen = Screen(size)
    data = b"".join(entry.data for entry in entries if entry.direction == OUTPUT)
    began_s = time.process_time()
    for begin in range(0, len(data), _DRAWN_BYTES):
        screen.feed(data[begin : begin + _DRAWN_BYTES])
        screen.text()
    return time.process_time() - began_s


def _timed(entries: Sequence[Entry], size: Size, rounds: int) -> tuple[float, Redaction]:
    """The median CPU seconds of finding and masking, reading the log left out."""
    redaction = Redaction(lambda: entries, Finder(), size)
    spent: list[float] = []
    for _ in range(rounds):
        redaction = Redaction(lambda: entries, Finder(), size)
        began_s = time.process_time()
        _ = redaction.report
        spent.append(time.process_time() - began_s)
    return sorted(spent)[len(spent) // 2], redaction


def _key(number: int) -> str:
    source = random.Random(number)
    return "ghp_" + "".join(source.choices(string.ascii_letters + string.digits, k=36))


def _with_keys(entries: Iterable[Entry], keys: Sequence[str]) -> list[Entry]:
    """The entries, and each `_EVERY_BYTES` one more that prints a key."""
    made: list[Entry] = []
    size_bytes, printed = 0, 0
    for entry in entries:
        made.append(entry)
        if entry.direction == "output" and entry.data:
            size_bytes += len(entry.data)
            if printed < len(keys) and size_bytes > printed * _EVERY_BYTES:
                made.append(entry._replace(data=f"token {keys[printed]}\r\n".encode(), event=None))
                printed += 1
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
