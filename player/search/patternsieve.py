"""An expression for RE2 that finds at least what another one finds within a line. Pure.

It is run over the text of many lines at once, so nothing in it matches a newline, and `^` and `$`
are those of each line. What RE2 has not (looking around, references, edges of words) is left out or
becomes "anything", and of characters beyond ASCII only literals are exact: more is found then,
never less.
"""

from __future__ import annotations

from typing import Any, Final

Node = Any
"""A node of the parse, or what it holds: of a private module, which has no types."""

_MOST_REPEATS_OF_RE2: Final = 1000
_ASCII: Final = 0x80
_BEYOND: Final = r"\x{80}-\x{10FFFF}"
_ANY: Final = r"[^\n]"
_NOTHING: Final = r"[^\x{0}-\x{10FFFF}]"
_IGNORE_CASE: Final = 2
# What `re` takes for another case of i, k and s, and more: U+0130, U+0131, U+017F, U+212A.
_OTHER_CASES: Final = r"\x{130}\x{131}\x{17f}\x{212a}"
_EDGES: Final = {
    "AT_BEGINNING": "(?m:^)",
    "AT_BEGINNING_STRING": "(?m:^)",
    "AT_END": "(?m:$)",
    "AT_END_STRING": "(?m:$)",
}
_REPEATS: Final = frozenset(("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"))
_CLASSES: Final = {
    "CATEGORY_DIGIT": "0-9",
    "CATEGORY_WORD": "0-9A-Za-z_",
    "CATEGORY_SPACE": r"\t\x0b-\r\x1c-\x20",
    "CATEGORY_NOT_DIGIT": r"\x00-\x09\x0b-/:-\x7f",
    "CATEGORY_NOT_WORD": r"\x00-\x09\x0b-/:-@\[-\^`{-\x7f",
    "CATEGORY_NOT_SPACE": r"\x00-\x08\x0e-\x1b!-\x7f",
}


def sieve_of(tree: Node, *, ignore_case: bool) -> str:
    """The expression for a parse of `re._parser`."""
    fold = ignore_case or _folds(tree)
    text = _Sieve(fold=fold).sequence(tree)
    return f"(?i:{text})" if fold else text


def _folds(tree: Node) -> bool:
    """Whether a part of it ignores case: then all of it may."""
    for kind, value in tree:
        name = str(kind)
        if name == "SUBPATTERN" and (value[1] & _IGNORE_CASE or _folds(value[3])):
            return True
        if name in _REPEATS and _folds(value[2]):
            return True
        if name == "ATOMIC_GROUP" and _folds(value):
            return True
        if name == "BRANCH" and any(map(_folds, value[1])):
            return True
    return False


class _Sieve:
    def __init__(self, *, fold: bool) -> None:
        self._fold = fold

    def sequence(self, tree: Node) -> str:
        return "".join(self._node(str(kind), value) for kind, value in tree)

    def _node(self, name: str, value: Node) -> str:  # noqa: PLR0911  one for each kind
        if name == "LITERAL":
            return self._literal(value)
        if name == "NOT_LITERAL":
            return self._without([("LITERAL", value)])
        if name == "IN":
            return self._characters(value)
        if name == "ANY":
            return _ANY
        if name in _REPEATS:
            return self._repeat(value)
        if name in ("SUBPATTERN", "ATOMIC_GROUP"):
            return f"(?:{self.sequence(value[3] if name == 'SUBPATTERN' else value)})"
        if name == "BRANCH":
            return f"(?:{'|'.join(self.sequence(one) for one in value[1])})"
        if name in ("GROUPREF", "GROUPREF_EXISTS"):
            return f"{_ANY}*"
        # Looking around, and the edges of words, take no place.
        return _EDGES.get(str(value), "") if name == "AT" else ""

    def _literal(self, code: int) -> str:
        if code == ord("\n"):
            return _NOTHING
        if self._fold:
            if code >= _ASCII:
                return _ANY
            if chr(code) in "iksIKS":
                return f"[{chr(code)}{_OTHER_CASES}]"
        return _character(code)

    def _without(self, items: list[tuple[str, Node]]) -> str:
        """Whatever is none of these; of what lies beyond ASCII, all.

        Of these alone, not of their other cases: what ignores case may be another part.
        """
        inside = "".join(self._ascii(name, value) for name, value in items)
        return rf"(?-i:[^\n{inside}]|[{_BEYOND}])"

    def _ascii(self, name: str, value: Node) -> str:
        """Those of ASCII, for a set."""
        if name == "CATEGORY":
            return _CLASSES.get(str(value), "")
        first, last = value if name == "RANGE" else (value, value)
        if first >= _ASCII:
            return ""
        return f"{_character(first)}-{_character(min(last, _ASCII - 1))}"

    def _characters(self, items: Node) -> str:
        named = [(str(kind), value) for kind, value in items]
        if named[0][0] == "NEGATE":
            return self._without(named[1:])
        inside = ""
        for name, value in named:
            last = 0 if name == "CATEGORY" else value[1] if name == "RANGE" else value
            if name == "CATEGORY":
                inside += self._ascii(name, value) + _BEYOND
            elif last < _ASCII:
                inside += self._ascii(name, value)
            elif self._fold or name == "RANGE":
                return _ANY
            else:
                inside += _character(value)
        return f"[{inside}{_OTHER_CASES if self._fold else ''}]"

    def _repeat(self, value: Node) -> str:
        least, most, body = value
        inner = self.sequence(body)
        if int(least) <= 1 and str(most) == "MAXREPEAT":
            return f"(?:{inner}){'+' if least else '*'}"
        if int(most) > _MOST_REPEATS_OF_RE2:
            return f"(?:{inner}){{{min(int(least), _MOST_REPEATS_OF_RE2)},}}"
        return f"(?:{inner}){{{int(least)},{int(most)}}}"


def _character(code: int) -> str:
    return f"\\x{{{code:x}}}"
