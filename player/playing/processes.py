"""The player's two processes, as it begins them: one draws the recording, one knows what is in it.

The one that draws is begun before the player has loaded the rest of itself: to load a screen engine
and to seek takes as long as that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formats.run import read_run
from player.playing.serving import drawing, knowing
from player.playing.worker import Worker

if TYPE_CHECKING:
    from formats.layout import Home
    from player.playing.plan import Options, Plan

_SCRIBE_NICE = 10


class Drawer:
    """What begins the process that draws; `live`: a recorder still writes what is played."""

    def __init__(self, home: Home, plan: Plan, options: Options) -> None:
        self._home, self._plan, self._options = home, plan, options
        run = read_run(home, plan.session.id) if plan.end_us is None else None
        self.live = run is not None and run.live
        self.stage = self.begin()

    def begin(self, fresh_at_us: int | None = None) -> Worker:
        """A process that draws; with `fresh_at_us`, from that moment and an empty screen on."""
        plan = self._plan
        return Worker(
            drawing(
                self._home,
                plan.session,
                size=plan.size,
                live=self.live,
                end_us=plan.end_us,
                fresh_at_us=fresh_at_us,
                width=self._options.width,
            )
        )


def begin_scribe(home: Home, plan: Plan) -> Worker:
    """The process that knows; it gives way to the other."""
    serve = knowing(home, plan.session, origin_us=plan.first.time_us, size=plan.size)
    return Worker(serve, nice=_SCRIBE_NICE)
