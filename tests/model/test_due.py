"""Slots on both sides of a moment, held against walking through them one by one."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.model.due import due_between, next_due, previous_due
from app.model.schedule import CalendarSchedule, EverySchedule, parse_schedule, parse_standard

SECOND = timedelta(seconds=1)
ZONES = ("UTC", "America/New_York", "Europe/London", "America/Sao_Paulo")
LORD_HOWE = "Australia/Lord_Howe"
"""Its clock changes by half an hour: what is next depends there on where one asks from."""

CHANGES = (
    datetime(2026, 3, 8, 7, tzinfo=UTC),  # New York, an hour left out
    datetime(2026, 11, 1, 6, tzinfo=UTC),  # New York, an hour twice
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2018, 11, 4, 3, tzinfo=UTC),  # Sao Paulo, no midnight
    datetime(2018, 2, 18, 2, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),  # Lord Howe, half an hour twice
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
)
SCHEDULES = (
    "* * * * *",
    "*/7 * * * *",
    "30 2 * * *",
    "30 1 * * *",
    "15 1 * * *",
    "0 0 * * *",
    "0,45 1-3 * * *",
    "5 */2 8 * 0",
    "0 2 1 * *",
    "@hourly",
    "0 0 31 2 *",
)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def walked(schedule: CalendarSchedule, after: datetime, until: datetime) -> list[datetime]:
    slots = []
    slot = schedule.next_after(after)
    while slot is not None and slot <= until:
        slots.append(slot)
        slot = schedule.next_after(slot)
    return slots


@st.composite
def spans(
    draw: st.DrawFn, zones: tuple[str, ...] = ZONES
) -> tuple[CalendarSchedule, datetime, datetime]:
    text, zone = draw(st.sampled_from(SCHEDULES)), draw(st.sampled_from(zones))
    schedule = parse_schedule(text, zone)
    assert isinstance(schedule, CalendarSchedule)
    near = draw(st.sampled_from(CHANGES))
    often = {"* * * * *": timedelta(hours=2), "*/7 * * * *": timedelta(hours=8)}
    most = often.get(text, timedelta(days=10))
    before = draw(st.timedeltas(timedelta(), most))
    later = draw(st.timedeltas(timedelta(hours=-3), most))
    return schedule, near - before, max(near + later, near - before)


@settings(deadline=None)
@given(spans(), st.integers(1, 6))
def test_the_slots_behind_are_those_that_a_walk_finds(
    span: tuple[CalendarSchedule, datetime, datetime], limit: int
) -> None:
    schedule, after, until = span
    slots = walked(schedule, after, until)
    assert due_between(schedule, after, until, limit) == slots[-limit:]
    assert due_between(schedule, after, until, len(slots) + 1) == slots
    assert previous_due(schedule, until, not_before=after) == (slots[-1] if slots else None)


@settings(deadline=None)
@given(spans())
def test_the_last_slot_and_the_next_have_nothing_between_them(
    span: tuple[CalendarSchedule, datetime, datetime],
) -> None:
    schedule, after, until = span
    last, following = previous_due(schedule, until, not_before=after), next_due(schedule, until)
    assert following == schedule.next_after(until)
    if last is None:
        assert schedule.next_after(after) == following
    else:
        assert after < last <= until
        assert schedule.next_after(last) == following
        assert schedule.next_after(last - SECOND) == last
    if following is not None:
        assert previous_due(schedule, following, not_before=after) == following
        assert previous_due(schedule, following - SECOND, not_before=after) == last


@settings(deadline=None)
@given(spans((LORD_HOWE,)), st.integers(1, 40))
def test_a_change_by_half_an_hour_ends_no_search_in_a_circle(
    span: tuple[CalendarSchedule, datetime, datetime], limit: int
) -> None:
    schedule, after, until = span
    slots = due_between(schedule, after, until, limit)
    assert slots == sorted(set(slots))
    assert all(after < slot <= until for slot in slots)
    assert bool(slots) == bool(walked(schedule, after, until))


@pytest.mark.parametrize(
    ("text", "zone", "until", "wanted"),
    [
        # The hour that was left out had no slot: the last one is a day older.
        ("30 2 * * *", ZONES[1], "2026-03-08T12:00-04:00", "2026-03-07T02:30-05:00"),
        ("15 1 * * *", ZONES[2], "2026-03-29T12:00+01:00", "2026-03-28T01:15Z"),
        ("0 0 * * *", ZONES[3], "2018-11-04T12:00-02:00", "2018-11-03T00:00-03:00"),
        # The hour that came twice had two.
        ("30 1 * * *", ZONES[1], "2026-11-01T01:29:59-05:00", "2026-11-01T01:30-04:00"),
        ("30 1 * * *", ZONES[1], "2026-11-01T01:30-05:00", "2026-11-01T01:30-05:00"),
        ("15 1 * * *", ZONES[2], "2026-10-25T01:14Z", "2026-10-25T01:15+01:00"),
        ("0 0 29 2 *", "UTC", "2027-12-31T00:00Z", "2024-02-29T00:00Z"),
    ],
)
def test_the_last_slot_around_a_clock_change(text: str, zone: str, until: str, wanted: str) -> None:
    schedule = parse_schedule(text, zone)
    long_ago = datetime(2015, 1, 1, tzinfo=UTC)
    assert previous_due(schedule, moment(until), not_before=long_ago) == moment(wanted)


def test_what_robfig_cron_passes_over_is_not_due() -> None:
    """Cairo has no midnight on 24 April 2026, a Friday; who asks from before it gets Sunday."""
    schedule = parse_schedule("30 8 * * 5,0", "Africa/Cairo")
    last, friday = moment("2026-04-19T08:30+02:00"), moment("2026-04-24T08:30+03:00")
    sunday = moment("2026-04-26T08:30+03:00")
    assert next_due(schedule, last) == sunday
    assert previous_due(schedule, friday + timedelta(hours=2), not_before=last) is None
    assert previous_due(schedule, sunday, not_before=last) == sunday
    # Who created it that night asks from then.
    created = moment("2026-04-24T02:00+03:00")
    assert previous_due(schedule, friday, not_before=created) == friday


def test_a_slot_is_up_to_the_moment_and_after_the_floor() -> None:
    schedule = parse_standard("0 12 * * *")
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert previous_due(schedule, noon, not_before=noon - SECOND) == noon
    assert previous_due(schedule, noon, not_before=noon) is None
    assert previous_due(schedule, noon - SECOND, not_before=noon) is None
    assert due_between(schedule, noon - SECOND, noon, 0) == []


def test_a_look_back_ends_after_five_years() -> None:
    schedule = parse_standard("0 0 29 2 *")
    long_ago = datetime(1999, 1, 1, tzinfo=UTC)
    at = datetime(2028, 2, 28, tzinfo=UTC)
    assert previous_due(schedule, at, not_before=long_ago) == datetime(2024, 2, 29, tzinfo=UTC)
    # There was none in 2100; the last is that of 2096.
    at = datetime(2103, 1, 1, tzinfo=UTC)
    assert previous_due(schedule, at, not_before=long_ago) is None


def test_a_schedule_without_a_zone_is_in_that_of_the_moment() -> None:
    schedule = parse_standard("30 1 * * *")
    london = ZoneInfo("Europe/London")
    until = datetime(2026, 10, 25, 12, tzinfo=london)
    assert due_between(schedule, until - timedelta(days=30), until, 3) == [
        moment("2026-10-24T01:30+01:00"),
        moment("2026-10-25T01:30+01:00"),
        moment("2026-10-25T01:30Z"),
    ]
    # Between the two of them the clock of London shows the same.
    between = datetime(2026, 10, 25, 1, 20, tzinfo=london, fold=1)
    last = previous_due(schedule, between, not_before=between - timedelta(hours=1))
    assert last == moment("2026-10-25T01:30+01:00")


@dataclass(frozen=True, slots=True)
class Counted(CalendarSchedule):
    """Notes how often it is asked."""

    asked: list[datetime] = field(default_factory=list)

    def next_after(self, moment: datetime) -> datetime | None:
        self.asked.append(moment)
        return CalendarSchedule.next_after(self, moment)


def counted(text: str) -> Counted:
    schedule = parse_schedule(text, "Europe/Berlin")
    assert isinstance(schedule, CalendarSchedule)
    known = fields(CalendarSchedule)
    return Counted(**{one.name: getattr(schedule, one.name) for one in known})


@pytest.mark.parametrize("text", [*SCHEDULES, "* * * 1-3 *", "* 0 1 1 *", "59 23 31 12 *"])
def test_years_of_slots_cost_as_little_as_a_day_of_them(text: str) -> None:
    schedule = counted(text)
    until = datetime(2026, 11, 20, tzinfo=UTC)
    slots = due_between(schedule, datetime(2000, 1, 1, tzinfo=UTC), until, 20)
    assert len(slots) == {"0 0 31 2 *": 0, "59 23 31 12 *": 5}.get(text, 20)
    assert len(schedule.asked) <= 70 + 20 * len(slots)
    schedule = counted(text)
    previous_due(schedule, until, not_before=datetime(2000, 1, 1, tzinfo=UTC))
    assert len(schedule.asked) <= 70


EVERY = parse_standard("@every 90m")
CREATED = datetime(2026, 6, 1, 0, 10, 0, 700_000, tzinfo=UTC)


def slot(number: int) -> datetime:
    """Fractions of a second are dropped, as the controller drops them."""
    return datetime(2026, 6, 1, 0, 10, tzinfo=UTC) + number * timedelta(minutes=90)


def test_every_so_often_counts_from_its_anchor() -> None:
    assert isinstance(EVERY, EverySchedule)
    assert previous_due(EVERY, slot(1) - SECOND, not_before=CREATED) is None
    assert previous_due(EVERY, slot(1), not_before=CREATED) == slot(1)
    assert previous_due(EVERY, slot(8) - SECOND, not_before=CREATED) == slot(7)
    assert previous_due(EVERY, CREATED - timedelta(days=1), not_before=CREATED) is None
    assert next_due(EVERY, slot(7), anchor=CREATED) == slot(8)
    assert next_due(EVERY, slot(8) - SECOND, anchor=CREATED) == slot(8)
    # Before the anchor there is none, so the next is the first.
    assert next_due(EVERY, CREATED - timedelta(days=1), anchor=CREATED) == slot(1)
    assert next_due(EVERY, slot(1) + SECOND) == slot(2) + SECOND
    assert next_due(parse_standard("@daily"), slot(1), anchor=CREATED) == datetime(
        2026, 6, 2, tzinfo=UTC
    )


def test_the_slots_of_every_so_often_are_counted_not_walked() -> None:
    assert due_between(EVERY, CREATED, slot(3), 9) == [slot(1), slot(2), slot(3)]
    assert due_between(EVERY, CREATED, slot(10**6), 2) == [slot(10**6 - 1), slot(10**6)]
    assert due_between(EVERY, CREATED, slot(3), 0) == []
    assert due_between(EVERY, CREATED, slot(-3), 9) == []
