"""Is a log what was written? Segment by segment: whole, torn, damaged (and where), or missing.

What proves a segment, in this order: its own fingerprint once it is sealed, the `previous_sha256`
in the segment that follows, the checkpoints beside the log. Lines are decoded only to locate
damage, and where nothing proves them. A bug or a bad disk is found so. Somebody who
rewrites the log and all its hashes is found only by a signature, where there is one.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from formats import evidence, locate, signatures
from formats.checkpoints import read_checkpoints
from formats.errors import LogError, printable
from formats.layout import SEALED, parse_log_name
from formats.scan import Gaps
from formats.segment import open_segment
from formats.session import Session

if TYPE_CHECKING:
    from typing import BinaryIO, Literal

    from formats.checkpoints import Block
    from formats.locate import Finding
    from formats.scan import Scan

    State = Literal["whole", "torn", "damaged", "missing"]
    Form = Literal["sealed", "closed", "open"]

_ATTEMPTS = 10


class Job(NamedTuple):
    """One segment to be checked. `path` is None for one that is missing."""

    session: Session
    number: int
    path: str | None
    following: str | None = None
    """The file of the next segment, whose first line states the hash of this one."""
    blocks: tuple[Block, ...] = ()
    live: bool = False
    """Whether a recorder is writing the session."""
    last: bool = False
    sha256: bool = True
    """Whether the hash of all of it is wanted, also where nothing can be proven by it."""
    signature: signatures.Signature | None = None
    end: int | None = None
    """From this byte on a later segment replaces it: nothing is wrong there, whatever there is."""


class Verdict(NamedTuple):
    """What is known of one segment. Sizes in bytes; `log_bytes` before compression.

    `proven_bytes` of them are, by their SHA-256, what was written. `findings` are empty unless
    something is wrong with it. `has_exit` says that its last line ends a session in order.
    """

    session_id: str
    number: int
    path: str | None
    form: Form
    state: State
    log_bytes: int = 0
    disk_bytes: int = 0
    proven_bytes: int = 0
    sha256: str | None = None
    gaps: Gaps = Gaps()
    has_exit: bool = False
    findings: tuple[Finding, ...] = ()
    last: bool = False
    signed: signatures.Signed | None = None
    disproven: tuple[locate.Range, ...] = ()
    """Where a hash says that something is not what was written, findings or not."""


def plan(session: Session, *, live: bool = False, sha256: bool = True) -> list[Job]:
    """The segments of a session, also those that are missing, in order.

    Without `sha256` the hash of all of a segment is made only where something is proven by it.
    Raises LogError when the folder or a file cannot be read.
    """
    if not session.stored:
        return _plan_file(session, live=live, sha256=sha256)
    closed, opened = session.numbered()
    checkpoints = read_checkpoints(session.folder, session.id)
    blocks = checkpoints.blocks if checkpoints else {}
    files: dict[int, str] = dict(closed)
    if opened is not None:
        stated = evidence.first_line(opened)[0]
        files[max(stated, max(closed, default=0) + 1)] = opened
    signed = signatures.read_signatures(session.folder, session.id)
    expected = {*range(1, max(files, default=0) + 1), *blocks, *signed}
    numbers = range(1, max(expected, default=0) + 1)
    return [
        Job(
            session,
            number,
            files.get(number),
            files.get(number + 1),
            tuple(blocks.get(number, ())),
            live,
            number == numbers[-1],
            sha256,
            signed.get(number),
        )
        for number in numbers
    ]


def _plan_file(session: Session, *, live: bool, sha256: bool) -> list[Job]:
    """A single file; what lies beside it under its session's name helps to prove it."""
    path = session.path
    name = parse_log_name(os.path.basename(path))
    if name is not None and name.session_id == session.id:
        around = plan(Session(name.session_id, session.folder), live=live, sha256=sha256)
        for job in around:
            if job.path is not None and os.path.basename(job.path) == os.path.basename(path):
                return [job._replace(session=session, path=path, last=True)]
    return [Job(session, (name and name.number) or 1, path, live=live, last=True, sha256=sha256)]


def check(job: Job) -> Verdict:
    """Look at one segment. Raises LogError when it cannot be read at all."""
    verdict = _check(job)
    if verdict.findings and job.live:  # it may have been cut back, or rotated, as we looked
        job = _again(job)
        verdict = _check(job)
    # After a sync that failed. To ask each segment for it would mean to look into all that follow.
    if verdict.findings and job.end is None and job.path is not None and job.session.stored:
        end = job.session.replaced_from(job.number)
        verdict = verdict if end is None else _check(job._replace(end=end))
    return verdict


def _check(job: Job) -> Verdict:
    for _ in range(_ATTEMPTS):
        path = job.path
        if path is None:
            missing = locate.Finding("missing", f"segment {job.number} is missing")
            return Verdict(
                job.session.id, job.number, None, "closed", "missing", findings=(missing,)
            )
        try:
            with open_segment(path) as file:
                return _check_file(job, path, file)
        except FileNotFoundError:  # rotated or sealed since it was planned
            job = _again(job)
        except OSError as error:
            shown = printable(path, 200)
            raise LogError(f"cannot read {shown}: {error.strerror}") from None
    raise LogError(f"{printable(job.session.path, 200)} changes faster than it can be read")


