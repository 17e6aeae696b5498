"""Who spent what: CPU and memory of a recorder's processes, the load's left out. Linux only.

How CPU is counted is told in README.md; the two clocks behind it:
- `cpu_s(pid)`: the kernel's CPU clock of one process, all its threads, nanoseconds. It can still be
  read when the process has ended and nobody has reaped it yet: then it is final.
- `wait4`: the same for the process *and every descendant that it waited for itself*.
Their difference is what a recorder's helpers and the load spent together.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from pathlib import Path
from typing import NamedTuple

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
CPUCLOCK_SCHED = 2  # include/linux/posix-timers.h: the clock of a whole process is (~pid << 3) | 2
KIB = 1024


class Spent(NamedTuple):
    """CPU seconds of an ended recorder: itself, what it reaped, and what was left to us, by pid."""

    own_s: float
    reaped_s: float
    orphans_s: dict[int, float]


class Memory(NamedTuple):
    """Bytes, summed over `processes`: resident now, at its highest, and the proportional share."""

    rss_bytes: int
    peak_rss_bytes: int
    pss_bytes: int
    processes: int


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends: so each one is counted."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def cpu_s(pid: int) -> float:
    """Return the CPU seconds of one process with all its threads; 0 when it is gone."""
    try:
        return time.clock_gettime((~pid << 3) | CPUCLOCK_SCHED)
    except OSError:
        return 0.0


def descendants(root: int, *, without: int = 0) -> list[int]:
    """Return `root`'s process tree, itself first, leaving out `without` and what it started."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path("/proc", entry, "stat").read_bytes()
            except OSError:
                continue
            parent = int(stat[stat.rindex(b")") + 2 :].split()[1])
            children.setdefault(parent, []).append(int(entry))
    found: list[int] = []
    queue = [root]
    while queue:
        pid = queue.pop(0)
        if pid != without:
            found.append(pid)
            queue += children.get(pid, [])
    return found


def memory(pids: list[int]) -> Memory:
    """Return what these processes hold now."""
    rss = peak = pss = processes = 0
    for pid in pids:
        status = _kib_fields(f"/proc/{pid}/status")
        if "VmRSS" in status:
            processes += 1
            rss += status["VmRSS"]
            peak += status["VmHWM"]
            pss += _kib_fields(f"/proc/{pid}/smaps_rollup").get("Pss", 0)
    return Memory(rss * KIB, peak * KIB, pss * KIB, processes)


def _kib_fields(path: str) -> dict[str, int]:
    fields: dict[str, int] = {}
    try:
        for line in Path(path).read_text().splitlines():
            name, _, value = line.partition(":")
            if value.endswith("kB"):
                fields[name] = int(value.split()[0])
    except OSError:
        pass  # it ended meanwhile
    return fields


def reap(pid: int) -> tuple[float, float, int]:
    """Wait for `pid`; return its own CPU seconds, those of what it reaped, and its wait status."""
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    own_s = cpu_s(pid)
    _, status, used = os.wait4(pid, 0)
    return own_s, max(0.0, used.ru_utime + used.ru_stime - own_s), status


def reap_orphans(deadline: float) -> dict[int, float]:
    """Wait for all that was left to us until `deadline` (monotonic seconds); CPU seconds by pid."""
    spent: dict[int, float] = {}
    while True:
        try:
            pid, _, used = os.wait3(os.WNOHANG)
        except ChildProcessError:
            return spent
        if pid:
            spent[pid] = used.ru_utime + used.ru_stime
        elif time.monotonic() > deadline:
            return spent
        else:
            time.sleep(0.002)


def kill(pid: int) -> None:
    """End a process that a recorder left behind and that did not end by itself."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
