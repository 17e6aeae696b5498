"""A log, read by another process while what it gave before is drawn.

Not by a thread: cutting and decoding lines is Python's own work, and would keep the interpreter
from whoever draws for a third of the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from formats.entry import Entry
from formats.stretch import Place, Stretch
from player.parallel import made_ahead

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from formats.stretch import Part


def read_ahead(parts: Iterable[Part]) -> Iterator[Part]:
    """The same parts, some of them made before they are asked for. Raises as `made_ahead`."""
    return map(_part, made_ahead(map(_values, parts)))


def _values(part: Part) -> tuple[Any, ...]:
    """A part as marshal can hold it: it knows no types of ours."""
    if isinstance(part, Stretch):
        return tuple(part)
    place, entry = part
    return tuple(place), tuple(entry)


def _part(values: tuple[Any, ...]) -> Part:
    if len(values) == len(Stretch._fields):
        return Stretch(*values)
    place, entry = values
    return Place(*place), Entry(*entry)
