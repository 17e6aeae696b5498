"""When a row that has scrolled off was to be seen: between two looks a screen may scroll by. Pure.

At the end of each step a mark is made: which row is the first on the screen, and in which the
cursor stands. Rows are counted from the first that ever scrolled off (`player.lines.history`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from player.lines.history import Taken

# What leads to rows above that of the cursor.
_UPWARDS: Final = re.compile(rb"\x1b(?:\[[0-9;]*[AFHfdu]|[78Mc])")
_WORD: Final = re.compile(rb"[^\x00-\x20\x7f]+")


class _Mark(NamedTuple):
    """`rewritten` is what the step wrote, if it may have written to rows that stood before."""

    time_us: int
    top: int
    bottom: int
    rewritten: bytes = b""


class Seen:
    """The marks of one screen since the last look; what was to be seen then is known by its text.

    A line has the last time at which it was to be seen whole; looks are so near to each other that
    it is almost the first. A line that came and went within a step has the time of that step.
    """

    __slots__ = ("_marks",)

    def __init__(self) -> None:
        self._marks: list[_Mark] = []

    def state(self) -> list[Any]:
        """What `restore` needs, for JSON."""
        return [(*mark[:3], mark.rewritten.decode("latin-1")) for mark in self._marks]

    def restore(self, state: list[Any]) -> None:
        """Go on where another left off."""
        self._marks = [
            _Mark(time_us, top, bottom, rewritten.encode("latin-1"))
            for time_us, top, bottom, rewritten in state
        ]

    def mark(self, time_us: int, top: int, cursor_row: int, written: bytes) -> None:
        """A step has ended; `written` is what it wrote, or the end of that."""
        scrolled = self._marks and top > self._marks[-1].top
        rewritten = written if scrolled and _UPWARDS.search(written) else b""
        self._marks.append(_Mark(time_us, top, top + cursor_row, rewritten))

    def clear(self) -> None:
        """There was a look, or the rows are others now."""
        self._marks.clear()

    def times(self, taken: Taken, now_us: int, cols: int) -> list[int]:
        """A time for each line that was taken at `now_us`."""
        lines, row, end_row = taken
        marks = [*self._marks, _Mark(now_us, end_row, 0)]
        seen, then, place = _Mark(0, 0, 0), marks[0], 0
        if end_row - row > len(lines):
            return self._times_of_wrapped(taken, marks, cols)
        times: list[int] = []
        while row < end_row:
            while then.top <= row:
                place += 1
                seen, then = then, marks[place]
            count = min(then.top, end_row) - row
            whole = max(0, min(count, seen.bottom - row))
            if then.rewritten:
                first = len(times)
                times += [
                    seen.time_us if not _is_written(line, then.rewritten) else then.time_us
                    for line in lines[first : first + whole]
                ]
            else:
                times += [seen.time_us] * whole
            times += [then.time_us] * (count - whole)
            row += count
        self._forget(end_row)
        return times

    def _times_of_wrapped(self, taken: Taken, marks: list[_Mark], cols: int) -> list[int]:
        lines, row, end_row = taken
        seen, then, place = _Mark(0, 0, 0), marks[0], 0
        times: list[int] = []
        for line in lines:
            first = row
            row += 1 if len(line) <= cols else -(-len(line.decode(errors="replace")) // cols)
            while then.top <= first < end_row and place + 1 < len(marks):
                place += 1
                seen, then = then, marks[place]
            whole = seen.bottom >= row and not _is_written(line, then.rewritten)
            times.append(seen.time_us if whole else then.time_us)
        self._forget(end_row)
        return times

    def _forget(self, end_row: int) -> None:
        marks = self._marks
        while len(marks) > 1 and marks[1].top <= end_row:
            del marks[0]


def _is_written(line: bytes, written: bytes) -> bool:
    """Whether a step that wrote this wrote the line: its longest word says so."""
    return bool(written) and max(_WORD.findall(line), key=len, default=b"\0") in written
