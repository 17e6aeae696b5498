"""Reading ahead: the same items, made in another thread, a few before they are asked for."""

from __future__ import annotations

import threading
from itertools import count
from typing import TYPE_CHECKING

import pytest

from formats.errors import LogError
from player.replay import ahead
from player.replay.ahead import read_ahead

if TYPE_CHECKING:
    from collections.abc import Iterator


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "read_ahead"]


def joined() -> bool:
    """Whether all of them end."""
    for thread in readers():
        thread.join(10)
    return not readers()


def test_the_items_come_in_order_and_their_thread_ends() -> None:
    assert list(read_ahead(range(1000))) == list(range(1000))
    assert list(read_ahead([])) == []
    assert joined()


def test_an_error_comes_behind_what_was_made_before_it() -> None:
    def failing() -> Iterator[int]:
        yield from range(3)
        raise LogError("cannot read it")

    items = read_ahead(failing())
    assert [next(items) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(LogError, match="cannot read it"):
        next(items)
    assert joined()


def test_no_more_is_made_than_is_soon_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_MOST_AHEAD", 3)
    taken, furthest = 0, 0

    def endless() -> Iterator[int]:
        nonlocal furthest
        for number in count():
            furthest = max(furthest, number - taken)
            yield number

    items = read_ahead(endless())
    for number in range(1000):
        taken = number
        assert next(items) == number
    items.close()
    assert joined(), "who closes it ends the thread"
    assert 1 <= furthest <= 4


def test_the_iterator_works_in_another_thread() -> None:
    def names() -> Iterator[str]:
        yield threading.current_thread().name

    assert list(read_ahead(names())) == ["read_ahead"]
