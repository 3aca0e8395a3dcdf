"""Two times that are never mixed, the machine's and those that tests move."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from app.clock import SystemClock
from tests.fakes.clock import START, LoopClock, ManualClock

if TYPE_CHECKING:
    from app.clock import Clock

CLOCKS: list[Clock] = [SystemClock(), ManualClock()]


@pytest.mark.parametrize("clock", CLOCKS, ids=lambda clock: type(clock).__name__)
def test_now_is_aware_and_utc(clock: Clock) -> None:
    assert clock.now().tzinfo is UTC


def test_the_machines_clock_is_the_machines() -> None:
    clock = SystemClock()
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)


def test_monotonic_time_never_runs_back() -> None:
    clock = SystemClock()
    times = [clock.monotonic() for _ in range(1000)]
    assert times == sorted(times)


def test_a_manual_clock_moves_both_times_when_told() -> None:
    clock = ManualClock()
    assert (clock.now(), clock.monotonic()) == (START, 0.0)
    clock.advance(90.5)
    assert (clock.now(), clock.monotonic()) == (START + timedelta(seconds=90.5), 90.5)


@pytest.mark.looptime
async def test_a_loop_clock_follows_the_loop() -> None:
    clock = LoopClock()
    assert (clock.now(), clock.monotonic()) == (START, 0.0)
    await asyncio.sleep(3600)
    assert clock.now() == START + timedelta(hours=1)
    assert clock.monotonic() == 3600
