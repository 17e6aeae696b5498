"""Playing sessions: drawn on a terminal, passed on as bytes, or one moment written out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from formats.damage import Damage
from formats.layout import Home
from formats.meant import resolve
from player.console import UsageError, say, say_damage
from player.playing.plan import make_plan

if TYPE_CHECKING:
    from formats.session import Session
    from player.playing.plan import Options

_STDOUT = 1


def run(prog: str, options: Options) -> int:
    """Play one after the other, and say what had to be skipped. Gives the exit code."""
    home = Home.of(os.environ, options.home)
    sessions = [resolve(home, text) for text in options.sessions]
    code = 0
    for place, session in enumerate(sessions):
        more = place + 1 < len(sessions)
        code, go_on = _play(prog, options, home, session, more=more)
        if code or not go_on:
            break
    return code


def _play(
    prog: str, options: Options, home: Home, session: Session, *, more: bool
) -> tuple[int, bool]:
    """One session: the exit code, and whether it was played to its end."""
    if options.dump_at is not None:
        from player.playing.dumping import dump  # noqa: PLC0415

        return dump(home, session, options), True
    if options.resume:
        options = _resumed(home, session, options)
    plan = make_plan(options, session)
    damage = Damage()
    on_terminal = os.isatty(_STDOUT)
    code: int | None = None
    go_on = True
    if on_terminal and not (options.raw or options.filtered):
        from player.playing.processes import Drawer  # noqa: PLC0415

        drawer = Drawer(home, plan, options)
        from player.playing.drawn import play_drawn  # noqa: PLC0415  while that begins to draw

        ended = play_drawn(prog, home, plan, options, drawer, more=more)
        code, go_on = ended.code, ended.at_end
    if code is None:
        # Where nothing can be drawn, a terminal is not given over to the recording either.
        options = options._replace(filtered=options.filtered or (on_terminal and not options.raw))
        code = _play_raw(prog, options, session, damage, on_terminal=on_terminal)
    say_damage(prog, damage)
    return code, go_on


def _play_raw(
    prog: str, options: Options, session: Session, damage: Damage, *, on_terminal: bool
) -> int:
    from player.playing import raw  # noqa: PLC0415

    plan = make_plan(options, session)
    repeat, filtered = options.repeat, options.filtered
    if options.speed is None and not on_terminal:
        raw.copy(plan, damage, repeat=repeat, filtered=filtered)
        return 0
    speed = options.speed or 1.0
    return raw.play(prog, plan, damage, speed=speed, repeat=repeat, filtered=filtered)


def _resumed(home: Home, session: Session, options: Options) -> Options:
    from player.playing.places import read_place  # noqa: PLC0415

    if options.at is not None:
        raise UsageError("--resume goes on where you were: --at cannot be given too")
    at = read_place(home, session.id)
    if at is None:
        say("cs-play", "no place was remembered for this session: it begins at its start")
    return options._replace(at=at)
