"""What goes and what stays: the plan, amounts as people write them, and the care before."""

from __future__ import annotations

import errno
import fcntl
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.config import Config
from formats.files import Files
from formats.holding import seal_lock
from formats.housekeeping import maintain
from formats.layout import Home
from formats.locks import taken
from formats.notices import take_notice
from formats.quantities import parse_age_us, parse_bytes
from formats.retention import US_PER_DAY, Candidate, Limits, expired, plan
from formats.trash import trash
from formats.user import UserData, read_user, write_user
from tests.support.logs import BEGINNING_US, ended, start, store_log

if TYPE_CHECKING:
    from pathlib import Path

NOW_US = BEGINNING_US + 100 * US_PER_DAY
TEN_YEARS_US = 3650 * US_PER_DAY

candidates = st.lists(
    st.builds(
        Candidate,
        st.uuids(version=4).map(str),
        st.integers(0, NOW_US),
        st.integers(0, 1 << 40),
        st.booleans(),
        st.booleans(),
    ),
    unique_by=lambda one: one.session_id,
    max_size=30,
)
limits = st.builds(
    Limits,
    st.none() | st.integers(0, NOW_US),
    st.none() | st.integers(0, 1 << 42),
)


@given(candidates, limits, st.integers(NOW_US, NOW_US + TEN_YEARS_US))
def test_what_is_pinned_or_live_never_goes(found, given_limits, now_us) -> None:
    made = plan(found, given_limits, now_us)
    by_id = {one.session_id: one for one in found}
    assert not [one for one in made.going if by_id[one.session_id].live]
    assert not [one for one in made.going if by_id[one.session_id].pinned]


def test_what_is_just_as_old_or_as_large_as_allowed_stays() -> None:
    one = Candidate("a", NOW_US - 5, 100)
    assert not plan([one], Limits(5, 100), NOW_US).going
    assert [gone.reason for gone in plan([one], Limits(4, 100), NOW_US).going] == ["age"]
    assert [gone.reason for gone in plan([one], Limits(5, 99), NOW_US).going] == ["size"]
    days_us = 7 * US_PER_DAY
    assert expired([NOW_US - days_us, NOW_US - days_us - 1], 7, NOW_US) == [1]


@given(candidates, limits, st.integers(NOW_US, NOW_US + TEN_YEARS_US))
def test_a_plan_does_what_was_asked_and_no_more(found, given_limits, now_us) -> None:
    made = plan(found, given_limits, now_us)
    by_id = {one.session_id: one for one in found}
    times = [by_id[one.session_id].last_us for one in made.going]
    assert times == sorted(times)
    left = [one for one in found if one.session_id not in {gone.session_id for gone in made.going}]
    left_bytes = sum(one.disk_bytes for one in left)
    assert left_bytes == made.store_bytes - made.freed_bytes
    if given_limits.older_than_us is not None:
        too_old = [one for one in left if now_us - one.last_us > given_limits.older_than_us]
        assert all(one.live or one.pinned for one in too_old)
    if given_limits.most_bytes is not None:
        assert made.over_bytes == max(0, left_bytes - given_limits.most_bytes)
        if made.over_bytes:
            assert all(one.live or one.pinned for one in left)
    by_size = [gone for gone in made.going if gone.reason == "size"]
    if by_size and given_limits.most_bytes is not None:  # the last one had to go
        assert left_bytes + by_size[-1].disk_bytes > given_limits.most_bytes
    if not given_limits:
        assert not made.going


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("0", 0),
        ("700000", 700_000),
        ("5GB", 5_000_000_000),
        ("5 gb", 5_000_000_000),
        ("5G", 5 << 30),
        ("5GiB", 5 << 30),
        ("1.5M", 3 << 19),
        ("2T", 2 << 40),
        ("12B", 12),
    ],
)
def test_sizes(written, size) -> None:
    assert parse_bytes(written) == size


@pytest.mark.parametrize("written", ["", "G", "5X", "-1", "nan", "5GG", "5BG", "5iB", "٣"])
def test_no_sizes(written) -> None:
    with pytest.raises(ValueError, match="no size"):
        parse_bytes(written)


@pytest.mark.parametrize(
    ("written", "days"),
    [("30d", 30), ("30", 30), ("12h", 0.5), ("2w", 14), ("6m", 180), ("1Y", 365), ("0.5d", 0.5)],
)
def test_ages(written, days) -> None:
    assert parse_age_us(written) == days * US_PER_DAY


@pytest.mark.parametrize("written", ["", "d", "-1d", "soon", "inf"])
def test_no_ages(written) -> None:
    with pytest.raises(ValueError, match="no age"):
        parse_age_us(written)


@pytest.fixture
def store(home: Path) -> Home:
    made = Home(str(home))
    made.create()
    return made


@pytest.fixture
def three(home: Path) -> tuple[Home, list[str]]:
    ids = [
        store_log(home, start(), ended(10), beginning_us=BEGINNING_US + day * US_PER_DAY)
        for day in (0, 50, 99)
    ]
    store = Home(str(home))
    store.create()
    return store, ids


def removed(store: Home) -> set[str]:
    return {one.session_id for one in trash(store)}


def test_nothing_goes_unless_it_was_asked_for(three) -> None:
    store, _ = three
    assert maintain(store, Config(), NOW_US + TEN_YEARS_US) == ((), (), ())
    assert not trash(store)
    assert take_notice(store, NOW_US) == []


