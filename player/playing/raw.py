"""Playing by passing the recorded bytes on: to a terminal at their time, to a pipe at once.

`filtered`: without what could act on a terminal (see `player.playing.filtering`).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from player.console import say
from player.playing.filtering import RESET, Filter
from player.playing.loop import BATCH_BYTES, Loop
from player.playing.passthrough import PassThrough
from player.playing.plan import recorded_size
from player.playing.terminal import Stopped, Terminal, clock_us, open_keyboard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formats.damage import Damage
    from player.playing.plan import Plan
    from player.replay.timeline import Moment

_STDOUT = 1
_INTERRUPTED = 130


def play(
    prog: str, plan: Plan, damage: Damage, *, speed: float, repeat: bool, filtered: bool = False
) -> int:
    """Pass the bytes on at their time; keys work if there is a keyboard. Gives the exit code."""
    _say_if_too_large(prog, plan)
    return _play(plan, damage, speed=speed, repeat=repeat, filtered=filtered)


def _say_if_too_large(prog: str, plan: Plan) -> None:
    """One line, before anything is drawn, if the recorded screen is larger than the window."""
    if not os.isatty(_STDOUT):
        return
    recorded, or_more = recorded_size(plan)
    window = os.get_terminal_size(_STDOUT)
    if recorded.cols > window.columns > 0 or recorded.rows > window.lines > 0:
        words = (
            f"recorded at {recorded.cols}x{recorded.rows}{or_more}, this window has "
            f"{window.columns}x{window.lines}: lines will break elsewhere than they did"
        )
        say(prog, words)


def _play(plan: Plan, damage: Damage, *, speed: float, repeat: bool, filtered: bool) -> int:
    def replay(number: int) -> Iterator[Moment]:
        return plan.replay(number, None if number else damage)

    with Terminal(open_keyboard(), _STDOUT) as terminal:
        target = PassThrough(_STDOUT, filtered=filtered)
        try:
            ending = Loop(replay, target, terminal, clock_us).run(speed=speed, repeat=repeat)
        except Stopped as stopped:
            return 128 + stopped.number
        finally:
            if target.leave():
                terminal.swallow_answers()
    return _INTERRUPTED if ending == "interrupt" else 0


def copy(plan: Plan, damage: Damage, *, repeat: bool, filtered: bool = False) -> None:
    """The bytes without delay, joined to larger pieces."""
    written_bytes = _copy_once(plan.replay(0, damage), filtered=filtered)
    number = 1
    while repeat and written_bytes:
        written_bytes = _copy_once(plan.replay(number), filtered=filtered)
        number += 1


def _copy_once(moments: Iterator[Moment], *, filtered: bool) -> int:
    kept = Filter() if filtered else None
    pieces: list[bytes] = []
    size_bytes = written_bytes = 0
    for moment in moments:
        pieces.append(moment.entry.data)
        size_bytes += len(moment.entry.data)
        if size_bytes >= BATCH_BYTES:
            _write(b"".join(pieces), kept)
            pieces.clear()
            written_bytes += size_bytes
            size_bytes = 0
    _write(b"".join(pieces), kept)
    if kept is not None and kept.passed:
        _write(RESET)
    return written_bytes + size_bytes


def _write(data: bytes, kept: Filter | None = None) -> None:
    left = memoryview(data if kept is None else kept.feed(data))
    while left:
        left = left[os.write(_STDOUT, left) :]
