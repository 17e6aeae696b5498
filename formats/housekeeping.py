"""Keeping the store within its limits: finds what there is, carries out plans, empties the trash.

What goes is decided by `formats.retention`; how it goes is `formats.trash`'s. Nobody loses a
session that he was not told of: the first time that limits of the config would remove something,
this is only stated in `retention.json`, and carried out a day after a person was shown it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from formats.belongings import belongings
from formats.errors import LogError, SessionsError
from formats.files import FILES
from formats.retention import US_PER_DAY, Candidate, Limits, expired, plan
from formats.store import listing
from formats.trash import discard, erase, settle, trash

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


def carry_out(home: Home, going: Plan, now_us: int, *, keep_lines: bool = False) -> Outcome:
    """Move to the trash what a plan says; one that cannot be moved does not keep the others."""
    discarded: list[str] = []
    failed: list[str] = []
    for one in going.going:
        try:
            discard(home, one.session_id, now_us, keep_lines=keep_lines)
            discarded.append(one.session_id)
        except SessionsError as error:
            failed.append(str(error))
    return Outcome(tuple(discarded), failed=tuple(failed))


def empty_trash(home: Home, trash_days: float, now_us: int) -> Outcome:
    """Erase what has been in the trash for longer than that."""
    removed = trash(home)
    erased: list[str] = []
    failed: list[str] = []
    for place in expired([one.removed_us for one in removed], trash_days, now_us):
        try:
            erase(home, removed[place])
            erased.append(removed[place].session_id)
        except LogError as error:
            failed.append(str(error))
    return Outcome(erased=tuple(erased), failed=tuple(failed))


def maintain(home: Home, config: Config, now_us: int) -> Outcome:
    """What is due now: go on after a crash, empty the trash, and keep to the config's limits.

    Nobody calls it yet: limits act through `cs-prune` alone, and the documents say so. To be
    called now and then by whoever keeps the house in the background. Does nothing to any
    session unless the config sets a limit and a person was told (`notice`) a day ago.
    """
    failed = tuple(settle(home))
    emptied = empty_trash(home, config.trash_days, now_us)
    done = Outcome(erased=emptied.erased, failed=failed + emptied.failed)
    limits = limits_of(config)
    if not limits:
        _state(home, None)
        return done
    due = plan(candidates(home, listing(home)), limits, now_us)
    stated = _stated(home)
    if stated is None or stated["limits"] != list(limits):
        if due.going:
            _state(home, {"limits": list(limits), "going": len(due.going), "shown_us": None,
                          "bytes": due.freed_bytes})  # fmt: skip
        return done
    shown_us = stated["shown_us"]
    if shown_us is None or now_us - shown_us < _GRACE_AFTER_TELLING_US:
        return done
    went = carry_out(home, due, now_us, keep_lines=config.keep_lines)
    return Outcome(went.discarded, done.erased, done.failed + went.failed)


def notice(home: Home, now_us: int) -> str | None:
    """What a person must be told before limits of the config remove a session for the first time.

    Call it only where the words will be seen: it is told once, and a day later it is done.
    """
    stated = _stated(home)
    if stated is None or stated["shown_us"] is not None:
        return None
    _state(home, stated | {"shown_us": now_us})
    count = stated["going"]
    return (
        f"by your config (retention_days, max_store_bytes) {count} old session"
        f"{'s go' if count > 1 else ' goes'} to the trash, tomorrow at the earliest: "
        "cs-prune --dry-run shows them, cs-pin keeps one"
    )


def _stated(home: Home) -> dict[str, Any] | None:
    try:
        with open(os.path.join(home.path, _STATED), "rb") as file:
            found: Any = orjson.loads(file.read(_LARGEST_BYTES))
        shown_us = found["shown_us"]
        valid = (
            isinstance(found["limits"], list)
            and type(found["going"]) is int
            and (shown_us is None or type(shown_us) is int)
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if valid else None


def _state(home: Home, what: dict[str, Any] | None) -> None:
    path = os.path.join(home.path, _STATED)
    if what is None:
        if os.path.exists(path):
            os.unlink(path)
        return
    FILES.replace(path, orjson.dumps(what))
