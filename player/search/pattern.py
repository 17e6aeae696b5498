"""What is searched for: one expression or several, and how. Pure.

A line is matched by Python's `re`. An expression that could take more than linear time is matched
by RE2 where RE2 means the same by it; else `re` is stopped when a line has cost too much. Which
lines of a block are worth that, `player.search.sieve` says.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from player.index.grams import grams_of
from player.search.expression import PatternError, compile_pattern
from player.search.patterntree import traits
from player.search.sieve import folded, linear, seek_expression, seek_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from player.search.sieve import Seek

    Spans = tuple[tuple[int, int], ...]

LONGEST_S: Final = 0.5
"""CPU seconds that a line may cost; what is not decided by then does not match."""

_MOST_GIVEN_UP: Final = 5
# What words have none of: what is special in an expression, and control characters.
_MORE_THAN_WORDS: Final = {*"$()*+.?[\\]^{|}\x7f", *map(chr, (*range(0x09), *range(0x0E, 0x1C)))}
# Few searches need these: `re` compiles them when one does.
_ESCAPE: Final = r"(?s)\\."
_GLOBAL_FLAGS: Final = r"\(\?[aiLmsux]+\)"
# Between two words: blanks, the edges of a box, and the end of a line; behind it up to three lines
# that came in between (a spinner, a status) may be passed over.
_EDGE: Final = rb"(?:[ \t|]|\xe2[\x94-\x96][\x80-\xbf]|\xc2\xa0)"
_GAP: Final = rb"(?:" + _EDGE + rb"+|" + _EDGE + rb"*\n(?:[^\n]*\n){0,3}?" + _EDGE + rb"*)"
_GAP_IN_TEXT: Final = (
    r"(?:[ \t|\x{2500}-\x{25ff}\x{a0}]+"
    r"|[ \t|\x{2500}-\x{25ff}\x{a0}]*\n(?:[^\n]*\n){0,3}?[ \t|\x{2500}-\x{25ff}\x{a0}]*)"
)
# An expression in parts: runs of blanks, escapes, sets, what is left.
_PARTS: Final = r"(?s)(?:\\? )+|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[^\\\[ ]+|."


class How(NamedTuple):
    """How patterns are meant: as grep's options of these names say."""

    ignore_case: bool = False
    smart_case: bool = False
    fixed: bool = False
    word: bool = False
    whole_line: bool = False
    exact: bool = False
    flow: bool = False


class Pattern:
    """One pattern. `spans(text)` says where it is in a line, `expression` is all of it in one.

    `seeks` find the lines that may match (`sieve`): those that one of them finds; there are none
    where all may. When the pattern is words that may be parted by more than a blank, `flow` finds
    these in UTF-8, `plain` is what they are with one blank each, in lower case, and each of `words`
    finds something in any text that they are in. All of one of `grams` (`player.index.grams`) are
    in any text that the pattern is in; there are none where that is not known.
    """

    def __init__(self, text: str, how: How) -> None:
        fold = how.ignore_case or (how.smart_case and _has_no_capital(text, fixed=how.fixed))
        checked = compile_pattern(text, literal=how.fixed, ignore_case=fold)
        expression = checked.pattern
        if how.word or how.whole_line:
            head = _global_flags(expression)
            body = expression[len(head) :]
            around = r"\A(?:{})\Z" if how.whole_line else r"(?<!\w)(?:{})(?!\w)"
            expression = head + around.format(body)
        self.text = text
        self.expression = _with_flags(expression, fold=fold)
        self.given_up = 0
        regex = compile_pattern(expression, ignore_case=fold) if expression else checked
        known = traits(expression, regex.flags & ~re.UNICODE)
        fold = bool(regex.flags & re.IGNORECASE)
        needles = tuple(seek_text(one, fold=fold) for one in known.needles)
        sieve = None if known.sieve is None else seek_expression(known.sieve, needles)
        self.seeks = needles if sieve is None else (sieve,)
        self.words: tuple[Seek, ...] = ()
        self.flow: Any = None
        self.plain = b""
        words = () if how.whole_line else _words(text, how, fold=fold)
        if words:
            self.words = tuple(seek_text(word, fold=fold) for word in words)
            self.flow = _flow(words, fold=fold, whole=how.word)
            self.plain = b" ".join(words).lower()
        elif how.flow:
            self.flow = _flow_of_expression(text, expression, how, fold=fold)
        self.grams = [grams_of(needle) for needle in known.needles]
        if words:
            self.grams = [_grams_of_all(words)]
        elif self.flow is not None:
            # With other flags a blank in an expression may be none.
            known_needles = () if "(?" in text else known.needles
            self.grams = [_grams_of_all(needle.split(b" ")) for needle in known_needles]
        self.spans: Callable[[str], Spans] = _plain_spans(regex)
        if known.wild:
            self.spans = _linear_spans(known.linear) or self._bounded_spans(regex)

    def _bounded_spans(self, regex: re.Pattern[str]) -> Callable[[str], Spans]:
        """As `_plain_spans`; a line that costs too much does not match, and is counted."""
        import signal  # noqa: PLC0415  most expressions cannot run away

        def spans(text: str) -> Spans:
            signal.signal(signal.SIGVTALRM, _stop)
            signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST_S)
            try:
                return tuple(match.span() for match in regex.finditer(text))
            except _TooLongError:
                self.given_up += 1
                if self.given_up >= _MOST_GIVEN_UP:
                    shown = ascii(self.text)
                    raise PatternError(
                        f"{shown} takes too long: more than {LONGEST_S} s for each of "
                        f"{self.given_up} lines; write it without repeats of repeats"
                    ) from None
                return ()
            finally:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)

        return spans


