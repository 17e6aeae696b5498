"""Exporting: finds what is meant, and has it written in its form."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from formats.layout import Home
from formats.meant import resolve
from player.console import UsageError, say, say_damage
from player.exporting.forms import Destination, Target, form_named, target_of
from player.exporting.job import Job
from player.exporting.preparing import Wanted
from player.position import Span
from player.progress import Progress
from player.times import elapsed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from formats.size import Size
    from player.position import Place

_US_PER_S: Final = 1_000_000
_NO_TEXT: Final = ("png", "gif", "mp4", "webm", "ttyrec", "tar.gz", "tar.zst")


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be exported, and how; as it was typed."""

    home: str | None
    session: str
    output: str | None = None
    form: str | None = None
    start: Place | None = None
    end: Place | None = None
    at: Place | None = None
    speed: float = 1.0
    idle_limit_s: float | None = None
    typed: bool = True
    size: Size | None = None
    replace: bool = False
    redact: bool | None = None
    """Whether secrets are masked; None: in the forms that are made to be shared."""


def export(prog: str, request: Request, environ: Mapping[str, str]) -> list[str]:
    """Write the session that is asked for. Gives the names of the files, none for stdout.

    Says whether secrets were masked, what the form could not hold and what of the log had to be
    skipped.
    """
    home = Home.of(environ, request.home)
    target, path = _target(request)
    session = resolve(home, request.session)
    job = Job(home, session)
    job.wanted, job.at_us = _wanted(job, request)
    if job.at_us is not None and target.form.name not in ("svg", "png"):
        raise UsageError(f"--at is one moment: .png and .svg show it, {target.form.name} cannot")
    masked = target.form.masked if request.redact is None else request.redact
    path = path or session.id[:8] + (*target.form.endings, "." + target.form.name)[0]
    from player.exporting.writing import write  # noqa: PLC0415  not before all is known to be right

    with Progress(prog, session.log_bytes()) as progress:
        if masked:
            job.redact(environ, progress if target.form.lined else None)
        paths = write(job, Destination(path, target, request.replace), progress)
    say(prog, _about_secrets(job, request))
    for remark in job.remarks:
        say(prog, remark)
    if job.left_out:
        say(prog, f"left out, as {target.form.name} cannot hold it: {job.left_out.summary()}")
    say_damage(prog, job.damage)
    return paths


def _about_secrets(job: Job, request: Request) -> str:
    if job.redaction is None:
        return "unredacted: what was shown and typed is in it as it was; --redact masks secrets"
    words = job.redaction.report.in_words()
    return words if request.redact else f"{words}; --no-redact leaves all as it is"


def _target(request: Request) -> tuple[Target, str | None]:
    """The form, and the file that was asked for."""
    path = request.output
    if path is not None and path != "-":
        return target_of(path, request.form), path
    if request.form is None:
        raise UsageError("-o - needs --format: there is no name that says the form")
    target = Target(form_named(request.form))
    if path == "-" and not target.form.stream:
        raise UsageError(f"{target.form.name} cannot go to stdout: give -o FILE")
    if path == "-" and target.form.name in _NO_TEXT and sys.stdout.isatty():
        raise UsageError(f"{target.form.name} is no text for a terminal: give -o FILE")
    return target, path


def _wanted(job: Job, request: Request) -> tuple[Wanted, int | None]:
    first_us = last_us = job.first.time_us
    places = (request.start, request.end, request.at)
    if any(place is not None and place.needs_end for place in places):
        last_us = job.session.last_us() or first_us
    span = Span(first_us, last_us)
    start_us, end_us, at_us = (place and place.position_us(span) for place in places)
    if start_us is not None and end_us is not None and end_us < start_us:
        message = f"--to ({elapsed(end_us)}) lies before --from ({elapsed(start_us)})"
        raise UsageError(message)
    limit_s = request.idle_limit_s
    limit_us = None if limit_s is None else max(1, round(limit_s * _US_PER_S))
    typed, size = request.typed, request.size
    return Wanted(start_us or 0, end_us, request.speed, limit_us, typed, size), at_us
