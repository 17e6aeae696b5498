"""`cs-info`: everything known of a session."""

from __future__ import annotations

import json
import os
import shlex
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from formats import timestamp
from player.cli.arguments import SESSION_HELP, command_parser
from player.console import escaped
from player.times import date_and_clock, elapsed

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator, Sequence

    from player.index.markers import Marker
    from player.sessions.portrait import Portrait

PROG = "cs-info"
_US_PER_S = 1_000_000
_SHOWN_MARKERS = 20
# A shell sets one before each command: they are counted, not listed.
_TOO_MANY = frozenset(("prompt",))
_CELLS = 11

_DESCRIPTION = """\
Tell everything that is known of a session.

When it ran and how it ended, where and what; what it takes on the disk, part by part; when new text
came on its screen; its markers, yours and those that nobody set; its gaps; whether its log is what
was written.
"""
_EPILOG = """\
output:
  activity   new lines of text, a bar for each sixtieth of the session
  disk       sealed: compressed segments; log: those that are not yet; index: what can be made again
             (cs-index, keyframes); beside: summary, marks, checkpoints
  markers    typed lines, notifications, titles, clears, resizes, gaps and your own
  integrity  as cs-verify says it
  Lines that are missing from the index are made first.
  --json, one object a session: what cs-ls --json gives, and disk (bytes by part), segment_list
  (number, form, state, log_bytes, disk_bytes, proven_bytes), activity (lines a cell),
  activity_cell_s, marker_list (at_s, at, kind, label), gaps (places, entries, bytes), integrity

examples:
  cs-info last                             the last session
  cs-info 3f2a talk.cast                   these two
  cs-info last --json | jq .disk           bytes by part
  cs-grep -l all panicked | xargs cs-info  of those in which something was found

exit status: 0, or 2 for an error.
"""


def main(argv: Sequence[str]) -> int:
    """Tell it."""
    typed = parser().parse_args(argv)
    # Not for --help and wrong usage.
    from formats.layout import Home  # noqa: PLC0415
    from formats.meant import meant  # noqa: PLC0415
    from player.sessions.portrait import portrait  # noqa: PLC0415

    home = Home.of(os.environ, typed.home)
    for number, name in enumerate(typed.sessions):
        now_us = time.time_ns() // 1000
        found = portrait(home, meant(home, name), now_us)
        if typed.json:
            print(json.dumps(_as_json(found, now_us), ensure_ascii=False))
            continue
        if number:
            print()
        for line in _lines(found, now_us):
            print(line)
    return 0


def parser() -> ArgumentParser:
    """The parser of `cs-info`."""
    made = command_parser(PROG, "[options] SESSION ...", _DESCRIPTION, _EPILOG)
    made.add_argument("sessions", metavar="SESSION", nargs="+", help=SESSION_HELP)
    made.add_argument("--json", action="store_true", help="one JSON object a session")
    return made


def _lines(found: Portrait, now_us: int) -> Iterator[str]:
    yield escaped(found.overview.listed.session.id)
    told = (*_what(found), *_when(found, now_us), *_how_much(found), *_integrity(found))
    for name, text in told:
        yield f"  {name:<{_CELLS}}{escaped(text)}"
    yield from _markers(found)


def _what(found: Portrait) -> Iterator[tuple[str, str]]:
    from player.sessions.listing import state_text  # noqa: PLC0415

    listed = found.overview.listed
    meta = listed.meta
    reason = f" ({meta.exit_reason})" if meta.exit_reason else ""
    yield "state", f"{state_text(found.overview)}{reason}"
    if title := found.overview.title:
        yield "title", title
    if meta.command:
        yield "command", shlex.join(meta.command)
    if meta.cwd:
        yield "directory", meta.cwd
    if meta.tags or listed.pinned:
        yield "tags", ", ".join([*meta.tags, *["(pinned)"] * listed.pinned])
    size = f"{meta.cols}x{meta.rows}" if meta.cols else "size not stated"
    resizes = sum(marker.kind == "resize" for marker in found.markers)
    again = f", resized {resizes} time{'s' if resizes != 1 else ''}" if resizes else ""
    yield "screen", f"{size}{f', {meta.term}' if meta.term else ''}{again}"


