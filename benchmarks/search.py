"""Search measured: how fast screen lines are extracted, how good they are, how fast they are found.

    python benchmarks/search.py extract             each style of session: MB/s, recall, hits, size
    python benchmarks/search.py recordings FOLDER   real recordings and their phrases.json
    python benchmarks/search.py store FOLDER        make a store of 500 sessions, 2 GB; index it
    python benchmarks/search.py find FOLDER         search that store, beside other ways

Tables to stdout, progress to stderr. MB/s are of JSONL for each second of CPU (user and system),
so of one core. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from benchmarks.corpus import making
from benchmarks.corpus.stage import STOOD_US
from benchmarks.judging import judged
from formats.session import Session
from player.extending import Extension
from player.lineblock import merged
from player.pieces import ENDING, Sidecar, parse_sidecar
from player.sizing import initial_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from formats.size import Size
    from player.lineblock import ScreenLine

MB: Final = 1e6
_COMMANDS: Final = Path(sys.executable).parent
_SEQUENCES: Final = r"s/\e\][^\a\e]*(?:\a|\e\\)|\e\[[0-?]*[ -\/]*[@-~]|\e[ -\/]*[0-~]//g; s/\r/\n/g"


def main(argv: Sequence[str]) -> int:
    """Do what the command line says."""
    made = argparse.ArgumentParser(
        description=__doc__,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = made.add_subparsers(dest="what", required=True)
    extract = what.add_parser("extract")
    extract.add_argument("--size-mb", type=float, default=10, help="of JSONL a style (default 10)")
    extract.add_argument("--rounds", type=int, default=3, help="the median counts (default 3)")
    extract.add_argument("--styles", default=",".join(making.STYLES), help="with commas")
    recordings = what.add_parser("recordings")
    recordings.add_argument("folder", type=Path)
    recordings.add_argument("--verbose", action="store_true", help="phrases that have more hits")
    for name in ("store", "find"):
        command = what.add_parser(name)
        command.add_argument("folder", type=Path)
        if name == "store":
            command.add_argument("--sessions", type=int, default=500)
            command.add_argument("--size-mb", type=float, default=making.STORE_BYTES / MB)
        command.add_argument("--rounds", type=int, default=5)
    options = made.parse_args(argv)
    {"extract": _extract, "recordings": _recordings, "store": _store, "find": _find}[options.what](
        options
    )
    return 0


# How fast lines are made, and how good they are.


def _extract(options: argparse.Namespace) -> None:
    print("| style | B/s | MB/s | lines | true | recall | hits/true | stored |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        for style in options.styles.split(","):
            print(f"{style} ...", file=sys.stderr)
            made, truth = making.make_session(Path(folder), style, int(options.size_mb * MB), 1)
            path = Path(folder, f"{made.session_id}.jsonl")
            lines, stored, spent_s = _timed(path, options.rounds)
            verdict = judged([line.text for line in lines], [stood.text for stood in truth])
            session = list(Session.at(str(path)).entries())
            seconds = (session[-1].time_us - session[0].time_us) / 1e6
            print(
                f"| {style} | {made.payload_bytes / seconds:,.0f} "
                f"| {made.log_bytes / spent_s / MB:.1f} | {len(lines):,} | {verdict.true_lines:,} "
                f"| {verdict.recall:.2%} | {verdict.hits_per_line:.2f} "
                f"| {stored / made.log_bytes:.2%} |",
                flush=True,
            )
            for line in verdict.missing:
                print(f"missing: {line!r}", file=sys.stderr)
            path.unlink()


def _timed(path: Path, rounds: int) -> tuple[list[ScreenLine], int, float]:
    """The lines of a log, the bytes of its index, and the median CPU seconds that making it took.

    All that cs-index does in its process, but writing the file.
    """
    index, spent = b"", list[float]()
    for _ in range(rounds):
        began_s = time.process_time()
        session = Session.at(str(path))
        index = b"".join(Extension(session, Sidecar([], 0), ()).pieces())
        spent.append(time.process_time() - began_s)
    blocks = parse_sidecar(index, Session.at(str(path)).id).blocks()
    lines = merged(line for block in blocks if block for line in block.lines())
    shown = [line for line in lines if not line.transient]
    return shown, len(index), sorted(spent)[len(spent) // 2]


def _recordings(options: argparse.Namespace) -> None:
    phrases = json.loads((options.folder / "phrases.json").read_text())
    print("| recording | size | found | hits | rows | hits/row | with scrollback | MB/s |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    ratios: list[float] = []
    for name, told in phrases.items():
        path = options.folder / f"{name}.jsonl.zst"
        size = initial_size(Session.at(str(path)).entries())
        lines, _, spent_s = _timed(path, 5)
        entries = list(Session.at(str(path)).entries())
        log_bytes = sum(200 + len(entry.data) * 4 // 3 for entry in entries)
        true_rows = _true_rows(str(path), size)
        found = hits = rows = all_rows = 0
        for phrase in told["phrases"]:
            words, expected = phrase["phrase"], phrase["rows"]
            count = sum(words in line.text for line in lines)
            found, hits, rows = found + (count > 0), hits + count, rows + expected
            all_rows += max(expected, sum(words in row for row in true_rows))
            if options.verbose and count > expected:
                print(f"{name}: {count} for {expected}: {words!r}", file=sys.stderr)
        ratios.append(hits / rows)
        print(
            f"| {name} | {size.cols}x{size.rows} | {found}/{len(told['phrases'])} "
            f"| {hits} | {rows} "
            f"| {hits / rows:.2f} | {hits / all_rows:.2f} | {log_bytes / spent_s / MB:.1f} |"
        )
    print(f"\nMean of hits/row: {sum(ratios) / len(ratios):.2f}")


def _true_rows(path: str, size: Size) -> set[str]:
    """The rows that stood half a second, and those that scrolled off: a person can see both."""
    from formats.entry import event_size  # noqa: PLC0415
    from player.history import History  # noqa: PLC0415
    from player.screen import Screen  # noqa: PLC0415

    screen = Screen(size, 20_000)
    history, found, since = History(screen), set[str](), dict[str, int]()
    before_us = 0
    for entry in Session.at(path).entries():
        stated = event_size(entry.event) if entry.event else None
        if entry.time_us > before_us:
            rows = set(screen.text())
            found |= {row for row, at_us in since.items() if entry.time_us - at_us >= STOOD_US}
            since = {row: since.get(row, before_us) for row in rows}
            before_us = entry.time_us
        if stated is not None:
            screen.resize(stated)
            history.after_resize()
        if entry.direction == "output":
            screen.feed(entry.data)
            found |= {line.decode(errors="replace") for line in history.take().lines}
    return found | set(screen.text())


# How fast lines are found.


def _store(options: argparse.Namespace) -> None:
    planned = making.plan(options.sessions, int(options.size_mb * MB))
    print(f"making {len(planned)} sessions in {options.folder} ...", file=sys.stderr)
    made = making.make_store(options.folder, planned)
    log_bytes = sum(session.log_bytes for session in made)
    print(f"{len(made)} sessions, {log_bytes / MB:,.0f} MB of JSONL")
    _index(options.folder)
    _report_store(options.folder, made)


def _index(home: Path) -> None:
    spent = _run([_COMMANDS / "cs-index", "--home", home, "all"])
    log_bytes = sum(path.stat().st_size for path in (home / "logs").glob("*.jsonl"))
    print(
        f"cs-index all: {spent.cpu_s:.1f} s of CPU, {spent.wall_s:.1f} s on the clock, "
        f"{log_bytes / spent.cpu_s / MB:.1f} MB/s of JSONL a core"
    )


def _report_store(home: Path, made: list[making.Made]) -> None:
    """What the index has of what stood, style by style."""
    print("\n| style | sessions | MB | true | recall | hits/true | stored |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    styles = [*making.STYLES, "all"]
    sums = {style: [0] * 7 for style in styles}
    for session in made:
        path = home / "index" / f"{session.session_id}{ENDING}"
        truth = [stood.text for stood in making.truth_of(home, session.session_id)]
        verdict = judged(_texts(path), truth)
        for style in (session.style, "all"):
            row = (
                1, session.log_bytes, verdict.true_lines, verdict.found, verdict.hits,
                verdict.rows, path.stat().st_size,
            )  # fmt: skip
            sums[style] = [one + more for one, more in zip(sums[style], row, strict=True)]
    for style in styles:
        count, log_bytes, true, found, hits, rows, stored = sums[style]
        if count:
            print(
                f"| {style} | {count} | {log_bytes / MB:,.0f} | {true:,} | {found / true:.3%} "
                f"| {hits / rows:.2f} | {stored / log_bytes:.2%} |"
            )


def _texts(path: Path) -> list[str]:
    done = subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True)
    return done.stdout.decode().split("\n")[:-1]


class Spent(NamedTuple):
    """What a command took, and wrote."""

    cpu_s: float
    wall_s: float
    output: bytes


def _run(command: list[str | Path] | str) -> Spent:
    """Run a command, or a line for the shell; its CPU with that of all its children."""
    before, began_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        command, shell=isinstance(command, str), stdout=subprocess.PIPE, check=False
    )
    wall_s, after = time.perf_counter() - began_s, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(cpu_s, wall_s, done.stdout)


def _median(command: list[str | Path] | str, rounds: int) -> Spent:
    runs = sorted(_run(command) for _ in range(rounds))
    return runs[len(runs) // 2]


def _first_output_s(command: list[str | Path]) -> float:
    """After how long the first byte comes."""
    began_s = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdout
        process.stdout.read(1)
        waited_s = time.perf_counter() - began_s
        process.stdout.read()
    return waited_s


def _patterns(home: Path) -> Iterator[tuple[str, str]]:
    """A word that is rare, a sentence's three words, a common word; by the truth's own lines."""
    made = making.made_in(home)
    agents = [session for session in made if session.style in ("difference", "alternate")]
    largest = max(agents, key=lambda session: session.log_bytes)
    lines = [stood.text for stood in making.truth_of(home, largest.session_id)]
    words = [re.findall(r"[a-z]+", line) for line in lines]
    yield "rare", max((word for row in words for word in row), key=len)
    yield "phrase", next(" ".join(row[1:4]) for row in words if len(row) > 8)
    yield "common", "error"


def _find(options: argparse.Namespace) -> None:
    home = options.folder
    logs = home / "logs"
    made = making.made_in(home)
    truth = [stood.text for session in made for stood in making.truth_of(home, session.session_id)]
    nothing = _median([_COMMANDS / "cs-grep", "--version"], options.rounds)
    print(f"cs-grep --version: {nothing.cpu_s * 1000:.0f} ms of CPU")
    _, (_, phrase), _ = _patterns(home)
    grep: list[str | Path] = [_COMMANDS / "cs-grep", "--home", home, "all", "-F", "--exact", phrase]
    waits = sorted(_first_output_s(grep) for _ in range(options.rounds))
    print(f"first hit after {waits[len(waits) // 2] * 1000:.0f} ms on the clock\n")
    print("| pattern | way | CPU s | clock s | hits | true lines |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for kind, pattern in _patterns(home):
        true = sum(pattern in line for line in truth)
        for way, command, rounds in _ways(home, logs, pattern):
            spent = _median(command, rounds or options.rounds)
            hits = spent.output.count(b"\n")
            print(
                f"| {kind} | {way} | {spent.cpu_s:.2f} | {spent.wall_s:.2f} | {hits:,} "
                f"| {true:,} |",
                flush=True,
            )


def _ways(
    home: Path, logs: Path, pattern: str
) -> Iterator[tuple[str, list[str | Path] | str, int]]:
    """What finds a pattern in all sessions of a store: its name, a command, how many rounds."""
    grep: list[str | Path] = [_COMMANDS / "cs-grep", "--home", home]
    yield "cs-grep", [*grep, "all", "-F", "--exact", pattern], 0
    yield "rg on the lines", f"rg -zF -- '{pattern}' {home}/index", 0
    yield "rg on the log", f"rg -F -- '{pattern}' {logs}", 0
    payload = (
        f"cat {logs}/*.jsonl | {sys.executable} -c 'import sys, orjson, pybase64\n"
        "for line in sys.stdin.buffer:\n"
        '    sys.stdout.buffer.write(pybase64.b64decode(orjson.loads(line)["data"]))\''
    )
    yield "strip | grep", f"{payload} | perl -pe '{_SEQUENCES}' | grep -F -- '{pattern}'", 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
