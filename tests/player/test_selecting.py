"""Which sessions are meant: names and filters."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING

import pytest

from formats.errors import NoSuchSessionError
from formats.layout import Home
from player.cli.selecting import Filters, add_filters, filters_of, selected
from player.index.summary import Summary, write_summary
from tests.support.logs import BEGINNING_US, Said, ended, start, store_log, write_log

if TYPE_CHECKING:
    from pathlib import Path

HOUR_US = 3_600_000_000


@pytest.fixture
def store(home: Path) -> Home:
    """Three sessions of a minute each, an hour between them; `made` are their ids by title."""
    for number, (title, tags, cwd, command) in enumerate(
        (
            ("Fix the parser", ["rust", "Urgent"], "/srv/compiler", ["claude"]),
            ("release", [], "/srv/compiler/docs", ["make", "release notes"]),
            (None, [], "/home/me/compiler-old", ["bash"]),
        )
    ):
        begin = start(tags=tags, cwd=cwd, command=command)
        if title and isinstance(begin.what, dict):
            begin.what["title"] = title
        store_log(home, begin, ended(60_000), beginning_us=BEGINNING_US + number * HOUR_US)
    return Home(str(home))


def chosen(store: Home, *arguments: str, names: tuple[str, ...] = ()) -> list[str]:
    parser = ArgumentParser()
    add_filters(parser)
    filters = filters_of(parser.parse_args(arguments))
    return [one.meta.command[0] for one in selected(store, names, filters)]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ([], ["bash", "make", "claude"]),
        (["--title", "PARSER"], ["claude"]),
        (["--title", "fix*"], ["claude"]),
        (["--title", "parse?"], []),
        (["--title", "parser", "--title", "rel[e]ase"], ["make", "claude"]),
        (["--title", "parser", "--command", "make"], []),
        (["--tag", "urgent"], ["claude"]),
        (["--tag", "urg"], []),
        (["--tag", "urg*"], ["claude"]),
        (["--cwd", "/srv/compiler"], ["make", "claude"]),
        (["--cwd", "/srv/compiler/"], ["make", "claude"]),
        (["--cwd", "/srv/comp"], []),
        (["--cwd", "compiler"], ["bash", "make", "claude"]),
        (["--cwd", "/srv/*/docs"], ["make"]),
        (["--command", "release notes"], ["make"]),
        (["--since", "2026-02-07T19:16:00Z"], ["bash", "make"]),
        (["--until", "2026-02-07T19:16:00Z"], ["make", "claude"]),
        (["--since", "2026-02-07T18:16:32Z", "--until", "2026-02-07T18:17:00Z"], ["claude"]),
    ],
)
def test_filters(store, arguments, found):
    assert chosen(store, *arguments) == found


def test_the_current_directory(store, monkeypatch, tmp_path, home):
    store_log(home, start(cwd=str(tmp_path), command=["here"]), ended(1))
    monkeypatch.chdir(tmp_path)
    assert chosen(store, "--cwd", ".") == ["here"]


def test_names_are_sessions_each_once_newest_first(store, tmp_path):
    write_log(tmp_path / "talk.jsonl", start(command=["elsewhere"]), Said(5, b"x"), beginning_us=1)
    names = (str(tmp_path / "talk.jsonl"), "last~2", "last", "last~0")
    assert chosen(store, names=names) == ["bash", "claude", "elsewhere"]
    assert chosen(store, names=("all", "last")) == ["bash", "make", "claude"]
    assert chosen(store, "--command", "claude", names=names) == ["claude"]


def test_filters_that_leave_nothing_of_what_was_named(store):
    with pytest.raises(NoSuchSessionError, match="filters"):
        chosen(store, "--title", "nothing", names=("last",))
    assert chosen(store, "--title", "nothing", names=("all",)) == []


def test_the_title_that_a_program_gave_itself_counts(store):
    untitled = next(one for one in selected(store, []) if one.meta.title is None)
    store.create()
    summary = Summary(0, 1, 0, "drawn by hand", "", 0)
    write_summary(store, untitled.session.id, summary)
    assert [one.meta for one in selected(store, [], Filters(titles=("drawn",)))] == [untitled.meta]
    write_summary(store, untitled.session.id, summary._replace(title="", first_typed="make it"))
    assert [one.meta for one in selected(store, [], Filters(titles=("make",)))] == [untitled.meta]
