"""The state of the switches; what they do is seen on sockets."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from app.demo.api.faults import Fault, Faults, ShiftedClock
from app.demo.api.switches import BadFault, UnknownFault
from tests.fakes.clock import START, LoopClock, ManualClock

pytestmark = pytest.mark.looptime


@pytest.fixture
def faults() -> Faults:
    return Faults(LoopClock())


async def test_a_switch_turns_itself_off_in_time(faults: Faults) -> None:
    faults.turn_on("silent", {"seconds": 10})
    await asyncio.sleep(4)
    assert faults.describe("silent")["seconds"] == 6
    await asyncio.sleep(5.9)
    assert faults.on("silent") is not None
    await asyncio.sleep(0.2)
    assert faults.on("silent") is None


async def test_turned_on_anew_it_begins_anew(faults: Faults) -> None:
    first = faults.turn_on("silent", {"seconds": 10})
    await asyncio.sleep(9)
    second = faults.turn_on("silent", {"seconds": 10, "resource": "pods"})
    assert second is not first
    await asyncio.sleep(9)
    assert faults.on("silent", "pods") is second
    assert faults.on("silent", "events") is None
    faults.turn_off("silent")
    faults.turn_on("silent", {})
    await asyncio.sleep(100)
    assert faults.on("silent", "events") is not None


async def test_a_count_is_used_up(faults: Faults) -> None:
    faults.turn_on("gone", {"count": 2, "resource": "pods"})
    assert faults.hit("gone", "events") is None
    assert faults.hit("gone") is None
    fault = faults.hit("gone", "pods")
    assert fault is not None
    assert (fault.hits, fault.count) == (1, 1)
    assert faults.on("gone", "pods") is fault
    assert faults.hit("gone", "pods") is fault
    assert faults.hit("gone", "pods") is None
    assert faults.on("gone", "pods") is None


async def test_without_a_count_it_goes_on(faults: Faults) -> None:
    faults.turn_on("gone", {})
    for _ in range(5):
        assert faults.hit("gone", "pods") is not None
    assert faults.describe("gone")["hits"] == 5


async def test_listeners_hear_of_every_turn(faults: Faults) -> None:
    heard: list[tuple[str, bool]] = []

    def hear(name: str, fault: Fault | None) -> None:
        heard.append((name, fault is not None))

    faults.listen(hear)
    faults.turn_on("gone", {"count": 1})
    faults.hit("gone")
    faults.turn_off("gone")
    faults.turn_on("restart", {})
    await asyncio.sleep(2)
    faults.turn_on("silent", {})
    faults.turn_on("silent", {})
    faults.turn_on("duplicate", {})
    faults.turn_all_off()
    assert heard == [
        ("gone", True),
        ("gone", False),
        ("restart", True),
        ("restart", False),
        ("silent", True),
        ("silent", False),
        ("silent", True),
        ("duplicate", True),
        ("silent", False),
        ("duplicate", False),
    ]


async def test_what_is_not_understood_changes_nothing(faults: Faults) -> None:
    fault = faults.turn_on("gone", {"count": 3})
    with pytest.raises(BadFault):
        faults.turn_on("gone", {"count": 0})
    with pytest.raises(UnknownFault):
        faults.turn_on("nothing", {})
    with pytest.raises(UnknownFault):
        faults.turn_off("nothing")
    assert faults.on("gone") is fault


async def test_the_shifted_clock_shifts_wall_time_alone(faults: Faults) -> None:
    clock = ShiftedClock(LoopClock(), faults)
    assert (clock.now() - START).total_seconds() == pytest.approx(0)
    faults.turn_on("clock", {"offset": -30.5, "seconds": 5})
    assert (clock.now() - START).total_seconds() == pytest.approx(-30.5)
    before = clock.monotonic()
    await asyncio.sleep(6)
    assert clock.monotonic() - before == pytest.approx(6)
    assert (clock.now() - START).total_seconds() == pytest.approx(6)


@pytest.mark.parametrize(
    ("start", "offset"),
    [
        (datetime(9999, 12, 30, tzinfo=UTC), 1e8),
        (datetime(1, 1, 2, tzinfo=UTC), -1e8),
    ],
    ids=["last", "first"],
)
async def test_the_shifted_clock_stops_at_the_ends_of_time(
    faults: Faults, start: datetime, offset: float
) -> None:
    clock = ShiftedClock(ManualClock(start), faults)
    faults.turn_on("clock", {"offset": offset})
    assert clock.now().year == start.year
    assert (clock.now() > start) is (offset > 0)
