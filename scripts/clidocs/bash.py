"""Completion for bash: what is the same for all commands is core.bash, the rest two tables."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from scripts.clidocs.commands import names_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scripts.clidocs.commands import Documented, Value

_OPTIONS = """
# Prints the options of a command.
_cs_options() {
    case $1 in
"""
_VALUES = """
# Sets `kind` and `words`: what a command's option takes, or, without one, its arguments. Fails
# where nothing is taken.
_cs_value() {
    kind=nothing words=
    case $1:$2 in
"""


def completion(commands: Sequence[Documented]) -> str:
    """One script for all of them."""
    core = Path(__file__).with_name("core.bash").read_text(encoding="utf-8")
    parts = [core, _OPTIONS]
    parts += [
        f"    {one.prog}) echo {quote(' '.join(names_of(one.options)))} ;;\n" for one in commands
    ]
    parts += ["    esac\n}\n", _VALUES]
    for command in commands:
        parts += _values(command)
    parts += ["    *) return 1 ;;\n    esac\n}\n\n"]
    parts.append("complete -F _cs_complete " + " ".join(one.prog for one in commands) + "\n")
    return "".join(parts)


def stub(_: str) -> str:
    """The file by a command's own name, which bash-completion loads when it is first needed."""
    return (
        "# Made by scripts/cli-docs; do not edit.\n"
        "# shellcheck shell=bash source=/dev/null\n"
        '. "${BASH_SOURCE[0]%/*}/claude-sessions"\n'
    )


def _values(command: Documented) -> Iterator[str]:
    cases: dict[Value, list[str]] = {}
    for option in command.options:
        if option.value is not None:
            key = option.value._replace(metavar="", optional=False)
            cases.setdefault(key, []).extend(option.names)
    for argument in command.arguments[:1]:
        cases.setdefault(argument.value._replace(metavar="", optional=False), []).append("")
    for value, names in cases.items():
        pattern = " | ".join(f"{command.prog}:{name}" for name in names)
        yield f"    {pattern})\n        kind={value.kind} words={quote(' '.join(value.words))}\n"
        yield "        ;;\n"
