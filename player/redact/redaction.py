"""Masks the secrets of a session: every byte that ever wrote a cell of one, and no size changes.

A reading finds what there is. If there is anything, a second one finds where that stood, whole or
in parts; of a long session whose screen lines are known, both only skim it (`player.redact.skim`).
A third looks closely there, with the screens that know who wrote each cell, and marks the
bytes; a fourth checks there what is left when they are masked; and so on until nothing is found,
for some rounds. What is still found then is counted, and said.
"""

from __future__ import annotations

import sys
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from formats.errors import SessionsError
from formats.stretch import Stretch, without_places
from player.lines.columns import BlockError
from player.lines.sizing import initial_size
from player.redact.known import Known
from player.redact.marks import MASK, Marks
from player.redact.search import Search
from player.redact.skim import Skim, search_sent
from player.redact.spots import Spots
from player.redact.wanted import KNOWN, Hit, Wanted
from player.screen import Screen, ScreenEngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from formats.damage import Damage
    from formats.entry import Entry
    from formats.session import Session
    from formats.size import Size
    from player.lines.lineblock import LineBlock
    from player.redact.finder import Finder

_MOST_ROUNDS: Final = 4
_LONG_BYTES: Final = 16 << 20
# Of a log: to look at the screen of a shorter one takes a second or two.


class Report(NamedTuple):
    """What was masked. `rendered` says whether the screen could be looked at too.

    `left` are secrets that were still found in the end; that they are none is checked each time.
    """

    secrets: tuple[Hit, ...]
    rendered: bool
    left: int = 0

    def in_words(self) -> str:
        """One line for a person; it says of secrets only how many of which kind."""
        if not self.secrets:
            return "no secret found (best effort)"
        kinds: dict[str, int] = {}
        for hit in self.secrets:
            kinds[hit.rule] = kinds.get(hit.rule, 0) + 1
        shown = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        words = f"{shown} masked (best effort)"
        if not self.rendered:
            words += "; without the screen engine, so what was drawn in pieces is still there"
        if self.left:
            words += f"; {self.left} could NOT be masked"
        return words


