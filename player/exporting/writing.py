"""Writing one session in one form."""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING, Final

from player.exporting.output import NotClearedError, Output, compressed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Self

    from formats.entry import Entry
    from formats.interchange.left_out import LeftOut
    from formats.session import Session
    from formats.stretch import Stretch
    from player.exporting.forms import Destination
    from player.exporting.job import Job
    from player.progress import Progress

    Write = Callable[[Iterable[Entry], LeftOut], Iterator[bytes]]
    WriteParts = Callable[[Iterable[Entry | Stretch], LeftOut], Iterator[bytes]]

_TYPED: Final = ".input"
_TIMING: Final = ".timing"
_BATCH: Final = 64
_HIDDEN_UNTIL_DONE: Final = (
    "asciicast-v3", "asciicast-v2", "asciicast-v1", "text", "markdown", "ttyrec", "raw", "jsonl",
)  # fmt: skip
_MANY_AT_ONCE: Final = ("asciicast-v3", "asciicast-v2", "raw")
# Forms whose writers take stretches of a log whole: half the time.


def write(job: Job, to: Destination, progress: Progress) -> list[str]:
    """Write what is wanted of a session. Gives the names of the files, none for stdout.

    Of a long session it is found out meanwhile whether it holds secrets, where nobody can see what
    is written before that is known: most hold none.
    """
    name = to.target.form.name
    hidden, in_parts = name in _HIDDEN_UNTIL_DONE, _takes_parts(name, job)
    clearance = job.search_meanwhile(takes_parts=in_parts) if hidden else None
    if clearance is not None:
        try:
            return _write_in_form(job, to._replace(clearance=clearance), progress)
        except NotClearedError:
            job.begin_again()
            progress.restart()
        finally:
            job.end_search()
    return _write_in_form(job, to, progress)


def _write_in_form(job: Job, to: Destination, progress: Progress) -> list[str]:
    name = to.target.form.name
    if name.startswith("tar"):
        entries = None if job.as_it_is else job.entries(progress)
        marks = job.marks_path() if job.redaction is None else None
        return write_archive_file(job.session, entries, marks, to)
    if name.startswith("typescript"):
        return write_typescript_files(job.entries(progress), to, job.left_out)
    if to.target.form.drawn:
        return write_pieces(_drawn(name, job, progress), to)
    if name == "jsonl" and job.wanted.everything:
        return write_stream(job.all_entries(progress), to, job.left_out)
    if _takes_parts(name, job):
        return write_pieces(_parts_writer(name)(job.parts(progress), job.left_out), to)
    return write_stream(job.entries(progress), to, job.left_out)


def _takes_parts(name: str, job: Job) -> bool:
    """Whether the whole session goes by as it is read, many entries at once."""
    return name in _MANY_AT_ONCE and job.in_parts


def _drawn(name: str, job: Job, progress: Progress) -> Iterator[bytes]:
    """The bytes of a form that shows what stood on the screen; its writer is loaded when used."""
    if name in ("text", "markdown"):
        from player.exporting.transcribing import transcribed  # noqa: PLC0415

        return transcribed(name, job, progress)
    if name == "html":
        from player.exporting.webpage import write_page  # noqa: PLC0415

        return write_page(job.entries(progress), job.about())
    from player.exporting import picturing  # noqa: PLC0415

    if name == "png" or job.at_us is not None:
        return picturing.still(job, name, progress)
    if name == "gif":
        return picturing.animated_gif(job, progress)
    if name == "svg":
        return picturing.animated_svg(job, progress)
    from player.exporting.video import encoded  # noqa: PLC0415

    return encoded(name, picturing.frames_for_video(job, progress))


def write_stream(entries: Iterable[Entry], to: Destination, left_out: LeftOut) -> list[str]:
    """Write a form whose bytes come one after another. Gives the names of the files."""
    name = to.target.form.name
    pieces = _writer(name)(entries, left_out)
    if to.target.compression == ".zst" and name == "jsonl":
        return _write(_sealed(pieces), to)
    return write_pieces(pieces, to)


