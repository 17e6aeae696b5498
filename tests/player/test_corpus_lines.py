"""Made-up sessions of each style, and real recordings: all that stood is found, where it stands.

Each style has its own trap: words placed by cursor moves, spinners, all drawn anew, the alternate
screen with and without scrolling regions, rows that wrap, wide and combining characters, growth,
progress bars, windows that change their size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.corpus.making import STYLES, make_session
from benchmarks.judging import judged
from formats.entry import event_size
from formats.session import Session
from player.lines.extractor import screen_lines
from player.lines.sizing import initial_size
from player.screen import Screen
from tests.support.recordings import each_recording, name_of, phrases

if TYPE_CHECKING:
    from pathlib import Path

    from formats.entry import Entry
    from formats.size import Size
    from player.lines.lineblock import ScreenLine

LOG_BYTES = 250_000


def not_drawn(entries: list[Entry], size: Size, lines: list[ScreenLine]) -> list[ScreenLine]:
    """Those that are not to be seen at their first moment.

    What scrolled off within one moment was never to be seen at the end of one: it must have
    scrolled off then.
    """
    wrong: list[ScreenLine] = []
    screen, coming = Screen(size, 100_000), iter(entries)
    entry = next(coming, None)
    shown: set[str] = set()
    for line in sorted(lines, key=lambda line: line.first_us):
        while entry is not None and entry.time_us <= line.first_us:
            now_us, before = entry.time_us, screen.state().history_rows
            while entry is not None and entry.time_us == now_us:
                stated = event_size(entry.event) if entry.event else None
                if stated is not None:
                    screen.resize(stated)
                if entry.direction == "output":
                    screen.feed(entry.data)
                entry = next(coming, None)
            now = screen.state().history_rows
            first = before if before <= now else 0
            text = screen.lines() + b"\n" + (screen.history(first, now) if first < now else b"")
            shown = set(text.decode(errors="replace").split("\n"))
        if line.text not in shown:
            wrong.append(line)
    return wrong


@pytest.mark.parametrize("style", STYLES)
def test_all_that_stood_in_a_made_up_session_is_found(style: str, tmp_path: Path) -> None:
    made, truth = make_session(tmp_path, style, LOG_BYTES, seed=5)
    entries = list(Session.at(str(tmp_path / f"{made.session_id}.jsonl")).entries())
    size = initial_size(entries)
    lines = list(screen_lines(entries, size))
    verdict = judged([line.text for line in lines], [stood.text for stood in truth])
    assert verdict.true_lines > 10
    assert verdict.missing == []
    assert verdict.hits_per_line <= 1.1
    assert not_drawn(entries, size, lines) == []


def test_the_same_seed_makes_the_same_session(tmp_path: Path) -> None:
    logs = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        made, _ = make_session(folder, "alternate", 50_000, seed=3)
        logs.append((folder / f"{made.session_id}.jsonl").read_bytes())
    assert logs[0] == logs[1]
    assert 50_000 <= len(logs[0]) <= 150_000


@each_recording
def test_every_phrase_of_a_real_recording_is_found_and_every_line_is_drawn(recording: Path) -> None:
    entries = list(Session.at(str(recording)).entries())
    size = initial_size(entries)
    lines = list(screen_lines(entries, size))
    text = "\n".join(line.text for line in lines)
    said = [told["phrase"] for told in phrases()[name_of(recording)]["phrases"]]
    assert [phrase for phrase in said if phrase not in text] == []
    assert not_drawn(entries, size, lines) == []
