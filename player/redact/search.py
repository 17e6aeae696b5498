"""Goes through a session once and finds the secrets in it: sent, shown and typed.

The screen is looked at after every entry, and inside one wherever a program ends a frame or takes
the screen away: what a person could have stopped at is seen.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from formats.entry import event_size
from formats.line import INPUT
from player.redact.flows import flows
from player.redact.screens import Provenance
from player.redact.stream import Gathered, Text, Typed, strings
from player.screen import Screen, clamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from formats.entry import Entry
    from formats.size import Size
    from player.redact.finder import Finder, Found
    from player.redact.known import Known
    from player.redact.marks import Marks

# Ends of frames, and what takes the screen away: looked at before, or after the first of them.
_FRAMES: Final = re.compile(
    rb"\x1b\[\?2026l|\x1b\[\?25h|(?=\x1b\[[23]?J|\x1b\[(?:1;1)?H|\x1bc|\x1b\[\?(?:1049|1047|47)[hl])"
)
_MOST_LOOKS_AN_ENTRY: Final = 64
KNOWN: Final = "known"
_KEY_BLOCK: Final = "PRIVATE KEY"
_MOST_ROWS_KEPT: Final = 2000


class Hit(NamedTuple):
    """A secret, where it was found first."""

    rule: str
    value: bytes
    at_us: int


class Search:
    """One reading of a session. Learns values into `known`; with `marks` it notes where they stand.

    `hits` are the distinct secrets found; of a session whose secrets are masked there are none.
    """

    def __init__(
        self, finder: Finder, known: Known, size: Size | None, marks: Marks | None = None
    ) -> None:
        self.hits: dict[bytes, Hit] = {}
        self._finder, self._known, self._marks = finder, known, marks
        self._output, self._input = Gathered(), Gathered()
        self._at_us = 0
        self._screen = None if size is None else Screen(size)
        self._writers = Provenance(size) if size is not None and marks is not None else None
        self._rows: list[str] = []
        self._cols = 0 if size is None else clamp(size).cols
        self._spans_of: dict[str, list[tuple[int, int]]] = {}

    def read(self, entries: Iterable[Entry]) -> Search:
        """Read all of it."""
        for entry in entries:
            self._at_us = entry.time_us
            if entry.event is not None:
                self._resize(event_size(entry.event))
            if not entry.data:
                continue
            if entry.direction == INPUT:
                if self._input.add(entry.data):
                    self._search_input()
            else:
                self._draw(entry.data)
                if self._output.add(entry.data):
                    self._search_output()
        self._search_input()
        self._search_output()
        return self

    def find(self, text: bytes) -> list[tuple[int, int]]:
        """The secrets in a text; what is new of them is learnt."""
        spans: list[tuple[int, int]] = []
        for found in self._finder.find(text):
            spans.append((found.start, found.end))
            self._note(found, text)
        if len(self._known):
            for start, end in self._known.spans(text):
                spans.append((start, end))
                value = text[start:end]
                self.hits.setdefault(value, Hit(KNOWN, value, self._at_us))
        return spans

    def _note(self, found: Found, text: bytes) -> None:
        value = text[found.start : found.end]
        if value not in self.hits:
            self.hits[value] = Hit(found.rule, value, self._at_us)
        self._known.add(found, text)

    # What was sent and typed

    def _search_output(self) -> None:
        data, offset = self._output.take()
        text = Text(data, offset)
        self._mark(text, self.find(text.text), typed=False)
        for start, end in strings(data):
            for first, last in self.find(data[start:end]):
                if self._marks is not None:
                    self._marks.output.update(range(offset + start + first, offset + start + last))

    def _search_input(self) -> None:
        data, offset = self._input.take()
        for corrected in (False, True) if b"\x7f" in data or b"\b" in data else (False,):
            text = Typed(data, offset, corrected=corrected)
            self._mark(text, self.find(text.text), typed=True)

    def _mark(self, text: Text | Typed, spans: Iterable[tuple[int, int]], *, typed: bool) -> None:
        if self._marks is not None:
            places = self._marks.input if typed else self._marks.output
            for start, end in spans:
                places.update(text.places(start, end))

    # What was shown

    def _resize(self, size: Size | None) -> None:
        if size is None or self._screen is None:
            return
        self._screen.resize(size)
        self._cols = clamp(size).cols
        if self._writers is not None:
            self._writers.resize(size)
        self._look()

    def _draw(self, data: bytes) -> None:
        if self._screen is None:
            return
        for piece in _frames(data):
            self._screen.feed(piece)
            if self._writers is not None:
                self._writers.feed(piece)
            self._look()

    def _look(self) -> None:
        if self._screen is None:
            return
        rows = self._screen.text()
        if self._writers is None:
            if rows != self._rows:
                self._rows = rows
                self._shown(rows)
        elif self._writers.look():
            for row, cells in self._shown(rows).items():
                self._mark_cells(row, cells, rows[row])

    def _shown(self, rows: Sequence[str]) -> dict[int, set[int]]:
        """The characters of each row that are part of a secret."""
        cells: dict[int, set[int]] = {}
        for number, row in enumerate(rows):
            if row:
                for start, end in self._spans(row):
                    cells.setdefault(number, set()).update(range(start, end))
        for flow in flows(rows, self._cols):
            for start, end in self._spans(flow.text):
                if flow.crosses(start, end):
                    for number, cell in flow.cells(start, end):
                        cells.setdefault(number, set()).add(cell)
        if any(_KEY_BLOCK in row for row in rows):
            self._key_blocks(rows, cells)
        return cells

    def _key_blocks(self, rows: Sequence[str], cells: dict[int, set[int]]) -> None:
        """Keys that take several rows."""
        begin = 0
        spans = self._spans("\n".join(rows))
        for number, row in enumerate(rows):
            for start, end in spans:
                if start < begin + len(row) and end > begin:
                    inside = range(max(0, start - begin), min(len(row), end - begin))
                    cells.setdefault(number, set()).update(inside)
            begin += len(row) + 1

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """The secrets in what is shown, in characters."""
        spans = self._spans_of.get(text)
        if spans is None:
            encoded = text.encode("utf-8", "replace")
            spans = self.find(encoded)
            if spans and len(encoded) != len(text):
                spans = [
                    (len(encoded[:start].decode("utf-8", "replace")),
                     len(encoded[:end].decode("utf-8", "replace")))
                    for start, end in spans
                ]  # fmt: skip
            if len(self._spans_of) >= _MOST_ROWS_KEPT:
                self._spans_of.clear()
            self._spans_of[text] = spans
        return spans

    def _mark_cells(self, row: int, cells: set[int], of: str) -> None:
        if self._marks is None or self._writers is None:
            return
        inked = sorted(cell for cell in cells if not of[cell].isspace())
        self._marks.output.update(self._writers.writers(row, inked, of))


def _frames(data: bytes) -> Iterator[bytes]:
    """An entry in the pieces after which the screen is looked at."""
    begin = 0
    for count, match in enumerate(_FRAMES.finditer(data)):
        if count >= _MOST_LOOKS_AN_ENTRY:
            break
        if match.end() > begin:
            yield data[begin : match.end()]
            begin = match.end()
    if begin < len(data):
        yield data[begin:]
