"""Man pages, in the man(7) macros that groff, mandoc and every other reader know."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING

import formats
from formats.layout import HOME_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scripts.clidocs.commands import Argument, Documented, Group, Option

# A heading of an epilog: at the beginning of a line, what belongs to it indented or behind it.
_HEADING = re.compile(r"^([A-Za-z][^:\n]{2,60}):(?: (.+))?$")
_CONTINUED = 6
# So far lines are indented that go on with a meaning.
_FILES = """\
.TP
.I ~/.claude\\-sessions
The sessions and all that belongs to them, readable by you alone.
.TP
.I ~/.claude\\-sessions/config.toml
Settings. An option of the command goes before the environment, that before this file.
"""


def man_page(command: Documented, all_commands: Sequence[Documented]) -> str:
    """The page `cs-NAME.1`."""
    title = f'"claude\\-sessions\\-recorder {formats.VERSION}" "Claude Sessions"'
    parts = [
        '.\\" Made by scripts/cli-docs; do not edit.\n',
        f'.TH {command.prog.upper()} 1 "" {title}\n',
        ".nh\n.ad l\n",
        f".SH NAME\n{_text(command.prog)} \\- {_text(_uncapitalised(command.summary))}\n",
        ".SH SYNOPSIS\n" + "".join(_usage(line) for line in command.usage),
        ".SH DESCRIPTION\n" + _prose(f"{command.summary}\n{command.description}"),
    ]
    if command.arguments:
        parts.append(".SH ARGUMENTS\n" + "".join(map(_argument, command.arguments)))
    parts.append(".SH OPTIONS\n" + "".join(map(_group, command.groups)))
    parts += _sections(command.epilog)
    if "\nfiles:" not in command.epilog:
        parts.append(f".SH FILES\n{_FILES}")
    parts.append(_environment())
    others = [one.prog for one in all_commands if one.name != command.name]
    parts.append(
        ".SH SEE ALSO\n" + "".join(f".BR {_text(one)} (1),\n" for one in others)[:-2] + "\n"
    )
    return "".join(parts)


def _usage(line: str) -> str:
    prog, _, rest = line.removeprefix("usage: ").partition(" ")
    return f".B {_text(prog)}\n{_text(rest)}\n.br\n"


def _argument(argument: Argument) -> str:
    return f".TP\n.I {_text(argument.value.metavar)}\n{_text(argument.help)}\n"


def _group(group: Group) -> str:
    heading = "" if group.title in ("options", "") else f".SS {_text(group.title.capitalize())}\n"
    text = _prose(group.text) if group.text else ""
    return heading + text + "".join(map(_option, group.options))


def _option(option: Option) -> str:
    value = option.value
    shown = ""
    if value is not None:
        metavar = f"\\fI{_text(value.metavar)}\\fR"
        shown = f" [{metavar}]" if value.optional else f" {metavar}"
    names = ", ".join(f"\\fB{_text(name)}\\fR" for name in option.names)
    return f".TP\n{names}{shown}\n{_text(option.help)}\n"


def _sections(epilog: str) -> Iterator[str]:
    """The epilog's parts under headings of their own; what has none goes on before them."""
    title, lines = "NOTES", list[str]()
    for line in epilog.rstrip().splitlines():
        match = _HEADING.match(line)
        if match is None:
            lines.append(line)
            continue
        yield from _section(title, lines)
        title, lines = match[1].upper(), [match[2]] if match[2] else []
    yield from _section(title, lines)


def _section(title: str, lines: list[str]) -> Iterator[str]:
    body = "\n".join(lines).strip("\n")
    if body:
        yield f".SH {_text(title)}\n{_prose(body, commands=title == 'EXAMPLES')}"


def _prose(text: str, *, commands: bool = False) -> str:
    """Paragraphs, two columns (a term, what it means), tables of more: each as roff sets it.

    `commands`: a line that is no column is a command.
    """
    parts: list[str] = []
    before = _Kind.TEXT
    for line in text.strip("\n").splitlines():
        kind, columns = _kind(line, before, commands=commands)
        if (before == _Kind.TABLE) != (kind == _Kind.TABLE):
            parts.append(".PP\n.nf\n" if kind == _Kind.TABLE else ".fi\n")
        if kind == _Kind.TERM:
            parts.append(f".TP\n.B {columns[0]}\n" + "".join(f"{one}\n" for one in columns[1:]))
        elif kind == _Kind.BLANK or (kind == _Kind.TEXT and before == _Kind.TERM):
            parts.append(".PP\n")
        if kind not in (_Kind.TERM, _Kind.BLANK):
            parts.append(f"{_text(line[2:] if kind == _Kind.TABLE else line.strip())}\n")
        before = _Kind.TERM if kind == _Kind.MORE else kind
    return "".join(parts) + (".fi\n" if before == _Kind.TABLE else "")


class _Kind(Enum):
    """What a line of an epilog is; MORE goes on with the meaning of a term."""

    TEXT = auto()
    BLANK = auto()
    TERM = auto()
    MORE = auto()
    TABLE = auto()


def _kind(line: str, before: _Kind, *, commands: bool) -> tuple[_Kind, list[str]]:
    columns = [_text(column) for column in re.split(r" {2,}", line.strip())]
    indent = len(line) - len(line.lstrip())
    if not line.strip():
        return _Kind.BLANK, []
    if before == _Kind.TERM and indent >= _CONTINUED:
        return _Kind.MORE, []
    if indent and len(columns) > 2:  # noqa: PLR2004
        return _Kind.TABLE, []
    if indent and (commands or len(columns) > 1):
        return _Kind.TERM, columns
    return _Kind.TEXT, []


def _environment() -> str:
    return (
        ".SH ENVIRONMENT\n"
        f".TP\n.B {HOME_VARIABLE}\nAnother folder in the place of \\fI~/.claude\\-sessions\\fR.\n"
        ".TP\n.B CLAUDE_SESSIONS_*\nEvery setting of config.toml, its name in capitals.\n"
        ".TP\n.B NO_COLOR\nNo colours, where a command would use them by itself.\n"
    )


def _uncapitalised(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")


def _text(text: str) -> str:
    """`text` so that roff shows it as it is; no line of it is taken for a request."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    text = text.replace("^", "\\(ha").replace("~", "\\(ti").replace('"', "\\(dq")
    return f"\\&{text}" if text.startswith((".", "\\(aq")) else text
