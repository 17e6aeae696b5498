"""The lines of a segment out of the chunks it is read in, with what is lost between them told.

Once the session's id is known, lines that are as our own writer's come in stretches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formats.damage import DamagedPlace
from formats.entry import Decoder, LineError
from formats.lines import LONGEST_LINE_BYTES, LineBuffer
from formats.stretch import Stretch, cut

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from formats.damage import Damage

__all__ = ["SegmentLines"]


class SegmentLines:
    """Lines with their offsets out of chunks that may have gaps; damage told with its line.

    Once the session's id is known, stretches of it come instead of their lines.
    """

    def __init__(self, path: str, number: int, start: int, session_id: str, damage: Damage) -> None:
        self.session_id = session_id
        """Whose lines they are; empty as long as it is not known."""
        self._path = path
        self._number = number
        self._damage = damage
        self._buffer = LineBuffer(start)
        self._skipped = 0
        # Known while we count from the first line on, without a gap.
        self._line_number = 0 if start == 0 else None

    def of(
        self, chunks: Iterator[tuple[int, bytes, bool]]
    ) -> Iterator[Stretch | tuple[int, bytes]]:
        """(Offset, line) or a stretch, of chunks: (offset, bytes, whether some are lost before)."""
        expected = start = self._buffer.offset
        for offset, chunk, after_loss in chunks:
            if offset < start:  # the frame began before the line that was asked for
                chunk = chunk[start - offset :]  # noqa: PLW2901
                offset = start  # noqa: PLW2901
            # A frame was lost, and with it the ends of the lines that it cut. Where no table tells
            # how much was lost, the offset does not show it.
            if after_loss or offset != expected:
                self._tear()
                self._buffer, self._skipped, self._line_number = LineBuffer(offset), 0, None
            expected = offset + len(chunk)
            yield from self._of_chunk(chunk)
            self._count_skipped()
        yield from self._last()

    def _of_chunk(self, chunk: bytes) -> Iterator[Stretch | tuple[int, bytes]]:
        """The lines that it completes: first the one that was begun, then whole ones."""
        buffer = self._buffer
        begin = chunk.find(b"\n") + 1 if buffer.torn else 0
        end = chunk.rfind(b"\n") + 1
        if end <= begin or len(chunk) > LONGEST_LINE_BYTES:
            yield from self._counted(buffer.feed(chunk))
            return
        yield from self._counted(buffer.feed(chunk[:begin]))
        while begin < end and not self.session_id:
            stop = chunk.index(b"\n", begin) + 1
            yield from self._counted(buffer.feed(chunk[begin:stop]))
            begin = stop
        if begin < end:
            yield from self._together(buffer.offset, chunk[begin:end])
            buffer.pass_over(end - begin)
        buffer.feed(chunk[end:])

    def _together(self, offset: int, text: bytes) -> Iterator[Stretch | tuple[int, bytes]]:
        for part in cut(self._number, offset, text, self.session_id):
            if isinstance(part, Stretch):
                if self._line_number is not None:
                    self._line_number += len(part.data)
                yield part
            else:
                yield from self._counted(LineBuffer(part.offset).feed(part.text))

    def _counted(self, lines: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
        for found in lines:
            if self._line_number is not None:
                self._line_number += 1
            yield found

    def note(self, place: int, what: str) -> None:
        """What is wrong with the line at a byte, the last one that was given."""
        self._damage.lines += 1
        where = f"line {self._line_number}" if self._line_number is not None else f"byte {place}"
        found = DamagedPlace(self._path, "line", what, place)
        self._damage.note(self._path, f"{where}: {what}", found)

    def _count_skipped(self) -> None:
        while self._skipped < self._buffer.skipped_lines:
            self._skipped += 1
            self._line_number = None  # counting goes on by bytes: the long line hides its number
            self.note(self._buffer.offset, "a line longer than 1 MiB")

    def _tear(self) -> None:
        if self._buffer.torn:
            self._damage.torn += 1
            what, place = "a line without its end", self._buffer.offset
            found = DamagedPlace(self._path, "torn", what, place)
            self._damage.note(self._path, f"byte {place}: {what}", found)

    def _last(self) -> Iterator[tuple[int, bytes]]:
        """What comes after the last newline: whole if only the newline is missing, else torn."""
        self._count_skipped()
        rest = self._buffer.rest
        if not rest:
            return
        try:
            Decoder().decode(rest)
        except LineError:
            self._tear()
        else:
            yield self._buffer.offset, rest
