"""What a program has set that pyavt keeps no account of: modes, the screen shown, a title."""

from __future__ import annotations

import re
from typing import Any, Final

_ALTERNATE: Final = frozenset((47, 1047, 1049))
_SET: Final = re.compile(
    r"\x1b\[(?P<private>\??)(?P<modes>[0-9;]+)(?P<how>[hl])"
    r"|\x1b\][02];(?P<title>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    r"|(?P<reset>\x1bc)"
)
# A longer title, or list of modes, that is cut is missed.
_LONGEST_CHARACTERS: Final = 4096
_WRAPS, _SHOWN = 7, 25


class Noted:
    """Reads what is fed along."""

    __slots__ = ("_ansi", "_modes", "_tail", "alternate", "title")

    def __init__(self) -> None:
        self._tail: str = ""
        self._reset()

    def _reset(self) -> None:
        self._modes: dict[int, bool] = {}
        self._ansi: dict[int, bool] = {}
        self.alternate = False
        self.title = ""

    def note(self, text: str) -> None:
        """This has been fed."""
        text = self._tail + text
        end = 0
        for found in _SET.finditer(text):
            end = found.end()
            if found["reset"]:
                self._reset()
            elif found["title"] is not None:
                self.title = "".join(filter(str.isprintable, found["title"]))
            else:
                self._set(found["private"], found["modes"], on=found["how"] == "h")
        begun = text.rfind("\x1b", end)
        self._tail = text[begun:] if begun >= 0 and len(text) - begun < _LONGEST_CHARACTERS else ""

    def mode(self, number: int, *, ansi: bool) -> bool:
        """Whether a mode is set; two are from the beginning on."""
        return (self._ansi if ansi else self._modes).get(number, number in (_WRAPS, _SHOWN))

    def set_modes(self) -> dict[int, bool]:
        """The private modes that were set or reset, but for those that choose the screen."""
        return {number: on for number, on in self._modes.items() if number not in _ALTERNATE}

    def state(self) -> dict[str, Any]:
        """All of it, for JSON."""
        modes, ansi = list(self._modes.items()), list(self._ansi.items())
        found = {"modes": modes, "ansi": ansi, "tail": self._tail, "title": self.title}
        return {**found, "alternate": self.alternate}

    @classmethod
    def of(cls, state: dict[str, Any]) -> Noted:
        """As it was when it gave this state."""
        made = cls()
        made._modes, made._ansi = dict(state["modes"]), dict(state["ansi"])
        made._tail, made.title = state["tail"], state["title"]
        made.alternate = state["alternate"]
        return made

    def _set(self, private: str, modes: str, *, on: bool) -> None:
        kept = self._modes if private else self._ansi
        for number in map(int, filter(None, modes.split(";"))):
            kept[number] = on
            if private and number in _ALTERNATE:
                self.alternate = on
