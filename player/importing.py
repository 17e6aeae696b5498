"""Importing: files of any form that is known become sessions of the store, with their own times."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from formats.damage import Damage
from formats.entry import OUTPUT, Entry, event_size
from formats.errors import LogError, SessionsError, printable
from formats.interchange import reading, tar
from formats.layout import Home, is_session_id, new_session_id, open_private, parse_log_name
from formats.line import FORMAT_VERSION
from formats.marks import add_mark, read_marks
from formats.session import Session
from formats.writing import SessionWriter
from player.progress import along

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from formats.interchange.reading import Recording

_PIECE_BYTES: Final = 256 << 10
# Sessions in one archive: each costs a few files and a name in memory.
_MOST_SESSIONS: Final = 100_000
# Never to fill the disk up: what an archive holds must leave that much of it.
_LEFT_FREE_BYTES: Final = 64 << 20


class ImportingError(SessionsError):
    """What was asked for cannot be imported so."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How sessions are to be imported: a form that goes before what the content says, a title."""

    form: str | None = None
    title: str | None = None
    tags: tuple[str, ...] = ()
    timing: str | None = None
    new_id: bool = False


class Imported(NamedTuple):
    """A session that is in the store now. `source_id` is the id it had, if it had another."""

    session_id: str
    path: str
    form: str
    entries: int
    source_id: str | None = None


@dataclass(slots=True)
class Report:
    """What an import had to skip."""

    damage: Damage = field(default_factory=Damage)
    skipped_members: int = 0
    first_member: str = ""

    def skip_member(self, name: str, why: str) -> None:
        """Count a file of an archive that is not looked at."""
        self.skipped_members += 1
        if not self.first_member:
            self.first_member = f"{printable(name, 100)}: {why}"


def import_files(
    home: Home,
    paths: Iterable[str],
    wishes: Wishes,
    report: Report,
    told: Callable[[int], None] | None = None,
) -> Iterator[Imported]:
    """Import each file as it comes; a typescript and its timing, in any order, are one.

    `told` learns about how many more bytes of the files were read. Raises LogError and
    ImportingError for the first that cannot be imported.
    """
    found: list[_File] = []
    for path in paths:
        if os.path.isdir(path):
            raise ImportingError(f"{printable(path, 200)} is a folder: name the files in it")
        found.append(_File.looked_at(path, wishes.form, told))
    for file, timing_file in _paired(found, wishes.timing):
        recording = file.opened()
        timing = None if timing_file is None else timing_file.opened()
        report.damage = recording.damage
        if recording.format == reading.TAR:
            yield from _archive(home, recording, wishes, report)
        else:
            yield _single(home, recording, timing, wishes, told)


class _File(NamedTuple):
    """A file and its format. Only what cannot be opened again, as a pipe, is `held` open meanwhile.

    Of the others there may be more than a process may have open. What is opened below /dev goes on,
    on some systems, where it was read last.
    """

    path: str
    format: str
    told: Callable[[int], None] | None
    held: Recording | None = None

    @classmethod
    def looked_at(
        cls, path: str, wanted: str | None, told: Callable[[int], None] | None = None
    ) -> _File:
        """Raises LogError when it cannot be read or is none of the formats."""
        if os.path.isfile(path) and not path.startswith("/dev/"):
            return cls(path, reading.open_recording(path, wanted).format, told)
        recording = reading.open_recording(path, wanted, told)
        return cls(path, recording.format, told, recording)

    def opened(self) -> Recording:
        """It, from its beginning; once."""
        return self.held or reading.open_recording(self.path, self.format, self.told)


def _paired(found: list[_File], asked: str | None) -> list[tuple[_File, _File | None]]:
    """Each file with its timing, if it is a typescript and has one."""
    timings = [one for one in found if one.format == reading.TIMING]
    if asked is not None:
        timings.append(_File.looked_at(asked, reading.TIMING))
    pairs: list[tuple[_File, _File | None]] = []
    for file in found:
        if file.format == reading.TIMING:
            continue
        timing = None
        if file.format == reading.TYPESCRIPT:
            beside = reading.timing_beside(file.path)
            if timings:
                timing = timings.pop(0)
            elif beside is not None:
                timing = _File.looked_at(beside, reading.TIMING)
        pairs.append((file, timing))
    for timing in timings:
        path = reading.log_of_timing(timing.opened())
        if path is None:
            shown = printable(timing.path, 200)
            raise ImportingError(f"{shown} is the timing of a typescript: name its log as well")
        pairs.append((_File.looked_at(path, reading.TYPESCRIPT), timing))
    return pairs


