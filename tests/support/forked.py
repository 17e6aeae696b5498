"""`cs-NAME` in a fork of one process that has Python and ours loaded.

A start of Python each would be most of the time that hundreds of short commands take. All else is
as when a shell starts it: a process of its own, with its own environment, folder and descriptors.
"""

from __future__ import annotations

import gc
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

import claude_sessions_recorder as commands
import formats
import player

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROOT = Path(__file__).parents[2]
_MOST_BYTES = 1 << 20
_LIMIT_S = 30
_FAULT = 70
"""The exit code where a command has raised what none should let through."""
_AT_THE_START = ("LANG", "LC_", "PYTHON")
"""What Python looks at once, when it is started: names of variables begin with these."""


class Forked:
    """Runs one command after another."""

    def __init__(self) -> None:
        self._calls, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._calls.settimeout(_LIMIT_S)
        self._started_with = _at_the_start()
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            cwd=_ROOT,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()

    def run(
        self, argv: Sequence[str], cwd: str | Path | None = None
    ) -> subprocess.CompletedProcess[str] | None:
        """Run `cs-NAME ARGUMENTS` (NAME first) with nothing on stdin.

        None where Python itself is to be started in another way. Raises TimeoutExpired.
        """
        if _at_the_start() != self._started_with:
            return None
        call = json.dumps([list(argv), os.fspath(cwd or os.getcwd()), dict(os.environ)])
        with open(os.devnull, "rb") as nothing, TemporaryFile() as out, TemporaryFile() as err:
            streams = [file.fileno() for file in (nothing, out, err)]
            socket.send_fds(self._calls, [call.encode()], streams)
            pid = int(self._calls.recv(_MOST_BYTES))
            try:
                status = int(self._calls.recv(_MOST_BYTES))
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                self._calls.recv(_MOST_BYTES)
                raise subprocess.TimeoutExpired(argv, _LIMIT_S) from None
            texts: list[str] = []
            for file in (out, err):
                file.seek(0)
                texts.append(file.read().decode(errors="surrogateescape"))
        return subprocess.CompletedProcess(argv, os.waitstatus_to_exitcode(status), *texts)

    def close(self) -> None:
        """End the process that forks."""
        self._calls.close()
        self._process.wait()


def _at_the_start() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(_AT_THE_START)}


def _load() -> None:
    """Import what any command may: it imports no more than it needs, and each time anew."""
    for package in (formats, player):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            __import__(found.name)


def _serve(calls: socket.socket) -> None:
    """Fork for each call."""
    _load()
    gc.freeze()  # what is there for all is not looked at, and so not copied, by each
    while True:
        call, streams, _, _ = socket.recv_fds(calls, _MOST_BYTES, 3)
        if not call:
            return
        (name, *arguments), cwd, environ = json.loads(call)
        pid = os.fork()
        if not pid:
            code = _FAULT
            try:
                _become(streams, cwd, environ)
                code = commands.COMMANDS[name](arguments)
                sys.stderr.flush()
            finally:
                os._exit(code)  # to take down all that is loaded would take longer than most do
        for fd in streams:
            os.close(fd)
        calls.send(b"%d" % pid)
        calls.send(b"%d" % os.waitpid(pid, 0)[1])


def _become(streams: list[int], cwd: str, environ: dict[str, Any]) -> None:
    for number, fd in enumerate(streams):
        os.dup2(fd, number)
        os.close(fd)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
