"""Programs that take the whole screen: a pager, an editor that scrolls, a table of processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.corpus.stage import Window, cut

if TYPE_CHECKING:
    from benchmarks.corpus.stage import Stage

_SHORTEST_STAND_MS = 600


def pages(stage: Stage, log_bytes: int) -> None:
    """A pager and an editor in turn."""
    while stage.log_bytes < log_bytes:
        stage.write("\x1b[?1049h\x1b[22;0;0t\x1b[H\x1b[2J")
        (_pager if stage.rng.random() < 0.5 else _editor)(stage)
        stage.write("\x1b[?1049l\x1b[23;0;0t")
        stage.wait(stage.rng.randint(200, 2000))


def _pager(stage: Stage) -> None:
    """A page at a time, or a line."""
    rng, (cols, rows) = stage.rng, stage.size
    window = Window(stage, rows - 1, kept=False)
    for _ in range(rng.randint(3, 25)):
        lines = [cut(stage.text.log(), cols) for _ in range(rows - 1)]
        window.clear()
        stage.write("\x1b[H\x1b[2J" + "\r\n".join(lines) + "\r\n\x1b[7m:\x1b[27m\x1b[K")
        for line in lines:
            window.add(line)
        stage.wait(rng.randint(_SHORTEST_STAND_MS, 6000))
        for _ in range(rng.choice((0, 0, 3, 12))):
            line = cut(stage.text.log(), cols)
            window.add(line)
            stage.write(f"\r\x1b[K{line}\r\n\x1b[7m:\x1b[27m\x1b[K")
            stage.wait(rng.randint(40, 300))
        stage.wait(_SHORTEST_STAND_MS)
    window.clear()


def _editor(stage: Stage) -> None:
    """Lines scroll in a region, a status row stays."""
    rng, (cols, rows) = stage.rng, stage.size
    height = rows - 2
    window = Window(stage, height, kept=False)
    name = stage.text.path()
    lines = [cut(stage.text.code(), cols) for _ in range(rng.randint(height, 6 * height))]
    body = "".join(f"\x1b[{place};1H{line}" for place, line in enumerate(lines[:height], 1))
    status = f'"{name}" {len(lines)} lines'
    began_us = stage.now_us
    stage.write(f"{body}\x1b[{rows};1H{status}")
    for line in lines[:height]:
        window.add(line)
    for number, line in enumerate(lines[height:], height + 1):
        stage.wait(rng.choice((40, 60, 90, 400)))
        window.add(line)
        scroll = f"\x1b[1;{height}r\x1b[{height};1H\n\x1b[r\x1b[{height};1H{line}"
        stage.write(f"\x1b[?25l{scroll}\x1b[{rows};{cols - 18}H{number},1\x1b[K\x1b[?25h")
    stage.wait(1500)
    window.clear()
    if len(lines) == height:
        stage.truth.stood(status, began_us, stage.now_us)


def table(stage: Stage, log_bytes: int) -> None:
    """Rows whose figures change each second and a half, all written again: top."""
    rng, (_, rows) = stage.rng, stage.size
    names = [stage.text.path() for _ in range(rows - 3)]
    stage.write("\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J")
    while stage.log_bytes < log_bytes:
        if rng.random() < 0.05:
            names[rng.randrange(len(names))] = stage.text.path()
        new = [
            f"Tasks: {len(names)}, load average: {rng.random():.2f}",
            "  PID  CPU%  MEM%  COMMAND",
        ]
        for place, name in enumerate(names):
            busy = rng.random() * 9 if rng.random() < 0.2 else 0.0
            new.append(f"{1000 + place:>5}  {busy:>4.1f}  {place * 0.3:>4.1f}  {name}")
        painted = "\r\n".join(f"\x1b[m{row}\x1b[m\x1b[39;49m\x1b[K" for row in new)
        stage.write(f"\x1b[H{painted}")
        for row in new:
            stage.truth.stood(row, stage.now_us, stage.now_us + 1_499_000)
        stage.wait(1500)
    stage.write("\x1b[?1049l\x1b[?25h")
