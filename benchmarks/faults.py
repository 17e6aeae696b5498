"""The fault tests, on every recorder that is found: what a session loses, and who says so.

`python benchmarks/faults.py` prints a table, `--update docs/reliability.md` puts it there. Root is
needed for the full disk and the power cut. Takes two minutes.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from benchmarks import contestants, versus  # noqa: E402  after the path
from benchmarks.misfortunes import MISFORTUNES, can_be_played, described  # noqa: E402

BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"


def table(chosen: list[contestants.Contestant], names: list[str], folder: Path) -> str:
    """Stage each misfortune with each recorder; a Markdown table."""
    rows = [f"| | {' | '.join(map(described, chosen))} |", "|---" * (len(chosen) + 1) + "|"]
    for name in names:
        words, act = MISFORTUNES[name]
        cells: list[str] = []
        for who in chosen:
            print(f"{name}: {who.name}", file=sys.stderr, flush=True)
            place = folder / f"{name}-{who.name}"
            place.mkdir(mode=0o700)
            try:
                cells.append(act(who, place / "run"))
            except (AssertionError, OSError, ValueError) as error:
                cells.append(f"failed: {str(error).splitlines()[0][:80]}")
        rows.append(f"| {words} | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def main(argv: list[str]) -> int:
    """Find the recorders, stage the misfortunes, print the table."""
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("--peer", action="append", default=[], metavar="NAME=PATH")
    made.add_argument("--only", metavar="NAMES", help="recorders, with commas")
    made.add_argument("--faults", metavar="NAMES", help=f"with commas: {', '.join(MISFORTUNES)}")
    made.add_argument("--update", metavar="FILE", help=f"put the table between {BEGIN} and {END}")
    options = made.parse_args(argv)
    named = dict(peer.split("=", 1) for peer in options.peer)
    found = [who for who in contestants.find(named) if who.family != contestants.BARE]
    chosen = versus.chosen(found, options.only)
    wanted = options.faults.split(",") if options.faults else list(MISFORTUNES)
    if unknown := set(wanted) - set(MISFORTUNES):
        made.error(f"no fault is called {', '.join(sorted(unknown))}")
    names = [name for name in wanted if can_be_played(name)]
    for name in sorted(set(wanted) - set(names)):
        print(f"left out, it needs root or a program that is not here: {name}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True) as folder:
        rows = table(chosen, names, Path(folder))
    when = time.strftime("%Y-%m-%d", time.gmtime())
    text = f"`python benchmarks/faults.py` on {when}, Linux {platform.release()}:\n\n{rows}\n"
    print(text, end="")
    if options.update:
        versus.update(Path(options.update), text, BEGIN, END)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
