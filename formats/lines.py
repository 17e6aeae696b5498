"""Cutting bytes into lines, however they arrive. Does no input or output.

`bytes.splitlines` will not do: it also cuts at a carriage return.
"""

from __future__ import annotations

# An entry holds at most 8 KiB, 11 KB as a line. Other writers may join more; a line beyond this is
# not a log's, and keeping it would let a file choose how much memory a reader takes.
LONGEST_LINE_BYTES = 1 << 20


class LineBuffer:
    """Feed it bytes in any pieces; it gives whole lines with their offsets, and keeps the rest.

    A line longer than `longest_bytes` is skipped and counted, never held.
    """

    __slots__ = ("_longest_bytes", "_parts", "_rest_bytes", "_skipping", "offset", "skipped_lines")

    def __init__(self, offset: int = 0, longest_bytes: int = LONGEST_LINE_BYTES) -> None:
        self.offset = offset
        """Where the line that is being gathered begins, in bytes."""
        self.skipped_lines = 0
        """Lines that were longer than allowed."""
        self._longest_bytes = longest_bytes
        self._parts: list[bytes] = []
        self._rest_bytes = 0
        self._skipping = False

    @property
    def rest(self) -> bytes:
        """The bytes after the last newline; empty if they are too many and are being skipped."""
        return b"".join(self._parts)

    @property
    def torn(self) -> bool:
        """Whether bytes came after the last newline."""
        return self._rest_bytes > 0

    def feed(self, chunk: bytes) -> list[tuple[int, bytes]]:
        """The lines that `chunk` completes: (offset of the line, the line without its newline)."""
        first, *others = chunk.split(b"\n")
        self._gather(first)
        if not others:
            return []
        lines: list[tuple[int, bytes]] = []
        if not self._skipping:
            lines.append((self.offset, b"".join(self._parts)))
        offset = self.offset + self._rest_bytes + 1
        last = others.pop()
        for line in others:
            if len(line) <= self._longest_bytes:
                lines.append((offset, line))
            else:
                self.skipped_lines += 1
            offset += len(line) + 1
        self.offset, self._rest_bytes, self._skipping = offset, 0, False
        self._parts = []
        self._gather(last)
        return lines

    def pass_over(self, size_bytes: int) -> None:
        """Whole lines of so many bytes were taken elsewhere: only while nothing is gathered."""
        self.offset += size_bytes

    def _gather(self, piece: bytes) -> None:
        if not piece:
            return
        self._rest_bytes += len(piece)
        if self._skipping:
            return
        if self._rest_bytes > self._longest_bytes:
            self._skipping = True
            self.skipped_lines += 1
            self._parts = []
        else:
            self._parts.append(piece)
