"""Recordings of other tools for the tests: entries to write, bytes to read."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from formats.damage import Damage
from formats.entry import Entry
from formats.interchange.source import Source, plain_source
from tests.support.logs import BEGINNING_US

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

START: dict[str, Any] = {
    "type": "start",
    "version": 1,
    "cols": 100,
    "rows": 30,
    "command": ["bash", "-c", "echo 'x'"],
    "cwd": "/srv/project",
    "term": "xterm-256color",
    "title": "a title \u2713",
    "idle_limit_s": 2.5,
    "env": {"SHELL": "/bin/bash"},
}


def opened(data: bytes) -> Source:
    """Bytes as a file to be read."""
    return Source(io.BytesIO(data).read)


def unpacked(data: bytes) -> tuple[bytes, Damage]:
    """What comes out of compressed bytes."""
    damage = Damage()
    source = plain_source(io.BytesIO(data).read, "file", damage)
    return b"".join(iter(lambda: source.read(1 << 16), b"")), damage


def said(*what: tuple[int, bytes | dict[str, Any]] | tuple[int, bytes, str]) -> list[Entry]:
    """A session: its start, then (milliseconds, bytes or event, direction)."""
    entries = [Entry(BEGINNING_US, "", "output", b"", START)]
    for at_ms, thing, *direction in what:
        data, event = (thing, None) if isinstance(thing, bytes) else (b"", thing)
        way: Any = direction[0] if direction else "output"
        entries.append(Entry(BEGINNING_US + at_ms * 1000, "", way, data, event))
    return entries


def plain(entries: Iterable[Entry]) -> list[tuple[int, str, bytes, dict[str, Any] | None]]:
    """Entries after the start, with times since it."""
    first, *others = entries
    return [(e.time_us - first.time_us, e.direction, e.data, e.event) for e in others]


def read_all(
    read: Callable[..., Iterable[Entry]], data: bytes, start_us: int = BEGINNING_US
) -> tuple[list[Entry], Damage]:
    """The entries that a reader finds in some bytes."""
    damage = Damage()
    return list(read(opened(data), "file", damage, start_us)), damage


def joined(entries: Iterable[Entry]) -> list[tuple[int, str, bytes]]:
    """(Milliseconds, direction, bytes), what belongs to one moment and direction in one piece."""
    pieces: list[tuple[int, str, bytes]] = []
    for at_us, direction, data, event in plain(entries):
        if event is not None or not data:
            continue
        if pieces and pieces[-1][:2] == (at_us // 1000, direction):
            pieces[-1] = (*pieces[-1][:2], pieces[-1][2] + data)
        else:
            pieces.append((at_us // 1000, direction, data))
    return pieces


def outputs(entries: Iterable[Entry]) -> list[tuple[int, str, bytes]]:
    """What of `joined` is output."""
    return [one for one in joined(entries) if one[1] == "output"]


TEXTS = st.text(st.characters(codec="utf-8"), min_size=1).map(str.encode)
SIDES = st.integers(1, 65535)


def sessions(data: st.SearchStrategy[bytes]) -> st.SearchStrategy[list[Entry]]:
    """Sessions of output, input, resizes and markers, at growing times of whole milliseconds."""
    events = st.one_of(
        st.builds(lambda cols, rows: {"type": "resize", "cols": cols, "rows": rows}, SIDES, SIDES),
        st.builds(
            lambda label: {"type": "marker", "label": label},
            st.text(st.characters(codec="utf-8")),
        ),
    )
    steps = st.tuples(
        st.integers(0, 100_000),
        st.one_of(
            st.tuples(data.filter(len), st.sampled_from(["output", "input"])), st.tuples(events)
        ),
    )

    def made(found: list[Any]) -> list[Entry]:
        at_ms, things = 0, []
        for after_ms, thing in found:
            at_ms += after_ms
            things.append((at_ms, *thing))
        return said(*things)

    return st.lists(steps, max_size=30).map(made)
