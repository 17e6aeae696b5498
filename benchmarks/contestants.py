"""The table of those who record: how each is found, called, and where its log lies.

A new peer is one line in FAMILIES. `bare` is nobody: the load straight on the terminal.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

BARE = "bare"
OURS = "cs-rec"
UNSYNCED = "cs-rec-sync-none"  # ours, without any promise about a power cut
SESSIONS = "sessions"  # the home of our sessions inside the folder of a run
VERSION = re.compile(r"\d+(?:\.\d+)+")


@dataclass(slots=True, frozen=True)
class Family:
    """One kind of recorder. `build(program, command, log)` gives its argv; `log` is a path.

    `separate`: it starts processes that outlive the session and are counted apart.
    """

    program: str
    build: Callable[[str, Sequence[str], str], list[str]]
    log: str
    version_option: str = "--version"
    separate: bool = False


@dataclass(slots=True, frozen=True)
class Contestant:
    """One recorder found on this machine; `options` come behind its program's name."""

    name: str
    family: str
    program: str
    version: str
    options: tuple[str, ...] = ()

    @property
    def separate(self) -> bool:
        """Whether it has processes that are counted apart from the recorder."""
        return self.family != BARE and FAMILIES[self.family].separate

    def argv(self, command: Sequence[str], folder: Path) -> list[str]:
        """Return the command line that records `command` to a log in `folder`."""
        if self.family == BARE:
            return list(command)
        family = FAMILIES[self.family]
        program, *rest = family.build(self.program, command, str(folder / family.log))
        return [program, *self.options, *rest]

    def log_bytes(self, folder: Path) -> int:
        """Return the size of everything it stored in `folder`."""
        if self.family == BARE:
            return 0
        log = folder / FAMILIES[self.family].log
        files = log.rglob("*") if log.is_dir() else [log]
        return sum(file.stat().st_size for file in files if file.is_file())


def environment(folder: Path) -> dict[str, str]:
    """Return the whole environment of a run: nobody's own settings, a UTF-8 locale."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder / "home"),
        "CLAUDE_SESSIONS_HOME": str(folder / SESSIONS),
        "SHELL": "/bin/sh",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }


def find(named: Mapping[str, str]) -> list[Contestant]:
    """Return `bare`, ours, and every peer on PATH or in `named` (name to path), in table order.

    A name begins with its family's: asciinema-2.4 is an asciinema. What is named replaces what
    PATH has of the same family, except that ours is always looked for next to this Python first.
    """
    found = [Contestant(BARE, BARE, "", "")]
    for family, its in FAMILIES.items():
        names = [name for name in named if _family(name) == family]
        if names:
            found += [_contestant(name, family, named[name]) for name in names]
        elif program := _look_for(its.program):
            found.append(_contestant("", family, program))
    return found


def unsynced(ours: Contestant) -> Contestant:
    """Return ours as it is with `--sync none`: what durability costs is the difference."""
    return replace(ours, name=UNSYNCED, options=("--sync", "none"))


def _family(name: str) -> str:
    """Return the family that `name` belongs to, ValueError when there is none."""
    fitting = [family for family in FAMILIES if name == family or name.startswith(family + "-")]
    if not fitting:
        msg = f"no recorder is called {name}: a name begins with one of {', '.join(FAMILIES)}"
        raise ValueError(msg)
    return max(fitting, key=len)


def _look_for(program: str) -> str | None:
    beside = str(Path(sys.executable).parent / program)
    return shutil.which(beside) or shutil.which(program)


def _contestant(name: str, family: str, program: str) -> Contestant:
    version = _version(program, FAMILIES[family].version_option)
    if not name:  # several versions of asciinema are different programs: say which one was found
        short = ".".join(version.split(".")[:2])
        name = f"{family}-{short}" if family == "asciinema" and short else family
    return Contestant(name, family, program, version)


def _version(program: str, option: str) -> str:
    """Return the version that `program` tells, "" when it tells none."""
    if not option:
        return ""
    try:
        done = subprocess.run(
            [program, option], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = VERSION.search(done.stdout + done.stderr)
    return match.group() if match else ""


def _by_shell(command: Sequence[str]) -> str:
    """Return `command` for a recorder that hands it to a shell: without a process of the shell."""
    return "exec " + shlex.join(command)


FAMILIES: dict[str, Family] = {
    OURS: Family(
        OURS,
        lambda program, command, _log: [program, "--quiet", ".", "--", *command],
        SESSIONS + "/logs",
        separate=True,
    ),
    "script": Family(
        "script",
        lambda program, command, log: [program, "-q", "-c", _by_shell(command), log],
        "log.script",
    ),
    "script-f": Family(
        "script",
        lambda program, command, log: [program, "-q", "-f", "-c", _by_shell(command), log],
        "log.script",
    ),
    "ttyrec": Family(
        "ttyrec",
        lambda program, command, log: [program, "-e", _by_shell(command), log],
        "log.ttyrec",
        version_option="",  # it has none, and would record a shell instead
    ),
    "termrec": Family(
        "termrec",
        lambda program, command, log: [program, "-e", shlex.join(command), log],  # it adds exec
        "log.ttyrec",
        version_option="",
    ),
    "tlog-rec": Family(
        "tlog-rec",
        lambda program, command, log: [program, "--writer=file", f"--file-path={log}", *command],
        "log.tlog",
    ),
    "asciinema": Family(
        "asciinema",
        lambda program, command, log: [
            *(program, "rec", "--quiet", "--overwrite", "--command", _by_shell(command), log)
        ],
        "log.cast",
    ),
}
