"""What may be typed after `cs-grep`. What is then done is `player.cli.grep`'s."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from formats.size import parse_size
from player.cli.arguments import checked, command_parser
from player.cli.selecting import SESSIONS_HELP, add_filters

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence

PROG = "cs-grep"
FOUND, NONE = 0, 1
# Alone, or behind flags in one word: -Fe.
_PATTERN_FOLLOWS = "-[iSFwxvoclLqH]*e|--regexp"

_USAGE = """[options] SESSION... PATTERN
       cs-grep [options] [-e PATTERN | -f FILE]... [SESSION...]
       cs-grep [options] --secrets [SESSION...]"""
_DESCRIPTION = """\
Find what was on the screens of sessions, as grep finds in files.

Each line that stood there and matches PATTERN is shown, once, with the time when what matches was
first to be seen. Lines are searched as they were to be read, whatever cursor movements drew them;
also those of full-screen programs. The newest session comes first.

With an option of "which sessions", or with -e or -f, SESSION may be left out: it is then "all".
"""
_EPILOG = """\
patterns:
  PATTERN is a regular expression of Python's, matched within a line; with -F it is plain text.
  Plain words with blanks between them (no expression, or -F) are also found where the interface
  broke the line: blanks, the edges of boxes and the end of a line count as one blank between two
  words. --exact turns that off, --flow does it for an expression. An expression that would take
  for ever is matched by RE2 where that can hold it, else given up after 0.5 s a line, which is
  said.

secrets:
  --secrets lists the lines that show a key, a token or a password, as the rules of cs-redact and
  those of the config (redact, redact_words) find them: which rule, and the line with all but the
  first characters of the secret masked. All words are SESSION; without one all are searched.

