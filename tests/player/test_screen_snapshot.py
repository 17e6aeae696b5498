"""Snapshots: whatever comes after one is drawn as if it had never been taken."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from formats.size import Size
from player.screen import Screen, ScreenEngineError
from tests.support.screens import told
from tests.support.streams import streams


def test_a_screen_comes_back() -> None:
    screen = Screen(Size(20, 4), 100)
    screen.feed("one\r\n\x1b[31mtwo 漢\x1b]2;title\x07\x1b[?2004h\x1b[?1049hon top".encode())
    again = Screen.restore(screen.snapshot())
    assert told(again) == told(screen)
    again.feed(b"\x1b[?1049l")
    assert again.text()[:2] == ["one", "two 漢"]


def test_a_snapshot_keeps_the_limits_the_history_and_the_width() -> None:
    screen = Screen(Size(20, 4), 100, width="legacy")
    screen.feed(b"line\r\n" * 20)
    again = Screen.restore(screen.snapshot())
    assert again.history_rows(0, 99) == screen.history_rows(0, 99)
    again.feed("\x1bc\U0001f469\u200d\U0001f467".encode())
    assert again.cursor.col == 4
    assert Screen.restore(again.snapshot()).snapshot() == again.snapshot()
    again.feed(b"line\r\n" * 100_000)
    assert again.state().history_rows < 2000
    bare = Screen.restore(Screen(Size(20, 4)).snapshot())
    bare.feed(b"line\r\n" * 1000)
    assert bare.state().history_rows == 0


@pytest.mark.parametrize("stop", range(5))
def test_rows_of_the_alternate_screen_that_had_wrapped_before_it_became_wider(stop: int) -> None:
    """Whether they still count as one line must not depend on where a keyframe was."""
    steps: list[bytes | Size] = [b"\x1b[?1049h", b"count 1", Size(10, 4), b"* Working", Size(20, 6)]
    screen = Screen(Size(80, 24))
    for number, step in enumerate(steps):
        if number == stop:
            screen = Screen.restore(screen.snapshot())
        screen.resize(step) if isinstance(step, Size) else screen.feed(step)
    assert screen.lines() == b"count 1* W\norking"


@pytest.mark.parametrize("text", ["\x1b[1;3", "\xe6\xbc\xa2", "\x1b]2;tit", "\x1bP1$r", "\x1b"])
def test_what_has_begun_goes_on(text: str) -> None:
    begun = text.encode("latin-1")[:-1] or b"\x1b"
    screen = Screen(Size(20, 4))
    screen.feed(begun)
    again = Screen.restore(screen.snapshot())
    rest = text.encode("latin-1")[len(begun) :] + b"1mx\x07\x1b\\y"
    screen.feed(rest)
    again.feed(rest)
    assert told(again) == told(screen)


@settings(deadline=None, max_examples=400)
@given(streams(60), st.data(), st.sampled_from([Size(2, 2), Size(12, 5), Size(40, 9)]))
def test_a_snapshot_at_any_byte_changes_nothing(
    data: bytes, draw: st.DataObject, size: Size
) -> None:
    whole, cut = Screen(size), Screen(size)
    place = draw.draw(st.integers(0, len(data)))
    whole.feed(data)
    cut.feed(data[:place])
    try:
        again = Screen.restore(cut.snapshot())
    except ScreenEngineError as refusal:
        assume("no snapshot can be made" not in str(refusal))
        raise
    assert told(again) == told(cut)
    again.feed(data[place:])
    assert told(again) == told(whole)


def test_a_snapshot_that_cannot_be_made_can_be_made_later() -> None:
    screen = Screen(Size(20, 4))
    screen.feed(b"\x1b]2;" + b"x" * (2 << 20))
    with pytest.raises(ScreenEngineError, match="no snapshot can be made"):
        screen.snapshot()
    screen.feed(b"\x07")
    assert Screen.restore(screen.snapshot()).text() == screen.text()


@pytest.mark.parametrize("damage", [b"", b"CSSN", b"GHOSTSNP" * 9])
def test_what_is_no_snapshot_is_refused(damage: bytes) -> None:
    with pytest.raises(ScreenEngineError, match="no snapshot"):
        Screen.restore(damage)


def test_a_snapshot_of_another_build_is_refused() -> None:
    screen = Screen(Size(20, 4))
    build = screen.engine_id().encode()
    assert build.startswith(b"pyghostty-0.1.")
    other = screen.snapshot().replace(build, build[:-1] + b"x")
    with pytest.raises(ScreenEngineError, match="another screen engine"):
        Screen.restore(other)


def test_a_torn_snapshot_is_refused() -> None:
    snapshot = Screen(Size(20, 4)).snapshot()
    with pytest.raises(ScreenEngineError, match="damaged"):
        Screen.restore(snapshot[:-20])
