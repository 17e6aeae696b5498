"""Completion for zsh: what is the same for all commands is core.zsh, the rest `_arguments`."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from scripts.clidocs.commands import FILES, FOLDERS, SESSIONS, TRASHED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scripts.clidocs.commands import Documented, Option, Value


def completion(commands: Sequence[Documented]) -> str:
    """One script for all of them: an autoloaded function that is named for none."""
    core = Path(__file__).with_name("core.zsh").read_text(encoding="utf-8")
    parts = [f"#compdef {' '.join(command.prog for command in commands)}\n", core]
    parts.append("_claude-sessions() {\n    case $service in\n")
    for command in commands:
        specs = " \\\n            ".join(_specs(command))
        before = "_cs_recorded || " if command.name == "rec" else ""
        parts.append(f"    {command.prog})\n        {before}_arguments -s -S \\\n")
        parts.append(f"            {specs}\n        ;;\n")
    parts.append('    esac\n}\n\n_claude-sessions "$@"\n')
    return "".join(parts)


def _specs(command: Documented) -> Iterator[str]:
    for option in command.options:
        yield from _option(option)
    for argument in command.arguments[:1]:
        place = "*" if argument.many else "1"
        yield quote(f"{place}:{_escaped(argument.value.metavar)}:{_action(argument.value)}")


def _option(option: Option) -> Iterator[str]:
    """One word for each name: they exclude each other unless the option may be given again."""
    others = "*" if option.repeats else f"({' '.join(option.names)})"
    help_text = _escaped(option.help)
    for name in option.names:
        if option.value is None:
            yield quote(f"{others}{name}[{help_text}]")
            continue
        joined = "=" if name.startswith("--") else "+"
        colon = "::" if option.value.optional else ":"
        metavar = _escaped(option.value.metavar)
        value = f"{colon}{metavar}:{_action(option.value)}"
        yield quote(f"{others}{name}{joined}[{help_text}]{value}")


def _action(value: Value) -> str:
    if value.kind in (SESSIONS, TRASHED):
        folder = "logs" if value.kind == SESSIONS else "trash"
        # The blank: without it _arguments puts options of its own between.
        return f" _cs_sessions {folder} {' '.join(value.words)}"
    if value.words:
        return f"({' '.join(value.words)})"
    return {FILES: "_files", FOLDERS: "_files -/"}.get(value.kind, " ")


def _escaped(text: str) -> str:
    for character in "\\:[]":
        text = text.replace(character, f"\\{character}")
    return text
