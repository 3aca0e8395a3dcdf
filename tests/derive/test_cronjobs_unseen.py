"""What cannot be known of a CronJob is not told: what nobody saw, and what no source says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.derive.crontab import Crontab, at

if TYPE_CHECKING:
    from app.model.sources import SourceState


@pytest.fixture
def crontab() -> Crontab:
    return Crontab()


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


def test_what_may_have_been_suspended_while_nobody_heard_of_it_has_missed_nothing(
    crontab: Crontab,
) -> None:
    """Each of the two is a change of its spec; we hear of the second one alone."""
    crontab.cron_job(last=at("09:00"), startingDeadlineSeconds=30, generation=1)
    crontab.source("cronjobs", "stale")
    crontab.until("12:30")
    crontab.cron_job(last=at("09:00"), startingDeadlineSeconds=30, generation=3)
    crontab.source("cronjobs", "live")
    assert crontab.state == "unknown"
    assert crontab.message == (
        "The run of 2026-01-01 12:00 UTC was due before Watchglass looked again, after changes "
        "that it has not seen, and no Job of it is known."
    )
    crontab.until("13:00:35")
    assert crontab.state == "missed"
    assert "nor" not in crontab.message


@pytest.mark.parametrize(
    "before", [{"suspend": True}, {"schedule": "30 * * * *"}], ids=["resumed", "changed"]
)
def test_when_it_changed_is_not_known_of_what_changed_while_nobody_heard_of_it(
    crontab: Crontab, before: dict[str, Any]
) -> None:
    crontab.cron_job(last=at("08:00"), **before)
    crontab.source("cronjobs", "stale")
    crontab.until("12:30")
    crontab.cron_job(last=at("08:00"))
    crontab.source("cronjobs", "live")
    assert crontab.state == "unknown"
    assert "before Watchglass looked again, after changes" in crontab.message
    crontab.until("13:01")
    assert crontab.state == "late"


def test_when_it_was_suspended_is_not_told_where_nobody_heard_of_it(crontab: Crontab) -> None:
    crontab.cron_job(last=at("09:00"))
    crontab.source("cronjobs", "stale")
    crontab.until("12:30")
    crontab.cron_job(last=at("09:00"), suspend=True)
    crontab.source("cronjobs", "live")
    assert (crontab.state, crontab.message) == ("suspended", "")


@pytest.mark.parametrize("generations", [(1, 2), (None, 7), (7, None), (7, 7)])
def test_one_change_hides_nothing(
    crontab: Crontab, generations: tuple[int | None, int | None]
) -> None:
    first, second = generations
    crontab.cron_job(last=at("09:00"), startingDeadlineSeconds=30, generation=first)
    crontab.until("10:30")
    crontab.cron_job(last=at("09:00"), startingDeadlineSeconds=31, generation=second)
    assert crontab.state == "missed"


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


@pytest.mark.parametrize("kind", ["cronjobs", "jobs"])
def test_a_connection_that_died_before_a_slot_says_nothing_of_it(
    crontab: Crontab, kind: str
) -> None:
    """Its last byte was of 09:59:55; the source will be late 75 s after it."""
    crontab.cron_job(last=at("09:00"))
    crontab.until("10:00:59")
    crontab.ages[f"{kind}/agents"] = 65
    crontab.until("10:01:09")
    crontab.source(kind, "late")
    crontab.until("10:01:35")
    crontab.source(kind, "stale")
    assert crontab.states == ["on_time", "unknown"]


def test_what_is_heard_of_after_a_slot_says_within_seconds_that_nothing_came(
    crontab: Crontab,
) -> None:
    crontab.cron_job(last=at("09:00"))
    crontab.until("10:00:59")
    crontab.ages["jobs/agents"] = 56
    crontab.until("10:01:03")
    assert (crontab.state, crontab.next) == ("on_time", "11:00")
    crontab.ages["jobs/agents"] = 0
    crontab.until("10:01:05")
    assert crontab.state == "late"
    crontab.ages["jobs/agents"] = 56
    crontab.until("11:00:10")
    assert (crontab.state, crontab.next) == ("late", "12:00")
    crontab.ages["jobs/agents"] = 55
    crontab.until("11:00:12")
    assert crontab.state == "missed"


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
