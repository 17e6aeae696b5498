"""Which lines stand on a screen, from one look at it to the next. Pure: looks in, lines out.

A line is known by its text, wherever
it stands: what scrolls, moves or is painted again is the same line. A new text is the same line as
one that left its place in the same look

- when it begins with that text: a line that is being written or typed;
- when its letters are the same: a spinner, a counter, a bar. Each value that stood is a line of
  its own; of values that only flashed, the last is kept.

A line is settled, and thereby given out, once it has left the screen by scrolling off or after it
stood for SETTLE_US, or stands there at the end. Whatever flashed for less is forgotten.

When to look is decided in `player.lines.extractor`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from player.lines.columns import PASSING
from player.lines.likeness import grows, is_bare, is_end_of, letters_of, same_value, trimmed, varies
from player.lines.look import Change, Line, Look, Steps
from player.lines.records import Records, record_of

if TYPE_CHECKING:
    from player.lines.lineblock import Settled

SETTLE_US: Final = 250_000
"""What stood that long could be read."""

_VALUE_US: Final = 500_000
# A counter, or a row of which a part is replaced again and again, is read as one line that
# changes unless each state of it stands that long.

_SEEN_US: Final = 200_000
# Of that, so much is seen: at two looks, as near to each other as looks come.

_FLICKER_US: Final = 500_000
# What is back that soon was painted anew; it has not come a second time.

_FEW: Final = 3
# When more texts than this change at once, the rows around must show that it is the same place.

_MOST_STEPS: Final = 32
# Of a line that was typed slowly, this many moments are kept; finer ones are merged.


class Standing:
    """Follows the lines of one screen. Give looks and what scrolls off between them; take lines."""

    __slots__ = (
        "_gone", "_live", "_order", "_records", "_text", "_until_us", "rows", "stirred",
    )  # fmt: skip

    def __init__(self) -> None:
        self.rows: list[bytes] = []
        """The lines that stood at the last look, from top to bottom."""
        self.stirred = False
        """Whether the last look found lines that go on with none of before, or only in part."""
        self._text = b""
        # By what is seen of them now.
        self._live: dict[bytes, Line] = {}
        self._gone: dict[bytes, tuple[Line, int]] = {}
        self._records = Records()
        self._order = 0
        self._until_us: int | None = None

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
        self._until_us = look.until_us
        return changed

    def _compared(self, look: Look) -> Change:
        rows, old_rows = look.text.split(b"\n"), self.rows
        self.rows = rows
        missing = len(rows) - len(old_rows)
        if missing > 0:
            old_rows = old_rows + [b""] * missing
        elif missing:
            rows = rows + [b""] * -missing
        before_us = look.shown_us if self._until_us is None else self._until_us
        # What is new came at some time since the look before. While something is being drawn
        # it may be half a line: then only what was seen counts.
        since_us = before_us if look.sure else look.shown_us
        return Change(rows, old_rows, (look.text, self._text), look.shown_us, since_us)

    def scrolled(self, lines: list[bytes], times: list[int]) -> None:
        """Lines that left the screen at its top since the look before, each with its moment."""
        live, put = self._live, self._records.put
        last = live.get(next(filter(None, reversed(self.rows)), b""))
        growing = last if last and not last.settled else None
        order = self._order
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
                    steps = self._grew(growing, text, time_us)
                    growing = None
                put(text, (time_us, order, time_us, 1, steps, 0))
        self._order = order

    @staticmethod
    def _grew(line: Line, text: bytes, time_us: int) -> Steps:
        """The steps of `text` if this line has become that while it scrolled off."""
        if not grows(line.key, text):
            return ()
        steps = _steps(line)
        line.text, line.first_us = text, time_us
        line.settled, line.count = True, 0
        return steps

    def state(self) -> dict[str, Any]:
        """What `restore` needs, for JSON; what is settled is to be taken before."""
        return {
            "text": self._text.decode("latin-1"),
            "rows": [row.decode("latin-1") for row in self.rows],
            "live": [line.state() for line in self._live.values()],
            "gone": [(line.state(), gone_us) for line, gone_us in self._gone.values()],
            "records": self._records.state(),
            "rest": (self._order, self._until_us),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where another left off."""
        self._text = state["text"].encode("latin-1")
        self.rows = [row.encode("latin-1") for row in state["rows"]]
        self._live = {line.key: line for line in map(Line.restored, state["live"])}
        gone = [(Line.restored(line), gone_us) for line, gone_us in state["gone"]]
        self._gone = {line.key: (line, gone_us) for line, gone_us in gone}
        self._records.restore(state["records"])
        self._order, self._until_us = state["rest"]

    def mark_typed(self, text: bytes) -> None:
        """The user entered something on this line, which stands or is to come at once.

        It was read, however soon it goes: whoever typed it looked at it.
        """
        self._records.expect_typed(text)
        line = self._live.get(text)
        if line is not None and not line.settled:
            self._settle(line)

    def take(self, end_us: int | None = None) -> Settled:
        """The settled texts, by the time they were first seen; forgets them.

        With `end_us` all that stands is settled then: it stood at the end. Without it, what stands
        is among them if it stood long enough, and goes on standing with a count of 0: the counts
        of two takings add up.
        """
        until_us = (self._until_us or 0) if end_us is None else end_us + 1
        if end_us is not None:
            self._forget_gone(until_us + _FLICKER_US)
        for line in self._live.values():
            if end_us is None and line.stood_us + until_us - line.since_us < SETTLE_US:
                continue
            line.last_us = max(line.last_us, until_us - 1)
            self._end_of_turn(line, until_us)
            self._settle(line)
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
                self._leave(line, change.shown_us)

    def _only_one_changed(self, change: Change) -> bool:
        """What `_change` does, where a line goes on in its place: most looks see just that."""
        (place,) = change.places
        live, key, text = self._live, change.old_rows[place], change.rows[place]
        if not key or not text or text in live or text in self._gone or key in change.rows:
            return False
        old = change.left[key] = live[key]
        line = self._goes_on(old, text, change, anchored=True)
        if line is None:
            return False
        del live[key]
        live[text] = line
        return True

    def _new(self, text: bytes, place: int, change: Change) -> Line:
        """The line that a new text belongs to."""
        line = self._returned(text, change.since_us)
        if line is None and change.left:
            line = self._continued(text, place, change)
        if line is None:
            self.stirred = True
            line = Line(self._next_order(), text, change.shown_us, change.since_us)
        return line

    def _returned(self, text: bytes, since_us: int) -> Line | None:
        """The line of this text if it was here just now."""
        if text not in self._gone:
            return None
        line, _ = self._gone.pop(text)
        line.key = text
        line.since_us = line.value_us = line.key_us = since_us
        return line

    def _continued(self, text: bytes, place: int, change: Change) -> Line | None:
        """The line that stood in this place before, if this text goes on with it."""
        left, old_rows = change.left, change.old_rows
        if len(left) > _FEW and change.is_amid_new(place):
            # A page of a pager is replaced whole.
            old_places, anchored = [place], False
        else:
            old = left.get(old_rows[place])
            if old is not None and change.stays(place):
                line = self._goes_on(old, text, change, anchored=True)
                if line is not None:
                    change.matched[place] = place
                    return line
            old_places, anchored = change.old_places(place)
        for old_place in old_places:
            old = left.get(old_rows[old_place]) if 0 <= old_place < len(old_rows) else None
            line = self._goes_on(old, text, change, anchored=anchored) if old else None
            if line is not None:
                change.matched[place] = old_place
                return line
        return None if place else self._scrolled_in_part(text, left)

    def _goes_on(self, old: Line, text: bytes, change: Change, *, anchored: bool) -> Line | None:
        """The line of a new text if it is what has become of `old`."""
        left, key = change.left, old.key
        if old.scrolled:
            return None
        surely = anchored or len(left) <= _FEW
        if old.settled:
            if not same_value(key, text):
                return None
            line = self._next_value(old, text, change)
        elif surely and grows(key, text):
            line = Line(self._next_order(), text, change.shown_us, change.since_us)
            line.stood_us = old.stood_us + change.shown_us - old.since_us
            line.steps = _steps(old)
            line.earlier, line.earlier_us = old.earlier, old.earlier_us
            self._remember_beginning(line, old, change.shown_us)
        else:
            letters = letters_of(text)
            if old.letters is None:
                old.letters = letters_of(key)
            counts = letters and letters == old.letters
            if not counts:
                if not (surely and varies(key, text)):
                    return None
                self.stirred = True
            passes = bool(counts) and change.has_alone(text)
            line = self._next_value(old, text, change, passes=passes)
            line.letters = letters
            if not counts and not old.settled:
                self._flashed(old, change.shown_us)
        del left[key]
        return line

    @staticmethod
    def _scrolled_in_part(text: bytes, left: dict[bytes, Line]) -> Line | None:
        """The line of which only the end is left in the first row, after it had wrapped."""
        for key, line in left.items():
            if is_end_of(key, text):
                del left[key]
                line.key = text
                return line
        return None

    def _next_value(self, old: Line, text: bytes, change: Change, *, passes: bool = False) -> Line:
        """A spinner has turned, a counter has counted: the line that `text` belongs to.

        If it `passes`, the old value is on record as one that is not the last.
        """
        shown_us, since_us = change.shown_us, change.since_us
        if same_value(old.key, text):
            if is_bare(text):
                old.key = text
                return old
            if is_bare(old.text) and not old.settled:
                # With its bullet the text says all that it said without.
                old.text, old.first_us = text, shown_us
            if is_bare(old.key) or not self._rests(old, shown_us):
                old.key, old.key_us, old.key_first_us = text, since_us, shown_us
                return old
        line = Line(self._next_order(), text, shown_us, since_us)
        if self._lasted(old.first_us, old.value_us, shown_us):
            self._end_of_turn(old, shown_us)
            last_us = self._settle(old, passing=passes)
            if passes:
                line.earlier, line.earlier_us = old.text, (old.first_us, last_us)
        else:
            line.stood_us = old.stood_us + shown_us - old.since_us
            line.earlier, line.earlier_us = old.earlier, old.earlier_us
            if old.beginning:
                self._records.put(old.beginning, record_of(old.order, *old.beginning_us))
        return line

    def _remember_beginning(self, line: Line, old: Line, shown_us: int) -> None:
        """What `line` grew from was read; if it flashes now, nothing else tells of that."""
        if self._lasted(old.first_us, old.value_us, shown_us):
            line.beginning, line.beginning_us = old.text, (old.first_us, shown_us - 1)
        else:
            line.beginning, line.beginning_us = old.beginning, old.beginning_us

    def _rests(self, line: Line, until_us: int) -> bool:
        """Whether a spinner, if it is one, does not turn any more.

        It was the same at several looks: at two it may be so by chance.
        """
        return (self._until_us or until_us) - line.key_first_us >= _VALUE_US

    def _lasted(self, first_us: int, since_us: int, until_us: int) -> bool:
        """Whether one state of a line that changes stood long enough to be read for itself.

        It was seen first at `first_us`, may have stood since `since_us`, and was gone at
        `until_us` or still stands then. Seen at one look alone it may have flashed.
        """
        seen_us = (self._until_us or until_us) - first_us
        return seen_us >= _SEEN_US and until_us - since_us >= _VALUE_US

    def _end_of_turn(self, line: Line, until_us: int) -> None:
        """Of a turning spinner the first turn speaks, unless it came to rest at another."""
        if line.key == line.text or is_bare(line.key) or not same_value(line.key, line.text):
            return
        if not self._rests(line, until_us):
            return
        if line.settled:
            self._settle(Line(self._next_order(), line.key, line.key_first_us, line.key_us))
        else:
            line.text, line.first_us = line.key, line.key_first_us

    def _leave(self, line: Line, shown_us: int) -> None:
        line.stood_us += shown_us - line.since_us
        self._end_of_turn(line, shown_us)
        if line.settled or line.scrolled or line.stood_us >= SETTLE_US:
            self._settle(line)
        self._gone[line.key] = (line, shown_us)

    def _settle(self, line: Line, *, passing: bool = False) -> int:
        """Put on record that this line stood until the look before, and give that time."""
        last_us = max(line.last_us, line.first_us, (self._until_us or 0) - 1)
        record = record_of(
            line.order, line.first_us, last_us, line.count, line.steps, flags=PASSING * passing
        )
        self._records.put(line.text, record)
        line.settled, line.count = True, 0
        return last_us

    def _forget_gone(self, shown_us: int) -> None:
        """Those that left longer ago than a repaint takes; what was never settled flashed."""
        gone = self._gone
        while gone:
            text, (line, gone_us) = next(iter(gone.items()))
            if shown_us - gone_us <= _FLICKER_US:
                return
            del gone[text]
            if not line.settled:
                self._flashed(line, gone_us)

    def _flashed(self, line: Line, gone_us: int) -> None:
        last_us = max(line.first_us, gone_us - 1)
        self._records.put_transient(
            line.text, record_of(line.order, line.first_us, last_us, line.count)
        )
        if line.earlier:  # the last value that could be read was that
            self._records.put(line.earlier, record_of(line.order, *line.earlier_us, count=0))

    def _next_order(self) -> int:
        self._order += 1
        return self._order


def _steps(old: Line) -> Steps:
    """The steps of a line that goes on where `old` ends."""
    step = (len(trimmed(old.key)), old.first_us)
    return (*old.steps[-_MOST_STEPS + 1 :], step)
