"""`cs-verify`: whether a log is what was written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from formats.errors import SessionsError
from player.cli.arguments import SESSION_HELP, command_parser
from player.cli.selecting import none_yet
from player.console import escaped, say
from player.times import clock

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

    from formats.layout import Home
    from formats.locate import Finding
    from formats.session import Session
    from formats.verify import Verdict

PROG = "cs-verify"
_CLEAN, _FOUND = 0, 1
_ALL = "all"
_SHOWN_ID = 8
_MOST_THREADS, _AHEAD = 4, 4
_SHOWN_FINDINGS = 20
_INSTALL = "pip install 'claude-sessions-recorder[sign]'"

_DESCRIPTION = """\
Check that the logs of sessions are what was written.

Every changed bit, every cut, every segment that is gone is found. Without SESSION, or with all,
every session of the store is checked.
"""
_EPILOG = """\
how it is known:
  A sealed segment holds the SHA-256 of its content and of itself, each later segment that of the
  one before, and beside the open one checkpoints are kept, one a second. What they prove is not
  decoded; what they do not prove is, line by line. A sealed file that is, byte for byte, what was
  sealed is not even decompressed, unless it may state gaps or --json wants all of it hashed. The
  last second of a recorder that was killed has no checkpoint: its lines are checked for their form
  alone, and not counted as proven.
  With sign_key in the config each segment is signed when it is closed. A signature that is wrong
  is damage; that there is none is damage with --signed-by alone.

output:
  One line a session, and one for each thing that is wrong: where (segment, line, byte), when, what.
  A gap that the log itself states is told, and is nothing wrong.
  --json, one object a segment: session_id, path, segment, form (sealed, closed, open), state
  (whole, torn: the last line lacks its end, damaged, missing), recording, log_bytes, disk_bytes,
  proven_bytes (of log_bytes, by SHA-256), sha256, signed (by which key,
  valid: null where it could not be checked; null), gaps (places, entries, bytes), damage (kind,
  what, line, last_line, offset, end, at, until: the times of the entries before and behind it)

examples:
  cs-verify                               all there is
  cs-verify last                          one session
  cs-verify 3f2a -v                       each of its segments
  cs-verify talk.jsonl.zst                a log file, wherever it lies
  cs-verify all --signed-by ~/.ssh/sessions.pub
  cs-verify --json | jq 'select(.state != "whole")'

