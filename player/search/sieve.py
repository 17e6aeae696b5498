"""Finding, in the text of many lines, the lines that may match. Pure, on UTF-8 bytes.

One call of an engine goes over a whole block; RE2 runs at memory speed for a plain text and at
some hundred MB/s for an expression. Whether a line that is found does match, Python's `re` says
(`pattern`), so a sieve may let through too much and never too little. Without RE2, which not every
machine has a wheel of, the same is done by `re` and `find`, slower.
"""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Seek = Callable[[bytes, int], int]
    """The place in a text, from a place on, where the next match may begin; -1 for none."""

_NEAR_BYTES: Final = 2048
# So far a match is looked for by `find`: calling RE2 takes longer than that.

# What another case of these letters may be beyond ASCII: U+0130, U+0131, U+212A, U+017F.
_OTHER_CASES: Final = {
    "i": rb"\xc4\xb0|\xc4\xb1",
    "k": rb"\xe2\x84\xaa",
    "s": rb"\xc5\xbf",
}


def linear(expression: str | bytes) -> Any:  # noqa: ANN401  it has no types
    """An expression as RE2 compiles it, bytes as they are and not as UTF-8; None without RE2."""
    try:
        re2: Any = importlib.import_module("re2")
    except ImportError:
        return None
    options: Any = re2.Options()
    options.log_errors = False
    if isinstance(expression, bytes):
        options.encoding = re2.Options.Encoding.LATIN1
    try:
        return re2.compile(expression, options)
    except re2.error:
        return None


def seek_text(needle: bytes, *, fold: bool) -> Seek:
    """Finds a text; with `fold`, one of ASCII in lower case, whatever the case."""
    if fold:
        return _seek_by(linear(folded(needle)) or re.compile(folded(needle)))
    found = linear(re.escape(needle))
    if found is None:
        return lambda text, place: text.find(needle, place)
    search = found.search

    def seek(text: bytes, place: int) -> int:
        near = text.find(needle, place, place + _NEAR_BYTES)
        if near >= 0:
            return near
        match = search(text, max(place, place + _NEAR_BYTES - len(needle)))
        return -1 if match is None else int(match.start())

    return seek


def folded(needle: bytes) -> bytes:
    """The expression of a text of ASCII in any case, for UTF-8."""
    return b"".join(map(_folded, needle.decode("ascii")))


def _folded(character: str) -> bytes:
    if not character.isalpha():
        return re.escape(character).encode()
    cases = f"[{character.lower()}{character.upper()}]".encode()
    other = _OTHER_CASES.get(character.lower())
    return b"(?:%b|%b)" % (cases, other) if other else cases


def seek_expression(expression: str, needles: Sequence[Seek]) -> Seek | None:
    """Finds what RE2 finds; None without RE2, and for what is to be found in each line.

    Where there are `needles`, a text in which none of them finds anything is passed over.
    """
    found = linear(expression)
    if found is None or found.search(b"") is not None:
        return None
    seek = _seek_by(found)

    def seek_if_it_can_be(text: bytes, place: int) -> int:
        if place == 0 and not any(needle(text, 0) >= 0 for needle in needles):
            return -1
        return seek(text, place)

    return seek_if_it_can_be if needles else seek


def _seek_by(compiled: Any) -> Seek:  # noqa: ANN401  of `re` or RE2
    def seek(text: bytes, place: int) -> int:
        match = compiled.search(text, place)
        return -1 if match is None else int(match.start())

    return seek


def line_starts(text: bytes, seek: Seek) -> Iterator[int]:
    """Where the lines begin in which `seek` finds something; each line ends with a newline."""
    place = seek(text, 0)
    while place >= 0:
        yield text.rfind(b"\n", 0, place) + 1
        end = text.find(b"\n", place)
        place = seek(text, end + 1) if end >= 0 else -1


def has_all(text: bytes, seeks: Sequence[Seek]) -> bool:
    """Whether each of them finds something."""
    return all(seek(text, 0) >= 0 for seek in seeks)
