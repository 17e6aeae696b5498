"""When to look at the screen, and who is told what was seen there.

It is looked at when it is at rest: after a synchronized update or when nothing comes for a while;
more often while there is something new. `Standing` learns which text stood and which scrolled off,
`Activity` which has appeared that the user had typed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from player.lines.lifetime import SETTLE_US
from player.lines.look import Look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from player.lines.activity import Activity
    from player.lines.feeder import Feeder
    from player.lines.standing import Standing
    from player.screen import State

REST_US: Final = 10_000
"""Programs write a frame in one go; a gap that long is between frames."""

_LOOK_EVERY_US: Final = 400_000
# While nothing but a spinner turns, a counter counts or a line grows, what stands half a second is
# seen all the same.

_LOOK_AGAIN_US: Final = 100_000
# Where a line was new, it is soon seen whether it stays.

_PATIENCE_US: Final = 150_000
# Output without any rest is looked at in the middle of what it draws, so much later.

_LONGEST_UPDATE_US: Final = 1_000_000
# Terminals stop waiting for the end of a synchronized update after about a second.


class Onlooker:
    """Looks at what a `Feeder`, always the same, has drawn.

    It is given each time and not kept, for it tells this what scrolls off: the two would hold each
    other, and the memory of the screen, until the garbage is collected.
    """

    __slots__ = ("_activity", "_standing", "_wait_us", "looked_us")

    def __init__(self, standing: Standing, activity: Activity) -> None:
        self._standing = standing
        self._activity = activity
        self.looked_us = 0
        """Until when the screen was as the last look has seen it."""
        # How long after that the next one is due.
        self._wait_us = _LOOK_AGAIN_US

    def state(self) -> tuple[int, int]:
        """What `restore` needs, for JSON."""
        return self.looked_us, self._wait_us

    def restore(self, state: Sequence[int]) -> None:
        """Go on where another left off."""
        self.looked_us, self._wait_us = state

    def step_to(self, feeder: Feeder, time_us: int, *, scrolls: bool = True) -> None:
        """Output of this time follows: what is on the screen stood until then.

        `scrolls`: rows may go up by it. Where none does by it or by what is pending, nobody asks
        for the moment in between, and steps between two looks are drawn together.
        """
        step_us, feeder.step_us = feeder.step_us, time_us
        if step_us is None:
            self.looked_us = time_us
        elif (
            scrolls
            or feeder.scrolls
            or time_us - self.looked_us >= self._wait_us
            or time_us - step_us >= SETTLE_US
        ):
            self._look_if_at_rest(feeder, feeder.finish_step(step_us), step_us, time_us)
        else:
            feeder.set_aside(step_us)

    def look(
        self, feeder: Feeder, state: State, shown_us: int, until_us: int, *, sure: bool
    ) -> None:
        """Look at the screen, which is in that `state` (see `Look`)."""
        scrolled = feeder.take_history(state)
        standing = self._standing
        before = standing.rows
        if standing.look(Look(feeder.screen.lines(), shown_us, until_us, sure)):
            self._activity.looked(before, standing.rows, shown_us, alternate=state.alternate)
            self._mark_awaited(standing.rows, shown_us)
        self.looked_us = until_us
        # What is new in output that scrolls is not lost when it goes.
        self._wait_us = _LOOK_AGAIN_US if standing.stirred and not scrolled else _LOOK_EVERY_US
        feeder.looked()

    def look_at_echo(self, feeder: Feeder, now_us: int) -> None:
        """What was typed ahead is echoed and obeyed in one go: look in between."""
        while end := self._activity.end_of_echo(feeder.pending):
            state = feeder.feed_first(end)
            if not state.synchronized:
                self.look(feeder, state, now_us, now_us, sure=False)

    def scrolled(
        self,
        lines: list[bytes],
        times: list[int],
        now_us: int,
        breaks: bool,  # noqa: FBT001
    ) -> None:
        """These lines have scrolled off, each with the moment at which it was to be seen.

        `breaks`: of the last of them only a part has, and the rest is to be cleared.
        """
        if breaks:
            lines[-1] = self._standing.begun_with(lines[-1])
        self._mark_awaited(lines, now_us)
        self._standing.scrolled(lines, times)

    def _look_if_at_rest(self, feeder: Feeder, state: State, step_us: int, until_us: int) -> None:
        rest_us, unseen_us = until_us - step_us, until_us - self.looked_us
        held = state.synchronized
        if held:
            if unseen_us < _LONGEST_UPDATE_US:
                return
        elif unseen_us < self._wait_us and rest_us < SETTLE_US:
            return
        rests = rest_us >= REST_US or (feeder.frame_ended and not held)
        if rests or unseen_us >= self._wait_us + _PATIENCE_US:
            self.look(feeder, state, step_us, until_us, sure=rests)

    def _mark_awaited(self, lines: list[bytes], now_us: int) -> None:
        """Of lines that have just appeared, those that show what was typed ahead."""
        if self._activity.waits:
            for line in self._activity.appeared(lines, now_us):
                self._standing.mark_typed(line)
