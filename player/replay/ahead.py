"""What an iterator gives, made in a thread of its own while what it gave before is worked on."""

from __future__ import annotations

from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

T = TypeVar("T")

_MOST_AHEAD: Final = 32
# Of stretches of a log: 5 MB, and the worker need never wait for its turn with the interpreter.


class _Last(NamedTuple):
    """Nothing more comes: the iterator has ended, or raised this."""

    error: BaseException | None


class _Made(NamedTuple, Generic[T]):
    item: T


def read_ahead(items: Iterable[T]) -> Generator[T]:
    """The same items, some of them made before they are asked for; errors come in their turn.

    Worth it where the work on an item is done in C that lets other threads run. Once the generator
    is closed nothing more is made.
    """
    made: SimpleQueue[_Made[T] | _Last] = SimpleQueue()
    wanted: SimpleQueue[bool] = SimpleQueue()

    def make() -> None:
        error: BaseException | None = None
        try:
            for item in items:
                made.put(_Made(item))
                if not wanted.get():
                    return
        except BaseException as raised:  # noqa: BLE001  raised again where it is asked for
            error = raised
        made.put(_Last(error))

    for _ in range(_MOST_AHEAD):
        wanted.put(True)
    Thread(target=make, name="read_ahead", daemon=True).start()
    try:
        while isinstance(found := made.get(), _Made):
            yield found.item
            wanted.put(True)
    finally:
        wanted.put(False)
    if found.error is not None:
        raise found.error
