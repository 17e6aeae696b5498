"""What can be told of a regular expression from its parse: a text that every match holds, whether
matching could run away, the same expression for RE2, and one that finds at least as much. Pure.

Python's parser is private (`re._parser`); where it is missing or says something unknown, nothing is
told, and a search is as right and slower.
"""  # noqa: D205

from __future__ import annotations

import importlib
import re
from typing import Any, Final, NamedTuple

_MOST_ALTERNATIVES: Final = 8
_MOST_REPEATS_OF_RE2: Final = 1000
_SHORTEST_NEEDLE: Final = 2

_CLASSES: Final = {
    "CATEGORY_DIGIT": r"\p{Nd}",
    "CATEGORY_WORD": r"\p{L}\p{N}_",
    "CATEGORY_SPACE": r"\t-\r\x1c-\x20\x{85}\p{Z}",
}
_NOT_CLASSES: Final = {
    "CATEGORY_NOT_DIGIT": r"\P{Nd}",
    "CATEGORY_NOT_WORD": r"[^\p{L}\p{N}_]",
    "CATEGORY_NOT_SPACE": r"[^\t-\r\x1c-\x20\x{85}\p{Z}]",
}
_PLACES: Final = {
    "AT_BEGINNING": r"\A",
    "AT_BEGINNING_STRING": r"\A",
    "AT_END": r"\z",
    "AT_END_STRING": r"\z",
}


Node = Any
"""A node of the parse, or what it holds: of a private module, which has no types."""


class _Unknown(Exception):  # noqa: N818  it never leaves this module
    """A node that RE2 has nothing for."""


class Traits(NamedTuple):
    """What is known of an expression.

    One of `needles` is in every match, in lower case if the expression ignores case; none when
    that cannot be told. `wild`: matching a line could take more than linear time. `linear`: the
    expression for RE2, where it means just the same. `sieve`: one for RE2 that finds, in many lines
    at once, a match in each line that has one, and maybe in others; None where the one needle is
    all that a match holds.
    """

    needles: tuple[bytes, ...] = ()
    wild: bool = True
    linear: str | None = None
    sieve: str | None = None


def traits(expression: str, flags: int) -> Traits:
    """What is known of an expression that compiles with these flags of `re`."""
    try:
        parser = importlib.import_module("re._parser")
        tree: Node = parser.parse(expression, flags)
        flags |= tree.state.flags
        needles = tuple(
            text.encode() for text in _needles(tree, ignore_case=bool(flags & re.IGNORECASE))
        )
        wild = _is_wild(tree)
        linear = _linear_of(tree, flags) if wild else None
        plain = bool(needles) and all(name == "LITERAL" for name, _ in _flattened(tree))
        sieve = None if plain else _sieve_of(tree, ignore_case=bool(flags & re.IGNORECASE))
    except Exception:  # noqa: BLE001  another Python's parser: whatever it does, we know nothing
        return Traits()
    return Traits(needles, wild, linear, sieve)


def _sieve_of(tree: Node, *, ignore_case: bool) -> str:
    from player.search.patternsieve import sieve_of  # noqa: PLC0415  plain text needs none

    return sieve_of(tree, ignore_case=ignore_case)


def _name(node: Node) -> str:
    return str(node)


def _needles(tree: Node, *, ignore_case: bool) -> tuple[str, ...]:
    """The best of the texts that must be there: the longest, of alternatives all."""
    best: tuple[str, ...] = ()
    run = ""
    nodes: list[tuple[str, Node]] = [*_flattened(tree), ("END", 0)]
    for name, value in nodes:
        if name == "LITERAL" and _may_be_in_needle(value, ignore_case=ignore_case):
            run += chr(value).lower() if ignore_case else chr(value)
            continue
        best = _better(best, (run,) if run else ())
        run = ""
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT") and value[0] >= 1:
            best = _better(best, _needles(value[2], ignore_case=ignore_case))
        elif name == "BRANCH" and len(value[1]) <= _MOST_ALTERNATIVES:
            branches: list[Node] = value[1]
            alternatives = [_needles(one, ignore_case=ignore_case) for one in branches]
            if all(alternatives):
                best = _better(best, tuple({text for one in alternatives for text in one}))
    return best if best and min(map(len, best)) >= _SHORTEST_NEEDLE else ()


def _may_be_in_needle(code: int, *, ignore_case: bool) -> bool:
    """Of texts in any case only ASCII: that is what is quickly made lower."""
    return code != ord("\n") and (code < 0x80 if ignore_case else not 0xD800 <= code < 0xE000)  # noqa: PLR2004


