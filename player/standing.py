"""Which lines stand on a screen, from one look at it to the next. Pure: looks in, lines out.

A look is the text of the screen as `Screen.lines` gives it. A line is known by its text, wherever
it stands: what scrolls, moves or is painted again is the same line. A new text is the same line as
one that left its place in the same look

- when it begins with that text: a line that is being written or typed;
- when its letters are the same: a spinner, a counter, a bar. Each value that stood is a line of
  its own; of values that only flashed, the last is kept.

A line is settled, and thereby given out, once it has left the screen by scrolling off or after it
stood for SETTLE_US, or stands there at the end. Whatever flashed for less is forgotten.

When to look is decided in `player.lines`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

SETTLE_US: Final = 250_000
"""What stood that long could be read."""

_FLICKER_US: Final = 500_000
# What is back that soon was painted anew; it has not come a second time.

_FEWEST_LETTERS: Final = 4
# In letters alone, shorter texts are like each other by chance.

_MOST_STEPS: Final = 32
# Of a line that was typed slowly, this many moments are kept; finer ones are merged.

_LINE_BYTES: Final = 400
# What a line costs beside its text.

# One box or block character: at the right end the border of a box or a cursor that is painted.
_RIGHT_END = re.compile(rb"(?:\||\xe2[\x94-\x97][\x80-\xbf])\Z")
# Everything but letters; U+2000..U+2FFF are punctuation, arrows, boxes, symbols, braille.
_NO_LETTERS = re.compile(rb"[^A-Za-z\x80-\xff]+|\xe2[\x80-\xbf][\x80-\xbf]")
# Bullets, spinners, markers of a choice, borders: what stands before the first letter or digit.
_LEADING = re.compile(rb"\A(?:[^A-Za-z0-9\x80-\xff]|\xe2[\x80-\xbf][\x80-\xbf]|\xc2[\x80-\xbf])*")


class Look(NamedTuple):
    """One look at the screen: it was like this from `shown_us` until `until_us`.

    `sure` says that nothing was being drawn at that moment.
    """

    text: bytes
    shown_us: int
    until_us: int
    sure: bool = True


class Line:
    """A text that stands or stood.

    `text` was seen first at `first_us`; `key` is what is seen in its place now, which differs from
    `text` while a spinner turns, and was seen first at `key_first_us`. `since_us`, `value_us` and
    `key_us` say since when the line, its number and its spinner have stood as they are, at most;
    `stood_us` how long it stood before that. `steps` are the moments at which a growing line was
    shorter, as (length in bytes, microseconds).
    """

    __slots__ = (
        "count", "first_us", "key", "key_first_us", "key_us", "last_us", "scrolled", "settled",
        "since_us", "steps", "stood_us", "text", "value_us",
    )  # fmt: skip

    def __init__(self, text: bytes, first_us: int, since_us: int) -> None:
        self.text = self.key = text
        self.first_us = self.last_us = self.key_first_us = first_us
        self.since_us = self.value_us = self.key_us = since_us
        self.stood_us = 0
        self.count = 1
        self.settled = self.scrolled = False
        self.steps: tuple[tuple[int, int], ...] = ()


class Standing:
    """Follows the lines of one screen. Give looks and what scrolls off between them; take lines."""

    __slots__ = (
        "_gone", "_held_bytes", "_known", "_layout", "_live", "_rows", "_text", "_until_us",
        "_where",
    )  # fmt: skip

    def __init__(self) -> None:
        self._text = b""
        self._rows: list[bytes] = []
        self._layout: list[Line | None] = []
        self._live: dict[bytes, Line] = {}
        self._gone: dict[bytes, tuple[Line, int]] = {}
        self._known: dict[bytes, Line] = {}
        self._held_bytes = 0
        self._until_us: int | None = None
        self._where: dict[bytes, int] | None = None

    @property
    def held_bytes(self) -> int:
        """About how much memory the settled lines take that were not taken yet."""
        return self._held_bytes

    def look(self, look: Look) -> None:
        """Compare with the look before."""
        if look.text != self._text:
            self._text = look.text
            before_us = look.shown_us if self._until_us is None else self._until_us
            # What is new came at some time since the look before. While something is being drawn
            # it may be half a line: then only what was seen counts.
            self._change(look.text.split(b"\n"), look, before_us if look.sure else look.shown_us)
        self._until_us = look.until_us

    def scrolled(self, lines: Iterable[tuple[bytes, int]]) -> None:
        """Lines that left the screen at its top since the look before, each with its moment."""
        live, known, gone = self._live, self._known, self._gone
        growing = next((line for line in reversed(self._layout) if line), None)
        for text, time_us in lines:
            line = live.get(text)
            if line is not None and not line.scrolled:
                line.scrolled = True
                continue
            if line is None:
                line = known.get(text)
            if line is not None:
                line.count += 1
                line.last_us = max(line.last_us, time_us)
            elif text:
                back = gone.pop(text, None)
                line = back[0] if back else Line(text, time_us, time_us)
                if growing and not growing.settled and _grows(growing.key, text):
                    self._add_step(line, growing)
                    growing.settled = True
                line.last_us = max(line.last_us, time_us)
                self._settle(line)

    def take(self, end_us: int | None = None) -> list[Line]:
        """The settled lines, by the time they were first seen; forgets them.

        With `end_us` all that stands is settled then: it stood at the end. Without it, what stands
        is among the lines if it stood long enough, and goes on standing with a count of 0: the
        counts of two takings add up.
        """
        until_us = end_us if end_us is not None else self._until_us
        standing = []
        for line in self._live.values():
            stood_us = 0 if until_us is None else line.stood_us + until_us - line.since_us
            if until_us is not None and (end_us is not None or stood_us >= SETTLE_US):
                line.last_us = max(line.last_us, until_us if end_us is not None else until_us - 1)
                self._end_of_turn(line, until_us)
                standing.append(line)
        merged = dict(self._known)
        for line in standing:
            _merge(merged.setdefault(line.text, line), line)
        self._known.clear()
        self._held_bytes = 0
        taken = sorted((_copy(line) for line in merged.values()), key=lambda line: line.first_us)
        for line in self._live.values():
            line.settled = False
            line.count = 0 if line in standing else line.count
        return taken

    def _change(self, rows: list[bytes], look: Look, since_us: int) -> None:
        live, shown_us = self._live, look.shown_us
        seen = set(rows)
        new = [place for place, text in enumerate(rows) if text and text not in live]
        left = {text: line for text, line in live.items() if text not in seen}
        for text in left:
            del live[text]
        self._where = None
        matched: dict[int, int] = {}
        for place in new:
            text = rows[place]
            if text in live:
                continue
            line = self._returned(text, shown_us, since_us)
            if line is None and left:
                line = self._continued(text, place, rows, left, matched, shown_us, since_us)
            live[text] = Line(text, shown_us, since_us) if line is None else line
        for text, line in left.items():
            if line.key == text:
                self._leave(line, shown_us)
        if self._gone:
            self._forget_gone(shown_us)
        self._layout, self._rows = list(map(live.get, rows)), rows

    def _returned(self, text: bytes, shown_us: int, since_us: int) -> Line | None:
        """The line of this text if it was here before."""
        back = self._gone.pop(text, None)
        line = back[0] if back else self._known.get(text)
        if line is not None:
            if line.settled and shown_us - line.last_us > _FLICKER_US:
                line.count += 1
            line.key = text
            line.since_us = line.value_us = line.key_us = since_us
            line.scrolled = False
        return line

    def _continued(
        self, text: bytes, place: int, rows: list[bytes], left: dict[bytes, Line],
        matched: dict[int, int], shown_us: int, since_us: int,
    ) -> Line | None:  # fmt: skip
        """The line that stood in this place before, if this text goes on with it."""
        for old_place in self._old_places(place, rows, matched):
            old = self._layout[old_place] if 0 <= old_place < len(self._layout) else None
            if old is None or left.get(old.key) is not old:
                continue
            key = old.key
            if old.settled:
                if not _same_value(key, text):
                    continue
                line = self._next_value(old, text, shown_us, since_us)
            elif _grows(key, text):
                line = Line(text, shown_us, since_us)
                line.stood_us = old.stood_us + shown_us - old.since_us
                self._add_step(line, old)
            elif _same_letters(key, text):
                line = self._next_value(old, text, shown_us, since_us)
            else:
                continue
            del left[key]
            matched[place] = old_place
            return line
        return None

    def _old_places(self, place: int, rows: list[bytes], matched: dict[int, int]) -> list[int]:
        """Where the row in `place` was in the look before, most likely place first."""
        if self._where is None:
            self._where = {text: place for place, text in enumerate(self._rows) if text}
        above = self._where.get(rows[place - 1]) if place else None
        if above is None:
            above = matched.get(place - 1)
        below = self._where.get(rows[place + 1]) if place + 1 < len(rows) else None
        places = [] if above is None else [above + 1]
        if below is not None:
            places.append(below - 1)
        places.append(place)
        return places

    def _next_value(self, old: Line, text: bytes, shown_us: int, since_us: int) -> Line:
        """A spinner has turned, a counter has counted: the line that `text` belongs to."""
        if _same_value(old.key, text):
            if _is_bare(text):
                old.key = text
                return old
            if _is_bare(old.text) and not old.settled:
                # With its bullet the text says all that it said without.
                old.text, old.first_us = text, shown_us
            if _is_bare(old.key) or shown_us - old.key_us < SETTLE_US:
                old.key, old.key_us, old.key_first_us = text, since_us, shown_us
                return old
        line = Line(text, shown_us, since_us)
        if shown_us - old.value_us >= SETTLE_US:
            self._end_of_turn(old, shown_us)
            old.last_us = max(old.last_us, self._last_us())
            self._settle(old)
        else:
            line.stood_us = old.stood_us + shown_us - old.since_us
        return line

    def _end_of_turn(self, line: Line, until_us: int) -> None:
        """Of a turning spinner the first turn speaks, unless it came to rest at another."""
        if line.key == line.text or until_us - line.key_us < SETTLE_US or _is_bare(line.key):
            return
        if line.settled:
            rest = Line(line.key, line.key_first_us, line.key_us)
            rest.last_us = max(rest.last_us, self._last_us())
            self._settle(rest)
        else:
            line.text, line.first_us = line.key, line.key_first_us

    @staticmethod
    def _add_step(line: Line, old: Line) -> None:
        step = (len(_trimmed(old.key)), old.first_us)
        line.steps = (*old.steps[-_MOST_STEPS + 1 :], step)

    def _leave(self, line: Line, shown_us: int) -> None:
        line.stood_us += shown_us - line.since_us
        line.last_us = max(line.last_us, self._last_us())
        self._end_of_turn(line, shown_us)
        if line.settled:
            return
        if line.scrolled or line.stood_us >= SETTLE_US:
            self._settle(line)
        else:
            self._gone[line.key] = (line, shown_us)

    def _last_us(self) -> int:
        return 0 if self._until_us is None else self._until_us - 1

    def _settle(self, line: Line) -> None:
        line.settled = True
        known = self._known.get(line.text)
        if known is None:
            self._known[line.text] = line
            self._held_bytes += _LINE_BYTES + len(line.text)
        else:
            _merge(known, line)

    def _forget_gone(self, shown_us: int) -> None:
        gone = self._gone
        while gone:
            text, (_, gone_us) = next(iter(gone.items()))
            if shown_us - gone_us <= _FLICKER_US:
                return
            del gone[text]


def _merge(known: Line, line: Line) -> None:
    if known is not line:
        known.count += line.count
        known.first_us = min(known.first_us, line.first_us)
        known.last_us = max(known.last_us, line.last_us)


def _copy(line: Line) -> Line:
    copy = Line(line.text, line.first_us, line.since_us)
    copy.last_us, copy.count, copy.steps = line.last_us, line.count, line.steps
    return copy


def _trimmed(text: bytes) -> bytes:
    text = text.rstrip(b" ")
    return text[: -len(end[0])].rstrip(b" ") if (end := _RIGHT_END.search(text[-3:])) else text


def _grows(old: bytes, text: bytes) -> bool:
    return text.startswith(old) or (len(trimmed := _trimmed(old)) > 1 and text.startswith(trimmed))


def _same_letters(old: bytes, text: bytes) -> bool:
    letters = _NO_LETTERS.sub(b"", text)
    return len(letters) >= _FEWEST_LETTERS and letters == _NO_LETTERS.sub(b"", old)


def _same_value(old: bytes, text: bytes) -> bool:
    return _LEADING.sub(b"", old, count=1) == _LEADING.sub(b"", text, count=1)


def _is_bare(text: bytes) -> bool:
    """Whether only blanks stand before the first letter or digit."""
    found = _LEADING.match(text)
    return not (found and found[0].strip())
