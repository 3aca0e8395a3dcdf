"""Schedules of every kind, in zones of every kind, and times that nobody expects."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from app.model import encode
from tests.derive.crontab import Crontab, at


@pytest.fixture
def crontab() -> Crontab:
    return Crontab()


# Schedules that are none, and time zones


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"schedule": ""}, 'unparseable schedule: "" : empty spec string'),
        (
            {"schedule": "60 * * * *"},
            'unparseable schedule: "60 * * * *" : end of range (60) above maximum (59): 60',
        ),
        ({"schedule": "0 0 L * *"}, 'unparseable schedule: "0 0 L * *" : failed to parse int from'),
        ({"schedule": "* * * * * *"}, 'unparseable schedule: "* * * * * *" : expected exactly 5'),
        ({"schedule": "@reboot"}, 'unparseable schedule: "@reboot" : unrecognized descriptor'),
        (
            {"schedule": "0 0 31 2 *"},
            "invalid schedule: 0 0 31 2 * : time difference between two schedules is less than 1 s",
        ),
        (
            {"schedule": "@daily", "timeZone": "Mars/Olympus"},
            'invalid timeZone: "Mars/Olympus": unknown time zone Mars/Olympus',
        ),
        (
            {"schedule": "TZ=Mars/Olympus * * * * *"},
            'unparseable schedule: "TZ=Mars/Olympus * * * * *" : provided bad location Mars/O',
        ),
    ],
)
def test_an_invalid_schedule_is_a_state_with_the_controllers_words(
    crontab: Crontab, spec: dict[str, Any], message: str
) -> None:
    crontab.cron_job(**spec)
    assert (crontab.state, crontab.next) == ("invalid", "")
    assert crontab.message.startswith(message)
    assert len(crontab.timer) == 0
    crontab.cron_job(schedule="* * * * *", timeZone="UTC")
    assert (crontab.state, crontab.next) == ("never_ran", "09:01"), "what was mended is judged anew"


def test_a_suspended_one_may_be_invalid_too(crontab: Crontab) -> None:
    crontab.cron_job(schedule="60 * * * *", suspend=True)
    assert crontab.state == "suspended"
    assert crontab.message.startswith('Suspended; and if it were not: unparseable schedule: "60 *')


def test_a_schedule_may_be_as_long_as_a_list_of_minutes(crontab: Crontab) -> None:
    minutes, hours, days = (",".join(map(str, range(*ends))) for ends in ((60,), (24,), (1, 32)))
    crontab.cron_job(schedule=f"{minutes} {hours} {days} * *")
    assert len(crontab.shown().schedule) > 253
    assert crontab.state != "invalid"
    assert crontab.next == "09:01"


def test_one_that_is_longer_than_what_is_kept_of_it_is_not_called_invalid(crontab: Crontab) -> None:
    crontab.cron_job(schedule=f"{'0,' * 5000}0 * * * *")
    assert (crontab.state, crontab.next) == ("unknown", "")
    assert "too long" in crontab.message
    assert len(encode(crontab.shown())) < 2_000
    crontab.cron_job(schedule=f"{'0,' * 5000}0 * * * *", suspend=True)
    assert crontab.message == "Suspended at 2026-01-01 09:00 UTC."


def test_the_controllers_zone_is_assumed_and_said_so() -> None:
    crontab = Crontab(zone="Europe/Vienna")
    crontab.cron_job(schedule="30 11 * * *", last=datetime(2025, 12, 31, 10, 30, tzinfo=UTC))
    assert crontab.next == "10:30"
    assert (crontab.shown().time_zone, crontab.shown().assumed_time_zone) == (None, "Europe/Vienna")
    crontab.until("10:31")
    assert crontab.message.endswith(
        "It names no time zone; the controller's is taken to be Europe/Vienna."
    )


@pytest.mark.parametrize("schedule", ["TZ=Asia/Tokyo 0 20 * * *", "CRON_TZ=Asia/Tokyo 0 20 * * *"])
def test_a_zone_in_the_schedule_wins(crontab: Crontab, schedule: str) -> None:
    crontab.cron_job(schedule=schedule, timeZone="Europe/Vienna")
    assert (crontab.next, crontab.shown().assumed_time_zone) == ("11:00", None)


def test_a_fixed_delay_needs_no_zone_and_counts_from_the_last_run(crontab: Crontab) -> None:
    crontab.cron_job(schedule="@every 40m", last=at("08:45"))
    assert (crontab.next, crontab.shown().assumed_time_zone) == ("09:25", None)
    crontab.until("09:26")
    assert (crontab.state, crontab.next) == ("late", "10:05")
    crontab.job("nightly-1", slot=at("09:25"), created=at("09:26"))
    assert (crontab.state, crontab.next) == ("on_time", "10:05")


def test_slots_within_a_minute_share_one_job(crontab: Crontab) -> None:
    """Its name has the minute only: the controller makes no second one."""
    crontab.cron_job(schedule="@every 10s", last=at("09:00"))
    crontab.until("09:00:59")
    assert crontab.state == "on_time"
    crontab.until("09:02:10")
    assert crontab.state == "missed"


def test_a_last_run_at_another_hour_means_another_zone_and_no_alarm(crontab: Crontab) -> None:
    """The controller is in Vienna, and the settings do not know."""
    crontab.cron_job(schedule="0 10 * * *", last=at("09:00"), created="2025-12-01T00:00:00Z")
    assert crontab.state == "on_time"
    crontab.until("10:01")
    assert crontab.state == "unknown"
    assert crontab.message == (
        "Its last run, of 2026-01-01 09:00 UTC, does not fit its schedule in UTC: the schedule "
        "was changed since, or the controller's time zone is another (controller_time_zone)."
    )
    crontab.until("10:30")
    assert crontab.states == ["on_time", "unknown"]


@pytest.mark.parametrize("after", ["nothing", "resumed", "clock"])
def test_a_last_run_by_the_schedule_of_before_need_not_fit(crontab: Crontab, after: str) -> None:
    crontab.cron_job(schedule="7 * * * *", last=at("08:07"))
    crontab.cron_job(schedule="30 * * * *", last=at("08:07"))
    if after == "resumed":
        crontab.cron_job(schedule="30 * * * *", last=at("08:07"), suspend=True)
        crontab.cron_job(schedule="30 * * * *", last=at("08:07"))
    if after == "clock":
        crontab.set_clock(60)
    crontab.until("09:31")
    assert crontab.state == "late"
    crontab.until("10:31")
    assert crontab.state == "missed"


def test_a_last_run_by_a_schedule_that_we_saw_change_is_no_riddle(crontab: Crontab) -> None:
    crontab.cron_job(schedule="0 * * * *", last=at("09:00"))
    crontab.cron_job(schedule="30 * * * *", last=at("09:00"))
    crontab.until("09:31")
    assert crontab.state == "late"


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"schedule": "*/30 * * * *"}, "every 30 minutes"),
        ({"schedule": "30 2 * * 1-5"}, "at 02:30 on weekdays, UTC"),
        ({"schedule": "30 2 * * 1-5", "timeZone": "Europe/Berlin"}, "at 02:30 on weekdays, Europe"),
        ({"schedule": "60 * * * *"}, ""),
    ],
)
def test_the_schedule_in_words_where_there_are_some(
    crontab: Crontab, spec: dict[str, Any], words: str
) -> None:
    crontab.cron_job(schedule="@yearly")
    crontab.cron_job(**spec)
    assert (crontab.shown().schedule_words or "").startswith(words)
    assert bool(crontab.shown().schedule_words) == bool(words)


# Clock changes


def by_the_hour(start: datetime, hours: int, schedule: str, last: datetime) -> Crontab:
    """Hours of a CronJob of Vienna that makes no Job."""
    crontab = Crontab(start=start)
    crontab.cron_job(schedule=schedule, timeZone="Europe/Vienna", last=last)
    for _ in range(hours * 60):
        crontab.clock.advance(60)
        crontab.timer.advance()
    return crontab


def test_a_time_that_a_clock_change_leaves_out_is_not_missed() -> None:
    """On 29 March there is no half past two."""
    last = datetime(2026, 3, 28, 1, 30, tzinfo=UTC)
    crontab = by_the_hour(last, 46, "30 2 * * *", last)
    assert crontab.states == ["on_time"]
    assert crontab.shown().next_schedule_time == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)


def test_a_time_that_a_clock_change_repeats_is_due_twice() -> None:
    """On 25 October there are two."""
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    crontab = by_the_hour(first, 2, "30 2 * * *", first)
    assert crontab.states == ["on_time", "late"]
    assert "the run of 2026-10-25 01:30 UTC" in crontab.message


# Strange times


@pytest.mark.parametrize(
    "last", [datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC), None]
)
@pytest.mark.parametrize("created", ["0001-01-03T00:00:00Z", "9999-12-29T00:00:00Z", None])
@pytest.mark.parametrize("schedule", ["* * * * *", "@every 1s", "0 0 29 2 *"])
def test_no_time_is_too_strange(
    crontab: Crontab, last: datetime | None, created: str | None, schedule: str
) -> None:
    crontab.cron_job(schedule=schedule, last=last, created=created)
    crontab.until("09:03")
    assert crontab.state in {"on_time", "unknown", "late", "missed", "never_ran"}
    assert encode(crontab.shown())


def test_a_slot_in_the_future_is_a_run_that_was(crontab: Crontab) -> None:
    """The controller's clock is ahead of ours."""
    crontab.cron_job(last=at("11:00"))
    assert (crontab.state, crontab.next) == ("on_time", "12:00")
    crontab.until("11:30")
    assert crontab.states == ["on_time"]
