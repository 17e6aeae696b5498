"""Playing on a terminal: the loop that joins keyboard, drawing process, clock and window."""

from __future__ import annotations

import contextlib
import fcntl
import struct
import termios
from typing import TYPE_CHECKING, NamedTuple

from formats.errors import SessionsError, printable
from formats.size import DEFAULT_SIZE, Size
from player.console import say
from player.playing.controller import Controller
from player.playing.doing import Doing
from player.playing.frames import EngineMissingError, decode
from player.playing.keyboard import Keyboard
from player.playing.keys import SUSPEND
from player.playing.output import Output
from player.playing.places import Places
from player.playing.playback import Range
from player.playing.processes import begin_scribe
from player.playing.terminal import RESIZED, Stopped, Terminal, clock_us, open_keyboard
from player.playing.window import Window
from player.playing.wire import hasten, loads
from player.playing.worker import WorkerError

if TYPE_CHECKING:
    from typing import Any

    from formats.layout import Home
    from player.playing.frames import Frame
    from player.playing.plan import Options, Plan
    from player.playing.processes import Drawer
    from player.playing.worker import Worker

_STDOUT = 1
_WINSIZE = struct.Struct("HHHH")
# The engine died twice within so much of the recording: a third time would be no better.
_MOST_DEATHS = 3


class Ended(NamedTuple):
    """The exit code, None if nothing could be drawn; and whether it was played to the end."""

    code: int | None
    at_end: bool = False


def play_drawn(
    prog: str, home: Home, plan: Plan, options: Options, drawer: Drawer, *, more: bool
) -> Ended:
    """Play one session on this terminal. `more`: another one follows."""
    player = Player(home, plan, options, drawer, more=more)
    keys = Keyboard()
    keyboard = open_keyboard()
    try:
        with Terminal(keyboard, _STDOUT, keys) as terminal, Output(_STDOUT) as output:
            try:
                ended = player.run(terminal, output, keys)
            except Stopped as stopped:
                ended = Ended(128 + stopped.number)
            finally:
                if output.leave(player.last_screen):
                    terminal.swallow_answers()
    except EngineMissingError as missing:
        say(prog, f"{missing}; until then the recorded bytes are played, filtered (--filtered)")
        return Ended(None)
    finally:
        player.close()
    for words in player.words:
        say(prog, words)
    return ended


