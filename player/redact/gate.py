"""Where in bytes a secret may begin: one automaton for all rules, at some 400 MB/s.

It sees through what does not move the cursor, as colours, so that a stream need not be taken apart
to be searched. It may be wrong in one way only: it says so of more places than hold a secret.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from player.redact.stream import SEQUENCE

if TYPE_CHECKING:
    from collections.abc import Iterable

# Groups; atoms of a plain expression with what repeats them; what repeats a group.
_ATOM: Final = re.compile(
    rb"(\(\?i?:|[()|])|(\\.|\[\^?(?:\\.|[^\]\\])*\]|[^*+?{])([*+?]|\{\d+\})?|([*+?]|\{\d+\})",
    re.DOTALL,
)
# What comes between the letters of a word; all that is not seen would make it thrice as large.
_UNSEEN: Final = rb"(?:\x1b\[[0-9;:<=>?]*[mKhlqnc]|[\x00\x07\x0e\x0f\r])*"
_BEFORE: Final = rb"(?:^|[^A-Za-z0-9_-]|" + SEQUENCE + b")"
_MOST_BYTES: Final = 64 << 20
# For the automaton's states; it makes those that the text needs.


class Gate:
    r"""Tells where a match of one of `patterns` may begin.

    They are plain expressions: literals, classes, groups, `*`, `+`, `?` and `{n}`, and at their
    beginning `\b`, where no token may go on. `exact` are RE2's own, for texts that hold no
    sequences. Where there is no RE2 for the machine, and for None, a match may begin anywhere.
    """

    def __init__(self, patterns: Iterable[bytes] | None, exact: Iterable[bytes] = ()) -> None:
        self._pattern: Any = None
        engine = re2()
        if engine is not None and patterns is not None:
            options = engine.Options()
            options.encoding = engine.Options.Encoding.LATIN1
            options.never_capture = True
            options.max_mem = _MOST_BYTES
            alternatives = [*map(seen_through, patterns), *exact]
            joined = b"|".join(b"(?:" + one + b")" for one in alternatives)
            self._pattern = engine.compile(joined, options=options)

    def first(self, data: bytes, start: int = 0) -> int:
        """The first place from `start` on where a match may begin; -1 if there is none."""
        if self._pattern is None:
            return start if start < len(data) else -1
        match = self._pattern.search(data, start)
        return -1 if match is None else int(match.start())


@cache
def re2() -> Any:  # noqa: ANN401  it has no types
    """The engine of expressions in linear time; None where there is none for the machine."""
    try:
        import re2 as found  # noqa: PLC0415
    except ImportError:
        return None
    return found


def seen_through(pattern: bytes) -> bytes:
    """The expression, with what is not seen on a screen allowed after each of its atoms."""
    made = bytearray()
    for match in _ATOM.finditer(pattern):
        group, atom, repeat, alone = match.groups()
        if atom is None:
            made += group or alone
        elif atom == rb"\b":
            made += _BEFORE
        else:
            made += b"(?:" + atom + _UNSEEN + b")" + (repeat or b"")
    return bytes(made)
