"""The loop on a fake clock: what is drawn when, keys, slow targets, drift."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from formats.entry import Entry
from player.playing.keys import BACKSPACE, INTERRUPT, SUSPEND
from player.playing.loop import BATCH_BYTES, Loop
from player.replay.timeline import Moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SESSION = "2f0c6a3e-6f5b-4a53-9d0e-1c7a3c1f5b11"
S = 1_000_000


class World:
    """A clock that only waiting moves, a keyboard that follows a plan, a target that takes notes.

    `plan` gives the keys and the wall times at which they are pressed; `late_us` is how much later
    than asked each waiting returns.
    """

    def __init__(
        self,
        plan: Sequence[tuple[int, str]] = (),
        late_us: Callable[[], int] = lambda: 0,
        patience_us: int = 10**12,
    ) -> None:
        self.now_us = 7 * S  # no clock begins at 0
        self.begun_us = self.now_us
        self.drawn: list[tuple[int, bytes]] = []
        self.log: list[str] = []
        self.longest_batch = 0
        self.stuck_us = 0
        self.sticks_at, self.sticks_us = b"none", 0
        self._plan = sorted((self.now_us + at_us, key) for at_us, key in plan)
        self._late_us = late_us
        self._end_us = self.now_us + patience_us

    def clock(self) -> int:
        return self.now_us

    def wait(self, timeout_us: int | None, *, for_room: bool) -> list[str]:
        until_us = self._end_us if timeout_us is None else self.now_us + timeout_us
        if for_room:
            until_us = min(until_us, self.stuck_us)
        if self._plan and self._plan[0][0] <= until_us:
            at_us, key = self._plan.pop(0)
            self.now_us = max(self.now_us, at_us)
            return [key]
        if until_us >= self._end_us:
            return ["q"]
        self.now_us = until_us + (self._late_us() if timeout_us else 0)
        return []

    def suspend(self, *, answer_due: bool) -> None:
        assert answer_due
        self.log.append("suspended")
        self.now_us += 3600 * S

    def draw(self, moments: Sequence[Moment]) -> None:
        assert self.flush(), "drawn before all was out"
        self.longest_batch = max(self.longest_batch, len(moments))
        for moment in moments:
            self.drawn.append((self.now_us - self.begun_us, moment.entry.data))
            if moment.entry.data == self.sticks_at:
                self.stuck_us = self.now_us + self.sticks_us
        self.log.append(b"".join(moment.entry.data for moment in moments).decode())

    def flush(self) -> bool:
        return self.now_us >= self.stuck_us

    def clear(self) -> None:
        self.log.append("clear")

    def leave(self) -> bool:
        self.log.append("leave")
        return True


def moment(at_us: int, data: bytes = b"x") -> Moment:
    return Moment(at_us, Entry(at_us, SESSION, "output", data))


THREE = [moment(0, b"a"), moment(1 * S, b"b"), moment(3 * S, b"c")]


def play(world: World, moments: Sequence[Moment] = THREE, **options) -> str:
    return Loop(lambda _: iter(moments), world, world, world.clock).run(**options)


def test_each_entry_is_drawn_at_its_time() -> None:
    world = World()
    assert play(world) == "end"
    assert world.drawn == [(0, b"a"), (1 * S, b"b"), (3 * S, b"c")]


@pytest.mark.parametrize("speed", [0.01, 0.5, 2.0, 1000.0])
def test_speed_divides_the_waits(speed: float) -> None:
    world = World()
    play(world, speed=speed)
    assert world.drawn == [(0, b"a"), (round(S / speed), b"b"), (round(3 * S / speed), b"c")]


def test_an_hour_of_late_wakeups_does_not_drift() -> None:
    chance = random.Random(20260207)
    ats = sorted(chance.randrange(3600 * S) for _ in range(20_000))
    moments = [moment(at_us, b"%d" % at_us) for at_us in ats]
    world = World(late_us=lambda: chance.randrange(900))
    play(world, moments)
    late_us = [drawn_us - int(data) for drawn_us, data in world.drawn]
    assert min(late_us) >= 0
    assert max(late_us) < 1_000
    assert late_us[-1] < 1_000


def test_pause_holds_and_resumes_where_it_was() -> None:
    world = World(plan=[(500_000, " "), (10 * S, " ")])
    play(world)
    assert world.drawn == [(0, b"a"), (10_500_000, b"b"), (12_500_000, b"c")]


def test_a_step_pauses_and_shows_the_next_entry_with_bytes() -> None:
    world = World(plan=[(100, "."), (200, "."), (300, "."), (400, "q")])
    moments = [moment(0, b"a"), moment(1 * S, b"b"), moment(2 * S, b""), moment(3 * S, b"c")]
    moments.append(moment(4 * S, b"d"))
    assert play(world, moments) == "quit"
    assert world.drawn == [(0, b"a"), (100, b"b"), (200, b""), (200, b"c"), (300, b"d")]


def test_after_steps_time_goes_on_from_there() -> None:
    world = World(plan=[(0, "."), (5 * S, " ")])
    play(world)
    assert world.drawn == [(0, b"a"), (0, b"b"), (7 * S, b"c")]


def test_steps_at_the_end_wait_for_the_person() -> None:
    world = World(plan=[(0, "."), (0, "."), (0, "."), (0, "."), (S, " ")])
    assert play(world) == "end"
    assert [data for _, data in world.drawn] == [b"a", b"b", b"c"]


def test_speed_keys_halve_double_and_reset() -> None:
    moments = [moment(0, b"a"), moment(8 * S, b"b"), moment(16 * S, b"c"), moment(24 * S, b"d")]
    world = World(plan=[(0, "}"), (0, "}"), (2 * S, "{"), (6 * S, BACKSPACE)])
    play(world, moments)
    assert [at_us for at_us, _ in world.drawn] == [0, 2 * S, 6 * S, 14 * S]


def test_speed_keys_while_paused_count_when_it_goes_on() -> None:
    world = World(plan=[(0, " "), (0, "}"), (1 * S, " ")])
    play(world)
    assert world.drawn == [(0, b"a"), (1_500_000, b"b"), (2_500_000, b"c")]


def test_speed_stays_within_its_limits() -> None:
    world = World(plan=[(0, "}")] * 40)
    play(world, [moment(0), moment(1000 * S)])
    assert world.drawn[-1][0] == 1 * S
    world = World(plan=[(0, "{")] * 40)
    play(world, [moment(0), moment(1 * S)])
    assert world.drawn[-1][0] == 100 * S


@pytest.mark.parametrize(("key", "ending"), [("q", "quit"), (INTERRUPT, "interrupt")])
def test_quitting(key: str, ending: str) -> None:
    world = World(plan=[(1_500_000, key)])
    assert play(world) == ending
    assert [data for _, data in world.drawn] == [b"a", b"b"]


def test_other_keys_do_nothing() -> None:
    world = World(plan=[(at_us, key) for at_us, key in enumerate("QxX1,é")])
    play(world)
    assert world.drawn == [(0, b"a"), (1 * S, b"b"), (3 * S, b"c")]


def test_a_slow_target_gets_nothing_more_until_all_is_out_and_keys_work() -> None:
    world = World(plan=[(4 * S, "q")])
    world.stuck_us = world.now_us + 10 * S
    assert play(world) == "quit"
    assert world.drawn == []


def test_a_slow_target_delays_and_what_is_due_then_comes_at_once() -> None:
    world = World(plan=[(2 * S, "x")])
    moments = [moment(0, b"a"), moment(1 * S, b"b"), moment(3 * S, b"c"), moment(30 * S, b"d")]
    world.sticks_at, world.sticks_us = b"b", 10 * S
    play(world, moments)
    assert world.drawn == [(0, b"a"), (1 * S, b"b"), (11 * S, b"c"), (30 * S, b"d")]


def test_much_that_is_due_at_once_is_drawn_in_bounded_batches_with_keys_in_between() -> None:
    big = b"x" * 8192
    world = World(plan=[(0, "q")])
    assert play(world, [moment(0, big)] * 10_000) == "quit"
    assert world.longest_batch == BATCH_BYTES // len(big)
    assert len(world.drawn) == world.longest_batch


def test_a_long_beginning_does_not_make_the_rest_late() -> None:
    world = World()

    def slow() -> Iterator[Moment]:
        for _ in range(100):
            world.now_us += S  # reading takes its time
            yield moment(0, b"x" * BATCH_BYTES)
        yield moment(1 * S, b"y")

    Loop(lambda _: slow(), world, world, world.clock).run()
    assert world.drawn[-1][0] - world.drawn[-2][0] == 1 * S


def test_repeating_begins_anew_and_later_rounds_may_begin_elsewhere() -> None:
    world = World(plan=[(10_500_000, "q")])
    rounds: list[int] = []

    def replay(number: int) -> Iterator[Moment]:
        rounds.append(number)
        return iter(THREE if number else THREE[2:])

    Loop(replay, world, world, world.clock).run(repeat=True)
    assert rounds == [0, 1, 2, 3]
    assert world.log == ["c", "clear", "a", "b", "c", "clear", "a", "b", "c", "clear", "a", "b"]


def test_repeating_nothing_ends() -> None:
    assert play(World(), [], repeat=True) == "end"


def test_suspending_costs_no_time_of_the_replay_and_draws_anew() -> None:
    world = World(plan=[(1_500_000, SUSPEND)])
    play(world)
    assert world.log == ["a", "b", "leave", "suspended", "clear", "ab", "c"]
    assert world.drawn[-1] == (3600 * S + 3 * S, b"c")


def test_suspended_while_paused_it_stays_paused() -> None:
    world = World(plan=[(500_000, " "), (600_000, SUSPEND), (3610 * S, " ")])
    play(world)
    assert world.drawn[-2] == (3610 * S + 500_000, b"b")