exit status: 0 nothing wrong, 1 something found, 2 an error.
"""


def main(argv: Sequence[str]) -> int:
    """Verify sessions; the exit code says whether anything is wrong."""
    typed = parser().parse_args(argv)
    # Not for --help and wrong usage.
    from formats.layout import Home  # noqa: PLC0415

    home = Home.of(os.environ, typed.home)
    wanted = _wanted_key(typed.signed_by)
    found, count, failed, unchecked = False, 0, False, False
    for session, live, verdicts in _verified(home, typed.sessions or [_ALL], sha256=typed.json):
        count += 1
        if isinstance(verdicts, SessionsError):  # one that cannot be read hides no other
            failed = True
            say(PROG, str(verdicts))
            continue
        if wanted is not None:
            verdicts = _required(verdicts, wanted, live=live)  # noqa: PLW2901
        unchecked = unchecked or any(v.signed and v.signed.valid is None for v in verdicts)
        found = found or any(verdict.findings for verdict in verdicts)
        if typed.json:
            for verdict in verdicts:
                print(_as_json(verdict, live=live))
            continue
        for line in _lines(session, verdicts, live=live, verbose=typed.verbose):
            print(escaped(line), flush=True)
    if not count:
        say(PROG, none_yet(home))
    if unchecked:
        say(PROG, f"signatures were not checked: {_INSTALL}")
    if failed:
        return SessionsError.exit_code
    return _FOUND if found else _CLEAN


def parser() -> ArgumentParser:
    """The parser of `cs-verify`."""
    made = command_parser(PROG, "[options] [SESSION ... | all]", _DESCRIPTION, _EPILOG)
    made.add_argument("sessions", metavar="SESSION", nargs="*", help=SESSION_HELP)
    made.add_argument("-v", "--verbose", action="store_true", help="a line for each segment")
    made.add_argument(
        "--signed-by",
        metavar="KEY",
        help="only what this key signed is right: a file with a public key, or SHA256:...",
    )
    made.add_argument("--json", action="store_true", help="one JSON object a segment")
    return made


def _wanted_key(text: str | None) -> str | None:
    """The fingerprint of the key by which all must be signed."""
    if text is None:
        return None
    from importlib.util import find_spec  # noqa: PLC0415

    from formats.errors import ConfigError  # noqa: PLC0415
    from formats.signatures import fingerprint_of  # noqa: PLC0415

    if find_spec("cryptography") is None:
        raise ConfigError(f"--signed-by cannot check any signature: {_INSTALL}")
    return fingerprint_of(text)


def _required(verdicts: Sequence[Verdict], wanted: str, *, live: bool) -> list[Verdict]:
    """The same, with a finding for each segment that this key has not signed.

    The open segment of a session that is being recorded is signed when it is closed.
    """
    from formats.locate import Finding  # noqa: PLC0415

    made: list[Verdict] = []
    for verdict in verdicts:
        by = verdict.signed
        open_now = live and verdict.last
        if verdict.path is None or open_now or (by and by.key == wanted and by.valid is not None):
            made.append(verdict)
            continue
        what = f"it is signed by {by.key}, not by {wanted}" if by else f"{wanted} has not signed it"
        findings = (*verdict.findings, Finding("signature", what))
        made.append(verdict._replace(findings=findings, state="damaged"))
    return made


def _verified(
    home: Home, names: Sequence[str], *, sha256: bool
) -> Iterator[tuple[Session, bool, list[Verdict] | SessionsError]]:
    """Each session with its verdicts, several segments at a time: hashing needs no interpreter."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    from formats.verify import check, plan  # noqa: PLC0415

    waiting: list[tuple[Session, bool, list[Future[Verdict]] | SessionsError]] = []
    with ThreadPoolExecutor(max_workers=min(_MOST_THREADS, os.cpu_count() or 1)) as pool:
        for session, live in _sessions(home, names):
            try:
                jobs = plan(session, live=live, sha256=sha256)
                waiting.append((session, live, [pool.submit(check, job) for job in jobs]))
            except SessionsError as error:
                waiting.append((session, live, error))
            if len(waiting) > _AHEAD:
                first, first_live, verdicts = waiting.pop(0)
                yield first, first_live, _result(verdicts)
        for session, live, verdicts in waiting:
            yield session, live, _result(verdicts)


def _result(
    verdicts: list[Future[Verdict]] | SessionsError,
) -> list[Verdict] | SessionsError:
    if isinstance(verdicts, SessionsError):
        return verdicts
    try:
        return [verdict.result() for verdict in verdicts]
    except SessionsError as error:
        return error


def _sessions(home: Home, names: Sequence[str]) -> list[tuple[Session, bool]]:
    from formats.meant import resolve  # noqa: PLC0415
    from formats.store import is_live, stored  # noqa: PLC0415

    if _ALL in names:
        return stored(home)
    resolved = [resolve(home, name) for name in names]
    sessions = {(session.id, session.path): session for session in resolved}
    return [(session, is_live(home, session)) for session in sessions.values()]


def _lines(
    session: Session, verdicts: Sequence[Verdict], *, live: bool, verbose: bool
) -> Iterator[str]:
    """A session for a person: one line in short, then what is wrong with it."""
    name = session.id[:_SHOWN_ID] if session.stored else session.path
    yield f"{name}  {in_one_line(verdicts, live=live)}"
    for verdict in verdicts:
        if verbose:
            yield f"  segment {verdict.number} ({verdict.form}): {verdict.state}, " + ", ".join(
                _sizes([verdict])
            )
        for finding in verdict.findings[:_SHOWN_FINDINGS]:
            where = "" if finding.kind == "missing" else f"segment {verdict.number}, "
            yield f"  {where}{_where(finding)}{finding.what}"
        if len(verdict.findings) > _SHOWN_FINDINGS:
            more = len(verdict.findings) - _SHOWN_FINDINGS
            yield f"  segment {verdict.number}: and {more} more (--json has all)"


