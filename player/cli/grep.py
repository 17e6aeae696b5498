"""`cs-grep`: find what was on a session's screen."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from formats import timestamp
from formats.size import parse_size
from player.cli.console import (
    SESSION_HELP,
    checked,
    command_parser,
    escaped,
    say_damage,
    use_colour,
)
from player.search import compile_pattern, hits
from player.times import clock, elapsed

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable, Iterator, Sequence

    from formats.session import Damage, Session
    from formats.size import Size
    from player.lines import ScreenLine
    from player.search import Hit

PROG = "cs-grep"
_FOUND, _NONE = 0, 1
_US_PER_S = 1_000_000
_MATCH, _TIME, _PLAIN = "\x1b[1;31m", "\x1b[32m", "\x1b[m"

_DESCRIPTION = """\
Find PATTERN in what was on SESSION's screen: each line that stood there and matches, once, with
the time when what matches was first to be seen. Lines are searched as they were to be read,
whatever cursor movements drew them.
"""
_EPILOG = """\
output:
  0:01:23.456 18:15:32  the line     since the beginning, the clock on the wall in your time zone,
                                     and the line, its control characters escaped
  --json, one object a line: session_id; at_s, at (when it was first to be seen: seconds since
  the beginning, and RFC 3339); last_s, last (when it was last seen); count (how often it appeared);
  line; matches ([start, end] in characters of line)

examples:
  cs-grep last "Unable to connect"        what the last session showed
  cs-grep 3f2a -i 'error|warning'         a Python regular expression, case ignored
  cs-grep last -F 'a[0]'                  plain text
  cs-grep last -c PASSED                  how many lines
  cs-grep last --json error | jq .at_s    for programs
  cs-play last --at 0:01:23.456           see the moment of a hit

exit status: 0 found, 1 not found, 2 an error.
"""


def main(argv: Sequence[str]) -> int:
    """Search a session; the exit code is grep's."""
    typed = parser().parse_args(argv)
    pattern = compile_pattern(
        typed.pattern, literal=typed.fixed_strings, ignore_case=typed.ignore_case
    )
    # Not for --help and wrong usage.
    from formats.layout import Home  # noqa: PLC0415
    from formats.session import Damage  # noqa: PLC0415
    from formats.store import resolve  # noqa: PLC0415

    session = resolve(Home.of(os.environ, typed.home), typed.session)
    damage = Damage()
    show = _shower(session, json=typed.json, color=typed.color)
    count = 0
    for hit in hits(_lines(session, typed.size, damage), pattern):
        count += 1
        if not typed.count:
            print(show(hit), flush=True)
    if typed.count:
        print(count)
    say_damage(PROG, damage)
    return _FOUND if count else _NONE


def parser() -> ArgumentParser:
    """The parser of `cs-grep`."""
    made = command_parser(PROG, "[options] SESSION PATTERN", _DESCRIPTION, _EPILOG)
    made.add_argument("session", metavar="SESSION", help=SESSION_HELP)
    made.add_argument("pattern", metavar="PATTERN", help="a regular expression (Python's re)")
    searching = made.add_argument_group("searching")
    searching.add_argument("-i", "--ignore-case", action="store_true", help="ignore case")
    searching.add_argument(
        "-F", "--fixed-strings", action="store_true", help="PATTERN is plain text"
    )
    searching.add_argument(
        "--size",
        metavar="COLSxROWS",
        type=checked(parse_size),
        help="the recorded screen's size at the beginning (default: what the log says, else "
        "what its output fits into)",
    )
    output = made.add_argument_group("output")
    output.add_argument("-c", "--count", action="store_true", help="only how many lines match")
    output.add_argument("--json", action="store_true", help="one JSON object a line")
    output.add_argument(
        "--color",
        "--colour",
        choices=("auto", "always", "never"),
        default="auto",
        help="colour what matches (default: auto, that is on a terminal)",
    )
    return made


def _lines(session: Session, size: Size | None, damage: Damage) -> Iterator[ScreenLine]:
    from player.lines import screen_lines  # noqa: PLC0415  the screen engine: --help needs none
    from player.sizing import initial_size  # noqa: PLC0415

    return screen_lines(session.entries(damage), size or initial_size(session.entries()))


def _shower(session: Session, *, json: bool, color: str) -> Callable[[Hit], str]:
    """What makes a hit a line of output."""
    first_us = next((entry.time_us for entry in session.entries()), 0)
    if json:
        return lambda hit: _as_json(session.id, first_us, hit)
    match, time, plain = (_MATCH, _TIME, _PLAIN) if use_colour(color) else ("", "", "")

    def show(hit: Hit) -> str:
        when = f"{elapsed(hit.at_us - first_us)} {clock(hit.at_us)}"
        return f"{time}{when}{plain}  {_marked(hit, match, plain)}"

    return show


def _marked(hit: Hit, match: str, plain: str) -> str:
    """The line, escaped, what matches within `match` and `plain`."""
    text, end = hit.line.text, 0
    parts: list[str] = []
    for start, stop in hit.spans:
        if stop > start:
            parts += [escaped(text[end:start]), match, escaped(text[start:stop]), plain]
            end = stop
    return "".join((*parts, escaped(text[end:])))


def _as_json(session_id: str, first_us: int, hit: Hit) -> str:
    import orjson  # noqa: PLC0415

    line = hit.line
    fields: dict[str, Any] = {
        "session_id": session_id,
        "at_s": (hit.at_us - first_us) / _US_PER_S,
        "at": timestamp.text(hit.at_us),
        "last_s": (line.last_us - first_us) / _US_PER_S,
        "last": timestamp.text(line.last_us),
        "count": line.count,
        "line": line.text,
        "matches": hit.spans,
    }
    return orjson.dumps(fields).decode()
