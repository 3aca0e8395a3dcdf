"""The judgement alone; what it follows from is tested with boards and clocks in tests/derive."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.model.punctuality import ENDLESS, Case, judge, spell
from app.model.schedule import parse_schedule
from app.model.slots import Slots

NINE = datetime(2026, 1, 1, 9, tzinfo=UTC)


def case(schedule: str = "0 * * * *", **fields: object) -> Case:
    plain = Case(
        slots=Slots(parse_schedule(schedule)),
        last_run=NINE,
        anchor=NINE,
        watched_from=NINE,
        beginning="seen",
    )
    return replace(plain, **fields)  # type: ignore[arg-type]  # fields are checked when it is made


def after(minutes: float, *, seconds: float = 0) -> datetime:
    return NINE + timedelta(minutes=minutes, seconds=seconds)


@pytest.mark.parametrize(
    ("given", "now", "state", "look_again"),
    [
        (case(), after(30), "on_time", after(60)),
        (case(), after(60), "on_time", after(61)),
        (case(), after(61), "late", after(120)),
        (case(), after(120), "late", after(120, seconds=5)),
        (case(), after(120, seconds=5), "missed", after(121)),
        (case(), after(121), "missed", after(180)),
        (case(deadline=timedelta(seconds=10)), after(60), "on_time", after(60, seconds=15)),
        (case(deadline=timedelta(seconds=10)), after(60, seconds=15), "missed", after(61)),
        (case(last_run=None), after(30), "never_ran", after(60)),
        (case(last_run=None), after(61), "late", after(120)),
        (case(watched_from=after(60)), after(60), "unknown", after(61)),
        (case(watched_from=after(60)), after(120), "unknown", after(120, seconds=5)),
        (case(watched_from=after(60)), after(121), "late", after(180)),
        (case(watched_from=after(60), beginning="resumed"), after(61), "on_time", after(120)),
        (case(watched_from=after(60), beginning="changed"), after(120), "on_time", None),
        (case(held_by="j"), after(59), "on_time", after(60)),
        (case(held_by="j"), after(60), "waiting", after(61)),
        (case(released=after(70)), after(70), "on_time", after(71)),
        (case(released=after(70)), after(71), "late", after(120)),
        (case(released=after(119, seconds=55)), after(120, seconds=5), "on_time", None),
        (case(released=after(119, seconds=54)), after(120, seconds=5), "missed", None),
        (case("0 0 31 2 *"), after(60), "invalid", None),
    ],
)
def test_the_state_and_when_it_turns(
    given: Case, now: datetime, state: str, look_again: datetime | None
) -> None:
    verdict = judge(given, now)
    assert verdict.state == state
    if look_again is not None:
        assert verdict.look_again == look_again


def test_a_schedule_that_never_comes_has_the_controllers_word() -> None:
    verdict = judge(case("0 0 31 2 *"), NINE)
    assert (verdict.message, verdict.next_run, verdict.look_again) == (ENDLESS, None, None)


def test_what_is_missed_stays_missed_though_a_newer_one_is_late() -> None:
    given = case("* * * * *")
    states = {judge(given, after(2, seconds=step)).state for step in range(5, 900)}
    assert states == {"missed"}


def test_moments_are_spelt_in_utc_and_with_seconds_where_there_are_some() -> None:
    vienna = NINE.astimezone(ZoneInfo("Europe/Vienna"))
    assert spell(vienna) == "2026-01-01 09:00 UTC"
    assert spell(vienna + timedelta(seconds=7)) == "2026-01-01 09:00:07 UTC"


@settings(deadline=None)
@given(
    schedule=st.sampled_from(["* * * * *", "*/7 * * * *", "0 * * * *", "@every 90s", "@every 7s"]),
    watched=st.integers(-3600, 3600),
    deadline=st.none() | st.integers(0, 400),
    released=st.none() | st.integers(0, 7200),
    held=st.booleans(),
    begin=st.sampled_from(["seen", "unheard", "clock", "resumed", "changed"]),
    ran=st.booleans(),
    start=st.integers(0, 7200),
)
def test_between_two_turns_nothing_changes(
    schedule: str,
    watched: int,
    deadline: int | None,
    released: int | None,
    held: bool,
    begin: str,
    ran: bool,
    start: int,
) -> None:
    """So one alarm is enough."""
    given = case(
        schedule,
        watched_from=after(0, seconds=watched),
        deadline=None if deadline is None else timedelta(seconds=deadline),
        released=None if released is None else after(0, seconds=released),
        held_by="j" if held else None,
        beginning=begin,
        last_run=NINE if ran else None,
    )
    now = after(0, seconds=start)
    verdict = judge(given, now)
    assert verdict.look_again is not None
    assert verdict.look_again > now
    for part in (0.25, 0.5, 0.999):
        between = now + (verdict.look_again - now) * part
        if held:
            assert judge(given, between).state == verdict.state
        else:
            assert judge(given, between) == verdict
