"""Hits in real recordings: each phrase is found, and each hit can be seen at its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from formats.damage import Damage
from formats.entry import OUTPUT, event_size
from formats.layout import Home
from formats.session import Session
from player.index import sidecar
from player.lines.sizing import initial_size
from player.screen import Screen
from player.search.finding import search
from player.search.matching import matches
from player.search.pattern import How, Pattern
from player.search.results import Wanted
from tests.support.recordings import each_recording, name_of, phrases

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pytest

    from player.search.matching import Matched
    from player.search.results import Hit

DRAWN = 12
"""So many hits of a recording are drawn: spread over all there are."""


@each_recording
def test_phrases_are_found_and_seen_at_their_time(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session.at(str(recording))
    wanted = phrases()[name_of(recording)]["phrases"]
    home = Home(str(tmp_path))
    blocks = list(sidecar.blocks_of(home, session, damage=Damage()))
    monkeypatch.setattr(sidecar, "blocks_of", lambda *_, **__: iter(blocks))
    found = {
        phrase["phrase"]: _hits(home, session, [Pattern(phrase["phrase"], How(fixed=True))])
        for phrase in wanted
    }
    unseen = [
        phrase for phrase, hits in found.items()
        if not any(phrase in "\n".join(hit.texts) for hit in hits)
    ]  # fmt: skip
    assert unseen == []
    hits = [hit for hits in found.values() for hit in hits]
    for hit, rows in _drawn(session, hits[:: max(1, len(hits) // DRAWN)]):
        for text, spans in zip(hit.texts, hit.spans, strict=True):
            start, end = spans[0]
            assert text[start:end] in rows, (hit.at_us, text)


def _hits(home: Home, session: Session, patterns: Sequence[Pattern]) -> list[Hit]:
    def find(text: bytes) -> Iterator[Matched]:
        return matches(text, patterns)

    return [hit for result in search(home, session, find, Wanted()) for hit in result.hits]


def _drawn(session: Session, hits: Sequence[Hit]) -> Iterator[tuple[Hit, str]]:
    """Each hit with what stands on the screen at its time, and above: what is written at once may
    scroll off at once, and the player scrolls back to it."""  # noqa: D205, D209
    entries = [*session.entries()]
    screen = Screen(initial_size(entries), 20_000)
    place = 0
    for hit in sorted(hits, key=lambda one: one.at_us):
        while place < len(entries) and entries[place].time_us <= hit.at_us:
            entry = entries[place]
            if entry.event is not None and (size := event_size(entry.event)):
                screen.resize(size)
            if entry.direction == OUTPUT:
                screen.feed(entry.data)
            place += 1
        count = screen.state().history_rows
        above = screen.history(0, count).decode().replace("\n", "") if count else ""
        yield hit, above + "".join(screen.text())
