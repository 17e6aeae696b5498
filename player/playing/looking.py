"""What of the recording is looked at: scrolled back, panned to, or covered by a page. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from player.playing.finding import Finding
from player.view.viewport import Pan

if TYPE_CHECKING:
    from player.playing.frames import Frame


class Looking(Finding):
    """A replay of which a part is looked at."""

    page: str = ""
    """The page over the recording: help, info, or none."""
    page_top = 0
    pan = Pan()
    fit = bare = False
    room_rows = 24
    view_corner: tuple[int, int] = (0, 0)

    def scrolled(self, frame: Frame, now_us: int) -> None:
        """Rows of the scrollback have come."""
        self._busy = False
        if not frame.moved:
            self.back = 0
            self.say("nothing has scrolled off", now_us)
        elif not frame.above:
            self.back = min(self.back, frame.next_us or self.back)

    def _do_page(self, count: int, now_us: int) -> None:
        self._do_scroll(count * max(1, self.room_rows - 2), now_us)

    def _do_scroll(self, count: int, now_us: int) -> None:
        if self.back == 0 and count > 0:
            return
        self._pause(now_us)
        self.back = max(0, self.back - count)
        if self.back:
            self._queue.append({"do": "history", "back": self.back, "count": self.room_rows})

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
