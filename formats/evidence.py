"""What speaks for a segment: its fingerprint, what the next one states, checkpoints, a signature.

Each is a hash that was made when the segment was written, closed or sealed. Here they are brought
together and held against what the file holds, with as little reading as they allow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from formats import fingerprint, locate, signatures
from formats.damage import Damage
from formats.layout import SEALED
from formats.place import Place
from formats.scan import Scan
from formats.segment import last_line_start, open_segment, read_segment

if TYPE_CHECKING:
    from typing import BinaryIO

    from formats.checkpoints import Block
    from formats.locate import Finding

CONTAINER = "the file has changed since it was sealed, but what it holds reads"


class Evidence(NamedTuple):
    """The hashes that a segment is held against.

    `sealed` is what a sealed file says of itself, `fits` whether the file is as it was sealed;
    `stated` the SHA-256 of the segment in hexadecimal that the next one states.
    """

    blocks: tuple[Block, ...] = ()
    stated: str | None = None
    signature: signatures.Signature | None = None
    sealed: fingerprint.Fingerprint | None = None
    fits: bool = False

    def scan(self, file: BinaryIO, path: str, *, sha256: bool) -> tuple[Scan, Damage]:
        """Read the segment: `sha256` says whether the hash of all of it is wanted in any case.

        Hashing is most of the work, so what is proven by one hash is not held against another.
        """
        asked = sha256 or (self.signature is not None and not self.fits)
        if self.sealed is not None and self.fits and not asked and self._is_continued():
            # How it ends only the content says.
            start = last_line_start(file, path) if self.sealed.holds_no_gap else 0
            return _scan(file, path, start=start, whole=False)
        if self.stated is not None:
            scan, damage = _scan(file, path)
            if not damage and all(self.proofs(self.digest(scan))):
                return scan, damage
        # Checkpoints tell which part of it is wrong, and prove it where nothing else does.
        whole = asked or not (self.fits or (self.stated is None and self.blocks))
        return _scan(file, path, self.blocks, whole=whole)

    def _is_continued(self) -> bool:
        """Whether what was sealed is what was recorded: as the next segment states, or nothing."""
        if self.stated is None:
            return not self.blocks
        return self.sealed is not None and self.stated == self.sealed.content_sha256.hex()

    def digest(self, scan: Scan) -> bytes | None:
        """The segment's SHA-256: as it was made in reading, else as the file that fits states."""
        if scan.sha256 is None and self.sealed is not None and self.fits:
            return self.sealed.content_sha256
        return scan.sha256

    def proofs(self, digest: bytes | None) -> list[bool]:
        """What each hash of the whole segment says of this one, its `digest`."""
        proofs: list[bool] = []
        if self.sealed is not None and self.fits:
            proofs.append(self.sealed.content_sha256 == digest)
        if self.stated is not None and digest is not None:
            proofs.append(self.stated == digest.hex())
        return proofs

    def container(self, file: BinaryIO, path: str) -> list[Finding]:
        """A finding where a sealed file itself has changed."""
        if self.fits or not path.endswith(SEALED):
            return []
        if self.sealed is None and not fingerprint.is_due(file):
            return []  # another writer's
        return [locate.Finding("container", CONTAINER)]

    def signed(
        self, session_id: str, digest: bytes | None, findings: list[Finding]
    ) -> signatures.Signed | None:
        """What its signature proves; one that is wrong is a finding, unless others say why."""
        said = self.signature
        if said is None:
            return None
        key = signatures.fingerprint(said.key)
        valid = signatures.is_valid(session_id, said)
        if valid is False:
            findings.append(locate.Finding("signature", f"its signature by {key} is wrong"))
        elif digest is None or digest.hex() != said.sha256:
            valid = False
            if not findings:
                what = f"it is not what {key} signed: that has another SHA-256"
                findings.append(locate.Finding("signature", what))
        return signatures.Signed(key, valid)


def gather(
    file: BinaryIO,
    path: str,
    *,
    blocks: tuple[Block, ...],
    following: str | None,
    signature: signatures.Signature | None,
    end: int | None,
) -> Evidence:
    """What speaks for a segment's file; `following` is the file of the next segment.

    From byte `end` on a later segment replaces it: then what was stated of all of it is over.
    """
    sealed = fingerprint.find(file) if path.endswith(SEALED) else None
    fits = sealed is not None and fingerprint.fits(file, sealed)
    if end is not None:
        return Evidence(tuple(one for one in blocks if one.end <= end), sealed=sealed, fits=fits)
    stated = first_line(following)[1] if following else None
    return Evidence(blocks, stated, signature, sealed, fits)


def _scan(
    file: BinaryIO, path: str, blocks: tuple[Block, ...] = (), *, start: int = 0, whole: bool = True
) -> tuple[Scan, Damage]:
    damage, scan = Damage(), Scan(blocks, whole=whole)
    for offset, data in locate.contents(file, path, damage, start):
        scan.feed(offset, data)
    scan.finish()
    return scan, damage


def first_line(path: str) -> tuple[int, str | None]:
    """The number that a segment's first line states, 1 if none, and the hash of the one before."""
    try:
        with open_segment(path) as file:
            begin, damage = Place(0, 0), Damage()
            for _, entry in read_segment(file, path, 0, begin=begin, expect="", damage=damage):
                event = entry.event or {}
                if damage or event.get("type") != "segment":
                    break
                return event.get("number", 1), event.get("previous_sha256")
    except FileNotFoundError:
        pass
    return 1, None
