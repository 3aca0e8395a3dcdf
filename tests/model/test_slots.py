"""What is remembered of a schedule never changes what is answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.model.due import due_between, next_due
from app.model.schedule import EverySchedule, parse_schedule
from app.model.slots import MANY, Look, Slots

if TYPE_CHECKING:
    from app.model.schedule import Schedule

START = datetime(2026, 3, 28, 9, 30, tzinfo=UTC)
"""The day before the clocks of Vienna change."""

SCHEDULES = ("* * * * *", "*/7 * * * *", "0 */5 * * *", "30 2 * * *", "@every 17m", "0 0 31 2 *")


def fresh(schedule: Schedule, anchor: datetime, now: datetime) -> Look:
    passed = due_between(schedule, anchor, now, 3)
    if isinstance(schedule, EverySchedule):
        return Look(tuple(passed), next_due(schedule, max(anchor, now), anchor=anchor))
    return Look(tuple(passed), next_due(schedule, max(anchor, now)))


@settings(deadline=None)
@given(
    text=st.sampled_from(SCHEDULES),
    steps=st.lists(
        st.tuples(
            st.sampled_from([0.2, 1.0, 60.0, 300.0, 3600.0, 90_000.0, -30.0, -7200.0]),
            st.none() | st.sampled_from([-90_000, -3600, -61, -60, 0, 30, 3600]),
        ),
        max_size=12,
    ),
)
def test_a_look_says_what_a_fresh_search_would(
    text: str, steps: list[tuple[float, int | None]]
) -> None:
    schedule = parse_schedule(text, "Europe/Vienna")
    slots, anchor, now = Slots(schedule), START, START
    for seconds, moved in steps:
        now += timedelta(seconds=seconds)
        if moved is not None:
            anchor = now.replace(microsecond=0) + timedelta(seconds=moved)
        assert slots.look(anchor, now) == fresh(schedule, anchor, now)


def test_each_slot_is_sought_once() -> None:
    schedule = parse_schedule("*/5 * * * *")
    slots = Slots(schedule)
    first = slots.look(START, START + timedelta(minutes=5))
    assert (first.passed, first.coming) == (
        (START + timedelta(minutes=5),),
        START + timedelta(minutes=10),
    )
    later = slots.look(START, START + timedelta(minutes=9))
    assert later.passed[0] is first.passed[0]
    assert later.coming is first.coming


@pytest.mark.parametrize("text", ["* * * * *", "@every 1m"])
def test_earlier_slots_are_counted_up_to_many(text: str) -> None:
    slots = Slots(parse_schedule(text))
    counts = []
    for minute in range(1, MANY + 6):
        now = START + timedelta(minutes=minute)
        (*_, slot) = slots.look(START, now).passed
        counts.append(slots.earlier(START, slot))
        assert slots.earlier(START, slot) == counts[-1]
    assert counts == [*range(MANY + 1), *[MANY + 1] * 4]


def test_a_count_begins_anew_from_another_floor_and_after_a_gap() -> None:
    slots = Slots(parse_schedule("* * * * *"))
    slots.look(START, START + timedelta(minutes=9))
    assert slots.earlier(START, START + timedelta(minutes=8)) == 7
    assert slots.earlier(START + timedelta(minutes=4), START + timedelta(minutes=8)) == 3
    slots.look(START, START + timedelta(minutes=59))
    assert slots.earlier(START + timedelta(minutes=4), START + timedelta(minutes=59)) == 54


def test_a_moment_is_a_slot_or_not() -> None:
    slots = Slots(parse_schedule("30 11 * * *", "Europe/Vienna"))
    slot = datetime(2026, 3, 28, 10, 30, tzinfo=UTC)
    for _ in range(2):
        assert slots.fits(slot)
    assert not slots.fits(slot + timedelta(days=1)), "the clocks have changed"
    assert Slots(parse_schedule("@every 1h")).fits(START)
