"""`cs-repair`: what can be saved of a damaged session, as a session of its own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from formats.errors import LogError
from player.cli.arguments import SESSION_HELP, command_parser
from player.console import escaped

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator, Sequence

    from formats.entry import Entry
    from formats.layout import Home
    from formats.repair import Loss, Repair
    from formats.session import Session

PROG = "cs-repair"
_SHOWN_ID = 8
_SHOWN_LOSSES = 20

_DESCRIPTION = """\
Save what can be saved of a damaged session, as a new one beside it.

The damaged one is not touched.
"""
_EPILOG = """\
what happens:
  Lines and frames that cannot be read are left out. So are lines that read though a hash speaks
  against them: one that has changed, and those that share a checkpoint with a broken line or with
  an end that is missing. They could show what never was. A gap event states each loss in its place.
  One flipped bit is put right where the checkpoint's SHA-256 proves which it was; that can take
  half a minute. Nothing else is altered, and nothing is made up.
  A session that is whole is left alone.

output:
  The new session's id, what was saved, and each place where something was lost: where, when, what.
  --json: one object: session_id, repaired_id (null: nothing was written), entries, losses (segment,
  kind, what, line, offset, end, at, until, entries and log_bytes that are known to be lost, mended:
  it was put right)

examples:
  cs-repair 3f2a                          write a repaired copy
  cs-repair 3f2a --dry-run                only say what would be lost
  cs-repair 3f2a --keep-doubtful          keep lines that read, though one may have changed
  cs-repair talk.jsonl                    a log file, wherever it lies; the copy goes to the store

exit status: 0 repaired, or nothing to repair; 1 nothing of it can be saved; 2 an error.
"""


def main(argv: Sequence[str]) -> int:
    """Repair a session."""
    typed = parser().parse_args(argv)
    # Not for --help and wrong usage.
    from formats.layout import Home  # noqa: PLC0415
    from formats.meant import resolve  # noqa: PLC0415
    from formats.repair import Repair  # noqa: PLC0415
    from formats.store import is_live  # noqa: PLC0415

    home = Home.of(os.environ, typed.home)
    session = resolve(home, typed.session)
    if is_live(home, session):
        raise LogError(f"session {session.id[:_SHOWN_ID]} is being recorded: repair it afterwards")
    repair = Repair(session, keep_doubtful=typed.keep_doubtful)
    repaired_id: str | None = None
    if repair.is_needed:
        repaired_id = _write(home, session, repair, dry_run=typed.dry_run)
    if typed.json:
        print(_as_json(session, repair, repaired_id))
    else:
        for line in _lines(session, repair, repaired_id, dry_run=typed.dry_run):
            print(escaped(line))
    return 1 if repair.is_needed and not repair.kept else 0


def parser() -> ArgumentParser:
    """The parser of `cs-repair`."""
    made = command_parser(PROG, "[options] SESSION", _DESCRIPTION, _EPILOG)
    made.add_argument("session", metavar="SESSION", help=SESSION_HELP)
    made.add_argument("--dry-run", action="store_true", help="write nothing, only say")
    made.add_argument(
        "--keep-doubtful",
        action="store_true",
        help="keep lines that read, though a hash says that one may have changed",
    )
    made.add_argument("--json", action="store_true", help="one JSON object")
    return made


def _write(home: Home, session: Session, repair: Repair, *, dry_run: bool) -> str | None:
    """Write the copy; its id, None when nothing was written."""
    from itertools import chain  # noqa: PLC0415

    from formats.layout import new_session_id  # noqa: PLC0415
    from formats.writing import SessionWriter  # noqa: PLC0415

    entries = repair.entries()
    if dry_run:
        for _ in entries:
            pass
        return None
    first = next(entries, None)
    if first is None:
        return None
    repaired_id = new_session_id()
    with SessionWriter(home, repaired_id) as writer:
        for entry in chain([first], entries):
            writer.add(_told_where_from(entry, session.id))
    return repaired_id


def _told_where_from(entry: Entry, session_id: str) -> Entry:
    if entry.event is None or entry.event["type"] != "start":
        return entry
    return entry._replace(event={**entry.event, "repaired_from": session_id})


def _lines(
    session: Session, repair: Repair, repaired_id: str | None, *, dry_run: bool
) -> Iterator[str]:
    name = session.id[:_SHOWN_ID] if session.stored else session.path
    if not repair.is_needed:
        yield f"{name} is whole: there is nothing to repair"
        return
    mended = sum(loss.mended for loss in repair.losses)
    lost = sum(loss.entries for loss in repair.losses)
    places = len(repair.losses) - mended
    saved = f"{repair.kept} entries saved, {lost} known to be lost at {places} "
    saved += "place" if places == 1 else "places"
    saved += f", {mended} flipped bit{'s' if mended > 1 else ''} put right" if mended else ""
    if repaired_id is not None:
        yield f"{name} is repaired as {repaired_id[:_SHOWN_ID]}: {saved}"
    elif dry_run and repair.kept:
        yield f"{name} can be repaired: {saved}"
    else:
        yield f"{name} holds nothing that can be saved"
    for loss in repair.losses[:_SHOWN_LOSSES]:
        yield f"  {_place(loss)}"
    if len(repair.losses) > _SHOWN_LOSSES:
        yield f"  and {len(repair.losses) - _SHOWN_LOSSES} more (--json has all)"


def _place(loss: Loss) -> str:
    from player.times import clock  # noqa: PLC0415

    finding = loss.finding
    parts = [f"segment {loss.number}"]
    if finding.line is not None:
        parts.append(f"line {finding.line}")
    if finding.offset is not None:
        parts.append(f"byte {finding.offset}")
    if finding.at_us is not None:
        parts.append(f"after {clock(finding.at_us)}")
    if loss.mended:
        return f"{', '.join(parts)}: a flipped bit, put right"
    if finding.kind == "missing":
        return finding.what
    return f"{', '.join(parts)}: {finding.what}"


def _as_json(session: Session, repair: Repair, repaired_id: str | None) -> str:
    import orjson  # noqa: PLC0415

    losses: list[dict[str, Any]] = []
    for loss in repair.losses:
        known = {"entries": loss.entries, "log_bytes": loss.log_bytes, "mended": loss.mended}
        losses.append({"segment": loss.number, **loss.finding.as_json(), **known})
    fields = {
        "session_id": session.id,
        "repaired_id": repaired_id,
        "entries": repair.kept,
        "losses": losses,
    }
    return orjson.dumps(fields).decode()