def _single(
    home: Home,
    recording: Recording,
    timing: Recording | None,
    wishes: Wishes,
    told: Callable[[int], None] | None,
) -> Imported:
    found = reading.entries_of(recording, timing)
    if told and recording.format == reading.JSONL and recording.as_stored:  # not by its source
        found = along(found, told)
    entries = _titled(found, recording, wishes)
    first = next(entries, None)
    if first is None:
        raise LogError(f"{printable(recording.path, 200)} holds no log entry")
    source_id = first.session_id if is_session_id(first.session_id) else None
    session_id = _free_id(home, None if wishes.new_id else source_id)
    count = _store(home, session_id, first, entries)
    other = source_id if source_id not in (None, session_id) else None
    return Imported(session_id, recording.path, recording.format, count, other)


def _titled(entries: Iterator[Entry], recording: Recording, wishes: Wishes) -> Iterator[Entry]:
    """With the title and the tags that were asked for in the start event."""
    first = next(entries, None)
    if first is None:
        return
    more: dict[str, object] = {}
    if wishes.title is not None:
        more["title"] = wishes.title
    if wishes.tags:
        more["tags"] = list(wishes.tags)
    event = first.event
    if event is not None and event["type"] == "start":
        if not event.get("command") and not event.get("title") and "title" not in more:
            # A list of sessions must show something: the file's name is all that there is.
            more["title"] = os.path.basename(recording.path)
        yield first._replace(event=event | more)
    elif more:
        size = None if event is None else event_size(event)
        cols, rows = size or (0, 0)
        start = {"type": "start", "version": FORMAT_VERSION, "cols": cols, "rows": rows}
        yield Entry(first.time_us, first.session_id, OUTPUT, b"", start | {"command": []} | more)
        yield first
    else:
        yield first
    yield from entries


def _free_id(home: Home, wanted: str | None) -> str:
    """`wanted` unless a session of the store, or of its trash, has it; else a new one."""
    if wanted is None:
        return new_session_id()
    for folder in (home.logs, home.trash):
        try:
            if any(wanted in name for name in os.listdir(folder)):
                return new_session_id()
        except FileNotFoundError:
            continue
    return wanted


def _archive(
    home: Home, recording: Recording, wishes: Wishes, report: Report
) -> Iterator[Imported]:
    """The sessions of an archive: its files are brought to a folder of ours, under our names."""
    home.create()
    with tempfile.TemporaryDirectory(prefix="import-", dir=home.run) as folder:
        staged = Home(folder)
        staged.create()
        found = _unpack(recording, staged, report)
        if not found:
            raise LogError(f"{printable(recording.path, 200)} holds no session")
        if len(found) > 1 and wishes.title is not None:
            message = f"{printable(recording.path, 200)} holds {len(found)} sessions"
            raise ImportingError(f"{message}: --title would name them all the same")
        stored = 0
        for source_id in found:
            imported = _stored(home, staged, source_id, recording, wishes)
            if imported is None:
                report.skip_member(source_id, "it holds no whole entry")
            else:
                stored += 1
                yield imported
        if not stored:
            raise LogError(f"{printable(recording.path, 200)} holds no whole entry")


def _stored(
    home: Home, staged: Home, source_id: str, recording: Recording, wishes: Wishes
) -> Imported | None:
    session_id = _free_id(home, None if wishes.new_id else source_id)
    entries = _titled(Session(source_id, staged.logs).entries(recording.damage), recording, wishes)
    first = next(entries, None)
    if first is None:
        return None
    count = _store(home, session_id, first, entries)
    for mark in read_marks(staged, source_id):
        add_mark(home, session_id, mark.at_us, mark.label)
    other = source_id if source_id != session_id else None
    return Imported(session_id, recording.path, recording.format, count, other)


def _store(home: Home, session_id: str, first: Entry, others: Iterator[Entry]) -> int:
    """Write a session. Gives the count of its entries."""
    count = 1
    with SessionWriter(home, session_id) as writer:
        writer.add(first)
        for entry in others:
            writer.add(entry)
            count += 1
    return count


def _unpack(recording: Recording, staged: Home, report: Report) -> list[str]:
    """Copy the files of sessions out of an archive. Gives the ids, in the archive's order."""
    found: dict[str, None] = {}
    files = tar.members(recording.source, recording.path, report.skip_member)
    for member, read in files:
        name = parse_log_name(member.name)
        if name is not None:
            found[name.session_id] = None
            if len(found) > _MOST_SESSIONS:
                shown = printable(recording.path, 200)
                raise LogError(f"{shown} holds more than {_MOST_SESSIONS} sessions")
        path = os.path.join(staged.logs, member.name)
        try:
            _copy(path, read)
        except OSError as error:
            raise LogError(f"cannot write {printable(path, 200)}: {error.strerror}") from None
    return list(found)


def _copy(path: str, read: Callable[[], bytes]) -> None:
    with open(open_private(path, os.O_WRONLY), "wb", buffering=_PIECE_BYTES) as file:
        written = 0
        while piece := read():
            file.write(piece)
            written += len(piece)
            if written >= _LEFT_FREE_BYTES:
                written = 0
                if shutil.disk_usage(path).free < _LEFT_FREE_BYTES:
                    raise LogError("the disk would be full: nothing of the archive is imported")
