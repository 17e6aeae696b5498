"""`cs-grep`: find what was on the screens of sessions."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from formats.errors import SessionsError
from player.cli.grep_options import FOUND, NONE, PROG, parsed, parser
from player.cli.selecting import ALL, filters_of, none_yet, selected, told_title
from player.console import UsageError, say

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator, Sequence

    from formats.layout import Home
    from formats.store import Listed
    from player.search.pattern import Pattern
    from player.search.results import Hit, Result

    Plain = tuple[
        list[tuple[Any, ...]],
        list[list[tuple[int, str, int]]],
        str | None,
        str | None,
        int,
        bool,
        int,
    ]
    """A Result of values that go from process to process."""

__all__ = ["main", "parser"]

_FORK_FROM_BYTES = 4 << 20
# Of compressed lines: what one process searches in the time that starting others takes.
_SLOW_S = 1.0


def main(argv: Sequence[str]) -> int:
    """Search sessions; the exit code is grep's."""
    typed = parsed(argv)
    names, texts = _names_and_patterns(typed)
    # Not for --help and wrong usage.
    from formats.layout import Home  # noqa: PLC0415
    from player.search.pattern import How, patterns  # noqa: PLC0415

    how = How(
        ignore_case=typed.ignore_case,
        smart_case=typed.smart_case and not typed.ignore_case,
        fixed=typed.fixed_strings,
        word=typed.word_regexp,
        whole_line=typed.line_regexp,
        exact=typed.exact or typed.raw or typed.invert_match,
        flow=typed.flow,
    )
    sought = patterns(texts, how)
    home = Home.of(os.environ, typed.home)
    filters = filters_of(typed)
    sessions = selected(home, names, filters)
    if not sessions and not typed.quiet and not filters:
        say(PROG, none_yet(home))
    if typed.sort == "oldest":
        sessions.reverse()
    return _Search(typed, home, sessions, sought).run()


def _names_and_patterns(typed: Namespace) -> tuple[list[str], list[str]]:
    """SESSION arguments and patterns, out of what was typed in the order SESSION… PATTERN."""
    names: list[str] = list(typed.words)
    if typed.secrets:
        _refuse_with_secrets(typed)
        return names or [ALL], []
    texts: list[str] = list(typed.regexp)
    for path in typed.file:
        texts += _lines_of(path)
    if not typed.regexp and not typed.file:
        if not names:
            raise UsageError(f"SESSION and PATTERN are missing ({PROG} -h shows the usage)")
        texts = [names.pop()]
        if not names and not filters_of(typed):
            raise UsageError(
                f"SESSION or PATTERN is missing: `{PROG} all {texts[0]}` searches all sessions "
                f"({PROG} -h shows the usage)"
            )
    return names or [ALL], texts


def _refuse_with_secrets(typed: Namespace) -> None:
    for option, given in (
        ("-e", typed.regexp),
        ("-f", typed.file),
        ("-v", typed.invert_match),
        ("--raw", typed.raw),
        ("--play", typed.play),
        ("--flow", typed.flow),
    ):
        if given:
            raise UsageError(f"--secrets searches by its own rules: {option} cannot be with it")


def _lines_of(path: str) -> list[str]:
    if path == "-":
        return sys.stdin.read().splitlines()
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read().splitlines()


class _Plan(NamedTuple):
    """What there is to search, and in how many processes."""

    sessions: Sequence[Listed]
    processes: int
    signatures: dict[str, Any]


