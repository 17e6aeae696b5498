"""What the player does when: a state machine of playhead, modes, jumps, search and marks. Pure.

Keys and frames go in with the clock's time; what to ask the drawing process next, and what to do
beyond drawing (`Intent`), comes out. It knows no terminal, no process and no file.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from formats.errors import SessionsError
from player.playhead import PAUSED, Playhead
from player.playing.places import Places, place_of
from player.playing.prompt import Prompt
from player.times import elapsed
from player.view import keymap
from player.view.viewport import Pan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from player.playing.frames import Frame

SLOWEST, FASTEST = 0.01, 1000.0
US_PER_S = 1_000_000
FRAME_US = 16_667
"""At most sixty frames a second."""

_SAYS_US = 4 * US_PER_S
_AWAITED_US = 50_000
_MOST_UNDO = 100
_MOST_QUEUED = 64
# A wait that long is skipped in skip mode; a shorter one belongs to what is being drawn.
_SKIPPED_WAIT_US = 150_000
# Just after a marker, `[` means the one before it.
_GRACE_US = US_PER_S
_TENTH = 0.1


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


class Controller:
    """The player's state. Times are microseconds: `now_us` of the clock, others of the session."""

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
        self.touched = False
        self.frame: Frame | None = None
        self.prompt: Prompt | None = None
        self.page: str = ""
        """The page over the recording: help, info, or none."""
        self.page_top = 0
        self.back = 0
        """Rows scrolled back while paused."""
        self.pan = Pan()
        self.fit = self.bare = False
        self.loop: tuple[int, int | None] | None = None
        self.pattern = ""
        self._awaits_hits = False
        self.hits: list[tuple[int, str]] = []
        self.room_rows = 24
        self.view_corner: tuple[int, int] = (0, 0)
        self._idle_limit_us = idle_limit_us
        self._queue: deque[dict[str, Any]] = deque()
        self._undo: list[int] = []
        self._says = ("", 0, False)
        self._intents: list[Intent] = []
        self._find_step = 1
        self._finding_from: int | None = None
        self._asked_us = 0
        self._busy = False
        self._catching_up = True
        self._outlined = False
        self._wanted_markers: list[int] = []
        self._marked_us = 0
        self._hit = ""
        self._playhead = Playhead(now_us, played.at_us, PAUSED if paused else speed)
        self._queue.append({"do": "tail"} if follow else {"do": "seek", "at_us": played.at_us})

    # What is shown ----------------------------------------------------------------------------

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

    def intents(self) -> list[Intent]:
        """What is to be done beyond drawing; each is given once."""
        found, self._intents = self._intents, []
        return found

    # Time and frames --------------------------------------------------------------------------

    def request(self, now_us: int) -> dict[str, Any] | None:
        """What to ask the drawing process now; None if nothing. The answer goes to `drawn`."""
        if self._busy:
            return None
        found = self._queue.popleft() if self._queue else self._next_request(now_us)
        if found is not None:
            self._busy, self._asked_us = True, now_us
        return found

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
            case "advance" if frame.at_us < asked["at_us"]:
                self._playhead = self._playhead.moved_to(now_us, frame.at_us)
            case _:
                pass

    def failed(self, words: str, now_us: int) -> None:
        """The last request was not answered by a frame."""
        self._busy = False
        self.say(words, now_us, alert=True)

    def awaited_us(self, now_us: int) -> int:
        """How long the answer to a request is still worth waiting for before anything is drawn."""
        return max(0, self._asked_us + _AWAITED_US - now_us) if self._busy else 0

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

    # Keys -------------------------------------------------------------------------------------

    def key(self, name: str, now_us: int) -> None:
        """A key was pressed."""
        if self.prompt is not None and name not in ("interrupt", "suspend"):
            self._typed(name, now_us)
            return
        if self.page and name not in ("interrupt", "suspend", "q", "Q"):
            self._turn_page(name)
            return
        found = keymap.BY_KEY.get(name)
        if found is None:
            return
        self.touched = True
        handler: Callable[[int, int], None] = getattr(self, f"_do_{found.action.replace('-', '_')}")
        handler(found.argument, now_us)

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

    def _do_pause(self, _: int, now_us: int) -> None:
        if self.following or not self._playhead.paused:
            self._pause(now_us)
        elif self.frame and not self.frame.live and self.position_us(now_us) >= self.frame.end_us:
            self._play(now_us)
            self.seek(self.range.start_us, now_us)
        else:
            self._play(now_us)

    def _set_speed(self, speed: float, now_us: int) -> None:
        self.speed = max(SLOWEST, min(FASTEST, speed))
        if not self._playhead.paused:
            self._playhead = self._playhead.at_speed(now_us, self.speed)

    def _do_slower(self, _: int, now_us: int) -> None:
        self._set_speed(self.speed / 2, now_us)

    def _do_faster(self, _: int, now_us: int) -> None:
        self._set_speed(self.speed * 2, now_us)

    def _do_normal(self, _: int, now_us: int) -> None:
        self._set_speed(1.0, now_us)

    def _do_skip(self, _: int, now_us: int) -> None:
        if self.frame is not None and self.frame.next_us is not None:
            self._playhead = self._playhead.moved_to(now_us, self.frame.next_us)
            self._ask({"do": "advance", "at_us": self.frame.next_us})

    def _do_skipping(self, _: int, now_us: int) -> None:
        self.skipping = not self.skipping
        self.say("skipping waits" if self.skipping else "waits as they were", now_us)

    def _do_loop(self, _: int, now_us: int) -> None:
        here_us = self.position_us(now_us)
        if self.loop is None:
            self.loop = (here_us, None)
            self.say(f"loop from {elapsed(here_us)}; l again ends it", now_us)
        elif self.loop[1] is None and here_us != self.loop[0]:
            first_us, last_us = sorted((self.loop[0], here_us))
            self.loop = (first_us, last_us)
            self.say(f"loop {elapsed(first_us)} to {elapsed(last_us)}", now_us)
            self._move_to(first_us, now_us)
        else:
            self.loop = None
            self.say("loop off", now_us)

    def _do_seconds(self, count: int, now_us: int) -> None:
        self.seek(self.position_us(now_us) + count * US_PER_S, now_us)

    def _do_tenths(self, count: int, now_us: int) -> None:
        self.seek(self.position_us(now_us) + round(count * self.length_us * _TENTH), now_us)

    def _do_part(self, count: int, now_us: int) -> None:
        self.seek(round(self.length_us * count * _TENTH), now_us)

    def _do_start(self, _: int, now_us: int) -> None:
        self.seek(self.range.start_us, now_us)

    def _do_end(self, _: int, now_us: int) -> None:
        self.seek(self.length_us, now_us)
        if self.frame is not None and self.frame.live:
            self.following = True
            self._queue.clear()
            self._queue.append({"do": "tail"})
        else:
            self._pause(now_us)

    def _do_step(self, count: int, now_us: int) -> None:
        self._pause(now_us)
        self._ask({"do": "step", "count": count})

    def _do_change(self, count: int, now_us: int) -> None:
        self._pause(now_us)
        self._ask({"do": "change", "count": count})

    def _ask(self, request: dict[str, Any]) -> None:
        self.back = 0
        if len(self._queue) < _MOST_QUEUED:
            self._queue.append(request)

    def _do_marker(self, count: int, now_us: int) -> None:
        if not self._outlined:
            self._wanted_markers.append(count)
            self.say("looking for markers", now_us)
            return
        here_us = self.position_us(now_us)
        moments = self.places.stops()
        if count < 0:
            grace_us = 0 if self._playhead.paused else _GRACE_US
            place = bisect_left(moments, here_us - grace_us) - 1
        else:
            place = bisect_right(moments, here_us)
        if not 0 <= place < len(moments):
            self.say(f"no marker {'before' if count < 0 else 'after'} this", now_us)
            return
        self.seek(moments[place], now_us)
        self.say(self.places.label_at(moments[place]), now_us)

    def outlined(self, now_us: int) -> None:
        """The session's markers are known now, or never will be."""
        self._outlined = True
        wanted, self._wanted_markers = self._wanted_markers, []
        for count in wanted:
            self._do_marker(count, now_us)

    def _do_undo(self, _: int, now_us: int) -> None:
        if not self._undo:
            self.say("there was no jump to undo", now_us)
            return
        self._move_to(self._undo.pop(), now_us)

    # What is typed ----------------------------------------------------------------------------

    def _do_goto(self, _: int, now_us: int) -> None:
        del now_us
        self.prompt = Prompt("goto", ":")

    def _do_find(self, count: int, now_us: int) -> None:
        del now_us
        self._find_step = count
        self.prompt = Prompt("find", "/" if count > 0 else "?")

    def _do_mark(self, _: int, now_us: int) -> None:
        self._marked_us = self.position_us(now_us)
        self.prompt = Prompt("mark", f"name for {elapsed(self._marked_us)}: ")

    def _do_save(self, _: int, now_us: int) -> None:
        self._pause(now_us)
        self.prompt = Prompt("save", "save the screen as (.txt, .ansi, .svg, .html, .png): ")

    def _typed(self, name: str, now_us: int) -> None:
        prompt = self.prompt
        if prompt is None:
            return
        how = prompt.key(name)
        if how is not None:
            self.prompt = None
        if how == "done":
            getattr(self, f"_enter_{prompt.purpose}")(prompt.text, now_us)

    def _enter_goto(self, text: str, now_us: int) -> None:
        if not text.strip():
            return
        try:
            here_us = self.position_us(now_us)
            self.seek(place_of(text.strip(), here_us, self.places), now_us)
        except SessionsError as error:
            self.say(str(error), now_us, alert=True)

    def _enter_find(self, text: str, now_us: int) -> None:
        if not text:
            self._do_again(1, now_us)
            return
        self.pattern, self.hits = text, []
        self._finding_from = self.position_us(now_us)
        self.say(f"looking for {text}", now_us)
        self._intents.append(Intent("find", text))

    def _enter_mark(self, text: str, _: int) -> None:
        if text.strip():
            self._intents.append(Intent("mark", text.strip(), at_us=self._marked_us))

    def _enter_save(self, text: str, _: int) -> None:
        if text.strip():
            self._intents.append(Intent("save", text.strip()))

    def find_at_start(self, pattern: str, *, jump: bool) -> None:
        """Look for a pattern from the beginning on; without `jump`, only mark it where it is."""
        self.pattern = pattern
        self._finding_from = -1 if jump else None
        self._awaits_hits = True
        self._intents.append(Intent("find", pattern))

    def found(self, hits: Sequence[tuple[int, str]], now_us: int) -> None:
        """The hits of the last search, by their time."""
        self.hits = list(hits)
        self._awaits_hits = False
        from_us, self._finding_from = self._finding_from, None
        if from_us is None:
            return
        if not hits:
            self.say(f"{self.pattern} was never on the screen", now_us, alert=True)
            return
        self._to_hit(from_us, self._find_step, now_us)

    def failed_to_find(self, words: str, now_us: int) -> None:
        """The search, or the outline of the session, was not to be had."""
        self._awaits_hits = False
        if self._finding_from is not None:
            self._finding_from, self.pattern = None, ""
            self.say(words, now_us, alert=True)

    def hit_text(self) -> str:
        """The line of the hit that was gone to last, while it is shown; else empty."""
        return self._hit if self.pattern else ""

    def begin_again(self, now_us: int) -> None:
        """The drawing process is a new one, on an empty screen: go on from here."""
        self._busy = False
        self._queue.clear()
        at_us = self.position_us(now_us)
        self._queue.append({"do": "advance", "at_us": at_us, "whole": True})

    def _do_again(self, count: int, now_us: int) -> None:
        if not self.pattern:
            self.say("nothing was looked for: / does that", now_us)
        elif self._awaits_hits and self._finding_from is None:
            # Of a pattern that was given at the start: the next is gone to when it is known.
            self._finding_from = self.position_us(now_us) if count > 0 else None
            self.say(f"looking for {self.pattern}", now_us)
        elif self._finding_from is None:
            self._to_hit(self.position_us(now_us), count * self._find_step, now_us)

    def _to_hit(self, from_us: int, count: int, now_us: int) -> None:
        moments = [at_us for at_us, _ in self.hits]
        place = bisect_right(moments, from_us) if count > 0 else bisect_left(moments, from_us) - 1
        if not 0 <= place < len(moments):
            here, there = ("after", "before") if count > 0 else ("before", "after")
            self.say(f"no hit {here} this, {len(moments)} {there}", now_us, alert=True)
            return
        self._pause(now_us)
        self.seek(moments[place], now_us)
        self._hit = self.hits[place][1]
        text = self._hit.strip()
        self.say(f"hit {place + 1} of {len(moments)}: {text}", now_us)

    # The view ---------------------------------------------------------------------------------

    def _do_page(self, count: int, now_us: int) -> None:
        self._do_scroll(count * max(1, self.room_rows - 2), now_us)

    def _do_scroll(self, count: int, now_us: int) -> None:
        if self.back == 0 and count > 0:
            return
        self._pause(now_us)
        self.back = max(0, self.back - count)
        if self.back:
            self._queue.append({"do": "history", "back": self.back, "count": self.room_rows})

    def scrolled(self, frame: Frame, now_us: int) -> None:
        """Rows of the scrollback have come."""
        self._busy = False
        if not frame.moved:
            self.back = 0
            self.say("nothing has scrolled off", now_us)
        elif not frame.above:
            self.back = min(self.back, frame.next_us or self.back)

    def _do_pan_cols(self, count: int, _: int) -> None:
        self._pan_by(count, 0)

    def _do_pan_rows(self, count: int, _: int) -> None:
        self._pan_by(0, count)

    def _pan_by(self, cols: int, rows: int) -> None:
        left, top = self.view_corner
        # Painting says where the view's corner really came to stand; several keys may come before.
        self.view_corner = (max(0, left + cols), max(0, top + rows))
        self.pan = Pan(*self.view_corner)

    def _do_unpan(self, _: int, __: int) -> None:
        self.pan = Pan()

    def _do_fit(self, _: int, now_us: int) -> None:
        self.fit = not self.fit
        self.say("repeated rows and columns are left out" if self.fit else "as recorded", now_us)

    def _do_bar(self, _: int, __: int) -> None:
        self.bare = not self.bare

    def _do_info(self, _: int, __: int) -> None:
        self.page, self.page_top = "info", 0

    def _do_help(self, _: int, __: int) -> None:
        self.page, self.page_top = "help", 0

    def _turn_page(self, name: str) -> None:
        steps = {"down": 1, "up": -1, "pgdn": 10, "pgup": -10, " ": 10, "j": 1, "k": -1}
        steps |= {"wheel-down": 3, "wheel-up": -3}
        if name in steps:
            self.page_top = max(0, self.page_top + steps[name])
        else:
            self.page = ""

    def _do_redraw(self, _: int, __: int) -> None:
        self._intents.append(Intent("redraw"))

    def _do_copy(self, _: int, __: int) -> None:
        self._intents.append(Intent("copy"))

    def _do_quit(self, _: int, __: int) -> None:
        self._intents.append(Intent("quit"))

    def _do_remember(self, _: int, now_us: int) -> None:
        self._intents.append(Intent("remember", at_us=self.position_us(now_us)))

    def _do_suspend(self, _: int, now_us: int) -> None:
        self._intents.append(Intent("suspend", at_us=self.position_us(now_us)))

    def _do_interrupt(self, _: int, __: int) -> None:
        self._intents.append(Intent("quit", code=130))

    def resumed(self, now_us: int, at_us: int) -> None:
        """After being suspended: the time in between is not the recording's."""
        self._playhead = self._playhead.moved_to(now_us, at_us)
