"""Writing a session that is complete: imported, repaired, redacted. Never one that is recorded.

Nothing of it can be seen until all of it is there: it is written to a folder beside the logs, each
segment sealed and verified, and takes its names at the end. The first segment takes its name last:
should the machine stop in between, readers say that segments are missing.
"""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from formats import meta
from formats.entry import Entry, encode_line, event_size
from formats.errors import LogError, printable
from formats.layout import FOLDER_MODE, open_private, parse_log_name
from formats.line import INPUT, OUTPUT, LineEncoder
from formats.lines import LONGEST_LINE_BYTES
from formats.sealed import SealedWriter, read_sealed
from formats.size import Size
from formats.timestamp import Stamper

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from formats.layout import Home
    from formats.line import Direction

ROTATE_BYTES = 16 << 20
"""What the recorder's segments hold unless the config says otherwise."""

# Base64 of it is 683 KiB: such a line is well below the longest that a reader takes.
_LARGEST_DATA_BYTES = 512 << 10
_US_PER_MS = 1000


class SessionWriter:
    """Writes one session into a home: `with SessionWriter(home, session_id) as writer:`.

    Leaving the block publishes the session, an exception removes all that was written. Times are
    microseconds since the epoch; one that runs backwards counts as the one before it. Bytes, events
    and fields are kept as they are, also those that nobody knows; a `segment` event begins a new
    segment and is given the number and hash that are right here.

    `before_publishing` is called when all is written and on the disk, just before it takes its
    names: whoever replaces a session moves the old one away there. Raises LogError when it cannot
    be written or when there is a session of that id.
    """

    def __init__(
        self,
        home: Home,
        session_id: str,
        *,
        rotate_bytes: int = ROTATE_BYTES,
        before_publishing: Callable[[], None] | None = None,
    ) -> None:
        self._home = home
        self._session_id = session_id
        self._rotate_bytes = rotate_bytes
        self._before_publishing = before_publishing
        self._encoder = LineEncoder(session_id)
        self._stamp = Stamper().stamp
        self._tally = meta.Tally()
        self._size = Size(0, 0)
        self._last_us: int | None = None
        self._log_bytes = 0
        self._folder = ""
        self._numbers: list[int] = []
        self._segment: _Segment | None = None

    def __enter__(self) -> Self:
        self._home.create()
        self._folder = os.path.join(
            self._home.logs, f"{self._session_id}.{os.urandom(4).hex()}.new"
        )
        try:
            os.mkdir(self._folder, FOLDER_MODE)
        except OSError as error:
            raise _cannot(self._folder, error) from None
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            if kind is None:
                self._publish()
        except OSError as fault:
            raise _cannot(self._folder, fault) from None
        finally:
            self._remove()

    def entry(self, time_us: int, direction: Direction, data: bytes) -> None:
        """Bytes that were written or typed; more than 512 KiB become several entries."""
        for place in range(0, max(1, len(data)), _LARGEST_DATA_BYTES):
            self.add(Entry(time_us, "", direction, data[place : place + _LARGEST_DATA_BYTES]))

    def event(self, time_us: int, event: dict[str, Any], direction: Direction = OUTPUT) -> None:
        """What bytes cannot say; `event` holds its `type`."""
        self.add(Entry(time_us, "", direction, b"", event))

    def add(self, entry: Entry) -> None:
        """An entry as another session holds it, extra fields and all; its session id is replaced.

        Raises LogError when its line would be longer than readers take.
        """
        try:
            if entry.event is not None and entry.event["type"] == "segment":
                self._begin_segment(entry)
                return
            if self._segment is None:
                self._open(1)
            elif self._segment.size >= self._rotate_bytes:
                self._begin_segment(Entry(entry.time_us, "", OUTPUT, b"", {"type": "segment"}))
            self._append(entry)
        except OSError as error:
            raise _cannot(self._folder, error) from None

    def _begin_segment(self, entry: Entry) -> None:
        """Close the segment that is open and begin the next; `entry` holds its event."""
        event = dict(entry.event or {})
        if self._segment is None:
            # What came before it is lost: the number says so.
            self._open(max(1, event.get("number", 1)))
        else:
            digest = self._segment.close()
            self._open(self._numbers[-1] + 1)
            size = event_size(event) or self._size
            event |= {"number": self._numbers[-1], "cols": size.cols, "rows": size.rows}
            event["previous_sha256"] = digest
        self._append(entry._replace(event=event))

    def _append(self, entry: Entry) -> None:
        time_us = entry.time_us if self._last_us is None else max(self._last_us, entry.time_us)
        self._last_us = time_us
        try:
            line = self._line(entry._replace(time_us=time_us, session_id=self._session_id))
        except ValueError:
            raise LogError("a time outside the years 0000 to 9999 cannot be kept") from None
        if len(line) > LONGEST_LINE_BYTES:
            raise LogError(f"an entry of {len(line)} bytes is longer than a line of a log may be")
        if entry.event is not None:
            self._size = event_size(entry.event) or self._size
        self._tally.add(entry._replace(time_us=time_us // _US_PER_MS * _US_PER_MS))
        self._log_bytes += len(line)
        if self._segment is not None:
            self._segment.write(line)

    def _line(self, entry: Entry) -> bytes:
        if entry.extra is not None:
            return encode_line(entry)
        stamp = self._stamp(entry.time_us)
        if entry.event is not None:
            return self._encoder.event(stamp, entry.event, entry.direction)
        write = self._encoder.input if entry.direction == INPUT else self._encoder.output
        return write(stamp, entry.data)

    def _open(self, number: int) -> None:
        self._segment = _Segment(os.path.join(self._folder, str(number)))
        self._numbers.append(number)

    def _publish(self) -> None:
        if self._segment is None:
            raise LogError("a session without any entry cannot be stored")
        self._segment.close()
        made = self._tally.meta(self._session_id, meta.ENDED, self._log_bytes, 0)
        if self._before_publishing is not None:
            self._before_publishing()
        self._refuse_existing()
        logs = os.open(self._home.logs, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for number in reversed(self._numbers):
                source = os.path.join(self._folder, str(number))
                os.rename(source, self._home.segment(self._session_id, number, sealed=True))
            meta.write_meta(self._home.meta(self._session_id), made)
            os.fsync(logs)
        finally:
            os.close(logs)

    def _refuse_existing(self) -> None:
        for name in os.listdir(self._home.logs):
            if name.startswith(self._session_id) and parse_log_name(name) is not None:
                shown = printable(self._home.logs, 200)
                raise LogError(f"there is a session {self._session_id} in {shown} already")

    def _remove(self) -> None:
        """Nothing is left of the folder; what was published is no longer in it."""
        if self._segment is not None:
            self._segment.drop()
        try:
            for name in os.listdir(self._folder):
                os.unlink(os.path.join(self._folder, name))
            os.rmdir(self._folder)
        except OSError:  # a disk that fails; readers do not look into folders
            pass


class _Segment:
    """One sealed segment that is being written."""

    def __init__(self, path: str) -> None:
        self.size = 0
        """Bytes of its lines, before compression."""
        self._writer = SealedWriter()
        self._digest = sha256()
        self._file = open(open_private(path, os.O_RDWR), "r+b")  # noqa: SIM115  close and drop

    def write(self, line: bytes) -> None:
        self.size += len(line)
        self._digest.update(line)
        if frames := self._writer.feed(line):
            self._file.write(frames)

    def close(self) -> str:
        """Write its end, make sure that it reads back the same. Gives its SHA-256."""
        with self._file as file:
            file.write(self._writer.finish())
            file.flush()
            os.fsync(file.fileno())
            found = sha256()
            for _, data in read_sealed(file, 0, _damaged):
                found.update(data)
        if found.digest() != self._digest.digest():
            raise LogError("a sealed segment does not read back as it was written")
        return found.hexdigest()

    def drop(self) -> None:
        """Close the file whatever state it is in."""
        try:
            self._file.close()
        except OSError:
            pass


def _damaged(what: str, _offset: int) -> None:
    raise LogError(f"a sealed segment does not read back: {what}")


def _cannot(path: str, error: OSError) -> LogError:
    return LogError(f"cannot write {printable(path, 200)}: {error.strerror or error}")