def write_pieces(pieces: Iterator[bytes], to: Destination) -> list[str]:
    """Write bytes that come one after another. Gives the names of the files."""
    compression = to.target.compression
    return _write(compressed(pieces, compression) if compression else pieces, to)


def _write(pieces: Iterable[bytes], to: Destination) -> list[str]:
    with Output(to.path, replace=to.replace, clearance=to.clearance) as output:
        iterator = iter(pieces)
        # Most pieces are a line: the loop over them is not ours.
        while batch := list(islice(iterator, _BATCH)):
            output.write(b"".join(batch))
    return [] if to.path == "-" else [to.path]


def _writer(name: str) -> Write:
    """The writer of a form, loaded only when it is used."""
    if name in _MANY_AT_ONCE:
        return _parts_writer(name)
    if name == "asciicast-v1":
        from formats.interchange.asciicast import write_v1  # noqa: PLC0415

        return write_v1
    if name == "ttyrec":
        from formats.interchange.ttyrec import write_ttyrec  # noqa: PLC0415

        return write_ttyrec
    if name == "jsonl":
        return _jsonl
    raise AssertionError(name)  # a form that is offered and has no writer


def _parts_writer(name: str) -> WriteParts:
    if name == "raw":
        from formats.interchange.raw import write_raw  # noqa: PLC0415

        return write_raw
    from formats.interchange import asciicast  # noqa: PLC0415

    return asciicast.write_v2 if name == "asciicast-v2" else asciicast.write_v3


def _sealed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """A log compressed as the store does it: any moment of it is found by reading little."""
    from formats.sealed import SealedWriter  # noqa: PLC0415

    writer = SealedWriter()
    for piece in pieces:
        yield writer.feed(piece)
    yield writer.finish()


def _jsonl(entries: Iterable[Entry], _left_out: LeftOut) -> Iterator[bytes]:
    from formats.interchange.jsonl import write_jsonl  # noqa: PLC0415

    return write_jsonl(entries)


def write_archive_file(
    session: Session, entries: Iterable[Entry] | None, marks_path: str | None, to: Destination
) -> list[str]:
    """Write an archive; `entries` None means the session as it is. Gives the names of the files."""
    from player.exporting.archive import write_archive  # noqa: PLC0415

    pieces = write_archive(session, entries, marks_path)
    return _write(compressed(pieces, to.target.form.name.removeprefix("tar")), to)


def write_typescript_files(
    entries: Iterable[Entry], to: Destination, left_out: LeftOut
) -> list[str]:
    """Write the log of the output, the timing beside it, and what was typed if anything was.

    Gives the names of the files.
    """
    from formats.interchange.typescript import write_typescript  # noqa: PLC0415

    stem = os.path.splitext(to.path)[0]
    names = [to.path, stem + _TIMING, stem + _TYPED]
    pieces = write_typescript(
        entries,
        left_out,
        advanced=to.target.form.name == "typescript",
        names=(os.path.basename(to.path), os.path.basename(names[2])),
    )
    with (
        Output(to.path, replace=to.replace) as output,
        Output(names[1], replace=to.replace) as timing,
        _Late(names[2], replace=to.replace) as typed,
    ):
        for piece in pieces:
            output.write(piece.output)
            timing.write(piece.timing)
            typed.write(piece.input)
    return names if typed.made else names[:2]


class _Late:
    """A file that is made only when there is something to write."""

    def __init__(self, path: str, *, replace: bool) -> None:
        self._output = Output(path, replace=replace)
        self.made = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if self.made:
            self._output.__exit__(kind, error, trace)

    def write(self, data: bytes) -> None:
        if data and not self.made:
            self._output.__enter__()
            self.made = True
        if data:
            self._output.write(data)
