"""The lines of a file that holds a JSON value on each, whatever else it turns out to hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from formats.errors import LogError, printable
from formats.interchange.fields import damaged_line
from formats.lines import LineBuffer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from formats.damage import Damage
    from formats.interchange.source import Source

LONGEST_VALUE_BYTES: Final = 4 << 20
"""asciinema reads 8 KiB at once, whoever joins events may join more. As values in memory, empty
lists take thirty times their length."""
_READ_BYTES: Final = 1 << 18
_MOST_EMPTY_LINES: Final = 1_000_000


def json_lines(
    file: Source, name: str, damage: Damage, is_whole: Callable[[bytes], bool]
) -> Iterator[tuple[int, bytes]]:
    """(Number, line) of those that hold something; the last may lack its newline if `is_whole`.

    Lines that are too long are counted as damage. Raises LogError when most of it is nothing.
    """
    buffer = LineBuffer(longest_bytes=LONGEST_VALUE_BYTES)
    number = skipped = empty = 0
    while chunk := file.read(_READ_BYTES):
        for _, line in buffer.feed(chunk):
            number += 1
            if line.strip():
                yield number, line
            else:
                empty += 1
        if empty > _MOST_EMPTY_LINES:
            shown = printable(name, 200)
            raise LogError(f"{shown} has more than {_MOST_EMPTY_LINES} empty lines")
        while skipped < buffer.skipped_lines:
            skipped += 1
            number += 1
            damaged_line(damage, name, number, "a line longer than 4 MiB")
    if (rest := buffer.rest).strip():
        if is_whole(rest):
            yield number + 1, rest
        else:
            damage.torn += 1
            damage.note(name, f"line {number + 1}: a line without its end")
