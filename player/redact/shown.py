"""The secrets on a screen: which characters of which rows. Looks only at rows it has not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from player.redact.flows import flows, squeezed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from player.redact.wanted import Wanted

    Cells = dict[int, set[int]]

_KEY_BLOCK: Final = "PRIVATE KEY"
_MOST_ROWS_KEPT: Final = 20_000
NEIGHBOURS: Final = 2
"""If any of a secret stands in a row that is new, in so many around it enough stands to tell it."""


class Shown:
    """What has stood on a screen of so many columns, and which rows of it have secrets in them."""

    def __init__(self, wanted: Wanted, cols: int) -> None:
        self.cols = cols
        self._wanted = wanted
        self._learnt = wanted.learnt
        self._seen: set[str] = {""}
        self._bad: set[str] = set()
        """Rows that hold a secret or a part of one."""
        self._spans_of: dict[str, list[tuple[int, int]]] = {}

    def look(self, rows: Sequence[str]) -> bool:
        """Whether a secret stands in these rows."""
        if self._learnt != self._wanted.learnt or len(self._seen) > _MOST_ROWS_KEPT:
            self._learnt = self._wanted.learnt
            self._seen = {""}
            self._spans_of.clear()
        new = set(rows).difference(self._seen)
        if new:
            self._seen |= new
            blocks = list(_around(rows, new))
            text = "\n".join([row for block in blocks for row in (*block, squeezed(block))])
            if self._wanted.may_stand_in(text.encode("utf-8", "replace")):
                for block in blocks:
                    self._bad.update(block[number] for number in self.cells(block))
        return bool(self._bad) and not self._bad.isdisjoint(rows)

    def bad_cells(self, rows: Sequence[str]) -> Cells:
        """As `cells`, of rows that were looked at: only those around which a secret stands."""
        bad = [number for number, row in enumerate(rows) if row in self._bad]
        if not bad:
            return {}
        first = max(0, bad[0] - NEIGHBOURS)
        block = rows[first : bad[-1] + 1 + NEIGHBOURS]
        return {first + number: cells for number, cells in self.cells(block).items()}

    def cells(self, rows: Sequence[str]) -> Cells:
        """The characters of each row that are part of a secret."""
        cells: Cells = {}
        for number, row in enumerate(rows):
            for start, end in self._spans(row) if row else ():
                cells.setdefault(number, set()).update(range(start, end))
        for flow in flows(rows, self.cols):
            for start, end in self._spans(flow.text):
                if flow.crosses(start, end):
                    for number, cell in flow.cells(start, end):
                        cells.setdefault(number, set()).add(cell)
        if any(_KEY_BLOCK in row for row in rows):
            self._key_blocks(rows, cells)
        return cells

    def _key_blocks(self, rows: Sequence[str], cells: Cells) -> None:
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
            spans = self._wanted.find(encoded) if self._wanted.may_stand_in(encoded) else []
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


def _around(rows: Sequence[str], new: set[str]) -> Iterator[Sequence[str]]:
    """The runs of rows in which new ones stand, with their neighbours."""
    first = end = 0
    for number, row in enumerate(rows):
        if row in new:
            if number - NEIGHBOURS > end:
                if end:
                    yield rows[first:end]
                first = number - NEIGHBOURS
            end = number + 1 + NEIGHBOURS
    yield rows[first:end]
