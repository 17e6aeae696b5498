"""The player's time: where the replay is, what to ask the drawing process next, and jumps. Pure.

Frames go in with the clock's time; requests and what to do beyond drawing (`Intent`) come out. It
knows no terminal, no process and no file.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from player.playing.playhead import FASTEST, PAUSED, SLOWEST, Playhead

if TYPE_CHECKING:
    from player.playing.frames import Frame
    from player.playing.places import Places
    from player.playing.prompt import Prompt

US_PER_S = 1_000_000
FRAME_US = 16_667
"""At most sixty frames a second."""

_SAYS_US = 4 * US_PER_S
_AWAITED_US = 50_000
# What is due so soon is asked for now: it is drawn in the meantime, and nobody wakes once more.
_AHEAD_US = 50_000
_MOST_UNDO = 100
_MOST_QUEUED = 64
# A wait that long is skipped in skip mode; a shorter one belongs to what is being drawn.
_SKIPPED_WAIT_US = 150_000


class Intent(NamedTuple):
    """Something that is not drawing: quit, copy, save, mark, find, suspend, redraw, next."""

    do: str
    text: str = ""
    at_us: int = 0
    code: int = 0


class Range(NamedTuple):
    """What is to be played; `end_us` None is the session's end."""

    start_us: int
    at_us: int
    end_us: int | None


