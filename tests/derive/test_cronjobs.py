"""How a CronJob keeps its schedule: a test for each rule, by a clock that tests move."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.derive.crontab import Crontab, at


@pytest.fixture
def crontab() -> Crontab:
    return Crontab()


# On time


def test_a_run_that_came_leaves_it_on_time_and_the_next_one_is_known(crontab: Crontab) -> None:
    crontab.cron_job(last=at("09:00"))
    assert (crontab.state, crontab.message, crontab.next) == ("on_time", "", "10:00")
    crontab.until("10:00")
    assert (crontab.state, crontab.next) == ("on_time", "11:00"), "nobody is late at once"
    crontab.job("nightly-1", slot=at("10:00"))
    crontab.cron_job(last=at("10:00"), active=("nightly-1",))
    crontab.until("10:59")
    assert crontab.states == ["on_time"]


def test_a_new_one_has_never_run_until_its_first_slot(crontab: Crontab) -> None:
    crontab.cron_job()
    # It is 09:00: a slot has come since its creation at 08:30, before anybody looked.
    assert crontab.state == "unknown"
    fresh = Crontab()
    fresh.cron_job(created="2026-01-01T09:00:00Z")
    assert (fresh.state, fresh.message, fresh.next) == ("never_ran", "", "10:00")
    fresh.until("10:00:30")
    fresh.job("nightly-1", slot=at("10:00"))
    assert fresh.states == ["never_ran", "on_time"]


# Late and missed


def test_late_after_a_minute_missed_when_the_next_slot_has_passed(crontab: Crontab) -> None:
    crontab.cron_job(last=at("09:00"))
    crontab.until("10:00:59")
    assert crontab.state == "on_time"
    crontab.until("10:01")
    assert crontab.state == "late"
    assert crontab.message.startswith("No Job for the run of 2026-01-01 10:00 UTC yet.")
    crontab.until("11:00:04")
    assert (crontab.state, crontab.next) == ("late", "12:00")
    crontab.until("11:00:05")
    assert crontab.state == "missed"
    assert crontab.message.startswith("No Job was made for the run of 2026-01-01 10:00 UTC.")
    crontab.until("13:30")
    assert crontab.states == ["on_time", "late", "missed"], "until a Job comes"
    assert crontab.message.startswith(
        "No Job was made for the run of 2026-01-01 12:00 UTC, nor for the 2 before it."
    )


def test_a_job_that_comes_late_ends_it(crontab: Crontab) -> None:
    crontab.cron_job(last=at("09:00"))
    crontab.until("10:20")
    crontab.job("nightly-1", slot=at("10:00"), created=at("10:20"))
    assert (crontab.state, crontab.next) == ("on_time", "11:00")
    # The controller writes its status after the Job; whichever is heard first says it.
    crontab.cron_job(last=at("10:00"), active=("nightly-1",))
    assert crontab.states == ["on_time", "late", "on_time"]


def test_the_status_alone_says_it_too(crontab: Crontab) -> None:
    crontab.cron_job(last=at("09:00"))
    crontab.until("10:20")
    crontab.cron_job(last=at("10:00"))
    assert crontab.state == "on_time"


def test_every_minute_it_is_late_for_moments_only(crontab: Crontab) -> None:
    crontab.cron_job(schedule="* * * * *", last=at("09:00"))
    crontab.until("09:02:30")
    assert crontab.state == "missed"
    assert "nor for" not in crontab.message
    crontab.until("09:04:30")
    assert "the run of 2026-01-01 09:03 UTC, nor for the 2 before it." in crontab.message
    assert crontab.states == ["on_time", "late", "missed"]
    crontab.job("nightly-5", slot=at("09:04"), created=at("09:04:30"))
    assert (crontab.state, crontab.next) == ("on_time", "09:05")


def test_more_than_a_hundred_are_not_counted(crontab: Crontab) -> None:
    crontab.cron_job(schedule="* * * * *", last=at("09:00"))
    crontab.until("10:42:30")
    assert "nor for the 100 before it." in crontab.message
    crontab.until("10:50:30")
    assert "nor for more than 100 before it, of which none will be made up for" in crontab.message


def test_a_deadline_that_passes_is_a_miss_before_a_minute_is_over(crontab: Crontab) -> None:
    crontab.cron_job(last=at("09:00"), startingDeadlineSeconds=20)
    crontab.until("10:00:24")
    assert crontab.state == "on_time"
    crontab.until("10:00:25")
    assert crontab.state == "missed"
    assert "within its deadline of 20 s" in crontab.message
    crontab.until("11:00:10")
    assert crontab.state == "missed", "nothing has come since"
    crontab.job("nightly-2", slot=at("11:00"))
    assert crontab.state == "on_time"


def test_a_long_deadline_ends_at_the_next_slot(crontab: Crontab) -> None:
    crontab.cron_job(last=at("09:00"), startingDeadlineSeconds=300)
    crontab.until("10:04")
    assert crontab.state == "late"
    crontab.until("10:05:05")
    assert crontab.state == "missed"


@pytest.mark.parametrize("seconds", [-1, 0, 10**18])
def test_no_deadline_is_too_strange(crontab: Crontab, seconds: int) -> None:
    crontab.cron_job(last=at("09:00"), startingDeadlineSeconds=seconds)
    crontab.until("10:02")
    assert crontab.state == ("late" if seconds > 0 else "missed")


# Forbid and Replace


def test_forbid_holds_a_run_back_for_as_long_as_the_one_before_goes_on(crontab: Crontab) -> None:
    crontab.job("nightly-1", slot=at("09:00"))
    crontab.cron_job(last=at("09:00"), active=("nightly-1",), concurrencyPolicy="Forbid")
    crontab.until("10:00:01")
    assert crontab.state == "waiting"
    assert crontab.message == (
        "The run of 2026-01-01 10:00 UTC waits until nightly-1 has ended (Forbid)."
    )
    crontab.until("11:30")
    assert (crontab.state, crontab.next) == ("waiting", "12:00")
    # The controller starts the latest one as soon as it may.
    crontab.job("nightly-1", slot=at("09:00"), ended="Complete")
    assert crontab.state == "on_time"
    crontab.cron_job(last=at("11:00"), active=("nightly-3",), concurrencyPolicy="Forbid")
    crontab.until("11:59")
    assert crontab.states == ["on_time", "waiting", "on_time"]


def test_it_is_late_a_minute_after_forbid_let_go(crontab: Crontab) -> None:
    crontab.job("nightly-1", slot=at("09:00"))
    crontab.cron_job(last=at("09:00"), active=("nightly-1",), concurrencyPolicy="Forbid")
    crontab.until("10:20")
    crontab.job("nightly-1", slot=at("09:00"), ended="Complete")
    crontab.cron_job(last=at("09:00"), concurrencyPolicy="Forbid")
    crontab.until("10:20:59")
    assert crontab.state == "on_time"
    crontab.until("10:21")
    assert crontab.state == "late"
    crontab.until("11:00:05")
    assert crontab.state == "missed"


def test_what_forbid_held_back_until_its_deadline_is_skipped_and_not_missed(
    crontab: Crontab,
) -> None:
    spec: dict[str, Any] = {"concurrencyPolicy": "Forbid", "startingDeadlineSeconds": 60}
    crontab.job("nightly-1", slot=at("09:00"))
    crontab.cron_job(last=at("09:00"), active=("nightly-1",), **spec)
    crontab.until("10:30")
    assert crontab.state == "waiting"
    assert "is skipped: nightly-1 is still running" in crontab.message
    crontab.job("nightly-1", slot=at("09:00"), ended="Failed")
    assert crontab.state == "on_time"
    assert "was skipped" in crontab.message
    crontab.until("10:59")
    assert crontab.states == ["on_time", "waiting", "on_time"]
    crontab.until("11:02")
    assert crontab.state == "missed", "the next one is its own matter"
    assert "10:30" not in crontab.message


def test_what_forbid_held_back_until_the_next_slot_is_skipped(crontab: Crontab) -> None:
    crontab.job("nightly-1", slot=at("09:00"))
    crontab.cron_job(last=at("09:00"), active=("nightly-1",), concurrencyPolicy="Forbid")
    crontab.until("10:59:57")
    crontab.job("nightly-1", slot=at("09:00"), ended="Failed")
    crontab.until("11:00:30")
    assert crontab.state == "on_time", "three seconds were too short for the controller"


def test_a_job_that_ended_holds_nothing_back_though_a_dead_controller_lists_it(
    crontab: Crontab,
) -> None:
    crontab.cron_job(last=at("09:00"), active=("nightly-1",), concurrencyPolicy="Forbid")
    crontab.job("nightly-1", slot=at("09:00"))
    crontab.until("09:30")
    crontab.job("nightly-1", slot=at("09:00"), ended="Complete")
    crontab.until("10:01")
    assert crontab.state == "late"


def test_a_job_that_was_deleted_while_it_ran_held_back_until_then(crontab: Crontab) -> None:
    crontab.job("nightly-1", slot=at("09:00"))
    crontab.cron_job(last=at("09:00"), active=("nightly-1",), concurrencyPolicy="Forbid")
    crontab.until("10:20")
    crontab.remove("jobs", "nightly-1")
    crontab.until("10:20:59")
    assert crontab.state == "on_time"
    crontab.until("10:21")
    assert crontab.state == "late"


def test_a_job_that_nobody_has_holds_nothing_back(crontab: Crontab) -> None:
    crontab.cron_job(last=at("09:00"), active=("gone",), concurrencyPolicy="Forbid")
    crontab.until("10:01")
    assert crontab.state == "late"


def test_a_manual_run_holds_nothing_back(crontab: Crontab) -> None:
    """The controller warns of it, and does not list it."""
    crontab.cron_job(last=at("09:00"), concurrencyPolicy="Forbid")
    crontab.job("by-hand", manual=True)
    crontab.until("10:01")
    assert crontab.state == "late"


@pytest.mark.parametrize("policy", ["Allow", "Replace", None])
def test_no_other_policy_holds_anything_back(crontab: Crontab, policy: str | None) -> None:
    crontab.job("nightly-1", slot=at("09:00"))
    crontab.cron_job(last=at("09:00"), active=("nightly-1",), concurrencyPolicy=policy)
    crontab.until("10:01")
    assert crontab.state == "late"


def test_replace_ends_the_run_before_and_is_on_time(crontab: Crontab) -> None:
    crontab.job("nightly-1", slot=at("09:00"))
    crontab.cron_job(last=at("09:00"), active=("nightly-1",), concurrencyPolicy="Replace")
    crontab.until("10:00:01")
    crontab.remove("jobs", "nightly-1")
    crontab.job("nightly-2", slot=at("10:00"))
    crontab.cron_job(last=at("10:00"), active=("nightly-2",), concurrencyPolicy="Replace")
    assert crontab.states == ["on_time"]
    assert [(run.name, run.status, run.deleted) for run in crontab.runs] == [
        ("nightly-2", "running", None),
        ("nightly-1", "running", True),
    ]


# Suspended, resumed, changed


def test_suspended_has_no_next_run_and_misses_nothing(crontab: Crontab) -> None:
    crontab.cron_job(last=at("09:00"), suspend=True)
    assert (crontab.state, crontab.message, crontab.next) == ("suspended", "", "")
    crontab.until("12:30")
    crontab.cron_job(last=at("09:00"))
    assert (crontab.state, crontab.next) == ("on_time", "13:00")
    assert crontab.message == "Resumed at 2026-01-01 12:30 UTC; nothing was due since."
    crontab.until("13:01")
    assert crontab.state == "late"
    assert crontab.states == ["suspended", "on_time", "late"]
    crontab.cron_job(last=at("09:00"), suspend=True)
    assert crontab.message == "Suspended at 2026-01-01 13:01 UTC."
    assert len(crontab.timer) == 0


def test_what_was_resumed_is_on_time_while_its_first_slot_is_young(crontab: Crontab) -> None:
    crontab.cron_job(last=at("09:00"), suspend=True)
    crontab.until("12:30")
    crontab.cron_job(last=at("09:00"))
    crontab.until("13:00:10")
    assert (crontab.state, crontab.message) == ("on_time", "")


def test_another_schedule_is_judged_from_then_on(crontab: Crontab) -> None:
    crontab.cron_job(schedule="0 0 * * *", last=datetime(2026, 1, 1, tzinfo=UTC))
    crontab.until("09:30")
    crontab.cron_job(schedule="*/10 * * * *", last=datetime(2026, 1, 1, tzinfo=UTC))
    assert (crontab.state, crontab.next) == ("on_time", "09:40")
    assert "schedule was changed at 2026-01-01 09:30 UTC" in crontab.message
    crontab.until("09:41")
    assert crontab.state == "late"


def test_another_zone_is_another_schedule(crontab: Crontab) -> None:
    crontab.cron_job(schedule="30 11 * * *", created="2026-01-01T09:00:00Z")
    assert crontab.next == "11:30"
    crontab.cron_job(
        schedule="30 11 * * *", timeZone="Europe/Vienna", created="2026-01-01T09:00:00Z"
    )
    assert crontab.next == "10:30"
    assert crontab.shown().assumed_time_zone is None


def test_one_that_is_being_deleted_starts_nothing(crontab: Crontab) -> None:
    crontab.cron_job(last=at("09:00"), deleted="2026-01-01T09:00:00Z")
    crontab.until("10:30")
    assert (crontab.state, crontab.next) == ("unknown", "")
    assert "being deleted" in crontab.message


# Cost


def test_one_that_goes_takes_its_value_and_its_alarm_along(crontab: Crontab) -> None:
    crontab.cron_job(last=at("09:00"))
    assert len(crontab.timer) == 1
    crontab.remove("cronjobs", "nightly")
    assert (len(crontab.timer), len(crontab.board.cronjobs)) == (0, 0)


def test_two_that_a_strange_server_gives_one_uid_both_go(crontab: Crontab) -> None:
    crontab.cron_job("one", uid="u")
    crontab.cron_job("other", uid="u")
    crontab.remove("cronjobs", "one")
    crontab.remove("cronjobs", "other")
    assert (len(crontab.timer), len(crontab.board.cronjobs)) == (0, 0)


def test_a_change_costs_nothing_for_all_the_others(crontab: Crontab) -> None:
    for number in range(300):
        crontab.cron_job(f"c{number}", last=at("09:00"))
    before = crontab.hub.seq
    crontab.job("c7-1", slot=at("09:00"), owner="c7")
    assert crontab.hub.seq == before + 3, "its record, its value, and its CronJob"
    assert len(crontab.timer) == 300
    looked: list[str] = []
    crontab.board.cronjobs.listen(lambda key, old, new: looked.append(key))
    crontab.until("09:59:59")
    assert looked == []
    crontab.until("10:00")
    assert len(looked) == 300