class Redaction:
    """One session with its secrets masked.

    `parts` gives all its entries anew each time it is called, alone or in stretches. A session that
    is still recorded is taken as far as it goes at the first reading.
    """

    def __init__(
        self,
        parts: Callable[[], Iterable[Entry | Stretch]],
        finder: Finder,
        size: Size | None = None,
        skim: Skim | None = None,
    ) -> None:
        self._parts = parts
        self._finder = finder
        self._size = size
        self._skim = skim
        self._known = Known()
        self._marks = Marks()
        self._said: dict[bytes, Hit] = {}
        self._count: int | None = None
        self._report: Report | None = None

    @classmethod
    def of(
        cls,
        session: Session,
        finder: Finder,
        damage: Damage | None = None,
        size: Size | None = None,
        blocks: Callable[[], Iterable[LineBlock]] | None = None,
    ) -> Redaction:
        """Of a session of the store or at a path; damage is counted at the first reading.

        `blocks` gives all its screen lines, where they are at hand.
        """
        first = [damage]

        def parts() -> Iterator[Entry | Stretch]:
            damage = first.pop() if first else None
            return without_places(session.stretches(damage))

        size = size or initial_size(session.entries())
        skim = None
        if blocks is not None and is_long(session):
            skim = Skim(parts, blocks, size.cols)
        return cls(parts, finder, size, skim)

    @property
    def report(self) -> Report:
        """What was found and masked; reads the session when it has not been read yet."""
        if self._report is None:
            self._report = self._made()
        return self._report

    @property
    def can_be_skimmed(self) -> bool:
        """Whether `is_clean` can tell."""
        return self._skim is not None

    def is_clean(self) -> bool:
        """Whether skimming it finds nothing. Ends with the first that is found."""
        return deque(self.sent(), maxlen=1).pop() is True and self.lines_are_clean()

    def sent(self) -> Iterator[Entry | Stretch | bool]:
        """Of `is_clean` the one half: all its parts, and at last whether they are clean."""
        wanted = Wanted(self._finder, self._known, parts=False, only_one=True)
        try:
            yield from search_sent(self._counted(self._taken()), wanted)
        except SessionsError:  # to be told where it is searched in earnest
            yield False
        else:
            yield not wanted.hits and not self._said

    def lines_are_clean(self) -> bool:
        """The other half: whether its screen lines are."""
        if self._skim is None:
            return False
        wanted = Wanted(self._finder, self._known, parts=False, only_one=True)
        try:
            self._skim.search_lines(wanted)
        except (BlockError, SessionsError):
            return False
        return not wanted.hits

    def take_as_clean(self) -> None:
        """Another has found that it `is_clean`."""
        self._report = Report((), rendered=True)

    def entries(self) -> Iterator[Entry]:
        """The entries with their secrets masked, in bytes, events and fields."""
        for part in self.parts():
            if isinstance(part, Stretch):
                yield from part.entries()
            else:
                yield part

    def parts(self) -> Iterator[Entry | Stretch]:
        """The same, many at once where that can be."""
        _ = self.report
        for part in self._marks.applied(self._taken()):
            yield part if isinstance(part, Stretch) else self._without_words(part)

    def text(self, text: str) -> str:
        """A text of this session, as a title or a label, with secrets masked."""
        return redacted_text(text, self._finder, self._known)

    def learn(self, text: str, at_us: int = 0) -> None:
        """Count the secrets in a text that belongs to the session, and look for them in it too."""
        data = text.encode("utf-8", "surrogatepass")
        for found in self._finder.find(data):
            value = data[found.start : found.end]
            self._said.setdefault(value, Hit(found.rule, value, at_us))
            self._known.add(found, data)

    def _taken(self) -> Iterator[Entry | Stretch]:
        left = sys.maxsize if self._count is None else self._count
        for part in self._parts():
            size = len(part.data) if isinstance(part, Stretch) else 1
            if size > left:
                if left and isinstance(part, Stretch):
                    yield part.part(0, left)
                return
            yield part
            left -= size

    def _made(self) -> Report:
        size, rendered = self._size, True
        try:
            Screen.loaded_engine_id()
        except ScreenEngineError:
            size, rendered = None, False
        found = self._first_search(size)
        secrets = {**self._said, **found.hits}
        for number in range(_MOST_ROUNDS):
            if not found.hits and (number or not self._said):
                break
            self._known = self._known.without_parts()
            spots, seen = self._spots(size)
            secrets = {**seen.hits, **secrets}
            self._marks.add(self._writers_of_secrets(size, spots))
            found = self._search(size, spots, closely=True).wanted
        return Report(_whole(secrets.values()), rendered, len(found.hits))

    def _first_search(self, size: Size | None) -> Wanted:
        """Whether there is anything to be masked."""
        if self._skim is not None:
            wanted = Wanted(self._finder, self._known, parts=False)
            with suppress(BlockError):
                deque(search_sent(self._counted(self._taken()), wanted), maxlen=0)
                self._skim.search_lines(wanted)
                return wanted
            self._skim = None
        return self._search(size, Spots(), parts=False).wanted

    def _spots(self, size: Size | None) -> tuple[Spots, Wanted]:
        """Where any of it stands, and what is seen there."""
        if self._skim is not None:
            seen = Wanted(self._finder, self._known, parts=True)
            with suppress(BlockError):
                return self._skim.spots(seen), seen
            self._skim = None
        spots = Spots()
        return spots, self._search(size, spots).wanted

    def _writers_of_secrets(self, size: Size | None, spots: Spots) -> Marks:
        """The bytes that wrote what stands there, and those that were sent in one go anywhere."""
        marks = Marks()
        if self._search(size, spots, closely=True, marks=marks).late:
            # One stood before its spot began.
            marks = Marks()
            self._search(size, spots, closely=True, sparing=False, marks=marks)
        return marks

    def _search(
        self,
        size: Size | None,
        spots: Spots,
        *,
        parts: bool = True,
        closely: bool = False,
        sparing: bool = True,
        marks: Marks | None = None,
    ) -> Search:
        """Read the session as it is masked so far."""
        wanted = Wanted(self._finder, self._known, parts=parts)
        search = Search(wanted, size, spots, closely=closely, sparing=sparing, marks=marks)
        return search.read(self._counted(self._marks.applied(self._taken())))

    def _counted(self, parts: Iterator[Entry | Stretch]) -> Iterator[Entry | Stretch]:
        count = 0
        for part in parts:
            if isinstance(part, Stretch):
                count += len(part.data)
            else:
                count += 1
                if self._count is None and (part.event or part.extra):
                    self._learn_words(part)
            yield part
        self._count = count

    def _learn_words(self, entry: Entry) -> None:
        for text in texts_in((entry.event, entry.extra)):
            self.learn(text, entry.time_us)

    def _without_words(self, entry: Entry) -> Entry:
        """With what events and other fields say masked."""
        event, extra = entry.event, entry.extra
        if event is not None:
            event = cast("dict[str, Any]", self._value(event))
        if extra is not None:
            extra = cast("dict[str, Any]", self._value(extra))
        if event is entry.event and extra is entry.extra:
            return entry
        return entry._replace(event=event, extra=extra)

    def _value(self, value: Any) -> Any:  # noqa: ANN401  JSON
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self._value(one) for one in cast("list[object]", value)]
        if isinstance(value, dict):
            return {k: self._value(v) for k, v in cast("dict[str, Any]", value).items()}
        return value


def is_long(session: Session) -> bool:
    """Whether a session is skimmed where its lines are at hand: a shorter one is looked at."""
    return session.log_bytes(_LONG_BYTES) >= _LONG_BYTES


def texts_in(value: object) -> Iterator[str]:
    """All texts in a value of JSON, other than names of fields; those of a list joined too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        items = cast("Sequence[object]", value)
        for one in items:
            yield from texts_in(one)
        # A command: an option may say what the next word is.
        yield " ".join(one for one in items if isinstance(one, str))
    elif isinstance(value, dict):
        yield from texts_in(list(cast("dict[str, object]", value).values()))


def redacted_text(text: str, finder: Finder, known: Known | None = None) -> str:
    """A text with its secrets masked, character by character."""
    data = text.encode("utf-8", "surrogatepass")
    spans = [(found.start, found.end) for found in finder.find(data)]
    if known is not None:
        spans += known.spans(data)
    if not spans:
        return text
    made = bytearray(data)
    for start, end in spans:
        characters = len(data[start:end].decode("utf-8", "replace"))
        made[start:end] = (MASK * characters).ljust(end - start, b"\0")
    return made.replace(b"\0", b"").decode("utf-8", "surrogatepass")


def _whole(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """Without what is only a part of another: a secret that was seen to grow is one.

    What no rule found is a part of what one did, or several such side by side: each counts.
    """
    by_rules = (hit for hit in hits if hit.rule != KNOWN)
    longest_first = sorted(by_rules, key=lambda hit: len(hit.value), reverse=True)
    kept: list[Hit] = []
    values = b""
    for hit in longest_first:
        if hit.value not in values:
            values += hit.value + b"\0"
            kept.append(hit)
    return tuple(sorted(kept, key=lambda hit: hit.at_us))
