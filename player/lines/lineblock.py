r"""A screen line as a value, and many of them packed: text in one piece, the rest in columns.

Text is kept apart so that it can be searched without making a value of each line: a block's text
is UTF-8, each line ends with `\n`, and nothing else in it is a control character. The columns say
when each line stood; they are unpacked when the first of them is asked for.
"""

from __future__ import annotations

from itertools import chain, compress, islice, repeat
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import zstandard

from player.lines.columns import (
    PASSING,
    TRANSIENT,
    TYPED,
    BlockError,
    Columns,
    PackedColumns,
    UnpackedLater,
    pack_columns,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_LONG_BYTES: Final = 256 << 10
_PACKING: Final = {
    is_long: zstandard.ZstdCompressionParameters(
        strategy=zstandard.STRATEGY_LAZY2,
        window_log=22,
        hash_log=20,
        chain_log=16,
        search_log=6,
        min_match=5 if is_long else 4,
        write_checksum=True,
        write_content_size=True,
    )
    for is_long in (False, True)
}
"""By whether the data is long. As level 11 of zstd, with a table of which a cache holds more.

Text takes 5 to 6 % less than at level 6 and nearly three times as long to pack, which is a few
hundredths of what finding its lines takes. The next that zstd has, strategies that weigh each
sequence, take 7 % less again and four times as long again. To unpack all are alike.
"""

_PIECE_BYTES: Final = 1 << 17
_SOME_LINES: Final = 500
# A hostile file must not choose our memory: 16 million lines, 512 MiB of text.
_MOST_COLUMN_BYTES: Final = 1 << 28
_MOST_TEXT_BYTES: Final = 1 << 29


class ScreenLine(NamedTuple):
    """A line of text that stood on the screen.

    At `first_us` (microseconds since the epoch) the whole of it was to be seen for the first time,
    at `last_us` for the last; in between it came `count` times. A line that the terminal wrapped
    to several rows is one line; the blanks at its end are not part of it. `steps` are for a line
    that grew: (characters, microseconds) say that so much of it was to be seen earlier. `typed`:
    the user entered something on it. `transient`: it never stood long enough to be read.
    `passing`: a value of a counter that another value took the place of, when it was last seen.
    """

    text: str
    first_us: int
    last_us: int
    # It hides tuple.count, which nobody asks a screen line for.
    count: int  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleMethodOverride]
    steps: tuple[tuple[int, int], ...] = ()
    typed: bool = False
    transient: bool = False
    passing: bool = False

    def seen_us(self, end: int) -> int:
        """When the first `end` characters were to be seen for the first time."""
        if not self.steps:  # most have none
            return self.first_us
        return next((at for length, at in self.steps if length >= end), self.first_us)


class LineBlock:
    r"""Some screen lines by the time they first stood; `len()` says how many.

    `text` is all of them in UTF-8, each with its `\n`.
    """

    __slots__ = ("_columns", "_count", "_packed", "text")

    def __init__(self, text: bytes, columns: bytes | memoryview, count: int) -> None:
        self.text = text
        self._packed = columns
        self._count = count
        self._columns: PackedColumns | None = None

    def __len__(self) -> int:
        return self._count

    def line(self, number: int, text: str | None = None) -> ScreenLine:
        """The line of that number, from 0; `text` if the caller has it at hand.

        Raises BlockError when the columns are damaged, or tell of fewer lines.
        """
        columns = self._columns_with(number)
        if text is None:
            text = self.text.split(b"\n", number + 1)[number].decode(errors="replace")
        return ScreenLine(text, *columns.of(number))

    def flags(self, number: int) -> int:
        """Of that line, TYPED, TRANSIENT and PASSING. Raises BlockError as `line` does."""
        return self._columns_with(number).flags(number)

    def _columns_with(self, number: int) -> PackedColumns:
        if self._columns is None:
            self._columns = _unpack(self._packed, self._count)
        if not 0 <= number < self._count:
            raise BlockError("its lines are more than it says")
        return self._columns

    def lasting(self) -> int:
        """How many of them are not transient. Raises BlockError as `line` does."""
        if self._columns is None:
            self._columns = _unpack(self._packed, self._count)
        return self._columns.lasting()

    def lines(self) -> Iterator[ScreenLine]:
        """All of them. Raises BlockError as `line` does."""
        return lines_in(self.batches())

    def batches(self) -> Iterator[Batch]:
        """All of them, some at a time. Raises BlockError as `line` does."""
        if self._columns is None:
            self._columns = _unpack(self._packed, self._count)
        return _batches(self.text, self._columns, self._count)


