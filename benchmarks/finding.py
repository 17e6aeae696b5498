"""How fast lines are found: in a whole store, in one long session, in one that is still recorded.

Part of `search.py`. Beside cs-grep the ways that a person has without it, and what each of them
finds of the lines that stood.
"""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import zstandard

from benchmarks.corpus import making
from benchmarks.judging import judged
from formats.layout import Home
from player.index.pieces import ENDING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

MB: Final = 1e6
_COMMANDS: Final = Path(sys.executable).parent
_SEQUENCES: Final = r"s/\e\][^\a\e]*(?:\a|\e\\)|\e\[[0-?]*[ -\/]*[@-~]|\e[ -\/]*[0-~]//g; s/\r/\n/g"
_STRIPPED: Final = "strip | grep"
_LIVE_BYTES: Final = 8 << 20
_MORE_BYTES: Final = 256 << 10
Command = list[str | Path] | str


def store(options: argparse.Namespace) -> None:
    """Make a store, index it, and say what the index has of what stood."""
    planned = making.plan(options.sessions, int(options.size_mb * MB))
    print(f"making {len(planned)} sessions in {options.folder} ...", file=sys.stderr)
    made = making.make_store(options.folder, planned)
    log_bytes = sum(session.log_bytes for session in made)
    print(f"{len(made)} sessions, {log_bytes / MB:,.0f} MB of JSONL")
    _index(options.folder)
    _report_store(options.folder, made, smallest=options.smallest)


def _index(home: Path) -> None:
    spent = _run([_COMMANDS / "cs-index", "--home", home, "all"])
    log_bytes = sum(path.stat().st_size for path in (home / "logs").glob("*.jsonl"))
    print(
        f"cs-index all: {spent.cpu_s:.1f} s of CPU, {spent.wall_s:.1f} s on the clock, "
        f"{log_bytes / spent.cpu_s / MB:.1f} MB/s of JSONL a core"
    )


def _report_store(home: Path, made: list[making.Made], *, smallest: bool) -> None:
    """What the index has of what stood, style by style.

    `smallest`: also what the text alone would take at the level that zstd is slowest at.
    """
    print("\n| style | sessions | MB | true | recall | hits/true | stored | text, level 19 |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    styles = [*making.STYLES, "all"]
    sums = {style: [0] * 8 for style in styles}
    paths = [home / "index" / f"{session.session_id}{ENDING}" for session in made]
    with ProcessPoolExecutor() as pool:
        packed = list(pool.map(_packed_small, paths)) if smallest else [(0, 0.0)] * len(made)
    for session, (floor, _) in zip(made, packed, strict=True):
        path = home / "index" / f"{session.session_id}{ENDING}"
        truth = [stood.text for stood in making.truth_of(home, session.session_id)]
        verdict = judged(_texts(path), truth)
        for style in (session.style, "all"):
            row = (
                1, session.log_bytes, verdict.true_lines, verdict.found, verdict.hits,
                verdict.rows, path.stat().st_size, floor,
            )  # fmt: skip
            sums[style] = [one + more for one, more in zip(sums[style], row, strict=True)]
    for style in styles:
        count, log_bytes, true, found, hits, rows, stored, floor = sums[style]
        if count:
            least = f"{floor / log_bytes:.2%}" if smallest else ""
            print(
                f"| {style} | {count} | {log_bytes / MB:,.0f} | {true:,} | {found / true:.3%} "
                f"| {hits / rows:.2f} | {stored / log_bytes:.2%} | {least} |"
            )
    if smallest:
        print(f"\npacking the text at level 19: {sum(spent for _, spent in packed):.1f} s of CPU")


def _packed_small(path: Path) -> tuple[int, float]:
    """The bytes of a sidecar's text in one piece at level 19, and the CPU seconds of packing it."""
    text = subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True).stdout
    began_s = time.process_time()
    return len(zstandard.ZstdCompressor(level=19).compress(text)), time.process_time() - began_s


def _texts(path: Path) -> list[str]:
    done = subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True)
    return done.stdout.decode().split("\n")[:-1]


class Spent(NamedTuple):
    """What a command took, and wrote."""

    cpu_s: float
    wall_s: float
    output: bytes


