"""A log or its lines, read by another process while what it gave before is worked on.

Not by a thread: cutting and decoding lines is Python's own work, and would keep the interpreter
from whoever draws or writes for a third of the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from formats.damage import Counts, Damage, DamagedPlace
from formats.entry import Entry
from formats.errors import LogError, SessionsError
from formats.place import Place
from formats.stretch import Stretch
from player.parallel import made_ahead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from formats.session import Session
    from formats.stretch import Part

_WORTH_BYTES: Final = 4 << 20
# Of a log: another process takes 10 ms, and as long are 2 MB read.


def is_worth_it(session: Session) -> bool:
    """Whether the session is long enough for another process to read it."""
    return session.log_bytes(_WORTH_BYTES) >= _WORTH_BYTES


def read_ahead(
    session: Session, damage: Damage | None = None, start: Place | None = None
) -> Iterator[Part]:
    """`session.stretches`, some of them made before they are asked for; of a short log none.

    Raises as `ahead`.
    """
    if is_worth_it(session):
        return map(_part, ahead(lambda found: _values(session.stretches(found, start)), damage))
    return session.stretches(damage, start)


def ahead(
    items: Callable[[Damage], Iterable[tuple[Any, ...]]], damage: Damage | None
) -> Iterator[tuple[Any, ...]]:
    """What `items` gives, which marshal must be able to hold, made before it is asked for.

    `items` is told what counts damage; `damage` is told at the end. What is raised there is raised
    here as LogError; raises SessionsError as `made_ahead`.
    """
    for item, end in made_ahead(_until_the_end(items)):
        if item is not None:
            yield item
            continue
        counts, places, error = end
        if damage is not None:
            damage.count_as(Counts(*counts))
            damage.places[:] = [DamagedPlace(*place) for place in places]
        if error is not None:
            raise LogError(error)


def _until_the_end(items: Callable[[Damage], Iterable[tuple[Any, ...]]]) -> Iterator[Any]:
    """Each item, None behind it; the last is None, and behind it how it went."""
    damage, error = Damage(), None
    try:
        for item in items(damage):
            yield item, None
    except SessionsError as found:
        error = str(found)
    yield None, (tuple(damage.counts), list(map(tuple, damage.places)), error)


def _values(parts: Iterable[Part]) -> Iterator[tuple[Any, ...]]:
    """Parts as marshal can hold them: it knows no types of ours."""
    for part in parts:
        yield tuple(part) if isinstance(part, Stretch) else tuple(map(tuple, part))


def _part(values: tuple[Any, ...]) -> Part:
    if len(values) == len(Stretch._fields):
        return Stretch(*values)
    place, entry = values
    return Place(*place), Entry(*entry)
