"""What one look at a screen gives, and what is remembered of the lines in it. Values only."""

from __future__ import annotations

from itertools import compress, count
from operator import ne
from typing import Any, NamedTuple

from player.lines.likeness import letters_of, letters_of_each, longest_word

Steps = tuple[tuple[int, int], ...]
"""Of a line that grew: (length in bytes, microseconds), so much of it was to be seen earlier."""


class Look(NamedTuple):
    """One look at the screen: it was like this from `shown_us` until `until_us`.

    `text` is as `Screen.lines` gives it. `sure` says that nothing was being drawn at that moment.
    """

    text: bytes
    shown_us: int
    until_us: int
    sure: bool = True


class Line:
    """A text that stands, or has left so lately that it may be painted again.

    `text` was seen first at `first_us`; `key` is what is seen in its place now, which differs from
    `text` while a spinner turns, and was seen first at `key_first_us`. `since_us`, `value_us` and
    `key_us` say since when the line, its number and its spinner have stood as they are, at most;
    `stood_us` how long it stood before that. `settled`: it was put on record, and `count` is what
    came on top of that. `letters` is what of the key are letters, where somebody asked.
    `beginning` is the longest text that it grew from and that was read for itself, in
    `beginning_us` (first and last); empty where there is none. `earlier` is the last value of this
    counter that was read, in `earlier_us`, empty likewise.
    """

    __slots__ = (
        "beginning", "beginning_us", "count", "earlier", "earlier_us", "first_us", "key",
        "key_first_us", "key_us", "last_us", "letters", "order", "scrolled", "settled", "since_us",
        "steps", "stood_us", "text", "value_us",
    )  # fmt: skip

    def __init__(self, order: int, text: bytes, first_us: int, since_us: int) -> None:
        self.order = order
        self.text = self.key = text
        self.first_us = self.last_us = self.key_first_us = first_us
        self.since_us = self.value_us = self.key_us = since_us
        self.stood_us = 0
        self.count = 1
        self.scrolled = self.settled = False
        self.letters: bytes | None = None
        self.steps: Steps = ()
        self.beginning, self.beginning_us = b"", (0, 0)
        self.earlier, self.earlier_us = b"", (0, 0)

    def state(self) -> list[Any]:
        """What `restored` needs, for JSON."""
        values = (getattr(self, name) for name in self.__slots__)
        return [value.decode("latin-1") if type(value) is bytes else value for value in values]

    @classmethod
    def restored(cls, state: list[Any]) -> Line:
        """The line whose `state` this was."""
        line = cls(0, b"", 0, 0)
        for name, value in zip(cls.__slots__, state, strict=True):
            setattr(line, name, value.encode("latin-1") if type(value) is str else value)
        line.steps = tuple((length, at_us) for length, at_us in line.steps)
        first_us, last_us = line.beginning_us
        line.beginning_us = first_us, last_us
        first_us, last_us = line.earlier_us
        line.earlier_us = first_us, last_us
        return line


class Change:
    """From one look to the next.

    `rows` are the new texts and `old_rows` as many old ones; `places` those where they differ.
    `left` are the lines whose text is gone, from top to bottom, until they are found again;
    `matched` says for new texts that go on with an old one in which place that was. `texts` are the
    screens whole, now and before. What is new has stood since `since_us` at most and is seen since
    `shown_us`. `stirred`: there are lines that go on with none of before, or only in part.
    """

    __slots__ = (
        "_letters",
        "_new",
        "_texts",
        "_where",
        "left",
        "matched",
        "old_rows",
        "places",
        "rows",
        "shown_us",
        "since_us",
        "stirred",
    )

    def __init__(
        self,
        rows: list[bytes],
        old_rows: list[bytes],
        texts: tuple[bytes, bytes],
        shown_us: int,
        since_us: int,
    ) -> None:
        self.rows, self.old_rows, self._texts = rows, old_rows, texts
        self.places = list(compress(count(), map(ne, rows, old_rows)))
        self.shown_us, self.since_us = shown_us, since_us
        self.left: dict[bytes, Line] = {}
        self.matched: dict[int, int] = {}
        self.stirred = False
        self._new: set[int] = set()
        self._where: dict[bytes, int] | None = None
        self._letters: tuple[list[bytes], list[bytes]] | None = None

    def has_alone(self, text: bytes) -> bool:
        """Whether no other row has its letters, before or now: it counts, and is none of a list."""
        # Where its longest word is nowhere else they are not, unless a digit parts the word there.
        word = longest_word(text)
        if word and self._texts[0].count(word) <= 1 and self._texts[1].count(word) <= 1:
            return True
        if self._letters is None:
            self._letters = letters_of_each(self.rows), letters_of_each(self.old_rows)
        letters = letters_of(text)
        return all(rows.count(letters) <= 1 for rows in self._letters)

    def compare(self, live: dict[bytes, Line]) -> list[int]:
        """Find which of the `live` lines have `left`; gives the places of texts that are none."""
        rows, old_rows = self.rows, self.old_rows
        now = set(rows)
        old = [old_rows[place] for place in self.places]
        self.left = {text: live[text] for text in old if text and text not in now}
        new = [place for place in self.places if rows[place] and rows[place] not in live]
        self._new = set(new)
        return new

    def is_amid_new(self, place: int) -> bool:
        """Whether the rows above and below it tell nothing of where it was: they are as new.

        Asked from top to bottom, as the rows are matched.
        """
        above, new = place - 1, self._new
        return above in new and place + 1 in new and above not in self.matched

    def stays(self, place: int) -> bool:
        """Whether a row next to this one is the same as before."""
        rows, old_rows = self.rows, self.old_rows
        above, below = place - 1, place + 1
        if place and rows[above] and (
            self.matched.get(above) == above or rows[above] == old_rows[above]
        ):  # fmt: skip
            return True
        return below < len(rows) and bool(rows[below]) and rows[below] == old_rows[below]

    def old_places(self, place: int) -> tuple[list[int], bool]:
        """Where the row in `place` was in the look before, most likely place first.

        And whether a row near it, which is still there, says so.
        """
        as_far: list[int] = []
        next_to: list[int] = []
        for step in (-1, 1):
            near, old_near = self._near(place, step)
            if old_near is not None:
                as_far.append(place + old_near - near)
                # Blank rows come and go.
                next_to.append(_next_text(self.old_rows, old_near, -step))
        return [*as_far, *next_to, place], bool(as_far)

    def _near(self, place: int, step: int) -> tuple[int, int | None]:
        """The next row with text, in that direction, and where it was in the look before."""
        rows, old_rows = self.rows, self.old_rows
        near = _next_text(rows, place, step)
        if not 0 <= near < len(rows):
            return near, None
        text = rows[near]
        return near, near if old_rows[near] == text else self._old_places().get(
            text, self.matched.get(near)
        )

    def _old_places(self) -> dict[bytes, int]:
        if self._where is None:
            self._where = dict(zip(self.old_rows, count(), strict=False))
        return self._where


def _next_text(rows: list[bytes], place: int, step: int) -> int:
    """The next row with text, in that direction; where there is none, one that does not exist."""
    place += step
    while 0 <= place < len(rows) and not rows[place]:
        place += step
    return place
