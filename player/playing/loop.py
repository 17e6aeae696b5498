"""The player's loop: what is due is drawn, keys are obeyed, and in between it waits.

It is given everything it touches: the replay, what draws it, the clock, and how to wait. It knows
no descriptor and no terminal. At most one batch of moments is on its way to the terminal: a slow
one delays the replay, and nothing is queued.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from player.playing.keys import BACKSPACE, INTERRUPT, SUSPEND
from player.playing.playhead import FASTEST, PAUSED, SLOWEST, Playhead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from player.replay.timeline import Moment

    Replay = Callable[[int], Iterator[Moment]]
    """The moments of a round, from 0: all rounds but the first may begin elsewhere."""
    Ending = Literal["end", "quit", "interrupt"]

# Enough to make writing and drawing cheap, little enough that a key is obeyed at once in between.
BATCH_BYTES = 1 << 16


class Target(Protocol):
    """What draws a replay: today the terminal that takes the bytes, later one of our own."""

    def draw(self, moments: Sequence[Moment]) -> None:
        """Take moments whose time has come. Called only after `flush` has said that all is out."""

    def flush(self) -> bool:
        """Hand on what can be handed on without waiting. Whether all is out."""
        ...

    def clear(self) -> None:
        """Wipe the screen: the moments that come next are again the first."""

    def leave(self) -> bool:
        """Put the terminal to rest. Whether it was asked, at last, a question (see `Controls`)."""
        ...


class Controls(Protocol):
    """Where keys come from, and where the time goes."""

    def wait(self, timeout_us: int | None, *, for_room: bool) -> list[str]:
        """The keys that come until the timeout (None: for ever); returns at the first.

        With `for_room`, also returns when the target may be able to hand on more.
        """
        ...

    def suspend(self, *, answer_due: bool) -> None:
        """Stop this process, as Ctrl-Z does, and return when it goes on.

        With `answer_due`, the answer to the target's last question is awaited before that.
        """


class Loop:
    """Plays a replay on a target until it ends or the person quits."""

    def __init__(
        self, replay: Replay, target: Target, controls: Controls, clock: Callable[[], int]
    ) -> None:
        self._replay = replay
        self._target = target
        self._controls = controls
        self._clock = clock
        self._playhead = Playhead(0)
        self._speed = 1.0
        self._repeat = False
        self._paused = False
        self._steps = 0
        self._round = 0

    def run(self, *, speed: float = 1.0, repeat: bool = False) -> Ending:
        """Play. How it ended: by itself, by `q`, or by Ctrl-C."""
        self._speed, self._repeat = speed, repeat
        self._begin(0)
        while True:
            busy = not self._target.flush()
            timeout_us: int | None = None
            if not busy:
                timeout_us = self._advance()
                if timeout_us is None and self._ended:
                    return "end"
            for key in self._controls.wait(timeout_us, for_room=busy):
                if key in ("q", INTERRUPT):
                    return "quit" if key == "q" else "interrupt"
                self._obey(key)

    def _begin(self, position_us: int) -> None:
        """From the round's first moment: up to the position at once, and only then does time run.

        So a long beginning does not make what follows it late.
        """
        self._moments = self._replay(self._round)
        self._next = next(self._moments, None)
        self._repeat = self._repeat and self._next is not None
        self._catching_up = True
        self._bend(position_us)

    def _bend(self, position_us: int | None = None) -> None:
        """A new playhead from here on, or from another position."""
        now_us = self._clock()
        speed = PAUSED if self._paused or self._catching_up else self._speed
        if position_us is None:
            position_us = self._playhead.at(now_us)
        self._playhead = Playhead(now_us, position_us, speed)

    @property
    def _ended(self) -> bool:
        return self._next is None and not self._paused and not self._repeat

    def _advance(self) -> int | None:
        """Draw what is due. How long until there is more to do, None if never by itself."""
        now_us = self._clock()
        if self._steps and not self._catching_up:
            self._step()
            return 0
        if batch := self._due(self._playhead.at(now_us)):
            self._target.draw(batch)
            return 0
        if self._catching_up:
            self._catching_up = False
            self._bend()
            return 0
        if self._next is not None:
            due_us = self._playhead.due_us(self._next.at_us)
            return None if due_us is None else max(0, due_us - now_us)
        if self._repeat and not self._paused:
            self._round += 1
            self._target.clear()
            self._begin(0)
            return 0
        return None

    def _due(self, position_us: int) -> list[Moment]:
        batch: list[Moment] = []
        size_bytes = 0
        while (
            self._next is not None and self._next.at_us <= position_us and size_bytes < BATCH_BYTES
        ):
            batch.append(self._next)
            size_bytes += len(self._next.entry.data)
            self._next = next(self._moments, None)
        return batch

    def _step(self) -> None:
        """One entry that shows something, and the playhead to it."""
        self._steps -= 1
        batch: list[Moment] = []
        while self._next is not None and not (batch and batch[-1].entry.data):
            batch.append(self._next)
            self._next = next(self._moments, None)
        if batch:
            self._target.draw(batch)
            self._bend(batch[-1].at_us)

    def _obey(self, key: str) -> None:
        if key == " ":
            self._paused = not self._paused
        elif key == ".":
            self._paused = True
            self._steps += 1
        elif key == "{":
            self._speed = max(SLOWEST, self._speed / 2)
        elif key == "}":
            self._speed = min(FASTEST, self._speed * 2)
        elif key == BACKSPACE:
            self._speed = 1.0
        elif key == SUSPEND:
            position_us = self._playhead.at(self._clock())
            self._controls.suspend(answer_due=self._target.leave())
            self._target.clear()
            self._begin(position_us)
            return
        self._bend()
