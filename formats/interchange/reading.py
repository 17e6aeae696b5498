"""A recording in any format that we know: told by its content, never by its name."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final, NamedTuple

from formats.damage import Damage
from formats.errors import LogError, printable
from formats.interchange.source import ZSTD, Source, plain_source
from formats.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from formats.entry import Entry

ASCIICAST: Final = "asciicast"
JSONL: Final = "jsonl"
RAW: Final = "raw"
TAR: Final = "tar"
TIMING: Final = "timing"
TLOG: Final = "tlog"
TTYREC: Final = "ttyrec"
TYPESCRIPT: Final = "typescript"
FORMATS: Final = (ASCIICAST, JSONL, RAW, TAR, TLOG, TTYREC, TYPESCRIPT)

_TAR_MAGIC, _TAR_MAGIC_AT = b"ustar", 257
_TIMING_ENDINGS = (".timing", ".tm", ".time", ".timing.log")


class Recording(NamedTuple):
    """A file that is open: what it is, its content, and when it was last written.

    `as_stored` says that it is a file that a store could hold: plain, or sealed as segments are.
    """

    path: str
    format: str
    source: Source
    damage: Damage
    modified_us: int
    as_stored: bool = False


class _File:
    """A file that is open for as long as anyone reads on: who reads may stop anywhere."""

    def __init__(self, path: str) -> None:
        self.fd = -1
        self.fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def read(self, size: int) -> bytes:
        return os.read(self.fd, size)

    def __del__(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)


def kind_of(head: bytes) -> str | None:
    """The format of a file that begins so; None when it is none that we know."""
    from formats.interchange.asciicast_reading import cast_header  # noqa: PLC0415  as each below
    from formats.interchange.jsonl import is_jsonl  # noqa: PLC0415
    from formats.interchange.tlog import is_tlog  # noqa: PLC0415
    from formats.interchange.ttyrec import is_ttyrec  # noqa: PLC0415
    from formats.interchange.typescript_reading import is_timing, is_typescript  # noqa: PLC0415

    def is_tar(head: bytes) -> bool:
        return head[_TAR_MAGIC_AT:].startswith(_TAR_MAGIC)

    def is_cast(head: bytes) -> bool:
        return "version" in cast_header(head) or _may_be_v1(head)

    # The strictest first: a timing file is text, frames of ttyrec can be anything.
    tests = (
        (TAR, is_tar),
        (JSONL, is_jsonl),
        (ASCIICAST, is_cast),
        (TYPESCRIPT, is_typescript),
        (TIMING, is_timing),
        (TLOG, is_tlog),
        (TTYREC, is_ttyrec),
    )
    return next((name for name, test in tests if test(head)), None)


def _may_be_v1(head: bytes) -> bool:
    """An object over many lines, whose first field says the version as asciinema 1 wrote it."""
    return head.lstrip()[:1] == b"{" and b'"version"' in head and b'"stdout"' in head


def open_recording(
    path: str, wanted: str | None = None, told: Callable[[int], None] | None = None
) -> Recording:
    """Open a file, whatever it is compressed with, and find out its format, unless it is `wanted`.

    The caller closes nothing: the file is closed when its content is no longer held. Raises
    LogError when it cannot be read or is none of the formats. `told` learns, as the file is read
    on, how many more of its bytes were.
    """
    shown = printable(path, 200)
    try:
        file = _File(path)
        read = file.read if told is None else _telling(file.read, told)
        status = os.fstat(file.fd)
        modified_us = status.st_mtime_ns // 1000
        whole = Source(read)
        damage = Damage()
        packed = whole.peek(len(ZSTD))
        source = plain_source(whole.read, path, damage)
        head = source.peek()
        as_stored = stat.S_ISREG(status.st_mode) and (
            source.layers == 0 or (source.layers == 1 and packed == ZSTD)
        )
    except OSError as error:
        raise LogError(f"cannot read {shown}: {error.strerror or error}") from None
    found = wanted or kind_of(head)
    if found is None:
        known = ", ".join(name for name in FORMATS if name != RAW)
        raise LogError(f"{shown} is no recording in a format that is known: {known}")
    return Recording(path, found, source, damage, modified_us, as_stored=as_stored)


def _telling(read: Callable[[int], bytes], told: Callable[[int], None]) -> Callable[[int], bytes]:
    def reading(size: int) -> bytes:
        found = read(size)
        told(len(found))
        return found

    return reading


def entries_of(recording: Recording, partner: Recording | None = None) -> Iterator[Entry]:
    """The entries of a recording, the first its start; not of an archive, which may hold many.

    `partner` is the timing of a typescript. A file that does not say when it was made began when
    it was last written. Raises LogError when it is not what it seemed.
    """
    source, name, damage = recording.source, recording.path, recording.damage
    if recording.format == TYPESCRIPT:
        from formats.interchange.typescript_reading import read_typescript  # noqa: PLC0415

        def open_log(name: str) -> Source | None:
            folder = os.path.dirname(recording.path if partner is None else partner.path)
            path = os.path.join(folder, name)
            return open_recording(path, TYPESCRIPT).source if os.path.isfile(path) else None

        timing = None if partner is None else partner.source
        started_us = recording.modified_us
        return read_typescript(source, timing, name, damage, started_us, open_log=open_log)
    if recording.format == JSONL:
        from formats.interchange.jsonl import read_jsonl  # noqa: PLC0415

        if recording.as_stored:
            return Session("", os.path.dirname(name), name).entries(damage)
        return read_jsonl(source, name.removesuffix(".zst"), damage)
    return _reader(recording.format)(source, name, damage, recording.modified_us)


def _reader(kind: str) -> Callable[[Source, str, Damage, int], Iterator[Entry]]:
    """The reader of a format, loaded only when it is used."""
    if kind == ASCIICAST:
        from formats.interchange.asciicast_reading import read_cast  # noqa: PLC0415

        return read_cast
    if kind == TTYREC:
        from formats.interchange.ttyrec import read_ttyrec  # noqa: PLC0415

        return read_ttyrec
    if kind == TLOG:
        from formats.interchange.tlog import read_tlog  # noqa: PLC0415

        return read_tlog
    from formats.interchange.raw import read_raw  # noqa: PLC0415

    return read_raw


def timing_beside(path: str) -> str | None:
    """The timing file that lies beside a typescript, by its name; None when there is none."""
    stem = os.path.splitext(path)[0]
    folder, name = os.path.split(path)
    candidates = [base + ending for base in (path, stem) for ending in _TIMING_ENDINGS]
    if name == "typescript":
        candidates.append(os.path.join(folder, "timing"))
    return next((found for found in candidates if found != path and os.path.isfile(found)), None)


def log_of_timing(timing: Recording) -> str | None:
    """The log that lies beside a timing file, by what that says or by its name; None for none."""
    from formats.interchange.typescript_reading import said_in_timing  # noqa: PLC0415

    folder, name = os.path.split(timing.path)
    said = said_in_timing(timing.source.peek()).get(b"OUTPUT_LOG", b"")
    stem = os.path.splitext(name)[0]
    # Of a path in a file only the name is believed: it lies beside, or it is not looked for.
    names = [os.path.basename(os.fsdecode(said)), stem, stem + ".typescript", "typescript"]
    for candidate in names:
        path = os.path.join(folder, candidate)
        if candidate and candidate != name and os.path.isfile(path):
            return path
    return None


def with_partner(recording: Recording) -> tuple[Recording, Recording | None]:
    """A recording with its timing, if it is a typescript and one lies beside it."""
    beside = timing_beside(recording.path) if recording.format == TYPESCRIPT else None
    return recording, None if beside is None else open_recording(beside, TIMING)
