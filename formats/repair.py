"""What is left of a damaged session, entry by entry, and what had to be left out and where.

Nothing is invented: a byte is put right only where a SHA-256 proves what it was, lines that a hash
speaks against are left out, and every loss becomes a `gap` event in its place.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple, cast

from formats.damage import Damage
from formats.entry import Entry
from formats.flips import Budget, find_flip
from formats.layout import SEALED
from formats.line import OUTPUT
from formats.locate import Finding, explains
from formats.place import Place
from formats.segment import open_segment, read_segment
from formats.verify import check, plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from formats.checkpoints import Block
    from formats.damage import DamagedPlace
    from formats.flips import Flip
    from formats.locate import Range
    from formats.session import Session
    from formats.verify import Job, Verdict

# Half a minute of hashing: enough for a bit in a block of 128 KiB, the largest there is.
_SEARCH_BYTES = 40 << 30
_LARGEST_BLOCK_BYTES = 1 << 20


class Loss(NamedTuple):
    """What was left out at one place of segment `number`, or put right there (`mended`).

    `entries` and `log_bytes` count what is known to be lost; places and times are the finding's.
    """

    number: int
    finding: Finding
    entries: int = 0
    log_bytes: int = 0
    mended: bool = False


class Repair:
    """A damaged session, to be read as what can be saved of it.

    `verdicts` say what is wrong. Read `entries` to the end, then `losses` and `kept` are known.
    `keep_doubtful` keeps lines that read, though a hash says that one of them has changed.
    Raises LogError when a file cannot be read at all, as `entries` does.
    """

    def __init__(self, session: Session, *, keep_doubtful: bool = False) -> None:
        self._jobs = plan(session)
        if session.stored:  # what was written again must not be there twice
            ends = (session.replaced_from(job.number) for job in self._jobs)
            self._jobs = [job._replace(end=end) for job, end in zip(self._jobs, ends, strict=True)]
        self._keep_doubtful = keep_doubtful
        self._budget = Budget(_SEARCH_BYTES)
        self._last_us: int | None = None
        self.verdicts: list[Verdict] = [check(job) for job in self._jobs]
        self.losses: list[Loss] = []
        self.kept = 0

    @property
    def is_needed(self) -> bool:
        """Whether anything is wrong at all."""
        return any(verdict.findings for verdict in self.verdicts)

    def entries(self) -> Iterator[Entry]:
        """What is left, in order, with a `gap` event wherever something is not."""
        held: list[Loss] = []
        for job, verdict in zip(self._jobs, self.verdicts, strict=True):
            for item in self._segment(job, verdict):
                if isinstance(item, Loss):
                    self.losses.append(item)
                    held += [] if item.mended else [item]
                    continue
                for loss in held:
                    yield self._gap(loss, item.time_us)
                held = []
                self.kept += 1
                self._last_us = item.time_us
                yield item
        if self._last_us is not None:
            for loss in held:
                yield self._gap(loss, self._last_us)

    def _gap(self, loss: Loss, next_us: int) -> Entry:
        """The event for a loss, at the time of the entry before it."""
        where = f"segment {loss.number}"
        if loss.finding.line is not None:
            where += f", line {loss.finding.line}"
        elif loss.finding.offset is not None:
            where += f", byte {loss.finding.offset}"
        reason = f"damage to the log: {where}: {loss.finding.what}"
        # How many bytes of output or input that was, nobody knows.
        event = {"type": "gap", "entries": loss.entries, "bytes": 0, "reason": reason}
        time_us = next_us if self._last_us is None else self._last_us
        return Entry(time_us, "", OUTPUT, b"", event)

    def _segment(self, job: Job, verdict: Verdict) -> Iterator[Entry | Loss]:
        if verdict.path is None:
            yield from (Loss(job.number, finding) for finding in verdict.findings)
            return
        with open_segment(verdict.path) as file:
            flips: dict[Finding, Flip] = {}
            if verdict.findings and not verdict.path.endswith(SEALED):
                flips = _flips(file, verdict.findings, job.blocks, self._budget)
            yield from (Loss(job.number, finding, mended=True) for finding in flips)
            left = [finding for finding in verdict.findings if finding not in flips]
            places = {flip.offset: flip.byte for flip in flips.values()}
            mended = _Mended(file, places)
            wrong = [
                one
                for one in verdict.disproven
                if not any(one.start <= place < one.end for place in places)
            ]
            drop = [] if self._keep_doubtful else _doubted(left, wrong)
            yield from _read(job, verdict.path, cast("BinaryIO", mended), left, drop)
        for finding in left:
            if finding.kind == "cut":
                yield Loss(job.number, finding, 0, (finding.end or 0) - (finding.offset or 0))


def _doubted(findings: Sequence[Finding], wrong: Sequence[Range]) -> list[Finding]:
    """What a hash speaks against: changed lines that were located, and those beside a broken one.

    A broken line, or an end that is missing, explains why a hash is wrong, so nothing proves what
    stands beside it: bytes that were lost can join two lines to one that reads. A lost frame is
    another matter, because each frame has its own checksum.
    """
    doubted = [one for one in findings if one.kind == "changed"]
    frames = [one for one in findings if one.kind == "frame"]
    for one in wrong:
        if not any(explains(finding, one) for finding in (*doubted, *frames)):
            what = "no hash proves what stands beside a broken line"
            doubted.append(Finding("changed", what, one.start, one.end))
    return sorted(doubted, key=lambda one: one.offset or 0)


def _read(
    job: Job, path: str, file: BinaryIO, findings: Sequence[Finding], drop: list[Finding]
) -> Iterator[Entry | Loss]:
    """The entries of one segment but those in `drop`, and the losses where they are."""
    known = {(finding.kind, finding.offset): finding for finding in findings}
    damage, seen, dropped, number = Damage(), 0, 0, job.number
    begin, expect, size = Place(number, 0), job.session.id, 0
    found = read_segment(file, path, number, begin=begin, expect=expect, damage=damage, end=job.end)
    for place, entry in found:
        for one in damage.places[seen:]:
            yield _loss(number, one, known, place.offset)
        seen, size = len(damage.places), place.offset
        while drop and (drop[0].end or 0) <= place.offset:
            yield _doubtful(number, drop.pop(0), dropped)
            dropped = 0
        if drop and (drop[0].offset or 0) <= place.offset:
            dropped += 1
        else:
            yield entry
    for one in damage.places[seen:]:
        yield _loss(number, one, known, size)
    for finding in drop:
        yield _doubtful(number, finding, dropped)
        dropped = 0


def _loss(
    number: int, place: DamagedPlace, known: dict[tuple[str, int | None], Finding], next_: int
) -> Loss:
    finding = known.get((place.kind, place.offset)) or Finding(place.kind, place.what, place.offset)
    size = max(0, (finding.end or next_) - place.offset)
    return Loss(number, finding, 0 if place.kind == "frame" else 1, size)


def _doubtful(number: int, finding: Finding, entries: int) -> Loss:
    return Loss(number, finding, entries, (finding.end or 0) - (finding.offset or 0))


def _flips(
    file: BinaryIO, findings: Sequence[Finding], blocks: Sequence[Block], budget: Budget
) -> dict[Finding, Flip]:
    """The findings that are one flipped bit, each with its place in the segment."""
    found: dict[Finding, Flip] = {}
    for finding in findings:
        start = finding.offset
        if finding.kind not in ("line", "changed") or start is None:
            continue
        for block in blocks:
            if block.start <= start < block.end <= block.start + _LARGEST_BLOCK_BYTES:
                data = os.pread(file.fileno(), block.end - block.start, block.start)
                first = start - block.start
                # Of a line whose newline was hit, the next is a part.
                end = data.find(b"\n", first) + 1 or len(data)
                end = max(end, (finding.end or 0) - block.start)
                flip = find_flip(data, block.sha256, budget, first, end)
                if flip is not None:
                    found[finding] = flip._replace(offset=block.start + flip.offset)
    return found


class _Mended:
    """A plain segment's file in which some bytes read as what they were."""

    def __init__(self, file: BinaryIO, bytes_: dict[int, int]) -> None:
        self._file = file
        self._bytes = bytes_

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        start = self._file.tell()
        data = self._file.read(size)
        for offset, byte in self._bytes.items():
            if start <= offset < start + len(data):
                place = offset - start
                data = data[:place] + bytes((byte,)) + data[place + 1 :]
        return data