def _run(command: Command) -> Spent:
    """Run a command, or a line for the shell; its CPU with that of all its children."""
    before, began_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        command, shell=isinstance(command, str), stdout=subprocess.PIPE, check=False
    )
    wall_s, after = time.perf_counter() - began_s, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(cpu_s, wall_s, done.stdout)


def _median(command: Command, rounds: int) -> Spent:
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
    agents = [one for one in made if one.style in ("difference", "alternate")] or made
    largest = max(agents, key=lambda session: session.log_bytes)
    lines = [stood.text for stood in making.truth_of(home, largest.session_id)]
    words = [re.findall(r"[a-z]+", line) for line in lines]
    yield "rare", max((word for row in words for word in row), key=len)
    yield "phrase", next(" ".join(row[1:4]) for row in words if len(row) > 8)
    yield "common", "error"


def find(options: argparse.Namespace) -> None:
    """Search a store that was made, by cs-grep and by the ways beside it."""
    home = options.folder
    logs = home / "logs"
    made = making.made_in(home)
    truth = [stood.text for session in made for stood in making.truth_of(home, session.session_id)]
    nothing = _median([_COMMANDS / "cs-grep", "--version"], options.rounds)
    print(f"cs-grep --version: {nothing.cpu_s * 1000:.0f} ms of CPU")
    print(f"a search in a session of nothing: {_started_s(options.rounds) * 1000:.0f} ms of CPU")
    for kind, pattern in _patterns(home):
        grep = _grep(home, pattern)
        waits = sorted(_first_output_s(grep) for _ in range(options.rounds))
        print(f"{kind}: first hit after {waits[len(waits) // 2] * 1000:.0f} ms on the clock")
    print("\n| pattern | way | CPU s | clock s | hits | true lines |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for kind, pattern in _patterns(home):
        true = sum(pattern in line for line in truth)
        for way, command, rounds in _ways(home, logs, pattern):
            if options.quick and way == _STRIPPED:
                continue
            spent = _median(command, rounds or options.rounds)
            _say_way(kind, way, spent, spent.output.count(b"\n"), true)
        scans = sorted((_scanned(home, pattern) for _ in range(options.rounds)), key=_cpu_s)
        spent, hits = scans[len(scans) // 2]
        _say_way(kind, "unpack + count", spent, hits, true)


def _cpu_s(scan: tuple[Spent, int]) -> float:
    return scan[0].cpu_s


def _say_way(kind: str, way: str, spent: Spent, hits: int, true: int) -> None:
    print(
        f"| {kind} | {way} | {spent.cpu_s:.2f} | {spent.wall_s:.2f} | {hits:,} | {true:,} |",
        flush=True,
    )


def _scanned(home: Path, pattern: str) -> tuple[Spent, int]:
    """The least that a search in Python takes which reads all lines, and how often it finds it.

    In this process, without its start; nothing is said of what is found.
    """
    needle, hits = pattern.encode(), 0
    began_s, before_s = time.perf_counter(), time.process_time()
    for path in (home / "index").glob(f"*{ENDING}"):
        with path.open("rb") as file:
            reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
            hits += reader.read().count(needle)
    return Spent(time.process_time() - before_s, time.perf_counter() - began_s, b""), hits


def _ways(home: Path, logs: Path, pattern: str) -> Iterator[tuple[str, Command, int]]:
    """What finds a pattern in all sessions of a store: its name, a command, how many rounds."""
    yield "cs-grep", _grep(home, pattern), 0
    yield "cs-grep, flowing", _grep(home, pattern, "--flow"), 0
    yield "cs-grep -c", _grep(home, pattern, "--exact", "-c"), 0
    yield "rg on the lines", f"rg -zF -- '{pattern}' {home}/index", 0
    yield "rg on the log", f"rg -F -- '{pattern}' {logs}", 0
    yield _STRIPPED, f"{_stripped(f'{logs}/*.jsonl')} | grep -F -- '{pattern}'", 1


def _grep(home: Path, pattern: str, *options: str) -> list[str | Path]:
    """cs-grep in all sessions of a home."""
    how = options or ("--exact",)
    return [_COMMANDS / "cs-grep", "--home", home, *how, "all", "-F", pattern]


def _stripped(logs: str) -> str:
    """A command line that writes the output in these logs without escape sequences."""
    return (
        f"cat {logs} | {sys.executable} -c 'import sys, orjson, pybase64\n"
        "for line in sys.stdin.buffer:\n"
        '    sys.stdout.buffer.write(pybase64.b64decode(orjson.loads(line)["data"]))\''
        f" | perl -pe '{_SEQUENCES}'"
    )


# One session: long, then still recorded.


def single(options: argparse.Namespace) -> None:
    """One long session without its index and with it; its beginning as if it were recorded now."""
    started_s = _started_s(options.rounds)
    print(
        f"A search in a session of nothing: {started_s * 1000:.0f} ms of CPU, not counted below\n"
    )
    print("| style | MB | search | CPU s | clock s |")
    print("| --- | ---: | --- | ---: | ---: |")
    for style in options.styles.split(","):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            home = Path(folder)
            planned = making.Planned(style, int(options.size_mb * MB), 1)
            (made,) = making.make_store(home, [planned])
            (_, phrase), *_ = _patterns(home)
            for what, log_mb, spent in _searches(home, made.session_id, phrase, options.rounds):
                cpu_s = max(0.0, spent.cpu_s - started_s)
                print(
                    f"| {style} | {log_mb:,.0f} | {what} | {cpu_s:.3f} | {spent.wall_s:.3f} |",
                    flush=True,
                )


def _started_s(rounds: int) -> float:
    """The CPU that a search takes before it has anything to search."""
    with tempfile.TemporaryDirectory() as folder:
        making.make_store(Path(folder), [making.Planned("plain", 1, 1)])
        grep = _grep(Path(folder), "nowhere")
        _run(grep)
        return _median(grep, rounds).cpu_s


def _searches(
    home: Path, session_id: str, phrase: str, rounds: int
) -> Iterator[tuple[str, float, Spent]]:
    grep = _grep(home, phrase)
    log = home / "logs" / f"{session_id}.jsonl"
    size = log.stat().st_size / MB
    yield "nothing made", size, _run(grep)
    yield "all made", size, _median(grep, rounds)
    shutil.rmtree(home / "index")
    text = log.read_bytes()
    begun = text.rfind(b"\n", 0, _LIVE_BYTES) + 1
    log.write_bytes(text[:begun])
    making.summarise(home, session_id)
    yield "recorded, nothing made", begun / MB, _run(grep)
    with log.open("ab") as file:
        file.write(text[begun : text.rfind(b"\n", 0, begun + _MORE_BYTES) + 1])
    making.summarise(home, session_id)
    yield "recorded, the rest made", log.stat().st_size / MB, _run(grep)


# What each way finds.


def ways(options: argparse.Namespace) -> None:
    """A session of each style as text in several ways: what of the lines that stood is in it."""
    print("| style | way | CPU s | recall | hits/true |")
    print("| --- | --- | ---: | ---: | ---: |")
    for style in options.styles.split(","):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            Home(folder).create()
            made, truth = making.make_session(home / "logs", style, int(options.size_mb * MB), 1)
            true_lines = [stood.text for stood in truth]
            for way, spent in _texts_of(home, made.session_id, options.asciinema):
                lines = spent.output.decode(errors="replace").split("\n")
                verdict = judged([line.rstrip() for line in lines], true_lines, repeated=True)
                print(
                    f"| {style} | {way} | {spent.cpu_s:.2f} | {verdict.recall:.2%} "
                    f"| {verdict.hits_per_line:.2f} |",
                    flush=True,
                )


def _texts_of(home: Path, session_id: str, asciinema: str) -> Iterator[tuple[str, Spent]]:
    """A session as text by each way, and what that took."""
    log = home / "logs" / f"{session_id}.jsonl"
    indexed = _run([_COMMANDS / "cs-index", "--home", home, "all"])
    index = home / "index" / f"{session_id}{ENDING}"
    read = _run(["zstd", "-dcq", index])
    yield "screen lines", read._replace(cpu_s=indexed.cpu_s + read.cpu_s)
    yield "the log", _run(["cat", log])
    yield "strip", _run(_stripped(str(log)))
    # Of the third version on; the second can only print a recording as it is.
    if shutil.which(asciinema) and b"convert" in _run([asciinema, "--help"]).output:
        cast, text = home / "one.cast", home / "one.txt"
        _run([_COMMANDS / "cs-export", "--home", home, session_id, "--no-redact", "-o", cast])
        spent = _run([asciinema, "convert", "-f", "txt", cast, text])
        yield "asciinema convert", spent._replace(output=text.read_bytes())
