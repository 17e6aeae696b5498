"""`python -m recorder.maintenance HOME`: finish what others left unfinished, keep to the limits.

`cs-rec` starts it at the lowest priority when it is due (`recorder.upkeep`). One at a time; any of
its steps may be cut off anywhere, and is done by the next run. It says what it does on stdout, a
line each, and what it could not do on stderr.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from formats.belongings import belongings
from formats.config import Config, load
from formats.errors import LiveSessionError, SessionsError
from formats.files import FILES, Files
from formats.housekeeping import going_without_lines, maintain
from formats.layout import Home, parse_log_name
from formats.locks import taken
from formats.meta import ENDED, read_meta
from formats.retention import US_PER_DAY
from formats.run import dead_runs, runs, set_aside
from recorder.background import start_module
from recorder.closing import close_dead, remove_empty, seal_whole
from recorder.seal import seal_session
from recorder.sweeping import sweep
from recorder.upkeep import lock_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_US_PER_MINUTE = 60_000_000
# What a shorter log showed is extracted when somebody asks, in less than a process takes to start.
_WORTH_INDEXING_BYTES = 64 << 10


class _Plain(NamedTuple):
    """The plain segments of a session: closed ones before the last, and its last, if plain.

    `last_bytes` is the size of the last, `is_open` says that it has no number yet.
    """

    session_id: str
    closed: int = 0
    last_path: str | None = None
    last_bytes: int = 0
    is_open: bool = False


class Maintenance:
    """One run. `now_us` is the wall clock; what could not be done is in `failed`, in words."""

    def __init__(self, home: Home, config: Config, now_us: int, files: Files = FILES) -> None:
        self._home = home
        self._config = config
        self._now_us = now_us
        self._files = files
        self.done: list[str] = []
        self.failed: list[str] = []
        self.changed: list[str] = []
        """Sessions whose lines are to be made again: their log has another form."""
        self._busy: set[str] = set()

    def run(self) -> None:
        """Do all that is due. Raises BlockingIOError when another run is at it."""
        self._home.create()
        with taken(lock_path(self._home), wait=False):
            live = {run.session_id for run in runs(self._home) if run.live}
            sessions = [one for one in self._plain_segments() if one.session_id not in live]
            for one in sessions:
                self._try(one.session_id, self._close, one)
            self._set_aside_runs()
            for one in sessions:
                self._try(one.session_id, self._seal, one)
            self._try("what was left over", self._sweep)
            self._try("the limits", self._keep_to_the_limits)

    def _try(self, what: str, act: Callable[..., None], *arguments: _Plain) -> None:
        """One that fails does not keep the others; one that is being worked on has its time."""
        try:
            act(*arguments)
        except (LiveSessionError, BlockingIOError):
            self._busy.add(what)
        except SessionsError as error:
            self.failed.append(str(error))
        except OSError as error:
            self.failed.append(f"{what}: {error.strerror or error}")

    def _plain_segments(self) -> list[_Plain]:
        found = belongings(self._home)
        return [self._plain_of(session_id, (b.name for b in files if b.folder == "logs"))
                for session_id, files in found.items()]  # fmt: skip

    def _plain_of(self, session_id: str, names: Iterable[str]) -> _Plain:
        parsed = [(parse_log_name(name), name) for name in names]
        segments = [(one.number or sys.maxsize, one.sealed, text) for one, text in parsed if one]
        last = max((number for number, _, _ in segments), default=0)
        plain = {number: text for number, sealed, text in segments if not sealed}
        closed = sum(number < last for number in plain)
        if last not in plain:
            return _Plain(session_id, closed)
        path = os.path.join(self._home.logs, plain[last])
        return _Plain(session_id, closed, path, _size(path), last == sys.maxsize)

    def _close(self, one: _Plain) -> None:
        if one.last_path is None or self._has_ended(one):
            return
        new = not self._is_idle(one, _US_PER_MINUTE)
        if not new and remove_empty(self._home, one.session_id, self._files):
            self.done.append(f"removed the log of {one.session_id}, which has not begun")
        elif close_dead(self._home, one.session_id, self._files, self._config.sign_key):
            self.done.append(f"closed {one.session_id}: its recorder died")
            self._note_changed(one)

    def _has_ended(self, one: _Plain) -> bool:
        """Whether its summary is of its log as it is, and says how it ended."""
        meta = read_meta(self._home.meta(one.session_id))
        if meta is None or meta.state != ENDED:
            return False
        fits = not one.is_open or meta.open_bytes == one.last_bytes
        return fits and (meta.exit_reason, meta.exit_status, meta.exit_signal) != (None,) * 3

    def _set_aside_runs(self) -> None:
        for session_id in set(dead_runs(self._home)) - self._busy:
            set_aside(self._home, session_id)

    def _seal(self, one: _Plain) -> None:
        if one.closed and seal_session(self._home, one.session_id, self._files, wait=False):
            self.done.append(f"sealed segments of {one.session_id}")
        seal_after = self._config.seal_after
        if seal_after is None or not self._is_idle(one, int(seal_after * US_PER_DAY)):
            return
        if self._has_ended(one) and seal_whole(self._home, one.session_id, self._files):
            self.done.append(f"sealed {one.session_id}, idle for {seal_after:g} days")
            self._note_changed(one)

    def _is_idle(self, one: _Plain, since_us: int) -> bool:
        if one.last_path is None:
            return False
        try:
            written_us = os.lstat(one.last_path).st_mtime_ns // 1000
        except FileNotFoundError:
            return False
        return self._now_us - written_us > since_us

    def _note_changed(self, one: _Plain) -> None:
        if one.last_bytes >= _WORTH_INDEXING_BYTES or one.closed:
            self.changed.append(one.session_id)

    def _sweep(self) -> None:
        self.done += [f"removed {path}" for path in sweep(self._home, self._now_us, self._files)]

    def _keep_to_the_limits(self) -> None:
        if self._config.keep_lines:
            _index(self._home, going_without_lines(self._home, self._config, self._now_us))
        outcome = maintain(self._home, self._config, self._now_us, self._files)
        self.done += [f"moved {session_id} to the trash" for session_id in outcome.discarded]
        self.done += [f"erased {session_id} from the trash" for session_id in outcome.erased]
        self.failed += outcome.failed


def _size(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except FileNotFoundError:
        return 0


def _index(home: Home, sessions: Iterable[str]) -> None:
    """Have the lines of sessions made again, one after the other, at our priority."""
    for session_id in sessions:
        try:
            pid = start_module("player.index.indexing", ("--background", home.path, session_id))
            os.waitpid(pid, 0)
        except OSError:  # made by whoever asks for them
            return


def main(argv: list[str]) -> int:
    """Keep the house that the argument names; 0, or 1 when something could not be done."""
    if len(argv) != 1:
        sys.stderr.write("usage: python -m recorder.maintenance HOME\n")
        return 2
    home = Home(argv[0])
    try:
        run = Maintenance(home, load(home, os.environ), time.time_ns() // 1000)
        run.run()
    except BlockingIOError:
        return 0
    except (SessionsError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.writelines(f"{line}\n" for line in run.done)
    sys.stderr.writelines(f"{line}\n" for line in run.failed)
    sys.stdout.flush()
    _index(home, run.changed)
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
