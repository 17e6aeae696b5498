"""The player's keyboard: keys by name, mouse clicks, and nothing that a terminal says by itself.

The bytes are cut into keys and sequences by `player.playing.keys`, which swallows what terminals
answer. Which key a sequence is, blessed knows, from its tables and the terminal's terminfo.
Importing it takes longer than drawing the first frame: so that is done on the side.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from importlib import import_module
from typing import Any

from player.playing.keys import KeyParser

_MOUSE = re.compile(rb"\x1b\[<(\d{1,5});(\d{1,5});(\d{1,5})M")
_LEFT_BUTTON = 0
_WHEEL = {64: "wheel-up", 65: "wheel-down"}
_NAMES = {
    "KEY_LEFT": "left",
    "KEY_RIGHT": "right",
    "KEY_UP": "up",
    "KEY_DOWN": "down",
    "KEY_SHIFT_LEFT": "shift-left",
    "KEY_SLEFT": "shift-left",
    "KEY_SHIFT_RIGHT": "shift-right",
    "KEY_SRIGHT": "shift-right",
    "KEY_HOME": "home",
    "KEY_END": "end",
    "KEY_PGUP": "pgup",
    "KEY_PGDOWN": "pgdn",
    "KEY_F1": "f1",
    "KEY_ENTER": "enter",
    "KEY_DELETE": "delete",
}


class Keyboard(KeyParser):
    """Bytes in, keys out: a character each, or a name as `left`; `click:COL:ROW`, from 0."""

    def __init__(self) -> None:
        super().__init__(name=self._name)
        self._blessed: tuple[Any, ...] | None = None
        self._loading: threading.Thread | None = None

    def load(self) -> None:
        """Begin to load blessed, on the side."""
        if self._loading is None:
            self._loading = threading.Thread(target=self._load, daemon=True)
            self._loading.start()

    def _load(self) -> None:
        with contextlib.suppress(ImportError), open(os.devnull, "w", encoding="utf-8") as nowhere:
            blessed: Any = import_module("blessed")
            resolve: Any = import_module("blessed.keyboard").resolve_sequence
            terminal = blessed.Terminal(stream=nowhere, force_styling=True)
            tables = (terminal._keymap, terminal._keycodes, terminal._keymap_prefixes)  # noqa: SLF001
            self._blessed = (resolve, *tables)

    def _name(self, sequence: bytes) -> str | None:
        """The key that a whole sequence stands for, if it is one of ours."""
        if match := _MOUSE.fullmatch(sequence):
            button, col, row = map(int, match.groups())
            if button == _LEFT_BUTTON:
                return f"click:{col - 1}:{row - 1}"
            return _WHEEL.get(button)
        self.load()
        if self._loading is not None:
            self._loading.join()
        if self._blessed is None:  # it cannot be imported here: letters still work
            return None
        resolve, keymap, codes, prefixes = self._blessed
        found = resolve(sequence.decode("latin-1"), keymap, codes, prefixes, final=True)
        return _NAMES.get(found.name or "") if len(found) == len(sequence) else None
