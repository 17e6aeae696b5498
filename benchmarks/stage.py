"""One run: a recorder on a terminal of its own, a load in it, and the figures as one JSON line.

versus.py starts one such process a run and writes the request to its stdin, so nothing that one
contestant leaves behind (memory, processes, descriptors) can touch the next. Linux only.
"""

from __future__ import annotations

import gc
import json
import os
import random
import socket
import sys
import time
from typing import TYPE_CHECKING, Any, TypeAlias

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from benchmarks import accounting
from benchmarks.payloads import ECHO
from benchmarks.terminal import Load, StageError, Terminal, end

if TYPE_CHECKING:
    from collections.abc import Callable

Request: TypeAlias = dict[str, Any]
Figures: TypeAlias = dict[str, Any]
KEY = b"k"
EOT = b"\x04"
SETTLE_S = 0.2
MIB = 1 << 20


def flood(request: Request) -> Figures:
    """Wall seconds from the load's first byte to the recorder's end, and CPU seconds."""
    terminal, load = _begin(request)
    began = time.perf_counter()
    load.go()
    wall_s = load.finish() - began
    return {
        "wall_s": wall_s,
        "drained_bytes": terminal.drained_bytes,
        "last_line": terminal.last_line_came(),
        **_spent(request, terminal, load),
    }


def memory(request: Request) -> Figures:
    """Resident memory of the recorder's processes at each mark of a long flood."""
    terminal, load = _begin(request)
    load.go()
    at: list[accounting.Memory] = []
    for _ in request["marks"]:
        load.hear("mark")
        at.append(accounting.memory(_recorder(request, terminal, load)))
        load.go()
    load.finish()
    end(terminal)
    return {
        "rss_mib": at[-1].rss_bytes / MIB,
        "peak_rss_mib": at[-1].peak_rss_bytes / MIB,
        "pss_mib": at[-1].pss_bytes / MIB,
        "growth_mib": (at[-1].rss_bytes - at[0].rss_bytes) / MIB,
        "processes": at[-1].processes,
    }


def steady(request: Request) -> Figures:
    """CPU of the recorder's processes in per cent of a core, between two marks of the load."""
    terminal, load = _begin(request)
    load.go()
    load.hear("first")
    began, before = time.perf_counter(), _cpu_by_pid(request, terminal, load)
    load.go()
    load.hear("last")
    wall_s = time.perf_counter() - began
    after = _cpu_by_pid(request, terminal, load)
    load.go()
    load.finish()
    end(terminal)
    spent_s = sum(cpu_s - before.get(pid, 0.0) for pid, cpu_s in after.items())
    return {"cpu_percent": 100 * spent_s / wall_s, "wall_s": wall_s}


def echo(request: Request) -> Figures:
    """Microseconds from a key on the outer terminal to its echo there, one key at a time."""
    terminal, load = _begin(request)
    load.go()
    _settle(terminal)
    times_us = [key_us(terminal, request["gap_ms"]) for _ in range(request["keys"])]
    terminal.type(EOT)
    load.finish()
    end(terminal)
    return {"keys": len(times_us), **percentiles(times_us)}


def echo_flow(request: Request) -> Figures:
    """Do the same while the load paints as fast as it can; keys until it has painted all."""
    terminal, load = _begin(request)
    load.go()
    began = time.perf_counter()
    times_us: list[float] = []
    while (key_us := _key_in_flow_us(terminal, load, request["gap_ms"])) is not None:
        times_us.append(key_us)
    wall_s = time.perf_counter() - began
    load.go()
    load.finish()
    end(terminal)
    return {"keys": len(times_us), "wall_s": wall_s, **percentiles(times_us)}


def start(request: Request) -> Figures:
    """Start `true`, `runs` times: wall to the recorder's end, wall to the child's exec, CPU."""
    walls: list[float] = []
    execs: list[float] = []
    cpus: list[float] = []
    for _ in range(request["runs"]):
        terminal = _terminal(request, "argv")
        walls.append(1e3 * (terminal.drain_to_end() - terminal.began))
        spent = end(terminal)
        helpers_s = 0.0 if request["separate"] else sum(spent.orphans_s.values())
        cpus.append(1e3 * (spent.own_s + spent.reaped_s + helpers_s))
        execs.append(_exec_ms(request))
    return {"exit_ms": _median(walls), "exec_ms": _median(execs), "cpu_ms": _median(cpus)}


