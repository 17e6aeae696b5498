"""What becomes of a line while it stands, and what of that is put on record. Pure.

A line that is written grows; a counter counts, a spinner turns, a row is replaced in part: then
the line takes another text. Each text that could be read is settled, that is put on record and
thereby given out: one that stood for SETTLE_US or left by scrolling off, and what stands at the
end; of a line that changes, a value that stood as long as it takes to read it. What only flashed is
on record as transient.

Which line a new text belongs to is decided in `player.lines.succession`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from player.lines.columns import PASSING
from player.lines.likeness import grows, is_bare, same_value, trimmed
from player.lines.look import Line, Steps
from player.lines.records import Records, record_of

if TYPE_CHECKING:
    from player.lines.look import Change

SETTLE_US: Final = 250_000
"""What stood that long could be read."""

_VALUE_US: Final = 500_000
# A counter, or a row of which a part is replaced again and again, is read as one line that
# changes unless each state of it stands that long.

_BLINK_US: Final = 1_000_000
# A bullet that blinks is not gone for so long.

_SEEN_US: Final = 200_000
# Of that, so much is seen: at two looks, as near to each other as looks come.

_MOST_STEPS: Final = 32
# Of a line that was typed slowly, this many moments are kept; finer ones are merged.


class Lifetimes:
    """Follows the lines of one screen, each for itself, and puts them on `records`."""

    __slots__ = ("_records", "order", "until_us")

    def __init__(self, records: Records) -> None:
        self._records = records
        self.order = 0
        """The place of the line that began last, among all: the first has 1."""
        self.until_us: int | None = None
        """Until when the screen was as the look before has seen it; None before the first."""

    def begun(self, text: bytes, change: Change) -> Line:
        """A line that is new."""
        self.order += 1
        return Line(self.order, text, change.shown_us, change.since_us)

    def grown(self, old: Line, text: bytes, change: Change) -> Line:
        """The line that `old` has become, since more was written behind it."""
        shown_us = change.shown_us
        line = self.begun(text, change)
        line.stood_us = old.stood_us + shown_us - old.since_us
        line.steps = _steps(old)
        line.earlier, line.earlier_us = old.earlier, old.earlier_us
        # What it grew from was read; if it flashes now, nothing else tells of that.
        if self._lasted(old.first_us, old.value_us, shown_us):
            line.beginning, line.beginning_us = old.text, (old.first_us, shown_us - 1)
        else:
            line.beginning, line.beginning_us = old.beginning, old.beginning_us
        return line

    def next_value(self, old: Line, text: bytes, change: Change, *, passes: bool = False) -> Line:
        """A spinner has turned, a counter has counted: the line that `text` belongs to.

        If it `passes`, the old value is on record as one that is not the last.
        """
        shown_us, since_us = change.shown_us, change.since_us
        if same_value(old.key, text):
            if is_bare(text):
                old.key = text
                return old
            bare = is_bare(old.text) and not old.settled
            # What was read without its bullet, as what is not chosen yet, was there before.
            if not bare or (self.until_us or shown_us) - old.first_us < _BLINK_US:
                if bare:
                    # With its bullet the text says all that it said without.
                    old.text, old.first_us = text, shown_us
                if is_bare(old.key) or not self._rests(old, shown_us):
                    old.key, old.key_us, old.key_first_us = text, since_us, shown_us
                    return old
        line = self.begun(text, change)
        if self._lasted(old.first_us, old.value_us, shown_us):
            self._end_of_turn(old, shown_us)
            last_us = self.settle(old, passing=passes)
            if passes:
                line.earlier, line.earlier_us = old.text, (old.first_us, last_us)
        else:
            line.stood_us = old.stood_us + shown_us - old.since_us
            line.earlier, line.earlier_us = old.earlier, old.earlier_us
            if old.beginning:
                self._records.put(old.beginning, record_of(old.order, *old.beginning_us))
        return line

    def next_state(self, old: Line, text: bytes, change: Change) -> Line:
        """As `next_value`, of a line of which a part was replaced: what was not read flashed."""
        line = self.next_value(old, text, change)
        if not old.settled:
            self.flashed(old, change.shown_us)
        return line

    def stands(self, line: Line, until_us: int) -> None:
        """It was to be read until then, and may be so for longer."""
        line.last_us = max(line.last_us, until_us - 1)
        self._end_of_turn(line, until_us)
        self.settle(line)

    def left(self, line: Line, shown_us: int) -> None:
        """It is seen no more; if it is not back soon, and was not settled, it flashed."""
        line.stood_us += shown_us - line.since_us
        self._end_of_turn(line, shown_us)
        if line.settled or line.scrolled or line.stood_us >= SETTLE_US:
            self.settle(line)

    def settle(self, line: Line, *, passing: bool = False) -> int:
        """Put on record that this line stood until the look before, and give that time."""
        last_us = max(line.last_us, line.first_us, (self.until_us or 0) - 1)
        record = record_of(
            line.order, line.first_us, last_us, line.count, line.steps, flags=PASSING * passing
        )
        self._records.put(line.text, record)
        line.settled, line.count = True, 0
        return last_us

    def flashed(self, line: Line, gone_us: int) -> None:
        """It was gone before it could be read."""
        last_us = max(line.first_us, gone_us - 1)
        self._records.put_transient(
            line.text, record_of(line.order, line.first_us, last_us, line.count)
        )
        if line.earlier:  # the last value that could be read was that
            self._records.put(line.earlier, record_of(line.order, *line.earlier_us, count=0))

    def _rests(self, line: Line, until_us: int) -> bool:
        """Whether a spinner, if it is one, does not turn any more.

        It was the same at several looks: at two it may be so by chance.
        """
        return (self.until_us or until_us) - line.key_first_us >= _VALUE_US

    def _lasted(self, first_us: int, since_us: int, until_us: int) -> bool:
        """Whether one state of a line that changes stood long enough to be read for itself.

        It was seen first at `first_us`, may have stood since `since_us`, and was gone at
        `until_us` or still stands then. Seen at one look alone it may have flashed.
        """
        seen_us = (self.until_us or until_us) - first_us
        return seen_us >= _SEEN_US and until_us - since_us >= _VALUE_US

    def _end_of_turn(self, line: Line, until_us: int) -> None:
        """Of a turning spinner the first turn speaks, unless it came to rest at another."""
        if line.key == line.text or is_bare(line.key) or not same_value(line.key, line.text):
            return
        if not self._rests(line, until_us):
            return
        if line.settled:
            self.order += 1
            self.settle(Line(self.order, line.key, line.key_first_us, line.key_us))
        else:
            line.text, line.first_us = line.key, line.key_first_us


def grown_off(line: Line, text: bytes, time_us: int) -> Steps:
    """The steps of `text` if this line has become that while it scrolled off."""
    if not grows(line.key, text):
        return ()
    steps = _steps(line)
    line.text, line.first_us = text, time_us
    line.settled, line.count = True, 0
    return steps


def _steps(old: Line) -> Steps:
    """The steps of a line that goes on where `old` ends."""
    step = (len(trimmed(old.key)), old.first_us)
    return (*old.steps[-_MOST_STEPS + 1 :], step)
