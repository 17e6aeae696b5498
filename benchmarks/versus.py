"""Records the same loads with cs-rec and with every peer at hand, side by side, and compares.

`python benchmarks/versus.py --help`; how everything is measured is told in README.md. Markdown to
stdout (or with --json one object a run), progress to stderr. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shlex
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from benchmarks import contestants, figures, report
from benchmarks.measures import MB, QUICK, Bench, Scale

if TYPE_CHECKING:
    from benchmarks.contestants import Contestant

ROUNDS = 5
# Memory and size do not depend on who else runs: two rounds show that they repeat.
MOST_ROUNDS = {"memory": 2}
BEGIN, END = "<!-- versus: begin -->", "<!-- versus: end -->"


class Setting(NamedTuple):
    """Who ran, how big, how often, by which command line, on how busy a machine."""

    found: list[Contestant]
    scale: Scale
    rounds: int
    argv: list[str]
    load_average: float


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    made = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    made.add_argument("--rounds", type=int, help=f"of all contestants (default {ROUNDS})")
    made.add_argument("--size-mb", type=float, help="of text, and of repaints (default 100)")
    made.add_argument("--only", help="contestants, with commas: cs-rec,script,bare")
    made.add_argument("--measure", help=f"measures, with commas, of {', '.join(report.TABLES)}")
    made.add_argument(
        "--peer", action="append", default=[], metavar="NAME=PATH",
        help="a recorder that is not on PATH, or another version: asciinema-2.4=PATH",
    )  # fmt: skip
    made.add_argument(
        "--gap-ms", type=float, default=0.0,
        help="pause between a key's echo and the next key (default 0; people: 50 and more)",
    )  # fmt: skip
    made.add_argument("--quick", action="store_true", help="small and short: to try, not to quote")
    made.add_argument("--json", action="store_true", help="one object a run instead of tables")
    made.add_argument("--folder", default="/var/tmp", help="where logs go: on a disk")
    made.add_argument("--update", metavar="FILE", help=f"put the tables between {BEGIN} and {END}")
    return made


def main(argv: list[str]) -> int:
    """Run the benchmark; the exit status is 1 when a check of ours failed, 2 on wrong usage."""
    options = parser().parse_args(argv)
    if sys.platform != "linux":
        return _say("versus.py: needs /proc, prctl and pidfd: Linux only", 2)
    try:
        named = dict(_pair(text) for text in options.peer)
        found = chosen(everyone(named), options.only)
        measures = _measures(options.measure)
    except ValueError as error:
        return _say(f"versus.py: {error}", 2)
    if _in_memory(Path(options.folder)):
        _say(f"versus.py: {options.folder} is in memory, not on a disk: see --folder", 0)
    scale = _scale(options)
    rounds = options.rounds or (1 if options.quick else ROUNDS)
    setting = Setting(found, scale, rounds, argv, os.getloadavg()[0])
    with tempfile.TemporaryDirectory(prefix="versus-", dir=options.folder) as folder:
        runs = run_all(Bench(Path(folder), scale), setting, measures, as_json=options.json)
    text = page(runs, setting)
    if not options.json:
        print(text, end="")
    if options.update:
        update(Path(options.update), text, BEGIN, END)
    return 1 if any(_ours_failed(run) for run in runs) else 0


def everyone(named: dict[str, str]) -> list[Contestant]:
    """Return who is found, and ours without durability beside ours."""
    found = contestants.find(named)
    for place, who in enumerate(found):
        if who.name == contestants.OURS:
            return [*found[: place + 1], contestants.unsynced(who), *found[place + 1 :]]
    return found


def run_all(
    bench: Bench, setting: Setting, measures: list[str], *, as_json: bool
) -> list[figures.Run]:
    """Run all contestants in every round of every measure, each round in another order."""
    runs: list[figures.Run] = []
    found = setting.found
    for number in range(setting.rounds):
        turn = number % len(found)
        for measure in measures:
            if number >= MOST_ROUNDS.get(measure, setting.rounds):
                continue
            for who in found[turn:] + found[:turn]:
                began = time.monotonic()
                run = figures.Run(who.name, measure, number, bench.measures[measure](who))
                runs.append(run)
                took_s = time.monotonic() - began
                fault = run.figures.get("error", "")
                _say(f"round {number + 1} {measure} {who.name}: {took_s:.1f} s {fault}", 0)
                if as_json:
                    print(json.dumps(run._asdict()), flush=True)
    order = [who.name for who in found]
    return sorted(runs, key=lambda run: order.index(run.contestant))


def page(runs: list[figures.Run], setting: Setting) -> str:
    """Return the whole result as Markdown: how it was made, on what, and the tables."""
    scale = setting.scale
    half, long = scale.marks_bytes
    sizes = {
        "size": f"{scale.size_bytes / MB:g} MB",
        "half": f"{half / MB:g} MB",
        "long": f"{long / MB:g} MB",
        "rate": f"{scale.rate_hz:g}",
        "steady": f"{scale.steady_s:g}",
    }
    return f"""\
