"""What stands in the window: the recording, the bar, a page, put together from the state."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from formats.size import DEFAULT_SIZE, Size
from player.playing.pages import info_lines
from player.screen.values import Cursor, Run, Style
from player.times import clock, elapsed
from player.view import keymap
from player.view.bar import Status, Tick, column_part, prompt_row, status_row, timeline_row
from player.view.canvas import Canvas
from player.view.cells import clip, line_of
from player.view.fit import fit
from player.view.painter import Painter
from player.view.viewport import Viewport, bar_rows, viewport

if TYPE_CHECKING:
    from player.playing.controller import Controller
    from player.playing.frames import Frame
    from player.playing.plan import Plan
    from player.playing.query import Highlight
    from player.screen.values import Row

_TITLE = Style(bold=True)
_LEAST_ROWS = 3
_US_PER_S = 1_000_000


class Window:
    """Draws a controller's state. `resize` first; then `paint` gives the bytes that are missing."""

    def __init__(self, controller: Controller, plan: Plan, *, links: bool = False) -> None:
        self._controller, self._plan = controller, plan
        self._canvas, self._scrolled = Canvas(links=links), Canvas(links=links)
        self._fitted = Canvas(links=links)
        self._painter = Painter()
        self._size = DEFAULT_SIZE
        self._view = Viewport(0, 0, DEFAULT_SIZE, DEFAULT_SIZE)
        self._highlight: tuple[str, Highlight | None] = ("", None)
        self.activity: list[int] = []
        self.activity_us = 1
        self._timeline_made: tuple[object, object, Row] = (None, None, ())
        self._bar_made: tuple[object, list[str]] = (None, [])

    def resize(self, size: Size) -> None:
        """The window has this size now; nothing of ours may stand in it any more."""
        self._size = size
        self._painter.forget()

    def take(self, frame: Frame) -> None:
        """A frame has come."""
        self._canvas.apply(frame.rows, frame.size)

    def scrolled(self, frame: Frame) -> None:
        """Rows of the scrollback have come, to be shown instead."""
        rows = frame.rows
        self._scrolled.apply(rows, Size(frame.size.cols, max(1, len(rows))))

    @property
    def rows(self) -> list[Row]:
        """The rows that are shown, in full: of the screen, or of what has scrolled off."""
        return (self._scrolled if self._controller.back else self._canvas).rows

    def paint(self, now_us: int) -> bytes:
        """What makes the window show the state as it is."""
        controller = self._controller
        frame = controller.frame
        if frame is None:
            return b""
        room = Size(self._size.cols, max(1, self._size.rows - self._bar_height(frame)))
        controller.room_rows = room.rows
        if controller.page:
            lines, cursor = self._page(room), None
        else:
            lines, cursor = self._recording(frame, room)
        # Last: it says which part of the recording is shown.
        bar = self._bar_lines(frame, now_us)
        if controller.prompt is not None and bar:
            prompt = controller.prompt
            row, col = prompt_row(prompt.lead, prompt.text, prompt.cursor, self._size.cols)
            bar[0] = line_of(row, self._size.cols)
            cursor = Cursor(min(col, self._size.cols - 1), room.rows)
        return self._painter.paint(lines + bar, cursor)

    def parting(self) -> bytes:
        """The last screen as text and style, for the terminal that is given back."""
        rows = list(self._canvas.rows)
        while rows and not rows[-1]:
            rows.pop()
        cols = self._size.cols
        lines = [line_of(clip(row, 0, cols), cols) for row in rows[-self._size.rows :]]
        return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "replace")

    def clicked(self, key: str) -> int | None:
        """The moment of a click on the timeline; None for one elsewhere."""
        _, col, row = key.split(":")
        bar = self._bar_height(self._controller.frame)
        if self._controller.page or not bar or int(row) != self._size.rows - 1:
            return None
        first, width = self._timeline_at(bar)
        if int(col) < first:
            return None
        return round(column_part(int(col) - first, width) * self._controller.length_us)

    # The recording ----------------------------------------------------------------------------

    def _recording(self, frame: Frame, room: Size) -> tuple[list[str], Cursor | None]:
        controller = self._controller
        find = self._highlighting(controller.pattern)
        hit = controller.hit_text()
        at = Cursor(*frame.cursor)
        if controller.back:
            canvas, recorded = self._scrolled, Size(frame.size.cols, len(self._scrolled.rows))
            at = Cursor(0, 0)
        elif controller.fit and (frame.size.cols > room.cols or frame.size.rows > room.rows):
            canvas, recorded, at = self._fit(frame, room)
        else:
            canvas, recorded = self._canvas, frame.size
        view = viewport(room, recorded, at, controller.pan, self._view)
        self._view = view
        controller.view_corner = (view.left, view.top)
        lines = canvas.lines(view, find, hit)
        cursor = view.cursor(at) if frame.cursor_shown and not controller.back else None
        return lines, cursor

    def _fit(self, frame: Frame, room: Size) -> tuple[Canvas, Size, Cursor]:
        fitted = fit(self._canvas.rows, frame.size, room)
        self._fitted.apply(list(enumerate(fitted.rows)), fitted.size)
        col = sum(kept < frame.cursor[0] for kept in fitted.kept_cols)
        row = sum(kept < frame.cursor[1] for kept in fitted.kept_rows)
        return self._fitted, fitted.size, Cursor(col, row)

    def _highlighting(self, pattern: str) -> Highlight | None:
        if self._highlight[0] != pattern:
            from player.playing.query import Highlight  # noqa: PLC0415  most never search

            self._highlight = (pattern, Highlight(pattern) if pattern else None)
        return self._highlight[1]

    # Help and information ---------------------------------------------------------------------

    def _page(self, room: Size) -> list[str]:
        controller = self._controller
        if controller.page == "help":
            lines = keymap.columns(keymap.help_lines(), room.cols, room.rows - 1)
        else:
            lines = info_lines(self._plan, controller)
        top = controller.page_top = max(0, min(controller.page_top, len(lines) - room.rows + 1))
        shown = lines[top : top + room.rows - 1]
        more = "↓ more; " if top + len(shown) < len(lines) else ""
        texts = [*shown, *[""] * (room.rows - 1 - len(shown)), f"-- {more}any other key closes --"]
        return [line_of(_plain(text, room.cols), room.cols) for text in texts]

    # The bar ----------------------------------------------------------------------------------

    def _bar_height(self, frame: Frame | None) -> int:
        controller = self._controller
        if self._size.rows < _LEAST_ROWS or frame is None:
            return 0
        if controller.bare:
            return 1 if controller.prompt is not None else 0
        return bar_rows(self._size, frame.size)

    def _bar_lines(self, frame: Frame, now_us: int) -> list[str]:
        height = self._bar_height(frame)
        if not height:
            return []
        cols = self._size.cols
        status = self._status(frame, now_us)
        timeline = self._timeline(self._timeline_at(height)[1], now_us)
        key = (status, height, cols, id(timeline), self._controller.prompt is None)
        if key != self._bar_made[0]:
            self._bar_made = (key, self._made_bar(status, timeline, height))
        return list(self._bar_made[1])

    def _made_bar(self, status: Status, timeline: Row, height: int) -> list[str]:
        cols = self._size.cols
        if height > 1:
            return [line_of(status_row(status, cols), cols), line_of(timeline, cols)]
        first, width = self._timeline_at(1)
        if status.says or self._controller.prompt is not None or not width:
            return [line_of(status_row(status, cols), cols)]
        return [line_of((*status_row(status, first), *timeline), cols)]

    def _timeline_at(self, height: int) -> tuple[int, int]:
        """The first column and the width of the timeline."""
        cols = self._size.cols
        if height > 1:
            return 0, cols
        first = min(cols, max(50, cols // 2))
        return first, cols - first

    def _timeline(self, width: int, now_us: int) -> Row:
        """Made anew only when something on it is another: that is once in some seconds."""
        controller = self._controller
        length_us = max(1, controller.length_us)
        part = controller.position_us(now_us) / length_us
        made_of = (width, int(part * width), length_us, self.activity_us, controller.loop)
        lists = (self.activity, controller.places.moments, controller.hits)
        key = (made_of, *map(id, lists))
        if key != self._timeline_made[0]:
            row = self._made_timeline(width, part, length_us)
            # The lists are kept, so that no other can have their identity.
            self._timeline_made = (key, lists, row)
        return self._timeline_made[2]

    def _made_timeline(self, width: int, part: float, length_us: int) -> Row:
        controller = self._controller
        activity = self.activity
        if self.activity_us < length_us:  # it has grown since
            blank = round(len(activity) * (length_us / self.activity_us - 1))
            activity = [*activity, *[0] * min(blank, 4096)]
        ticks = [Tick(one.at_us / length_us, one.kind) for one in controller.places.moments]
        ticks += [Tick(at_us / length_us, "hit") for at_us, _ in controller.hits]
        if controller.loop is not None:
            ticks += [Tick(at / length_us, "loop") for at in controller.loop if at is not None]
        return timeline_row(width, part, activity, ticks)

    def _status(self, frame: Frame, now_us: int) -> Status:
        controller = self._controller
        at_us = controller.position_us(now_us)
        words, alert = controller.says(now_us)
        moment_us = controller.places.origin_us + at_us
        return Status(
            state="●" if controller.following else "❚❚" if controller.paused else "▶",
            place=_short(at_us),
            length=_short(controller.length_us),
            speed=_speed(controller, frame),
            clock=_clock(moment_us // _US_PER_S),
            title=frame.title,
            where=self._where(),
            says=words,
            alert=alert,
        )

    def _where(self) -> str:
        controller = self._controller
        words = self._view.words()
        if controller.back:
            return f"{controller.back} rows back"
        if controller.fit and self._fitted.rows:
            words = f"repeated left out {words}".rstrip()
        return words


def _short(us: int) -> str:
    """`0:01:23`, for a clock that is looked at while it runs."""
    return _elapsed(us // _US_PER_S)


@lru_cache(maxsize=8)  # looked at with each frame, and seldom another one
def _elapsed(seconds: int) -> str:
    return elapsed(seconds * _US_PER_S).partition(".")[0]


@lru_cache(maxsize=8)
def _clock(seconds: int) -> str:
    return clock(seconds * _US_PER_S)


def _speed(controller: Controller, frame: Frame) -> str:
    parts = ["live"] if frame.live and controller.following else [f"{controller.speed:g}x"]
    if controller.skipping:
        parts.append("skip")
    if controller.loop is not None or controller.repeat:
        parts.append("loop")
    return " ".join(parts)


def _plain(text: str, cols: int) -> Row:
    from player.console import cells, cut  # noqa: PLC0415

    shown = cut(text, cols)
    bold = bool(text) and not text.startswith(" ") and not text.startswith("--")
    return (Run(shown, cells(shown), _TITLE if bold else Style()),)
