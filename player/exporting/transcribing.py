"""A session as text: its transcript, as `cs-text` prints it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from formats.store import listed
from player.ahead import ahead, is_worth_it
from player.exporting.preparing import begun
from player.index.sidecar import batches_of, stored_blocks
from player.lines.lineblock import batched
from player.parallel import cores
from player.transcript.forms import markdown, plain, title_of
from player.transcript.novelty import news_of
from player.transcript.transcript import transcript

if TYPE_CHECKING:
    from collections.abc import Iterator

    from player.exporting.job import Job
    from player.lines.lineblock import Batch
    from player.progress import Progress
    from player.transcript.novelty import News

_BATCH_LINES: Final = 1000


def transcribed(form: str, job: Job, progress: Progress) -> Iterator[bytes]:
    """The bytes of a file of text or Markdown. Speed and waits mean nothing to it."""
    meta, wanted = listed(job.home, job.session).meta, job.wanted
    since_us = meta.start_us + wanted.start_us if wanted.start_us else None
    until_us = None if wanted.end_us is None else meta.start_us + wanted.end_us
    if job.masked_by is not None and job.masked_by.report.secrets:
        reads = transcript(_drawn(job, progress), since_us, until_us)
    else:
        news = _news_ahead(job, since_us, until_us)
        reads = transcript(_lines(job, progress), since_us, until_us, news)
    if form == "text":
        yield from map(str.encode, plain(reads))
        return
    written = markdown(job.masked(title_of(meta)), meta, reads, headings=wanted.typed)
    while batch := list(islice(written, _BATCH_LINES)):
        yield "\n".join((*batch, "")).encode()


def _drawn(job: Job, progress: Progress) -> Iterator[Batch]:
    """The screen lines without secrets, which nobody ever saw: made from what is left of the bytes.

    In a line, a secret can stand in pieces.
    """
    from player.lines.extractor import screen_lines  # noqa: PLC0415  mostly the index has them

    entries = begun(job.all_entries(progress), job.size, job.wanted.size)
    return batched(screen_lines(entries, job.size))


def _lines(job: Job, progress: Progress) -> Iterator[Batch]:
    """The screen lines as they are in the index."""
    size, damage = job.wanted.size, job.damage if job.masked_by is None else None
    return batches_of(job.home, job.session, size=size, damage=damage, progress=progress.reach)


def _news_ahead(job: Job, since_us: int | None, until_us: int | None) -> Iterator[News] | None:
    """What is new in them, found out by another process where there are many in the index."""
    home, session = job.home, job.session
    if job.wanted.size is not None or not is_worth_it(session) or cores() < 2:  # noqa: PLR2004
        return None
    if stored_blocks(home, session) is None:
        return None
    # Whoever writes them has them checked.
    return ahead(
        lambda _: news_of(batches_of(home, session, checked=False), since_us, until_us), None
    )
