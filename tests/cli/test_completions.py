"""Completion as a person meets it: bash, zsh and fish in a window, and the Tab key."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from formats.size import Size
from tests.support.window import PlayerWindow

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPLETIONS = Path(__file__).parents[2] / "completions"
ONE, OTHER, REMOVED = (f"{first}-0000-4000-8000-000000000000" for first in
                       ("3f2a0001", "3f2b0002", "77c00003"))  # fmt: skip
HOSTILE = "a [b]: %F{red}`touch $(touch pwned)`'\" \\u009b31m"
SHELLS = {
    "bash": (["--norc", "--noprofile", "-i"], f". {COMPLETIONS}/bash/cs-play"),
    "zsh": (
        ["-f", "-i"],
        f"fpath=({COMPLETIONS}/zsh $fpath); autoload -U compinit; compinit -u -D; PS1='ready> '",
    ),
    "fish": (
        ["--no-config", "-i"],
        f"set -p fish_complete_path {COMPLETIONS}/fish; function fish_prompt; echo 'ready> '; end",
    ),
}


def stored(home: Path, session_id: str, **said: object) -> None:
    logs = home / "logs"
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    (logs / f"{session_id}.0001.jsonl.zst").touch()
    (logs / f"{session_id}.jsonl").touch()
    meta = {"version": 1, "command": ["make", "all"], "title": None, **said}
    (logs / f"{session_id}.meta.json").write_text(
        json.dumps(meta, ensure_ascii=False, separators=(",", ":")) + "\n"
    )


class Shell(PlayerWindow):
    """A shell that knows the completions, in a home with two sessions and one in the trash."""

    def completes(self, typed: str, *to: str, tabs: int = 1) -> list[str]:
        """Type it and Tab, and wait until all of `to` stands in the window; its rows."""
        for key in ("ctrl-u", "ctrl-l", typed):
            self.press(key)
        self.see(f"ready> {typed}".rstrip())
        self.press("\t")
        if tabs > 1:
            # A shell in the middle of the first Tab would lose the second.
            before = len(self.screen)
            deadline = time.monotonic() + 0.3
            self.until(lambda: len(self.screen) > before or time.monotonic() > deadline)
            self.press("\t")
        return self.see(*to)


@pytest.fixture(params=SHELLS)
def shell(request, home, tmp_path, commands) -> Iterator[Shell]:
    if shutil.which(request.param) is None:
        pytest.skip(f"there is no {request.param} here; .ci/run installs it")
    stored(home, ONE, title="the release")
    stored(home, OTHER, title=HOSTILE)
    (home / "trash" / f"{REMOVED}.20261127T085200457Z").mkdir(parents=True)
    (tmp_path / "folder").mkdir()
    arguments, setting_up = SHELLS[request.param]
    environ = {**os.environ, "HOME": str(tmp_path), "PS1": "ready> ", "TERM": "xterm"}
    environ["PATH"] = f"{commands}:{environ['PATH']}"
    argv = [request.param, *arguments]
    window = Shell(argv, environ, size=Size(120, 40), cwd=tmp_path)
    try:
        window.press(setting_up, "enter", "echo re''ached", "enter")
        window.see("reached")
        yield window
    finally:
        window.close()
    assert not (tmp_path / "pwned").exists()


def test_what_a_person_completes(shell):
    shell.completes("cs-play 3f2a", f"cs-play {ONE}")
    shell.completes("cs-ls ", ONE, OTHER, "the release", "a [b]", "last", "all", tabs=2)
    shell.completes("cs-restore 77c", f"cs-restore {REMOVED}")
    shell.completes("cs-play --spe", "cs-play --speed")
    shell.completes("cs-grep --sort ne", "cs-grep --sort newest")
    shell.completes("cs-export --format ttyr", "cs-export --format ttyrec")
    shell.completes("cs-ls --home fol", "cs-ls --home folder/")
    shell.completes("cs-rec fol", "cs-rec folder/")
    shell.completes("cs-rec . -- ls fol", "cs-rec . -- ls folder/")
    shell.completes("cs-rec --title x -- basena", "cs-rec --title x -- basename")


def test_the_home_of_the_line_is_the_home_that_is_looked_in(shell, tmp_path):
    stored(tmp_path / "other", f"5e5e{ONE[4:]}")
    shell.completes("cs-play --home other 5e", f"cs-play --home other 5e5e{ONE[4:]}")
    shell.completes("cs-play --home=other 5e", f"cs-play --home=other 5e5e{ONE[4:]}")