def _when(found: Portrait, now_us: int) -> Iterator[tuple[str, str]]:
    from player.sessions.listing import duration  # noqa: PLC0415
    from player.sessions.portrait import sparkline  # noqa: PLC0415

    begin_us, end_us = found.span
    yield "began", f"{date_and_clock(begin_us)}, {duration(now_us - begin_us)} ago"
    if not found.overview.listed.live:
        yield "ended", date_and_clock(end_us)
    summary = found.overview.summary
    active = f", active for {elapsed(summary.active_us)}" if summary else ""
    yield "length", f"{elapsed(end_us - begin_us)}{active}"
    yield "activity", f"|{sparkline(found.activity)}| {_cell_text(found)} a bar"


def _how_much(found: Portrait) -> Iterator[tuple[str, str]]:
    from player.console import size_text  # noqa: PLC0415

    listed = found.overview.listed
    meta = listed.meta
    sizes = f"{size_text(meta.output_bytes)} shown, {size_text(meta.input_bytes)} typed"
    yield "entries", f"{meta.entries}: {sizes}"
    if summary := found.overview.summary:
        yield "lines", f"{summary.lines} to be read, {summary.entered} typed"
    ratio = found.log_bytes / listed.disk_bytes if listed.disk_bytes else 1
    lines = f" for {size_text(found.log_bytes)} of lines ({ratio:.1f} times smaller)"
    count = len(found.verdicts)
    yield (
        "log",
        (f"{count} segment{'s' if count != 1 else ''}, {size_text(listed.disk_bytes)}{lines}"),
    )
    parts = ", ".join(f"{name} {size_text(size)}" for name, size in found.disk.items() if size)
    yield "disk", f"{size_text(sum(found.disk.values()))}: {parts}"


def _integrity(found: Portrait) -> Iterator[tuple[str, str]]:
    from player.cli.verify import in_one_line  # noqa: PLC0415

    places, entries, size = _gaps(found)
    yield "gaps", f"{places} ({entries} entries, {size} bytes)" if places else "none"
    yield "integrity", in_one_line(found.verdicts, live=found.overview.listed.live)


def _cell_s(found: Portrait) -> float:
    begin_us, end_us = found.span
    return (end_us - begin_us) / max(1, len(found.activity)) / _US_PER_S


def _cell_text(found: Portrait) -> str:
    from player.sessions.listing import duration  # noqa: PLC0415

    cell_s = _cell_s(found)
    return duration(round(cell_s * _US_PER_S)) if cell_s >= 1 else f"{cell_s * 1000:.0f} ms"


def _gaps(found: Portrait) -> tuple[int, int, int]:
    each = [verdict.gaps for verdict in found.verdicts]
    return sum(one.places for one in each), sum(one.entries for one in each), sum(
        one.bytes for one in each
    )  # fmt: skip


def _markers(found: Portrait) -> Iterator[str]:
    counts = Counter(marker.kind for marker in found.markers)
    summary = ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
    yield f"  {'markers':<{_CELLS}}{summary or 'none'}"
    listed: list[Marker] = [one for one in found.markers if one.kind not in _TOO_MANY]
    for marker in listed[:_SHOWN_MARKERS]:
        at = elapsed(max(0, marker.at_us - found.span.first_us))
        yield f"    {at}  {marker.kind:<13}{escaped(marker.label)}".rstrip()
    if len(listed) > _SHOWN_MARKERS:
        yield f"    and {len(listed) - _SHOWN_MARKERS} more (--json has all)"


def _as_json(found: Portrait, now_us: int) -> dict[str, Any]:
    from player.cli.verify import in_one_line  # noqa: PLC0415
    from player.sessions.listing import as_json  # noqa: PLC0415

    begin_us = found.span.first_us
    fields = as_json(found.overview, now_us)
    return fields | {
        "disk": found.disk,
        "segment_list": [
            {
                "number": one.number,
                "form": one.form,
                "state": one.state,
                "log_bytes": one.log_bytes,
                "disk_bytes": one.disk_bytes,
                "proven_bytes": one.proven_bytes,
            }
            for one in found.verdicts
        ],
        "activity": list(found.activity),
        "activity_cell_s": _cell_s(found),
        "marker_list": [
            {
                "at_s": (one.at_us - begin_us) / _US_PER_S,
                "at": timestamp.text(one.at_us),
                "kind": one.kind,
                "label": one.label,
            }
            for one in found.markers
        ],
        "gaps": dict(zip(("places", "entries", "bytes"), _gaps(found), strict=True)),
        "integrity": in_one_line(found.verdicts, live=found.overview.listed.live),
    }
