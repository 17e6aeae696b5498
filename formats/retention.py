"""Which sessions go: a pure plan from what lies in the store and what was asked. Nothing is done.

Nothing goes unless somebody asked: with `cs-prune`, or with `retention_days` or `max_store_bytes`
in the config. Pinned sessions and those that are recorded never go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

US_PER_DAY: Final = 86_400_000_000

Reason = Literal["age", "size"]


class Candidate(NamedTuple):
    """One session. `last_us` is its last entry; `disk_bytes` what all its files take."""

    session_id: str
    last_us: int
    disk_bytes: int
    live: bool = False
    pinned: bool = False


class Limits(NamedTuple):
    """What is allowed to stay: None for no limit. The trash does not count."""

    older_than_us: int | None = None
    most_bytes: int | None = None

    def __bool__(self) -> bool:
        return self.older_than_us is not None or self.most_bytes is not None


class Going(NamedTuple):
    """A session that goes, and why."""

    session_id: str
    reason: Reason
    disk_bytes: int


class Plan(NamedTuple):
    """`going` in the order in which they go, the oldest first.

    `spared` are those that are over a limit and stay: pinned, or being recorded. `over_bytes` is
    by how much the store stays larger than asked when all is done.
    """

    going: tuple[Going, ...]
    spared: tuple[str, ...]
    store_bytes: int
    over_bytes: int = 0

    @property
    def freed_bytes(self) -> int:
        """What all that goes takes on the disk."""
        return sum(one.disk_bytes for one in self.going)


def plan(candidates: Iterable[Candidate], limits: Limits, now_us: int) -> Plan:
    """What goes at `now_us`: first what is too old, then the oldest until the rest fits."""
    oldest_first = sorted(candidates, key=lambda one: (one.last_us, one.session_id))
    store_bytes = sum(one.disk_bytes for one in oldest_first)
    going: list[Going] = []
    spared: list[str] = []
    left_bytes = store_bytes
    for one in oldest_first:
        reason = _reason(one, limits, left_bytes, now_us)
        if reason is None:
            continue
        if one.live or one.pinned:
            spared.append(one.session_id)
            continue
        going.append(Going(one.session_id, reason, one.disk_bytes))
        left_bytes -= one.disk_bytes
    over = 0 if limits.most_bytes is None else max(0, left_bytes - limits.most_bytes)
    return Plan(tuple(going), tuple(spared), store_bytes, over)


def _reason(one: Candidate, limits: Limits, left_bytes: int, now_us: int) -> Reason | None:
    if limits.older_than_us is not None and now_us - one.last_us > limits.older_than_us:
        return "age"
    if limits.most_bytes is not None and left_bytes > limits.most_bytes:
        return "size"
    return None


def expired(removed: Sequence[int], trash_days: float, now_us: int) -> list[int]:
    """Which of what lies in the trash, by its time of removal, has had its grace time: places."""
    return [
        place
        for place, removed_us in enumerate(removed)
        if now_us - removed_us > trash_days * US_PER_DAY
    ]
