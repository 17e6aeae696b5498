"""A log, read by another process while what it gave before is worked on.

Not by a thread: cutting and decoding lines is Python's own work, and would keep the interpreter
from whoever draws or writes for a third of the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from formats.damage import Counts, Damage, DamagedPlace
from formats.entry import Entry
from formats.errors import LogError
from formats.place import Place
from formats.stretch import Stretch
from player.parallel import made_ahead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formats.session import Session
    from formats.stretch import Part

_WORTH_BYTES: Final = 4 << 20
# Of a log: another process takes 10 ms, and as long are 2 MB read.


def read_ahead(
    session: Session, damage: Damage | None = None, start: Place | None = None
) -> Iterator[Part]:
    """`session.stretches`, some of them made before they are asked for; of a short log none.

    `damage` is told at the end. Raises LogError, and SessionsError as `made_ahead`.
    """
    if session.log_bytes(_WORTH_BYTES) < _WORTH_BYTES:
        yield from session.stretches(damage, start)
        return
    for values in made_ahead(_values(session, start)):
        if len(values) == len(Stretch._fields):
            yield Stretch(*values)
        elif len(values) == len(("place", "entry")):
            place, entry = values
            yield Place(*place), Entry(*entry)
        else:
            _end(values, damage)


def _values(session: Session, start: Place | None) -> Iterator[tuple[Any, ...]]:
    """The parts as marshal can hold them: it knows no types of ours. The last says how it went."""
    damage, error = Damage(), None
    try:
        for part in session.stretches(damage, start):
            if isinstance(part, Stretch):
                yield tuple(part)
            else:
                place, entry = part
                yield tuple(place), tuple(entry)
    except LogError as found:
        error = str(found)
    yield tuple(damage.counts), list(map(tuple, damage.places)), error


def _end(values: tuple[Any, ...], damage: Damage | None) -> None:
    counts, places, error = values
    if damage is not None:
        damage.count_as(Counts(*counts))
        damage.places[:] = [DamagedPlace(*place) for place in places]
    if error is not None:
        raise LogError(error)
