"""What a command's parser says, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from claude_sessions_recorder import COMMANDS
from formats.settings import SYNCS
from player.exporting.forms import NAMES as FORMS

if TYPE_CHECKING:
    from argparse import Action, ArgumentParser
    from collections.abc import Iterator

FILES, FOLDERS, SESSIONS, TRASHED, NOTHING = "files", "folders", "sessions", "trashed", "nothing"
_KINDS: Final = {
    "FILE": FILES,
    "PATH": FOLDERS,
    "DIR": FOLDERS,
    "SESSION": SESSIONS,
    "SESSION... PATTERN": SESSIONS,
}
# Words that a parser checks without listing them.
_WORDS: Final = {
    ("rec", "--sync"): SYNCS,
    ("export", "--format"): FORMS,
    ("restore", "SESSION"): ("last",),
}
_STORED: Final = ("last", "last~1")


class Value(NamedTuple):
    """What an option or an argument takes: of what `kind`, and which words always do."""

    metavar: str
    kind: str
    words: tuple[str, ...] = ()
    optional: bool = False


class Option(NamedTuple):
    """An option, its short names first; `value` is None for one that stands alone."""

    names: tuple[str, ...]
    help: str
    value: Value | None
    repeats: bool


class Argument(NamedTuple):
    """An argument by its place; `many` when more than one may be given."""

    value: Value
    help: str
    many: bool


class Group(NamedTuple):
    """Options that stand together in `--help`."""

    title: str
    text: str
    options: list[Option]


class Documented(NamedTuple):
    """A command. `summary` is one line; `description` what follows it, `epilog` as in `--help`."""

    name: str
    usage: list[str]
    summary: str
    description: str
    arguments: list[Argument]
    groups: list[Group]
    epilog: str
    help: str

    @property
    def prog(self) -> str:
        """What is typed."""
        return f"cs-{self.name}"

    @property
    def options(self) -> list[Option]:
        """All of them, whatever their group."""
        return [option for group in self.groups for option in group.options]


def documented() -> list[Documented]:
    """All commands, in the order of the launcher."""
    return [_read(name, command.module) for name, command in COMMANDS.items()]


def _read(name: str, module: str) -> Documented:
    parser: ArgumentParser = __import__(module, fromlist=["parser"]).parser()
    shown = parser.format_help()  # puts the groups in their order
    summary, _, description = (parser.description or "").partition("\n")
    arguments: list[Argument] = []
    groups: list[Group] = []
    for group in parser._action_groups:  # noqa: SLF001  argparse has no other way to ask
        actions = list(group._group_actions)  # noqa: SLF001
        options = [_option(name, action) for action in actions if action.option_strings]
        arguments += [_argument(name, action) for action in actions if not action.option_strings]
        if options:
            groups.append(Group(group.title or "", group.description or "", options))
    usage = [line.strip() for line in (parser.usage or "").splitlines()]
    return Documented(
        name, usage, summary, description.strip("\n"), arguments, groups,
        parser.epilog or "", shown,
    )  # fmt: skip


def _option(name: str, action: Action) -> Option:
    names = tuple(sorted(action.option_strings, key=lambda text: text.startswith("--")))
    repeats = type(action).__name__ == "_AppendAction"
    value = None if action.nargs == 0 else _value(name, names[-1], action)
    return Option(names, _help(action), value, repeats)


def _argument(name: str, action: Action) -> Argument:
    value = _value(name, str(action.metavar or action.dest), action)
    many = action.nargs in ("*", "+")
    return Argument(value, _help(action), many)


def _value(name: str, named: str, action: Action) -> Value:
    if action.choices is not None:
        words = tuple(map(str, action.choices))
        return Value(f"{{{','.join(words)}}}", NOTHING, words)
    metavar = str(action.metavar or action.dest.upper())
    kind = _KINDS.get(metavar, NOTHING)
    if kind == SESSIONS and name == "restore":
        kind = TRASHED
    words = _WORDS.get((name, named), _STORED if kind == SESSIONS else ())
    if kind == SESSIONS and "all, " in _help(action):
        words = ("all", *words)
    return Value(metavar, kind, words, optional=action.nargs == "?")


def _help(action: Action) -> str:
    return " ".join((action.help or "").replace("%%", "%").split())


def names_of(options: list[Option]) -> Iterator[str]:
    """Every name of every option."""
    for option in options:
        yield from option.names
