"""What cs-play, cs-grep and cs-ls share on the command line: options, words, escaping.

Errors are raised, never printed: that is the launcher's.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, NoReturn, TypeVar

from formats import VERSION
from formats.errors import SessionsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from formats.session import Damage

    T = TypeVar("T")

_USUAL_COLUMNS = 80

_COMMON = "common options"
SESSION_HELP = "an id, the first 4 or more characters of one, last, last~N, or a log file's path"

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


class UsageError(SessionsError):
    """The command line holds what cannot be."""


class Parser(argparse.ArgumentParser):
    """Raises UsageError where argparse would print and exit; what all commands have comes last."""

    def format_help(self) -> str:
        """The help, the group of common options at its end."""
        self._action_groups.sort(key=lambda group: group.title == _COMMON)
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        """Raise the message as one line that says where help is."""
        shown = escaped(message)
        raise UsageError(f"{shown} ({self.prog} -h shows the usage)")


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """As wide as the terminal. Without a width argparse imports shutil: 4 ms at each start."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    """As shutil.get_terminal_size: what $COLUMNS says, else the terminal."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(1).columns or _USUAL_COLUMNS
    except OSError:
        return _USUAL_COLUMNS


def command_parser(prog: str, usage: str, description: str, epilog: str) -> Parser:
    """The parser of one of the commands, with what they have in common."""
    parser = Parser(
        prog=prog,
        usage=f"{prog} {usage}",
        description=description,
        epilog=epilog,
        formatter_class=_Formatter,
        allow_abbrev=False,
        add_help=False,
    )
    common = parser.add_argument_group(_COMMON)
    common.add_argument("-h", "--help", action="help", help="show this help")
    common.add_argument(
        "--home",
        metavar="PATH",
        help="where sessions lie (default: $CLAUDE_SESSIONS_HOME, else ~/.claude-sessions)",
    )
    common.add_argument(
        "--version", action="version", version=f"{prog} {VERSION}", help="print the version"
    )
    return parser


def checked(convert: Callable[[str], T]) -> Callable[[str], T]:
    """`convert` as the type of an argument: what it raises reaches the person with its option."""

    def converted(text: str) -> T:
        try:
            return convert(text)
        except (SessionsError, ValueError) as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return converted


def number(least: float, most: float) -> Callable[[str], float]:
    """An argument type: a number within limits, ends included."""

    def converted(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:  # nor is NaN
            raise argparse.ArgumentTypeError(f"{text!r} is no number from {least:g} to {most:g}")
        return value

    return converted


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


def use_colour(when: str) -> bool:
    """Whether `--color WHEN` means colours now: `auto` on a terminal that can (no-color.org)."""
    if when != "auto":
        return when == "always"
    return (
        sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") not in (None, "", "dumb")
    )
