"""Words to the person at the terminal: in one line, as wide as there is room, inert."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from formats.errors import SessionsError

if TYPE_CHECKING:
    from formats.damage import Damage

# Characters that act on a terminal or reorder a line instead of standing in it: C0, DEL, C1; line
# and paragraph separators, the bidirectional controls (Trojan Source), surrogates.
_ACTING = (
    *range(0x20),
    *range(0x7F, 0xA0),
    0x61C,
    *range(0x200E, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2066, 0x206A),
)
_ESCAPES = {code: ascii(chr(code))[1:-1] for code in _ACTING}


_CUT = "…"
_KILO = 1000


class UsageError(SessionsError):
    """The command line holds what cannot be."""


def escaped(text: str) -> str:
    """`text` with all that could act on a terminal, and lone surrogates, made visible."""
    if text.isprintable():
        return text
    shown = text.translate(_ESCAPES)
    return shown.encode("utf-8", "backslashreplace").decode("utf-8")


def say(prog: str, words: str) -> None:
    """One line on stderr: words about what is on stdout, no error."""
    sys.stderr.write(f"{prog}: {escaped(words)}\n")


def say_damage(prog: str, damage: Damage) -> None:
    """Say once what had to be skipped, if anything, and where."""
    if damage:
        say(prog, damage.summary())


def size_text(size_bytes: int) -> str:
    """`512 B`, `6.2 kB`, `13 MB`: two digits or more, thousands as disks count them."""
    if size_bytes < _KILO:
        return f"{size_bytes} B"
    size: float = size_bytes
    for unit in ("kB", "MB", "GB"):
        size /= _KILO
        if size < _KILO - 0.5:
            return f"{size:.1f} {unit}" if size < 9.95 else f"{size:.0f} {unit}"  # noqa: PLR2004
    return f"{size / _KILO:.1f} TB"


def cells(text: str) -> int:
    """How many cells of a terminal `text` takes."""
    if text.isascii():
        return len(text)
    return sum(map(_cells, text))


def cut(text: str, width: int, *, keep_end: bool = False) -> str:
    """`text` in at most `width` cells, `…` where something is missing."""
    if cells(text) <= width:
        return text
    room = width - len(_CUT)
    if room < 0:
        return ""
    kept: list[str] = []
    for character in reversed(text) if keep_end else text:
        room -= _cells(character)
        if room < 0:
            break
        kept.append(character)
    return _CUT + "".join(reversed(kept)) if keep_end else "".join(kept) + _CUT


def _cells(character: str) -> int:
    if character.isascii():
        return 1
    import unicodedata  # noqa: PLC0415  mostly not needed

    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
