"""The recorded bytes of a session, cut to lines that are searched as screen lines are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from formats.entry import INPUT, OUTPUT
from player.lines.lineblock import ScreenLine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formats.damage import Damage
    from formats.session import Session

_RAW_BLOCK_LINES = 4096
# What a line of raw bytes may hold before it is cut: a screen of a full redraw.
_LONGEST_RAW_BYTES = 1 << 20


class _RawBlock:
    """Lines of raw bytes, as a block."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._times: list[int] = []

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, line: bytes, time_us: int) -> None:
        self._lines.append(line)
        self._times.append(time_us)

    @property
    def text(self) -> bytes:
        return b"\n".join([*self._lines, b""])

    def line(self, number: int, text: str | None = None) -> ScreenLine:
        shown = self._lines[number].decode(errors="replace") if text is None else text
        return ScreenLine(shown, self._times[number], self._times[number], 1)

    def flags(self, _number: int) -> int:
        return 0

    def lines(self) -> Iterator[ScreenLine]:
        return map(self.line, range(len(self._lines)))


def raw_blocks(session: Session, damage: Damage, *, typed: bool) -> Iterator[_RawBlock]:
    """What was shown, or `typed`, cut at newlines; a line has the time of its last byte."""
    direction = INPUT if typed else OUTPUT
    block, rest, time_us = _RawBlock(), b"", 0
    for entry in session.entries(damage):
        if entry.direction != direction or not entry.data:
            continue
        time_us = entry.time_us
        data = entry.data.replace(b"\r", b"\n") if typed else entry.data
        *lines, rest = (rest + data).split(b"\n")
        if len(rest) > _LONGEST_RAW_BYTES:
            lines.append(rest)
            rest = b""
        for line in lines:
            block.add(line.removesuffix(b"\r"), time_us)
        if len(block) >= _RAW_BLOCK_LINES:
            yield block
            block = _RawBlock()
    if rest:
        block.add(rest, time_us)
    yield block
