"""Which sessions a command is about: SESSION arguments, and the filters that many commands share.

A command adds the options with `add_filters`, and has what they leave from `selected`.
"""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from formats.errors import NoSuchSessionError, printable
from player.cli.arguments import SESSION_HELP, checked

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Sequence

    from formats.layout import Home
    from formats.meta import Meta
    from formats.store import Listed

ALL: Final = "all"
SESSIONS_HELP: Final = f"all, {SESSION_HELP}"

_WILD: Final = r"[*?\[]"


class Filters(NamedTuple):
    """What a session must be like. A session must match one of each kind that is given.

    A glob without a wildcard is looked for anywhere in the text, case ignored. `since_us` and
    `until_us`: it must have run at some time between them.
    """

    titles: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    since_us: int | None = None
    until_us: int | None = None

    def __bool__(self) -> bool:
        return any(value for value in self)

    def let_through(self, listed: Listed, title: str | None = None) -> bool:
        """Whether a session is like that; `title` is another that it has."""
        meta = listed.meta
        if self.since_us is not None and not listed.live:
            last_us = meta.start_us if meta.end_us is None else meta.end_us
            if last_us < self.since_us:
                return False
        if self.until_us is not None and meta.start_us > self.until_us:
            return False
        titles = [one for one in (meta.title, title) if one]
        return (
            _any(self.titles, titles, _like)
            and _any(self.tags, meta.tags, _is_tag)
            and _any(self.directories, [meta.cwd or ""], _in_directory)
            and _any(self.commands, [_command_line(meta)] if self.commands else [], _like)
        )


def add_filters(parser: ArgumentParser) -> None:
    """The options that choose among sessions, and `--since` and `--until`."""
    group = parser.add_argument_group(
        "which sessions",
        "GLOB is text that is to be found, case ignored; with * or ? or [ ] the whole must fit.\n"
        "WHEN is 2h, 30m, 3d, today, yesterday, monday, 18:15, 2026-02-07, '2026-02-07 18:15'\n"
        "or RFC 3339.",
    )
    for option, what in (
        ("title", "whose title fits"),
        ("tag", "with such a tag, in full"),
        ("cwd", "recorded in such a directory; a path means it and all below it"),
        ("command", "of such a command"),
    ):
        group.add_argument(
            f"--{option}",
            metavar="PATH" if option == "cwd" else "GLOB",
            action="append",
            default=[],
            help=f"only sessions {what} (may be given again: one of them is enough)",
        )
    for option, end in (("since", False), ("until", True)):
        group.add_argument(
            f"--{option}",
            metavar="WHEN",
            type=checked(_moment(end=end)),
            help=f"only what was {'until' if end else 'since'} then",
        )


def filters_of(typed: Namespace) -> Filters:
    """What was given to the options of `add_filters`."""
    return Filters(
        tuple(typed.title),
        tuple(typed.tag),
        tuple(typed.cwd),
        tuple(typed.command),
        typed.since,
        typed.until,
    )


def none_yet(home: Home) -> str:
    """What to say where nothing was ever recorded."""
    return f"no session is recorded yet in {printable(home.logs, 200)}: cs-rec makes one"


def selected(
    home: Home,
    names: Sequence[str],
    filters: Filters = Filters(),  # noqa: B008  a value that nothing changes
    *,
    rebuild_s: float | None = 0.0,
) -> list[Listed]:
    """The sessions that are meant, each once, the newest first.

    `names` are SESSION arguments; none, or `all`, mean the whole store. Raises what
    `formats.meant.resolve` raises, and NoSuchSessionError when sessions were named and none of
    them is left.
    """
    from formats.meant import meant  # noqa: PLC0415  not for --help
    from formats.store import listing  # noqa: PLC0415  not for --help

    whole = listing(home, rebuild_s=rebuild_s) if not names or ALL in names else None
    found = {} if whole is None else {(one.session.id, one.session.path): one for one in whole}
    for name in names:
        if name == ALL:
            continue
        one = meant(home, name)
        found.setdefault((one.session.id, one.session.path), one)
    left = [
        one
        for one in found.values()
        if filters.let_through(one, told_title(home, one) if filters.titles else None)
    ]
    if found and not left and names and ALL not in names:
        raise NoSuchSessionError("none of these sessions is as the filters want it")
    left.sort(key=lambda one: (one.meta.start_us, one.session.id), reverse=True)
    return left


def told_title(home: Home, listed: Listed) -> str | None:
    """What a session is called, by a person, by its program, or by what was typed first."""
    from player.sessions.overview import overview  # noqa: PLC0415  mostly not needed

    return overview(home, listed, 0).title


def _moment(*, end: bool) -> Callable[[str], int]:
    def convert(text: str) -> int:
        from player.when import moment_us  # noqa: PLC0415  mostly not needed

        return moment_us(text, time.time_ns() // 1000, end=end)

    return convert


def _command_line(meta: Meta) -> str:
    from shlex import join  # noqa: PLC0415  mostly not needed

    return join(meta.command)


def _any(globs: Sequence[str], texts: Sequence[str], fits: Callable[[str, str], bool]) -> bool:
    return not globs or any(fits(glob, text) for glob in globs for text in texts)


def _like(glob: str, text: str) -> bool:
    if not re.search(_WILD, glob):
        return glob.lower() in text.lower()
    return _fits(glob, text)


def _is_tag(glob: str, text: str) -> bool:
    return _fits(glob, text) if re.search(_WILD, glob) else glob.lower() == text.lower()


def _in_directory(glob: str, text: str) -> bool:
    if re.search(_WILD, glob):
        return _fits(os.path.expanduser(glob), text)
    if "/" not in glob and not glob.startswith((".", "~")):
        return glob.lower() in text.lower()
    path = os.path.expanduser(glob)
    folders = {os.path.abspath(path), os.path.realpath(path)}
    return any((text + "/").startswith(folder.rstrip("/") + "/") for folder in folders)


def _fits(glob: str, text: str) -> bool:
    from fnmatch import fnmatchcase  # noqa: PLC0415  mostly not needed

    return fnmatchcase(text.lower(), glob.lower())
