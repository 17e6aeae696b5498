"""What the tests of `cs-rec` need: a real outer terminal, a store of their own, a strict reader.

Nothing is read in the background: a terminal that a test does not read is a stopped one. Every
wait is for a condition, and has a limit.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from contextlib import suppress
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import zstandard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CHILD = Path(__file__).with_name("child.py")
_SCRIPT = Path(sys.executable).with_name("cs-rec")
COMMAND = (
    [str(_SCRIPT)]
    if _SCRIPT.exists()
    else [sys.executable, "-m", "claude_sessions_recorder", "rec"]
)
# The slowest machine that runs the tests; nothing waits this long unless it fails.
LIMIT_S = 20.0
_FIVE = ["timestamp", "session_id", "direction", "data", "size"]
_SENTINEL = b"\x1e-nothing comes after this-\x1e"


class Entry(NamedTuple):
    """A line of a log, as a stranger to our own reader sees it."""

    timestamp: str
    direction: str
    data: bytes
    event: dict[str, Any] | None


class SessionLog:
    """The log of one session, read with nothing of ours, every promise of the format checked."""

    def __init__(self, folder: Path, session_id: str) -> None:
        self.folder = folder
        self.id = session_id

    def files(self) -> list[Path]:
        """Its segments in order; a plain one goes before its sealed form."""
        numbered: dict[str, Path] = {}
        for path in sorted(self.folder.glob(f"{self.id}.[0-9]*.jsonl*"), reverse=True):
            if path.suffix != ".tmp":
                numbered[path.name.split(".")[1]] = path
        closed = [numbered[number] for number in sorted(numbered)]
        return closed + [path for path in (self.folder / f"{self.id}.jsonl",) if path.exists()]

    def segments(self) -> list[bytes]:
        """The plain bytes of each segment."""
        for _ in range(1000):
            try:
                return [plain_bytes(path) for path in self.files()]
            except FileNotFoundError:  # rotated or sealed since it was listed
                continue
        raise AssertionError("the segments never stand still")

    def entries(self, *, torn: bool = False) -> list[Entry]:
        """All entries. `torn`: the last line may have no end, and is left out then."""
        lines = b"".join(self.segments()).split(b"\n")
        rest = lines.pop()
        assert torn or not rest, f"the log ends inside a line: {rest[-80:]!r}"
        found = [self._entry(line) for line in lines]
        stamps = [entry.timestamp for entry in found]
        assert stamps == sorted(stamps), "times run backwards"
        return found

    def _entry(self, line: bytes) -> Entry:
        pairs = json.loads(line, object_pairs_hook=list)
        fields = dict(pairs)
        names = [name for name, _ in pairs]
        assert names in (_FIVE, [*_FIVE, "event"]), f"fields {names}"
        assert fields["session_id"] == self.id
        assert fields["direction"] in ("input", "output")
        data = base64.b64decode(fields["data"], validate=True)
        assert len(data) == fields["size"] <= 8192
        event = json.loads(line).get("event")
        assert bool(data) != bool(event), "an entry has bytes or an event"
        return Entry(fields["timestamp"], fields["direction"], data, event)

    def output(self, *, torn: bool = False) -> bytes:
        """What the command wrote."""
        return b"".join(e.data for e in self.entries(torn=torn) if e.direction == "output")

    def input(self) -> bytes:
        """What was typed."""
        return b"".join(e.data for e in self.entries() if e.direction == "input")

    def events(self, kind: str | None = None, *, torn: bool = False) -> list[dict[str, Any]]:
        """The events, of one type or all."""
        found = [entry.event for entry in self.entries(torn=torn) if entry.event is not None]
        return [event for event in found if kind in (None, event["type"])]

    def event(self, kind: str) -> dict[str, Any]:
        """The one event of a type."""
        (event,) = self.events(kind)
        return event

    def meta(self) -> dict[str, Any]:
        """The summary beside the log."""
        found: dict[str, Any] = json.loads((self.folder / f"{self.id}.meta.json").read_bytes())
        return found


def plain_bytes(path: Path) -> bytes:
    """A segment's lines, whichever form it has; waits for nothing, loses no frame."""
    if path.suffix != ".zst":
        return path.read_bytes()
    with path.open("rb") as file:
        reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        return reader.read()


