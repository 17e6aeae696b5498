"""Keeping the store within its limits: finds what there is, carries out plans, empties the trash.

What goes is decided by `formats.retention`; how it goes is `formats.trash`'s. Nobody loses a
session that he was not told of: the first time that limits of the config would remove something,
this is only stated (`retention.json`, and a notice), and carried out a day after a person was
shown it. What was then done is told too.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from formats.belongings import belongings
from formats.errors import LiveSessionError, LogError, SessionsError
from formats.files import FILES, Files
from formats.layout import read_small
from formats.notices import leave_notice, shown_us
from formats.retention import US_PER_DAY, Candidate, Limits, expired, plan
from formats.store import listing
from formats.trash import LINES, discard, erase, settle, trash

if TYPE_CHECKING:
    from collections.abc import Iterable

    from formats.config import Config
    from formats.layout import Home
    from formats.retention import Plan
    from formats.store import Listed

_STATED: Final = "retention.json"
_GRACE_AFTER_TELLING_US: Final = US_PER_DAY
_LARGEST_BYTES: Final = 1 << 16


class Outcome(NamedTuple):
    """What was done: ids moved to the trash, ids erased from it, what failed, in words."""

    discarded: tuple[str, ...] = ()
    erased: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def candidates(home: Home, sessions: Iterable[Listed]) -> list[Candidate]:
    """The sessions with all that they take on the disk: segments, side files, index."""
    files = belongings(home)
    return [
        Candidate(
            one.session.id,
            one.meta.start_us if one.meta.end_us is None else one.meta.end_us,
            sum(file.disk_bytes for file in files.get(one.session.id, ())),
            live=one.live,
            pinned=one.pinned,
        )
        for one in sessions
    ]


def limits_of(config: Config) -> Limits:
    """What the config allows to stay; no limit unless it says so."""
    days = config.retention_days
    return Limits(None if days is None else int(days * US_PER_DAY), config.max_store_bytes)


def carry_out(
    home: Home,
    going: Plan,
    now_us: int,
    *,
    keep_lines: bool = False,
    later: bool = False,
    files: Files = FILES,
) -> Outcome:
    """Move to the trash what a plan says; one that cannot be moved does not keep the others.

    `later`: there is a next time for what somebody works on just now, and it has not failed.
    """
    discarded: list[str] = []
    failed: list[str] = []
    for one in going.going:
        try:
            discard(home, one.session_id, now_us, keep_lines=keep_lines, files=files)
            discarded.append(one.session_id)
        except SessionsError as error:
            if not (later and isinstance(error, LiveSessionError)):
                failed.append(str(error))
    return Outcome(tuple(discarded), failed=tuple(failed))


def empty_trash(home: Home, trash_days: float | None, now_us: int, files: Files = FILES) -> Outcome:
    """Erase what has been in the trash for longer than that; nothing when that is None."""
    removed = trash(home) if trash_days is not None else []
    erased: list[str] = []
    failed: list[str] = []
    for place in expired([one.removed_us for one in removed], trash_days or 0, now_us):
        try:
            erase(home, removed[place], files)
            erased.append(removed[place].session_id)
        except LogError as error:
            failed.append(str(error))
    return Outcome(erased=tuple(erased), failed=tuple(failed))


def maintain(home: Home, config: Config, now_us: int, files: Files = FILES) -> Outcome:
    """What is due now: go on after a crash, empty the trash, and keep to the config's limits.

    To be called now and then by whoever keeps the house in the background, by one at a time. It
    moves no session unless the config sets a limit and a person was told a day ago, and erases none
    but those that were in the trash for `trash_days`. Raises UnsafeHomeError, LogError, OSError.
    """
    failed = tuple(settle(home, files))
    emptied = empty_trash(home, config.trash_days, now_us, files)
    limits = limits_of(config)
    stated = _read_stated(home).heard(shown_us(home))
    went = Outcome()
    if not limits:
        stated = stated._replace(limits=None, going=0)
    else:
        due = plan(candidates(home, listing(home)), limits, now_us)
        if stated.limits != limits:
            # Nothing to tell yet: it is stated when something would go.
            stated = stated.of(limits, due, now_us) if due.going else stated._replace(limits=None)
        elif stated.told_us is not None and now_us - stated.told_us >= _GRACE_AFTER_TELLING_US:
            lines = config.keep_lines
            went = carry_out(home, due, now_us, keep_lines=lines, later=True, files=files)
    stated = stated.plus(len(went.discarded), len(emptied.erased), now_us)
    _state(home, stated, config, files)
    return Outcome(went.discarded, emptied.erased, failed + emptied.failed + went.failed)


def going_without_lines(home: Home, config: Config, now_us: int) -> list[str]:
    """The sessions that go by the limits, and whose screen lines were never made."""
    files = belongings(home)
    due = plan(candidates(home, listing(home)), limits_of(config), now_us)
    return [
        one.session_id
        for one in due.going
        if not any(file.name.endswith(LINES) for file in files.get(one.session_id, ()))
    ]


class _Stated(NamedTuple):
    """What is in `retention.json`: what a person was told, and what he still has to be told.

    `limits` are those that were stated, at `stated_us`; `told_us` is when that was shown. `moved`
    and `erased` count sessions since a notice was last shown; `news_us` is when there last was
    something new.
    """

    limits: Limits | None = None
    going: int = 0
    stated_us: int = 0
    told_us: int | None = None
    moved: int = 0
    erased: int = 0
    news_us: int = 0

    def heard(self, shown: int | None) -> _Stated:
        """After a notice was shown at that time."""
        if shown is None or shown < self.news_us:
            return self
        told_us = shown if self.told_us is None else self.told_us
        return self._replace(told_us=told_us, moved=0, erased=0)

    def of(self, limits: Limits, due: Plan, now_us: int) -> _Stated:
        """Other limits, by which something would go."""
        return _Stated(
            limits, len(due.going), now_us, None, self.moved, self.erased, news_us=now_us
        )

    def plus(self, moved: int, erased: int, now_us: int) -> _Stated:
        """What was done just now."""
        if not (moved or erased):
            return self
        return self._replace(moved=self.moved + moved, erased=self.erased + erased, news_us=now_us)

    def words(self, trash_days: float | None) -> list[str]:
        """What a person has to be told, a line each."""
        lines: list[str] = []
        by_config = "by your config (retention_days, max_store_bytes)"
        if self.limits and self.told_us is None:
            goes = f"{_sessions(self.going, 'old ')} {'go' if self.going > 1 else 'goes'}"
            lines.append(
                f"{by_config} {goes} to the trash, a day from now at the earliest: "
                "cs-prune --dry-run shows them, cs-pin keeps one"
            )
        if self.moved:
            until = "" if trash_days is None else f", for {trash_days:g} days"
            lines.append(
                f"{by_config} {_sessions(self.moved)} went to the trash: cs-restore lists them, "
                f"and brings them back{until}"
            )
        if self.erased:
            days = f"{trash_days or 0:g}"
            lines.append(
                f"{_sessions(self.erased)} that had been in the trash for {days} days "
                f"{'were' if self.erased > 1 else 'was'} erased (trash_days)"
            )
        return lines


def _sessions(count: int, kind: str = "") -> str:
    return f"{count} {kind}session{'' if count == 1 else 's'}"


def _read_stated(home: Home) -> _Stated:
    """What is stated; nothing where the file is missing or is not ours."""
    data = read_small(os.path.join(home.path, _STATED), _LARGEST_BYTES)
    try:
        found: dict[str, Any] = orjson.loads(data or b"")
        limits, told_us = found.pop("limits"), found["told_us"]
        stated = _Stated(None if limits is None else Limits(*limits), **found)
    except (ValueError, TypeError, KeyError, AttributeError):
        return _Stated()
    numbers = stated[1:] if told_us is not None else stated._replace(told_us=0)[1:]
    return stated if all(type(number) is int for number in numbers) else _Stated()


def _state(home: Home, stated: _Stated, config: Config, files: Files) -> None:
    """Write it, where it is new, and leave the notice that follows from it."""
    if stated == _read_stated(home):
        return
    # First what is told: a crash in between tells it again, and never does what was not told.
    leave_notice(home, stated.words(config.trash_days), files)
    path = os.path.join(home.path, _STATED)
    if stated._replace(news_us=0, told_us=None, stated_us=0) == _Stated():
        if os.path.lexists(path):
            files.unlink(path)
        return
    fields = stated._asdict() | {"limits": stated.limits and list(stated.limits)}
    files.replace(path, orjson.dumps(fields), durable=True)
