"""What the player does when: a state machine of playhead, modes, jumps, search and marks. Pure.

Keys go in with the clock's time, besides what goes into `player.playing.playback`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from formats.errors import SessionsError
from player.playing.looking import Looking
from player.playing.places import place_of
from player.playing.playback import US_PER_S, Intent
from player.playing.prompt import Prompt
from player.times import elapsed
from player.view import keymap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Just after a marker, `[` means the one before it.
_GRACE_US = US_PER_S
_TENTH = 0.1


class Controller(Looking):
    """The player's state. Times are microseconds: `now_us` of the clock, others of the session."""

    touched = False
    """Whether the person has pressed a key that does something."""
    _outlined = False
    _wanted_markers: Sequence[int] = ()
    _marked_us = 0

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

    def _do_pause(self, _: int, now_us: int) -> None:
        if self.following or not self._playhead.paused:
            self._pause(now_us)
        elif self.frame and not self.frame.live and self.position_us(now_us) >= self.frame.end_us:
            self._play(now_us)
            self.seek(self.range.start_us, now_us)
        else:
            self._play(now_us)

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

    def _do_marker(self, count: int, now_us: int) -> None:
        if not self._outlined:
            self._wanted_markers = (*self._wanted_markers, count)
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
        wanted, self._wanted_markers = self._wanted_markers, ()
        for count in wanted:
            self._do_marker(count, now_us)

    def _do_undo(self, _: int, now_us: int) -> None:
        if not self._undo:
            self.say("there was no jump to undo", now_us)
            return
        self._move_to(self._undo.pop(), now_us)

    def _do_goto(self, _: int, now_us: int) -> None:
        del now_us
        self.prompt = Prompt("goto", ":")

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

    def _enter_mark(self, text: str, _: int) -> None:
        if text.strip():
            self._intents.append(Intent("mark", text.strip(), at_us=self._marked_us))

    def _enter_save(self, text: str, _: int) -> None:
        if text.strip():
            self._intents.append(Intent("save", text.strip()))

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