def test_a_person_is_told_a_day_before_the_first_goes(three) -> None:
    store, ids = three
    config = Config(retention_days=30)
    for _ in range(3):  # whoever keeps the house comes often; nobody was told yet
        maintain(store, config, NOW_US)
        assert not removed(store)
    (words,) = take_notice(store, NOW_US)
    assert "2 old sessions go to the trash" in words
    assert take_notice(store, NOW_US) == []  # once
    maintain(store, config, NOW_US + US_PER_DAY // 2)
    assert not removed(store)
    later_us = NOW_US + US_PER_DAY
    assert set(maintain(store, config, later_us).discarded) == set(ids[:2])
    assert removed(store) == set(ids[:2])
    # From now on it is known; and the trash has its time.
    much_later_us = NOW_US + 6 * US_PER_DAY
    assert maintain(store, config, much_later_us) == ((), (), ())
    done = maintain(store, config, later_us + 8 * US_PER_DAY)
    assert set(done.erased) == set(ids[:2])
    # Nothing of it is silent.
    moved, erased = take_notice(store, later_us + 8 * US_PER_DAY)
    assert "2 sessions went to the trash: cs-restore lists them" in moved
    assert "2 sessions that had been in the trash for 7 days were erased" in erased
    assert maintain(store, config, later_us + 9 * US_PER_DAY) == ((), (), ())
    assert take_notice(store, later_us + 9 * US_PER_DAY) == []


def test_other_limits_are_told_anew(three) -> None:
    store, ids = three
    maintain(store, Config(retention_days=60), NOW_US)
    assert take_notice(store, NOW_US)
    tomorrow_us = NOW_US + US_PER_DAY
    maintain(store, Config(retention_days=5), tomorrow_us)
    assert not removed(store)
    assert take_notice(store, tomorrow_us)
    maintain(store, Config(), tomorrow_us)  # none any more
    maintain(store, Config(retention_days=5), tomorrow_us + US_PER_DAY)
    assert not removed(store)
    assert take_notice(store, tomorrow_us + US_PER_DAY)
    write_user(store.user(ids[0]), UserData(pinned=True))
    maintain(store, Config(retention_days=5), tomorrow_us + 2 * US_PER_DAY)
    assert removed(store) == {ids[1]}


def test_ten_years_later_what_is_live_is_still_there(three, tmp_path: Path) -> None:
    """Test 37 of the facts: the clock jumps, a session is active, a log is a link."""
    store, ids = three
    config = Config(retention_days=1, trash_days=0)
    outside = tmp_path / "elsewhere.jsonl"
    linked = "12345678-1234-4234-8234-123456789abc"
    outside.write_text("mine")
    (tmp_path / "home" / "logs" / f"{linked}.jsonl").symlink_to(outside)
    with open(store.log(ids[2]), "ab") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        maintain(store, config, NOW_US)
        assert take_notice(store, NOW_US)
        done = maintain(store, config, NOW_US + TEN_YEARS_US)
        assert set(done.discarded) == set(ids[:2])
        assert not done.failed
        maintain(store, config, NOW_US + TEN_YEARS_US + 1000)
    assert (tmp_path / "home" / "logs" / f"{ids[2]}.jsonl").stat().st_size
    assert outside.read_text() == "mine"
    assert not trash(store)


def test_what_a_person_says_survives(home: Path) -> None:
    path = str(home / "x.user.json")
    said = UserData("a \udcff title", ("b", "c"), pinned=True)
    write_user(path, said)
    assert read_user(path) == said._replace(title="a \ufffd title")
    assert (home / "x.user.json").stat().st_mode & 0o777 == 0o600
    write_user(path, UserData())
    assert not (home / "x.user.json").exists()


@given(st.binary(max_size=100) | st.sampled_from([b"{}", b"[]", b'{"version":1,"title":3}']))
def test_a_foreign_file_says_nothing(tmp_path_factory, data) -> None:
    path = tmp_path_factory.mktemp("user") / "x.user.json"
    path.write_bytes(data)
    assert read_user(str(path)) == UserData()


@pytest.mark.parametrize(
    "content",
    [
        b'{"limits":null,"going":"many","stated_us":0,"told_us":null,"moved":0,"erased":0}',
        b'{"limits":null,"going":0,"stated_us":0,"told_us":"now","moved":0,"erased":0}',
        b'{"limits":null,"going":0,"stated_us":0,"told_us":1,"moved":[1],"erased":0}',
        b'{"limits":[1,2,3],"told_us":1}',
        b"[]",
        b"\0" * 100,
    ],
)
def test_what_is_stated_by_others_counts_as_nothing(
    home: Path, store: Home, content: bytes
) -> None:
    """Nobody was told of anything, then, and nothing goes."""
    store_log(home, start(), ended(20))
    (home / "retention.json").write_bytes(content)
    config = Config(retention_days=5)
    assert maintain(store, config, NOW_US) == ((), (), ())
    (told,) = take_notice(store, NOW_US)
    assert "1 old session goes to the trash" in told


def test_what_cannot_be_moved_is_said_and_what_is_in_use_is_not(home: Path, store: Home) -> None:
    session_id = store_log(home, start(), ended(20))
    config = Config(retention_days=5)
    maintain(store, config, NOW_US)
    take_notice(store, NOW_US)
    later_us = NOW_US + 2 * US_PER_DAY
    with taken(seal_lock(store, session_id), wait=False):
        assert maintain(store, config, later_us) == ((), (), ()), "a sealer is at it: next time"
    done = maintain(store, config, later_us, Refusing())
    assert not done.discarded
    assert done.failed == (f"cannot move {session_id[:8]}: Permission denied",)


class Refusing(Files):
    """A store in whose trash nothing can be put."""

    def make_folder(self, path: str) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
