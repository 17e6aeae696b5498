"""The docs and the commands say the same."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

from claude_sessions_recorder import COMMANDS
from formats.config import Config, load
from formats.layout import Home
from scripts.clidocs import commands as parsers

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
CODE = re.compile(r"```.*?\n(.*?)```|`([^`\n]+)`", re.DOTALL)
# A command and its options, up to what belongs to another program or is a remark.
CALL = re.compile(r"\bcs-(\w+)\b((?:(?! -- |[|;&#\n]|\bcs-\w).)*)")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")


@cache
def documented() -> list[parsers.Documented]:
    """All commands as their parsers describe them."""
    return parsers.documented()


@cache
def options_of(name: str) -> frozenset[str]:
    (command,) = (one for one in documented() if one.name == name)
    return frozenset(OPTION.findall(command.help))


def code_in(page: Path) -> str:
    return "\n".join(block or span for block, span in CODE.findall(page.read_text()))


def test_what_is_made_from_the_parsers_is_what_they_say():
    """docs/cli.md, the man pages and the completions."""
    argv = [sys.executable, str(ROOT / "scripts" / "cli-docs"), "--check"]
    stale = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=60)
    assert not stale.stderr
    found = stale.stdout.split()
    if sys.version_info >= (3, 13) and "docs/cli.md" in found:
        found.remove("docs/cli.md")  # that Python lays out --help in another way
    assert not found, "stale: python scripts/cli-docs"


@pytest.mark.skipif(not shutil.which("man"), reason="there is no man here; .ci/run installs it")
@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_man_page_reads_well(name):
    argv = ["man", "--warnings", "-l", str(ROOT / "man" / f"cs-{name}.1")]
    environ = os.environ | {"MANWIDTH": "80", "LC_ALL": "C.UTF-8", "MAN_KEEP_FORMATTING": ""}
    done = subprocess.run(argv, check=True, capture_output=True, text=True, env=environ, timeout=30)
    assert not done.stderr
    shown = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    assert f"cs-{name} - " in shown
    assert not options_of(name) - set(OPTION.findall(shown))
    headings = [line for line in shown.splitlines() if line[:1].isalpha() and line.isupper()]
    assert {"NAME", "SYNOPSIS", "OPTIONS", "EXAMPLES", "EXIT STATUS", "FILES"} <= set(headings)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_begins_with_a_line_that_says_what_the_command_is_for(name):
    (command,) = (one for one in documented() if one.name == name)
    assert re.fullmatch(r"[A-Z].{10,98}\.", command.summary)
    # Else the sentence goes on in the next line.
    assert f"{command.summary}\n\n" in command.help


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_is_in_the_docs(name):
    written = set(OPTION.findall("\n".join(page.read_text() for page in PAGES)))
    assert not options_of(name) - written


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_option_in_the_docs_exists(page):
    wrong = [
        f"cs-{name} {option}"
        for name, rest in CALL.findall(code_in(page))
        if name in COMMANDS
        for option in OPTION.findall(rest)
        if option not in options_of(name)
    ]
    assert not wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_the_docs_exists(page):
    named = set(re.findall(r"(?<![\w/-])cs-([a-z]+)\b(?![-=.])", page.read_text()))
    assert not named - set(COMMANDS)


def test_every_command_is_in_the_readme():
    assert not {name for name in COMMANDS if f"cs-{name}" not in PAGES[0].read_text()}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_says_what_a_man_page_does(name):
    (command,) = (one for one in documented() if one.name == name)
    shown = command.help
    assert shown.startswith(f"usage: cs-{name} ")
    assert re.search(rf"(?m)^examples:\n  .*\bcs-{name}\b", shown)
    assert re.search(r"(?m)^exit status: ", shown)
    assert "~/.claude-sessions" in shown
    common = [option.names for option in command.groups[-1].options]
    assert command.groups[-1].title == "common options"
    assert common == [("-h", "--help"), ("--home",), ("--version",)]
    assert not [option.names for option in command.options if not option.help]


# What many commands have is the same in all; but cs-grep has grep's letters, a filter takes a GLOB
# where others give a text, and -f is --follow to those who know tail(1).
OF_GREP = {"-f", "-i", "-l", "-o", "-v", "--output"}
OF_TAIL = {"-f"}


def test_an_option_is_the_same_in_every_command():
    letters: dict[str, set[str]] = {}
    taken: dict[str, set[str]] = {}
    for command in documented():
        for option in command.options:
            for name in option.names:
                if command.name == "grep" and name in OF_GREP:
                    continue
                if command.name == "play" and name in OF_TAIL:
                    continue
                if option.value is None or option.value.metavar != "GLOB":
                    taken.setdefault(name, set()).add(option.value.metavar if option.value else "")
                if not name.startswith("--"):
                    long = next(one for one in option.names if one.startswith("--"))
                    letters.setdefault(name, set()).add(long)
    assert not {name: meant for name, meant in letters.items() if len(meant) > 1}
    assert not {name: values for name, values in taken.items() if len(values) > 1}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_setting_in_the_docs_exists(page, home):
    text = page.read_text()
    for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL):
        (home / "config.toml").write_text(block)
        load(Home(str(home)), {})
    variables = set(re.findall(r"\bCLAUDE_SESSIONS_([A-Z_]*[A-Z])\b", text)) - {"HOME"}
    assert not {name.lower() for name in variables} - set(Config._fields)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    assert not [
        link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_is_named_in_the_docs_is_there(page):
    for file, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page.read_text()):
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        assert name in {getattr(node, "name", None) for node in tree.body}, f"{file}::{name}"


def test_every_row_about_privacy_names_a_test():
    _, table = (ROOT / "docs/privacy.md").read_text().split("## Which test holds what\n\n")
    assert not [row for row in table.splitlines()[2:] if "`tests/" not in row]


def test_every_dependency_is_explained():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[\[<>=; ]", line)[0] for line in wanted}
    page = (ROOT / "docs" / "dependencies.md").read_text()
    assert not {name for name in names if f"`{name}`" not in page}


def test_the_settings_in_the_readme_are_all_there_are(home):
    (block,) = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (home / "config.toml").write_text(block)
    load(Home(str(home)), {})
    assert set(tomllib.loads(block)) == set(Config._fields)


def test_the_continuous_check_finds_the_command_in_the_readme():
    pattern = r"(?m)^python3 -m venv .*pytest$"
    assert "grep -m 1 -E '^python3 -m venv .*pytest$' README.md" in (ROOT / ".ci/run").read_text()
    assert len(re.findall(pattern, (ROOT / "README.md").read_text())) == 1
