"""Search measured: how fast screen lines are extracted, how good they are, how fast they are found.

    python benchmarks/search.py extract             each style of session: MB/s, recall, hits, size
    python benchmarks/search.py recordings FOLDER   real recordings and their phrases.json
    python benchmarks/search.py ways                each style, beside other ways to text
    python benchmarks/search.py single              a session of 100 MB, and one being recorded
    python benchmarks/search.py store FOLDER        make a store of 500 sessions, 2 GB; index it
    python benchmarks/search.py find FOLDER         search that store, beside other ways

Tables to stdout, progress to stderr. MB/s are of JSONL for each second of CPU (user and system),
so of one core. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from benchmarks import finding
from benchmarks.corpus import making
from benchmarks.corpus.stage import STOOD_US
from benchmarks.judging import judged
from formats.line import OUTPUT
from formats.session import Session
from formats.stretch import Stretch
from player.index.extending import Extension
from player.index.indexing import collect_seldom
from player.index.pieces import Sidecar, parse_sidecar
from player.lines.lineblock import merged
from player.lines.sizing import initial_size
from player.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from formats.size import Size
    from player.lines.lineblock import ScreenLine

MB: Final = 1e6
_SCROLLBACK_ROWS: Final = 20_000


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
    recordings = what.add_parser("recordings")
    recordings.add_argument("folder", type=Path)
    recordings.add_argument("--verbose", action="store_true", help="phrases that have more hits")
    ways = what.add_parser("ways")
    ways.add_argument("--size-mb", type=float, default=3, help="of JSONL a style (default 3)")
    ways.add_argument("--asciinema", default="asciinema", help="version 3, which converts to text")
    single = what.add_parser("single")
    single.add_argument("--size-mb", type=float, default=100, help="of JSONL (default 100)")
    single.add_argument("--folder", type=Path, help="where the sessions are made (default: /tmp)")
    for command, styles in (
        (extract, list(making.STYLES)),
        (ways, list(making.STYLES)),
        (single, ["reprinted", "difference", "alternate"]),
    ):
        command.add_argument("--styles", default=",".join(styles), help="with commas")
    store, find = what.add_parser("store"), what.add_parser("find")
    store.add_argument("--sessions", type=int, default=500)
    store.add_argument("--size-mb", type=float, default=making.STORE_BYTES / MB)
    store.add_argument("--smallest", action="store_true", help="also at level 19: minutes more")
    find.add_argument("--quick", action="store_true", help="not strip | grep: minutes for 2 GB")
    for command in (store, find):
        command.add_argument("folder", type=Path)
    for command, rounds in ((extract, 3), (single, 5), (find, 5)):
        command.add_argument(
            "--rounds", type=int, default=rounds, help=f"the median counts (default {rounds})"
        )
    options = made.parse_args(argv)
    {
        "extract": _extract,
        "recordings": _recordings,
        "ways": finding.ways,
        "single": finding.single,
        "store": finding.store,
        "find": finding.find,
    }[options.what](options)
    return 0


# How fast lines are made, and how good they are.


def _extract(options: argparse.Namespace) -> None:
    collect_seldom()
    print("| style | B/s | read | drawn | MB/s | lines | true | recall | hits/true | stored |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        for style in options.styles.split(","):
            print(f"{style} ...", file=sys.stderr)
            made, truth = making.make_session(Path(folder), style, int(options.size_mb * MB), 1)
            path = Path(folder, f"{made.session_id}.jsonl")
            lines, stored, spent_s = _timed(path, options.rounds)
            read_s = _median_s(partial(_read, path), options.rounds)
            drawn_s = _median_s(partial(_read, path, drawn=True), options.rounds)
            verdict = judged([line.text for line in lines], [stood.text for stood in truth])
            session = list(Session.at(str(path)).entries())
            seconds = (session[-1].time_us - session[0].time_us) / 1e6
            print(
                f"| {style} | {made.payload_bytes / seconds:,.0f} "
                f"| {made.log_bytes / read_s / MB:.1f} | {made.log_bytes / drawn_s / MB:.1f} "
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
    index = b""

    def make() -> None:
        nonlocal index
        session = Session.at(str(path))
        index = b"".join(Extension(session, Sidecar([], 0, 0), ()).pieces())

    spent_s = _median_s(make, rounds)
    blocks = parse_sidecar(index, Session.at(str(path)).id).blocks()
    lines = merged(line for block in blocks if block for line in block.lines())
    shown = [line for line in lines if not line.transient]
    return shown, len(index), spent_s


def _read(path: Path, *, drawn: bool = False) -> None:
    """Read a log as extraction does, and draw what it says: less than that nothing can take."""
    session = Session.at(str(path))
    screen = Screen(initial_size(session.entries()), _SCROLLBACK_ROWS) if drawn else None
    for part in session.stretches():
        if screen is None:
            continue
        if isinstance(part, Stretch):
            for data in part.outputs():
                screen.feed(data)
        elif part[1].direction == OUTPUT:
            screen.feed(part[1].data)
        if screen.state().history_rows > _SCROLLBACK_ROWS // 2:
            screen.forget_history()


def _median_s(what: Callable[[], None], rounds: int) -> float:
    """The CPU seconds that it takes."""
    spent: list[float] = []
    for _ in range(rounds):
        began_s = time.process_time()
        what()
        spent.append(time.process_time() - began_s)
    return sorted(spent)[rounds // 2]


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
    from player.lines.history import History  # noqa: PLC0415

    screen = Screen(size, _SCROLLBACK_ROWS)
    history, found, since = History(screen), set[str](), dict[str, int]()
    before_us = 0
    for entry in Session.at(path).entries():
        stated = event_size(entry.event) if entry.event else None
        if entry.time_us > before_us:
            since = {row: since.get(row, before_us) for row in screen.text()}
            found |= {row for row, at_us in since.items() if entry.time_us - at_us >= STOOD_US}
            before_us = entry.time_us
        if stated is not None:
            screen.resize(stated)
            history.after_resize()
        if entry.direction == "output":
            screen.feed(entry.data)
            found |= {line.decode(errors="replace") for line in history.take().lines}
    return found | set(screen.text())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
