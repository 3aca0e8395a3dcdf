"""How a CronJob keeps its schedule: a test for each rule, by a clock that tests move."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from app.model import encode
from tests.derive.crontab import Crontab, at

if TYPE_CHECKING:
    from app.model.sources import SourceState


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


# What nobody saw


def test_a_slot_before_we_looked_is_unknown_and_never_missed(crontab: Crontab) -> None:
    crontab.until("12:30")
    crontab.cron_job(last=at("09:00"))
    assert (crontab.state, crontab.next) == ("unknown", "13:00")
    assert crontab.message == (
        "The run of 2026-01-01 12:00 UTC was due before Watchglass looked, "
        "and no Job of it is known."
    )
    crontab.until("13:00:59")
    assert crontab.state == "unknown"
    crontab.until("13:01")
    assert crontab.states == ["unknown", "late"]
    crontab.until("14:00:05")
    assert "nor" not in crontab.message, "the earlier ones are not known"


def test_what_the_controller_did_before_we_looked_is_known(crontab: Crontab) -> None:
    crontab.until("12:30")
    crontab.cron_job(last=at("12:00"))
    assert crontab.state == "on_time"


def test_forbid_holds_back_what_was_due_before_we_looked(crontab: Crontab) -> None:
    crontab.until("12:30")
    crontab.job("nightly-1", slot=at("09:00"))
    crontab.cron_job(last=at("09:00"), active=("nightly-1",), concurrencyPolicy="Forbid")
    assert crontab.states[-1] == "waiting"


@pytest.mark.parametrize("seconds", [3600.0, -3600.0])
def test_a_clock_that_is_set_makes_what_was_due_unknown(crontab: Crontab, seconds: float) -> None:
    crontab.cron_job(schedule="*/5 * * * *", last=at("09:00"))
    crontab.until("09:04:50")
    crontab.set_clock(seconds)
    assert crontab.state == ("unknown" if seconds > 0 else "on_time")
    if seconds > 0:
        assert "before this machine's clock was set" in crontab.message
        assert crontab.next == "10:05"
        crontab.job("nightly-1", slot=at("10:00"), created=at("10:04:50"))
    else:
        assert crontab.next == "09:05", "the controller's clock went on"
    assert crontab.state == "on_time"
    crontab.until("10:06" if seconds > 0 else "09:06")
    assert crontab.state == "late"


def test_a_clock_that_was_wrong_all_the_time_says_nothing_of_the_past(crontab: Crontab) -> None:
    crontab.cron_job(last=at("09:00"))
    crontab.until("10:30")
    assert crontab.state == "late"
    crontab.set_clock(7200)
    assert crontab.state == "unknown"


# Sources


@pytest.mark.parametrize("kind", ["cronjobs", "jobs"])
@pytest.mark.parametrize("state", ["connecting", "stale", "forbidden", "absent", "error"])
def test_without_a_source_to_trust_nothing_is_known(
    crontab: Crontab, kind: str, state: SourceState
) -> None:
    crontab.cron_job(last=at("09:00"))
    crontab.source(kind, state, message="no answer")
    assert (crontab.state, crontab.next) == ("unknown", "10:00")
    assert crontab.message == f"Not known: the source of {kind} in agents is {state}: no answer"
    crontab.until("10:30")
    assert (crontab.state, crontab.next) == ("unknown", "11:00"), "the calendar goes on"
    crontab.source(kind, "live")
    assert crontab.states == ["on_time", "unknown", "late"]


def test_nothing_is_known_before_both_have_listed() -> None:
    crontab = Crontab(live=False)
    crontab.cron_job(last=at("09:00"))
    assert crontab.message == "Not known: cronjobs are not watched."
    crontab.source("cronjobs", "connecting")
    assert crontab.message == "Not known: the source of cronjobs in agents is connecting."
    crontab.source("cronjobs", "late", proof=None, message="refused")
    assert crontab.message == "Not known: the source of cronjobs in agents is connecting: refused"
    crontab.source("cronjobs", "live")
    assert crontab.message == "Not known: jobs are not watched."
    crontab.source("jobs", "live", namespace="*")
    assert crontab.states == ["unknown", "on_time"]
    crontab.source("jobs", "error", namespace="*")
    assert crontab.message == "Not known: the source of jobs in all namespaces is error."


def test_suspended_and_invalid_need_no_jobs(crontab: Crontab) -> None:
    crontab.source("jobs", "forbidden")
    crontab.cron_job("paused", suspend=True)
    crontab.cron_job("wrong", schedule="60 * * * *")
    assert (crontab.shown("paused").state, crontab.shown("wrong").state) == ("suspended", "invalid")
    crontab.source("cronjobs", "stale")
    assert crontab.shown("paused").state == crontab.shown("wrong").state == "unknown"


@pytest.mark.parametrize("kind", ["cronjobs", "jobs"])
def test_silence_of_a_source_that_is_late_means_nothing(crontab: Crontab, kind: str) -> None:
    crontab.cron_job(last=at("09:00"))
    crontab.until("10:00:30")
    crontab.source(kind, "late", message="connection lost")
    crontab.until("10:02")
    assert crontab.state == "on_time"
    crontab.job("nightly-1", slot=at("10:00"))
    crontab.source(kind, "live")
    assert crontab.states == ["on_time"]
    crontab.until("11:00:30")
    crontab.source(kind, "late")
    crontab.until("11:02")
    crontab.source(kind, "live")
    assert crontab.states == ["on_time", "late"], "now it is known that there is none"


def test_a_source_that_answers_again_says_nothing_before_it_is_live(crontab: Crontab) -> None:
    crontab.cron_job(last=at("09:00"))
    crontab.source("jobs", "forbidden")
    crontab.source("jobs", "late")
    assert crontab.state == "unknown"
    crontab.source("jobs", "live")
    assert crontab.state == "on_time"


def test_a_source_of_another_kind_or_namespace_is_nobodys_business(crontab: Crontab) -> None:
    crontab.cron_job(last=at("09:00"))
    before = crontab.hub.seq
    crontab.source("pods", "forbidden")
    crontab.source("jobs", "stale", namespace="other")
    assert crontab.hub.seq == before + 2
    crontab.board.sources.remove("jobs/other")
    assert crontab.state == "on_time"


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


def test_one_that_goes_takes_its_value_and_its_alarm_along(crontab: Crontab) -> None:
    crontab.cron_job(last=at("09:00"))
    assert len(crontab.timer) == 1
    crontab.remove("cronjobs", "nightly")
    assert (len(crontab.timer), len(crontab.board.cronjobs)) == (0, 0)
