"""Recordings of real programs: any moment is what playing up to it has drawn, in any window."""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING

import pytest

from formats.layout import Home
from formats.meant import resolve
from formats.size import Size
from player.replay.painter import Painter
from player.replay.replay import Replay
from tests.support.recordings import each_recording
from tests.support.window import PlayerWindow, environ_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from player.screen import Row, Screen


def moments(replay: Replay, chance: random.Random, count: int) -> list[int]:
    return sorted(chance.randrange(replay.duration_us + 1) for _ in range(count))


def linear(replay: Replay, at: list[int]) -> Iterator[tuple[int, Screen]]:
    """The screen at these moments, all fed one after the other."""
    painter = Painter(replay.new_screen())
    entries = list(replay.entries_from(-1))
    for at_us in at:
        while entries and entries[0].at_us <= at_us:
            painter.add(entries.pop(0))
        painter.flush()
        yield at_us, painter.screen


@each_recording
@pytest.mark.parametrize(
    "seeks", [15, pytest.param(100, marks=[pytest.mark.slow, pytest.mark.timeout(120)])]
)
def test_every_seek_is_as_if_played_to_there(recording: Path, tmp_path: Path, seeks: int) -> None:
    session = resolve(Home.of({}, str(tmp_path)), str(recording))
    replay, sought = Replay(session), Replay(session)
    chance = random.Random(recording.name)
    expected: dict[int, tuple[list[tuple[int, Row]], object]] = {}
    for at_us, screen in linear(replay, moments(replay, chance, seeks)):
        expected[at_us] = (screen.rows(), screen.cursor)
    for at_us in chance.sample(sorted(expected), len(expected)):
        screen = sought.seek(at_us)
        assert (screen.rows(), screen.cursor) == expected[at_us]


@each_recording
@pytest.mark.parametrize("size", [Size(170, 60), Size(60, 16)], ids=["larger", "smaller"])
def test_the_window_shows_it(
    recording: Path, size: Size, commands: Path, home: Path, tmp_path: Path
) -> None:
    replay = Replay(resolve(Home.of({}, str(home)), str(recording)))
    chance = random.Random(recording.name)
    shown = {
        at_us // 1000: screen.text()
        for at_us, screen in linear(replay, [ms * 1000 for ms in ms_of(replay, chance)])
    }
    argv = [str(commands / "cs-play"), str(recording), "--paused"]
    window = PlayerWindow(argv, environ_of(commands), size=size, cwd=tmp_path)
    try:
        window.see(" / ")
        for at_ms in chance.sample(sorted(shown), len(shown)):
            window.press(":", f"{at_ms / 1000:.3f}", "enter")
            window.until_seen(partial(is_part, text=shown[at_ms], size=size))
        assert window.leave("q") == 0
    finally:
        window.close()


def ms_of(replay: Replay, chance: random.Random) -> list[int]:
    return sorted({at_us // 1000 for at_us in moments(replay, chance, 5)})


def is_part(rows: list[str], text: list[str], size: Size) -> bool:
    """Whether the window shows the screen: all of it, or a stretch of it."""
    cols = max(map(len, text))
    if size.rows > len(text) + 2 and size.cols > cols + 1:
        return all(row.startswith(line) for row, line in zip(rows, text, strict=False))
    inside = [row.rstrip() for row in rows[: size.rows - 2]]
    return any(
        all(fits(row, line) for row, line in zip(inside, text[top:], strict=False))
        for top in range(max(1, len(text) - len(inside) + 1))
    )


def fits(row: str, line: str) -> bool:
    """Whether a row of the window is a part of the line, from some column on."""
    return row == line.rstrip() or (row in line if row else True)
