"""Everything that is known of one session, for `cs-info`: gathered from its log and its index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from formats.belongings import belongings
from formats.layout import LOG, SEALED, parse_log_name
from formats.verify import check, plan
from player.index.markers import with_marks
from player.index.sidecar import pieces_of
from player.index.summary import summary_of
from player.position import Span
from player.sessions.overview import overview

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from formats.layout import Home
    from formats.store import Listed
    from formats.verify import Verdict
    from player.index.pieces import Piece
    from player.lines.signals import Marker
    from player.sessions.overview import Overview

CELLS: Final = 60
"""Of the activity."""

_BARS: Final = " ▁▂▃▄▅▆▇█"


class Portrait(NamedTuple):
    """One session. `disk` is bytes by part; `activity` how many new lines came in each cell.

    `span` is from its first entry to its last, or to now. The summary is of all that is recorded by
    now.
    """

    overview: Overview
    span: Span
    disk: dict[str, int]
    verdicts: Sequence[Verdict]
    markers: Sequence[Marker]
    activity: Sequence[int]

    @property
    def log_bytes(self) -> int:
        """Of its lines, before compression."""
        return sum(verdict.log_bytes for verdict in self.verdicts)


def portrait(home: Home, listed: Listed, now_us: int) -> Portrait:
    """Gather it; lines that are missing are made first. Raises LogError, ExtractionError."""
    session = listed.session
    verdicts = [check(job) for job in plan(session, live=listed.live, sha256=False)]
    pieces = [piece for piece, _ in pieces_of(home, session)]
    derived = (marker for piece in pieces for marker in piece.markers())
    markers = with_marks(home, session, derived)
    begin_us = listed.meta.start_us
    end_us = max(listed.meta.end_us or begin_us, now_us if listed.live else begin_us)
    span = Span(begin_us, end_us)
    known = overview(home, listed, now_us)._replace(summary=summary_of(pieces))
    return Portrait(known, span, disk_of(home, listed), verdicts, markers, _activity(pieces, span))


def disk_of(home: Home, listed: Listed) -> dict[str, int]:
    """Bytes on the disk: sealed segments, those that are not, index, and what lies beside."""
    if not listed.session.stored:
        return {"log": listed.disk_bytes}
    parts: dict[str, int] = dict.fromkeys(("sealed", "log", "index", "beside"), 0)
    for folder, name, size in belongings(home, listed.session.id).get(listed.session.id, ()):
        if folder == "index":
            parts["index"] += size
        elif parse_log_name(name) is None:
            parts["beside"] += size
        elif name.endswith(SEALED):
            parts["sealed"] += size
        elif name.endswith(LOG):
            parts["log"] += size
    return parts


def _activity(pieces: Iterable[Piece], span: Span) -> list[int]:
    """How many lines were to be seen for the first time in each part of the session."""
    cells = [0] * CELLS
    length_us = max(1, span.last_us - span.first_us)
    for piece in pieces:
        for line in piece.block().lines() if piece.lines else ():
            if not line.transient:
                place = (line.first_us - span.first_us) * CELLS // length_us
                cells[max(0, min(CELLS - 1, place))] += 1
    return cells


def sparkline(counts: Sequence[int]) -> str:
    """A bar for each; what is not nothing shows."""
    most = max(counts, default=0)
    return "".join(_BARS[-(-count * (len(_BARS) - 1) // most) if most else 0] for count in counts)