def _better(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    def worth(texts: tuple[str, ...]) -> tuple[int, int]:
        return min(map(len, texts), default=0), -len(texts)

    return max(one, other, key=worth)


def _flattened(tree: Node) -> list[tuple[str, Node]]:
    """The nodes of a sequence; groups that only group are taken apart."""
    nodes: list[tuple[str, Node]] = []
    for kind, value in tree:
        name = _name(kind)
        if name == "SUBPATTERN" and not value[1] and not value[2]:
            nodes += _flattened(value[3])
        elif name == "ATOMIC_GROUP":
            nodes += _flattened(value)
        else:
            nodes.append((name, value))
    return nodes


def _is_wild(tree: Node) -> bool:
    """Whether there are two repeats without an end, or anything that refers or looks around."""
    return _repeats(tree) > 1


def _repeats(tree: Node) -> int:
    count = 0
    for kind, value in tree:
        name = _name(kind)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, most, body = value
            inner = _repeats(body)
            loose = most != least and int(most) > 8  # noqa: PLR2004  as good as endless
            count += inner * (2 if int(most) > 1 else 1) + loose
        elif name == "SUBPATTERN":
            count += _repeats(value[3])
        elif name == "ATOMIC_GROUP":
            count += _repeats(value)
        elif name == "BRANCH":
            count += sum(map(_repeats, value[1]))
        elif name in ("ASSERT", "ASSERT_NOT"):
            count += 2 * _repeats(value[1])
        elif name == "GROUPREF_EXISTS":
            count += 2
    return count


def _linear_of(tree: Node, flags: int) -> str | None:
    """The expression in RE2's syntax; None where RE2 has no such thing."""
    if flags & (re.ASCII | re.LOCALE | re.MULTILINE):
        return None
    try:
        text = _sequence(tree, dot=r"(?s:.)" if flags & re.DOTALL else ".")
    except _Unknown:
        return None
    return f"(?i:{text})" if flags & re.IGNORECASE else text


def _sequence(tree: Node, dot: str) -> str:
    return "".join(_node(_name(kind), value, dot) for kind, value in tree)


def _node(name: str, value: Node, dot: str) -> str:  # noqa: PLR0911  one for each kind
    if name == "LITERAL":
        return _character(value)
    if name == "NOT_LITERAL":
        return f"[^{_character(value)}]"
    if name == "ANY":
        return dot
    if name == "IN":
        return _set(value)
    if name in ("MAX_REPEAT", "MIN_REPEAT"):
        return _repeat(name, value, dot)
    if name == "SUBPATTERN" and not value[1] and not value[2]:
        return f"(?:{_sequence(value[3], dot)})"
    if name == "BRANCH":
        return f"(?:{'|'.join(_sequence(one, dot) for one in value[1])})"
    if name == "AT" and _name(value) in _PLACES:
        return _PLACES[_name(value)]
    raise _Unknown


def _repeat(name: str, value: tuple[Node, Node, Node], dot: str) -> str:
    least, most, body = value
    endless = _name(most) == "MAXREPEAT"
    if int(least) > _MOST_REPEATS_OF_RE2 or (not endless and int(most) > _MOST_REPEATS_OF_RE2):
        raise _Unknown
    times = f"{{{int(least)},{'' if endless else int(most)}}}"
    return f"(?:{_sequence(body, dot)}){times}{'?' if name == 'MIN_REPEAT' else ''}"


def _set(items: list[tuple[Node, Node]]) -> str:
    negated, inside = False, ""
    beside: list[str] = []
    for kind, value in items:
        name = _name(kind)
        if name == "NEGATE":
            negated = True
        elif name == "LITERAL":
            inside += _character(value)
        elif name == "RANGE":
            inside += f"{_character(value[0])}-{_character(value[1])}"
        elif name == "CATEGORY" and _name(value) in _CLASSES:
            inside += _CLASSES[_name(value)]
        elif name == "CATEGORY":
            beside.append(_NOT_CLASSES[_name(value)])
        else:
            raise _Unknown
    if negated and beside:
        raise _Unknown
    if inside:
        beside.append(f"[{'^' if negated else ''}{inside}]")
    return f"(?:{'|'.join(beside)})" if len(beside) > 1 else beside[0]


def _character(code: int) -> str:
    if 0xD800 <= code < 0xE000:  # noqa: PLR2004  surrogates: no text has them
        raise _Unknown
    return chr(code) if chr(code).isalnum() else f"\\x{{{code:x}}}"