class Playback:
    """The replay's state. Times are microseconds: `now_us` of the clock, others of the session."""

    def __init__(
        self,
        played: Range,
        places: Places,
        *,
        speed: float = 1.0,
        idle_limit_us: int | None = None,
        repeat: bool = False,
        follow: bool = False,
        paused: bool = False,
        now_us: int = 0,
    ) -> None:
        self.range, self.places = played, places
        self.speed, self.repeat = speed, repeat
        self.following = follow
        self.skipping = False
        self.frame: Frame | None = None
        self.prompt: Prompt | None = None
        self.back = 0
        """Rows scrolled back while paused."""
        self.loop: tuple[int, int | None] | None = None
        self._idle_limit_us = idle_limit_us
        self._queue: deque[dict[str, Any]] = deque()
        self._undo: list[int] = []
        self._says = ("", 0, False)
        self._intents: list[Intent] = []
        # The time that the last request is for: that of asking, or a little later.
        self._asked_us = 0
        self._busy = False
        self._catching_up = True
        self._playhead = Playhead(now_us, played.at_us, PAUSED if paused else speed)
        self._queue.append({"do": "tail"} if follow else {"do": "seek", "at_us": played.at_us})

    @property
    def paused(self) -> bool:
        """Whether the person has paused it."""
        return self._playhead.paused and not self.following

    def position_us(self, now_us: int) -> int:
        """Where the replay is."""
        if self.following and self.frame is not None:
            return self.frame.end_us
        position_us = self._playhead.at(now_us)
        return max(0, min(position_us, self._bound_us()))

    @property
    def length_us(self) -> int:
        """The length of what is played, as far as it is known."""
        return self.frame.end_us if self.frame else max(1, self.range.at_us)

    def says(self, now_us: int) -> tuple[str, bool]:
        """The words to show now, and whether they are a failure."""
        words, until_us, alert = self._says
        return (words, alert) if now_us < until_us else ("", False)

    def say(self, words: str, now_us: int, *, alert: bool = False) -> None:
        """Show words for some seconds."""
        self._says = (words, now_us + _SAYS_US, alert)

    @property
    def intends(self) -> bool:
        """Whether `intents` has something to give."""
        return bool(self._intents)

    def intents(self) -> list[Intent]:
        """What is to be done beyond drawing; each is given once."""
        found, self._intents = self._intents, []
        return found

    def request(self, now_us: int) -> dict[str, Any] | None:
        """What to ask the drawing process now; None if nothing. The answer goes to `drawn`."""
        if self._busy:
            return None
        for_us = now_us if self._queue else self._for_us(now_us)
        found = self._queue.popleft() if self._queue else self._next_request(for_us)
        if found is not None:
            self._busy, self._asked_us = True, for_us
        return found

    def _for_us(self, now_us: int) -> int:
        """The time to ask for now: when the next output is due, if that is soon; else now."""
        frame = self.frame
        elsewhere = self.following or self.skipping or self.loop is not None
        if frame is None or frame.next_us is None or elsewhere or self._playhead.paused:
            return now_us
        due_us = max(now_us, self._asked_us + FRAME_US, self._due_us(frame, now_us))
        sooner = self._playhead.at(due_us) < frame.next_us  # a wait that is cut short
        return now_us if sooner or due_us > now_us + _AHEAD_US else due_us

    def held_us(self, now_us: int) -> int:
        """How long the frame that was asked for is not due yet; no time once a key wants another.

        Until then it is left where it is, between the processes.
        """
        if not self._busy or self._queue or self._playhead.paused:
            return 0
        return max(0, self._asked_us - now_us)

    def _next_request(self, now_us: int) -> dict[str, Any] | None:
        frame = self.frame
        if frame is None or now_us < self._asked_us + FRAME_US:
            return None
        if self.following:
            return {"do": "tail"} if now_us >= self._asked_us + self._poll_us(frame) else None
        if self._playhead.paused:
            return None
        return self._playing_request(frame, now_us)

    def _playing_request(self, frame: Frame, now_us: int) -> dict[str, Any] | None:
        position_us = self._playhead.at(now_us)
        if self.loop is not None and self.loop[1] is not None and position_us >= self.loop[1]:
            return self._jump_request(self.loop[0], now_us)
        next_us = frame.next_us
        if next_us is None:
            if position_us >= frame.end_us:
                self._ended(frame, now_us)
            return None
        if next_us > position_us:
            if self.skipping and next_us - position_us > _SKIPPED_WAIT_US * self._playhead.speed:
                return {"do": "skip", "at_us": next_us}
            limit_us = self._idle_limit_us
            if limit_us is None or position_us < frame.last_us + limit_us:
                return None
            position_us = next_us
            self._playhead = self._playhead.moved_to(now_us, next_us)
        return {"do": "advance", "at_us": position_us}

    def _ended(self, frame: Frame, now_us: int) -> None:
        if frame.live:
            self.following = True
        elif self.repeat:
            self._move_to(self.range.start_us, now_us)
        else:
            self._playhead = Playhead(now_us, frame.end_us, PAUSED)
            self._intents.append(Intent("end"))

    def _poll_us(self, frame: Frame) -> int:
        """A session that is being written is looked at the oftener the more happens in it."""
        quiet_us = (frame.next_us is None and not frame.rows and 80_000) or 0
        return FRAME_US * 2 + quiet_us

    def drawn(self, frame: Frame, now_us: int, asked: dict[str, Any]) -> None:
        """A frame has come, for a request."""
        self._busy = False
        self.frame = frame
        self.places = self.places._replace(end_us=frame.end_us)
        if self.following and not frame.live and frame.next_us is None:
            self.following = False
            self._playhead = Playhead(now_us, frame.end_us, PAUSED)
            self._intents.append(Intent("end"))
        if self._queue and self._queue[-1]["do"] != "history":
            return
        match asked["do"]:
            case "step" | "change":
                self._playhead = Playhead(now_us, frame.at_us, PAUSED)
                if not frame.moved:
                    self.say("nothing more in that direction", now_us)
            case "skip":
                self._playhead = self._playhead.moved_to(now_us, frame.at_us)
            case "seek" if self._catching_up:
                # The time that the seek took is not the recording's.
                self._playhead = self._playhead.moved_to(now_us, asked["at_us"])
                self._catching_up = False
            case "advance" if frame.at_us < asked["at_us"] or self._playhead.paused:
                # Slower than asked, or paused shortly before it was due.
                self._playhead = self._playhead.moved_to(now_us, frame.at_us)
            case _:
                pass

    def failed(self, words: str, now_us: int) -> None:
        """The last request was not answered by a frame."""
        self._busy = False
        self.say(words, now_us, alert=True)

    def awaited_us(self, now_us: int) -> int:
        """How long the answer to a request is still worth waiting for before anything is drawn."""
        awaits = self._busy and not self.held_us(now_us)
        return max(0, self._asked_us + _AWAITED_US - now_us) if awaits else 0

    def wake_us(self, now_us: int) -> int | None:
        """When there is something to do again, if nothing comes before; None: only then."""
        wakes = [self._says[1]] if now_us < self._says[1] else []
        frame = self.frame
        if frame is None or self._busy:
            return min(wakes, default=None)
        if self._queue:
            return now_us
        if self.following:
            wakes.append(self._asked_us + self._poll_us(frame))
        elif not self._playhead.paused:
            wakes.append(max(self._asked_us + FRAME_US, self._due_us(frame, now_us)))
            # The bar's clock.
            wakes.append(now_us + max(FRAME_US * 2, round(US_PER_S / max(1, self.speed))))
        return min(wakes, default=None)

    def _due_us(self, frame: Frame, now_us: int) -> int:
        places = [frame.end_us if frame.next_us is None else frame.next_us]
        if self.loop is not None and self.loop[1] is not None:
            places.append(self.loop[1])
        if frame.next_us is not None:
            if self._idle_limit_us is not None:
                places.append(frame.last_us + self._idle_limit_us)
            if self.skipping:
                return now_us
        return self._playhead.due_us(min(places)) or now_us

    def _bound_us(self) -> int:
        return self.frame.end_us if self.frame else 1 << 62

    def seek(self, at_us: int, now_us: int) -> None:
        """Go to a moment, and remember the way back."""
        self._undo = [*self._undo[-_MOST_UNDO + 1 :], self.position_us(now_us)]
        self._move_to(at_us, now_us)

    def _move_to(self, at_us: int, now_us: int) -> None:
        at_us = max(0, min(at_us, self._bound_us()))
        self.following, self.back = False, 0
        self._queue.clear()
        self._queue.append(self._jump_request(at_us, now_us))

    def _jump_request(self, at_us: int, now_us: int) -> dict[str, Any]:
        self._playhead = self._playhead.moved_to(now_us, at_us)
        self._catching_up = True
        return {"do": "seek", "at_us": at_us}

    def _pause(self, now_us: int) -> None:
        position_us = self.position_us(now_us)
        self.following = False
        self._playhead = Playhead(now_us, position_us, PAUSED)

    def _play(self, now_us: int) -> None:
        self.back = 0
        self._playhead = Playhead(now_us, self.position_us(now_us), self.speed)

    def _set_speed(self, speed: float, now_us: int) -> None:
        self.speed = max(SLOWEST, min(FASTEST, speed))
        if not self._playhead.paused:
            self._playhead = self._playhead.at_speed(now_us, self.speed)

    def _ask(self, request: dict[str, Any]) -> None:
        self.back = 0
        if len(self._queue) < _MOST_QUEUED:
            self._queue.append(request)

    def begin_again(self, now_us: int) -> None:
        """The drawing process is a new one, on an empty screen: go on from here."""
        self._busy = False
        self._queue.clear()
        at_us = self.position_us(now_us)
        self._queue.append({"do": "advance", "at_us": at_us, "whole": True})

    def resumed(self, now_us: int, at_us: int) -> None:
        """After being suspended: the time in between is not the recording's."""
        self._playhead = self._playhead.moved_to(now_us, at_us)
