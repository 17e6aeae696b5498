"""Whether a long session may be shown as it is: found out meanwhile, by another process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from formats.entry import Entry
from formats.errors import SessionsError
from formats.stretch import Stretch
from player.ahead import ahead
from player.exporting.output import NotClearedError
from player.forked import Later
from player.index.logfiles import signature_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formats.damage import Damage
    from formats.session import Session
    from player.index.logfiles import Signature
    from player.redact.redaction import Redaction


class Clearance:
    """Given when no secret was found in a log that still has this `signature` then.

    Denied as soon as one is found, and when the process that looks for them dies: whoever masks
    them with care needs none.
    """

    def __init__(self, redaction: Redaction, session: Session, signature: Signature) -> None:
        self._redaction, self._session, self._signature = redaction, session, signature
        self._later: Later[bool] | None = None
        self._found: bool | None = None
        # What `_later` has said; until then None.
        self._sent_is_clean = True

    def begin(self) -> None:
        """Begin to search, for whoever does not need the parts."""
        self._later = Later(self._redaction.is_clean)

    def parts(self, damage: Damage) -> Iterator[Entry | Stretch]:
        """In place of `begin`: the session, as it is read by the process that searches it.

        So the log is read once; its lines are searched by one more process. All parts are to be
        taken. `damage` is what the redaction counts into; it is told at the end. Raises
        NotClearedError where they are not clean.
        """
        self._later = Later(self._redaction.lines_are_clean)
        self._sent_is_clean = False

        def sent(told: Damage) -> Iterator[tuple[Any, ...]]:
            for found in self._redaction.sent():
                yield (found,) if isinstance(found, bool) else tuple(found)
            # This process has a copy of it.
            told.count_as(damage.counts)
            told.places += damage.places

        try:
            for values in ahead(sent, damage):
                if len(values) == 1:
                    (self._sent_is_clean,) = values
                else:
                    is_stretch = len(values) == len(Stretch._fields)
                    yield Stretch(*values) if is_stretch else Entry(*values)
        except SessionsError:
            self._sent_is_clean = False
        if not self._sent_is_clean:
            raise NotClearedError

    def is_denied(self) -> bool:
        """Whether that is known by now; does not wait."""
        if self._found is None and not (self._later and self._later.is_there()):
            return False
        return not self._value()

    def is_given(self) -> bool:
        """Whether it is, after waiting for it."""
        if not (self._sent_is_clean and self._value()):
            return False
        if signature_of(self._session.files()) != self._signature:
            return False
        self._redaction.take_as_clean()
        return True

    def _value(self) -> bool:
        if self._found is None:
            try:
                self._found = self._later is not None and self._later.value()
            except SessionsError:
                self._found = False
        return self._found

    def close(self) -> None:
        """Nobody waits for it any more."""
        if self._later is not None:
            self._later.close()
