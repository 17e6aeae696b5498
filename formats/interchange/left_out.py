"""What a format could not hold of a session: counted, and told to a person in one line."""

from __future__ import annotations

from typing import Final

INPUT: Final = "entry of input"
INVALID: Final = "byte that is no UTF-8"

_PLURALS = {
    INPUT: "entries of input",
    INVALID: "bytes that are no UTF-8 (shown as U+FFFD)",
    "resize": "changes of size",
    "masked": "notes of masked input",
    "clock": "notes of a clock that was set",
}
_SINGULARS = {
    INVALID: "byte that is no UTF-8 (shown as U+FFFD)",
    "resize": "change of size",
    "masked": "note of masked input",
    "clock": "note of a clock that was set",
    "exit": "exit status",
}
# What every file has, and what says nothing to a viewer.
_SILENT = frozenset(("start", "segment"))


class LeftOut:
    """Counts by kind: one of the constants above, or the type of an event."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def add(self, kind: str, count: int = 1) -> None:
        """Count what cannot be written."""
        if kind not in _SILENT and count > 0:
            self.counts[kind] = self.counts.get(kind, 0) + count

    def __bool__(self) -> bool:
        return bool(self.counts)

    def summary(self) -> str:
        """`3 entries of input, 1 change of size`."""
        return ", ".join(f"{count} {_noun(kind, count)}" for kind, count in self.counts.items())


def _noun(kind: str, count: int) -> str:
    if count == 1:
        return _SINGULARS.get(kind, kind)
    return _PLURALS.get(kind, _SINGULARS.get(kind, kind) + "s")