def _exec_ms(request: Request) -> float:
    """Milliseconds until a child that only writes to a FIFO has done so."""
    os.mkfifo(request["fifo"])
    fifo = os.open(request["fifo"], os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    terminal = _terminal(request, "probe_argv")
    while fifo not in (ready := terminal.wait(fifo)):
        terminal.drain()
        if terminal.ended in ready:
            break
    came = time.perf_counter()
    if not terminal.wait(fifo, timeout_s=0.0) & {fifo}:
        msg = f"the child never ran; it said {terminal.said[:400]!r}"
        raise StageError(msg)
    terminal.drain_to_end()
    end(terminal)
    os.close(fifo)
    os.unlink(request["fifo"])
    return 1e3 * (came - terminal.began)


def _terminal(request: Request, argv: str) -> Terminal:
    deadline = time.monotonic() + request["deadline_s"]
    return Terminal(request[argv], request["env"], request["folder"], deadline=deadline)


def _begin(request: Request) -> tuple[Terminal, Load]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(request["socket"])
        listener.listen(1)
        terminal = _terminal(request, "argv")
        return terminal, Load(terminal, listener)


def _recorder(request: Request, terminal: Terminal, load: Load) -> list[int]:
    """Return the processes that count as the recorder while the load is alive."""
    if request["bare"]:
        return []
    if request["separate"]:
        return [terminal.pid]
    return accounting.descendants(os.getpid(), without=load.pid)[1:]


def _cpu_by_pid(request: Request, terminal: Terminal, load: Load) -> dict[int, float]:
    return {pid: accounting.cpu_s(pid) for pid in _recorder(request, terminal, load)}


def _spent(request: Request, terminal: Terminal, load: Load) -> Figures:
    """Split the CPU of all that ran into the recorder's, the separate processes' and the load's."""
    spent = end(terminal)
    orphans_s = sum(s for pid, s in spent.orphans_s.items() if pid != load.pid)
    # The load is in `reaped_s` unless it was left to us, or nobody asked for its status.
    counted = spent.reaped_s >= load.cpu_s and load.pid not in spent.orphans_s
    others_s = spent.reaped_s - (load.cpu_s if counted else 0.0) + orphans_s
    if request["bare"]:
        return {"cpu_s": 0.0, "load_cpu_s": load.cpu_s}
    if request["separate"]:
        figures = {"cpu_s": spent.own_s, "separate_cpu_s": others_s}
    else:
        figures = {"cpu_s": spent.own_s + others_s}
    return {**figures, "load_cpu_s": load.cpu_s}


def _settle(terminal: Terminal) -> None:
    """Drain until nothing has come for a while: what was printed at the start is no echo."""
    while terminal.master in terminal.wait(timeout_s=SETTLE_S):
        terminal.drain()


def key_us(terminal: Terminal, gap_ms: float) -> float:
    """Type a key after a pause of about that; microseconds to its echo."""
    time.sleep(gap_ms / 1e3 * random.uniform(0.5, 1.5))
    typed = time.perf_counter_ns()
    terminal.type(KEY)
    while True:
        ready = terminal.wait()
        if ECHO in terminal.read():
            return (time.perf_counter_ns() - typed) / 1e3
        if terminal.ended in ready:
            msg = "it ended while keys were typed"
            raise StageError(msg)


def _key_in_flow_us(terminal: Terminal, load: Load, gap_ms: float) -> float | None:
    """Return the time of one key, None when the flow ended first."""
    pause_ends = time.perf_counter() + gap_ms / 1e3
    typed = 0
    while True:
        left_s = max(0.0, pause_ends - time.perf_counter())
        ready = terminal.wait(load.socket, timeout_s=None if typed else left_s)
        if terminal.master in ready and ECHO in terminal.read() and typed:
            return (time.perf_counter_ns() - typed) / 1e3
        if load.socket in ready and "flowed" in load.take():
            return None
        if terminal.ended in ready:
            msg = "it ended while keys were typed"
            raise StageError(msg)
        if not typed and time.perf_counter() >= pause_ends:
            typed = time.perf_counter_ns()
            terminal.type(KEY)


def _median(values: list[float]) -> float:
    ordered = sorted(values)
    return (ordered[len(ordered) // 2] + ordered[(len(ordered) - 1) // 2]) / 2


def percentiles(times_us: list[float]) -> Figures:
    """`p50_us` and `p99_us`."""
    ordered = sorted(times_us)
    return {
        f"p{share}_us": ordered[min(len(ordered) - 1, len(ordered) * share // 100)]
        for share in (50, 99)
    }


KINDS: dict[str, Callable[[Request], Figures]] = {
    "flood": flood,
    "memory": memory,
    "steady": steady,
    "echo": echo,
    "echo_flow": echo_flow,
    "start": start,
}


def main() -> None:
    """Read the request from stdin, run it, write the figures or the error to stdout."""
    request = json.load(sys.stdin)
    accounting.adopt_orphans()
    gc.disable()
    try:
        figures = KINDS[request["kind"]](request)
    except StageError as error:
        figures = {"error": str(error)}
    finally:  # nothing outlives a run, not even one that was interrupted
        for pid in accounting.descendants(os.getpid())[1:]:
            accounting.kill(pid)
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main()
