"""`cs-import`: recordings of other tools, and archives of ours, into the store."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from player.cli.arguments import command_parser
from player.console import UsageError, say, say_damage

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence

    from player.importing import Imported, Report

PROG = "cs-import"
_FORMS = ("asciicast", "jsonl", "raw", "tar", "tlog", "ttyrec", "typescript")

_DESCRIPTION = """\
Bring recordings, of this and of other tools, into the store.

Each FILE becomes a session, with its own times.
"""
_EPILOG = """\
forms, told by the content of FILE, whatever its name:
  asciicast    asciinema's casts, versions 1, 2 and 3
  ttyrec       also of ovh-ttyrec and termrec
  typescript   of script(1), with its timing: named as well, or found beside it
               (NAME.timing); without one, all of it is at its beginning
  tlog         JSON lines, of a file or of journalctl -o json
  jsonl        a log in the five-field form, ours or another writer's
  tar          an archive that cs-export made, or of files of a store
  raw          only with --format raw: the bytes, all at the beginning
  gzip, zstd or xz around any of them is taken off.

output:
  The ids of the new sessions, one a line. A log or an archive keeps its id unless the store has
  that session already. A file that does not say when it was made began when it was last written.
  --json, one object a line: session_id, file, form, entries, source_id

examples:
  cs-import talk.cast                        then: cs-play last
  cs-import typescript typescript.timing
  cs-import session.tar.zst --title "from the other machine"
  cs-import *.ttyrec.gz

exit status: 0, or 2 for an error; what was imported before it stays.
"""


def main(argv: Sequence[str]) -> int:
    """Import files."""
    typed = parser().parse_args(argv)
    # Not for --help and wrong usage.
    from formats.layout import Home  # noqa: PLC0415
    from player.importing import Report, Wishes, import_files  # noqa: PLC0415
    from player.progress import Progress  # noqa: PLC0415

    if typed.format is not None and typed.format not in _FORMS:
        raise UsageError(f"there is no form {typed.format!r}; there are {', '.join(_FORMS)}")
    wishes = Wishes(
        form=typed.format,
        title=typed.title,
        tags=tuple(typed.tag or ()),
        timing=typed.timing,
        new_id=typed.new_id,
    )
    home = Home.of(os.environ, typed.home)
    files = ["/dev/stdin" if file == "-" else file for file in typed.files]
    report = Report()
    with Progress(PROG, sum(map(_size_of, files))) as progress:
        for imported in import_files(home, files, wishes, report, progress.add):
            progress.clear()
            _tell(imported, report, json_wanted=typed.json)
    return 0


def _size_of(path: str) -> int:
    """The bytes of a file; 0 for what has none, or is not there, which is said later."""
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _tell(imported: Imported, report: Report, *, json_wanted: bool) -> None:
    if json_wanted:
        fields = imported._asdict()
        fields["file"] = fields.pop("path")
        print(json.dumps(fields, ensure_ascii=False))
    else:
        print(imported.session_id)
    if imported.source_id is not None and not json_wanted:
        words = f"there is a session {imported.source_id} already: this one is "
        say(PROG, words + imported.session_id)
    say_damage(PROG, report.damage)
    if report.skipped_members:
        count = report.skipped_members
        noun = "file" if count == 1 else "files"
        say(PROG, f"skipped {count} other {noun} of the archive (first: {report.first_member})")
        report.skipped_members = 0


def parser() -> ArgumentParser:
    """The parser of `cs-import`."""
    made = command_parser(PROG, "[options] FILE ...", _DESCRIPTION, _EPILOG)
    made.add_argument("files", metavar="FILE", nargs="+", help="a recording; - is stdin")
    add = made.add_argument_group("what it is").add_argument
    add("-f", "--format", metavar="FORM", help="the form, whatever the content looks like")
    add("--timing", metavar="FILE", help="the timing of a typescript")
    add("-t", "--title", metavar="TEXT", help="a title for it")
    add("--tag", metavar="TAG", action="append", help="a tag for it; may be given again")
    add("--new-id", action="store_true", help="a new id even where it has one that is free")
    add("--json", action="store_true", help="one JSON object a line")
    return made
