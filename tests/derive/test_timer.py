"""Actions at their time, by either clock, and a wall clock that is set."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import partial

import pytest

from app.derive.timer import JUMP_SECONDS, PAUSE_SECONDS, SLICE_SECONDS, Timer
from tests.fakes.clock import START, LoopClock, ManualClock


class AdjustableClock(ManualClock):
    """A wall clock that somebody sets."""

    def __init__(self) -> None:
        super().__init__()
        self.set_by = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.set_by)


class Stepping(ManualClock):
    """Every look at it takes a slice."""

    def monotonic(self) -> float:
        self.advance(2 * SLICE_SECONDS)
        return super().monotonic()


def make() -> tuple[AdjustableClock, Timer, list[str]]:
    clock = AdjustableClock()
    return clock, Timer(clock), []


def test_what_is_due_is_done_once_and_in_order() -> None:
    clock, timer, done = make()
    timer.after(20, "b", lambda: done.append("b"))
    timer.after(10, "a", lambda: done.append("a"))
    timer.after(10, "a2", lambda: done.append("a2"))
    clock.advance(9.9)
    timer.advance()
    assert done == []
    clock.advance(15)
    timer.advance()
    timer.advance()
    assert done == ["a", "a2", "b"]
    assert len(timer) == 0


def test_by_wall_time() -> None:
    clock, timer, done = make()
    timer.at(START + timedelta(seconds=60), "slot", lambda: done.append("slot"))
    clock.advance(59)
    timer.advance()
    assert done == []
    clock.advance(1)
    timer.advance()
    assert done == ["slot"]


def test_a_time_that_has_passed_is_due_at_the_next_look() -> None:
    _, timer, done = make()
    timer.at(START - timedelta(days=1), "old", lambda: done.append("old"))
    assert done == []
    timer.advance()
    assert done == ["old"]


def test_a_name_stands_for_one_action() -> None:
    clock, timer, done = make()
    timer.after(1, "name", lambda: done.append("first"))
    timer.at(START + timedelta(seconds=5), "name", lambda: done.append("second"))
    timer.after(1, "gone", lambda: done.append("gone"))
    timer.cancel("gone")
    timer.cancel("never set")
    clock.advance(10)
    timer.advance()
    assert done == ["second"]


def test_an_action_may_set_the_next_one() -> None:
    clock, timer, done = make()

    def again() -> None:
        done.append("again")
        if len(done) < 3:
            timer.after(0, "again", again)

    timer.after(1, "again", again)
    clock.advance(1)
    timer.advance()
    assert done == ["again"] * 3


@pytest.mark.parametrize("by", [3600.0, -3600.0])
def test_a_wall_clock_that_is_set_is_told_before_anything_else(by: float) -> None:
    clock, timer, done = make()
    timer.on_jump(lambda: done.append("jump"))
    timer.at(START + timedelta(seconds=1), "slot", lambda: done.append("slot"))
    clock.advance(1)
    clock.set_by = by
    timer.advance()
    timer.advance()
    assert done == (["jump", "slot"] if by > 0 else ["jump"])
    clock.set_by = 0
    timer.advance()
    assert done.count("jump") == 2
    assert "slot" in done


def test_spans_do_not_care_what_the_wall_clock_shows() -> None:
    clock, timer, done = make()
    timer.after(10, "span", lambda: done.append("span"))
    clock.set_by = 3600
    timer.advance()
    assert done == []


def test_a_clock_that_is_slewed_is_not_set() -> None:
    clock, timer, done = make()
    timer.on_jump(lambda: done.append("jump"))
    for _ in range(20):
        clock.advance(60)
        clock.set_by += JUMP_SECONDS - 1
        timer.advance()
    assert done == []


def test_alarms_that_are_moved_for_ever_take_no_room() -> None:
    _, timer, _ = make()
    for number in range(10_000):
        timer.after(1_000 + number, "moved", lambda: None)
    assert len(timer) == 1
    assert len(timer._spans) < 100


def test_much_that_is_due_at_once_is_done_in_slices() -> None:
    clock, timer, done = make()

    def slow(number: int) -> None:
        done.append(str(number))
        clock.advance(0.004)

    for number in range(5):
        timer.after(1, number, partial(slow, number))
    clock.advance(1)
    assert timer.advance(within=0.01)
    assert done == ["0", "1", "2"]
    assert not timer.advance(within=0.01)
    assert done == ["0", "1", "2", "3", "4"]


@pytest.mark.looptime
async def test_others_have_their_turn_between_two_slices() -> None:
    timer = Timer(Stepping())
    done: list[str] = []
    for number in range(3):
        timer.after(0, number, lambda: done.append("alarm"))
    running = asyncio.create_task(timer.run())
    await asyncio.sleep(1)
    for _ in range(4):
        await asyncio.sleep(PAUSE_SECONDS)
        done.append("other")
    running.cancel()
    assert done.index("other") < 3
    assert done.count("alarm") == 3


@pytest.mark.looptime
async def test_it_looks_by_itself() -> None:
    """Once a second of the loop's time."""
    timer = Timer(LoopClock())
    done: list[str] = []
    timer.after(30, "later", lambda: done.append("later"))
    running = asyncio.create_task(timer.run())
    await asyncio.sleep(29.5)
    assert done == []
    await asyncio.sleep(2)
    assert done == ["later"]
    running.cancel()
