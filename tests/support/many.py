"""Many short commands at once: each in a fork of one process that has Python and ours loaded.

A start of Python each would be most of the time that hundreds of them take.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Done(NamedTuple):
    """How a command ended: exit code, and what it wrote."""

    code: int
    out: str
    err: str


def run_many(
    argvs: Sequence[Sequence[str]], *, cwd: Path, environ: dict[str, str] | None = None
) -> list[Done]:
    """Run `cs-NAME ARGUMENTS` for each of `argvs` (NAME first), with nothing on stdin."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.many"],
        input=json.dumps(argvs),
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, **(environ or {}), "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=cwd,
        check=True,
        timeout=50,
    )
    return [Done(*one) for one in json.loads(done.stdout)]


def _run(argv: list[str]) -> Done:
    import claude_sessions_recorder as commands  # noqa: PLC0415

    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        pid = os.fork()
        if not pid:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            code = 70
            try:
                code = commands.main(argv)
                sys.stdout.flush()
            finally:
                os._exit(code)
        _, status = os.waitpid(pid, 0)
        texts: list[str] = []
        for file in out, err:
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    return Done(os.waitstatus_to_exitcode(status), *texts)


def _main() -> None:
    import claude_sessions_recorder as commands  # noqa: PLC0415
    import formats.store  # noqa: F401, PLC0415  loaded once, for all

    argvs: list[list[str]] = json.load(sys.stdin)
    for name in {argv[0] for argv in argvs}:
        __import__(commands.COMMANDS[name].module)
    json.dump([_run(argv) for argv in argvs], sys.stdout)


if __name__ == "__main__":
    _main()
