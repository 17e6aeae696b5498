"""`cs-index`: make the search index of sessions now."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from player.cli.arguments import command_parser, number
from player.cli.selecting import SESSIONS_HELP, add_filters, filters_of, selected
from player.progress import Progress

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence

    from formats.layout import Home
    from formats.session import Session
    from player.index.logfiles import Signature

PROG = "cs-index"
_MOST_JOBS = 256

_DESCRIPTION = """\
Make the screen lines of sessions, by which they are searched.

cs-grep, cs-text and the player's markers read them. They are made in the background when a session
ends, and else when somebody asks for them: this command is for doing it now, on all cores, after
an import or when index/ was deleted.
"""
_EPILOG = """\
output, one line a session:
  SESSION  made | there | kept by nobody   there: the index held all of it already
  --json, one object a line: session_id, result ("made", "there", "unstored" or "failed"), error
  (words, or null), index_bytes

examples:
  cs-index                       the whole store
  cs-index last~5 --json         one session, for programs
  cs-index all --tag work        those with a tag
  cs-index --jobs 1              leave the other cores alone

exit status: 0, or 2 when the lines of a session could not be made.
"""


def main(argv: Sequence[str]) -> int:
    """Make them; 2 if some could not be made."""
    typed = parser().parse_args(argv)
    from formats.layout import Home  # noqa: PLC0415  not for --help and wrong usage

    home = Home.of(os.environ, typed.home)
    found = selected(home, typed.sessions, filters_of(typed))
    sessions = [one.session for one in found if one.session.stored]
    failed = False
    for session, result, words in _indexed(home, sessions, typed.jobs):
        failed |= result == "failed"
        _print(home, session, result, words, json=typed.json)
    return 2 if failed else 0


def parser() -> ArgumentParser:
    """The parser of `cs-index`."""
    made = command_parser(PROG, "[options] [SESSION ...]", _DESCRIPTION, _EPILOG)
    made.add_argument("sessions", metavar="SESSION", nargs="*", help=SESSIONS_HELP)
    made.add_argument(
        "--jobs",
        metavar="N",
        type=number(1, _MOST_JOBS),
        help="so many processes (default: one a core)",
    )
    made.add_argument("--json", action="store_true", help="one JSON object a line")
    add_filters(made)
    return made


def _indexed(
    home: Home, sessions: list[Session], jobs: float | None
) -> list[tuple[Session, str, str]]:
    """Each session with what became of it, and the words of a failure."""
    from player.index.logfiles import signatures  # noqa: PLC0415
    from player.index.workers import DONE, FAILED, PROGRESS, job_of, run_jobs  # noqa: PLC0415
    from player.parallel import cores  # noqa: PLC0415

    found = signatures(home)
    results = {one.id: ("there", "") for one in sessions if _is_there(home, one, found)}
    missing = [one for one in sessions if one.id not in results]
    total = sum(one.log_bytes() for one in missing)
    done = [0] * len(missing)
    tasks = [job_of(one, home, wait=True) for one in missing]
    with Progress(PROG, total) as progress:
        for job, kind, data in run_jobs(tasks, int(jobs or cores())):
            if kind == PROGRESS:
                now = _first_number(data)
                progress.add(now - done[job])
                done[job] = now
            elif kind == DONE:
                results[missing[job].id] = ("made" if data == b"1" else "unstored", "")
            elif kind == FAILED:
                results[missing[job].id] = ("failed", data.decode(errors="replace"))
    return [(one, *results[one.id]) for one in sessions]


def _is_there(home: Home, session: Session, found: dict[str, Signature]) -> bool:
    from player.index.pieces import path_of, read_sidecar  # noqa: PLC0415
    from player.lines.columns import BlockError  # noqa: PLC0415

    sidecar = read_sidecar(path_of(home, session.id), session.id)
    if not sidecar.is_of(found.get(session.id, ())):
        return False
    try:
        sidecar.blocks()
    except BlockError:
        return False
    return True


def _first_number(data: bytes) -> int:
    import orjson  # noqa: PLC0415

    first: int = orjson.loads(data)[0]
    return first


def _print(home: Home, session: Session, result: str, words: str, *, json: bool) -> None:
    if json:
        import orjson  # noqa: PLC0415

        from player.index.pieces import path_of  # noqa: PLC0415

        path = path_of(home, session.id)
        fields: dict[str, Any] = {
            "session_id": session.id,
            "result": result,
            "error": words or None,
            "index_bytes": os.path.getsize(path) if os.path.exists(path) else 0,
        }
        print(orjson.dumps(fields).decode())
        return
    said = {"unstored": "kept by nobody: index/ cannot be written", "failed": f"failed: {words}"}
    print(f"{session.id}  {said.get(result, result)}")