class _TooLongError(Exception):
    pass


def _stop(_number: int, _frame: object) -> None:
    raise _TooLongError


def _plain_spans(regex: re.Pattern[str]) -> Callable[[str], Spans]:
    finditer = regex.finditer

    def spans(text: str) -> Spans:
        return tuple([match.span() for match in finditer(text)])

    return spans


def _linear_spans(expression: str | None) -> Callable[[str], Spans] | None:
    """The same by RE2; None where that is not to be had."""
    regex = None if expression is None else linear(expression)
    if regex is None:
        return None
    return lambda text: tuple(match.span() for match in regex.finditer(text))


def _with_flags(expression: str, *, fold: bool) -> str:
    """The expression with its flags inside, so that it can stand beside others."""
    head = _global_flags(expression)
    flags = "".join(sorted({*head[2:-1], *("i" if fold else "")}))
    return f"(?{flags}:{expression[len(head) :]})"


def _global_flags(expression: str) -> str:
    """What stands before the expression and is about all of it, as `(?i)`."""
    found = re.match(_GLOBAL_FLAGS, expression) if expression.startswith("(?") else None
    return found[0] if found else ""


def _has_no_capital(text: str, *, fixed: bool) -> bool:
    shown = text if fixed else re.sub(_ESCAPE, "", text)
    return shown == shown.lower()


def _grams_of_all(words: Iterable[bytes]) -> frozenset[bytes]:
    """Of words that stand somewhere, whatever is between them."""
    return frozenset[bytes]().union(*map(grams_of, words))


def _words(text: str, how: How, *, fold: bool) -> tuple[bytes, ...]:
    """The words of a pattern that is to be found over the ends of lines, in lower case if `fold`.

    None when it is more than words, or is not to be found so.
    """
    words = text.split()
    plain = how.fixed or _MORE_THAN_WORDS.isdisjoint(text)
    if how.exact or not plain or len(words) < 2 or (fold and not text.isascii()):  # noqa: PLR2004
        return ()
    return tuple((word.lower() if fold else word).encode(errors="replace") for word in words)


def _flow(words: Iterable[bytes], *, fold: bool, whole: bool) -> Any:  # noqa: ANN401  of `re` or RE2
    """Finds the words with anything between them that may part words on a screen."""
    body = _GAP.join(folded(word) if fold else re.escape(word) for word in words)
    if not whole:
        return linear(body) or re.compile(body)
    return re.compile(rb"(?<![\w\x80-\xff])" + body + rb"(?![\w\x80-\xff])")


def _flow_of_expression(text: str, expression: str, how: How, *, fold: bool) -> Any:  # noqa: ANN401
    """The same for an expression: its blanks are what may part words; None of one that has none.

    Raises PatternError.
    """
    parts = [found[0] for found in re.finditer(_PARTS, expression)]
    body = "".join(_GAP_IN_TEXT if part.strip("\\ ") == "" else part for part in parts)
    found = linear(f"(?i:{body})" if fold else body)
    if found is None or how.whole_line:
        raise PatternError(f"{text!a} is more than --flow can hold: leave it out, or -x")
    # Without a blank it matches within a line only, as it does anyhow.
    return None if body == expression else found


def patterns(texts: Iterable[str], how: How) -> list[Pattern]:
    """Patterns as they were given. Raises PatternError."""
    return [Pattern(text, how) for text in texts]
