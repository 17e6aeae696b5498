"""docs/cli.md: every command's `--help`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scripts.clidocs.commands import Documented

_HEAD = """\
# The commands

Made by `scripts/cli-docs` from `--help`; do not edit. Every command also runs as
`python -m claude_sessions_recorder NAME`, NAME being what follows `cs-`.
"""


def page(commands: Iterable[Documented]) -> str:
    """The whole page."""
    parts = [f"## {command.prog}\n\n```\n{command.help.rstrip()}\n```\n" for command in commands]
    return "\n".join([_HEAD, *parts])
