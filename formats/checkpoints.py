r"""Checkpoints: hashes of a log that is being written, beside it, so that no changed bit escapes.

`logs/<uuid>.sums` holds one JSON object a line, added while the session is recorded, about once
a second when the log has grown, and when a segment is closed (docs/log-format.md has all of it):

    {"segment":1,"from":0,"to":18231,"sha256":"2c26b46b…","check":"9f86d081"}

`sha256` is that of the bytes `from` to `to` (not included) of that segment, uncompressed, both at
line ends. Within a segment each block begins where the one before ended, the first at 0; a segment
is closed by its last block, whose end is the segment's size. Blocks stand for themselves: damage to
one leaves the proof of the others. `check` is the beginning of the SHA-256 of all that stands
before `,"check"`: it tells damage to this file from damage to the log.

Bytes behind the last block (a recorder that was killed: a second's worth) are not proven by it.
The file is not synced: after a power cut it may lack its end, as the log may.

Whoever writes has hashed: this module does not hash blocks, so that the recorder can import it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from formats.layout import is_foreign, is_session_id

if TYPE_CHECKING:
    from formats.layout import Home

SUMS = ".sums"
GROWN_BYTES = 1 << 17
"""The last block grows with the log until it is this large: its line is written over."""
_HEX_DIGITS, _CHECK_DIGITS = 64, 8
_LONGEST_LINE_BYTES = 300
# Of a longer file the end is read, two days at least: older segments are sealed, and prove
# themselves.
_MOST_BYTES = 32 << 20


class Block(NamedTuple):
    """The bytes `start` to `end` of a segment, and their SHA-256 in hexadecimal."""

    segment: int
    start: int
    end: int
    sha256: str


class Checkpoints(NamedTuple):
    """What a side file holds: the blocks of each segment in order, and how many lines are none."""

    blocks: dict[int, list[Block]]
    damaged_lines: int


def sums_path(home: Home, session_id: str) -> str:
    """The side file of a session."""
    return os.path.join(home.logs, session_id + SUMS)


def encode(block: Block) -> bytes:
    """The line of a block, newline included. To be appended with one write(2)."""
    text = b'{"segment":%d,"from":%d,"to":%d,"sha256":"%b"' % (
        block.segment, block.start, block.end, block.sha256.encode("ascii"),
    )  # fmt: skip
    return text + b',"check":"%b"}\n' % _check(text)


def decode(line: bytes) -> Block | None:
    """The block of a line, with or without its newline; None when the line is none or damaged."""
    import orjson  # noqa: PLC0415  the recorder only writes

    text, mark, _ = line.partition(b',"check":"')
    if not mark:
        return None
    try:
        fields: Any = orjson.loads(line)
        block = Block(fields["segment"], fields["from"], fields["to"], fields["sha256"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    if not all(type(number) is int for number in block[:3]) or type(block.sha256) is not str:
        return None
    if block.segment < 1 or not 0 <= block.start < block.end or len(block.sha256) != _HEX_DIGITS:
        return None
    return block if encode(block).rstrip() == line.rstrip() and text else None


def read_checkpoints(folder: str, session_id: str) -> Checkpoints | None:
    """The checkpoints of a session whose log lies in `folder`; None when it has none.

    A last line without its end is being written, and counts neither as a block nor as damage.
    """
    if not is_session_id(session_id):
        return None
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        fd = os.open(os.path.join(folder, session_id + SUMS), flags)
    except OSError:
        return None
    blocks: dict[int, list[Block]] = {}
    damaged = 0
    with open(fd, "rb") as file:
        found = os.fstat(fd)
        if is_foreign(found):
            return None
        if found.st_size > _MOST_BYTES:
            file.seek(-_MOST_BYTES, os.SEEK_END)
            file.readline(_LONGEST_LINE_BYTES)
        while line := file.readline(_LONGEST_LINE_BYTES):
            block = decode(line)
            if block is not None:
                _add(blocks.setdefault(block.segment, []), block)
            elif line.endswith(b"\n") or len(line) == _LONGEST_LINE_BYTES:
                damaged += 1
    return Checkpoints(blocks, damaged)


def _add(blocks: list[Block], block: Block) -> None:
    """A block takes back those that do not end before it: the segment was cut back since."""
    while blocks and blocks[-1].end > block.start:
        blocks.pop()
    blocks.append(block)


def _check(text: bytes) -> bytes:
    from hashlib import sha256  # noqa: PLC0415  loads OpenSSL: not for the recorder

    return sha256(text).hexdigest()[:_CHECK_DIGITS].encode("ascii")