class OuterTerminal:
    """A PTY with a command on it that has it as its controlling terminal, as a window has a shell.

    The test is the window: it reads the screen only in `until`, `wait_for`, `type` and `wait`.
    """

    def __init__(
        self,
        argv: list[str],
        environ: dict[str, str],
        *,
        size: tuple[int, int],
        cwd: Path,
        streams: dict[str, int],
    ) -> None:
        self.screen = bytearray()
        self.master, slave = pty.openpty()
        os.set_blocking(self.master, False)
        self._environ, self._cwd = environ, cwd
        self.name = os.ttyname(slave)
        # A description of its own, so that the recorder's own descriptors keep their flags.
        self._own = os.open(self.name, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        os.close(slave)
        self.resize(*size)
        self.run(argv, **streams)

    def run(self, argv: list[str], **streams: int) -> None:
        """Start a command, the first or, after its end, another."""
        self.found_mode = self.mode()
        slave = os.open(self.name, os.O_RDWR | os.O_NOCTTY)
        given = {"stdin": slave, "stdout": slave, "stderr": slave} | streams
        self.process = subprocess.Popen(
            argv,
            env=self._environ,
            cwd=self._cwd,
            start_new_session=True,
            # No thread of ours is there to be surprised.
            preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0),  # noqa: PLW1509
            **given,  # type: ignore[call-overload]
        )
        self.pid: int = self.process.pid
        os.close(slave)

    def set_mode(self, mode: list[Any]) -> None:
        """Change the terminal's attributes, as stty(1) does."""
        termios.tcsetattr(self._own, termios.TCSANOW, mode)

    def resize(self, cols: int, rows: int) -> None:
        """Drag the window to another size; the kernel tells who is on it."""
        termios.tcsetwinsize(self.master, (rows, cols))

    def mode(self) -> list[Any]:
        """The terminal's attributes, as tcgetattr(3) gives them."""
        return termios.tcgetattr(self._own)

    def is_raw(self) -> bool:
        """Whether keys are passed on as they are typed."""
        return not self.mode()[3] & (termios.ICANON | termios.ECHO)

    def look(self, timeout_s: float = 0.02) -> bool:
        """Read what is there to be read now; false when nothing came in time."""
        poller = select.poll()
        poller.register(self.master, select.POLLIN)
        if not poller.poll(timeout_s * 1000):
            return False
        try:
            data = os.read(self.master, 65536)
        except (BlockingIOError, OSError):
            return False
        self.screen += data
        return bool(data)

    def until(
        self, condition: Callable[[], Any], *, read: bool = True, limit_s: float = LIMIT_S
    ) -> Any:
        """Wait until `condition()` is true, and give its value; `read`: look at the screen too."""
        deadline = time.monotonic() + limit_s
        while not (value := condition()):
            assert time.monotonic() < deadline, f"waited in vain; {self._tail()}"
            if self.process.poll() is not None:  # little can still happen
                deadline = min(deadline, time.monotonic() + 1)
            if read:
                self.look()
            else:
                time.sleep(0.005)
        return value

    def until_after(self, condition: Callable[[], Any], *, limit_s: float = LIMIT_S) -> None:
        """Wait for what goes on when the command has ended."""
        deadline = time.monotonic() + limit_s
        while not condition():
            assert time.monotonic() < deadline, f"waited {limit_s} s in vain"
            time.sleep(0.01)

    def wait_for(self, text: bytes, *, after: int = 0, limit_s: float = LIMIT_S) -> int:
        """Wait until `text` stands on the screen; the place behind it."""
        self.until(lambda: self.screen.find(text, after) >= 0, limit_s=limit_s)
        return self.screen.find(text, after) + len(text)

    def type(self, data: bytes, *, read: bool = True) -> None:
        """Type, or paste: as fast as the terminal takes it, looking at the screen meanwhile."""
        deadline = time.monotonic() + LIMIT_S
        while data:
            try:
                data = data[os.write(self.master, data[:2048]) :]
                deadline = time.monotonic() + LIMIT_S
            except BlockingIOError:
                assert time.monotonic() < deadline, f"nobody takes what is typed; {self._tail()}"
            if read:
                self.look(0)

    def wait(self, limit_s: float = LIMIT_S) -> int:
        """Wait for the end and read the screen to its last byte; the exit status (-n: signal)."""
        self.until(lambda: self.process.poll() is not None, limit_s=limit_s)
        self.read_to_end()
        return self.process.returncode

    def read_to_end(self) -> None:
        """Read all that was written: behind it comes a sign of our own."""
        deadline = time.monotonic() + LIMIT_S
        sign = _SENTINEL
        while sign:
            assert time.monotonic() < deadline, "the terminal takes no sign"
            try:
                sign = sign[os.write(self._own, sign) :]
            except BlockingIOError:
                self.look()
        self.wait_for(_SENTINEL)
        del self.screen[self.screen.find(_SENTINEL) :]

    def signal(self, number: int) -> None:
        """Send the command a signal."""
        os.kill(self.pid, number)

    def hang_up(self) -> None:
        """Close the window."""
        os.close(self.master)
        self.master = -1

    def close(self) -> None:
        """End whatever is left."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for fd in (self._own, self.master):
            if fd >= 0:
                os.close(fd)
        self._own = self.master = -1

    def _tail(self) -> str:
        state = "running" if self.process.poll() is None else f"ended {self.process.returncode}"
        return f"the command has {state}; the screen ends with {bytes(self.screen[-400:])!r}"


class Recorder:
    """`cs-rec` with a home of its own, away from the user's."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.folder = folder / "work"
        self.folder.mkdir()
        self.environ = {
            "HOME": str(folder),
            "PATH": os.environ.get("PATH", os.defpath),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "CLAUDE_SESSIONS_HOME": str(self.home),
        }
        self._homes = 1
        self._terminals: list[OuterTerminal] = []

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @staticmethod
    def child(name: str, *arguments: object) -> list[str]:
        """One of the programs in child.py, as the command to record."""
        started = [sys.executable, "-I", "-S", str(_CHILD), name]
        return ["--", *started, *map(str, arguments)]

    def start(
        self,
        *arguments: str,
        size: tuple[int, int] = (100, 30),
        environ: dict[str, str] | None = None,
        before: tuple[str, ...] = (),
        command: list[str] | None = None,
        **streams: int,
    ) -> OuterTerminal:
        """Start `cs-rec --quiet ARGUMENTS` on a terminal of its own; `before` runs it (strace)."""
        argv = [*before, *(command or [*COMMAND, "--quiet", *arguments])]
        terminal = OuterTerminal(
            argv, self.environ | (environ or {}), size=size, cwd=self.folder, streams=streams
        )
        self._terminals.append(terminal)
        return terminal

    def run(
        self,
        *arguments: str,
        environ: dict[str, str] | None = None,
        limit_s: float = LIMIT_S,
        **options: Any,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run `cs-rec ARGUMENTS` without any terminal, as cron would; stdin is empty."""
        given = {"stdin": subprocess.DEVNULL, "capture_output": True} | options
        if "input" in given or given["stdin"] is None:
            del given["stdin"]
        done: subprocess.CompletedProcess[Any] = subprocess.run(
            [*COMMAND, *arguments],
            env=self.environ | (environ or {}),
            cwd=self.folder,
            start_new_session=True,
            timeout=limit_s,
            check=False,
            **given,
        )
        return done

    def shell(self, line: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
        """Run a line of bash in which `cs-rec` is our command, without any terminal."""
        quoted = " ".join(f"'{word}'" for word in COMMAND)
        options = {"capture_output": True, "stdin": subprocess.DEVNULL} | options
        done: subprocess.CompletedProcess[Any] = subprocess.run(
            ["bash", "-c", f'cs-rec() {{ {quoted} "$@"; }}; {line}'],
            env=self.environ,
            cwd=self.folder,
            start_new_session=True,
            timeout=LIMIT_S,
            check=False,
            **options,
        )
        return done

    def ids(self) -> list[str]:
        """The sessions in the store."""
        if not self.logs.exists():
            return []
        return sorted({path.name[:36] for path in self.logs.iterdir()})

    @property
    def log(self) -> SessionLog:
        """The log of the one session there is."""
        (session_id,) = self.ids()
        return SessionLog(self.logs, session_id)

    def forget(self) -> None:
        """Go on in another home: a sealer may still be at work in this one."""
        self._homes += 1
        self.home = self.folder.with_name(f"home-{self._homes}")
        self.environ["CLAUDE_SESSIONS_HOME"] = str(self.home)

    def close(self) -> None:
        """End what is left, also what was started to go on when a recorder has ended."""
        for terminal in self._terminals:
            terminal.close()
        for pid in processes_of(self.folder.parent):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def processes_of(folder: Path) -> list[int]:
    """The recorders' own processes, sealers and the like, that are at work on homes in a folder."""
    found: list[int] = []
    begins = os.fsencode(folder) + b"/home"
    for path in glob("/proc/[0-9]*/cmdline"):
        try:
            words = Path(path).read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if b"-m" in words and any(word.startswith(begins) for word in words):
            found.append(int(path.split("/")[2]))
    return found


def status(pid: int) -> dict[str, str]:
    """/proc/PID/status."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def rss_kib(pid: int) -> int:
    """The resident memory of a process."""
    return int(status(pid)["VmRSS"].split()[0])


def state(pid: int) -> str:
    """R, S, T (stopped), Z and the like."""
    return status(pid)["State"][0]


def cpu_s(pid: int) -> float:
    """The processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += map(int, (task / "children").read_text().split())
    return found


def commands(pid: int) -> list[int]:
    """What a recorder records: its children but those that it started for work of its own."""
    found: list[int] = []
    own = Path(f"/proc/{pid}/cmdline").read_bytes()
    for child in children(pid):
        try:
            words = Path(f"/proc/{child}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        # One that was only just started has not become what it is to be: it still is the recorder.
        if words and b"-m\0recorder." not in words and words != own:
            found.append(child)
    return found


def is_alive(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        return state(pid) != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def flags_of_child(terminal: OuterTerminal) -> int:
    """The local flags of the PTY that the recorded command has."""
    (child,) = commands(terminal.pid)
    fd = os.open(f"/proc/{child}/fd/0", os.O_RDWR | os.O_NOCTTY)
    try:
        flags: int = termios.tcgetattr(fd)[3]
        return flags
    finally:
        os.close(fd)


def waits_for_a_password(terminal: OuterTerminal) -> bool:
    """Whether the recorded command has switched echo off in line mode."""
    if len(commands(terminal.pid)) != 1:  # it is being started
        return False
    flags = flags_of_child(terminal)
    return not flags & termios.ECHO and bool(flags & termios.ICANON)


def started_recorder(shell: OuterTerminal) -> Iterator[int]:
    """The `cs-rec` processes that a shell on a terminal has started."""
    for pid in children(shell.pid):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if any(b"cs-rec" in word or word == b"rec" for word in words):
            yield pid
