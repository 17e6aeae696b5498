"""One pass over the bytes of a segment: hashes, the gaps it states, how it ends. Decodes no line.

What a hash proves need not be decoded: that is what makes verifying fast.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import orjson

from formats.line import STATES_GAP

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from formats.checkpoints import Block

_EXIT = b'"event":{"type":"exit"'
_LONGEST_LINE_BYTES = 1 << 20


class Gaps(NamedTuple):
    """What a log states to lack."""

    places: int = 0
    entries: int = 0
    bytes: int = 0

    def plus(self, other: Gaps) -> Gaps:
        """Both together."""
        return Gaps(*map(sum, zip(self, other, strict=True)))


class Scan:
    """Feed it the bytes of a segment in order; then ask.

    `blocks` are the checkpoints of this segment. Where bytes are lost (a frame), say so by the
    offset of those that follow. Without `whole`, which costs as much as all else together, there
    is no hash of all of it.
    """

    def __init__(self, blocks: Sequence[Block] = (), *, whole: bool = True) -> None:
        self.size = 0
        """Bytes of log, lost ones included."""
        self.gaps = Gaps()
        self.good: list[tuple[int, int]] = []
        """Ranges of bytes that a checkpoint proves, in order."""
        self.bad: list[Block] = []
        """Blocks whose bytes are not those that were written."""
        self._digest = sha256() if whole else None
        self._blocks = list(reversed(_in_order(blocks)))
        self._block_digest = sha256()
        self._rest = b""
        self._last_line = b""

    @property
    def sha256(self) -> bytes | None:
        """The hash of all bytes that were fed, where it is wanted."""
        return self._digest.digest() if self._digest is not None else None

    @property
    def torn(self) -> bool:
        """Whether the last line lacks its end."""
        return bool(self._rest)

    @property
    def last_line_offset(self) -> int:
        """Where the bytes behind the last newline begin, or a place shortly before."""
        return self.size - len(self._rest)

    @property
    def has_exit(self) -> bool:
        """Whether the last line is that of a session that ended in order."""
        return _EXIT in (self._rest or self._last_line)

    def feed(self, offset: int, data: bytes) -> None:
        """The next bytes, which lie at `offset` of the segment."""
        if self._digest is not None:
            self._digest.update(data)
        if offset != self.size:
            self._rest = b""
        self.size = offset + len(data)
        self._feed_blocks(offset, data)
        # Looked at where they lie: to join each piece to the rest of the last would copy them all.
        begin = self._end_line(data) if self._rest else 0
        end = data.rfind(b"\n", begin) + 1
        if end > begin:
            self._look_for_gaps(data, begin, end)
            last = data.rfind(b"\n", begin, end - 1) + 1
            self._last_line = data[max(last, begin) : end][:_LONGEST_LINE_BYTES]
            begin = end
        self._rest += data[max(begin, len(data) - _LONGEST_LINE_BYTES) :]
        self._rest = self._rest[-_LONGEST_LINE_BYTES:]

    def _end_line(self, data: bytes) -> int:
        """Complete the line that the last piece began; where the next one begins."""
        end = data.find(b"\n") + 1
        if end:
            line, self._rest = self._rest + data[:end], b""
            self._look_for_gaps(line, 0, len(line))
            self._last_line = line[:_LONGEST_LINE_BYTES]
        return end

    def finish(self) -> None:
        """All was fed: what a block still expects is missing."""
        self.bad += reversed(self._blocks)
        self._blocks = []

    def _feed_blocks(self, offset: int, data: bytes) -> None:
        view, end = memoryview(data), offset + len(data)
        while self._blocks and self._blocks[-1].start < end:
            block = self._blocks[-1]
            begin = max(block.start, offset)
            self._block_digest.update(view[begin - offset : block.end - offset])
            if block.end > end:
                return
            self._blocks.pop()
            if self._block_digest.hexdigest() == block.sha256:
                self.good.append((block.start, block.end))
            else:
                self.bad.append(block)
            self._block_digest = sha256()

    def _look_for_gaps(self, text: bytes, start: int, end: int) -> None:
        place = text.find(STATES_GAP, start, end)
        while place >= 0:
            begin = text.rfind(b"\n", start, place) + 1 or start
            stop = text.find(b"\n", place)
            self.gaps = self.gaps.plus(stated_gap(text[begin:stop]))
            place = text.find(STATES_GAP, stop, end)


def stated_gap(line: bytes) -> Gaps:
    """The gap that a line states; none when it is no line."""
    try:
        event = orjson.loads(line)["event"]
        return Gaps(1, int(event["entries"]), int(event["bytes"]))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return Gaps()


def _in_order(blocks: Iterable[Block]) -> list[Block]:
    """Blocks that follow each other, whatever the side file says."""
    kept: list[Block] = []
    for block in blocks:
        if not kept or block.start >= kept[-1].end:
            kept.append(block)
    return kept
