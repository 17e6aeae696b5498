"""Who wrote what stands on a screen, where somebody asks for it.

To know it all the time takes five times as long as to draw. Elsewhere the screen is stored now and
then, and what was written since is held. Where it is asked, `Provenance` begins with that screen,
of which it knows no writers, and goes through what is held.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from player.redact.screens import Provenance
from player.redact.stream import Tail
from player.screen import ScreenEngineError

if TYPE_CHECKING:
    from formats.size import Size
    from player.screen import Screen

_STORED_EVERY_BYTES: Final = 256 << 10
# To store a screen takes as long as to draw 70 KB, to begin with one as long as to draw 1 MB.
_MOST_HELD_BYTES: Final = 8 << 20


class Writers:
    """Who wrote what stands on `screen`, which is always fed and resized first.

    `always`: from the beginning. Else it may turn out that a cell had been written too early; then
    `late` is set.
    """

    def __init__(self, screen: Screen, *, always: bool = False) -> None:
        self._screen, self._always = screen, always
        self.late = False
        self._known: Provenance | None = None
        # The bytes written so far, and the end of them that is the beginning of a sequence.
        self._offset, self._tail = 0, Tail()
        self._stored: tuple[bytes, int] | None = None
        self._held: list[bytes | Size] = []
        self._held_bytes = 0
        self._store()

    def feed(self, data: bytes, *, asked: bool) -> None:
        """Go on by some output, after which somebody may ask or not."""
        asked = asked or self._always
        if asked and self._known is None:
            self._begin()
        self._offset += len(data)
        self._tail.add(data)
        if asked:
            if self._known is not None:
                self._known.feed(data)
            return
        self._known = None
        self._held.append(data)
        self._held_bytes += len(data)
        if self._stored is None or self._held_bytes >= _STORED_EVERY_BYTES:
            self._store()

    def resize(self, size: Size) -> None:
        """The screen has another size now."""
        if self._known is not None:
            self._known.resize(size)
        else:
            self._held.append(size)

    def look(self) -> bool:
        """See who wrote what stands now, if that is known; whether it is another than before."""
        return self._known is not None and self._known.look()

    def of(self, row: int, cells: set[int], text: str) -> list[int]:
        """The places in the output of the bytes that wrote these characters of a row.

        As `Provenance.writers`.
        """
        if self._known is None:
            return []
        found = self._known.writers(row, cells, text)
        self.late = self.late or self._known.late
        return found

    def _begin(self) -> None:
        if self._stored is None:
            self.late = True
            return
        self._known = Provenance(*self._stored)
        for one in self._held:
            if isinstance(one, bytes):
                self._known.feed(one)
            else:
                self._known.resize(one)
        self._begin_from(None)

    def _store(self) -> None:
        """Store the screen, if that can be done here."""
        if not self._tail.rest:
            with suppress(ScreenEngineError):
                self._begin_from((self._screen.snapshot(), self._offset))
        if self._held_bytes >= _MOST_HELD_BYTES:
            self._begin_from(None)

    def _begin_from(self, stored: tuple[bytes, int] | None) -> None:
        """Hold from now on what is written behind that."""
        self._stored = stored
        self._held.clear()
        self._held_bytes = 0
