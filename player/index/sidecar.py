"""The screen lines of a session, from its sidecar in the index; made first where they are missing.

`lines_of` is for those that want lines, `blocks_of` for those that search: the text of a block can
be searched in one piece, and a line is made of what was found only.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING

from formats.layout import open_own
from player.index.logfiles import signature_of
from player.index.pieces import parse_sidecar, path_of, read_pieces, read_sidecar
from player.lines.columns import BlockError
from player.lines.lineblock import merged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO

    from formats.damage import Damage
    from formats.layout import Home
    from formats.session import Session
    from formats.size import Size
    from player.index.grams import Sought
    from player.index.logfiles import Signature
    from player.index.pieces import Piece
    from player.lines.lineblock import Batch, LineBlock, ScreenLine

    Progress = Callable[[int, int], None]


def lines_of(
    home: Home,
    session: Session,
    *,
    size: Size | None = None,
    transient: bool = False,
    damage: Damage | None = None,
) -> Iterator[ScreenLine]:
    """The screen lines of a session, each text once, by the time it first stood.

    From the index, where they are made and kept first if they are missing or the log has grown
    (`blocks_of`). `transient` ones are only given where asked for.
    """
    blocks = blocks_of(home, session, size=size, damage=damage)
    for line in merged(line for block in blocks for line in block.lines()):
        if transient or not line.transient:
            yield line


def batches_of(
    home: Home,
    session: Session,
    *,
    size: Size | None = None,
    damage: Damage | None = None,
    progress: Progress | None = None,
    checked: bool = True,
) -> Iterator[Batch]:
    """The screen lines, transient ones too, in the memory of one block.

    A text that stood in two blocks comes twice; else as `lines_of`. `checked`: an index that is
    damaged somewhere is made anew; else ExtractionError is raised when that is met.
    """
    pieces = _stored(home, session, checked=checked) if size is None else None
    if pieces is not None:
        try:
            for piece in pieces:
                if damage is not None:
                    damage.count_as(piece.damage)
                if piece.lines:
                    yield from piece.block().batches()
        except BlockError as error:
            from player.index.workers import ExtractionError  # noqa: PLC0415  as below

            raise ExtractionError(str(error)) from None
        return
    for block in blocks_of(home, session, size=size, damage=damage, progress=progress):
        yield from block.batches()


def stored_blocks(home: Home, session: Session) -> Callable[[], Iterator[LineBlock]] | None:
    """What reads the blocks of a session, each time anew, without making any.

    None where the index does not hold all of its lines. What reads raises BlockError where it does
    so no longer, or is damaged.
    """
    file = _own_file(home, session)
    if file is None:
        return None
    with file:
        if _pieces_in(file, session, checked=False) is None:
            return None

    def blocks() -> Iterator[LineBlock]:
        pieces = _stored(home, session, checked=False)
        if pieces is None:
            raise BlockError("the log has grown")
        return (piece.block() for piece in pieces if piece.lines)

    return blocks


def _stored(home: Home, session: Session, *, checked: bool = True) -> Iterator[Piece] | None:
    """What the index holds of a session of the store, if that is all of its lines.

    `checked`: that it is whole is known before the first is given.
    """
    file = _own_file(home, session)
    if file is None:
        return None
    pieces = _pieces_in(file, session, checked=checked)
    if pieces is None:
        file.close()
        return None
    return _closing(file, pieces)


def _own_file(home: Home, session: Session) -> BinaryIO | None:
    return open_own(path_of(home, session.id)) if session.stored else None


def _closing(file: BinaryIO, pieces: Iterator[Piece]) -> Iterator[Piece]:
    with file:
        yield from pieces


def _pieces_in(file: BinaryIO, session: Session, *, checked: bool) -> Iterator[Piece] | None:
    """What a sidecar holds, each piece when it is asked for.

    None unless it is of the log as it is now and, where that is `checked`, whole: all of it is read
    to know that.
    """
    last: Piece | None = None
    rest: list[Piece] = []
    kept = 0
    for piece, _ in read_pieces(file, session.id):
        if checked and not _is_whole(piece):
            return None
        last = piece
        rest.append(piece)
        if piece.state:
            kept += len(rest)
            rest.clear()
    if last is None or last.signature != signature_of(session.files()):
        return None
    return _read_again(file, session.id, kept, rest)


def _read_again(
    file: BinaryIO, session_id: str, kept: int, rest: Sequence[Piece]
) -> Iterator[Piece]:
    """The pieces up to the last with a state, which stay while the log grows, and those behind."""
    given = 0
    for piece, _ in islice(read_pieces(file, session_id), kept):
        yield piece
        given += 1
    if given < kept:
        raise BlockError(f"the index of session {session_id} was damaged meanwhile")
    yield from rest


def _is_whole(piece: Piece) -> bool:
    try:
        return not piece.lines or bool(piece.block())
    except BlockError:
        return False


def blocks_of(
    home: Home,
    session: Session,
    *,
    size: Size | None = None,
    damage: Damage | None = None,
    signature: Signature | None = None,
    sought: Sought | None = None,
    whole: bool = False,
    progress: Progress | None = None,
) -> Iterator[LineBlock]:
    """The screen lines of a session as they lie in the index; a text may come in several blocks.

    Transient lines are among them. What is missing is made first, in a process that may die, and
    kept; of a session that is a file somewhere or is read with another `size` nothing is kept.
    `damage` is told what of the log had to be skipped. `signature`: where `signatures` was asked
    already. Blocks of the index in which what is `sought` cannot be are left out, but if it may be
    in one and the session is wanted `whole`. `progress(done, total)`, in bytes of the log, is
    called while lines are made. Raises ExtractionError, LogError.
    """
    pieces = pieces_of(
        home, session, size=size, signature=signature, sought=sought, whole=whole, progress=progress
    )
    for piece, block in pieces:
        if damage is not None:
            damage.count_as(piece.damage)
        if block is not None:
            yield block


def pieces_of(
    home: Home,
    session: Session,
    *,
    size: Size | None = None,
    signature: Signature | None = None,
    sought: Sought | None = None,
    whole: bool = False,
    progress: Progress | None = None,
) -> Iterator[tuple[Piece, LineBlock | None]]:
    """The pieces that the lines and the markers of a session lie in, and their lines.

    As `blocks_of`; a piece may have no lines.
    """
    stored = session.stored and size is None
    kept = _kept(home, session, signature, sought, whole=whole) if stored else None
    if kept is not None:
        yield from kept
        return
    # Not where all is there: 15 ms.
    from player.index.workers import FAILED, PIECE, PROGRESS, ExtractionError, job_of, run_jobs  # noqa: PLC0415

    for _, kind, data in run_jobs([job_of(session, home if stored else None, size)]):
        if kind == PIECE:
            sidecar = parse_sidecar(data, session.id)
            yield from zip(sidecar.pieces, sidecar.blocks(), strict=True)
        elif kind == PROGRESS and progress:
            progress(*json.loads(data))
        elif kind == FAILED:
            what = data.decode(errors="replace")
            raise ExtractionError(f"no lines of session {session.id}: {what}")


def _kept(
    home: Home,
    session: Session,
    signature: Signature | None,
    sought: Sought | None,
    *,
    whole: bool,
) -> list[tuple[Piece, LineBlock | None]] | None:
    """What the sidecar holds; None unless it is whole and of the log as it is now."""
    if signature is None:
        signature = signature_of(session.files())
    path = path_of(home, session.id)
    sidecar = read_sidecar(path, session.id, sought)
    if whole and sought is not None and any(piece.lines for piece in sidecar.pieces):
        sidecar = read_sidecar(path, session.id)
    if not sidecar.is_of(signature):
        return None
    try:
        return list(zip(sidecar.pieces, sidecar.blocks(), strict=True))
    except BlockError:
        return None
