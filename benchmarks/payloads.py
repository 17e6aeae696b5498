"""The bytes that every contestant records: 100 MB of text, 100 MB of an agent's repaints.

Made from a fixed seed, so that two runs and two machines record the same. Knows no terminal.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LAST_LINE = b"-- here the load ends --\n"
# Synchronized update (DEC mode 2026): how agents frame a repaint. load.py cuts its writes here.
FRAME_START = b"\x1b[?2026h"
FRAME_END = b"\x1b[?2026l"
# The echo child answers every key with this byte, so it must not occur in what flows meanwhile.
ECHO = b"\x06"
PIECE_BYTES = 1 << 20


@dataclass(slots=True, frozen=True)
class Payload:
    """A file of `size_bytes` to be written to a terminal; `cooked`: the tty turns LF into CR LF."""

    path: Path
    size_bytes: int
    cooked: bool

    def pieces_on_screen(self) -> Iterator[bytes]:
        """Give what a lossless recorder sees: the file as the child's tty passes it on."""
        with self.path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                yield piece.replace(b"\n", b"\r\n") if self.cooked else piece

    def on_screen(self) -> tuple[int, str]:
        """Return the length in bytes and the SHA-256 of `pieces_on_screen`."""
        return length_and_hash(self.pieces_on_screen())


def length_and_hash(pieces: Iterator[bytes]) -> tuple[int, str]:
    """Return the total length in bytes and the SHA-256 of `pieces`."""
    total_bytes, sha256 = 0, hashlib.sha256()
    for piece in pieces:
        total_bytes += len(piece)
        sha256.update(piece)
    return total_bytes, sha256.hexdigest()


def text(path: Path, size_bytes: int) -> Payload:
    """Write source-like lines of 60 to 100 characters, about `size_bytes` in all, to `path`."""
    return _write(path, size_bytes, _lines, cooked=True)


def repaint(path: Path, size_bytes: int) -> Payload:
    """Write synchronized frames of 2 to 4 KB, as agents repaint, about `size_bytes`, to `path`."""
    return _write(path, size_bytes, _frames, cooked=False)


def _write(
    path: Path, size_bytes: int, source: Callable[[random.Random], Iterator[bytes]], *, cooked: bool
) -> Payload:
    written = 0
    last = LAST_LINE if cooked else LAST_LINE.replace(b"\n", b"\r\n")
    with path.open("wb") as file:
        # Not for secrets: a seed, so that all runs record the same bytes.
        for piece in source(random.Random(20261123)):
            if written + len(piece) + len(last) > size_bytes:
                break
            written += file.write(piece)
        written += file.write(last)
    return Payload(path, written, cooked)


def _words(rng: random.Random) -> list[str]:
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    return ["".join(rng.choices(letters, k=rng.randint(2, 11))) for _ in range(3000)]


def _lines(rng: random.Random) -> Iterator[bytes]:
    words = _words(rng)
    pool = [_line(rng, words) for _ in range(4000)]
    number = 0
    while True:
        number += 1
        yield b"%08d %s\n" % (number, rng.choice(pool))


def _line(rng: random.Random, words: list[str]) -> bytes:
    """Return 51 to 91 characters: with number, blank and line feed a line of 60 to 100."""
    text = " " * rng.choice((0, 0, 4, 4, 8, 12))
    while len(text) < 51:
        text += rng.choice(words) + rng.choice((" ", " ", "(", ") ", " = ", ".", ", ", "_"))
    return text[: rng.randint(51, 91)].encode()


def _frames(rng: random.Random) -> Iterator[bytes]:
    """Give whole repaints of which little is new: a word at the end, a scroll now and then."""
    words = _words(rng)
    rows = [_row(rng, words) for _ in range(20)]
    number = 0
    while True:
        number += 1
        if number % 2 == 0:
            rows = [*rows[1:], _row(rng, words)]
        height = 13 + (number // 300) % 8  # the box grows and shrinks: 2 to 4 KB
        shown = [*rows[-height:], b"\x1b[2K  %s" % " ".join(rng.choices(words, k=3)).encode()]
        body = b"".join(b"\x1b[%d;1H%s" % (at, row) for at, row in enumerate(shown, start=4))
        spinner = "·✢✳✶✻✽"[number % 6].encode()
        status = b"\x1b[2;1H\x1b[2K\x1b[38;5;174m%s\x1b[39m Working \x1b[2m(%ds)\x1b[22m"
        yield FRAME_START + status % (spinner, number // 30) + body + FRAME_END


def _row(rng: random.Random, words: list[str]) -> bytes:
    """Return one painted row of a box: some SGR, words, some placed by a cursor move."""
    row = f"\x1b[2K\x1b[38;5;{rng.choice((37, 174, 244, 246))}m│\x1b[39m "
    for _ in range(rng.randint(5, 10)):
        style = rng.choice(("", "", "\x1b[1m", "\x1b[2m", "\x1b[38;2;177;185;249m"))
        row += style + rng.choice(words) + ("\x1b[0m" if style else "")
        row += rng.choice((" ", " ", "\x1b[1C", " ● "))
    return (row + "\x1b[118G\x1b[38;5;244m│\x1b[39m").encode()
