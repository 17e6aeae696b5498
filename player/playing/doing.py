"""What keys ask for beyond playing: marks, copies, saved screens, remembered places."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING, Any

from formats.errors import SessionsError, printable
from formats.marks import add_mark, read_marks
from player.drawing.plain import as_text
from player.playing.places import Moment, write_place
from player.times import elapsed

if TYPE_CHECKING:
    from formats.layout import Home
    from player.playing.controller import Controller
    from player.playing.plan import Plan
    from player.playing.playback import Intent
    from player.playing.window import Window

# Terminals take so much and no more (xterm, kitty; tmux a little more).
_MOST_COPIED_BYTES = 74_000


class Doing:
    """Obeys the intents of a controller that touch files or the clipboard."""

    def __init__(self, home: Home, plan: Plan, controller: Controller, window: Window) -> None:
        self._home, self._plan = home, plan
        self._controller, self._window = controller, window
        self._told: tuple[Moment, ...] = ()
        self._read_marks()

    def outlined(self, told: dict[str, Any]) -> None:
        """The markers and the activity of the session have been found out."""
        self._told = tuple(
            Moment(int(at_us), str(kind), str(label)) for at_us, kind, label in told["markers"]
        )
        self._window.activity = [int(count) for count in told["activity"]]
        self._window.activity_us = max(1, int(told["length_us"]))
        self._read_marks()

    def do(self, intent: Intent, now_us: int) -> None:
        """Mark or save; what went wrong is said in the bar."""
        try:
            if intent.do == "mark":
                at_us = self._plan.first.time_us + intent.at_us
                add_mark(self._home, self._plan.session.id, at_us, intent.text)
                self._read_marks()
                self._controller.say(f"marked {elapsed(intent.at_us)} as {intent.text}", now_us)
            elif intent.do == "save":
                self._save(intent.text, now_us)
        except SessionsError as error:
            self._controller.say(str(error), now_us, alert=True)

    def copied(self, now_us: int) -> bytes:
        """What puts the screen's text into the clipboard."""
        data = as_text(self._window.rows)
        if len(data) > _MOST_COPIED_BYTES:
            self._controller.say("too much to copy: S saves it", now_us, alert=True)
            return b""
        lines = data.count(b"\n")
        self._controller.say(f"copied {lines} lines to the clipboard", now_us)
        return b"\x1b]52;c;" + base64.b64encode(data) + b"\x07"

    def remember(self, at_us: int) -> None:
        """Keep the place for `--resume`."""
        write_place(self._home, self._plan.session.id, at_us)

    def _read_marks(self) -> None:
        origin_us = self._plan.first.time_us
        try:
            marks = read_marks(self._home, self._plan.session.id)
        except SessionsError:  # they are an extra: what is wrong with them is said when one is made
            marks = []
        ours = tuple(Moment(mark.at_us - origin_us, "marker", mark.label) for mark in marks)
        controller = self._controller
        moments = tuple(sorted(dict.fromkeys((*self._told, *ours))))
        controller.places = controller.places._replace(moments=moments)

    def _save(self, name: str, now_us: int) -> None:
        from player.drawing import rendered  # noqa: PLC0415  only when it is asked for

        path = os.path.expanduser(name)
        kind = os.path.splitext(path)[1].lower().removeprefix(".") or "txt"
        if kind == "txt":
            kind = "text"
        frame = self._controller.frame
        if frame is None:
            return
        data = rendered(kind, self._window.rows, frame.size)
        try:
            with open(path, "xb") as file:
                file.write(data)
        except OSError as error:
            message = f"cannot save {printable(path, 100)}: {error.strerror}"
            raise SessionsError(message) from None
        self._controller.say(f"saved {path}", now_us)