class Batch(NamedTuple):
    """Some lines by the time they first stood, for who looks at many at once."""

    texts: Sequence[str]
    columns: Columns | UnpackedLater

    def only(self, kept: Sequence[bool]) -> Batch:
        """The lines that are to be kept."""
        return Batch(list(compress(self.texts, kept)), self.columns.unpacked().only(kept))

    def lines(self) -> Iterator[ScreenLine]:
        """They one by one."""
        fields = zip(self.texts, *self.columns.unpacked().fields(), strict=True)
        # Past the constructor, which is written in Python.
        return map(cast("Any", tuple).__new__, repeat(ScreenLine), fields)


def lines_in(batches: Iterable[Batch]) -> Iterator[ScreenLine]:
    """All their lines, one by one; no loop over them is ours."""
    return chain.from_iterable(map(Batch.lines, batches))


def batched(lines: Iterable[ScreenLine]) -> Iterator[Batch]:
    """Lines by the time they first stood, some at a time."""
    iterator = iter(lines)
    while some := list(islice(iterator, _SOME_LINES)):
        yield Batch(*_in_columns(some))


def _in_columns(lines: Sequence[ScreenLine]) -> tuple[Sequence[str], Columns]:
    flags = [
        TYPED * line.typed | TRANSIENT * line.transient | PASSING * line.passing for line in lines
    ]
    texts, *columns = zip(*(line[:5] for line in lines), strict=True) if lines else ((),) * 5
    return texts, Columns._make((*columns, flags))


def _batches(text: bytes, columns: Columns | PackedColumns, count: int) -> Iterator[Batch]:
    number = place = 0
    while place < len(text):
        end = text.find(b"\n", place + _PIECE_BYTES)
        end = len(text) if end < 0 else end + 1
        texts = text[place:end].decode(errors="replace").split("\n")
        if texts.pop() or number + len(texts) > count:
            break
        yield Batch(texts, columns.part(number, number + len(texts)))
        number += len(texts)
        place = end
    if number != count:
        raise BlockError("its lines are not as many as it says")


class Settled(NamedTuple):
    """Lines by the time they first stood: `text` as in a block, and what else is known of them."""

    text: bytes
    columns: Columns

    def lines(self) -> list[ScreenLine]:
        """They as values."""
        return list(lines_in(self.batches()))

    def batches(self) -> Iterator[Batch]:
        """They, some at a time."""
        return _batches(self.text, self.columns, len(self.columns.counts))


def settled_of(lines: Iterable[ScreenLine]) -> Settled:
    """Lines by the time they first stood, as they are packed."""
    texts, columns = _in_columns(list(lines))
    return Settled("".join([f"{text}\n" for text in texts]).encode(errors="replace"), columns)


def pack(settled: Settled) -> tuple[bytes, bytes]:
    """The text and the columns, both as zstd frames with a checksum, the columns' inner form known
    to `player.lines.columns` alone."""  # noqa: D205, D209
    return _compressed(settled.text), _compressed(pack_columns(settled.columns))


def _compressed(data: bytes) -> bytes:
    packing = _PACKING[len(data) >= _LONG_BYTES]
    return zstandard.ZstdCompressor(compression_params=packing).compress(data)


def unpack(text: bytes | memoryview, columns: bytes | memoryview, count: int) -> LineBlock:
    """The block of `count` lines that `pack` made these of. Raises BlockError.

    Of the columns nothing is looked at yet; that the lines are so many is not counted.
    """
    return LineBlock(_decompressed(text, _MOST_TEXT_BYTES), columns, count)


def merged(lines: Iterable[ScreenLine]) -> list[ScreenLine]:
    """Each text once, by the time it first stood; lines of several blocks of one session go in."""
    found: dict[str, ScreenLine] = {}
    for line in lines:
        known = found.get(line.text)
        found[line.text] = line if known is None else _joined(known, line)
    return sorted(found.values(), key=_first)


def _first(line: ScreenLine) -> int:
    return line.first_us


def _last(line: ScreenLine) -> int:
    return line.last_us


def _joined(one: ScreenLine, other: ScreenLine) -> ScreenLine:
    first = one if one.first_us <= other.first_us else other
    return ScreenLine(
        one.text,
        first.first_us,
        max(one.last_us, other.last_us),
        one.count + other.count,
        first.steps,
        one.typed or other.typed,
        one.transient and other.transient,
        max(one, other, key=_last).passing,
    )


def _unpack(packed: bytes | memoryview, count: int) -> PackedColumns:
    return PackedColumns(_decompressed(packed, _MOST_COLUMN_BYTES), count)


def _decompressed(frame: bytes | memoryview, limit_bytes: int) -> bytes:
    try:
        size = zstandard.frame_content_size(frame)
        if not 0 <= size <= limit_bytes:
            raise BlockError("it is larger than any block of ours")
        return zstandard.ZstdDecompressor().decompress(frame)
    except (zstandard.ZstdError, MemoryError) as error:
        raise BlockError(str(error).rpartition(": ")[2]) from None
