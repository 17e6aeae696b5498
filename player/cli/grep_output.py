"""How `cs-grep` prints what it found: for a person, for a pipe; as JSON, `grep_json` does."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from player.cli.arguments import use_colour
from player.console import escaped
from player.times import clock, date_and_clock, elapsed

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from formats.store import Listed
    from player.search.matching import Spans
    from player.search.results import Hit, Result

_US_PER_S = 1_000_000
_SHORT_ID = 8
_COLOURS = {"match": "\x1b[1;31m", "time": "\x1b[32m", "id": "\x1b[35m", "dim": "\x1b[2m"}
_PLAIN = "\x1b[m"
_BREAK = " ↵ "
"""Between the lines of a match that flows over the end of one."""


class Printer(Protocol):
    """Is given session after session, each in one part or several; the last part is `done`.

    If it `decides`, `found` says whether anything was.
    """

    decides: bool
    found: bool

    def session(self, listed: Listed, result: Result) -> None:
        """Print what was found in a session, or in a part of it."""

    def end(self) -> None:
        """All sessions were searched."""


def printer_of(
    typed: Namespace, title_of: Callable[[Listed], str | None], *, several: bool
) -> Printer:
    """The printer that the options ask for. `title_of` says what a session is called."""
    named = (several or typed.with_filename) and not typed.no_filename
    if typed.files_with_matches or typed.files_without_match:
        return _Ids(without=typed.files_without_match)
    if typed.count:
        return _Counts(named=named, several=several)
    if typed.json:
        from player.cli.grep_json import Json  # noqa: PLC0415

        return Json()
    return _Lines(
        title_of,
        named=named,
        heading=named and not typed.with_filename and sys.stdout.isatty(),
        dated=several,
        parts=typed.only_matching,
        colour=use_colour(typed.color),
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


class _Ids:
    def __init__(self, *, without: bool) -> None:
        self.decides = without
        self.found = False
        self._without = without
        self._has_hits = False

    def session(self, listed: Listed, result: Result) -> None:
        had_hits, self._has_hits = self._has_hits, self._has_hits or bool(result.hits)
        if self._without:
            named = result.done and not result.error and not self._has_hits
        else:
            named = self._has_hits and not had_hits
        if named:
            self.found = True
            _say(_name(listed))
            sys.stdout.flush()
        if result.done:
            self._has_hits = False

    def end(self) -> None:
        pass


class _Counts:
    decides = found = False

    def __init__(self, *, named: bool, several: bool) -> None:
        self._named = named
        self._several = several
        self._count = 0

    def session(self, listed: Listed, result: Result) -> None:
        self._count += result.number
        if not result.done:
            return
        if self._count or not self._several:
            name = f"{_name(listed)}:" if self._named else ""
            _say(f"{name}{self._count}")
            sys.stdout.flush()
        self._count = 0

    def end(self) -> None:
        pass


def _name(listed: Listed) -> str:
    """What names the session to another command: its id, or the path of a file elsewhere."""
    session = listed.session
    return session.id if session.stored else escaped(session.path)


class _Lines:
    decides = found = False

    def __init__(
        self,
        title_of: Callable[[Listed], str | None],
        *,
        named: bool,
        heading: bool,
        dated: bool,
        parts: bool,
        colour: bool,
    ) -> None:
        self._title_of = title_of
        self._named = named and not heading
        self._heading = heading
        # Of many hits in a second the clock is the same.
        self._when = lru_cache(1)(date_and_clock if dated and not heading else clock)
        self._parts = parts
        colours = _COLOURS if colour else dict.fromkeys(_COLOURS, "")
        self._match, self._time, self._id, self._dim = colours.values()
        self._plain = _PLAIN if colour else ""
        self._printed: Listed | None = None

    def session(self, listed: Listed, result: Result) -> None:
        if not result.hits:
            return
        if self._heading and self._printed is not listed:
            if self._printed:
                _say("")
            self._say_heading(listed)
        start_us = listed.meta.start_us
        name = f"{self._id}{listed.session.id[:_SHORT_ID]}{self._plain} " if self._named else ""
        if result.groups:
            self._say_groups(result, name, start_us)
        else:
            for hit in result.hits:
                self._say_hit(hit, name, start_us)
        self._printed = listed
        sys.stdout.flush()

    def end(self) -> None:
        pass

    def _say_heading(self, listed: Listed) -> None:
        meta = listed.meta
        when = date_and_clock(meta.start_us)[: -len(":00")]
        what = self._title_of(listed) or " ".join(meta.command)
        _say(
            f"{self._id}{listed.session.id[:_SHORT_ID]}{self._plain}  "
            f"{self._dim}{when}{self._plain}  {escaped(what)}"
        )

    def _stamp(self, at_us: int, start_us: int, count: int = 1) -> str:
        times = f" x{count}" if count > 1 else ""
        second_us = at_us - at_us % _US_PER_S
        at = f"{elapsed(max(0, at_us - start_us))} {self._when(second_us)}{times}"
        return f"{self._time}{at}{self._plain}"

    def _say_hit(self, hit: Hit, name: str, start_us: int) -> None:
        label = f"{self._dim}{hit.label}:{self._plain} " if hit.label else ""
        head = f"{name}{self._stamp(hit.at_us, start_us, hit.count)}  {label}"
        if self._parts:
            for text, spans in zip(hit.texts, hit.spans, strict=True):
                for begin, end in spans:
                    if end > begin:
                        _say(f"{head}{self._match}{escaped(text[begin:end])}{self._plain}")
            return
        marked = self._marked if self._match else _unmarked
        lines = map(marked, hit.texts, hit.spans)
        _say(head + f"{self._dim}{_BREAK}{self._plain}".join(lines))

    def _say_groups(self, result: Result, name: str, start_us: int) -> None:
        for number, group in enumerate(result.groups):
            if number or (self._printed and not self._heading):
                _say("--")
            for at_us, text, hit in group:
                if hit >= 0:
                    self._say_hit(result.hits[hit], name, start_us)
                else:
                    when = self._stamp(at_us, start_us)
                    _say(f"{name}{when}- {self._dim}{escaped(text)}{self._plain}")

    def _marked(self, text: str, spans: Spans) -> str:
        """The line, escaped, what matches in colour."""
        end = 0
        parts: list[str] = []
        for start, stop in spans:
            if stop > start:
                parts += [escaped(text[end:start]), self._match, escaped(text[start:stop])]
                parts.append(self._plain)
                end = stop
        return "".join((*parts, escaped(text[end:])))


def _unmarked(text: str, _spans: Spans) -> str:
    """The line, escaped."""
    return escaped(text)