class Player:
    """One session being played."""

    def __init__(
        self, home: Home, plan: Plan, options: Options, drawer: Drawer, *, more: bool
    ) -> None:
        self._home, self._plan, self._options = home, plan, options
        self._more = more
        self._drawer, self._stage = drawer, drawer.stage
        self._scribe: Worker | None = None
        self._deaths = 0
        self._asked: list[dict[str, Any]] = []
        now_us = clock_us()
        self.controller = Controller(
            Range(plan.start_us, plan.at_us, plan.end_us),
            Places(plan.first.time_us, plan.at_us),
            speed=options.speed or 1.0,
            idle_limit_us=plan.idle_limit_us,
            repeat=options.repeat,
            follow=options.follow,
            paused=options.paused or bool(options.find),
            now_us=now_us,
        )
        self.controller.bare, self.controller.fit = options.bare, options.fit
        self.window = Window(self.controller, plan, links=options.links)
        self._doing = Doing(home, plan, self.controller, self.window)
        self.words: list[str] = []
        """What is to be said when the terminal is given back."""
        if options.follow and plan.end_us is None and not drawer.live:
            self.words.append("nothing to follow: the session has ended, with this screen")
        self._finish: Ended | None = None
        self._timed = plan.timed

    @property
    def last_screen(self) -> bytes:
        """What is left on the terminal when it was played to its end; nothing if it was quit."""
        if self._finish is None or not self._finish.at_end:
            return b""
        return self.window.parting()

    def close(self) -> None:
        """End the processes."""
        self._stage.close()
        if self._scribe is not None:
            self._scribe.close()

    # ------------------------------------------------------------------------------------------

    def run(self, terminal: Terminal, output: Output, keys: Keyboard) -> Ended:
        """Until it ends."""
        self.window.resize(window_size())
        early: list[str] = []
        while self._finish is None:
            now_us = clock_us()
            self._ask(now_us)
            held_us = self.controller.held_us(now_us)
            timeout_us: int | None = held_us or None
            if not output.busy:
                # What has changed meanwhile is drawn with the frame that is on its way.
                awaited_us = self.controller.awaited_us(now_us)
                if self.controller.frame is not None and not awaited_us:
                    self._draw(output, keys, now_us)
                wake_us = self.controller.wake_us(now_us)
                timeout_us = None if wake_us is None else max(0, wake_us - now_us)
                timeout_us = held_us or awaited_us or timeout_us
            if self.controller.intends:  # the end has been reached: nothing else may ever come
                timeout_us = 0
            stage = None if held_us else self._stage
            workers = [one for one in (stage, self._scribe) if one is not None]
            pressed, ready = terminal.wait_for(
                timeout_us,
                for_room=output.fileno() if output.busy else None,
                also=[worker.fileno() for worker in workers],
            )
            early += pressed
            if self.controller.frame is not None:
                # What is typed before there is anything to see is meant for what is seen then.
                for key in early:
                    self._key(key, terminal, output)
                early.clear()
            due = held_us and not self.controller.held_us(clock_us())
            if due or self._stage.fileno() in ready:
                self._frames()
            if self._scribe is not None and self._scribe.fileno() in ready:
                self._outlines()
            output.flush()
            self._intents(terminal, output)
        return self._finish

    def _ask(self, now_us: int) -> None:
        request = self.controller.request(now_us)
        if request is not None:
            self._asked.append(request)
            self._stage.ask(**request)

    def _draw(self, output: Output, keys: Keyboard, now_us: int) -> None:
        first = not output.entered
        if first:
            output.enter(mouse=self._options.mouse)
        output.put(self.window.paint(now_us))
        if first:  # what takes time is begun behind the first screen
            self._begin_to_know()
            keys.load()
            hasten()

    def _key(self, key: str, terminal: Terminal, output: Output) -> None:
        now_us = clock_us()
        if key == RESIZED:
            self.window.resize(window_size())
        elif key.startswith("click:"):
            at_us = self.window.clicked(key)
            if at_us is not None:
                self.controller.touched = True
                self.controller.seek(at_us, now_us)
        elif key == SUSPEND:
            self._suspend(terminal, output)
        else:
            self.controller.key(key, now_us)

    def _suspend(self, terminal: Terminal, output: Output) -> None:
        at_us = self.controller.position_us(clock_us())
        terminal.suspend(answer_due=output.leave())
        output.enter(mouse=self._options.mouse)
        self.window.resize(window_size())
        self.controller.resumed(clock_us(), at_us)

    # What the processes answer ----------------------------------------------------------------

    def _frames(self) -> None:
        now_us = clock_us()
        try:
            while (answer := self._stage.answer()) is not None:
                asked = self._asked.pop(0)
                try:
                    frame = decode(answer)
                except EngineMissingError:
                    raise
                except SessionsError as error:
                    if self.controller.frame is None:
                        raise
                    self.controller.failed(str(error), now_us)
                    continue
                self._frame(frame, asked, now_us)
                if not self._stage.waiting:  # mostly: to look once more is a call for each frame
                    break
        except WorkerError as died:
            self._stage_died(str(died), now_us)

    def _frame(self, frame: Frame, asked: dict[str, Any], now_us: int) -> None:
        if asked["do"] == "history":
            self.window.scrolled(frame)
            self.controller.scrolled(frame, now_us)
        else:
            self.window.take(frame)
            self.controller.drawn(frame, now_us, asked)

    def _stage_died(self, how: str, now_us: int) -> None:
        """The engine is at its end: once more, from where it has not been yet."""
        self._deaths += 1
        words = f"the screen engine failed ({how})"
        if self._deaths >= _MOST_DEATHS:
            raise SessionsError(f"{words} again and again; --raw plays without it")
        self._stage.close()
        self._stage = self._drawer.begin(self.controller.position_us(now_us))
        self._asked.clear()
        self.controller.begin_again(now_us)
        self.words.append(f"{words}: what follows was drawn on an empty screen")
        self.controller.say(f"{words}: drawn anew from here", now_us, alert=True)

    def _begin_to_know(self) -> None:
        """What happened when, is found out on the side, when the first frame stands."""
        self._scribe = begin_scribe(self._home, self._plan)
        self._scribe.ask(do="outline", length_us=self.controller.length_us)
        if self._options.find:
            jump = self._options.at is None
            self.controller.find_at_start(self._options.find, jump=jump)

    def _outlines(self) -> None:
        if self._scribe is None:
            return
        now_us = clock_us()
        try:
            while (answer := self._scribe.answer()) is not None:
                told = loads(answer)
                if "error" in told:
                    self.controller.failed_to_find(str(told["error"]), now_us)
                    self.controller.outlined(now_us)
                elif "hits" in told:
                    hits = [(int(at_us), str(text)) for at_us, text in told["hits"]]
                    self.controller.found(hits, now_us)
                else:
                    self._doing.outlined(told)
                    self.controller.outlined(now_us)
        except (WorkerError, ValueError, TypeError, KeyError) as error:
            self._scribe.close()
            self._scribe = None
            words = f"the search process failed ({printable(str(error))})"
            self.controller.failed_to_find(words, now_us)
            self.controller.outlined(now_us)

    # What is to be done -----------------------------------------------------------------------

    def _intents(self, terminal: Terminal, output: Output) -> None:
        for intent in self.controller.intents():
            now_us = clock_us()
            match intent.do:
                case "quit":
                    self._finish = Ended(intent.code)
                case "end":
                    self._ended(now_us, has_keyboard=terminal.has_keyboard)
                case "suspend":
                    self._suspend(terminal, output)
                case "redraw":
                    self.window.resize(window_size())
                case "find":
                    if self._scribe is not None:
                        self._scribe.ask(do="find", pattern=intent.text)
                    else:
                        self.controller.failed_to_find("search is not possible now", now_us)
                case "copy":
                    output.put(self._doing.copied(now_us))
                case "remember":
                    self._doing.remember(intent.at_us)
                    self._finish = Ended(0)
                case _:
                    self._doing.do(intent, now_us)

    def _ended(self, now_us: int, *, has_keyboard: bool) -> None:
        controller = self.controller
        if self._more or not controller.touched or not has_keyboard:
            self._finish = Ended(0, at_end=True)
        else:
            controller.say("the end: q quits, space plays it again", now_us)


def window_size() -> Size:
    """The size of the window, 80x24 where it does not know."""
    with contextlib.suppress(OSError):
        rows, cols, _, _ = _WINSIZE.unpack(
            fcntl.ioctl(_STDOUT, termios.TIOCGWINSZ, b"\0" * _WINSIZE.size)
        )
        if rows and cols:
            return Size(cols, rows)
    return DEFAULT_SIZE
