"""What happens beside the text, as the lines of a session are extracted: its markers.

Given entries, output and keys by `player.lines.extractor`, looks at the screen by
`player.lines.onlooker`; says on which lines the user entered something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from player.lines.entered import SHORTEST_ECHO, WAIT_US, Entered, Keys, find
from player.lines.signals import CLEAR, INPUT, Marker, Signals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from formats.entry import Entry

# A screen that held fewer lines was not cleared, it was empty.
_FEWEST_CLEARED: Final = 5
_MOST_WAITING: Final = 16


class Activity:
    """Follows one session."""

    __slots__ = (
        "_alternate", "_keys", "_prompt", "_signals", "_typed_alternate", "_waiting", "output",
    )  # fmt: skip

    def __init__(self) -> None:
        self._signals = Signals()
        self._keys = Keys()
        self._waiting: list[Entered] = []
        self._prompt = b""
        # Which screen was shown at the last look, and when a key was last typed.
        self._alternate = self._typed_alternate = False
        self.output = self._signals.output

    def state(self) -> dict[str, Any]:
        """What `restore` needs, for JSON; markers are to be taken before."""
        waiting = [(at_us, text.decode("latin-1")) for at_us, text, _ in self._waiting]
        return {
            "signals": self._signals.state(),
            "erased": self._signals.erased,
            "keys": self._keys.state(),
            "waiting": waiting,
            "prompt": self._prompt.decode("latin-1"),
            "alternate": (self._alternate, self._typed_alternate),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where another left off."""
        self._signals.restore(state["signals"])
        self._signals.erased = state["erased"]
        self._keys.restore(state["keys"])
        self._waiting = [
            Entered(at_us, text.encode("latin-1"), False) for at_us, text in state["waiting"]
        ]
        self._prompt = state["prompt"].encode("latin-1")
        self._alternate, self._typed_alternate = state["alternate"]

    def take(self) -> list[Marker]:
        """The markers so far, by time."""
        markers, self._signals.markers = self._signals.markers, []
        return sorted(markers)

    def event(self, entry: Entry) -> None:
        """What the log says of itself."""
        self._signals.event(entry)

    def typed(self, time_us: int, data: bytes, *, alternate: bool) -> list[Entered]:
        """What these keys entered: each is then to be looked for (`entered`).

        A program that has the screen for itself takes keys as commands: what is typed when it has
        come or gone does not go on with what was typed before.
        """
        if alternate != self._typed_alternate:
            self._typed_alternate = alternate
            self._keys.clear()
        return self._keys.feed(time_us, data)

    def entered(
        self, entered: Sequence[Entered], lines: Sequence[bytes], cursor_row: bytes
    ) -> list[bytes]:
        """The lines, of those that stand at an Enter, on which it was entered."""
        return [
            line
            for one in entered
            for line in self._found(one, lines, cursor_row, wait=not one.recalled)
        ]

    @property
    def waits(self) -> bool:
        """Whether something was entered of which the line has not appeared yet."""
        return bool(self._waiting)

    def end_of_echo(self, written: bytes | bytearray) -> int:
        """Where in `written` something that is waited for has just been echoed whole; 0: nowhere.

        At that moment its line stands on the screen, whatever the program does next.
        """
        for one in self._waiting:
            start = written.find(one.text) if len(one.text) >= SHORTEST_ECHO else -1
            if start >= 0:
                return start + len(one.text)
        return 0

    def appeared(self, lines: Sequence[bytes], now_us: int) -> list[bytes]:
        """The lines, of those that stand now or have just scrolled off, that are waited for."""
        waiting, self._waiting = self._waiting, []
        return [
            line
            for one in waiting
            if now_us - one.at_us < WAIT_US
            for line in self._found(one, lines, None, wait=True)
        ]

    def _found(
        self, one: Entered, lines: Sequence[bytes], cursor_row: bytes | None, *, wait: bool
    ) -> list[bytes]:
        found = find(one, lines, cursor_row, self._prompt)
        if found is not None:
            self._prompt = found.prompt
            self._signals.add(Marker(one.at_us, INPUT, found.label))
            return [found.line]
        if wait and len(self._waiting) < _MOST_WAITING:
            self._waiting.append(one)
        return []

    def looked(
        self, old: Sequence[bytes], new: Sequence[bytes], at_us: int, *, alternate: bool
    ) -> None:
        """The screen was looked at: was it cleared? A redraw of the same is none."""
        erased, self._signals.erased = self._signals.erased, False
        switched, self._alternate = alternate != self._alternate, alternate
        if not erased or switched:
            return
        before = {line for line in old if line}
        if len(before) >= _FEWEST_CLEARED and len(before.intersection(new)) * 2 < len(before) and (
            sum(map(bool, new)) * 2 < len(before)
        ):  # fmt: skip
            self._signals.add(Marker(at_us, CLEAR))