output:
  0:01:23.456 18:15:32 x4  the line
                  since the beginning; the clock on the wall in your time zone; how often it
                  appeared, if more than once; the line, its control characters escaped
  Of several sessions, the session's id comes first in each line and the clock has its date; on a
  terminal the hits of a session stand under a heading instead.
  Hits come as they are found. While the lines of a session are still being made, a text that comes
  again is not given again, and xN counts what was seen until then; -A, -B and -C wait for its end.
  -c gives ID:COUNT, -l and -L give ids; of a single session -c gives the count alone.
  --json gives ripgrep's messages, one object a line: begin, match, context, end, summary. `data`
  of match and context: path, lines, submatches (start and end in bytes of lines.text) as in
  ripgrep; session_id; at_s, at (when what matches was first seen: seconds since the beginning, and
  RFC 3339); first_s, last_s, first, last (the line's); count; typed; rule (with --secrets).

examples:
  cs-grep last "Unable to connect"         what the last session showed
  cs-grep all error                        in everything that was ever recorded
  cs-grep 3f2a -i 'error|warning'          a regular expression, case ignored
  cs-grep last~5 -F 'a[0]' -C 2            plain text, two lines before and after
  cs-grep --since yesterday --cwd . TODO   what this project's sessions showed since yesterday
  cs-grep --input all 'git push'           only what you typed
  cs-grep --secrets all                    which keys and passwords were to be seen, and where
  cs-grep all -c panicked                  how many lines in each session
  cs-grep all -l panicked | xargs -n1 cs-info
  cs-grep --play last "Unable to connect"  open the player at the first hit
  cs-grep --json all error | jq 'select(.type == "match").data.at'

exit status: 0 found, 1 not found, 2 an error.
"""


def parser() -> ArgumentParser:
    """The parser of `cs-grep`."""
    made = command_parser(PROG, _USAGE, _DESCRIPTION, _EPILOG)
    made.add_argument(
        "words",
        metavar="SESSION... PATTERN",
        nargs="*",
        help=f"where to search ({SESSIONS_HELP}), and what for",
    )
    _add_patterns(made)
    add_filters(made)
    _add_lines(made)
    _add_output(made)
    return made


def parsed(argv: Sequence[str]) -> Namespace:
    """What was typed. Raises UsageError.

    A word behind -e is a pattern whatever it begins with, where argparse would see an option; and
    argparse's own -- does not hold among options and words that are mixed.
    """
    options: list[str] = []
    dashed: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--":
            break
        follows = word.startswith("-") and re.fullmatch(_PATTERN_FOLLOWS, word)
        pattern = next(words, None) if follows else None
        if pattern is None:
            # --play takes a number behind = only: the word that follows is a SESSION.
            options.append("--play=1" if word == "--play" else word)
        elif pattern.startswith("-"):
            dashed.append(pattern)
            options += [word[:-1]] * (word[1:-1].isalpha())
        else:
            options += (word, pattern)
    typed = parser().parse_intermixed_args(options)
    typed.words += words
    typed.regexp += dashed
    return typed


def _add_patterns(made: ArgumentParser) -> None:
    group = made.add_argument_group("patterns")
    add = group.add_argument
    add("-e", "--regexp", metavar="PATTERN", action="append", default=[],
        help="a pattern (again: one of them is enough); all other words are SESSION")  # fmt: skip
    add("-f", "--file", metavar="FILE", action="append", default=[],
        help="patterns from a file, one a line; - is standard input")  # fmt: skip
    add("-i", "--ignore-case", action="store_true", help="ignore case")
    add("-S", "--smart-case", action="store_true",
        help="ignore case unless the pattern holds a capital letter")  # fmt: skip
    add("-F", "--fixed-strings", action="store_true", help="patterns are plain text")
    add("-w", "--word-regexp", action="store_true", help="only whole words match")
    add("-x", "--line-regexp", action="store_true", help="only whole lines match")
    add("-v", "--invert-match", action="store_true", help="lines that do not match")
    add("--secrets", action="store_true",
        help="instead of a pattern: what cs-redact takes for a secret, masked")  # fmt: skip
    flow = group.add_mutually_exclusive_group()
    flow.add_argument("--flow", action="store_true",
        help="a blank is whatever parts words on a screen (default for plain words)")  # fmt: skip
    flow.add_argument(
        "--exact", action="store_true", help="match within a line, blanks as they are"
    )


def _add_lines(made: ArgumentParser) -> None:
    group = made.add_argument_group("which lines")
    typed = group.add_mutually_exclusive_group()
    typed.add_argument("--input", action="store_true", help="only lines that the user typed")
    typed.add_argument("--output", action="store_true", help="only lines that the user did not")
    add = group.add_argument
    add("--transient", action="store_true",
        help="also what stood there for less than a quarter of a second, and each value of a "
        "counter that matches (default: the last, with their number; -o gives all)")  # fmt: skip
    add("--raw", action="store_true",
        help="search the recorded bytes, escape sequences and all")  # fmt: skip
    add("-m", "--max-count", metavar="N", type=checked(count_of),
        help="at most N hits of each session")  # fmt: skip
    add("--size", metavar="COLSxROWS", type=checked(parse_size),
        help="the recorded screen's size at the beginning (default: what the log says, else "
        "what its output fits into)")  # fmt: skip


def _add_output(made: ArgumentParser) -> None:
    group = made.add_argument_group("output")
    add = group.add_argument
    add("-o", "--only-matching", action="store_true", help="only what matches, each on a line")
    add("-c", "--count", action="store_true", help="only how many lines match")
    add(
        "-l",
        "--files-with-matches",
        action="store_true",
        help="only the ids of sessions that match",
    )
    add(
        "-L", "--files-without-match", action="store_true", help="only the ids of those that do not"
    )
    add("-q", "--quiet", action="store_true", help="nothing but the exit status")
    add("-A", "--after-context", metavar="N", type=checked(count_of), help="also N lines after")
    add("-B", "--before-context", metavar="N", type=checked(count_of), help="also N lines before")
    add("-C", "--context", metavar="N", type=checked(count_of), default=0, help="both")
    names = group.add_mutually_exclusive_group()
    names.add_argument("--no-filename", action="store_true", help="no session before its lines")
    names.add_argument("-H", "--with-filename", action="store_true",
        help="the session before each line, also of a single one")  # fmt: skip
    add("--sort", choices=("newest", "oldest"), default="newest",
        help="which session comes first (default: newest)")  # fmt: skip
    add("--color", "--colour", choices=("auto", "always", "never"), default="auto",
        help="colour what matches (default: auto, that is on a terminal)")  # fmt: skip
    add("--json", action="store_true", help="one JSON object a line, in ripgrep's shapes")
    add("--play", metavar="N", type=checked(count_of), nargs="?", const=1,
        help="open the player at the first hit, --play=N: at the N-th; n is the next")  # fmt: skip


def count_of(text: str) -> int:
    """A number from 0 on."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004
        raise ValueError(f"{text!r} is no number of lines or hits")
    return int(text)
