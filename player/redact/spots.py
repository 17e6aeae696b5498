"""Runs of a session's entries, by their numbers."""

from __future__ import annotations

from bisect import bisect_right


class Spots:
    """Entries that are worth a closer look. They are added in order."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []

    def __len__(self) -> int:
        return len(self._firsts)

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self._firsts, number) - 1
        return place >= 0 and number <= self._lasts[place]

    def any_of(self, first: int, end: int) -> bool:
        """Whether any of the entries `first` to `end` (exclusive) is among them."""
        place = bisect_right(self._firsts, end - 1) - 1
        return place >= 0 and first <= self._lasts[place]

    def add(self, first: int, last: int) -> None:
        """Add the entries `first` to `last`."""
        if self._lasts and first <= self._lasts[-1] + 1:
            self._lasts[-1] = max(self._lasts[-1], last)
        else:
            self._firsts.append(first)
            self._lasts.append(last)