Command: `python benchmarks/versus.py {_shown(setting.argv)}`
({time.strftime("%Y-%m-%d", time.gmtime())}; rounds: {setting.rounds}; medians over the rounds; a \
ratio is the median of the ratios within each round).
Machine: {os.cpu_count()} cores, {platform.system()} {platform.release()}, Python \
{platform.python_version()}; load average before {setting.load_average:.1f}, after \
{os.getloadavg()[0]:.1f}.
Recorders: {", ".join(f"{w.name} {w.version}".strip() for w in setting.found if w.program)}.
{report.checks_passed(runs)}

{report.markdown(runs, sizes)}"""


def _shown(argv: list[str]) -> str:
    """Return the command line without paths of this machine."""
    return shlex.join(re.sub(r"(^|=)/.*", r"\1PATH", word) for word in argv)


def _scale(options: argparse.Namespace) -> Scale:
    scale = replace(QUICK if options.quick else Scale(), gap_ms=options.gap_ms)
    return replace(scale, size_bytes=int(options.size_mb * MB)) if options.size_mb else scale


def _pair(text: str) -> tuple[str, str]:
    name, _, path = text.partition("=")
    if not path or not os.access(path, os.X_OK):
        msg = f"--peer {text}: not NAME=PATH of a program"
        raise ValueError(msg)
    return name, path


def chosen(found: list[Contestant], only: str | None) -> list[Contestant]:
    """Return those of `found` that `only` names, with commas; ValueError when one is not there."""
    if not only:
        return found
    wanted = only.split(",")
    missing = set(wanted) - {who.name for who in found}
    if missing:
        msg = f"not found: {', '.join(sorted(missing))}; found: {', '.join(w.name for w in found)}"
        raise ValueError(msg)
    return [who for who in found if who.name in wanted]


def _measures(chosen: str | None) -> list[str]:
    wanted = chosen.split(",") if chosen else list(report.TABLES)
    if unknown := set(wanted) - set(report.TABLES):
        msg = f"no measure is called {', '.join(sorted(unknown))}"
        raise ValueError(msg)
    return wanted


def _in_memory(folder: Path) -> bool:
    """Tell whether `folder` is on a tmpfs: what is written there never meets a disk."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    holding = [m for m in mounts if folder.resolve().is_relative_to(m[1])]
    return max(holding, key=lambda mount: len(mount[1]))[2] in {"tmpfs", "ramfs"}


def _ours_failed(run: figures.Run) -> bool:
    ours = run.contestant == contestants.OURS
    return ours and ("error" in run.figures or not run.figures.get("log_exact", True))


def update(path: Path, text: str, begin: str, end: str) -> None:
    """Put a text into a page, between its two comments."""
    before, _, rest = path.read_text().partition(begin)
    _, _, after = rest.partition(end)
    path.write_text(f"{before}{begin}\n{text}{end}{after}")


def _say(words: str, status: int) -> int:
    print(words, file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
