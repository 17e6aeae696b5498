"""What was typed, on its way into a log that stalls."""

from __future__ import annotations

from typing import Any, cast

from recorder.keyboard import _SideLog

PASTED_BYTES = 1 << 16


class Stalled:
    """A log of which only what was lost is looked at."""

    def __init__(self) -> None:
        self.lost: list[tuple[int, int]] = []

    def lost_input(self, entries: int, size: int, reason: str) -> None:
        assert "stalled" in reason
        self.lost.append((entries, size))


def test_what_is_more_than_can_wait_is_counted_and_stated_in_its_place() -> None:
    log, written = Stalled(), []
    side = _SideLog(cast("Any", log))
    for number in range(100):
        side.put(PASTED_BYTES, lambda number=number: written.append(number))  # type: ignore[misc]
    assert not written
    side.flush()
    assert written == list(range(len(written)))
    assert 0 < len(written) < 100
    assert log.lost == [(100 - len(written), (100 - len(written)) * PASTED_BYTES)]
    side.put(1, lambda: written.append(100))
    side.flush()
    assert written[-1] == 100
    assert len(log.lost) == 1
