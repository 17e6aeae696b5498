"""What is measured: one request to a stage per measure, and what is checked after each run."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import contestants, logs, payloads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.contestants import Contestant

HERE = Path(__file__).resolve().parent
MB = 1_000_000
# Runs that must end by themselves: the slowest peer (tlog-rec) takes 4 s for 100 MB here, and
# sealing what a flood left may take some seconds more.
DEADLINE_S = 120


@dataclass(slots=True, frozen=True)
class Scale:
    """How big and how long; `quick` is for trying the benchmark out, not for figures."""

    size_bytes: int = 100 * MB
    steady_s: float = 20.0
    rate_hz: float = 30.0
    keys: int = 3000
    gap_ms: float = 0.0
    starts: int = 20

    @property
    def marks_bytes(self) -> tuple[int, int]:
        """Where memory is looked at in the long flood: 50 MB and 300 MB of the full size."""
        return self.size_bytes // 2, 3 * self.size_bytes


QUICK = Scale(size_bytes=4 * MB, steady_s=1.0, keys=200, starts=3)


class Bench:
    """The payloads on disk and one method a measure; each run has a folder of its own."""

    def __init__(self, folder: Path, scale: Scale) -> None:
        """Write the payloads into `folder`."""
        self.scale = scale
        self._folder = folder
        self._text = payloads.text(folder / "text", scale.size_bytes)
        self._repaint = payloads.repaint(folder / "repaint", scale.size_bytes)
        self.measures: dict[str, Callable[[Contestant], dict[str, Any]]] = {
            "text": lambda who: self._flood(who, self._text, "cooked"),
            "tui": lambda who: self._flood(who, self._repaint, "raw"),
            "steady": self._steady,
            "echo": lambda who: self._run(
                who, "echo", ["echo"], keys=scale.keys, gap_ms=scale.gap_ms
            ),
            "echo-flow": self._echo_flow,
            "start": self._start,
            "memory": self._memory,
        }

    def _flood(self, who: Contestant, payload: payloads.Payload, mode: str) -> dict[str, Any]:
        """100 MB: wall, CPU, stored size; the last line on the screen and in the log."""

        def check(folder: Path) -> dict[str, Any]:
            return {"stored_bytes": who.log_bytes(folder), **_log_check(who, folder, payload)}

        load = ["flood", str(payload.path), mode, ""]
        return self._run(who, "flood", load, check=check, load_bytes=payload.size_bytes)

    def _steady(self, who: Contestant) -> dict[str, Any]:
        """2 KB, 30 times a second: per cent of a core, after a warm-up."""
        path, scale = str(self._repaint.path), self.scale
        load = ["steady", path, str(scale.rate_hz), str(scale.steady_s)]
        return self._run(who, "steady", load)

    def _echo_flow(self, who: Contestant) -> dict[str, Any]:
        """Keys while half of the size flows."""
        load = ["echo_flow", str(self._text.path), str(self.scale.size_bytes // 2)]
        return self._run(who, "echo_flow", load, gap_ms=self.scale.gap_ms)

    def _memory(self, who: Contestant) -> dict[str, Any]:
        """Resident memory after half and after three times the size."""
        marks = self.scale.marks_bytes
        load = ["flood", str(self._text.path), "cooked", ",".join(map(str, marks))]
        if who.name == contestants.BARE:
            return {}
        return self._run(who, "memory", load, marks=marks)

    def _start(self, who: Contestant) -> dict[str, Any]:
        """Start `true`, and a child that tells when it runs."""
        with self._run_folder() as name:
            folder = Path(name)
            fifo = str(folder / "fifo")
            probe = ["/bin/sh", "-c", f"echo > {fifo}"]
            request = {
                **_request(who, folder, "start"),
                "argv": who.argv(["true"], folder),
                "probe_argv": who.argv(probe, folder),
                "fifo": fifo,
                "runs": self.scale.starts,
            }
            return _on_stage(request)

    def _run(
        self,
        who: Contestant,
        kind: str,
        load: Sequence[str],
        *,
        check: Callable[[Path], dict[str, Any]] | None = None,
        **more: object,
    ) -> dict[str, Any]:
        # The name of a socket may have some 100 bytes, whatever folder was asked for.
        with self._run_folder() as name, tempfile.TemporaryDirectory() as meeting:
            folder = Path(name)
            socket = str(Path(meeting) / "stage")
            # -S and -E: the load is up sooner; it needs nothing that is installed.
            command = [sys.executable, "-S", "-E", str(HERE / "load.py"), socket, *load]
            request = {
                **_request(who, folder, kind),
                "argv": who.argv(command, folder),
                "socket": socket,
                **more,
            }
            figures = _on_stage(request)
            return {**figures, **check(folder)} if check and "error" not in figures else figures

    def _run_folder(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(dir=self._folder)


def _request(who: Contestant, folder: Path, kind: str) -> dict[str, Any]:
    (folder / "home").mkdir()
    return {
        "kind": kind,
        "env": contestants.environment(folder),
        "folder": str(folder),
        "separate": who.separate,
        "bare": who.name == contestants.BARE,
        "deadline_s": DEADLINE_S,
    }


def _on_stage(request: dict[str, Any]) -> dict[str, Any]:
    """Run one request in a process of its own; what goes wrong there is a figure called `error`."""
    done = subprocess.run(
        [sys.executable, "-S", str(HERE / "stage.py")],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        return {"error": done.stderr.strip().rpartition("\n")[2] or f"exit {done.returncode}"}
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def _log_check(who: Contestant, folder: Path, payload: payloads.Payload) -> dict[str, Any]:
    """Return whether all was stored, and for ours whether it is the load to the byte."""
    if who.name == contestants.BARE:
        return {}
    log = folder / contestants.FAMILIES[who.family].log
    if who.family == contestants.OURS:
        return {"log_exact": logs.exact(log, payload), "sealed_ratio": logs.sealed_ratio(log)}
    return {"log_complete": logs.complete(who.family, log)}
