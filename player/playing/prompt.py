"""A line that is being typed at the bottom of the window. Pure."""

from __future__ import annotations

_LONGEST = 500


class Prompt:
    """What is typed, for what (`purpose`), with a `lead` before it and the cursor in it."""

    __slots__ = ("cursor", "lead", "purpose", "text")

    def __init__(self, purpose: str, lead: str) -> None:
        self.purpose, self.lead = purpose, lead
        self.text, self.cursor = "", 0

    def key(self, key: str) -> str | None:
        """Obey a key. `done` or `cancelled` when it ends the typing."""
        if key == "enter":
            return "done"
        if key == "escape" or (key == "backspace" and not self.text):
            return "cancelled"
        if len(key) == 1:
            if len(self.text) < _LONGEST:
                self.text = self.text[: self.cursor] + key + self.text[self.cursor :]
                self.cursor += 1
            return None
        self._edit(key)
        return None

    def _edit(self, key: str) -> None:
        before, behind = self.text[: self.cursor], self.text[self.cursor :]
        match key:
            case "backspace":
                before = before[:-1]
            case "delete":
                behind = behind[1:]
            case "ctrl-u":
                before = ""
            case "ctrl-w":
                kept = before.rstrip()
                before = kept[: len(kept) - len(kept.split(" ")[-1])]
            case "left" | "right" | "home" | "end":
                self._move(key)
                return
            case _:
                return
        self.text, self.cursor = before + behind, len(before)

    def _move(self, key: str) -> None:
        places = {
            "left": max(0, self.cursor - 1),
            "right": min(len(self.text), self.cursor + 1),
            "home": 0,
            "end": len(self.text),
        }
        self.cursor = places[key]
