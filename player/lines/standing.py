"""Which lines stand on a screen, from one look at it to the next. Pure: looks in, lines out.

A line is known by its text, wherever it stands: what scrolls, moves or is painted again is the same
line. With which line a new text goes on is decided in `player.lines.succession`; what of a line is
given out, and when, in `player.lines.lifetime`; when to look, in `player.lines.onlooker`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from player.lines.lifetime import SETTLE_US, Lifetimes, grown_off
from player.lines.look import Change, Line, Look, Steps
from player.lines.records import Records
from player.lines.succession import continued, gone_on

if TYPE_CHECKING:
    from player.lines.lineblock import Settled

_FLICKER_US: Final = 500_000
# What is back that soon was painted anew; it has not come a second time.


class Standing:
    """Follows the lines of one screen. Give looks and what scrolls off between them; take lines."""

    __slots__ = (
        "_gone", "_lifetimes", "_live", "_records", "_text", "rows", "stirred",
    )  # fmt: skip

    def __init__(self) -> None:
        self.rows: list[bytes] = []
        """The lines that stood at the last look, from top to bottom."""
        self.stirred = False
        """Whether the last look found lines that go on with none of before, or only in part."""
        self._text: bytes = b""
        # By what is seen of them now.
        self._live: dict[bytes, Line] = {}
        # Those that left so lately that they may be painted again, and when they did.
        self._gone: dict[bytes, tuple[Line, int]] = {}
        self._records = Records()
        self._lifetimes = Lifetimes(self._records)

    @property
    def held_bytes(self) -> int:
        """About how much memory the settled lines take that were not taken yet."""
        return self._records.held_bytes

    def look(self, look: Look) -> bool:
        """Compare with the look before; whether anything changed."""
        self.stirred = False
        changed = look.text != self._text
        if changed:
            change = self._compared(look)
            self._text = look.text
            self._change(change)
            self.stirred = change.stirred
        self._lifetimes.until_us = look.until_us
        return changed

    def _compared(self, look: Look) -> Change:
        rows, old_rows = look.text.split(b"\n"), self.rows
        self.rows = rows
        missing = len(rows) - len(old_rows)
        if missing > 0:
            old_rows = old_rows + [b""] * missing
        elif missing:
            rows = rows + [b""] * -missing
        until_us = self._lifetimes.until_us
        before_us = look.shown_us if until_us is None else until_us
        # What is new came at some time since the look before. While something is being drawn
        # it may be half a line: then only what was seen counts.
        since_us = before_us if look.sure else look.shown_us
        return Change(rows, old_rows, (look.text, self._text), look.shown_us, since_us)

    def scrolled(self, lines: list[bytes], times: list[int]) -> None:
        """Lines that left the screen at its top since the look before, each with its moment."""
        live, put = self._live, self._records.put
        last = live.get(next(filter(None, reversed(self.rows)), b""))
        growing = last if last and not last.settled else None
        order = self._lifetimes.order
        for text, time_us in zip(lines, times, strict=True):
            if text in live:
                line = live[text]
                if line.scrolled:
                    line.count += 1
                line.scrolled = True
            elif text:
                order += 1
                steps: Steps = ()
                if growing is not None:
                    # It stood below all the others: it is the first that is not as it was.
                    steps = grown_off(growing, text, time_us)
                    growing = None
                put(text, (time_us, order, time_us, 1, steps, 0))
        self._lifetimes.order = order

    def begun_with(self, text: bytes) -> bytes:
        """The line of the last look that begins with this text, which is a part; else that part."""
        return next((row for row in self.rows if row.startswith(text)), text)

    def state(self) -> dict[str, Any]:
        """What `restore` needs, for JSON; what is settled is to be taken before."""
        return {
            "text": self._text.decode("latin-1"),
            "rows": [row.decode("latin-1") for row in self.rows],
            "live": [line.state() for line in self._live.values()],
            "gone": [(line.state(), gone_us) for line, gone_us in self._gone.values()],
            "records": self._records.state(),
            "rest": (self._lifetimes.order, self._lifetimes.until_us),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where another left off."""
        self._text = state["text"].encode("latin-1")
        self.rows = [row.encode("latin-1") for row in state["rows"]]
        self._live = {line.key: line for line in map(Line.restored, state["live"])}
        gone = [(Line.restored(line), gone_us) for line, gone_us in state["gone"]]
        self._gone = {line.key: (line, gone_us) for line, gone_us in gone}
        self._records.restore(state["records"])
        self._lifetimes.order, self._lifetimes.until_us = state["rest"]

    def mark_typed(self, text: bytes) -> None:
        """The user entered something on this line, which stands or is to come at once.

        It was read, however soon it goes: whoever typed it looked at it.
        """
        self._records.expect_typed(text)
        line = self._live.get(text)
        if line is not None and not line.settled:
            self._lifetimes.settle(line)

    def take(self, end_us: int | None = None) -> Settled:
        """The settled texts, by the time they were first seen; forgets them.

        With `end_us` all that stands is settled then: it stood at the end. Without it, what stands
        is among them if it stood long enough, and goes on standing with a count of 0: the counts
        of two takings add up.
        """
        lifetimes = self._lifetimes
        until_us = (lifetimes.until_us or 0) if end_us is None else end_us + 1
        if end_us is not None:
            self._forget_gone(until_us + _FLICKER_US)
        for line in self._live.values():
            if end_us is None and line.stood_us + until_us - line.since_us < SETTLE_US:
                continue
            lifetimes.stands(line, until_us)
        return self.take_settled()

    def take_settled(self) -> Settled:
        """The texts that are settled, without regard to what stands. Changes nothing to come."""
        return self._records.take()

    def _change(self, change: Change) -> None:
        if self._gone:
            self._forget_gone(change.shown_us)
        if len(change.places) == 1 and self._only_one_changed(change):
            return
        live, rows = self._live, change.rows
        new = change.compare(live)
        left = change.left
        for text in left:
            del live[text]
        for place in new:
            text = rows[place]
            if text not in live:  # a text may stand in several places
                live[text] = self._new(text, place, change)
        for text, line in left.items():
            if line.key == text:
                self._lifetimes.left(line, change.shown_us)
                self._gone[text] = (line, change.shown_us)

    def _only_one_changed(self, change: Change) -> bool:
        """What `_change` does, where a line goes on in its place: most looks see just that."""
        (place,) = change.places
        live, key, text = self._live, change.old_rows[place], change.rows[place]
        if not key or not text or text in live or text in self._gone or key in change.rows:
            return False
        old = change.left[key] = live[key]
        line = gone_on(old, text, change, self._lifetimes, anchored=True)
        if line is None:
            return False
        del live[key]
        live[text] = line
        return True

    def _new(self, text: bytes, place: int, change: Change) -> Line:
        """The line that a new text belongs to."""
        line = self._returned(text, change.since_us)
        if line is None and change.left:
            line = continued(text, place, change, self._lifetimes)
        if line is None:
            change.stirred = True
            line = self._lifetimes.begun(text, change)
        return line

    def _returned(self, text: bytes, since_us: int) -> Line | None:
        """The line of this text if it was here just now."""
        if text not in self._gone:
            return None
        line, _ = self._gone.pop(text)
        line.key = text
        line.since_us = line.value_us = line.key_us = since_us
        return line

    def _forget_gone(self, shown_us: int) -> None:
        """Those that left longer ago than a repaint takes; what was never settled flashed."""
        gone = self._gone
        while gone:
            text, (line, gone_us) = next(iter(gone.items()))
            if shown_us - gone_us <= _FLICKER_US:
                return
            del gone[text]
            if not line.settled:
                self._lifetimes.flashed(line, gone_us)
