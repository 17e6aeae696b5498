"""A session's summary from the first lines and the last of its log, without reading all of it.

For lists of logs whose summary is missing: what is counted (`entries`, `input_bytes`,
`output_bytes`, `markers`) stays 0. `formats.meta.rebuild` reads the log and counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formats.damage import Damage
from formats.meta import ENDED, Tally, rebuild
from formats.place import Place
from formats.segment import log_bytes_of, open_segment, read_segment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from formats.entry import Entry
    from formats.meta import Meta, State
    from formats.session import Session

# An entry of ours is 11 KB at most.
_TAILS_BYTES = (2 << 10, 64 << 10)


def brief(session: Session, files: Sequence[str], state: State = ENDED) -> Meta:
    """When it began and ended, what was run where, and how it ended.

    `files` are the session's, in order. Reads the log where its ends do not tell. Raises LogError
    when a file cannot be read.
    """
    tally = Tally()
    try:
        first = next(_entries(files[0], session.id, 0), None) if files else None
        if first is None:
            return rebuild(session, state)
        tally.add(first)
        log_bytes = [log_bytes_of(path) for path in files]
        for tail_bytes in _TAILS_BYTES:
            last = list(_entries(files[-1], session.id, max(0, log_bytes[-1] - tail_bytes)))
            if last:
                break
        else:
            return rebuild(session, state)
    except FileNotFoundError:  # sealed just now
        return rebuild(session, state)
    for entry in last:
        tally.add(entry)
    return tally.meta(session.id, state, sum(log_bytes), 0)._replace(
        entries=0, input_bytes=0, output_bytes=0, markers=0, segments=len(files), version=0
    )


def _entries(path: str, session_id: str, start: int) -> Iterator[Entry]:
    with open_segment(path) as file:
        for _, entry in read_segment(
            file, path, 1, begin=Place(1, start), expect=session_id, damage=Damage()
        ):
            yield entry