def in_one_line(verdicts: Sequence[Verdict], *, live: bool) -> str:
    """How a session is, and what that is known of."""
    return f"{_word(verdicts)}: {', '.join(_summary(verdicts, live=live))}"


def _word(verdicts: Sequence[Verdict]) -> str:
    for state in ("damaged", "missing", "torn"):
        if any(verdict.state == state for verdict in verdicts):
            return {"torn": "torn tail", "missing": "incomplete"}.get(state, state)
    return "whole"


def _summary(verdicts: Sequence[Verdict], *, live: bool) -> Iterator[str]:
    count = len(verdicts)
    yield f"{count} segment{'s' if count != 1 else ''}"
    unsealed = sum(verdict.form == "closed" for verdict in verdicts if verdict.path is not None)
    if unsealed and not (count == 1 and verdicts[0].form == "closed"):
        yield f"{unsealed} unsealed"
    yield from _sizes(verdicts)
    places, entries, size = (sum(each) for each in zip(*(v.gaps for v in verdicts), strict=True))
    if places:
        yield f"{places} stated gap{'s' if places > 1 else ''} ({entries} entries, {size} bytes)"
    yield from _by_whom(verdicts)
    if live:
        yield "being recorded"
    elif verdicts[-1].last and not verdicts[-1].has_exit and verdicts[-1].path is not None:
        yield "no exit line: its recorder was ended"


def _by_whom(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Which keys have signed how much of it."""
    keys = [verdict.signed.key for verdict in verdicts if verdict.signed and verdict.signed.valid]
    there = sum(verdict.path is not None for verdict in verdicts)
    for key in dict.fromkeys(keys):
        count = keys.count(key)
        yield f"signed by {key}" if count == there else f"{count} of {there} signed by {key}"


def _sizes(verdicts: Sequence[Verdict]) -> Iterator[str]:
    size = sum(verdict.log_bytes for verdict in verdicts)
    proven = sum(verdict.proven_bytes for verdict in verdicts)
    yield f"{_amount(size)} of log"
    if proven < size:
        yield f"{_amount(proven)} proven by SHA-256, the rest by its form only"


def _amount(size: int) -> str:
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:  # noqa: PLR2004  that is what the prefixes mean
            return f"{size:.4g} {unit}"
        size = size / 1000  # type: ignore[assignment]
    return f"{size:.4g} GB"


def _where(finding: Finding) -> str:
    parts: list[str] = []
    if finding.line is not None:
        last = finding.last_line
        parts.append(
            f"lines {finding.line} to {last}"
            if last is not None and last > finding.line
            else f"line {finding.line}"
        )
    if finding.offset is not None:
        parts.append(f"byte {finding.offset}")
    if finding.at_us is not None:
        parts.append(f"after {clock(finding.at_us)}")
    elif finding.until_us is not None:
        parts.append(f"before {clock(finding.until_us)}")
    return ", ".join(parts) + ": " if parts else ""


def _as_json(verdict: Verdict, *, live: bool) -> str:
    import orjson  # noqa: PLC0415

    fields: dict[str, Any] = {
        "session_id": verdict.session_id,
        "path": verdict.path,
        "segment": verdict.number,
        "form": verdict.form,
        "state": verdict.state,
        "recording": live,
        "log_bytes": verdict.log_bytes,
        "disk_bytes": verdict.disk_bytes,
        "proven_bytes": verdict.proven_bytes,
        "sha256": verdict.sha256,
        "signed": verdict.signed and verdict.signed._asdict(),
        "gaps": verdict.gaps._asdict(),
        "damage": [finding.as_json() for finding in verdict.findings],
    }
    return orjson.dumps(fields).decode()
