"""What `cs-ls` and `cs-info` say of a session: its summary, what its screen told, its state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from formats.errors import LogError, SessionsError
from player.index.summary import Summary, read_summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from formats.layout import Home
    from formats.store import Listed
    from player.sessions.recent import Recent

RECORDING, WAITING, DONE, FAILED = "recording", "waiting", "done", "failed"
STATES: Final = (RECORDING, WAITING, DONE, FAILED)

_MOST_MADE: Final = 8
_MOST_MADE_BYTES: Final = 2 << 20
# What takes no longer than a person waits without noticing: a few sessions that have just ended.


class Overview(NamedTuple):
    """One session, and what is known of it beside its log's own summary."""

    listed: Listed
    summary: Summary | None
    recent: Recent | None
    state: str

    @property
    def title(self) -> str | None:
        """What a person called it, else the program's own title, else what was typed first."""
        if self.listed.meta.title:
            return self.listed.meta.title
        if self.recent is not None and self.recent.title:
            return self.recent.title
        return None if self.summary is None else self.summary.name


def overview(home: Home, listed: Listed, now_us: int) -> Overview:
    """What is known of a session without making anything."""
    summary = read_summary(home, listed.session.id) if listed.session.stored else None
    if not listed.live:
        return Overview(listed, summary, None, _end_state(listed))
    from player.sessions.recent import recent, waits  # noqa: PLC0415  few are live

    try:
        found = recent(listed.session)
    except LogError:
        return Overview(listed, summary, None, RECORDING)
    return Overview(listed, summary, found, WAITING if waits(found, now_us) else RECORDING)


def _end_state(listed: Listed) -> str:
    """Done, unless it failed: another exit status than 0, a signal, a recorder that died."""
    meta = listed.meta
    if meta.exit_signal is not None or meta.exit_status:
        return FAILED
    died = meta.exit_status is None and listed.session.stored and bool(meta.command)
    return FAILED if died else DONE


def with_lines(home: Home, shown: Sequence[Overview], now_us: int) -> list[Overview]:
    """The same, the lines of the newest few made first where they are missing and soon made."""
    missing: list[Overview] = []
    left_bytes = _MOST_MADE_BYTES
    for one in shown:
        meta = one.listed.meta
        known = one.summary is not None and one.summary.until_us >= (meta.end_us or 0)
        if one.listed.live or not one.listed.session.stored or known or not meta.log_bytes:
            continue
        left_bytes -= meta.log_bytes
        if left_bytes >= 0 and len(missing) < _MOST_MADE:
            missing.append(one)
    if not missing:
        return list(shown)
    from player.index.workers import job_of, run_jobs  # noqa: PLC0415
    from player.parallel import cores  # noqa: PLC0415  mostly nothing is missing

    jobs = [job_of(one.listed.session, home) for one in missing]
    try:
        for _ in run_jobs(jobs, cores()):
            pass
    except SessionsError:  # lists say less
        return list(shown)
    made = {one.listed.session.id for one in missing}
    return [
        overview(home, one.listed, now_us) if one.listed.session.id in made else one
        for one in shown
    ]
