"""One session on its way out: what of it, with its marks, and its secrets masked or not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from formats.damage import Counts, Damage
from formats.entry import event_size
from formats.errors import LogError, printable
from formats.interchange.left_out import LeftOut
from formats.marks import marks_path, read_marks
from formats.store import listed
from formats.stretch import without_places
from player.ahead import read_ahead
from player.exporting.preparing import Wanted, begun, prepared
from player.index.logfiles import signature_of
from player.parallel import cores
from player.progress import along, along_parts
from player.times import date_and_clock
from player.transcript.forms import title_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from formats.entry import Entry
    from formats.layout import Home
    from formats.marks import Mark
    from formats.session import Session
    from formats.size import Size
    from formats.stretch import Stretch
    from player.exporting.clearance import Clearance
    from player.index.logfiles import Signature
    from player.progress import Progress
    from player.redact.redaction import Redaction


class Job:
    """A session, what is wanted of it, and what there is to say about it in the end.

    Raises LogError when it holds no entry.
    """

    def __init__(self, home: Home, session: Session) -> None:
        first = next(session.entries(), None)
        if first is None:
            raise LogError(f"{printable(session.path, 200)} holds no log entry")
        self.home, self.session, self.first = home, session, first
        self.wanted = Wanted()
        self.at_us: int | None = None
        """The moment of which a picture is wanted; None for all of what is wanted, or its end."""
        self.damage = Damage()
        self.left_out = LeftOut()
        self.redaction: Redaction | None = None
        self._search: Clearance | None = None
        self._signature: Signature = ()
        self.remarks: list[str] = []

    def redact(self, environ: Mapping[str, str], lines_made: Progress | None = None) -> None:
        """Have secrets masked in all that is written.

        The screen lines of a long session tell whether it holds any. With `lines_made` they will be
        wanted in any case: missing ones are made first, not after another look at its screens.
        """
        from formats.config import load  # noqa: PLC0415  not where nothing is to be masked
        from player.index.sidecar import stored_blocks  # noqa: PLC0415
        from player.redact.finder import Finder  # noqa: PLC0415
        from player.redact.redaction import Redaction, is_long  # noqa: PLC0415

        finder = Finder.of(load(self.home, environ))
        size = self.wanted.size
        self._signature = signature_of(self.session.files())
        lines = stored_blocks(self.home, self.session) if size is None else None
        if size is None and lines is None and lines_made and is_long(self.session):
            self._make_lines(lines_made)
            lines = stored_blocks(self.home, self.session)
        self.redaction = Redaction.of(self.session, finder, self.damage, size, lines)

    def _make_lines(self, progress: Progress) -> None:
        """Have the index hold them, if the session is stored."""
        from player.index.sidecar import pieces_of  # noqa: PLC0415  mostly it does

        if self.session.stored:
            for _ in pieces_of(self.home, self.session, progress=progress.reach):
                pass
            progress.restart()

    @property
    def as_it_is(self) -> bool:
        """Whether all of it is wanted, and unchanged."""
        return self.wanted.everything and self.redaction is None

    @property
    def masked_by(self) -> Redaction | None:
        """What all that is given goes through, which reads the session for its secrets first.

        None where nothing is to be masked, or where it is found out meanwhile whether anything is.
        """
        return self.redaction if self._search is None else None

    def search_meanwhile(self, *, takes_parts: bool) -> Clearance | None:
        """Look for secrets in another process, if that can be done.

        Until `end_search` all is given as it is: to be written where nobody sees it, and to be
        seen only with this clearance. `takes_parts`: all `parts` will be taken.
        """
        if self.redaction is None or not self.redaction.can_be_skimmed or cores() < 2:  # noqa: PLR2004
            return None
        from player.exporting.clearance import Clearance  # noqa: PLC0415  long sessions only

        self._search = Clearance(self.redaction, self.session, self._signature)
        if not takes_parts:
            self._search.begin()
        return self._search

    def end_search(self) -> None:
        """Nobody waits any more for what `search_meanwhile` finds."""
        if self._search is not None:
            self._search.close()
        self._search = None

    def begin_again(self) -> None:
        """As if nothing had been given and counted."""
        self.damage.count_as(Counts())
        self.damage.places.clear()
        self.left_out.counts.clear()

    @property
    def in_parts(self) -> bool:
        """Whether `parts` give what is wanted: nothing is left out or added."""
        return self.wanted.everything and not self.marks()

    def entries(self, progress: Progress | None) -> Iterator[Entry]:
        """What is wanted, beginning with a start event that states the size.

        Without `progress` nothing is counted, damage neither: for those who read it twice.
        """
        return prepared(self.all_entries(progress), self.size, self.wanted, self.marks())

    def parts(self, progress: Progress) -> Iterator[Entry | Stretch]:
        """As `entries`, for who takes many at once; only where all is wanted as it is."""
        if self.masked_by is not None:
            found = self.masked_by.parts()
        elif self._search is not None:
            found = self._search.parts(self.damage)
        else:
            found = without_places(read_ahead(self.session, self.damage))
        return begun(along_parts(found, progress.add), self.size)

    def all_entries(self, progress: Progress | None) -> Iterator[Entry]:
        """All entries, with their secrets masked where that is wanted."""
        if self.masked_by is not None:
            found = self.masked_by.entries()
        else:
            found = self.session.entries(self.damage if progress else None)
        return along(found, progress.add) if progress else found

    @property
    def size(self) -> Size:
        """The terminal's size at the beginning: asked for, stated, or else inferred."""
        if self.wanted.size is not None:
            return self.wanted.size
        event = self.first.event
        if event is not None and (stated := event_size(event)) is not None:
            return stated
        from player.lines.sizing import initial_size  # noqa: PLC0415  only for other writers' logs

        return initial_size(self.session.entries())

    def marks(self) -> list[Mark]:
        """The marks that were set after the recording."""
        if self.marks_path() is None:
            return []
        marks = read_marks(self.home, self.session.id)
        return [mark._replace(label=self.masked(mark.label)) for mark in marks]

    def marks_path(self) -> str | None:
        """The file of the marks of a session of the store, if there is one."""
        if self.session.path != self.home.log(self.session.id):
            return None
        path = marks_path(self.home, self.session.id)
        return path if os.path.isfile(path) else None

    def about(self) -> dict[str, str]:
        """What a page says of the session, without secrets where they are masked."""
        meta = listed(self.home, self.session).meta
        secrets = "unredacted"
        if self.redaction is not None:
            secrets = self.redaction.report.in_words()
        return {
            "title": self.masked(title_of(meta)),
            "command": self.masked(" ".join(meta.command)),
            "date": date_and_clock(meta.start_us),
            "session": meta.session_id,
            "secrets": secrets,
        }

    def masked(self, text: str) -> str:
        """A title or a label without secrets, where they are to be masked."""
        return text if self.redaction is None else self.redaction.text(text)
