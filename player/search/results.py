"""What a search is for, and what it gives: hits, and results of several."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from formats.size import Size
    from player.lines.lineblock import ScreenLine
    from player.search.matching import Spans


class Wanted(NamedTuple):
    """Which lines count: all but `transient` ones, `typed` or not if that is asked, by time.

    `since_us`, `until_us`: those that stood at some time between. `before`, `after`: so many lines
    around each hit are wanted too. `raw`: the bytes themselves. `most` hits at most; `one`: whether
    there is a hit is all that is wanted. `values`: each value of a counter is, else the last.
    `counted`: only how many hits there are is wanted.
    """

    typed: bool | None = None
    transient: bool = False
    raw: bool = False
    since_us: int | None = None
    until_us: int | None = None
    before: int = 0
    after: int = 0
    most: int | None = None
    size: Size | None = None
    one: bool = False
    values: bool = False
    counted: bool = False

    @property
    def by_flags(self) -> bool:
        """Whether hits are to be counted, and flags are all that says which lines count.

        With `most` a search ends before the lines of a session are all made.
        """
        whole = self.since_us is None and self.until_us is None and self.most is None
        return self.counted and whole and not (self.raw or self.one)

    def lets_through(self, line: ScreenLine) -> bool:
        """Whether a line counts."""
        return (
            (self.transient or not line.transient)
            and (self.typed is None or self.raw or line.typed is self.typed)
            and (self.since_us is None or line.last_us >= self.since_us)
            and (self.until_us is None or line.first_us <= self.until_us)
        )


class Hit(NamedTuple):
    """A match: the lines that it is in (one, unless it flows over), and where in each.

    `at_us` is when all that matches was first to be seen at once. `first_us`, `last_us`, `count`
    are the line's; of several lines, those of the first. `label` is the match's. `passing` is as
    of a line: of several, whether each of them is.
    """

    at_us: int
    texts: tuple[str, ...]
    spans: tuple[Spans, ...]
    first_us: int
    last_us: int
    count: int  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleMethodOverride]
    typed: bool
    label: str = ""
    passing: bool = False


class Result(NamedTuple):
    """What a search in a session gave, or a part of it, hits by time. `damage`, `error` in words.

    `groups`, if lines around hits are wanted: stretches without a gap of (time, text, number of
    the hit or -1). `given_up` lines were too costly to match. More may follow until it is `done`.
    `more` hits were counted and are not among `hits`.
    """

    hits: list[Hit]
    groups: list[list[tuple[int, str, int]]]
    damage: str | None = None
    error: str | None = None
    given_up: int = 0
    done: bool = True
    more: int = 0

    @property
    def number(self) -> int:
        """How many hits there are."""
        return len(self.hits) + self.more
