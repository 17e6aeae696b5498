"""The summary of a session's lines: what it says, and that damage is as good as none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from formats.layout import Home
from formats.session import Session
from player.index.indexing import index_session
from player.index.summary import Summary, read_summary, write_summary
from tests.support.logs import Said, ended, start, store_log

WHOLE = (
    b'{"version":1,"until_us":1,"lines":451,"active_us":0,"title":"a","first_typed":"b",'
    b'"entered":0}'
)


@pytest.fixture
def store(home) -> Home:
    made = Home(str(home))
    made.create()
    return made


def test_what_is_made_with_the_lines(store: Home) -> None:
    session_id = store_log(
        Path(store.path),
        start(),
        Said(1000, b"\x1b]0;me@here: ~/src\x07me@here:~/src$ "),
        Said(2000, b"make it so", "input"),
        Said(2010, b"make it so"),
        Said(3000, b"\r", "input"),
        Said(3010, b"\r\nmade\r\nme@here:~/src$ "),
        Said(63_000, b"again"),
        ended(64_000),
    )
    assert index_session(store, Session(session_id, store.logs))
    found = read_summary(store, session_id)
    assert found is not None
    assert (found.lines, found.entered, found.first_typed) == (3, 1, "make it so")
    assert found.title == ""  # a shell's title says only where
    assert found.active_us == 4_010_000


def test_the_last_title_counts_without_its_spinner(store: Home) -> None:
    said = [Said(n * 500, f"\x1b]0;{'◐◑'[n % 2]} topic {n // 4}\x07".encode()) for n in range(1, 9)]
    session_id = store_log(Path(store.path), start(), *said, ended(9000))
    assert index_session(store, Session(session_id, store.logs))
    found = read_summary(store, session_id)
    assert found is not None
    assert (found.title, found.name) == ("topic 2", "topic 2")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"[]", b"null", b'{"version":1}', b'{"version":2,"lines":3}', b"[" * 5000,
        WHOLE.replace(b"451", b"-1"), WHOLE.replace(b'"a"', b"7"), WHOLE[:-1] + b',"c":1}',
    ],
)  # fmt: skip
def test_damage_is_as_good_as_none(store: Home, data: bytes) -> None:
    session_id = store_log(Path(store.path), start(), ended(1))
    write_summary(store, session_id, Summary(1, 2, 3, "a", "b", 4))
    assert read_summary(store, session_id) == Summary(1, 2, 3, "a", "b", 4)
    (name,) = os.listdir(store.index)
    with open(os.path.join(store.index, name), "wb") as file:
        file.write(data)
    assert read_summary(store, session_id) is None