def _again(job: Job) -> Job:
    if not job.session.stored:
        raise LogError(f"cannot read {printable(job.session.path, 200)}: it was removed")
    for other in plan(job.session, live=job.live, sha256=job.sha256):
        if other.number == job.number:
            return other
    return job._replace(path=None)


def _check_file(job: Job, path: str, file: BinaryIO) -> Verdict:
    held = evidence.gather(
        file,
        path,
        blocks=job.blocks,
        following=job.following,
        signature=job.signature,
        end=job.end,
    )
    scan, damage = held.scan(file, path, sha256=job.sha256)
    readable = not damage and not scan.bad
    digest = held.digest(scan)
    proofs, findings = held.proofs(digest), held.container(file, path)
    proven = readable and any(proofs)
    if proven and not all(proofs):
        what = f"segment {job.number + 1} does not continue it: it states another SHA-256"
        findings.append(locate.Finding("chain", what))
    ranges = _unproven(scan, wrong=bool(proofs) and readable)
    if proven:
        ranges = [locate.Range(scan.last_line_offset, scan.size)] if scan.torn else []
    located = _located(job, path, file, scan, ranges)
    if any(finding.kind == "frame" for finding in located):
        findings = []  # the frame says it better
    elif damage and not findings:
        findings.append(locate.Finding("container", evidence.CONTAINER))
    findings += located
    known = findings or proven or job.live or job.end is not None
    if not known and _is_cut(file, path, scan):
        findings.append(locate.Finding("cut", "its end is missing", scan.size))
    expected = max((block.end for block in scan.bad), default=0)
    if expected > scan.size and not damage:
        what = f"its last {expected - scan.size} bytes are missing"
        findings.append(locate.Finding("cut", what, scan.size, expected))
    signed = held.signed(job.session.id, digest, findings)
    return Verdict(
        session_id=job.session.id,
        number=job.number,
        path=path,
        form=_form(path),
        state=_state(findings),
        log_bytes=scan.size,
        disk_bytes=os.fstat(file.fileno()).st_size,
        proven_bytes=scan.size if proven else sum(end - start for start, end in scan.good),
        sha256=None if digest is None else digest.hex(),
        gaps=scan.gaps,
        has_exit=scan.has_exit,
        findings=tuple(findings),
        last=job.last,
        signed=signed,
        disproven=tuple(one for one in ranges if one.wrong),
    )


def _located(
    job: Job, path: str, file: BinaryIO, scan: Scan, ranges: list[locate.Range]
) -> list[Finding]:
    """What is wrong in these ranges, as far as they belong to the session."""
    end = scan.size if job.end is None else job.end
    ranges = [one._replace(end=min(one.end, end)) for one in ranges if one.start < end]
    begin = _line_before(scan, ranges)
    found = locate.findings(file, path, job.session.id, ranges, begin=begin, live=job.live)
    return [one for one in found if job.end is None or (one.offset or 0) < job.end]


def _is_cut(file: BinaryIO, path: str, scan: Scan) -> bool:
    """Whether nothing is in it, or, of what we sealed, the table is not that stands at the end."""
    ours = parse_log_name(os.path.basename(path))
    if scan.size == 0:
        return ours is not None
    if ours is None or not ours.sealed:
        return False
    from formats.frames import read_seek_table  # noqa: PLC0415  for sealed segments alone

    return read_seek_table(file) is None


def _unproven(scan: Scan, *, wrong: bool) -> list[locate.Range]:
    """The ranges that no checkpoint proves. `wrong`: a hash of the whole speaks against it."""
    ranges: list[locate.Range] = []
    bad = {(b.start, min(b.end, scan.size)) for b in scan.bad if b.start < scan.size}
    place = 0
    for start, end in sorted([*scan.good, *bad]):
        if start > place:
            ranges.append(locate.Range(place, start, wrong and not bad))
        if (start, end) in bad:
            ranges.append(locate.Range(start, end, wrong=True))
        place = end
    if place < scan.size:
        ranges.append(locate.Range(place, scan.size, wrong and not bad))
    return ranges


def _line_before(scan: Scan, ranges: list[locate.Range]) -> int:
    """A line's place before the first range, for the time of what stands before it."""
    first = min((one.start for one in ranges), default=0)
    return max((start for start, _ in scan.good if start < first), default=0)


def _state(findings: list[Finding]) -> State:
    if not findings:
        return "whole"
    return "torn" if all(finding.kind == "torn" for finding in findings) else "damaged"


def _form(path: str) -> Form:
    name = parse_log_name(os.path.basename(path))
    if path.endswith(SEALED):
        return "sealed"
    return "closed" if name is not None and name.number else "open"
