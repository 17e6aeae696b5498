"""What all commands share on the command line: their parser, types of arguments, words of help.

Errors are raised, never printed: that is the launcher's.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, NoReturn, TypeVar

from formats import VERSION
from formats.errors import SessionsError
from player.console import UsageError, escaped

if TYPE_CHECKING:
    from collections.abc import Callable

    T = TypeVar("T")

_USUAL_COLUMNS = 80

_COMMON = "common options"
SESSION_HELP = "an id, the first 4 or more characters of one, last, last~N, or a log file's path"


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
    # As wide as the terminal, which argparse would ask for each option, with shutil: 4 ms.
    width = _columns() - 2
    parser = Parser(
        prog=prog,
        usage=f"{prog} {usage}",
        description=description,
        epilog=epilog,
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=width),
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


def use_colour(when: str) -> bool:
    """Whether `--color WHEN` means colours now: `auto` on a terminal that can (no-color.org)."""
    if when != "auto":
        return when == "always"
    return (
        sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") not in (None, "", "dumb")
    )
