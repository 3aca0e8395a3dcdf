"""Schedules, held against robfig/cron v3.0.1 itself.

`schedule_vectors.json` is what its ParseStandard and Next gave, run in Go with UTC as the local
zone: errors word for word, times around clock changes, and 300 schedules by chance.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NotRequired, TypedDict
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
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

OTHER_WORDS = {"TZ=UTC"}
"""Go has no words for it: it panics."""


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
        ("15 1 * * *", LONDON, "2026-10-24T12:00Z", "2026-10-25T01:15+01:00"),
        ("15 1 * * *", LONDON, "2026-10-25T01:15+01:00", "2026-10-25T01:15Z"),
        # Two day fields without a star: either; a step above 1 takes the star away.
        ("0 0 13 * 5", None, "2026-03-01T00:00Z", "2026-03-06T00:00Z"),
        ("0 0 13 * 5", None, "2026-04-10T00:00Z", "2026-04-13T00:00Z"),
        ("0 0 */2 * 1", None, "2026-06-01T12:00Z", "2026-06-03T00:00Z"),
        ("0 0 */2 * 1", None, "2026-06-07T12:00Z", "2026-06-08T00:00Z"),
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


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Nowhere/Land", 'invalid timeZone: "Nowhere/Land": unknown time zone Nowhere/Land'),
        ("europe/berlin", 'invalid timeZone: "europe/berlin": unknown time zone europe/berlin'),
        (
            "Europe/K\u00f6ln",
            'invalid timeZone: "Europe/K\u00f6ln": unknown time zone Europe/K\u00f6ln',
        ),
        ("../etc/passwd", 'invalid timeZone: "../etc/passwd": time: invalid location name'),
        ("/etc/passwd", 'invalid timeZone: "/etc/passwd": time: invalid location name'),
        ("\\Berlin", r'invalid timeZone: "\\Berlin": time: invalid location name'),
        ("\0", 'invalid timeZone: "\\x00": unknown time zone \0'),
        ("America", 'invalid timeZone: "America": unknown time zone America'),
    ],
)
def test_a_zone_that_does_not_exist_is_named_as_the_controller_names_it(
    zone: str, words: str
) -> None:
    for schedule in ("* * * * *", "TZ=UTC * * * * *"):
        with pytest.raises(ScheduleError) as refusal:
            parse_schedule(schedule, zone)
        assert str(refusal.value) == words


ATOI = "failed to parse int from {0}: strconv.Atoi: parsing {1}: invalid syntax"
UNIT = "failed to parse duration @every {0}: time: unknown unit {1} in duration {2}"
TEN_THOUSAND = 10_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty spec string"),
        ("0 0 * * * *", "expected exactly 5 fields, found 6: [0 0 * * * *]"),
        ("0 0 L * *", ATOI.format("L", '"L"')),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("0 0 * * 7", "end of range (7) above maximum (6): 7"),
        ("@reboot", "unrecognized descriptor: @reboot"),
        ("TZ=Nowhere 0 0 * * *", "provided bad location Nowhere: unknown time zone Nowhere"),
        ("TZ=UTC", "no schedule after the time zone: TZ=UTC"),
        ("TZ= 0 0 * *", "expected exactly 5 fields, found 4: [0 0 * *]"),
        ("\u00fc * * * *", ATOI.format("\u00fc", '"\u00fc"')),
        ("\u0663 * * * *", ATOI.format("\u0663", '"\u0663"')),
        ("1\u200b * * * *", ATOI.format("1\u200b", r'"1\u200b"')),
        ("\U000e0001 * * * *", ATOI.format("\U000e0001", r'"\U000e0001"')),
        ('1\x7f"\a\\ * * * *', ATOI.format('1\x7f"\a\\', r'"1\x7f\"\a\\"')),
        ("0 0 * * mon-fr\u0131", ATOI.format("fr\u0131", '"fr\u0131"')),
        (
            '@every 1\u00fc"',
            UNIT.format('1\u00fc"', r'"\xc3\xbc\""', r'"1\xc3\xbc\""'),
        ),
    ],
)
def test_bad_input_is_refused_in_the_words_of_the_controller(text: str, words: str) -> None:
    with pytest.raises(ScheduleError) as refusal:
        parse_schedule(text, None)
    assert str(refusal.value) == words


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("9" * TEN_THOUSAND + " * * * *", "value out of range"),
        ("-" + "9" * TEN_THOUSAND + " * * * *", "too many hyphens|invalid syntax"),
        ("*/" + "0" * TEN_THOUSAND + "x * * * *", "invalid syntax"),
        ("*" * TEN_THOUSAND, "expected exactly 5 fields, found 1"),
        ("* " * TEN_THOUSAND, "expected exactly 5 fields, found 10000"),
        ("@every " + "9" * TEN_THOUSAND + "h", "time: invalid duration"),
        ("@every 0." + "9" * TEN_THOUSAND, "time: missing unit"),
        ("@every " + "1h" * TEN_THOUSAND + "x", "time: unknown unit"),
        ("TZ=" + "Z" * TEN_THOUSAND + " * * * * *", "unknown time zone"),
        ("TZ=" + "Z" * TEN_THOUSAND, "no schedule after the time zone"),
        ("60," * TEN_THOUSAND + "1 * * * *", "end of range"),
    ],
    ids=lambda text: f"{text[:14]}-{len(text)}",
)
def test_ten_thousand_letters_are_refused_in_no_time(text: str, words: str) -> None:
    for zone in (None, "Europe/Berlin"):
        with pytest.raises(ScheduleError) as refusal:
            parse_schedule(text, zone)
        found = re.search(words, str(refusal.value)) is not None
        assert found, str(refusal.value)[-100:]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "text", ["*," * TEN_THOUSAND + "* 1 1 1 *", "0" * TEN_THOUSAND + " 1 1 1 *"], ids=len
)
def test_ten_thousand_letters_are_read_where_they_mean_something(text: str) -> None:
    schedule = parse_schedule(text, None)
    found = schedule.next_after(datetime(2026, 5, 1, tzinfo=UTC))
    assert found == datetime(2027, 1, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        # A fraction by floating point, as Go has it; and two of the largest, which come round.
        ("@every 0.99999999999999999999h", 3600),
        ("@every 1.5h0.5m", 5430),
        ("@every .5m", 30),
        ("@every 0." + "0" * 400 + "1h", 1),
        ("@every -90m", 1),
        ("@every 0", 1),
        ("@every 9223372036854775808ns9223372036854775808ns", 1),
        ("@every 9223372036.8s", 9223372036),
    ],
)
def test_a_delay_is_that_of_go(text: str, seconds: int) -> None:
    schedule = parse_standard(text)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert schedule.next_after(at) == at + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["9223372036854775808ns", "9223372036854775807ns1ns", "0.9h2562047.9h", "9e9h"]
)
def test_a_delay_beyond_what_go_counts_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError, match=r"^failed to parse duration @every"):
        parse_standard(f"@every {text}")


def test_names_are_read_in_any_letters() -> None:
    wanted = parse_standard("0 0 * jan fri")
    # The last is a capital I with a dot, which Go makes a plain one of.
    for text in ("0 0 * JAN Fri", "0 0 * 1 5", "0 0 * Jan fr\u0130"):
        assert parse_standard(text) == wanted


def test_a_month_that_begins_with_a_gap_is_entered_before_it() -> None:
    """Asuncion put its clocks forward at midnight of 1 October 2017."""
    schedule = parse_schedule("* * 2 8 3", "America/Asuncion")
    assert schedule.next_after(moment("2017-09-21T03:34:31Z")) == moment("2018-08-03T03:00Z")


@settings(deadline=None)
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


@settings(deadline=None)
@given(st.text(alphabet="0123456789*/-,?LW#@ TZ=aAu\u00b5\u2003.h", max_size=24))
def test_a_text_is_read_or_refused(text: str) -> None:
    try:
        schedule = parse_standard(text)
    except ScheduleError:
        return
    schedule.next_after(datetime(2026, 1, 1, tzinfo=UTC))
