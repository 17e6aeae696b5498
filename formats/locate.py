"""Where damage lies: decodes the lines that nothing proves, and says which are none.

Slow (100 MB/s), so only for what `formats.scan` has found wanting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from formats.damage import Damage
from formats.layout import SEALED
from formats.place import Place
from formats.segment import read_segment
from formats.timestamp import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO

    from formats.damage import DamagedPlace

# It is gone over several times: it should stay in the processor's cache.
_READ_BYTES = 1 << 18
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_MOST_FINDINGS = 1000


class Finding(NamedTuple):
    """One thing that is wrong with a segment.

    `kind` is `line` (it is no entry), `changed` (all its lines read, and yet a hash says that a
    byte from `offset` to `end` is not what was written), `frame` (cannot be decompressed), `torn`
    (the last line lacks its end), `cut` (the end is missing), `container` (the sealed file has
    changed, its content has not), `chain` (the next segment continues another one), `signature`
    (it is wrong, or lacks) or `missing`.
    Offsets in bytes of log, lines from 1, times in microseconds since the epoch: of the entries
    before and behind it. None is what cannot be told.
    """

    kind: str
    what: str
    offset: int | None = None
    end: int | None = None
    line: int | None = None
    last_line: int | None = None
    at_us: int | None = None
    until_us: int | None = None

    def as_json(self) -> dict[str, object]:
        """Its fields, times as RFC 3339 under the names `at` and `until`."""
        fields: dict[str, object] = self._asdict()
        del fields["at_us"], fields["until_us"]
        fields["at"] = None if self.at_us is None else text(self.at_us)
        fields["until"] = None if self.until_us is None else text(self.until_us)
        return fields


class Range(NamedTuple):
    """Bytes of a segment that nothing proves; `wrong` says that a hash speaks against them."""

    start: int
    end: int
    wrong: bool = False


def contents(
    file: BinaryIO, path: str, damage: Damage, start: int = 0
) -> Iterator[tuple[int, bytes]]:
    """(Offset, bytes) of a segment's content, plain or sealed; lost frames count into `damage`.

    Of a sealed one, from the frame that holds byte `start`.
    """
    file.seek(0)
    if file.read(len(_ZSTD_MAGIC)) == _ZSTD_MAGIC or path.endswith(SEALED):
        from formats.sealed import read_sealed  # noqa: PLC0415  15 ms that plain logs do not need

        def damaged(what: str, _offset: int) -> None:
            damage.frames += 1
            damage.note(path, what)

        yield from read_sealed(file, start, damaged)
        return
    offset = 0
    file.seek(0)
    while data := file.read(_READ_BYTES):
        yield offset, data
        offset += len(data)


def findings(
    file: BinaryIO,
    path: str,
    session_id: str,
    ranges: Sequence[Range],
    *,
    begin: int,
    live: bool,
) -> list[Finding]:
    """What is wrong from the first range to the end of the last, in order.

    Reading starts at `begin`, where a line does, for the times of entries before a range. In a
    `live` session a last line without its end is one that is being written.
    """
    if not ranges:
        return []
    looking = _Looking(path, ranges)
    found = looking.at(file, session_id, begin)
    if live:
        found = [finding for finding in found if finding.kind != "torn"]
    return _with_lines(file, path, found[:_MOST_FINDINGS])


class _Looking:
    """One reading of the entries, and what lies between them."""

    def __init__(self, path: str, ranges: Sequence[Range]) -> None:
        self._path = path
        self._ranges = ranges
        self._damage = Damage()
        self._seen = 0
        self._found: list[Finding] = []
        self._times: dict[Range, tuple[int, int]] = {}
        self._before_us: int | None = None

    def at(self, file: BinaryIO, session_id: str, begin: int) -> list[Finding]:
        wrong = [one for one in self._ranges if one.wrong]
        end = max(one.end for one in self._ranges)
        place = Place(1, begin)
        file.seek(0)
        entries = read_segment(
            file, self._path, 1, begin=place, expect=session_id, damage=self._damage
        )
        index = 0
        for place, entry in entries:
            self._take_damage(place.offset, entry.time_us)
            if place.offset >= end:
                break
            while index < len(wrong) and wrong[index].end <= place.offset:
                index += 1
            if index < len(wrong) and wrong[index].start <= place.offset:
                first_us, _ = self._times.get(wrong[index], (entry.time_us, 0))
                self._times[wrong[index]] = first_us, entry.time_us
            self._before_us = entry.time_us
        self._take_damage(end, None)
        found = [*self._found, *self._changed(wrong)]
        return sorted(found, key=lambda finding: finding.offset or 0)

    def _take_damage(self, next_offset: int, next_us: int | None) -> None:
        for place in self._damage.places[self._seen :]:
            self._found.append(_finding(place, next_offset, self._before_us, next_us))
        self._seen = len(self._damage.places)

    def _changed(self, wrong: Iterable[Range]) -> Iterator[Finding]:
        """Ranges that a hash speaks against though each line in them reads."""
        for one in wrong:
            if any(explains(finding, one) for finding in self._found):
                continue
            first_us, last_us = self._times.get(one, (None, None))
            what = "not what was written: its SHA-256 differs, though every line reads"
            yield Finding("changed", what, one.start, one.end, at_us=first_us, until_us=last_us)


def explains(finding: Finding, wrong: Range) -> bool:
    """Whether what was found is why the hash of a range differs.

    A broken line may reach into the next range; that one's hash must be explained by itself.
    """
    if finding.offset is None or finding.offset >= wrong.end:
        return False
    if finding.kind == "frame" and finding.end is not None:
        return finding.end > wrong.start
    return finding.offset >= wrong.start


def _finding(
    place: DamagedPlace, next_offset: int, at_us: int | None, until_us: int | None
) -> Finding:
    end = next_offset if next_offset > place.offset else None
    return Finding(place.kind, place.what, place.offset, end, at_us=at_us, until_us=until_us)


def _with_lines(file: BinaryIO, path: str, found: list[Finding]) -> list[Finding]:
    """The same, with the numbers of their lines where no lost frame hides them."""
    wanted = sorted({n for one in found for n in (one.offset, one.end) if n is not None})
    numbers: dict[int, int] = {}
    counted, size, damage = 1, 0, Damage()
    for offset, data in contents(file, path, damage):
        if damage or offset != size:
            break
        size = offset + len(data)
        start = 0
        while wanted and wanted[0] <= size:
            stop = wanted.pop(0) - offset
            counted += data.count(b"\n", start, stop)
            numbers[stop + offset] = counted
            start = stop
        counted += data.count(b"\n", start)
    return [_numbered(one, numbers) for one in found]


def _numbered(one: Finding, numbers: dict[int, int]) -> Finding:
    if one.kind == "frame" or one.offset is None:
        return one
    line = numbers.get(one.offset)
    last = numbers.get(one.end) if one.end is not None and one.kind == "changed" else None
    return one._replace(line=line, last_line=last - 1 if last is not None else None)
