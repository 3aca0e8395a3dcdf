from __future__ import annotations

import asyncio

import anyio
import pytest

from app.stream.ledger import Ledger, loop_later
from app.stream.statistics import Statistics
from tests.fakes.clock import ManualClock
from tests.stream.stage import Timers

TICK = 0.05


class Book:
    """A ledger, and the seqs at which it published."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.timers = Timers(self.clock)
        self.statistics = Statistics()
        self.published: list[int] = []
        self.idle = False
        self.ledger = Ledger(
            self.clock,
            tick=TICK,
            later=self.timers.later,
            statistics=self.statistics,
            publish=lambda: self.published.append(self.ledger.flushed),
            idle=lambda: self.idle,
        )

    def change(self, count: int = 1) -> None:
        """One batch of so many changes."""
        self.ledger.enter()
        for _ in range(count):
            self.ledger.advance()
        self.ledger.leave()


def test_a_change_that_finds_the_stream_idle_goes_out_at_once() -> None:
    book = Book()
    book.change()
    assert book.published == [1]
    assert book.timers.armed == []


def test_changes_closer_together_than_a_tick_are_gathered() -> None:
    book = Book()
    book.change()
    book.timers.advance(0.02)
    book.change()
    book.change()
    assert book.published == [1]
    assert book.ledger.gathering
    assert book.timers.armed == [pytest.approx(TICK)]
    book.timers.advance(0.029)
    assert book.published == [1]
    book.timers.advance(0.002)
    assert book.published == [1, 3]
    assert not book.ledger.gathering


def test_a_tick_after_the_last_flush_the_stream_is_idle_again() -> None:
    book = Book()
    for _ in range(5):
        book.change()
        book.timers.advance(TICK)
    assert book.published == [1, 2, 3, 4, 5]


def test_a_storm_costs_one_flush_a_tick() -> None:
    book = Book()
    for _ in range(1_000):
        book.change()
        book.timers.advance(0.001)
    assert 19 <= len(book.published) <= 21
    book.timers.advance(TICK)
    assert book.published[-1] == 1_000
    assert book.statistics.flushes == len(book.published)
    assert book.statistics.changes == 1_000


def test_late_timers_do_not_make_changes_a_tick_apart_wait_longer_and_longer() -> None:
    book = Book()
    book.change()
    book.timers.advance(TICK - 0.001)
    waits: list[float] = []
    for _ in range(20):
        book.change()
        waits.append(book.timers.armed[0] - book.clock.monotonic())
        book.clock.advance(waits[-1] + 0.002)
        book.timers.advance(0)
        book.timers.advance(TICK - waits[-1] - 0.002)
    assert waits == pytest.approx([0.001] * 20)
    assert book.statistics.flushes == 21


def test_only_the_outermost_end_of_a_batch_publishes() -> None:
    book = Book()
    was_open = [book.ledger.open]
    book.ledger.enter()
    book.change(2)
    was_open.append(book.ledger.open)
    book.change()
    assert book.published == []
    book.ledger.leave()
    was_open.append(book.ledger.open)
    assert book.published == [3]
    assert was_open == [False, True, False]


def test_a_batch_without_a_change_publishes_nothing() -> None:
    book = Book()
    book.change(0)
    book.ledger.flush()
    assert book.published == []
    assert book.statistics.flushes == 0


def test_a_flush_on_demand_takes_the_place_of_the_one_to_come() -> None:
    book = Book()
    book.change()
    book.change()
    book.ledger.flush()
    assert book.published == [1, 2]
    assert book.timers.armed == []
    book.timers.advance(1)
    assert book.published == [1, 2]
    # And the time to the next one counts from it.
    book.change()
    book.change()
    assert book.published == [1, 2, 3]
    assert len(book.timers.armed) == 1


def test_without_readers_nothing_is_gathered() -> None:
    book = Book()
    book.idle = True
    for _ in range(3):
        book.change()
    assert book.published == [1, 2, 3]
    assert book.timers.armed == []
    # The first reader does not change what an interval is.
    book.idle = False
    book.change()
    assert book.published == [1, 2, 3]
    book.timers.advance(TICK)
    assert book.published == [1, 2, 3, 4]


def test_what_waits_for_its_tick_goes_out_when_the_readers_have_left() -> None:
    book = Book()
    book.change()
    book.change()
    book.idle = True
    book.change()
    assert book.published == [1]
    book.timers.advance(TICK)
    assert book.published == [1, 3]


def test_it_counts_what_was_overtaken() -> None:
    book = Book()
    book.ledger.overtake()
    assert book.statistics.coalesced == 1


async def test_the_running_loop_calls_later_and_can_be_told_not_to() -> None:
    called: list[str] = []
    done = asyncio.Event()
    loop_later(0.0, lambda: called.append("dropped")).cancel()
    loop_later(0.001, done.set)
    with anyio.fail_after(10):
        await done.wait()
    assert called == []
