"""`cs-du`: what the store costs, by session, directory or month."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from player.cli.arguments import command_parser
from player.cli.asking import described, short
from player.console import escaped

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterable, Sequence

    from formats.layout import Home
    from formats.store import Listed

PROG = "cs-du"

_DESCRIPTION = """\
Say what the recordings take on the disk, and how well they are compressed.

The largest come first.
"""
_EPILOG = """\
output:
  SIZE      all files: logs, compressed or not, summaries, marks, search index
  INDEX     the part of it that can be made again from the logs (cs-index)
  RATIO     how many times the logs would take more if they were not compressed
  The last lines are the trash, which cs-prune --empty-trash empties at once, and the sum.
  --json, one object a line: by ("session", "directory", "month", "trash" or "total"), name, title
  (of a session), sessions, size_bytes, index_bytes, log_bytes (before compression), ratio

examples:
  cs-du                           the sessions
  cs-du --by directory -n 5       the five costliest directories
  cs-du --by month                what each month has added

exit status: 0, or 2 for an error.
"""


class Share(NamedTuple):
    """What some sessions take together. `log_bytes` are before compression."""

    name: str
    title: str | None
    sessions: int
    size_bytes: int
    index_bytes: int
    segment_bytes: int
    log_bytes: int

    @property
    def ratio(self) -> float | None:
        """How many times smaller the logs are than their lines; None when there is no log."""
        return self.log_bytes / self.segment_bytes if self.segment_bytes else None


def main(argv: Sequence[str]) -> int:
    """Show it."""
    typed = parser().parse_args(argv)
    from formats.layout import Home  # noqa: PLC0415  not for --help and wrong usage
    from formats.store import listing  # noqa: PLC0415
    from formats.trash import trash  # noqa: PLC0415

    home = Home.of(os.environ, typed.home)
    each = _each(home, listing(home))
    shares = sorted(_grouped(each, typed.by), key=lambda one: (-one.size_bytes, one.name))
    if typed.by == "month":
        shares.sort(key=lambda one: one.name)
    removed = trash(home)
    in_trash = sum(one.disk_bytes for one in removed)
    rest = Share("trash", None, len(removed), in_trash, 0, 0, 0)
    total = _sum("total", [*(share for _, share in each), rest])
    shown = [(typed.by, one) for one in shares[: typed.number]]
    _print([*shown, ("trash", rest), ("total", total)], json_wanted=typed.json)
    return 0


def parser() -> ArgumentParser:
    """The parser of `cs-du`."""
    made = command_parser(PROG, "[options]", _DESCRIPTION, _EPILOG)
    made.add_argument(
        "--by",
        choices=("session", "directory", "month"),
        default="session",
        help="what to add up by (default: session)",
    )
    made.add_argument("-n", "--number", metavar="N", type=int, help="only the first N")
    made.add_argument("--json", action="store_true", help="one JSON object a line")
    return made


def _each(home: Home, sessions: Sequence[Listed]) -> list[tuple[Listed, Share]]:
    from formats.belongings import belongings  # noqa: PLC0415

    files = belongings(home)
    found: list[tuple[Listed, Share]] = []
    for one in sessions:
        own = files.get(one.session.id, ())
        size = sum(file.disk_bytes for file in own)
        index = sum(file.disk_bytes for file in own if file.folder == "index")
        share = Share(
            one.session.id, described(one.meta), 1, size, index, one.disk_bytes, one.meta.log_bytes
        )
        found.append((one, share))
    return found


def _grouped(each: Iterable[tuple[Listed, Share]], by: str) -> list[Share]:
    if by == "session":
        return [share for _, share in each]
    groups: dict[str, list[Share]] = {}
    for one, share in each:
        name = one.meta.cwd or "?" if by == "directory" else _month(one.meta.start_us)
        groups.setdefault(name, []).append(share)
    return [_sum(name, shares) for name, shares in groups.items()]


def _sum(name: str, shares: Sequence[Share]) -> Share:
    counts = zip(*(share[2:] for share in shares), strict=True)
    return Share(name, None, *(map(sum, counts) if shares else (0,) * 5))


def _month(time_us: int) -> str:
    from player.times import date_and_clock  # noqa: PLC0415

    return date_and_clock(time_us)[: len("2026-02")]


def _print(shares: Sequence[tuple[str, Share]], *, json_wanted: bool) -> None:
    from player.console import size_text  # noqa: PLC0415

    tty = os.isatty(1)
    if tty and not json_wanted:
        print(f"{'SIZE':>8}{'INDEX':>9}{'RATIO':>7}  SESSIONS  ")
    for by, share in shares:
        if json_wanted:
            fields: dict[str, Any] = {"by": by} | share._asdict()
            del fields["segment_bytes"]
            fields["ratio"] = None if share.ratio is None else round(share.ratio, 2)
            print(json.dumps(fields, ensure_ascii=False))
            continue
        ratio = "-" if not share.ratio else f"{share.ratio:.1f}"
        name = f"{short(share.name)}  {share.title}" if by == "session" else escaped(share.name)
        cells = (size_text(share.size_bytes), size_text(share.index_bytes), ratio)
        if tty:
            print(f"{cells[0]:>8}{cells[1]:>9}{ratio:>7}  {share.sessions:>8}  {name}")
        else:
            plain = share.name if by == "session" else name
            print(*cells, share.sessions, escaped(plain), sep="\t")
