"""Exporting: finds what is meant, and has it written in its form."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from formats.damage import Damage
from formats.entry import event_size
from formats.errors import LogError, printable
from formats.interchange.left_out import LeftOut
from formats.layout import Home
from formats.marks import marks_path, read_marks
from formats.size import DEFAULT_SIZE
from formats.store import resolve
from player.cli.console import UsageError, say, say_damage
from player.cli.progress import Progress
from player.exporting.forms import Destination, Target, form_named, target_of
from player.exporting.preparing import Wanted, prepared
from player.times import Span, elapsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from formats.entry import Entry
    from formats.marks import Mark
    from formats.session import Session
    from formats.size import Size
    from player.redact.redaction import Redaction
    from player.times import Place

_US_PER_S: Final = 1_000_000
# What a line of the log holds beside its base64, to guess how much of the log an entry is.
_LINE_BYTES: Final = 130


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be exported, and how; as it was typed."""

    home: str | None
    session: str
    output: str | None = None
    form: str | None = None
    start: Place | None = None
    end: Place | None = None
    speed: float = 1.0
    idle_limit_s: float | None = None
    typed: bool = True
    size: Size | None = None
    replace: bool = False
    redact: bool | None = None
    """Whether secrets are masked; None: in the forms that are made to be shared."""


def export(prog: str, request: Request, environ: Mapping[str, str]) -> list[str]:
    """Write the session that is asked for. Gives the names of the files, none for stdout.

    Says what the form could not hold and what of the log had to be skipped.
    """
    home = Home.of(environ, request.home)
    target, path = _target(request)
    session = resolve(home, request.session)
    job = _Job(home, session, request)
    if target.form.masked if request.redact is None else request.redact:
        job.redact(environ)
    path = path or session.id[:8] + (*target.form.endings, "." + target.form.name)[0]
    with Progress(prog, session.log_bytes()) as progress:
        paths = job.write(Destination(path, target, request.replace), progress)
    if job.redaction is not None:
        words = job.redaction.report.in_words()
        say(prog, words if request.redact else f"{words}; --no-redact leaves all as it is")
    if job.left_out:
        say(prog, f"left out, as {target.form.name} cannot hold it: {job.left_out.summary()}")
    say_damage(prog, job.damage)
    return paths


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
    return target, path


class _Job:
    """One session on its way out."""

    def __init__(self, home: Home, session: Session, request: Request) -> None:
        self.damage = Damage()
        self.left_out = LeftOut()
        self._home = home
        self._session = session
        self._request = request
        self.redaction: Redaction | None = None
        first = next(session.entries(), None)
        if first is None:
            raise LogError(f"{printable(session.path, 200)} holds no log entry")
        self._first = first
        self._wanted = self._places()

    def _places(self) -> Wanted:
        request, first_us = self._request, self._first.time_us
        last_us = first_us
        places = (request.start, request.end)
        if any(place is not None and place.needs_end for place in places):
            last_us = self._session.last_us() or first_us
        span = Span(first_us, last_us)
        start_us, end_us = (place and place.position_us(span) for place in places)
        if start_us is not None and end_us is not None and end_us < start_us:
            message = f"--to ({elapsed(end_us)}) lies before --from ({elapsed(start_us)})"
            raise UsageError(message)
        limit_s = request.idle_limit_s
        limit_us = None if limit_s is None else max(1, round(limit_s * _US_PER_S))
        return Wanted(start_us or 0, end_us, request.speed, limit_us, request.typed, request.size)

    def redact(self, environ: Mapping[str, str]) -> None:
        """Have secrets masked in all that is written."""
        from formats.config import load  # noqa: PLC0415  not where nothing is to be masked
        from player.redact.finder import Finder  # noqa: PLC0415
        from player.redact.redaction import Redaction  # noqa: PLC0415

        finder = Finder.of(load(self._home, environ))
        size = self._request.size
        self.redaction = Redaction.of(self._session, finder, self.damage, size)

    def write(self, to: Destination, progress: Progress) -> list[str]:
        """Write the form. Gives the names of the files."""
        from player.exporting import writing  # noqa: PLC0415  not before all is known to be right

        name = to.target.form.name
        if name.startswith("tar"):
            as_it_is = self._wanted.everything and self.redaction is None
            entries = None if as_it_is else self._entries(progress)
            marks = self._marks_path() if self.redaction is None else None
            return writing.write_archive_file(self._session, entries, marks, to)
        if name.startswith("typescript"):
            return writing.write_typescript_files(self._entries(progress), to, self.left_out)
        if name == "jsonl" and self._wanted.everything:
            return writing.write_stream(self._all(progress), to, self.left_out)
        return writing.write_stream(self._entries(progress), to, self.left_out)

    def _entries(self, progress: Progress) -> Iterator[Entry]:
        return prepared(self._all(progress), self._size(), self._wanted, self._marks())

    def _all(self, progress: Progress) -> Iterator[Entry]:
        """All entries, with their secrets masked where that is wanted."""
        if self.redaction is not None:
            return self._counted(self.redaction.entries(), progress)
        return self._counted(self._session.entries(self.damage), progress)

    def _size(self) -> Size:
        """The size at the beginning, if the log does not state it there."""
        event = self._first.event
        if self._wanted.size is not None or (event is not None and event_size(event) is not None):
            return self._wanted.size or DEFAULT_SIZE
        from player.sizing import initial_size  # noqa: PLC0415  only for other writers' logs

        return initial_size(self._session.entries())

    def _marks(self) -> list[Mark]:
        if self._marks_path() is None:
            return []
        marks = read_marks(self._home, self._session.id)
        if self.redaction is None:
            return marks
        return [mark._replace(label=self.redaction.text(mark.label)) for mark in marks]

    def _marks_path(self) -> str | None:
        """The file of the marks of a session of the store, if there is one."""
        if self._session.path != self._home.log(self._session.id):
            return None
        path = marks_path(self._home, self._session.id)
        return path if os.path.isfile(path) else None

    @staticmethod
    def _counted(entries: Iterable[Entry], progress: Progress) -> Iterator[Entry]:
        for entry in entries:
            progress.add(len(entry.data) * 4 // 3 + _LINE_BYTES)
            yield entry
