"""Completion for fish: what is the same for all commands is core.fish, the rest `complete`s."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scripts.clidocs.commands import FILES, FOLDERS, SESSIONS, TRASHED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scripts.clidocs.commands import Documented, Option, Value


def completion(commands: Sequence[Documented]) -> str:
    """One script for all of them."""
    core = Path(__file__).with_name("core.fish").read_text(encoding="utf-8")
    return core + "".join("".join(_lines(command)) for command in commands)


def stub(_: str) -> str:
    """The file by a command's own name, which fish loads when it is first needed."""
    return (
        "# Made by scripts/cli-docs; do not edit.\n"
        "source (path dirname (status filename))/claude-sessions.fish\n"
    )


def _lines(command: Documented) -> Iterator[str]:
    ours = ""
    if command.name == "rec":
        yield f"complete -c {command.prog} -n __cs_after_dashes -f -a '(__cs_recorded_command)'\n"
        ours = " -n 'not __cs_after_dashes'"
    for argument in command.arguments[:1]:
        yield f"complete -c {command.prog}{ours} {_taken(argument.value, argument=True)}\n"
    for option in command.options:
        yield f"complete -c {command.prog}{ours} {_option(option)}\n"


def _option(option: Option) -> str:
    names = " ".join(
        f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names
    )
    taken = "" if option.value is None or option.value.optional else f" {_taken(option.value)}"
    return f"{names}{taken} -d {_quoted(option.help)}"


def _taken(value: Value, *, argument: bool = False) -> str:
    """What is taken; `argument` for a word by its place, which need not be there."""
    alone, with_files = ("-f", "-F") if argument else ("-x", "-rF")
    # With an empty description of their own, or each would have the option's.
    words = " ".join(f'{word}\\t""' for word in value.words)
    if value.kind == SESSIONS:
        return f"{alone} -k -a '{words} (__cs_sessions logs)'"
    if value.kind == TRASHED:
        return f"{alone} -a '{words} (__cs_sessions trash)'"
    if value.kind == FILES:
        return with_files
    if value.kind == FOLDERS:
        return f"{alone} -a '(__fish_complete_directories)'"
    return f"{alone} -a '{words}'" if words else alone


def _quoted(text: str) -> str:
    """As fish reads it: only backslashes and quotes are special between single quotes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
