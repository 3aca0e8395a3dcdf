"""Schedules, held against robfig/cron v3.0.1 itself.

`schedule_vectors.json` is what its ParseStandard and Next gave, run in Go with UTC as the local
zone: errors word for word, times around clock changes, and 300 schedules by chance.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NotRequired, TypedDict
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model.cron_fields import ScheduleError
from app.model.schedule import CalendarSchedule, load_zone, parse_schedule, parse_standard

if TYPE_CHECKING:
    from app.model.schedule import Schedule

    Vector = TypedDict(
        "Vector",
        {"spec": str, "from": NotRequired[str], "next": list[str], "error": NotRequired[str]},
    )

VECTORS: list[Vector] = json.loads(
    Path(__file__).with_name("schedule_vectors.json").read_text(encoding="utf-8")
)
ACCEPTED = [vector for vector in VECTORS if "from" in vector]
REFUSED = [vector for vector in VECTORS if "from" not in vector]

# Go says these in other words: a panic, the name of a file's error, an escape in a quoted text.
OTHER_WORDS = {"TZ=UTC", "TZ=../etc 5 4 * * *", "5\x1c4 * * * *"}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def runs(schedule: Schedule, after: datetime, count: int) -> list[datetime | None]:
    found: list[datetime | None] = []
    at: datetime | None = after
    while at is not None and len(found) < count:
        at = schedule.next_after(at)
        found.append(at)
    return found


def test_the_vectors_are_all_there() -> None:
    assert len(ACCEPTED) > 350
    assert len(REFUSED) > 35


def test_every_time_is_that_of_robfig_cron() -> None:
    wrong = []
    for vector in ACCEPTED:
        found = runs(parse_standard(vector["spec"]), moment(vector["from"]), len(vector["next"]))
        wanted = [None if text == "never" else moment(text) for text in vector["next"]]
        if found != wanted:
            wrong.append((vector["spec"], vector["from"], found, wanted))
    assert wrong == []


@pytest.mark.parametrize("vector", REFUSED, ids=[repr(one["spec"]) for one in REFUSED])
def test_every_refusal_is_that_of_robfig_cron(vector: Vector) -> None:
    with pytest.raises(ScheduleError) as refusal:
        parse_standard(vector["spec"])
    if vector["spec"] not in OTHER_WORDS:
        assert str(refusal.value) == vector["error"]


NEW_YORK, LONDON, SAO_PAULO = "America/New_York", "Europe/London", "America/Sao_Paulo"


@pytest.mark.parametrize(
    ("schedule", "zone", "after", "wanted"),
    [
        # The hour that a clock change leaves out is skipped.
        ("30 2 * * *", NEW_YORK, "2026-03-07T12:00-05:00", "2026-03-09T02:30-04:00"),
        ("15 1 * * *", LONDON, "2026-03-28T12:00Z", "2026-03-30T01:15+01:00"),
        ("0 0 * * *", SAO_PAULO, "2018-11-03T12:00-03:00", "2018-11-05T00:00-02:00"),
        # The hour that it repeats comes twice.
        ("30 1 * * *", NEW_YORK, "2026-10-31T12:00-04:00", "2026-11-01T01:30-04:00"),
        ("30 1 * * *", NEW_YORK, "2026-11-01T01:30-04:00", "2026-11-01T01:30-05:00"),
        ("15 1 * * *", LONDON, "2026-10-25T01:15+01:00", "2026-10-25T01:15Z"),
        # Two day fields without a star: either; a step above 1 takes the star away.
        ("0 0 13 * 5", None, "2026-03-01T00:00Z", "2026-03-06T00:00Z"),
        ("0 0 13 * 5", None, "2026-04-10T00:00Z", "2026-04-13T00:00Z"),
        ("0 0 */2 * 1", None, "2026-06-01T12:00Z", "2026-06-03T00:00Z"),
        ("0 0 */1 * 1", None, "2026-06-01T12:00Z", "2026-06-08T00:00Z"),
        # Every so often counts from the last time, without fractions.
        ("@every 90m", None, "2026-06-01T12:00:00.7Z", "2026-06-01T13:30:00Z"),
    ],
)
def test_golden_vectors(schedule: str, zone: str | None, after: str, wanted: str) -> None:
    assert parse_schedule(schedule, zone).next_after(moment(after)) == moment(wanted)


def test_a_date_that_never_comes_is_never() -> None:
    assert parse_standard("0 0 31 2 *").next_after(datetime(2026, 1, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize("field", [", * * * *", "* , * * *"])
def test_a_field_of_commas_is_never(field: str) -> None:
    assert parse_standard(field).next_after(datetime(2026, 1, 1, tzinfo=UTC)) is None


def test_a_day_that_a_zone_left_out_is_passed() -> None:
    """Where robfig/cron itself never returns: Apia had no 30 December 2011."""
    schedule = parse_schedule("0 12 30 12 *", "Pacific/Apia")
    apia = ZoneInfo("Pacific/Apia")
    found = schedule.next_after(datetime(2011, 12, 28, 12, tzinfo=apia))
    assert found == datetime(2012, 12, 30, 12, tzinfo=apia)


def test_the_end_of_time_is_never() -> None:
    late = datetime(9997, 3, 1, tzinfo=UTC)
    assert parse_standard("0 0 29 2 *").next_after(late) is None


def test_a_zone_in_the_schedule_wins() -> None:
    both = parse_schedule("CRON_TZ=Europe/Berlin 0 12 * * *", NEW_YORK)
    assert both.next_after(moment("2026-01-01T00:00Z")) == moment("2026-01-01T11:00Z")


def test_a_schedule_without_a_zone_is_in_that_of_the_time_asked_about() -> None:
    schedule = parse_standard("0 12 * * *")
    berlin = datetime(2026, 7, 1, tzinfo=ZoneInfo("Europe/Berlin"))
    assert schedule.next_after(berlin) == moment("2026-07-01T10:00Z")
    assert load_zone("Local") is None
    local = parse_standard("TZ=Local @daily")
    assert isinstance(local, CalendarSchedule)
    assert local.zone is None


@pytest.mark.parametrize("zone", ["Nowhere/Land", "../etc/passwd", "/etc/passwd", "America", "\0"])
def test_a_zone_that_does_not_exist_is_named(zone: str) -> None:
    with pytest.raises(ScheduleError, match="provided bad location"):
        parse_schedule("* * * * *", zone)


@given(
    text=st.sampled_from([vector["spec"] for vector in ACCEPTED]),
    after=st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)),
    pause=st.timedeltas(timedelta(seconds=1), timedelta(days=2)),
)
def test_the_next_run_is_later_and_stays_the_next_until_it_comes(
    text: str, after: datetime, pause: timedelta
) -> None:
    schedule = parse_standard(text)
    asked = after.replace(tzinfo=UTC)
    first = schedule.next_after(asked)
    if first is None or not isinstance(schedule, CalendarSchedule):
        return
    assert first > asked
    if asked + pause < first:
        assert schedule.next_after(asked + pause) == first


@given(st.text(alphabet="0123456789*/-,?LW#@ TZ=aAu\u00b5\u2003.h", max_size=24))
def test_a_text_is_read_or_refused(text: str) -> None:
    try:
        schedule = parse_standard(text)
    except ScheduleError:
        return
    schedule.next_after(datetime(2026, 1, 1, tzinfo=UTC))