class _Search:
    """One run of the command."""

    def __init__(
        self, typed: Namespace, home: Home, sessions: Sequence[Listed], patterns: Sequence[Pattern]
    ) -> None:
        from player.cli.grep_output import printer_of  # noqa: PLC0415
        from player.cli.grep_search import finder, needed, wanted  # noqa: PLC0415

        self._typed = typed
        self._home = home
        self._sessions = sessions
        self._patterns = patterns
        self._wanted = wanted(typed)
        self._find = finder(typed, home, patterns)
        self._needed = needed(typed, patterns)
        self._several = len(sessions) > 1 or ALL in typed.words
        self._printer = printer_of(
            typed, lambda listed: told_title(home, listed), several=self._several
        )
        self._progress = Progress(len(sessions))
        self._failed = False
        self._given_up = 0

    def run(self) -> int:
        hits = 0
        for number, result in self._results():
            self._progress.clear()
            listed = self._sessions[number]
            self._say(result)
            if self._typed.play is not None:
                if hits < self._typed.play <= hits + len(result.hits):
                    return self._play(listed, result.hits[int(self._typed.play) - hits - 1])
            elif not self._typed.quiet:
                self._printer.session(listed, result)
            hits += result.number
            if self._typed.quiet and hits:
                break
            self._progress.hits = hits
        self._progress.clear()
        if self._typed.play is not None and not self._failed:
            only = "is only 1 hit" if hits == 1 else f"are only {hits} hits"
            say(PROG, f"{f'there {only}' if hits else 'nothing matches'}: nothing to play")
            return NONE
        if self._typed.play is None and not self._typed.quiet:
            self._printer.end()
        if self._given_up:
            say(PROG, f"gave up on {self._given_up} lines: PATTERN takes more than 0.5 s for each")
        found_any = self._printer.found if self._printer.decides else bool(hits)
        return 2 if self._failed else FOUND if found_any else NONE

    def _say(self, result: Result) -> None:
        self._given_up += result.given_up
        if result.damage:
            say(PROG, result.damage)
        if result.error:
            self._failed = True
            say(PROG, result.error)

    def _results(self) -> Iterator[tuple[int, Result]]:
        from player.parallel import in_order  # noqa: PLC0415
        from player.search.results import Hit, Result  # noqa: PLC0415

        plan = self._plan()
        results = in_order(
            self._worker(plan), len(plan.sessions), plan.processes, self._progress.tell
        )
        for number, plain in results:
            found = [Hit(*hit) for hit in plain[0]]
            yield number, Result(found, *plain[1:])

    def _worker(self, plan: _Plan) -> Callable[[int], Iterator[Plain]]:
        from player.search.finding import search  # noqa: PLC0415
        from player.search.results import Result  # noqa: PLC0415

        # Another process than ours has no terminal of its own to say it on.
        progress = self._progress.making if plan.processes == 1 else None

        def work(number: int) -> Iterator[Plain]:
            session = plan.sessions[number].session
            signature = plan.signatures.get(session.id)
            given_up = self._number_given_up()
            try:
                for found in search(
                    self._home,
                    session,
                    self._find,
                    self._wanted,
                    signature,
                    sought=self._needed,
                    progress=progress,
                ):
                    now = self._number_given_up()
                    yield _plain(found._replace(given_up=now - given_up))
                    given_up = now
            except SessionsError as error:
                if not self._several:
                    raise
                yield _plain(Result([], [], error=str(error)))

        return work

    def _number_given_up(self) -> int:
        return sum(pattern.given_up for pattern in self._patterns)

    def _plan(self) -> _Plan:
        """Few or small sessions are searched here; starting processes takes some milliseconds."""
        sessions = self._sessions
        if len(sessions) < 2:  # noqa: PLR2004
            return _Plan(sessions, 1, {})
        from player.index.logfiles import signatures  # noqa: PLC0415
        from player.index.pieces import path_of  # noqa: PLC0415
        from player.parallel import cores  # noqa: PLC0415

        total = 0
        for one in sessions:
            if total > _FORK_FROM_BYTES:
                break
            try:
                total += os.stat(path_of(self._home, one.session.id)).st_size
            except FileNotFoundError:
                total += _FORK_FROM_BYTES
        processes = cores() if total > _FORK_FROM_BYTES or self._typed.raw else 1
        return _Plan(sessions, processes, signatures(self._home))

    def _play(self, listed: Listed, hit: Hit) -> int:
        from player.cli.play import main as play  # noqa: PLC0415
        from player.times import elapsed  # noqa: PLC0415

        home = [] if self._typed.home is None else ["--home", self._typed.home]
        session = listed.session.id if listed.session.stored else listed.session.path
        at = elapsed(max(0, hit.at_us - listed.meta.start_us))
        size = ["--size", "{}x{}".format(*self._typed.size)] if self._typed.size else []
        return play([*home, session, *size, "--at", at, "--find", self._sought(hit)])

    def _sought(self, hit: Hit) -> str:
        """What the player is to go on with: the patterns, or the parts of a match over lines."""
        pattern, *more = self._patterns
        typed = self._typed
        if pattern.plain and not (more or typed.fixed_strings or typed.word_regexp):
            return pattern.text
        if len(hit.texts) == 1:
            return "|".join(pattern.expression for pattern in self._patterns)
        import re  # noqa: PLC0415

        parts = zip(hit.texts, hit.spans, strict=True)
        return "|".join(re.escape(text[spans[0][0] : spans[-1][1]]) for text, spans in parts)


def _plain(result: Result) -> Plain:
    hits = [tuple(hit) for hit in result.hits]
    return (hits, *result[1:])


class Progress:
    """A line on the terminal that says how far it is, once that takes long."""

    def __init__(self, count: int) -> None:
        self.hits = 0
        self._count = count
        self._number = 0
        self._shown = False
        self._from_s = time.monotonic() + _SLOW_S if sys.stderr and sys.stderr.isatty() else None

    def tell(self, number: int) -> None:
        """That many sessions are done."""
        self._number = number
        if self._count > 1:
            self._say(f"searched {number} of {self._count} sessions")

    def making(self, done: int, total: int) -> None:
        """So far are the lines of the session that is being searched."""
        if total:
            number = f" of session {self._number + 1} of {self._count}" if self._count > 1 else ""
            self._say(f"read {done / total:.0%} of the log{number}")

    def _say(self, words: str) -> None:
        if self._from_s is None or time.monotonic() < self._from_s:
            return
        hits = f"{self.hits} hit{'' if self.hits == 1 else 's'}"
        sys.stderr.write(f"\r\x1b[K{words}, {hits} ")
        sys.stderr.flush()
        self._shown = True

    def clear(self) -> None:
        """Take it away before anything else is printed."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False
