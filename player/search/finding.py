"""Searching one session: its lines in, hits out. What matches a line, `matching` says."""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from formats.damage import Damage
from player.lines.columns import PASSING, TRANSIENT, TYPED
from player.lines.lineblock import merged
from player.search.gathering import Gathered, said_in
from player.search.results import Hit, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from formats.layout import Home
    from formats.session import Session
    from player.index.grams import Sought
    from player.index.logfiles import Signature
    from player.lines.lineblock import ScreenLine
    from player.search.matching import Matched
    from player.search.results import Wanted

    Clock = Callable[[], float]
    Progress = Callable[[int, int], None]

_HELD_S = 1.0
# So long the hits of a session are held back: most sessions are done by then, and all that is known
# of a line can be said at once.


class _Block(Protocol):
    @property
    def text(self) -> bytes: ...

    def line(self, number: int, text: str | None = None) -> ScreenLine: ...

    def flags(self, number: int, /) -> int: ...

    def lines(self) -> Iterator[ScreenLine]: ...


class _Pace:
    """Whether the lines of a session take so long to come that hits are given in parts.

    Only of lines that are `made` meanwhile: what was ready is given in one, so that it is always
    the same, however busy the machine is.
    """

    def __init__(self, clock_s: Clock, progress: Progress | None, *, made: bool) -> None:
        self._clock_s, self._progress, self._made = clock_s, progress, made
        self._held_until_s = clock_s() + _HELD_S

    def tell(self, done: int, total: int) -> None:
        """Lines are being made."""
        self._made = True
        if self._progress is not None:
            self._progress(done, total)

    def is_slow(self) -> bool:
        return self._made and self._clock_s() >= self._held_until_s


def search(
    home: Home,
    session: Session,
    find: Callable[[bytes], Iterator[Matched]],
    wanted: Wanted,
    signature: Signature | None = None,
    *,
    sought: Sought | None = None,
    progress: Progress | None = None,
    clock_s: Clock = time.monotonic,
) -> Iterator[Result]:
    """Search a session: one result, or several when its lines are being made and that takes long.

    `find` gives the matches in the text of some lines, from top to bottom (`matching`).
    What `sought` cannot be in is not read. A line that was given is not given again, though it may
    come again: what a later result would say of it, its count and its last time, is left out.
    `progress(done, total)`, in bytes of the log, is called while lines are made. Raises LogError,
    ExtractionError, PatternError.
    """
    damage = Damage()
    around = bool(wanted.before or wanted.after)
    blocks: list[_Block] = []
    gathered = Gathered(wanted)
    pace = _Pace(clock_s, progress, made=wanted.raw)
    blocks_in_turn = _blocks(
        home, session, wanted, damage, signature=signature, sought=sought, progress=pace.tell
    )
    if wanted.by_flags:
        number = _counted(blocks_in_turn, find, wanted)
        yield Result([], [], damage.summary() if damage else None, more=number)
        return
    for block in blocks_in_turn:
        if wanted.one and gathered:  # the rest still tells what of the log is damaged
            continue
        if around:
            blocks.append(block)
        for hit in islice(_hits(block, find, wanted), 1 if wanted.one else None):
            gathered.add(hit)
        if len(gathered) and not around and pace.is_slow():
            yield Result(gathered.take(), [], done=False)
            if gathered.is_enough:
                break
    hits = gathered.take()
    groups = _around(blocks, hits, wanted) if hits and around else []
    yield Result(hits, groups, damage.summary() if damage else None)


def hits_in(
    blocks: Iterable[_Block], find: Callable[[bytes], Iterator[Matched]], wanted: Wanted
) -> list[Hit]:
    """The hits in all the blocks of a session, which are at hand."""
    gathered = Gathered(wanted)
    for block in blocks:
        for hit in _hits(block, find, wanted):
            gathered.add(hit)
    return gathered.take()


def _counted(
    blocks: Iterator[_Block], find: Callable[[bytes], Iterator[Matched]], wanted: Wanted
) -> int:
    """How many hits there are, which are made only where values of a counter may be folded."""
    counting = [
        (block, match)
        for block in blocks
        for match in find(block.text)
        if _flags_let_through(block, match, wanted)
    ]
    if wanted.values or not any(
        block.flags(number) & PASSING for block, match in counting for number in match.numbers
    ):
        return len({said_in(match.texts) for _, match in counting})
    gathered = Gathered(wanted)
    for block, match in counting:
        hit = _hit(block, match, wanted)
        if hit is not None:
            gathered.add(hit)
    return len(gathered.take())


def _flags_let_through(block: _Block, match: Matched, wanted: Wanted) -> bool:
    """As `_hit`, where the times of lines do not matter."""
    flags = block.flags(match.numbers[0])
    if wanted.typed is not None and bool(flags & TYPED) is not wanted.typed:
        return False
    if wanted.transient:
        return True
    return not any(block.flags(number) & TRANSIENT for number in match.numbers)


def _hits(
    block: _Block, find: Callable[[bytes], Iterator[Matched]], wanted: Wanted
) -> Iterator[Hit]:
    for match in find(block.text):
        hit = _hit(block, match, wanted)
        if hit is not None:
            yield hit


def _blocks(
    home: Home,
    session: Session,
    wanted: Wanted,
    damage: Damage,
    *,
    signature: Signature | None,
    sought: Sought | None,
    progress: Progress,
) -> Iterator[_Block]:
    if wanted.raw:
        from player.search.raw import raw_blocks  # noqa: PLC0415  seldom

        return raw_blocks(session, damage, typed=bool(wanted.typed))
    from player.index.sidecar import blocks_of  # noqa: PLC0415  not for raw bytes

    return blocks_of(
        home,
        session,
        size=wanted.size,
        damage=damage,
        signature=signature,
        sought=sought,
        whole=bool(wanted.before or wanted.after),
        progress=progress,
    )


def _hit(block: _Block, match: Matched, wanted: Wanted) -> Hit | None:
    texts, spans = match.texts, match.spans
    line = block.line(match.numbers[0], texts[0])
    if not wanted.lets_through(line):
        return None
    at_us = line.seen_us(spans[0][0][1]) if spans[0] else line.first_us
    passing = line.passing
    for place in range(1, len(texts)):
        later = block.line(match.numbers[place], texts[place])
        if later.transient and not wanted.transient:
            return None
        passing = passing and later.passing
        at_us = max(at_us, later.seen_us(spans[place][-1][1]))
    stood = (line.first_us, line.last_us, line.count, line.typed)
    return Hit(at_us, texts, spans, *stood, match.label, passing)


def _around(
    blocks: Sequence[_Block], hits: Sequence[Hit], wanted: Wanted
) -> list[list[tuple[int, str, int]]]:
    """Groups of lines: the hits and those before and after them, as they stood in time."""
    lines = [
        line for line in merged(line for block in blocks for line in block.lines())
        if wanted.transient or not line.transient
    ]  # fmt: skip
    of_text = {hit.texts[0]: number for number, hit in enumerate(hits)}
    numbers = {place: of_text[one.text] for place, one in enumerate(lines) if one.text in of_text}
    groups: list[list[tuple[int, str, int]]] = []
    end = 0
    for place in numbers:
        start = max(end, place - wanted.before)
        if start > end or not groups:
            groups.append([])
        stop = min(len(lines), place + wanted.after + 1)
        for shown in range(start, stop):
            if shown in numbers and shown > place:
                stop = shown
                break
            line = lines[shown]
            groups[-1].append((line.first_us, line.text, numbers.get(shown, -1)))
        end = max(end, stop)
    return groups
